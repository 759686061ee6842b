"""Convolutions, pooling, and LSTMs whose matrices are convolutions.

Source: keras/src/layers/{convolutional,pooling} and rnn/conv_lstm.py, Keras 3.15.1. MACs are those
of a dense convolution: positions that fall on padding count as the others.
"""

from __future__ import annotations

from typing import NamedTuple

from lstminspect import cells
from lstminspect.costs.work import Work, step_work
from lstminspect.errors import OptionError, ShapeError
from lstminspect.formula import Product, Sum
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerContext, LayerResult, Tensor, entries, known, shape_text
from lstminspect.sizes import divided, is_letter, plain, product

__all__ = ["conv_lstm", "convolution", "global_pooling", "pooling"]

PADDINGS = ("valid", "same", "causal")


class KernelWindow(NamedTuple):
    """A window that moves: its size, steps and holes along every axis, and the padding."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str


def _window(
    context: LayerContext, rank: int, size_name: str, size_default: int | None = None
) -> KernelWindow:
    size = context.sizes(size_name, rank, size_default)
    paddings = PADDINGS if context.layer_type == "Conv1D" else PADDINGS[:2]
    return KernelWindow(
        size,
        context.sizes("strides", rank, size if size_name == "pool_size" else 1),
        context.sizes("dilation_rate", rank, 1),
        context.choice("padding", "valid", paddings),
    )


def _moved(layer_type: str, length: int | None, window: KernelWindow, axis: int) -> int | None:
    """The number of places of a window along one axis."""
    if length is None:
        return None
    size, stride = window.size[axis], window.strides[axis]
    if window.padding != "valid":
        if stride == 1:
            return length
        every: int = plain(-(-length // stride))
        return every
    last = length - window.dilation[axis] * (size - 1) - 1
    places: int = plain((last if stride == 1 else last // stride) + 1)
    if not is_letter(places) and places < 1:
        raise ShapeError(
            f"{layer_type} has a window of {size} on an axis of {length}: nothing is left. "
            "Make the window smaller, or choose padding='same'."
        )
    return places


class Image(NamedTuple):
    """A shape with its axes of space and of channels kept apart."""

    batch: int | None
    space: tuple[int | None, ...]
    channels: int
    channels_last: bool

    def shape(self, space: tuple[int | None, ...], channels: int, time: Shape = ()) -> Shape:
        """A shape in the same order of axes."""
        inner = (*space, channels) if self.channels_last else (channels, *space)
        return (self.batch, *time, *inner)


def _image(context: LayerContext, shape: Shape) -> Image:
    last = context.choice("data_format", "channels_last", ("channels_last", "channels_first"))
    axes = shape[1:]
    channels = axes[-1] if last == "channels_last" else axes[0]
    if channels is None:
        raise ShapeError(
            f"{context.layer_type} needs the channels of its input, got {shape_text(shape)}."
        )
    space = axes[:-1] if last == "channels_last" else axes[1:]
    return Image(shape[0], tuple(space), channels, last == "channels_last")


def convolution(context: LayerContext) -> LayerResult:
    """Conv1D, Conv2D, Conv3D: a kernel (*window, channels / groups, filters) at every place."""
    rank = int(context.layer_type[4])
    image = _image(context, context.rank(rank + 2))
    window = _window(context, rank, "kernel_size")
    filters, groups = context.size("filters"), context.size("groups", 1)
    lettered = is_letter(image.channels) or is_letter(filters) or is_letter(groups)
    if not lettered and (image.channels % groups or filters % groups):
        raise OptionError(f"groups must divide {image.channels} channels and {filters} filters.")
    inside = (*window.size, divided(image.channels, groups, "channels", "groups"))
    space = tuple(
        _moved(context.layer_type, size, window, axis) for axis, size in enumerate(image.space)
    )
    output = image.shape(space, filters)
    biased = context.flag("use_bias", True)
    tensors = [Tensor("kernel", (*inside, filters))]
    tensors += [Tensor("bias", (filters,), is_bias=True)] * biased
    numbers = entries(output)
    active = context.activation("activation", "linear") != "linear"
    work = None
    if numbers is not None:
        work = Work(numbers * product(inside), numbers * int(biased), 0, numbers * int(active))
    kernel = Product(("window", "channels", "filters"))
    return LayerResult(
        context.layer_type,
        (output,),
        tuple(tensors),
        work,
        formula=Sum((kernel, "filters")) if biased else kernel,
        sizes={
            "window": "·".join(map(str, window.size)),
            "channels": str(inside[-1]),
            "filters": str(filters),
        },
    )


def pooling(context: LayerContext) -> LayerResult:
    """The largest or the average entry of every window."""
    rank = int(context.layer_type[-2])
    image = _image(context, context.rank(rank + 2))
    # An average has no usual size in Keras.
    window = _window(
        context, rank, "pool_size", 2 if context.layer_type.startswith("Max") else None
    )
    space = tuple(
        _moved(context.layer_type, size, window, axis) for axis, size in enumerate(image.space)
    )
    output = image.shape(space, image.channels)
    numbers = entries(output)
    work = None if numbers is None else Work(elementwise=numbers * product(window.size))
    return LayerResult(context.layer_type, (output,), work=work)


def global_pooling(context: LayerContext) -> LayerResult:
    """The largest or the average entry of every channel."""
    rank = int(context.layer_type[-2])
    image = _image(context, context.rank(rank + 2))
    kept = (1,) * rank if context.flag("keepdims", False) else ()
    output = image.shape(kept, image.channels)
    numbers = entries(context.shape)
    return LayerResult(
        context.layer_type, (output,), work=None if numbers is None else Work(elementwise=numbers)
    )


def conv_lstm(context: LayerContext) -> LayerResult:
    """ConvLSTM1D, 2D, 3D: an LSTM at every place, whose matrices are convolutions.

    The recurrent convolution keeps the size, whatever the padding of the other.
    """
    rank = int(context.layer_type[8])
    shape = context.rank(rank + 3)
    image = _image(context, (shape[0], *shape[2:]))
    window = _window(context, rank, "kernel_size")
    filters = context.size("filters")
    space = tuple(
        _moved(context.layer_type, size, window, axis) for axis, size in enumerate(image.space)
    )
    biased = context.flag("use_bias", True)
    # linen.ConvLSTMCell has a bias in each of its two convolutions (Flax 0.12.8).
    biases = biased * (2 if context.convention == "flax" else 1)
    state = image.shape(space, filters)
    sequence = context.flag("return_sequences", False)
    output = image.shape(space, filters, shape[1:2] if sequence else ())
    states = [state, state] if context.flag("return_state", False) else []
    gates = len(cells.get("lstm").gates) * filters
    tensors = [
        Tensor("kernel", (*window.size, image.channels, gates)),
        Tensor("recurrent_kernel", (*window.size, filters, gates)),
        *[Tensor("bias", (gates,), is_bias=True)] * biases,
    ]
    work = _conv_lstm_work(image, space, window, filters, biases, shape[1])
    kernel = Product((4, "filters", "window", Sum(("filters", "channels"))))
    return LayerResult(
        context.layer_type,
        (output, *states),
        tuple(tensors),
        work,
        formula=Sum((kernel, Product((4 * biases, "filters")))) if biased else kernel,
        sizes={
            "window": "·".join(map(str, window.size)),
            "channels": str(image.channels),
            "filters": str(filters),
        },
    )


def _conv_lstm_work(
    image: Image, space: Shape, window: KernelWindow, filters: int, biases: int, steps: int | None
) -> Work | None:
    if not known(steps, *space):
        return None
    cell = cells.get("lstm")
    places = product(window.size)
    # The matrix of a place reads the whole window: as many columns as it has entries.
    blocks = [block for block in cell.blocks if block.is_bias] * biases
    one = step_work(cell, {"units": filters, "features": 1}, blocks)
    gates = len(cell.gates) * filters
    macs = gates * places * (image.channels + filters)
    batch = 1 if image.batch is None else image.batch
    whole = Work(macs, one.bias_adds, one.elementwise, one.functions)
    times: int = product([batch, steps, *space])
    return whole * times
