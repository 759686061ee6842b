"""Modules of PyTorch: recurrent layers and cells, Linear, Embedding, convolutions, norms.

Source: torch.nn, documentation of each module, PyTorch 2.13. A kind is called `torch.LSTM`; its
arguments are the attributes of the module, and what no rule knows is opaque.
"""

from __future__ import annotations

from typing import Any

from lstminspect.costs.work import Work
from lstminspect.errors import ShapeError
from lstminspect.formula import Product, Sum
from lstminspect.layer import Layer, Shape
from lstminspect.models.layers import simple
from lstminspect.models.layers.recurrent import part_of_layer
from lstminspect.models.spec import (
    LayerContext,
    LayerResult,
    Rule,
    Tensor,
    entries,
    same_shape,
    shape_text,
)
from lstminspect.sizes import product

__all__ = ["RULES"]

CELLS = {"LSTM": "lstm", "GRU": "gru", "RNN": "rnn"}


def _cell(given: LayerContext) -> tuple[str, dict[str, Any]]:
    """The cell of a module and the options that go with it."""
    name = CELLS[given.kind.removeprefix("torch.").removesuffix("Cell")]
    options: dict[str, Any] = {}
    if given.get("proj_size"):
        name, options["projection"] = "projected", given.size("proj_size")
    if name == "rnn" and given.get("nonlinearity", "tanh") != "tanh":
        options["activation"] = given.get("nonlinearity")
    return name, options


def _fits(given: LayerContext, width: int) -> None:
    if given.shape[-1] not in (None, width):
        raise ShapeError(
            f"{given.kind.removeprefix('torch.')} was built for {width} features and is given "
            f"{shape_text(given.shape)}: input.size(-1) must be equal to input_size. "
            f"Expected {width}, got {given.shape[-1]}."
        )


def recurrent(given: LayerContext) -> LayerResult:
    """LSTM, GRU, RNN: the output, then h_n and c_n as (layers x directions, batch, units)."""
    name, options = _cell(given)
    features, first = given.size("input_size"), given.flag("batch_first", False)
    _fits(given, features)
    shape = given.shape
    if len(shape) not in (2, 3):
        raise ShapeError(f"Expected input to be 2D or 3D, got {len(shape)}D instead.")
    steps = shape[1] if first and len(shape) == 3 else shape[0]
    batch = None if len(shape) == 2 else shape[0] if first else shape[1]
    layer = Layer(
        name,
        given.size("hidden_size"),
        features,
        timesteps=steps,
        batch=batch,
        use_bias=given.flag("bias", True),
        bidirectional=given.flag("bidirectional", False),
        layers=given.size("num_layers", 1),
        return_sequences=True,
        **options,
    )
    outputs = (*shape[:-1], layer.width)
    sides = layer.directions * layer.layers
    places = (sides,) if len(shape) == 2 else (sides, batch)
    states = [(*places, layer.sizes[length]) for length in layer.cell.states.values()]
    return part_of_layer(given.kind, layer, "pytorch", (outputs, *states))


def cell(given: LayerContext) -> LayerResult:
    """LSTMCell, GRUCell, RNNCell: one step, whose states are what it returns."""
    name, options = _cell(given)
    features = given.size("input_size")
    _fits(given, features)
    batch = given.shape[0] if len(given.shape) == 2 else None
    biased = given.flag("bias", True)
    layer = Layer(name, given.size("hidden_size"), features, 1, batch, use_bias=biased, **options)
    states = tuple((*given.shape[:-1], layer.units) for _ in layer.cell.states)
    part = part_of_layer(given.kind, layer, "pytorch", states)
    tensors = tuple(
        Tensor(each.name.removesuffix("_l0"), each.shape, is_bias=each.is_bias)
        for each in part.tensors
    )
    return LayerResult(given.kind, states, tensors, part.work, layer, part.formula)


def linear(given: LayerContext) -> LayerResult:
    """`y = x @ weight.T + bias` over the last axis."""
    features, units = given.size("in_features"), given.size("out_features")
    _fits(given, features)
    output = (*given.shape[:-1], units)
    biased = given.flag("bias", True)
    numbers = entries(output)
    kernel = Product(("features", "units"))
    return LayerResult(
        given.kind,
        (output,),
        (Tensor("weight", (units, features)), *[Tensor("bias", (units,), is_bias=True)] * biased),
        None if numbers is None else Work(numbers * features, numbers * biased),
        formula=Sum((kernel, "units")) if biased else kernel,
        sizes={"features": str(features), "units": str(units)},
    )


