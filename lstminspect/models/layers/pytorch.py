"""Modules of PyTorch: recurrent layers and cells, Linear, Embedding, convolutions, norms.

Source: torch.nn, documentation of each module, PyTorch 2.13. A layer type is named, for example,
`torch.LSTM`; its arguments are the attributes of the module, and what no rule knows is opaque.
"""

from __future__ import annotations

from typing import Any

from lstminspect.costs.work import Work
from lstminspect.errors import ShapeError
from lstminspect.formula import Product, Sum
from lstminspect.layer import Layer, Shape
from lstminspect.models.layers import simple
from lstminspect.models.layers.recurrent import result_of_layer
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


def _cell(context: LayerContext) -> tuple[str, dict[str, Any]]:
    """The cell of a module and the options that go with it."""
    name = CELLS[context.layer_type.removeprefix("torch.").removesuffix("Cell")]
    options: dict[str, Any] = {}
    if context.get("proj_size"):
        name, options["projection"] = "projected", context.size("proj_size")
    if name == "rnn" and context.get("nonlinearity", "tanh") != "tanh":
        options["activation"] = context.get("nonlinearity")
    return name, options


def _fits(context: LayerContext, width: int) -> None:
    if context.shape[-1] not in (None, width):
        raise ShapeError(
            f"{context.layer_type.removeprefix('torch.')} was built for {width} features "
            "and is given "
            f"{shape_text(context.shape)}: input.size(-1) must be equal to input_size. "
            f"Expected {width}, got {context.shape[-1]}."
        )


def recurrent(context: LayerContext) -> LayerResult:
    """LSTM, GRU, RNN: the output, then h_n and c_n as (layers x directions, batch, units)."""
    name, options = _cell(context)
    features, first = context.size("input_size"), context.flag("batch_first", False)
    _fits(context, features)
    shape = context.shape
    if len(shape) not in (2, 3):
        raise ShapeError(f"Expected input to be 2D or 3D, got {len(shape)}D instead.")
    steps = shape[1] if first and len(shape) == 3 else shape[0]
    batch = None if len(shape) == 2 else shape[0] if first else shape[1]
    layer = Layer(
        name,
        context.size("hidden_size"),
        features,
        timesteps=steps,
        batch=batch,
        use_bias=context.flag("bias", True),
        bidirectional=context.flag("bidirectional", False),
        layers=context.size("num_layers", 1),
        return_sequences=True,
        **options,
    )
    outputs = (*shape[:-1], layer.width)
    sides = layer.directions * layer.layers
    places = (sides,) if len(shape) == 2 else (sides, batch)
    states = [(*places, layer.sizes[length]) for length in layer.cell.states.values()]
    return result_of_layer(context.layer_type, layer, "pytorch", (outputs, *states))


def cell(context: LayerContext) -> LayerResult:
    """LSTMCell, GRUCell, RNNCell: one step, whose states are what it returns."""
    name, options = _cell(context)
    features = context.size("input_size")
    _fits(context, features)
    batch = context.shape[0] if len(context.shape) == 2 else None
    biased = context.flag("bias", True)
    layer = Layer(name, context.size("hidden_size"), features, 1, batch, use_bias=biased, **options)
    states = tuple((*context.shape[:-1], layer.units) for _ in layer.cell.states)
    result = result_of_layer(context.layer_type, layer, "pytorch", states)
    tensors = tuple(
        Tensor(each.name.removesuffix("_l0"), each.shape, is_bias=each.is_bias)
        for each in result.tensors
    )
    return LayerResult(context.layer_type, states, tensors, result.work, layer, result.formula)


def linear(context: LayerContext) -> LayerResult:
    """`y = x @ weight.T + bias` over the last axis."""
    features, units = context.size("in_features"), context.size("out_features")
    _fits(context, features)
    output = (*context.shape[:-1], units)
    biased = context.flag("bias", True)
    numbers = entries(output)
    kernel = Product(("features", "units"))
    return LayerResult(
        context.layer_type,
        (output,),
        (Tensor("weight", (units, features)), *[Tensor("bias", (units,), is_bias=True)] * biased),
        None if numbers is None else Work(numbers * features, numbers * biased),
        formula=Sum((kernel, "units")) if biased else kernel,
        sizes={"features": str(features), "units": str(units)},
    )


def embedding(context: LayerContext) -> LayerResult:
    """A table with a row for each word."""
    vocabulary, width = context.size("num_embeddings"), context.size("embedding_dim")
    tensors = (Tensor("weight", (vocabulary, width)),)
    sizes = {"vocabulary": str(vocabulary), "width": str(width)}
    formula = Product(("vocabulary", "width"))
    return LayerResult(
        context.layer_type, ((*context.shape, width),), tensors, formula=formula, sizes=sizes
    )


def convolution(context: LayerContext) -> LayerResult:
    """Conv1d, Conv2d, Conv3d on (batch, channels, *space)."""
    rank = int(context.layer_type[-2])
    channels, filters = context.size("in_channels"), context.size("out_channels")
    size, strides = context.sizes("kernel_size", rank), context.sizes("stride", rank, 1)
    holes = context.sizes("dilation", rank, 1)
    space = []
    for axis, length in enumerate(context.shape[-rank:]):
        ends = _ends(context, axis, size[axis], holes[axis])
        free = None if length is None else length + ends - holes[axis] * (size[axis] - 1) - 1
        space.append(None if free is None else free // strides[axis] + 1)
    output: Shape = (*context.shape[: -rank - 1], filters, *space)
    inside = (channels // context.size("groups", 1), *size)
    numbers, biased = entries(output), context.flag("bias", True)
    return LayerResult(
        context.layer_type,
        (output,),
        (
            Tensor("weight", (filters, *inside)),
            *[Tensor("bias", (filters,), is_bias=True)] * biased,
        ),
        None if numbers is None else Work(numbers * product(inside), numbers * biased),
    )


def _ends(context: LayerContext, axis: int, size: int, hole: int) -> int:
    """The padding both ends of an axis together."""
    padding = context.get("padding", 0)
    if padding == "same":
        return hole * (size - 1)
    if padding == "valid":
        return 0
    found: int = 2 * (padding[axis] if isinstance(padding, list | tuple) else padding)
    return found


def norm(context: LayerContext) -> LayerResult:
    """LayerNorm, BatchNorm, GroupNorm: weight and bias if they are affine; statistics are none."""
    affine = context.get("elementwise_affine", context.get("affine", True))
    width = (
        context.get("normalized_shape")
        or context.get("num_features")
        or context.get("num_channels")
    )
    shape = tuple(width) if isinstance(width, list | tuple) else (width,)
    tensors = [Tensor("weight", shape)] * affine
    # A LayerNorm can do without its bias.
    tensors += [Tensor("bias", shape, is_bias=True)] * bool(affine and context.flag("bias", True))
    numbers = entries(context.shape)
    work = None if numbers is None else Work(elementwise=4 * numbers)
    return same_shape(context, tensors=tuple(tensors), work=work)


def flatten(context: LayerContext) -> LayerResult:
    """Axes from `start_dim` to `end_dim` as one."""
    shape = context.shape
    start = context.get("start_dim", 1) % len(shape)
    end = context.get("end_dim", -1) % len(shape)
    flat = shape[start : end + 1]
    size = None if None in flat else product(flat)
    return LayerResult(context.layer_type, ((*shape[:start], size, *shape[end + 1 :]),))


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
