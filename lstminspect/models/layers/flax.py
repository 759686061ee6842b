"""Modules of Flax: recurrent layers and cells, Dense, Embed, convolutions, norms, attention.

Source: flax/linen and flax/nnx, Flax 0.12.8. A layer type is named, for example, `flax.Dense` for
linen and `nnx.Linear` for NNX. Linen takes the features from its input; NNX layers say them, and an
input that does not fit is refused in JAX' words.
"""

from __future__ import annotations

from typing import Any

from lstminspect.costs.work import Work
from lstminspect.errors import OptionError, ShapeError
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
from lstminspect.sizes import differ, divided, is_letter, plain, product

__all__ = ["RULES"]

CELLS = {"LSTMCell": "lstm", "OptimizedLSTMCell": "lstm", "GRUCell": "gru",
         "MGUCell": "mgu_reset_after", "SimpleCell": "rnn"}  # fmt: skip
#: The order of the states in a carry. Source: flax/linen/recurrent.py.
LSTM_CARRY = 2


def _is_nnx(context: LayerContext) -> bool:
    return context.layer_type.startswith("nnx.")


def _width(context: LayerContext) -> Any:
    """The features of the input, which an NNX layer was built for. Raises ShapeError."""
    if not context.shape:
        raise ShapeError("the input is a single number: it has no axis of features.")
    there = context.shape[-1]
    wanted = context.get("in_features")
    if wanted is not None and differ(there, wanted):
        raise ShapeError(
            "dot_general requires contracting dimensions to have the same shape, got "
            f"({there},) and ({wanted},): the input is {shape_text(context.shape)}, and "
            f"in_features is {wanted}."
        )
    return there if wanted is None else wanted


def _units(context: LayerContext, name: str) -> Any:
    return context.size(name if _is_nnx(context) else "features")


def _scaled(kernel: Shape, units: Any, biased: bool) -> tuple[Tensor, ...]:
    bias = (Tensor("bias", (units,), is_bias=True),) if biased else ()
    return (Tensor("kernel", kernel), *bias)


def dense(context: LayerContext) -> LayerResult:
    """Dense and Linear: `y = x @ kernel + bias` over the last axis."""
    features, units = _width(context), _units(context, "out_features")
    biased = context.flag("use_bias", True)
    output = (*context.shape[:-1], units)
    numbers = entries(output)
    kernel = Product(("features", "units"))
    return LayerResult(
        context.layer_type,
        (output,),
        _scaled((features, units), units, biased),
        None if numbers is None else Work(numbers * features, numbers * int(biased)),
        formula=Sum((kernel, "units")) if biased else kernel,
        sizes={"features": str(features), "units": str(units)},
    )


def dense_general(context: LayerContext) -> LayerResult:
    """DenseGeneral and LinearGeneral: a product over some axes, which become others."""
    name = "out_features" if _is_nnx(context) else "features"
    features, axis = context.get(name), context.get("axis", -1)
    wide = tuple(features) if isinstance(features, list | tuple) else (context.size(name),)
    axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    shape = context.shape
    if context.get("batch_dims") or not all(isinstance(each, int) for each in axes):
        raise OptionError("batch_dims and an axis that is not known are not read here.")
    gone = sorted(each % len(shape) for each in axes)
    inside = tuple(shape[each] for each in gone)
    output = (*(each for n, each in enumerate(shape) if n not in gone), *wide)
    tensors = [Tensor("kernel", (*inside, *wide))]
    tensors += [Tensor("bias", wide, is_bias=True)] * context.flag("use_bias", True)
    return LayerResult(context.layer_type, (output,), tuple(tensors), None)


def embed(context: LayerContext) -> LayerResult:
    """A table with a row for each word."""
    words, width = context.size("num_embeddings"), context.size("features")
    return LayerResult(
        context.layer_type,
        ((*context.shape, width),),
        (Tensor("embedding", (words, width)),),
        formula=Product(("vocabulary", "width")),
        sizes={"vocabulary": str(words), "width": str(width)},
    )


