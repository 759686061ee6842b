"""Modules of PyTorch: recurrent layers and cells, Linear, Embedding, convolutions, norms.

Source: torch.nn, documentation of each module, PyTorch 2.13. A layer type is named, for example,
`torch.LSTM`; its arguments are the attributes of the module, and what no rule knows is opaque.
"""

from __future__ import annotations

from dataclasses import replace
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
from lstminspect.sizes import differ, is_letter, plain, product

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
    if not context.shape:
        raise ShapeError(f"{context.layer_type.removeprefix('torch.')} is given a single number.")
    if context.shape[-1] is not None and differ(context.shape[-1], width):
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
    many = context.size("num_layers", 1)
    if is_letter(many):
        return _open_stack(context, many)
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
        layers=many,
        return_sequences=True,
        **options,
    )
    outputs = (*shape[:-1], layer.width)
    sides = layer.directions * layer.layers
    places = (sides,) if len(shape) == 2 else (sides, batch)
    states = [(*places, layer.sizes[length]) for length in layer.cell.states.values()]
    return result_of_layer(context.layer_type, layer, "pytorch", (outputs, *states))


def _open_stack(context: LayerContext, many: Any) -> LayerResult:
    """A stack of as many layers as a letter says: the first one, and the others as one tensor."""
    config = {**context.config, "num_layers": 2}
    two = recurrent(context._replace(config=config))
    tensors = tuple(
        replace(each, name=each.name.replace("_l1", "_l1 to the last"),
                shape=(many - 1, *each.shape)) if "_l1" in each.name else each
        for each in two.tensors
    )  # fmt: skip
    output, *states = two.outputs or ()
    places = [(plain(each[0] * many / 2), *each[1:]) for each in states if each]
    return LayerResult(context.layer_type, (output, *places), tensors, None)


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
    if context.shape and context.shape[-1] is not None and differ(context.shape[-1], features):
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied: Linear has in_features={features} and is "
            f"given {shape_text(context.shape)}, whose last size is {context.shape[-1]}."
        )
    output = (*context.shape[:-1], units)
    biased = context.flag("bias", True)
    numbers = entries(output)
    kernel = Product(("features", "units"))
    return LayerResult(
        context.layer_type,
        (output,),
        (Tensor("weight", (units, features)), *[Tensor("bias", (units,), is_bias=True)] * biased),
        None if numbers is None else Work(numbers * features, numbers * int(biased)),
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
    _channels(context, rank, context.size("in_channels"))
    channels, filters = context.size("in_channels"), context.size("out_channels")
    size, strides = context.sizes("kernel_size", rank), context.sizes("stride", rank, 1)
    holes = context.sizes("dilation", rank, 1)
    space = []
    for axis, length in enumerate(context.shape[-rank:]):
        ends = _ends(context, axis, size[axis], holes[axis])
        space.append(_places(length, size[axis], strides[axis], holes[axis], ends))
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
        None if numbers is None else Work(numbers * product(inside), numbers * int(biased)),
    )


def _channels(context: LayerContext, rank: int, channels: int) -> None:
    """The channels of an input are those that the layer was built for."""
    shape = context.shape
    name = context.layer_type.removeprefix("torch.")
    if len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got "
            f"input of size {shape_text(shape)}."
        )
    there = shape[-rank - 1]
    if there is not None and differ(there, channels):
        raise ShapeError(
            f"{name} expected input {shape_text(shape)} to have {channels} channels, but got "
            f"{there} channels instead."
        )