def embedding(given: LayerContext) -> LayerResult:
    """A table with a row for each word."""
    vocabulary, width = given.size("num_embeddings"), given.size("embedding_dim")
    tensors = (Tensor("weight", (vocabulary, width)),)
    sizes = {"vocabulary": str(vocabulary), "width": str(width)}
    formula = Product(("vocabulary", "width"))
    return LayerResult(given.kind, ((*given.shape, width),), tensors, formula=formula, sizes=sizes)


def convolution(given: LayerContext) -> LayerResult:
    """Conv1d, Conv2d, Conv3d on (batch, channels, *space)."""
    rank = int(given.kind[-2])
    channels, filters = given.size("in_channels"), given.size("out_channels")
    size, strides = given.sizes("kernel_size", rank), given.sizes("stride", rank, 1)
    holes = given.sizes("dilation", rank, 1)
    space = []
    for axis, length in enumerate(given.shape[-rank:]):
        ends = _ends(given, axis, size[axis], holes[axis])
        free = None if length is None else length + ends - holes[axis] * (size[axis] - 1) - 1
        space.append(None if free is None else free // strides[axis] + 1)
    output: Shape = (*given.shape[: -rank - 1], filters, *space)
    inside = (channels // given.size("groups", 1), *size)
    numbers, biased = entries(output), given.flag("bias", True)
    return LayerResult(
        given.kind,
        (output,),
        (
            Tensor("weight", (filters, *inside)),
            *[Tensor("bias", (filters,), is_bias=True)] * biased,
        ),
        None if numbers is None else Work(numbers * product(inside), numbers * biased),
    )


def _ends(given: LayerContext, axis: int, size: int, hole: int) -> int:
    """How much padding there is at both ends of an axis together."""
    padding = given.get("padding", 0)
    if padding == "same":
        return hole * (size - 1)
    if padding == "valid":
        return 0
    found: int = 2 * (padding[axis] if isinstance(padding, list | tuple) else padding)
    return found


def norm(given: LayerContext) -> LayerResult:
    """LayerNorm, BatchNorm, GroupNorm: weight and bias if they are affine; statistics are none."""
    affine = given.get("elementwise_affine", given.get("affine", True))
    width = given.get("normalized_shape") or given.get("num_features") or given.get("num_channels")
    shape = tuple(width) if isinstance(width, list | tuple) else (width,)
    tensors = [Tensor("weight", shape)] * affine
    # A LayerNorm can do without its bias.
    tensors += [Tensor("bias", shape, is_bias=True)] * bool(affine and given.flag("bias", True))
    numbers = entries(given.shape)
    work = None if numbers is None else Work(elementwise=4 * numbers)
    return same_shape(given, tensors=tuple(tensors), work=work)


def flatten(given: LayerContext) -> LayerResult:
    """Axes from `start_dim` to `end_dim` as one."""
    shape = given.shape
    start = given.get("start_dim", 1) % len(shape)
    end = given.get("end_dim", -1) % len(shape)
    flat = shape[start : end + 1]
    size = None if None in flat else product(flat)
    return LayerResult(given.kind, ((*shape[:start], size, *shape[end + 1 :]),))


RULES: dict[str, Rule] = {
    "torch.Linear": linear,
    "torch.Embedding": embedding,
    "torch.Flatten": flatten,
    **{f"torch.{name}": recurrent for name in CELLS},
    **{f"torch.{name}Cell": cell for name in CELLS},
    **{f"torch.Conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"torch.BatchNorm{rank}d": norm for rank in (1, 2, 3)},
    **dict.fromkeys(("torch.LayerNorm", "torch.GroupNorm"), norm),
    **dict.fromkeys(
        ("torch.Dropout", "torch.Dropout1d", "torch.Dropout2d", "torch.AlphaDropout",
         "torch.Identity"),
        simple.unchanged,
    ),
    **dict.fromkeys(
        ("torch.ReLU", "torch.Tanh", "torch.Sigmoid", "torch.GELU", "torch.SiLU", "torch.ELU",
         "torch.LeakyReLU", "torch.Softmax", "torch.LogSoftmax", "torch.Softplus"),
        simple.functions,
    ),
}  # fmt: skip