def recurrent(context: LayerContext) -> LayerResult:
    """RNN and a cell: all outputs, then the carry; `steps` says which axis is time, None for one.

    The carry of an LSTM is (c, h).
    """
    kind, shape = context.get("cell_type"), context.shape
    if kind == "ConvLSTMCell":
        return _convolutional(context)
    units = _units(context, "hidden_features")
    at, batch = context.get("steps"), [*shape[:-1]]
    time = None if at is None else batch.pop(at)
    layer = Layer(
        CELLS[str(kind)],
        units,
        _width(context),
        timesteps=1 if time is None else time,
        batch=product(batch) if batch else 1,
        return_sequences=True,
    )
    carry = (*batch, units)
    outputs = ((*shape[:-1], units), *[carry] * len(layer.cell.states))
    convention = "nnx" if _is_nnx(context) and kind != "MGUCell" else "flax"
    result = result_of_layer(context.layer_type, layer, convention, outputs)
    tensors = tuple(
        Tensor(each.name.removeprefix("cell/"), each.shape, each.trainable, each.is_bias)
        for each in result.tensors
    )
    if kind == "OptimizedLSTMCell" and _is_nnx(context):
        # One Linear for the input and one for the state, each of all gates.
        wide = len(layer.cell.gates) * units
        tensors = (
            Tensor("dense_i/kernel", (layer.features, wide)),
            Tensor("dense_h/kernel", (units, wide)),
            Tensor("dense_h/bias", (wide,), is_bias=True),
        )
    if kind == "MGUCell" and context.get("reset_gate") is False:
        tensors = tuple(each for each in tensors if each.name != "hn/bias")
    return LayerResult(
        context.layer_type, outputs, tensors, result.work, layer,
        result.formula if tensors == result.tensors else None,
    )  # fmt: skip


def _convolutional(context: LayerContext) -> LayerResult:
    """ConvLSTMCell: two convolutions, each with a bias, on (batch, *space, channels)."""
    size = context.get("kernel_size")
    if not isinstance(size, list | tuple) or not context.shape:
        raise OptionError(f"kernel_size must be a tuple of whole numbers, got {size!r}.")
    rank, filters, shape = len(size), context.size("features"), context.shape
    at = context.get("steps")
    front = [*shape[: -rank - 1]]
    if at is not None and front:
        front.pop(0 if at == 0 else -1)
    space, channels = shape[-rank - 1 : -1], shape[-1]
    carry = (*front, *space, filters)
    gates = 4 * filters
    tensors = [Tensor("ih/kernel", (*size, channels, gates)),
               Tensor("hh/kernel", (*size, filters, gates))]  # fmt: skip
    if context.flag("use_bias", True):
        tensors += [Tensor(f"{name}/bias", (gates,), is_bias=True) for name in ("ih", "hh")]
    outputs = ((*shape[:-1], filters), carry, carry)
    return LayerResult(context.layer_type, outputs, tuple(tensors), None)


def convolution(context: LayerContext) -> LayerResult:
    """Conv and ConvTranspose on (batch, *space, features), padding "SAME"."""
    size = context.get("kernel_size")
    size = (size,) if isinstance(size, int) and _is_nnx(context) else size
    if not isinstance(size, list | tuple):
        raise OptionError(
            f"Expected Conv kernel_size to be a tuple/list of integers (eg.: [3, 3]) but got "
            f"{size!r}."
        )
    rank, shape = len(size), context.shape
    if len(shape) < rank + 1:
        raise ShapeError(f"a Conv with kernel_size={tuple(size)!r} is given {shape_text(shape)}.")
    filters, groups = _units(context, "out_features"), context.size("feature_group_count", 1)
    channels = shape[-1]
    wanted = context.get("in_features")
    if wanted is not None and differ(channels, wanted):
        raise ShapeError(
            "conv_general_dilated lhs feature dimension size divided by feature_group_count must "
            f"equal the rhs input feature dimension size, but {channels} // {groups} != "
            f"{plain(wanted // groups)}."
        )
    is_up = "Transpose" in context.layer_type
    space = tuple(
        _moved(context, n, length, is_up) for n, length in enumerate(shape[-rank - 1 : -1])
    )
    output = (*shape[: -rank - 1], *space, filters)
    inside = (*size, divided(channels, groups, "features", "groups"))
    numbers, biased = entries(output), context.flag("use_bias", True)
    work = None
    if numbers is not None and not is_up:
        work = Work(numbers * product(inside), numbers * int(biased))
    return LayerResult(
        context.layer_type, (output,), _scaled((*inside, filters), filters, biased), work
    )


def _entry(value: Any, at: int, usual: int) -> Any:
    if value is None:
        return usual
    return value[at] if isinstance(value, list | tuple) and value else value


