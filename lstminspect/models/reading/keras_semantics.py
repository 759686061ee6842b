"""The meaning of calls, attributes and operators in Keras code: layers, tensors, models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.models.graph import INPUT, Graph, TensorRef
from lstminspect.models.inference import infer_shapes
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.expressions import BoundMethod
from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.keras_arguments import KNOWN, layer_config, misspelled
from lstminspect.models.reading.objects import (
    RECURRENT,
    CallLog,
    ClassNamespace,
    DottedName,
    LayerObject,
    ModelObject,
    ShapedArray,
    SymbolicTensor,
    Unknown,
    cells_of,
    is_cell,
    states_of,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["KerasSemantics"]

#: Functions that merge at once, for example `concatenate([a, b])`.
MERGES = {name.lower(): name for name in (
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
}  # fmt: skip
OPERATIONS = {"Add": "Add", "Sub": "Subtract", "Mult": "Multiply"}
#: Operators that go entry by entry.
ENTRYWISE = ("Add", "Sub", "Mult", "Div", "Pow", "Negative")
MODELS = ("Sequential", "Model", "Functional")
#: Functions that make numbers of a shape.
ARRAYS = ("zeros", "ones", "random", "normal", "uniform", "randn", "rand", "random_sample", "empty",
          "randint", "reshape")  # fmt: skip
#: Methods of a model that show that it is the one that is meant.
WANTED = {"summary": 1, "compile": 2, "fit": 2}


class KerasSemantics:
    """The things that a text makes, while it is read: layers, calls, models."""

    def __init__(self, text: str) -> None:
        self.interpreter = Interpreter(self, text)
        self.calls = CallLog()
        self.models: list[ModelObject] = []
        self.loose: list[LayerObject | ModelObject] = []
        self.results: list[SymbolicTensor] = []
        #: What the text says of `trainable` after a layer was made, by the identity of the layer.
        self.frozen: dict[int, bool] = {}
        #: Graphs with that in them, by the identity of the graph, which is held with it.
        self.finals: dict[int, tuple[Graph, Graph]] = {}

    def line(self, value: Any) -> None:
        """A line that is only a value: layers that stand there are a model."""
        values = value if isinstance(value, list | tuple) else (value,)
        layers = [self.layer_of(each) for each in values]
        known = [each for each in layers if each is not None]
        if len(known) == len(layers) and any(isinstance(each, LayerObject) for each in values):
            self.loose.extend(known)

    def layer_of(self, value: Any) -> LayerObject | ModelObject | None:
        """The layer that stands in a list of layers; an Input stands for its layer."""
        if isinstance(value, SymbolicTensor):
            spec = self.calls.made[value.ref.call][0]
            return LayerObject(spec) if spec.layer_type == INPUT else None
        return value if isinstance(value, LayerObject | ModelObject) else None

    def shown(self, node: ast.expr) -> str:
        """The text of a node as the user wrote it."""
        return self.interpreter.values.shown(node)

    def makes_layers(self, name: str, callee: Any) -> bool:
        """True if a call of this name, which is not read, could make a layer or use one."""
        layer_type = layer_type_of(name)
        known = (
            layer_type in KNOWN or layer_type in MODELS or layer_type == "Input" or name in MERGES
        )
        return known or name == "add" or isinstance(callee, LayerObject | ModelObject)

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call: a layer, a model, a result of a layer, or nothing that is known."""
        match callee:
            case BoundMethod(owner=ModelObject() as model, name=name):
                return self.method(model, name, arguments, options, node)
            case BoundMethod(owner=ShapedArray() as array, name="reshape"):
                return _array(arguments, {}) or array
            case BoundMethod(owner=LayerObject(spec=spec), name="get_initial_state"):
                batch = options.get("batch_size", arguments[0] if arguments else None)
                return _initial_states(spec, batch if isinstance(batch, int) else None)
            case LayerObject() | ModelObject():
                return self.apply(callee, arguments, options, node)
            case ClassNamespace(name):
                return self.own_layer(DottedName(name, imported=True), name, options, node)
            case DottedName(name):
                return self.make(callee, name.rpartition(".")[2], arguments, options, node)
            case _:
                return self.passed(self.shown(node.func), arguments, options, node)

    def make(
        self,
        callee: DottedName,
        last: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The result of a call of a name that the text does not define."""
        layer_type = layer_type_of(last)
        if layer_type in MODELS:
            return self.model(layer_type, arguments, options, node)
        if layer_type == "Input":
            return self.result(self.layer(INPUT, arguments, options, node).spec, (), {})
        if layer_type in KNOWN:
            return self.layer(layer_type, arguments, options, node)
        tensors = [symbol for each in arguments for symbol in _symbols(each)]
        if last in MERGES and tensors:
            listed = not isinstance(arguments[0], SymbolicTensor)
            more = arguments[1:] if listed else []
            own = {name: value for name, value in options.items() if name != "inputs"}
            layer = self.layer(MERGES[last], more, own, node)
            return self.apply(layer, arguments[:1] if listed else [arguments], {}, node)
        if last in ARRAYS and not tensors and (found := _array(arguments, options)):
            return found
        if last[:1].isupper() and not tensors:
            return self.own_layer(callee, last, options, node)
        return self.passed(callee.name, arguments, options, node)

    def passed(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """A function that is not known here: of tensors it gives one of which nothing is known."""
        tensors = [*(ref for each in arguments for ref in self.tensors(each)),
                   *(ref for each in options.values() for ref in self.tensors(each))]  # fmt: skip
        if not tensors:
            return Unknown(self.shown(node))
        layer_type = name.rpartition(".")[2] or "function"
        return self.result(self.spec(layer_type, {}, node), tuple(tensors), {})

    def spec(self, layer_type: str, config: dict[str, Any], node: ast.expr) -> LayerSpec:
        """A layer at its place in the text."""
        name = self.calls.named(layer_type, config.get("name"))
        return LayerSpec(layer_type, config, name, f"line {node.lineno}")

    def own_layer(
        self, callee: DottedName, layer_type: str, options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """A class that has no rule: opaque, unless it is a misspelled one of Keras'."""
        found = LayerObject(self.spec(layer_type, {"name": options.get("name")}, node))
        found.misspelled = misspelled(layer_type, callee, f"line {node.lineno}")
        return found

    def layer(
        self, layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """A layer from its arguments, each under its name."""
        config = layer_config(layer_type, arguments, options, f"line {node.lineno}")
        return LayerObject(self.spec(layer_type, config, node))

    def model(
        self, layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> ModelObject:
        """A Sequential, or a Model between tensors."""
        built = ModelObject(self.calls.named(layer_type, options.get("name")))
        built.trainable = options.get("trainable") is not False
        self.models.append(built)
        names = ("layers",) if layer_type == "Sequential" else ("inputs", "outputs")
        options = dict(zip(names, arguments, strict=False)) | options
        if layer_type == "Sequential":
            layers = options.get("layers") or []
            for each in layers if isinstance(layers, list | tuple) else [layers]:
                self.add(built, each, node)
            return built
        self.need_known([options.get("inputs"), options.get("outputs")], layer_type, node)
        built.outputs = _symbols(options.get("outputs"))
        built.inputs = _symbols(options.get("inputs"))
        if not built.outputs or not built.inputs:
            raise ModelError(
                f"line {node.lineno}: Model needs inputs, and outputs that layers return, "
                f"for example "
                "Model(inputs=x, outputs=y)."
            )
        built.graph = self.calls.graph(built.name, built.outputs, built.inputs)
        self.check_inputs(built, node)
        return built

    def check_inputs(self, built: ModelObject, node: ast.Call) -> None:
        """Every input that the outputs read must be one of the model's."""
        graph = built.graph
        assert graph is not None
        arguments = {self.calls.made[each.ref.call][0].name for each in built.inputs}
        read = {call.layer for call in graph.calls if graph.layers[call.layer].layer_type == INPUT}
        if missing := read - arguments:
            raise ModelError(
                f"line {node.lineno}: the outputs of the Model read {min(missing)}, which is not "
                "one of its inputs. Add it to them."
            )

    def method(
        self,
        model: ModelObject,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """A method of a model: those that add layers or give a shape have a meaning."""
        if name == "add" and (arguments or options):
            self.add(model, arguments[0] if arguments else options.get("layer"), node)
        elif name == "pop" and model.layers:
            model.layers.pop()
        elif name == "build":
            shape = arguments[0] if arguments else options.get("input_shape")
            model.shape = tuple(shape) if isinstance(shape, list | tuple) else None
        elif name == "get_layer":
            wanted = arguments[0] if arguments else options.get("name")
            found = [each for each in self.attribute(model, "layers") if _name(each) == wanted]
            return found[0] if found else Unknown(self.shown(node))
        model.wanted = max(model.wanted, WANTED.get(name, 0))
        return None

    def add(self, model: ModelObject, value: Any, node: ast.Call) -> None:
        """One more layer on top of a Sequential."""
        layer = self.layer_of(value)
        if layer is None:
            text = getattr(value, "text", getattr(value, "name", "a value of another kind"))
            raise ModelError(
                f"line {node.lineno}: {text} is not a layer that the text makes. "
                "Add layers, for example model.add(LSTM(25))."
            )
        if isinstance(layer, ModelObject):
            layer.used = True
        else:
            layer.checked()
        model.layers.append(layer)

    def apply(
        self,
        callee: LayerObject | ModelObject,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The results of a layer or a model that is called on tensors."""
        if isinstance(callee, ModelObject):
            callee.used = True
            spec = callee.spec()
        else:
            spec = callee.checked().spec
        if is_cell(spec):
            return self.step(spec, arguments, options, node)
        states = options.get("initial_state")
        named = [options.get(name) for name in ("inputs", "query", "value", "key", "sequence")]
        self.need_known([*arguments, states, *named], spec.layer_type, node)
        inputs = self.inputs(spec, [*arguments, *named], node)
        initial = self.tensors(states)
        kept: dict[str, Any] = {
            name: value for name, value in options.items() if name == "return_attention_scores"
        }
        if spec.layer_type in RECURRENT and len(inputs) > 1:
            inputs, initial = inputs[:1], [*inputs[1:], *initial]
        if initial:
            kept["initial_state"] = tuple(initial)
        return self.result(spec, tuple(inputs), kept)

    def step(
        self, cell: LayerSpec, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The output of a cell that is called on one step, and its states as they were passed."""
        states = arguments[1] if len(arguments) > 1 else options.get("states")
        x = arguments[0] if arguments else options.get("inputs")
        self.need_known([x, states], cell.layer_type, node)
        inputs = tuple(self.inputs(cell, [x], node))
        if states is None:
            return self.result(cell, inputs, {})
        shown = [each for each in _flat(states) if isinstance(each, SymbolicTensor | ShapedArray)]
        initial = tuple(
            each.ref if isinstance(each, SymbolicTensor) else each.shape for each in shown
        )
        output, *after = self.calls.call(cell, inputs, {"initial_state": initial})
        self.results.extend([output, *after])
        return [output, _like(states, iter(after))]

    def inputs(self, spec: LayerSpec, values: list[Any], node: ast.Call) -> list[TensorRef]:
        """The tensors in the arguments of a call. Raises ModelError if there are none."""
        inputs = [ref for each in values for ref in self.tensors(each)]
        if not inputs:
            raise ModelError(
                f"line {node.lineno}: {spec.layer_type} is called on nothing that the text makes. "
                "Call it on an Input, for example LSTM(25)(Input((5, 10)))."
            )
        return inputs

    def need_known(self, values: list[Any], layer_type: str, node: ast.Call) -> None:
        """Refuse a tensor that the text does not make, where others stand beside it."""
        for value in values:
            for each in _flat(value):
                if isinstance(each, Unknown | DottedName | LayerObject):
                    text = getattr(each, "text", getattr(each, "name", "a layer, not its result"))
                    raise ModelError(
                        f"line {node.lineno}: {layer_type} is given {text!r}, which is not a "
                        "tensor that "
                        "the text makes. Give the lines that make it."
                    )

    def tensors(self, value: Any) -> list[TensorRef]:
        """The tensors in an argument; an array is an input of its own."""
        match value:
            case SymbolicTensor(ref):
                return [ref]
            case ShapedArray(shape):
                made = LayerSpec(INPUT, {"batch_shape": shape}, self.calls.named(INPUT))
                return [self.calls.call(made, (), {})[0].ref]
            case list() | tuple() | dict():
                several = value.values() if isinstance(value, dict) else value
                return [ref for each in several for ref in self.tensors(each)]
            case _:
                return []

    def result(
        self, layer: LayerSpec, inputs: tuple[TensorRef, ...], options: dict[str, Any]
    ) -> Any:
        """One tensor, or a list of them."""
        found = self.calls.call(layer, inputs, options)
        self.results.extend(found)
        return found[0] if len(found) == 1 else found

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """Arithmetic on tensors: entry by entry, or of which nothing is known."""
        symbols = [each for each in (left, right) if isinstance(each, SymbolicTensor)]
        if isinstance(left, ShapedArray) and operation in ENTRYWISE:
            return left
        if not symbols:
            return Unknown(self.shown(node))
        plain = all(isinstance(each, SymbolicTensor | int | float | None) for each in (left, right))
        layer_type = operation
        if plain and operation in ENTRYWISE:
            layer_type = (
                OPERATIONS.get(operation, "Operation") if len(symbols) == 2 else "Operation"
            )
        made = self.spec(layer_type, {}, node)
        return self.result(made, tuple(each.ref for each in symbols), {})

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """A part of a tensor, for example `x[:, -1]`."""
        if not isinstance(owner, SymbolicTensor):
            return Unknown(self.shown(node))
        made = self.spec("GetItem", {"keys": tuple(keys)}, node)
        return self.result(made, (owner.ref,), {})

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of an attribute of a tensor, a layer or a model."""
        match owner, name:
            case ShapedArray(shape), "shape":
                return shape
            case SymbolicTensor(), "shape":
                return self.shape_of(owner)
            case ModelObject(), "layers":
                layers = owner.graph.layers.values() if owner.graph else ()
                # A Sequential does not list its input.
                own = [each for each in owner.layers if not _is_input(each)]
                return [*own, *(LayerObject(each) for each in layers)]
            case ModelObject(inputs=tensors), "input" | "inputs" if tensors:
                return tensors if name == "inputs" or len(tensors) > 1 else tensors[0]
            case ModelObject(outputs=tensors), "output" | "outputs" if tensors:
                return tensors if name == "outputs" or len(tensors) > 1 else tensors[0]
            case LayerObject(), "output":
                calls = [n for n, each in enumerate(self.calls.made) if each[0] is owner.spec]
                return SymbolicTensor(TensorRef(calls[-1])) if calls else NOTHING
            case _:
                return NOTHING

    def shape_of(self, tensor: SymbolicTensor) -> Any:
        """The shape of a tensor, where it is known by now."""
        graph = self.calls.graph("model", [tensor], None)
        self.interpreter.values.count(4 * len(graph.calls))
        try:
            found = infer_shapes(graph).outputs[0]
        except LstmInspectError:
            found = None
        return Unknown("a shape") if found is None else found

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `layer.trainable = False`, for everything in a model once."""
        if name != "trainable" or not isinstance(value, bool):
            return
        open_layers, seen = [owner], set()
        while open_layers:
            each = open_layers.pop()
            if isinstance(each, LayerObject):
                self.frozen[id(each.spec)] = value
                each = self.model_of(each.spec)
            if isinstance(each, ModelObject) and id(each) not in seen:
                seen.add(id(each))
                each.trainable = value
                open_layers.extend(self.attribute(each, "layers"))

    def model_of(self, spec: LayerSpec) -> ModelObject | None:
        """The model that is used as this layer, if it is one."""
        if spec.graph is None:
            return None
        return next((each for each in self.models if each.is_layer(spec)), None)

    def final(self, graph: Graph) -> Graph:
        """`graph` with what the text says of its layers after it has made them."""
        if id(graph) not in self.finals:
            layers = {name: self.final_layer(each) for name, each in graph.layers.items()}
            self.finals[id(graph)] = graph, replace(graph, layers=layers)
        return self.finals[id(graph)][1]

    def final_layer(self, layer: LayerSpec) -> LayerSpec:
        """`layer` with what the text says of it, or of the model that it is, afterwards."""
        if layer.graph is not None:
            owner = self.model_of(layer)
            config = {} if owner is None or owner.trainable else {"trainable": False}
            return replace(layer, graph=self.final(layer.graph), config=config, key=_key(layer))
        frozen = self.frozen.get(id(layer))
        if frozen is None:
            return layer
        config = {**layer.config, "trainable": frozen}
        for name in ("layer", "backward_layer", "cell"):
            inner = config.get(name)
            if isinstance(inner, LayerSpec):
                config[name] = replace(inner, config={**inner.config, "trainable": frozen})
        return replace(layer, config=config, key=_key(layer))


def _key(layer: LayerSpec) -> object:
    """The identity of a layer, kept when it is written again."""
    return layer.key if layer.key is not None else id(layer)


def _is_input(layer: LayerObject | ModelObject) -> bool:
    return isinstance(layer, LayerObject) and layer.spec.layer_type == INPUT


def _name(layer: LayerObject | ModelObject) -> str:
    return layer.spec.name if isinstance(layer, LayerObject) else layer.name


def _array(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """An array of the shape that arguments say: apart, together, or by name."""
    named = options.get("shape", options.get("size", options.get("newshape")))
    tuples = [each for each in [named, *arguments] if isinstance(each, tuple | list)]
    whole = all(isinstance(each, int) for each in arguments) and len(arguments) > 1
    for shape in [*tuples, arguments if whole else ()]:
        if shape and all(isinstance(each, int) and each > 0 for each in shape):
            return ShapedArray(tuple(shape))
    return None


def _initial_states(cell: LayerSpec, batch: int | None) -> Any:
    """The zeros that a cell starts from, for each cell of a stack."""
    if cell.layer_type == "StackedRNNCells":
        return [_initial_states(each, batch) for each in cells_of(cell)]
    shape = (batch, cell.config.get("units"))
    return [ShapedArray(shape) for _ in range(states_of(cell.layer_type))]


def _like(states: Any, after: Iterator[SymbolicTensor]) -> Any:
    """The states after a step, in lists as those before it were."""
    if isinstance(states, list | tuple):
        return [_like(each, after) for each in states]
    return next(after, Unknown("a state"))


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _flat(each)
    else:
        yield value


def _symbols(value: Any) -> list[SymbolicTensor]:
    return [each for each in _flat(value) if isinstance(each, SymbolicTensor)]
