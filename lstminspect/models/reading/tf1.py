"""Code of TensorFlow 1: cells, `dynamic_rnn`, placeholders, variables, functional layers.

An LSTM's state is `(c, h)` there, and its layers are named `BasicLSTMCell` and the like. Source:
tensorflow/python/ops/rnn.py and rnn_cell_impl.py of TensorFlow 1.15.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from lstminspect.models.graph import INPUT
from lstminspect.models.layers.tf1 import CELLS, PREFIX
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.keras_names import is_framework
from lstminspect.models.reading.objects import LayerObject, SymbolicTensor
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    ShapedArray,
    Unknown,
    opened,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["BEHIND", "CALLS", "TensorFlow1"]

WRAPPERS = ("DropoutWrapper", "ResidualWrapper", "DeviceWrapper", "InputProjectionWrapper")
STACK = ("MultiRNNCell",)
RUNS = ("dynamic_rnn", "static_rnn")
BOTH_WAYS = ("bidirectional_dynamic_rnn", "static_bidirectional_rnn", "bidirectional_rnn")
#: Arguments of a cell, in order; the others change no count.
ARGUMENTS = {
    "LSTMCell": ("units", "use_peepholes", "cell_clip", "initializer", "num_proj"),
    "BasicLSTMCell": ("units", "forget_bias"),
}
SPELLED = {"num_units": "units"}
#: Functional layers: `tf.layers.dense(x, 10)`, `slim.fully_connected(x, 10)`.
LAYERS = {
    "dense": "Dense", "fully_connected": "Dense", "conv1d": "Conv1D", "conv2d": "Conv2D",
    "max_pooling1d": "MaxPooling1D", "max_pooling2d": "MaxPooling2D", "flatten": "Flatten",
    "dropout": "Dropout", "batch_normalization": "BatchNormalization", "linear": "Dense",
    "average_pooling1d": "AveragePooling1D",
}  # fmt: skip
#: Names of losses, gradients and the like: nothing behind them is a part of the model.
BEHIND = frozenset((
    "minimize", "compute_gradients", "apply_gradients", "gradients", "softmax_cross_entropy",
    "softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2", "clip_by_norm",
    "sparse_softmax_cross_entropy_with_logits", "sigmoid_cross_entropy_with_logits", "l2_loss",
    "mean_squared_error", "sequence_loss", "sequence_loss_by_example", "in_top_k", "scalar",
    "histogram", "clip_by_global_norm", "global_variables_initializer", "assign", "run",
    "sparse_softmax_cross_entropy", "absolute_difference", "confusion_matrix", "accuracy", "mse",
    "ctc_loss", "GradientTape", "numpy", "eval", "top_k", "softmax_loss_function", "print",
    "categorical_crossentropy", "binary_crossentropy", "sparse_categorical_crossentropy",
))  # fmt: skip


#: Names whose calls make layers.
CALLS = frozenset((*CELLS, *STACK, *WRAPPERS, *RUNS, *BOTH_WAYS))


class TensorFlow1:
    """The meaning of the calls of TensorFlow 1, for the KerasSemantics that it belongs to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.is_used = False

    def call(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call of TensorFlow 1; NOTHING for another."""
        if isinstance(callee, BoundMethod) and isinstance(callee.owner, LayerObject):
            if callee.name == "zero_state" and callee.owner.spec.layer_type != INPUT:
                zeros = self._zeros(callee.owner.spec)
                return self.semantics.interpreter.values.unknown(node) if zeros is None else zeros
            return NOTHING
        if not isinstance(callee, DottedName) or not is_framework(callee):
            return NOTHING
        last, modules = callee.last, callee.name.split(".")[:-1]
        if last in CELLS and self._is_cell(last, modules, options):
            return self._cell(last, arguments, options, node)
        first = arguments[0] if arguments else None
        if last in STACK:
            return self._stack(first if arguments else options.get("cells"), node)
        if last in WRAPPERS:
            inner = first if arguments else options.get("cell")
            return inner if isinstance(inner, LayerObject) else NOTHING
        if last in (*RUNS, *BOTH_WAYS):
            return self._run(last, arguments, options, node)
        if last == "placeholder":
            return self._placeholder(arguments, options, node)
        if last in ("Variable", "get_variable"):
            found = self._variable(last, arguments, options, node)
            if found is NOTHING:
                self.semantics.note(
                    f"{self.semantics.place(node)}: the shape of this variable is not known; it "
                    "is not counted"
                )
                return self.semantics.interpreter.values.unknown(node)
            return found
        if last in LAYERS and isinstance(first, SymbolicTensor) and "nn" not in modules:
            return self._layer(last, arguments, options, node)
        return NOTHING

    def _is_cell(self, last: str, modules: list[str], options: dict[str, Any]) -> bool:
        old = any(each in ("rnn_cell", "contrib", "rnn", "rnn_cell_impl") for each in modules)
        return old or last.startswith("Basic") or "Block" in last or "num_units" in options

    def _cell(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """A cell, with its units and what changes its weights."""
        self.is_used = True
        semantics = self.semantics
        names = ARGUMENTS.get(last, ("units",))
        passed = dict(zip(names, arguments, strict=False))
        passed |= {SPELLED.get(name, name): value for name, value in options.items()}
        place = semantics.place(node)
        config: dict[str, Any] = {
            "units": semantics.letters.size(passed.get("units"), place),
            "name": None,
        }
        if last == "LSTMCell":
            peepholes = passed.get("use_peepholes", False)
            if opened(peepholes):
                peepholes = semantics.flag(peepholes, False, node)
            config["use_peepholes"] = bool(peepholes)
            config["num_proj"] = semantics.letters.size(passed.get("num_proj"), place)
        name = semantics.calls.named(last)
        return LayerObject(LayerSpec(f"{PREFIX}{last}", config, name, place))

    def _stack(self, cells: Any, node: ast.Call) -> Any:
        """Cells one above the other, each with weights of its own."""
        if not isinstance(cells, list | tuple):
            return NOTHING
        layers = [each for each in cells if isinstance(each, LayerObject)]
        if not layers or len(layers) != len(cells):
            return NOTHING
        specs: list[LayerSpec] = []
        for each in layers:
            taken = any(each.spec is one for one in specs)
            name = self.semantics.calls.named(each.spec.layer_type.removeprefix(PREFIX))
            specs.append(replace(each.spec, name=name) if taken else each.spec)
        place, name = self.semantics.place(node), self.semantics.calls.named("MultiRNNCell")
        return LayerObject(LayerSpec("StackedRNNCells", {"cells": specs}, name, place))

    def _run(self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call) -> Any:
        """`outputs, state = dynamic_rnn(cell, x)`, also both ways and with a list of steps."""
        both = last in BOTH_WAYS
        names = ("cell_fw", "cell_bw", "inputs") if both else ("cell", "inputs")
        passed = dict(zip(names, arguments, strict=False)) | options
        cells = [passed.get(name) for name in names[:-1]]
        x = passed.get("inputs")
        listed = isinstance(x, list | tuple)
        if isinstance(x, list | tuple):
            x = self._stacked(list(x), node)
        if not isinstance(x, SymbolicTensor) and not opened(x) and not isinstance(x, ShapedArray):
            return NOTHING
        if not all(isinstance(each, LayerObject) for each in cells):
            return NOTHING
        layers = [each for each in cells if isinstance(each, LayerObject)]
        found = [self._one(each, x, last, node) for each in layers]
        outputs = [self._unstacked(each[0], node) if listed else each[0] for each in found]
        states = [each[1] for each in found]
        if not both:
            return (outputs[0], states[0])
        if listed:
            return ([self._joined(each, node) for each in zip(*outputs, strict=True)], *states)
        return (tuple(outputs), tuple(states))

    def _one(self, cell: LayerObject, x: Any, last: str, node: ast.Call) -> tuple[Any, Any]:
        spec = cell.checked().spec
        config = {"cell": spec, "return_sequences": True, "return_state": True}
        semantics = self.semantics
        layer = LayerSpec("RNN", config, semantics.calls.named(last), semantics.place(node))
        output, *states = semantics.apply(LayerObject(layer), [x], {}, node)
        return output, self._states(spec, states)

    def _states(self, cell: LayerSpec, states: list[Any]) -> Any:
        """The states of a cell as TensorFlow 1 hands them on: `(c, h)` of an LSTM."""
        if cell.layer_type == "StackedRNNCells":
            found = []
            for each in cell.config["cells"]:
                many = 2 if "LSTM" in each.layer_type else 1
                found.append(self._states(each, states[:many]))
                states = states[many:]
            return tuple(found)
        return [states[1], states[0]] if len(states) == 2 else states[0] if states else None

    def _zeros(self, cell: LayerSpec) -> Any:
        """The states that a cell begins with, `(c, h)` of an LSTM; None for a cell of the text."""
        if cell.layer_type == "StackedRNNCells":
            several = tuple(self._zeros(each) for each in cell.config["cells"])
            return None if None in several else several
        if cell.config.get("units") is None:
            return None
        state = ShapedArray((None, cell.config["units"]))
        return [state, state] if "LSTM" in cell.layer_type else state

    def _stacked(self, steps: list[Any], node: ast.Call) -> Any:
        tensors = [each for each in steps if isinstance(each, SymbolicTensor)]
        if not tensors:
            return None
        many = len(steps)

        def shapes(found: Any) -> Any:
            return (found[0][0], many, *found[0][1:])

        made = self.semantics.functions.function("steps", shapes, node)
        refs = tuple(each.ref for each in tensors)
        return self.semantics.result(made, refs, {})

    def _unstacked(self, tensor: Any, node: ast.Call) -> list[Any]:
        found = self.semantics.functions.several("unstack", tensor, [tensor], {"axis": 1}, node)
        return found if isinstance(found, list) else [tensor]

    def _joined(self, pair: Any, node: ast.Call) -> Any:
        layer = self.semantics.layer("Concatenate", [], {}, node)
        return self.semantics.apply(layer, [list(pair)], {}, node)

    def _placeholder(
        self, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> SymbolicTensor:
        """An input: `tf.placeholder(tf.float32, [None, 20, 50])`."""
        self.is_used = True
        semantics = self.semantics
        shape = options.get("shape", arguments[1] if len(arguments) > 1 else None)
        config: dict[str, Any] = {}
        if isinstance(shape, list | tuple) and shape:
            config["batch_shape"] = semantics.letters.shape(shape)
        elif isinstance(shape, Unknown):
            config["open"] = shape
        name = options.get("name", arguments[2] if len(arguments) > 2 else None)
        named = semantics.calls.named(INPUT, name if isinstance(name, str) else None)
        made = LayerSpec(INPUT, config, named, semantics.place(node))
        found: SymbolicTensor = semantics.calls.call(made, (), {})[0]
        return found

    def _variable(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """A weight: `tf.Variable(tf.random_normal([64, 10]))`, `tf.get_variable("w", [64, 10])`."""
        semantics = self.semantics
        values = [options.get("shape"), options.get("initial_value"), options.get("initializer")]
        array = next(
            (each for each in [*arguments, *values] if isinstance(each, ShapedArray)), None
        )
        shape: Any = None if array is None else array.shape
        if shape is None and last == "get_variable":
            tuples = [*arguments[1:2], options.get("shape")]
            shape = next((each for each in tuples if isinstance(each, list | tuple)), None)
        inner = node.args[0] if node.args else None
        if shape is None and isinstance(inner, ast.Call) and len(inner.args) == 1:
            # `tf.Variable(tf.zeros(n))`: an unknown that is written as one size is one.
            made = inner.func.attr if isinstance(inner.func, ast.Attribute) else ""
            if made in ("zeros", "ones") and not isinstance(inner.args[0], ast.List | ast.Tuple):
                shape = (semantics.interpreter.values.value(inner.args[0]),)
        if shape is None or not all(isinstance(each, int) or opened(each) for each in shape):
            return NOTHING
        name = options.get("name", arguments[0] if arguments else "variable")
        sizes = semantics.letters.shape(shape)
        trained = options.get("trainable") is not False
        owner = semantics.own.open[-1] if semantics.own.open else None
        text = name if isinstance(name, str) else "variable"
        return semantics.own.weight(owner, text, sizes, trained, node)

    def _layer(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """A layer and its call in one: `tf.layers.dense(x, 10)`."""
        names = {"activation_fn": "activation", "num_outputs": "units"}
        dropped = ("reuse", "scope", "name", "inputs", "training", "weights_initializer",
                   "biases_initializer", "weights_regularizer", "normalizer_fn")  # fmt: skip
        config = {
            names.get(name, name): value for name, value in options.items() if name not in dropped
        }
        rest = arguments[1:] if last != "dropout" else []
        if last == "dropout":
            config = {}
        layer = self.semantics.layer(LAYERS[last], rest, config, node)
        return self.semantics.apply(layer, [arguments[0]], {}, node)