def _moved(context: LayerContext, axis: int, length: Any, is_up: bool = False) -> Any:
    """The number of places of a window along one axis."""
    size = _entry(context.get("kernel_size"), axis, 1)
    stride = _entry(context.get("strides"), axis, 1)
    holes = _entry(context.get("kernel_dilation"), axis, 1)
    wide = holes * (size - 1) + 1
    padding = context.get("padding", "SAME")
    if is_up:
        if padding not in ("SAME", "VALID"):
            raise OptionError(f"the padding {padding!r} of a transposed Conv is not read here.")
        more = max(wide - stride, 0) if padding == "VALID" else 0
        return plain(length * stride + more)
    if isinstance(padding, str):
        if padding not in ("SAME", "VALID", "CIRCULAR", "CAUSAL"):
            raise OptionError(f"padding must be SAME, VALID, CIRCULAR or CAUSAL, got {padding!r}.")
        if padding != "VALID":
            return length if stride == 1 else plain(-(-length // stride))
        ends: Any = 0
    else:
        own = _entry(padding, axis, 0)
        ends = sum(own) if isinstance(own, list | tuple) else 2 * own
    free = plain(length + ends - wide)
    places = plain((free if stride == 1 else free // stride) + 1)
    if not is_letter(places) and places < 1:
        return 0
    return places


def pooling(context: LayerContext) -> LayerResult:
    """`nn.max_pool` and `nn.avg_pool` on (batch, *space, features), strides 1, "VALID"."""
    size = context.get("kernel_size")
    if not isinstance(size, list | tuple) or len(context.shape) < len(size) + 1:
        raise OptionError(f"window_shape must be a tuple of whole numbers, got {size!r}.")
    rank, shape = len(size), context.shape
    space = tuple(_moved(context, n, each) for n, each in enumerate(shape[-rank - 1 : -1]))
    return LayerResult(context.layer_type, ((*shape[: -rank - 1], *space, shape[-1]),))


def norm(context: LayerContext) -> LayerResult:
    """Norms: scale and bias of the last axis; mean and var are batch_stats, not params."""
    width = context.shape[-1] if context.shape else None
    wanted = context.get("num_features")
    if wanted is not None and differ(width, wanted):
        raise ShapeError(
            f"cannot reshape array of shape ({wanted},) (size {wanted}) into shape "
            f"{shape_text((*[1] * (len(context.shape) - 1), width))} (size {width}): num_features "
            f"is {wanted}, and the input is {shape_text(context.shape)}."
        )
    width = width if wanted is None else wanted
    axis = context.get("axis", -1)
    if axis != -1 and isinstance(axis, int):
        width = context.shape[axis]
    tensors = [Tensor("scale", (width,))] * context.flag("use_scale", True)
    if not context.layer_type.endswith("RMSNorm"):
        tensors += [Tensor("bias", (width,), is_bias=True)] * context.flag("use_bias", True)
    return same_shape(context, tensors=tuple(tensors), work=None)


def attention(context: LayerContext) -> LayerResult:
    """Attention of several heads: query, key, value and out, each a product with a bias."""
    query, width = context.shape, _width(context)
    others = [each[-1] for each in context.inputs[1:3]] or [width]
    inner = context.get("qkv_features")
    inner = width if inner is None else context.size("qkv_features")
    last = context.get("out_features")
    last = width if last is None else context.size("out_features")
    heads = context.size("num_heads")
    each = divided(inner, heads, "qkv_features", "num_heads")
    biased = context.flag("use_bias", True)
    tensors: list[Tensor] = []
    for name, below in zip(("query", "key", "value"), (width, others[0], others[-1]), strict=True):
        tensors.append(Tensor(f"{name}/kernel", (below, heads, each)))
        tensors += [Tensor(f"{name}/bias", (heads, each), is_bias=True)] * biased
    tensors.append(Tensor("out/kernel", (heads, each, last)))
    tensors += [Tensor("out/bias", (last,), is_bias=True)] * biased
    if context.get("normalize_qk"):
        tensors += [Tensor(f"{name}_ln/scale", (each,)) for name in ("query", "key")]
    return LayerResult(context.layer_type, ((*query[:-1], last),), tuple(tensors), None)


_BOTH: dict[str, Rule] = {
    "RNN": recurrent,
    **dict.fromkeys((*CELLS, "ConvLSTMCell"), recurrent),
    "Embed": embed,
    **dict.fromkeys(("Conv", "ConvTranspose"), convolution),
    "pool": pooling,
    **dict.fromkeys(("LayerNorm", "RMSNorm", "BatchNorm", "GroupNorm", "InstanceNorm"), norm),
    **dict.fromkeys(
        ("MultiHeadAttention", "MultiHeadDotProductAttention", "SelfAttention"), attention
    ),
    "Dropout": simple.unchanged,
}
RULES: dict[str, Rule] = {
    **{f"{family}.{name}": each for name, each in _BOTH.items() for family in ("flax", "nnx")},
    "flax.Dense": dense,
    "nnx.Linear": dense,
    "flax.DenseGeneral": dense_general,
    "nnx.LinearGeneral": dense_general,
}
