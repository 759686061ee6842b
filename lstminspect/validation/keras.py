"""Keras: a Layer as real `keras.layers`, built, called and measured."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lstminspect.activations import parts_of
from lstminspect.layer import Layer
from lstminspect.optional import load_keras as load
from lstminspect.terms.catalogue import why_not
from lstminspect.terms.keras import CLASSES
from lstminspect.validation.case import Case, numbered

__all__ = [
    "ACTIVATIONS",
    "INFERS",
    "build",
    "measure",
    "measure_course_model",
    "values",
    "version",
    "why_unsupported",
]

#: Keras says the shapes of outputs and states before it runs.
INFERS = True
#: Activations that random cases take: all of Keras' that keep a state within bounds.
ACTIVATIONS = (
    "celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "leaky_relu(0.1)", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "swish", "tanh", "tanh_shrink", "threshold(0.1, 0.2)",
)  # fmt: skip


# Keras keeps names and TensorFlow its kernels from case to case. To forget them costs the next case
# a new start, and to look for garbage besides, the default of Keras, a quarter of a second.
CLEARED_EVERY = 50
_BUILT = count()

# In float64 these differ by 1e-8: TensorFlow keeps their constants in float32.
FLOAT32_CONSTANTS = {"gelu", "leaky_relu"}


def version() -> str:
    """The name and version of the framework, for example `Keras 3.15.1`."""
    return f"Keras {load().__version__}"


def why_unsupported(case: Case) -> str:
    """The reason why Keras cannot run the case, or an empty text."""
    layer = case.layer
    if reason := why_not(layer, "keras"):
        return reason
    names = {parts_of(text)[0] for text in (layer.activation, layer.recurrent_activation) if text}
    if case.dtype == "float64" and names & FLOAT32_CONSTANTS:
        return f"Keras has the constants of {min(names & FLOAT32_CONSTANTS)} in float32"
    if case.lengths is not None:
        return "Keras takes a mask, not lengths"
    if case.keep_order:
        return "Keras gives a sequence in the order in which it reads it"
    if case.time_major or case.unbatched:
        return "Keras takes the batch first, and always a batch"
    return ""


def activation(text: str | None, default: str) -> Any:
    """Keras' own function for an activation as a Layer has it."""
    if text is None:
        return default
    name, numbers = parts_of(text)
    function = getattr(load().activations, {"exp": "exponential"}.get(name, name), None)
    if function is None:
        function = getattr(load().ops, name)
    return _with_numbers(text, function, numbers) if numbers else function


@cache
def _with_numbers(text: str, function: Any, numbers: tuple[float, ...]) -> Any:
    """`function` with its numbers, under a name that Keras can copy a layer by."""

    def activation_with_numbers(v: Any) -> Any:
        return function(v, *numbers)

    register = load().saving.register_keras_serializable
    registered: Any = register(package="lstminspect", name=text)(activation_with_numbers)
    return registered


def build(case: Case) -> list[Any]:
    """The real layers, lowest first. Every one but the last returns its sequence.

    They compute in the type of the case, and start from zeros, which costs less than random
    weights: those of the case take their place.
    """
    if next(_BUILT) % CLEARED_EVERY == 0:
        load().utils.clear_session(free_memory=False)
    layer = case.layer
    return [_one(case, last=number == layer.layers) for number in range(1, layer.layers + 1)]


def _one(case: Case, last: bool) -> Any:
    keras, layer = load(), case.layer
    options: dict[str, Any] = {
        "use_bias": layer.use_bias,
        "return_sequences": layer.return_sequences or not last,
        "return_state": layer.return_state,
        "go_backwards": layer.go_backwards,
        "stateful": layer.stateful,
        "activation": activation(layer.activation, "tanh"),
        "kernel_initializer": "zeros",
        "recurrent_initializer": "zeros",
        "dtype": case.dtype,
    }
    if layer.cell.name != "rnn":
        options["recurrent_activation"] = activation(layer.recurrent_activation, "sigmoid")
    if layer.cell.name.startswith("gru"):
        options["reset_after"] = layer.cell.name == "gru"
    layer_class = getattr(keras.layers, CLASSES[layer.cell.name])
    real = layer_class(layer.units, **options)
    if not layer.bidirectional:
        return real
    # Bidirectional makes its own backward layer only beside one that reads forward.
    options["go_backwards"] = not layer.go_backwards
    options["name"] = f"backward_{real.name}"
    backward = layer_class(layer.units, **options)
    return keras.layers.Bidirectional(
        real, layer.merge_mode, backward_layer=backward, dtype=case.dtype
    )


def measure(case: Case, reals: list[Any]) -> dict[str, Any]:
    """The counts, names and shapes that the real layers report.

    Keras infers shapes from the input of `case.layer`, with None where it has None.
    """
    layer = case.layer
    input_tensor = load().Input(batch_shape=layer.input_shape, dtype=case.dtype)
    inferred = [tuple(each.shape) for each in _returned(reals, input_tensor)]
    measured: dict[str, Any] = {"parameters": sum(real.count_params() for real in reals)}
    measured |= _weights(layer, reals)
    measured |= _states(layer, reals)
    return measured | numbered("output", inferred)


def values(case: Case, reals: list[Any]) -> list[Any]:
    """The outputs and states of the measured layers with the case's weights, as arrays."""
    weights, x = list(case.weights.values()), load().ops.convert_to_tensor(case.x)
    for real in reals:
        own = len(real.trainable_weights)
        real.set_weights(weights[:own])
        weights = weights[own:]
    returned = _returned(reals, x, case.mask, case.initial_state)
    if case.layer.stateful:  # A second call goes on from the states of the first.
        returned = _returned(reals, x, case.mask, None)
    return [np.asarray(each) for each in returned]


def _returned(reals: list[Any], value: Any, mask: Any = None, initial: Any = None) -> list[Any]:
    """The results of a stack: the outputs of the last layer, the states of each."""
    outputs: list[Any] = []
    states: list[Any] = []
    starts = list(initial or [])
    for real in reals:
        own = len(_cells(real)) * len(_state_size(real))
        start, starts = starts[:own], starts[own:]
        options = {"initial_state": start} if start else {}
        result = real(value, mask=mask, **options)
        result = list(result) if isinstance(result, list | tuple) else [result]
        kept = len(_cells(real)) * len(_state_size(real)) if _returns_state(real) else 0
        split = len(result) - kept
        outputs, value = result[:split], result[0]
        states += result[split:]
    return [*outputs, *states]


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
    shapes = {}
    for number, real in enumerate(reals, start=1):
        stacked = f"layer_{number}/" if layer.layers > 1 else ""
        for direction, recurrent in _cells(real):
            for weight in recurrent.trainable_weights:
                name = weight.path.rsplit("/", 1)[-1]
                shapes[f"weight {stacked}{direction}{name}"] = tuple(weight.shape)
    return shapes


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


def measure_course_model() -> dict[str, int]:
    """The counts of the model of the course, which predicts one of ten numbers from five."""
    layers = load().layers
    model = load().Sequential([layers.Input((5, 10)), layers.LSTM(25), layers.Dense(10)])
    parts = {f"parameters of {type(each).__name__}": each.count_params() for each in model.layers}
    return {"parameters": model.count_params(), **parts}
