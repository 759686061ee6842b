"""ONNX: a Layer as real LSTM, GRU or RNN nodes, run by ONNX Runtime."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from lstminspect.conventions.onnx import OPERATORS
from lstminspect.optional import present
from lstminspect.runtime.onnx_node import INPUTS
from lstminspect.runtime.sequence import merged
from lstminspect.terms.catalogue import why_not
from lstminspect.terms.onnx import attributes
from lstminspect.validation.case import Case

__all__ = ["ACTIVATIONS", "INFERS", "build", "measure", "values", "version", "why_unsupported"]

INFERS = False
#: Activations that random cases take.
ACTIVATIONS = (
    "relu", "tanh", "sigmoid", "softsign", "softplus", "leaky_relu(0.01)", "leaky_relu(0.3)",
    "elu(0.7)", "hard_sigmoid(0.2, 0.5)", "hard_sigmoid(0.3, 0.4)", "affine(0.5, 0.1)",
    "scaled_tanh(0.8, 1.3)", "thresholded_relu(0.1)",
)  # fmt: skip
OPSET, IR_VERSION = 22, 10


@cache
def load() -> Any:
    """The modules onnx and onnxruntime. Raises MissingFramework if they are not there."""
    present("ONNX Runtime", "onnx", "onnx", "onnxruntime")
    import onnx
    import onnxruntime

    return onnx, onnxruntime


def version() -> str:
    """The name and version of the framework, for example `ONNX Runtime 1.32.0`."""
    return f"ONNX Runtime {load()[1].__version__}"


def why_unsupported(case: Case) -> str:
    """The reason why ONNX Runtime cannot run the case, or an empty text."""
    layer = case.layer
    if case.mask is not None:
        return "ONNX takes lengths, not a mask"
    if case.dtype != "float32":
        return "ONNX Runtime has its recurrent kernels in float32 alone"
    if case.unbatched:
        return "a node of ONNX always takes a batch"
    if layer.go_backwards and not case.keep_order:
        return "ONNX gives a reverse sequence in the order of time: only with keep_order"
    # The directions are merged here, outside the node.
    if reason := why_not(replace(layer, merge_mode="concat"), "onnx"):
        return reason
    return ""


def node(operator: str, inputs: dict[str, Any], options: dict[str, Any]) -> list[Any]:
    """The results of one node in ONNX Runtime: Y, Y_h and, for an LSTM, Y_c."""
    onnx, runtime = load()
    helper, types = onnx.helper, onnx.TensorProto
    names = [name if name in inputs else "" for name in INPUTS[operator]]
    while not names[-1]:
        names.pop()
    outputs = ["Y", "Y_h", "Y_c"][: 3 if operator == "LSTM" else 2]
    made = helper.make_node(operator, names, outputs, **options)
    infos = [
        helper.make_tensor_value_info(
            name, types.INT32 if value.dtype == np.int32 else types.FLOAT, value.shape
        )
        for name, value in inputs.items()
    ]
    results = [
        helper.make_tensor_value_info(name, types.FLOAT, [None] * (4 if name == "Y" else 3))
        for name in outputs
    ]
    graph = helper.make_graph([made], "layer", infos, results)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    settings = runtime.SessionOptions()
    settings.log_severity_level = 4
    session = runtime.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, inputs))


def build(case: Case) -> Any:
    """Nothing: the nodes are made for the inputs that they take."""


def measure(case: Case, real: None) -> dict[str, Any]:  # noqa: ARG001
    """The counts, names and shapes of the weights that the nodes take.

    A node declares no weights: that it takes tensors of these shapes, and no others, is the check.
    """
    weights = {f"weight {name}": tuple(value.shape) for name, value in case.weights.items()}
    return {"parameters": sum(int(value.size) for value in case.weights.values()), **weights}


def values(case: Case, real: None) -> list[Any]:  # noqa: ARG001
    """The outputs and states of the real nodes with the case's weights, as arrays.

    ONNX Runtime refuses layout=1, the batch first: the axes are exchanged before and after.
    """
    returned = _run(case)
    if case.time_major:
        return returned
    return [each.swapaxes(0, 1) if each.ndim == 3 else each for each in returned]


def _run(case: Case) -> list[Any]:
    layer = case.called
    operator, options = OPERATORS[layer.cell.name], attributes(layer)
    names, sides = list(layer.cell.states), layer.directions
    value, states = case.x if case.time_major else case.x.swapaxes(0, 1), []
    starts = list(case.initial_state or [])
    outputs: list[Any] = []
    for index in range(layer.layers):
        prefix = f"layer_{index + 1}/" if layer.layers > 1 else ""
        inputs = {"X": np.ascontiguousarray(value)}
        for name in ("W", "R", "B", "P"):
            if f"{prefix}{name}" in case.weights:
                inputs[name] = case.weights[f"{prefix}{name}"]
        if case.lengths is not None:
            inputs["sequence_lens"] = np.asarray(case.lengths, np.int32)
        start, starts = starts[: sides * len(names)], starts[sides * len(names) :]
        if start:
            for number, state in enumerate(names):
                inputs[f"initial_{state}"] = np.stack(start[number :: len(names)])
        y, *ends = node(operator, inputs, options)
        states += [end[side] for side in range(sides) for end in ends]
        outputs = merged([y[:, side] for side in range(sides)], layer.merge_mode)
        value = outputs[0]
    if not layer.return_sequences:
        lasts = states[-sides * len(names) :: len(names)]
        outputs = merged(list(lasts), layer.merge_mode)
    return [*outputs, *(states if layer.return_state else [])]
