"""The options of a layer type whose width is known: each gives a count that grows with one size.

`count = slope · size + intercept` holds for every layer here, where `size` are the features of the
input, or the vocabulary of an embedding: so the inverse of a count is one division.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any, NamedTuple

from lstminspect.errors import LstmInspectError
from lstminspect.explanations.forms import Form, forms
from lstminspect.explanations.printed.table import PrintedRow
from lstminspect.layer import Layer

__all__ = [
    "FEATURES",
    "RECURRENT",
    "TYPES",
    "WITHOUT_WEIGHTS",
    "Option",
    "count_of_arguments",
    "options",
    "options_of_width",
]

MOST_LAYERS, LARGEST_KERNEL = 8, 64
CELLS = {
    "LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn", "RNN": "rnn",
    "LSTMCell": "lstm", "GRUCell": "gru", "SimpleRNNCell": "rnn", "RNNCell": "rnn",
}  # fmt: skip
RECURRENT = frozenset((*CELLS, "Bidirectional", "CuDNNLSTM", "CuDNNGRU"))
FEATURES, VOCABULARY, PARTS = "features", "vocabulary", "heads x key_dim"


class _Wanted(NamedTuple):
    """The row whose options are wanted, its width, and whether it is of Keras 1."""

    row: PrintedRow
    width: int
    old: bool


class Option(NamedTuple):
    """A configuration of a layer, and its count: `slope` times what is open, and `intercept`."""

    layer_type: str
    config: Mapping[str, Any]
    slope: int
    intercept: int
    opens: str = FEATURES
    #: The layer inside a wrapper: its class and its arguments.
    inner: tuple[str, Mapping[str, Any]] | None = None
    #: The argument of what is open, where it stands first in the call.
    first: str = ""

    def count(self, size: int) -> int:
        """The parameters with `size` for what is open."""
        return self.slope * size + self.intercept

    def size(self, count: int) -> int | None:
        """The size that is open, for a count that has a whole number there."""
        if not self.slope:
            return None
        found, rest = divmod(count - self.intercept, self.slope)
        return found if not rest and found > 0 else None

    def code(self, size: int | None) -> str:
        """The call that makes the layer, with `size` for what is open."""
        first = [_call(*self.inner)] if self.inner is not None else []
        if self.first and size is not None:
            first = [str(size)]
        return _call(self.layer_type, self.config, first)


#: Arguments that stand first in a call, without their names.
FIRST = ("units", "output_dim", "filters", "kernel_size", "hidden_size", "embedding_dim",
         "out_features", "out_channels", "normalized_shape", "num_features")  # fmt: skip


def _call(name: str, config: Mapping[str, Any], first: Sequence[str] = ()) -> str:
    words = [*first, *(str(value) for key, value in config.items() if key in FIRST)]
    words += [f"{key}={value!r}" for key, value in config.items() if key not in FIRST]
    return f"{name}({', '.join(words)})"


@cache
def _form(cell: str, convention: str, use_bias: bool) -> Form:
    return next(
        form for form in forms()
        if form.cell == cell and convention in form.conventions and form.use_bias is use_bias
    )  # fmt: skip


def _line(form: Form, units: int, directions: int = 1, layers: int = 1) -> tuple[int, int]:
    """The slope and the intercept of a stack of recurrent layers, over its features."""
    squares, products, factor = form.terms(directions, layers)
    return products * units, squares * units * units + factor * units


def _keras_recurrent(layer_type: str, units: int, old: bool) -> Iterator[Option]:
    """Keras' recurrent layers of these units, the usual first: `old` is that of version 1."""
    base = layer_type.removeprefix("CuDNN")
    if layer_type != base:
        # cuDNN has two biases for each gate (keras-team/keras pull 8307).
        form = _form(CELLS[base], "pytorch", True)
        yield Option(layer_type, {"units": units}, *_line(form, units))
        return
    cells: list[tuple[str, dict[str, Any]]] = [(CELLS[base], {})]
    if base.startswith("GRU"):
        cells.append(("gru_reset_before", {"reset_after": False}))
        if old:
            cells = [("gru_reset_before", {"reset_after": False}), ("gru", {"reset_after": True})]
    for cell, more in cells:
        config = {"units": units, **more}
        yield Option(layer_type, config, *_line(_form(cell, "keras", True), units))
    config = {"units": units, "use_bias": False}
    yield Option(layer_type, config, *_line(_form(CELLS[base], "keras", False), units))


