"""Keras: a Layer as real `keras.layers`, built, called and measured."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from typing import Any

from lstminspect.errors import MissingFramework
from lstminspect.frameworks import numbered, quiet
from lstminspect.layer import Layer

__all__ = ["build", "measure", "measure_lecture_model", "version"]

CLASSES = {"lstm": "LSTM", "gru": "GRU", "gru_reset_before": "GRU", "rnn": "SimpleRNN"}


@cache
def load() -> Any:
    """The module keras, imported without its log. Raises MissingFramework if it is not there."""
    if not find_spec("keras") or not find_spec("tensorflow"):
        raise MissingFramework("comparing with Keras needs it: pip install 'lstminspect[keras]'")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with quiet():
            import keras

            keras.ops.zeros(1)  # The first tensor sets up the devices, which logs as well.
    except Exception as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise MissingFramework(f"Keras is there but does not start: {reason}.") from error
    return keras


def version() -> str:
    """What is compared with, as in `Keras 3.15.1`."""
    return f"Keras {load().__version__}"


def build(layer: Layer) -> list[Any]:
    """The real layers, lowest first. Every one but the last returns its sequence."""
    return [_one(layer, last=number == layer.layers) for number in range(1, layer.layers + 1)]


def _one(layer: Layer, last: bool) -> Any:
    keras = load()
    options: dict[str, Any] = {
        "use_bias": layer.use_bias,
        "return_sequences": layer.return_sequences or not last,
        "return_state": layer.return_state,
        "go_backwards": layer.go_backwards,
        "stateful": layer.stateful,
    }
    if layer.cell.name.startswith("gru"):
        options["reset_after"] = layer.cell.name == "gru"
    kind = getattr(keras.layers, CLASSES[layer.cell.name])
    real = kind(layer.units, **options)
    if not layer.bidirectional:
        return real
    # Bidirectional makes its own backward layer only beside one that reads forward.
    options["go_backwards"] = not layer.go_backwards
    options["name"] = f"backward_{real.name}"
    backward = kind(layer.units, **options)
    return keras.layers.Bidirectional(real, layer.merge_mode, backward_layer=backward)


def measure(layer: Layer, called: Layer) -> dict[str, Any]:
    """What the real layer says of itself: counts, names and shapes.

    Keras infers shapes from the input of `layer`, with None where it has None; the input of
    `called` has no None, and the real layer is run on it.
    """
    keras = load()
    keras.utils.clear_session()
    reals = build(layer)
    inferred = _call(reals, keras.Input(batch_shape=layer.input_shape))
    found: dict[str, Any] = {"parameters": sum(real.count_params() for real in reals)}
    found |= _weights(layer, reals)
    found |= _states(layer, reals)
    found |= numbered("output", inferred)
    found |= numbered("returned", _call(reals, keras.ops.zeros(called.input_shape)))
    return found


def _call(reals: list[Any], value: Any) -> list[tuple[int | None, ...]]:
    """The shapes of what a stack returns: the outputs of the last layer, the states of each."""
    outputs: list[Any] = []
    states: list[Any] = []
    for real in reals:
        result = real(value)
        result = list(result) if isinstance(result, list | tuple) else [result]
        kept = len(_cells(real)) * len(_state_size(real)) if _returns_state(real) else 0
        split = len(result) - kept
        outputs, value = result[:split], result[0]
        states += result[split:]
    return [tuple(each.shape) for each in [*outputs, *states]]


def _returns_state(real: Any) -> bool:
    return bool(getattr(real, "forward_layer", real).return_state)


def _cells(real: Any) -> list[tuple[str, Any]]:
    """The recurrent layers in `real`, each with the prefix of its direction."""
    if hasattr(real, "forward_layer"):
        return [("forward/", real.forward_layer), ("backward/", real.backward_layer)]
    return [("", real)]


def _state_size(real: Any) -> list[int]:
    size = _cells(real)[0][1].cell.state_size
    return list(size) if isinstance(size, list | tuple) else [size]


def _weights(layer: Layer, reals: list[Any]) -> dict[str, Any]:
    found = {}
    for number, real in enumerate(reals, start=1):
        stacked = f"layer_{number}/" if layer.layers > 1 else ""
        for direction, recurrent in _cells(real):
            for weight in recurrent.trainable_weights:
                name = weight.path.rsplit("/", 1)[-1]
                found[f"weight {stacked}{direction}{name}"] = tuple(weight.shape)
    return found


def _states(layer: Layer, reals: list[Any]) -> dict[str, Any]:
    """State shapes: those of the kept variables if stateful, else what the cell declares."""
    shapes: list[tuple[int | None, ...]] = []
    for real in reals:
        for _, recurrent in _cells(real):
            if layer.stateful:
                shapes += [tuple(state.shape) for state in recurrent.states]
            else:
                shapes += [(layer.batch, size) for size in _state_size(real)]
    names = [*layer.state_shapes, *(f"number {n}" for n in range(len(shapes)))]
    return {f"state {name}": shape for name, shape in zip(names, shapes, strict=False)}


def measure_lecture_model() -> dict[str, int]:
    """The counts of the lecture's model, which predicts one of ten numbers from five."""
    layers = load().layers
    model = load().Sequential([layers.Input((5, 10)), layers.LSTM(25), layers.Dense(10)])
    parts = {f"parameters of {type(each).__name__}": each.count_params() for each in model.layers}
    return {"parameters": model.count_params(), **parts}
