"""The shapes that layers of PyTorch take: of an input that the text does not say, of states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.reading.torch_objects import TorchModule

__all__ = ["check_type", "expected_states", "shapes_for"]

SPACE = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def shapes_for(module: TorchModule, letter: Callable[[str], Any]) -> list[Shape]:
    """The shapes that a layer can take, the usual one first; `letter` gives an open size."""
    config, kind = module.config, module.layer_type
    batch, time = letter("batch"), letter("time")
    if kind in ("LSTM", "GRU", "RNN"):
        width = config.get("input_size")
        first = config.get("batch_first", False)
        return [(batch, time, width) if first else (time, batch, width)]
    if kind.endswith("Cell"):
        return [(batch, config.get("input_size"))]
    if kind.startswith("Embedding"):
        return [(batch, time), (batch,), (time, batch)]
    if kind in ("Linear", "LayerNorm", "RMSNorm", "Bilinear"):
        width = config.get("in_features", config.get("in1_features"))
        if width is None:
            shape = config.get("normalized_shape")
            wide = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
            return [(batch, *wide), (batch, time, *wide)]
        return [(batch, width), (batch, time, width)]
    if kind in ("MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer"):
        width = config.get("embed_dim", config.get("d_model"))
        first = config.get("batch_first", False)
        return [(batch, time, width) if first else (time, batch, width)]
    rank = int(kind[-2]) if kind[-1:] == "d" and kind[-2:-1].isdigit() else 1
    space = tuple(letter(each) for each in SPACE[rank])
    channels = config.get("in_channels", config.get("num_features", config.get("num_channels")))
    if channels is None:
        channels = letter("channels")
    if kind == "BatchNorm1d":
        return [(batch, channels), (batch, channels, *space)]
    return [(batch, channels, *space)]


def expected_states(module: TorchModule, shape: Shape) -> tuple[Shape, ...] | None:
    """The shapes of the initial states of a recurrent layer on an input; None for another."""
    config, kind = module.config, module.layer_type
    units = config.get("hidden_size")
    if kind.endswith("Cell"):
        one = (*shape[:-1], units)
        return (one, one)
    if kind not in ("LSTM", "GRU", "RNN"):
        return None
    sides = config.get("num_layers", 1) * (2 if config.get("bidirectional") else 1)
    batch = shape[0] if config.get("batch_first") else shape[-2]
    places = (sides, batch) if len(shape) == 3 else (sides,)
    width = config.get("proj_size") or units
    return ((*places, width), (*places, units))


def check_type(module: TorchModule, tensor: Any, has_weights: bool) -> None:
    """Refuse numbers of a type that a layer does not take. Raises ShapeError in PyTorch's words."""
    got, kind = getattr(tensor, "dtype", ""), module.layer_type
    if kind.startswith("Embedding"):
        if got in ("float", "double", "half", "bool"):
            raise ShapeError(
                "Expected tensor for argument #1 'indices' to have one of the following scalar "
                f"types: Long, Int; but got torch.{got.capitalize()}Tensor instead. An Embedding "
                "takes whole numbers, the words: give x.long()."
            )
        return
    if not has_weights or got in ("", "float"):
        return
    if kind in ("LSTM", "GRU", "RNN"):
        number = {"double": "float64", "long": "int64", "int": "int32", "half": "float16"}
        problem = (
            f"RNN input dtype (torch.{number.get(got, got)}) does not match weight dtype "
            "(torch.float32)."
        )
    elif kind.startswith("Conv"):
        name = {"long": "long int"}.get(got, got)
        problem = f"Input type ({name}) and bias type (float) should be the same."
    else:
        problem = f"mat1 and mat2 must have the same dtype, but got {got.capitalize()} and Float."
    raise ShapeError(f"{problem} NumPy's numbers have 64 bits: give x.float()." if got == "double"
                     else f"{problem} Give x.float().")  # fmt: skip