def _flags(row: PrintedRow) -> dict[str, bool]:
    """The flags of a recurrent layer of Keras that follow from its output shapes."""
    outputs = row.outputs or ()
    found = {}
    if outputs and len(outputs[0]) == 3:
        found["return_sequences"] = True
    if len(outputs) > 1:
        found["return_state"] = True
    return found


def _keras_layer(wanted: _Wanted) -> Iterator[Option]:
    row, width, old = wanted
    flags = _flags(row)
    for each in _keras_recurrent(row.layer_type, width, old):
        yield each._replace(config={**each.config, **flags})


def _bidirectional(wanted: _Wanted) -> Iterator[Option]:
    """Two directions, of LSTM, GRU or SimpleRNN: their class does not stand in a table."""
    row, width, old = wanted
    flags = _flags(row)
    outputs = row.outputs or ()
    merges: list[tuple[int, dict[str, Any]]] = []
    state = outputs[1][-1] if len(outputs) > 2 else None
    if len(outputs) in (2, 3, 5) and len(outputs) > 1 and state is None:
        state = width  # merge_mode None: one output for each direction.
        merges = [(width, {"merge_mode": None})]
        flags.pop("return_state", None)
    else:
        if width % 2 == 0:
            merges.append((width // 2, {}))
        merges.append((width, {"merge_mode": "sum"}))
    for units, more in merges:
        if state is not None and units != state:
            continue
        for layer_type in ("LSTM", "GRU", "SimpleRNN"):
            for each in _keras_recurrent(layer_type, units, old):
                inner = (layer_type, {**each.config, **flags})
                line = (2 * each.slope, 2 * each.intercept)
                yield Option(row.layer_type, more, *line, inner=inner)


def _dense(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    yield Option(row.layer_type, {"units": width}, width, width)
    yield Option(row.layer_type, {"units": width, "use_bias": False}, width, 0)


def _time_distributed(wanted: _Wanted) -> Iterator[Option]:
    for each in _dense(wanted):
        yield each._replace(config={}, inner=("Dense", each.config))


def _embedding(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    yield Option(row.layer_type, {"output_dim": width}, width, 0, VOCABULARY, first="input_dim")


def _convolution(wanted: _Wanted) -> Iterator[Option]:
    """Kernels with as many places on each axis, if there are no groups."""
    row, width, _ = wanted
    rank = int(row.layer_type[-2])
    for size in range(1, 1 + (LARGEST_KERNEL if rank == 1 else 15)):
        config = {"filters": width, "kernel_size": size if rank == 1 else (size,) * rank}
        slope = width * size**rank
        yield Option(row.layer_type, config, slope, width)
        yield Option(row.layer_type, {**config, "use_bias": False}, slope, 0)


def _conv_lstm(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    rank = int(row.layer_type[-2])
    more = {"return_sequences": True} if row.outputs and len(row.outputs[0]) == rank + 3 else {}
    for size in range(1, 16):
        kernel = size if rank == 1 else (size,) * rank
        config = {"filters": width, "kernel_size": kernel, **more}
        slope = 4 * width * size**rank
        yield Option(row.layer_type, config, slope, slope * width + 4 * width)
        yield Option(row.layer_type, {**config, "use_bias": False}, slope, slope * width)


def _batch_normalization(wanted: _Wanted) -> Iterator[Option]:
    """Four numbers for each size of one axis: gamma, beta, mean, variance."""
    row, width, _ = wanted
    rank = len((row.outputs or ((),))[0])
    for axis, size in enumerate((row.outputs or ((),))[0]):
        if size is not None and (axis == rank - 1 or size != width):
            more = {} if axis == rank - 1 else {"axis": axis}
            yield Option(row.layer_type, more, 0, 4 * size)
            for name in ("center", "scale"):
                yield Option(row.layer_type, {**more, name: False}, 0, 3 * size)
            yield Option(row.layer_type, {**more, "center": False, "scale": False}, 0, 2 * size)


def _layer_normalization(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    yield Option(row.layer_type, {}, 0, 2 * width)
    for name in ("center", "scale"):
        yield Option(row.layer_type, {name: False}, 0, width)


def _attention(wanted: _Wanted) -> Iterator[Option]:
    """Query, key, value of one width and the output: what is open are heads times key_dim."""
    row, width, _ = wanted
    yield Option(row.layer_type, {}, 4 * width + 3, width, PARTS)
    yield Option(row.layer_type, {"use_bias": False}, 4 * width, 0, PARTS)


def _torch_recurrent(wanted: _Wanted) -> Iterator[Option]:
    """One layer or several, one direction or two, with biases or without."""
    row, width, _ = wanted
    cell = CELLS[row.layer_type]
    for layers in range(1, 1 + MOST_LAYERS):
        for directions in (1, 2):
            if width % directions:
                continue
            units = width // directions
            for use_bias in (True, False):
                config: dict[str, Any] = {"hidden_size": units}
                config |= {"num_layers": layers} if layers > 1 else {}
                config |= {"bidirectional": True} if directions == 2 else {}
                config |= {} if use_bias else {"bias": False}
                form = _form(cell, "pytorch", use_bias)
                line = _line(form, units, directions, layers)
                yield Option(row.layer_type, config, *line, first="input_size")


def _torch_cell(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    for use_bias in (True, False):
        more = {} if use_bias else {"bias": False}
        line = _line(_form(CELLS[row.layer_type], "pytorch", use_bias), width)
        yield Option(row.layer_type, {"hidden_size": width, **more}, *line, first="input_size")


def _linear(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    config = {"out_features": width}
    yield Option(row.layer_type, config, width, width, first="in_features")
    yield Option(row.layer_type, {**config, "bias": False}, width, 0, first="in_features")


def _torch_embedding(wanted: _Wanted) -> Iterator[Option]:
    row, width, _ = wanted
    config = {"embedding_dim": width}
    yield Option(row.layer_type, config, width, 0, VOCABULARY, first="num_embeddings")


def _torch_convolution(wanted: _Wanted) -> Iterator[Option]:
    """Filters stand on axis 1; where the table has the kernel, only that."""
    row, _, _ = wanted
    rank = int(row.layer_type[-2])
    shape = (row.outputs or ((),))[0]
    filters = shape[-rank - 1] if len(shape) > rank else None
    if filters is None:
        return
    shown = row.config.get("kernel_size")
    sizes = [shown * (rank if len(shown) == 1 else 1)] if shown else [
        (size,) * rank for size in range(1, 1 + (LARGEST_KERNEL if rank == 1 else 15))
    ]  # fmt: skip
    for size in sizes:
        config = {"out_channels": filters, "kernel_size": size[0] if len(set(size)) == 1 else size}
        slope = filters * prod(size)
        yield Option(row.layer_type, config, slope, filters, first="in_channels")
        unbiased = {**config, "bias": False}
        yield Option(row.layer_type, unbiased, slope, 0, first="in_channels")


def _torch_norm(wanted: _Wanted) -> Iterator[Option]:
    """A weight and a bias for each feature or channel."""
    row, width, _ = wanted
    shape = (row.outputs or ((),))[0]
    if row.layer_type == "LayerNorm":
        for axes in range(1, len(shape)):
            numbers = [size for size in shape[-axes:] if size is not None]
            whole = width if axes == 1 else tuple(numbers)
            config: dict[str, Any] = {"normalized_shape": whole}
            yield Option(row.layer_type, config, 0, 2 * prod(numbers))
            yield Option(row.layer_type, {**config, "bias": False}, 0, prod(numbers))
    elif len(shape) > 1 and shape[1] is not None:
        yield Option(row.layer_type, {"num_features": shape[1]}, 0, 2 * shape[1])


Maker = Callable[[_Wanted], Iterator[Option]]
KERAS: dict[str, Maker] = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"), _keras_layer),
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "Dense": _dense,
    "Embedding": _embedding,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "MultiHeadAttention": _attention,
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _convolution),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _conv_lstm),
}
TORCH: dict[str, Maker] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _torch_recurrent),
    **dict.fromkeys(("LSTMCell", "GRUCell", "RNNCell"), _torch_cell),
    **dict.fromkeys(("Linear", "NonDynamicallyQuantizableLinear"), _linear),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), _torch_embedding),
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d"), _torch_convolution),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm"), _torch_norm),
}
#: Layers that have no parameters; a count there cannot be theirs.
WITHOUT_WEIGHTS = frozenset((
    "InputLayer", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise",
    "GaussianDropout", "AlphaDropout", "Activation", "ReLU", "LeakyReLU", "ELU", "Softmax",
    "Flatten", "Reshape", "Permute", "RepeatVector", "Masking", "Concatenate", "Add", "Subtract",
    "Multiply", "Average", "Maximum", "Minimum", "Dot", "MaxPooling1D", "MaxPooling2D",
    "AveragePooling1D", "AveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "UpSampling1D", "UpSampling2D",
    "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "Dropout1d", "Dropout2d",
    "Sigmoid", "Tanh", "LogSoftmax", "GELU", "Identity", "MaxPool1d", "MaxPool2d", "AvgPool1d",
    "AvgPool2d",
))  # fmt: skip
#: Every class that is known by name: the end of one that is cut is looked for here.
TYPES = frozenset((*KERAS, *TORCH, *WITHOUT_WEIGHTS, "AdditiveAttention", "Attention",
                   "Functional", "Sequential", "Lambda"))  # fmt: skip


