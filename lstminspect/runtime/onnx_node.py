"""One LSTM, GRU or RNN node of an ONNX graph, run by the reference.

Source: onnx/docs/Operators.md, LSTM-22, GRU-22 and RNN-22. Every attribute is honoured or refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.conventions.onnx import ACTIVATIONS, DEFAULTS, OPTIONS
from lstminspect.errors import InputError, OptionError, WeightError, did_you_mean, quoted
from lstminspect.layer import Layer
from lstminspect.runtime.run import run
from lstminspect.weights.arrays import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from lstminspect.names import OnnxNode

__all__ = ["activations_of", "read_node", "run_node"]

COMMON = {"activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size"}
KNOWN = {
    "LSTM": COMMON | {"input_forget", "layout"},
    "GRU": COMMON | {"linear_before_reset", "layout"},
    "RNN": COMMON | {"layout"},
}
INPUTS = {
    "LSTM": ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"),
    "GRU": ("X", "W", "R", "B", "sequence_lens", "initial_h"),
    "RNN": ("X", "W", "R", "B", "sequence_lens", "initial_h"),
}


def read_node(operator: str, attributes: Mapping[str, Any], inputs: Mapping[str, Any]) -> Layer:
    """The Layer that a node of `operator` with these attributes and inputs is.

    Raises OptionError for an operator, an attribute or an activation that is not known, and for
    directions with different activations.

    >>> X, W, R = np.zeros((1, 1, 3)), np.zeros((1, 16, 3)), np.zeros((1, 16, 4))
    >>> read_node("LSTM", {"input_forget": 1}, {"X": X, "W": W, "R": R}).cell.name
    'cifg_peephole'
    """
    if operator not in DEFAULTS:
        near = did_you_mean(operator, DEFAULTS)
        raise OptionError(f"no recurrent operator called {operator!r}.{near} LSTM, GRU or RNN.")
    for name in attributes:
        if name not in KNOWN[operator]:
            near = did_you_mean(name, KNOWN[operator])
            raise OptionError(f"{operator} has no attribute {name!r} that is known here.{near}")
    for name in ("X", "W", "R"):
        if inputs.get(name) is None:
            raise WeightError(f"{operator} needs the input {name}.")
    if np.ndim(inputs["X"]) != 3 or np.ndim(inputs["R"]) != 3:
        raise InputError("X and R of a node have three axes. Give them as the graph does.")
    direction = _text(attributes.get("direction", "forward"))
    if direction not in ("forward", "reverse", "bidirectional"):
        raise OptionError(
            f"direction must be forward, reverse or bidirectional, got {direction!r}."
        )
    both = direction == "bidirectional"
    layer = Layer(
        _cell(operator, attributes, inputs),
        units=int(np.shape(inputs["R"])[-1]),
        features=int(np.shape(inputs["X"])[-1]),
        use_bias=inputs.get("B") is not None,
        bidirectional=both,
        merge_mode=None if both else "concat",
        go_backwards=direction == "reverse",
        return_sequences=True,
        return_state=True,
        clip=attributes.get("clip"),
        **activations_of(operator, attributes, 2 if both else 1),
    )
    hidden = attributes.get("hidden_size")
    if hidden is not None and hidden != layer.units:
        raise OptionError(f"hidden_size is {hidden}, and R has {layer.units} columns.")
    return layer


def run_node(
    node: str | OnnxNode,
    inputs: Mapping[str, ArrayLike | None] | Sequence[ArrayLike | None],
    attributes: Mapping[str, object] | None = None,
) -> tuple[Array, ...]:
    """Y, Y_h and, for an LSTM, Y_c of a node, in the node's own axes.

    `node` is an onnx.NodeProto, or the name of an operator, with `attributes`. `inputs` are arrays
    by their names in the operator's definition, or in its order with None for one left out.
    A sequence without steps has the states zero, as ONNX Runtime gives them.

    >>> X, W, R = np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    >>> [array.shape for array in run_node("RNN", {"X": X, "W": W, "R": R})]
    [(1, 1, 1, 1), (1, 1, 1)]
    """
    if not isinstance(node, str) and not hasattr(node, "op_type"):
        hint = "Give an onnx.NodeProto, or 'LSTM', 'GRU' or 'RNN'."
        raise OptionError(f"node must be a node of ONNX, got {quoted(node)}. {hint}")
    if not (attributes is None or isinstance(attributes, Mapping)):
        raise OptionError(f"attributes must be a mapping by name, got {quoted(attributes)}.")
    if not isinstance(inputs, Mapping | Sequence) or isinstance(inputs, str | bytes):
        message = "inputs must be arrays by name, or in the operator's order"
        raise OptionError(f"{message}, got {quoted(inputs)}.")
    operator = node if isinstance(node, str) else node.op_type
    options: dict[str, Any] = dict(attributes or {})
    if not isinstance(node, str):
        options |= {each.name: _attribute(each) for each in node.attribute}
    if not isinstance(inputs, Mapping):
        names = INPUTS.get(operator, ())
        inputs = dict(zip(names, inputs, strict=False))
    arrays = {name: np.asarray(value) for name, value in inputs.items() if value is not None}
    for name in arrays:
        if name not in INPUTS.get(operator, (name,)):
            raise OptionError(f"{operator} has no input {name!r}. There are {INPUTS[operator]}.")
    layer = read_node(operator, options, arrays)
    return _run(layer, arrays, int(options.get("layout", 0)))


def _run(layer: Layer, arrays: Mapping[str, Array], layout: int) -> tuple[Array, ...]:
    if layout not in (0, 1):
        raise OptionError(f"layout must be 0 or 1, got {layout}.")
    zeros = np.zeros((layer.directions, 3 * layer.units), arrays["X"].dtype)
    arrays = {"P": zeros, **arrays}
    weights = {weight.name: arrays[weight.name] for weight in layer.weights_in("onnx")}
    kinds = list(layer.cell.states)
    starts = [arrays.get(f"initial_{kind}") for kind in kinds]
    initial = None
    if any(start is not None for start in starts):
        batch = arrays["X"].shape[0 if layout else 1]
        turned = [_directions_first(start, layout, layer, batch) for start in starts]
        initial = [states[side] for side in range(layer.directions) for states in turned]
    results = run(
        layer,
        weights,
        arrays["X"],
        initial,
        lengths=arrays.get("sequence_lens"),
        empty_state="zeros",
        time_major=not layout,
        keep_order=True,
        convention="onnx",
    )
    sequences, states = results[: layer.directions], results[layer.directions :]
    y = np.stack(sequences, axis=2 if layout else 1)
    number = len(kinds)
    ends = [np.stack(states[kind::number]) for kind in range(number)]
    return (y, *(end.swapaxes(0, 1) if layout else end for end in ends))


def _directions_first(start: Array | None, layout: int, layer: Layer, batch: int) -> Array:
    if start is None:
        return np.zeros((layer.directions, batch, layer.units))
    return start.swapaxes(0, 1) if layout else start


def _cell(operator: str, attributes: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    if operator == "RNN":
        return "rnn"
    if operator == "GRU":
        return "gru" if attributes.get("linear_before_reset", 0) else "gru_reset_before"
    peepholes = inputs.get("P") is not None
    # Coupled gates are f = 1 - i: the cell that says so has peepholes, which can be zeros.
    if attributes.get("input_forget", 0):
        return "cifg_peephole"
    return "peephole" if peepholes else "lstm"


def activations_of(operator: str, attributes: Mapping[str, Any], directions: int) -> dict[str, Any]:
    """The activations of a node as options of a Layer."""
    number = len(DEFAULTS[operator])
    names = [_text(name) for name in attributes.get("activations", ())] or DEFAULTS[operator]
    if len(names) == number:
        names = names * directions
    if len(names) != number * directions:
        raise OptionError(f"{operator} takes {number} activations per direction, got {len(names)}.")
    # alpha and beta hold a number for each activation that takes one, in order.
    alphas = list(attributes.get("activation_alpha", ()))
    betas = list(attributes.get("activation_beta", ()))
    texts = []
    for name in names:
        known = {each.lower(): each for each in ACTIVATIONS}
        if name.lower() not in known:
            near = did_you_mean(name, ACTIVATIONS)
            raise OptionError(f"no activation of ONNX is called {name!r}.{near}")
        texts.append(_activation(known[name.lower()], alphas, betas))
    if texts[:number] * directions != texts:
        raise OptionError("both directions of a layer here have the same activations.")
    defaults = [ACTIVATIONS[name][0] for name in DEFAULTS[operator]]
    options = dict(zip(OPTIONS[operator], texts, strict=False))
    return {} if texts[:number] == defaults else options


def _activation(name: str, alphas: list[float], betas: list[float]) -> str:
    function, numbers = ACTIVATIONS[name]
    values = [float(kind.pop(0)) if kind else default
              for kind, default in zip((alphas, betas), numbers, strict=False)]  # fmt: skip
    return f"{function}({', '.join(repr(value) for value in values)})" if values else function


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _attribute(each: Any) -> Any:
    """The value of an onnx.AttributeProto, by its type's number (onnx.proto, AttributeType)."""
    fields = {1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints", 8: "strings"}
    if each.type not in fields:
        raise OptionError(f"the attribute {each.name!r} is neither a number nor a text.")
    value = getattr(each, fields[each.type])
    return list(value) if each.type > 5 else value
