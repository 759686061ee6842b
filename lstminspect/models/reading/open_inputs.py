"""The shape of an input that a text leaves open: as long as its first reader wants it."""

from __future__ import annotations

from typing import Any

from lstminspect.models.reading.values import Unknown
from lstminspect.models.spec import LayerSpec

__all__ = ["LETTERS_OF_INPUT", "input_axes", "keeps_shape", "part_of"]

#: Axes that weights depend on: these are letters where nothing at all is said of the input.
LETTERS_OF_INPUT = ("features", "channels")
KEEPS_SHAPE = ("Dropout", "Masking", "Activation", "BatchNormalization", "LayerNormalization",
               "ReLU", "LeakyReLU", "ELU", "Softmax", "Identity")  # fmt: skip
IN_TIME = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "CuDNNLSTM", "CuDNNGRU")


def input_axes(reader: LayerSpec) -> tuple[str | None, ...] | None:
    """The axes behind the batch that a layer reads, by name; None where any number of them can be.

    >>> input_axes(LayerSpec("LSTM", {})), input_axes(LayerSpec("Dropout", {}))
    (('timesteps', 'features'), None)
    """
    name = reader.layer_type
    if name in IN_TIME:
        return ("timesteps", "features")
    if name == "Embedding":
        return ("timesteps",)
    if name == "Dense":
        return ("features",)
    if name == "TimeDistributed":
        inner = reader.config.get("layer")
        below = input_axes(inner) if isinstance(inner, LayerSpec) else None
        return None if below is None else ("timesteps", *below)
    if name.startswith("ConvLSTM"):
        return ("timesteps", *("height", "width", "depth")[: int(name[8])], "channels")
    if name.startswith("Conv") and name[4:5].isdigit():
        rank = int(name[4])
        return ("timesteps", "channels") if rank == 1 else (*("height", "width", "depth")[:rank],
                                                            "channels")  # fmt: skip
    return None


def keeps_shape(layer: LayerSpec) -> bool:
    """True for a layer that takes inputs of any shape and returns it: dropout, an activation."""
    name = layer.layer_type
    return name.startswith(("Gaussian", "SpatialDropout", "Alpha")) or name in KEEPS_SHAPE


def part_of(whole: Any, number: int) -> Any:
    """Entry `number` of a shape that is not known.

    >>> part_of(Unknown("x.shape[1:]", operation=("slice", Unknown("x.shape"), 1)), 0).text
    'x.shape[1]'
    """
    if isinstance(whole, Unknown) and whole.operation[:1] == ("slice",):
        _, inner, start = whole.operation
        text = getattr(inner, "text", "") or getattr(inner, "name", "")
        identity = getattr(inner, "identity", text)
        return _entry(text, identity, start + number, whole.origin)
    return _entry(whole.text, whole.identity, number, whole.origin)


def _entry(text: str, identity: str, number: int, origin: str) -> Unknown:
    name = f"{text}[{number}]"
    # Made as the interpreter makes it (`Evaluator.part`), so that it is the same letter.
    return Unknown(name, f"{name}|{identity}|{number}", origin)
