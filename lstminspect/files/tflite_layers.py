"""The recurrent operators of TensorFlow Lite: a tensor for each gate, put together as in Keras.

Source: tensorflow/lite/kernels/unidirectional_sequence_lstm.cc, bidirectional_sequence_lstm.cc,
unidirectional_sequence_rnn.cc, lstm.cc, svdf.cc: the constants that number their inputs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lstminspect.files.contents import Declared, FileTensor

__all__ = ["declared_layer"]

#: The activation of an operator by its number; None where Keras has no such function.
ACTIVATIONS = ("linear", "relu", "relu_n1_to_1", "relu6", "tanh", "sign")
#: Operators that are recurrent, and the layer that each is.
LAYERS = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "LSTM",
    "BIDIRECTIONAL_SEQUENCE_LSTM": "LSTM",
    "LSTM": "LSTM",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "RNN",
    "BIDIRECTIONAL_SEQUENCE_RNN": "RNN",
    "RNN": "RNN",
    "SVDF": "SVDF",
    "UNIDIRECTIONAL_SEQUENCE_GRU": "GRU",
}
#: Inputs of an LSTM, the gates in the order i, f, g, o.
INPUT, RECURRENT, PEEPHOLES, BIASES = range(1, 5), range(5, 9), range(9, 12), range(12, 16)
PROJECTION, NORMS = 16, range(20, 24)


def declared_layer(operator: Any) -> Declared | None:
    """The layer that an operator is, or None for one that is not recurrent."""
    layer_type = LAYERS.get(operator.name)
    if layer_type is None:
        return None
    inputs = operator.inputs
    sources = tuple(dict.fromkeys(each.name for each in inputs[1:] if each is not None))
    options = _options(operator)
    computed: dict[str, FileTensor] = {}
    if operator.name in ("UNIDIRECTIONAL_SEQUENCE_LSTM", "LSTM") and len(inputs) >= 20:
        computed = _lstm(inputs, options)
    elif operator.name in ("UNIDIRECTIONAL_SEQUENCE_RNN", "RNN") and len(inputs) >= 4:
        names = ("kernel", "recurrent_kernel", "bias")
        for name, each in zip(names, inputs[1:4], strict=True):
            if each is not None:
                computed[name] = _together(name, [each])
        options["units"] = computed["kernel"].shape[-1] if "kernel" in computed else None
    return Declared(operator.output, layer_type, "keras", options, {}, computed, sources)


def _lstm(inputs: Sequence[FileTensor | None], options: dict[str, Any]) -> dict[str, FileTensor]:
    """The weights as Keras has them, and the options that its layer does not have."""

    def some(numbers: range) -> list[FileTensor]:
        values = (inputs[each] for each in numbers if each < len(inputs))
        return [each for each in values if each is not None]

    kernels, recurrent, biases = some(INPUT), some(RECURRENT), some(BIASES)
    options["units"] = kernels[-1].shape[0] if kernels and kernels[-1].shape else None
    more = {
        "coupled": len(kernels) == 3,
        "peepholes": bool(some(PEEPHOLES)),
        "layer_norm": bool(some(NORMS)),
    }
    options |= {name: True for name, value in more.items() if value}
    if (projection := inputs[PROJECTION]) is not None and projection.shape:
        options["projection"] = projection.shape[0]
    if any(more.values()) or len(kernels) != 4 or len(recurrent) != 4:
        return {}
    parts = {"kernel": kernels, "recurrent_kernel": recurrent, "bias": biases}
    return {
        name: _together(name, each)
        for name, each in parts.items()
        if len(each) == 4 and len({one.shape for one in each}) == 1
    }


def _together(name: str, parts: list[FileTensor]) -> FileTensor:
    """The gates of one kind side by side: each tensor turned, its columns those of the units."""
    shape = parts[0].shape
    sizes = (*shape[:0:-1], shape[0] * len(parts)) if shape else ()

    def read() -> Any:
        import numpy as np

        return np.concatenate([each.values().T for each in parts], -1)

    dtype, nbytes = parts[0].dtype, sum(each.nbytes for each in parts)
    assert math.prod(sizes) == sum(each.parameters for each in parts)
    return FileTensor(name, sizes, dtype, nbytes, "computed", read)


def _options(operator: Any) -> dict[str, Any]:
    """The options of an operator that are set."""
    import tflite

    classes = {
        "UNIDIRECTIONAL_SEQUENCE_LSTM": tflite.UnidirectionalSequenceLSTMOptions,
        "BIDIRECTIONAL_SEQUENCE_LSTM": tflite.BidirectionalSequenceLSTMOptions,
        "LSTM": tflite.LSTMOptions,
        "UNIDIRECTIONAL_SEQUENCE_RNN": tflite.SequenceRNNOptions,
        "BIDIRECTIONAL_SEQUENCE_RNN": tflite.BidirectionalSequenceRNNOptions,
        "RNN": tflite.RNNOptions,
        "SVDF": tflite.SVDFOptions,
    }
    table = operator.raw.BuiltinOptions()
    options: dict[str, Any] = {"direction": "bidirectional"} if "BIDI" in operator.name else {}
    if table is None or operator.name not in classes:
        return options
    raw = classes[operator.name]()
    raw.Init(table.Bytes, table.Pos)
    code = raw.FusedActivationFunction()
    options["activation"] = ACTIVATIONS[code] if 0 <= code < len(ACTIVATIONS) else str(code)
    for name, reader in (("cell_clip", "CellClip"), ("projection_clip", "ProjClip"),
                         ("time_major", "TimeMajor"), ("rank", "Rank")):  # fmt: skip
        value = getattr(raw, reader)() if hasattr(raw, reader) else None
        if value:
            options[name] = value
    return options