def _places(length: int | None, size: int, stride: int, hole: int, ends: int) -> int | None:
    """The number of places of a window along an axis."""
    if length is None:
        return None
    free = length + ends - hole * (size - 1) - 1
    places: int = plain(free if stride == 1 else free // stride) + 1
    if not is_letter(places) and places < 1:
        raise ShapeError(
            f"Kernel size can't be greater than actual input size: a window of {size} on an axis "
            f"of {length}."
        )
    return places


def pooling(context: LayerContext) -> LayerResult:
    """MaxPool and AvgPool on (batch, channels, *space)."""
    rank = int(context.layer_type[-2])
    if len(context.shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"{context.layer_type.removeprefix('torch.')} expected {rank + 1}D or {rank + 2}D "
            f"input, got {shape_text(context.shape)}."
        )
    size = context.sizes("kernel_size", rank)
    strides = context.sizes("stride", rank, size)
    holes = context.sizes("dilation", rank, 1)
    space: list[int | None] = []
    for n, length in enumerate(context.shape[-rank:]):
        ends = _ends(context, n, size[n], holes[n])
        if not context.get("ceil_mode") or length is None:
            space.append(_places(length, size[n], strides[n], holes[n], ends))
        elif is_letter(length):
            return LayerResult(context.layer_type, None, work=None)
        else:
            space.append(_rounded_up(length, size[n], strides[n], holes[n], ends))
    return LayerResult(context.layer_type, ((*context.shape[:-rank], *space),))


def _rounded_up(length: int, size: int, stride: int, hole: int, ends: int) -> int:
    """The number of places where the last window may reach beyond the end, not begin there."""
    free = length + ends - hole * (size - 1) - 1
    places = -(-free // stride) + 1
    return places - 1 if (places - 1) * stride >= length + ends // 2 else places


def bag(context: LayerContext) -> LayerResult:
    """EmbeddingBag: one row for each bag, the mean of those of its words."""
    vocabulary, width = context.size("num_embeddings"), context.size("embedding_dim")
    bags = context.inputs[1] if len(context.shape) == 1 and len(context.inputs) > 1 else None
    rows = context.shape if bags is None else bags
    output = (*rows[:1], width)
    return LayerResult(context.layer_type, (output,), (Tensor("weight", (vocabulary, width)),))


def upsample(context: LayerContext) -> LayerResult:
    """Upsample: the axes of space become `size`, or `scale_factor` times as large."""
    space = context.shape[2:]
    size, scale = context.get("size"), context.get("scale_factor")
    several = size if size is not None else scale
    many = several if isinstance(several, list | tuple) else (several,) * len(space)
    if len(many) != len(space) or any(each is None for each in many):
        return LayerResult(context.layer_type, None, work=None)
    found = [each if size is not None else plain(old * each)
             for each, old in zip(many, space, strict=True)]  # fmt: skip
    whole = [int(each) if isinstance(each, float) else each for each in found]
    return LayerResult(context.layer_type, ((*context.shape[:2], *whole),))


def unflatten(context: LayerContext) -> LayerResult:
    """Unflatten: one axis as several."""
    shape = context.shape
    axis = context.get("dim", 1) % len(shape)
    sizes = list(context.get("unflattened_size") or ())
    known = product(each for each in sizes if each != -1)
    if -1 not in sizes and differ(known, shape[axis]):
        raise ShapeError(
            f"unflatten: Provided sizes {sizes} don't multiply up to the size of dim {axis} "
            f"({shape[axis]}) in the input tensor."
        )
    whole = not is_letter(shape[axis]) and not is_letter(known)
    rest = shape[axis] // known if whole else plain(shape[axis] / known)
    sizes = [rest if each == -1 else each for each in sizes]
    return LayerResult(context.layer_type, ((*shape[:axis], *sizes, *shape[axis + 1 :]),))


def adaptive(context: LayerContext) -> LayerResult:
    """Adaptive pooling: the axes of space become what it says."""
    rank = int(context.layer_type[-2])
    wanted = context.get("output_size")
    sizes = wanted if isinstance(wanted, list | tuple) else (wanted,) * rank
    space = [
        old if each is None else each
        for each, old in zip(sizes, context.shape[-rank:], strict=True)
    ]
    return LayerResult(context.layer_type, ((*context.shape[:-rank], *space),))


def attention(context: LayerContext) -> LayerResult:
    """MultiheadAttention: the output, then the weights of the positions."""
    width = context.size("embed_dim")
    _fits(context, width)
    others = [context.size(name, width) for name in ("kdim", "vdim")]
    biased = context.flag("bias", True)
    if context.get("add_bias_kv"):
        raise ShapeError("MultiheadAttention with add_bias_kv is not known here.")
    tensors = [Tensor("in_proj_weight", (3 * width, width))]
    if others != [width, width]:
        sizes = zip(("q", "k", "v"), (width, *others), strict=True)
        tensors = [Tensor(f"{name}_proj_weight", (width, each)) for name, each in sizes]
    if biased:
        tensors.append(Tensor("in_proj_bias", (3 * width,), is_bias=True))
    tensors.append(Tensor("out_proj.weight", (width, width)))
    tensors += [Tensor("out_proj.bias", (width,), is_bias=True)] * biased
    weights: Shape | None = None
    query = context.shape
    if len(context.inputs) > 1 and len(query) == 3:
        key = context.inputs[1]
        first = context.flag("batch_first", False)
        weights = (query[0], query[1], key[1]) if first else (query[1], query[0], key[0])
    outputs = (query,) if weights is None else (query, weights)
    return LayerResult(context.layer_type, outputs, tuple(tensors), None)


def transformer(context: LayerContext) -> LayerResult:
    """TransformerEncoderLayer, TransformerDecoderLayer: attention, two Linear, norms."""
    width, wide = context.size("d_model"), context.size("dim_feedforward", 2048)
    _fits(context, width)
    is_decoder = "Decoder" in context.layer_type
    tensors: list[Tensor] = []

    def part(name: str, rows: int, columns: int | None = None) -> None:
        shape = (rows,) if columns is None else (rows, columns)
        tensors.append(Tensor(f"{name}.weight", shape))
        if context.flag("bias", True):
            tensors.append(Tensor(f"{name}.bias", (rows,), is_bias=True))

    for name in ("self_attn", "multihead_attn")[: 1 + is_decoder]:
        part(f"{name}.in_proj", 3 * width, width)
        part(f"{name}.out_proj", width, width)
    part("linear1", wide, width)
    part("linear2", width, wide)
    for number in range(2 + is_decoder):
        part(f"norm{number + 1}", width)
    return same_shape(context, tensors=tuple(tensors), work=None)


def bilinear(context: LayerContext) -> LayerResult:
    """`y = x1 @ weight @ x2 + bias`."""
    one, other = context.size("in1_features"), context.size("in2_features")
    units = context.size("out_features")
    _fits(context, one)
    tensors = [Tensor("weight", (units, one, other))]
    tensors += [Tensor("bias", (units,), is_bias=True)] * context.flag("bias", True)
    return LayerResult(context.layer_type, ((*context.shape[:-1], units),), tuple(tensors), None)


def prelu(context: LayerContext) -> LayerResult:
    """PReLU: a slope for all numbers, or one for each channel."""
    tensors = (Tensor("weight", (context.size("num_parameters", 1),)),)
    return same_shape(context, tensors=tensors)


def transposed(context: LayerContext) -> LayerResult:
    """ConvTranspose1d, 2d and 3d on (batch, channels, *space)."""
    rank = int(context.layer_type[-2])
    channels, filters = context.size("in_channels"), context.size("out_channels")
    _channels(context, rank, channels)
    size, strides = context.sizes("kernel_size", rank), context.sizes("stride", rank, 1)
    holes = context.sizes("dilation", rank, 1)
    more = context.get("output_padding", 0)
    space: list[int | None] = []
    for axis, length in enumerate(context.shape[-rank:]):
        extra = more[axis] if isinstance(more, list | tuple) else more
        ends = _ends(context, axis, size[axis], holes[axis])
        wide = holes[axis] * (size[axis] - 1) + extra + 1 - ends
        space.append(None if length is None else plain((length - 1) * strides[axis] + wide))
    tensors = [Tensor("weight", (channels, filters // context.size("groups", 1), *size))]
    tensors += [Tensor("bias", (filters,), is_bias=True)] * context.flag("bias", True)
    shape: Shape = (*context.shape[: -rank - 1], filters, *space)
    return LayerResult(context.layer_type, (shape,), tuple(tensors), None)


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
    usual = "InstanceNorm" not in context.layer_type
    affine = context.get("elementwise_affine", context.get("affine", usual))
    _normed(context)
    width = (
        context.get("normalized_shape")
        or context.get("num_features")
        or context.get("num_channels")
    )
    shape = tuple(width) if isinstance(width, list | tuple) else (width,)
    tensors = [Tensor("weight", shape)] * affine
    # A LayerNorm can do without its bias.
    biased = affine and context.flag("bias", True) and "RMS" not in context.layer_type
    tensors += [Tensor("bias", shape, is_bias=True)] * bool(biased)
    numbers = entries(context.shape)
    work = None if numbers is None else Work(elementwise=4 * numbers)
    return same_shape(context, tensors=tuple(tensors), work=work)


def _normed(context: LayerContext) -> None:
    """Refuse an input that has other sizes than the norm was built for."""
    name, shape = context.layer_type.removeprefix("torch."), context.shape
    wanted = context.get("normalized_shape")
    if wanted is not None:
        sizes = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
        there = shape[-len(sizes) :]
    else:
        sizes = (context.get("num_features") or context.get("num_channels"),)
        axis = -int(name[-2]) - 1 if name[-2:-1].isdigit() else 1
        if name == "BatchNorm1d" and len(shape) == 2:
            axis = 1
        if name.startswith("InstanceNorm") and len(shape) == int(name[-2]) + 1:
            axis = 0
        there = shape[axis : axis + 1 or None]
    wrong = len(there) != len(sizes) or any(
        one is not None and differ(one, other) for one, other in zip(there, sizes, strict=True)
    )
    if wrong:
        raise ShapeError(
            f"{name} was built for {', '.join(map(str, sizes))} and is given {shape_text(shape)}."
        )


def flatten(context: LayerContext) -> LayerResult:
    """Axes from `start_dim` to `end_dim` as one."""
    shape = context.shape
    start = context.get("start_dim", 1) % len(shape)
    end = context.get("end_dim", -1) % len(shape)
    flat = shape[start : end + 1]
    size = None if None in flat else plain(product(flat))
    return LayerResult(context.layer_type, ((*shape[:start], size, *shape[end + 1 :]),))


RULES: dict[str, Rule] = {
    "torch.Linear": linear,
    "torch.Embedding": embedding,
    "torch.EmbeddingBag": bag,
    "torch.Flatten": flatten,
    "torch.Unflatten": unflatten,
    "torch.Upsample": upsample,
    **{f"torch.{name}": recurrent for name in CELLS},
    **{f"torch.{name}Cell": cell for name in CELLS},
    **{f"torch.Conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"torch.BatchNorm{rank}d": norm for rank in (1, 2, 3)},
    **{f"torch.InstanceNorm{rank}d": norm for rank in (1, 2, 3)},
    **{f"torch.ConvTranspose{rank}d": transposed for rank in (1, 2, 3)},
    **{f"torch.{way}Pool{rank}d": pooling for way in ("Max", "Avg") for rank in (1, 2, 3)},
    **{f"torch.Adaptive{way}Pool{rank}d": adaptive
       for way in ("Max", "Avg") for rank in (1, 2, 3)},
    **dict.fromkeys(("torch.LayerNorm", "torch.GroupNorm", "torch.RMSNorm"), norm),
    "torch.MultiheadAttention": attention,
    **dict.fromkeys(
        ("torch.TransformerEncoderLayer", "torch.TransformerDecoderLayer"), transformer
    ),
    "torch.Bilinear": bilinear,
    "torch.PReLU": prelu,
    **dict.fromkeys(
        ("torch.Dropout", "torch.Dropout1d", "torch.Dropout2d", "torch.Dropout3d",
         "torch.AlphaDropout",
         "torch.Identity"),
        simple.unchanged,
    ),
    **dict.fromkeys(
        ("torch.ReLU", "torch.Tanh", "torch.Sigmoid", "torch.GELU", "torch.SiLU", "torch.ELU",
         "torch.LeakyReLU", "torch.Softmax", "torch.LogSoftmax", "torch.Softplus", "torch.ReLU6",
         "torch.SELU", "torch.Mish", "torch.Hardswish", "torch.Hardsigmoid", "torch.LogSigmoid",
         "torch.Softsign", "torch.Tanhshrink", "torch.Hardtanh", "torch.Softmin"),
        simple.functions,
    ),
}  # fmt: skip