def count_of_arguments(row: PrintedRow) -> int | None:
    """The parameters of a PyTorch layer whose arguments are printed; None for another."""
    config = row.config
    try:
        return _count_of(row.layer_type, config)
    except (KeyError, TypeError, ZeroDivisionError, LstmInspectError):
        return None


def _count_of(layer_type: str, config: Mapping[str, Any]) -> int | None:
    bias = int(config.get("bias", True))
    base = layer_type.rstrip("123d")
    if layer_type in ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"):
        projection = config.get("proj_size", 0)
        layer = Layer(
            "projected" if projection else CELLS[layer_type],
            config["hidden_size"],
            config["input_size"],
            use_bias=bool(bias),
            layers=config.get("num_layers", 1),
            bidirectional=config.get("bidirectional", False),
            extra=(("projection", projection),) if projection else (),
        )
        found: int = layer.parameters_in("pytorch")
        return found
    if layer_type in ("Linear", "NonDynamicallyQuantizableLinear"):
        return int(config["out_features"] * (config["in_features"] + bias))
    if layer_type.startswith("Embedding"):
        return int(config["num_embeddings"] * config["embedding_dim"])
    if base in ("Conv", "ConvTranspose"):
        channels, filters = config["in_channels"], config["out_channels"]
        pairs = channels * filters // config.get("groups", 1)
        return int(pairs * prod(config["kernel_size"]) + filters * bias)
    if base in ("BatchNorm", "InstanceNorm"):
        usual = base == "BatchNorm"
        return int(2 * config["num_features"] * config.get("affine", usual))
    if layer_type == "LayerNorm":
        affine = config.get("elementwise_affine", True)
        return int(prod(config["normalized_shape"]) * (1 + bias) * affine)
    if layer_type == "GroupNorm":
        return int(2 * config["num_channels"] * config.get("affine", True))
    if layer_type == "MultiheadAttention":
        return int(4 * config["embed_dim"] * (config["embed_dim"] + bias))
    return None


def options(row: PrintedRow, is_torch: bool, old: bool = False) -> list[Option]:
    """The options of the row's layer at its width, the usual first; nothing without a width."""
    return [] if row.width is None else options_of_width(row, row.width, is_torch, old)


def options_of_width(row: PrintedRow, width: int, is_torch: bool, old: bool) -> list[Option]:
    """The options of the row's layer type at a width."""
    make = (TORCH if is_torch else KERAS).get(row.layer_type)
    return [] if make is None else list(make(_Wanted(row, width, old)))
