"""The meaning of calls, attributes and operators in Keras code: layers, tensors, models."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.models.graph import INPUT, Graph, TensorRef, input_of
from lstminspect.models.layers.applications import BODIES
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.reading.arrays import array_method
from lstminspect.models.reading.builtins import NOTHING, has_truth
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.datasets import DataSet
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.keras_arguments import (
    KNOWN,
    WHOLE,
    ArgumentReader,
    layer_config,
    misspelled,
    without_none,
)
from lstminspect.models.reading.keras_cells import initial_states, step
from lstminspect.models.reading.keras_classes import OwnClasses
from lstminspect.models.reading.keras_data import DataReader
from lstminspect.models.reading.keras_frozen import Freezing
from lstminspect.models.reading.keras_functions import TensorFunctions
from lstminspect.models.reading.keras_models import ModelBuilder
from lstminspect.models.reading.keras_names import (
    is_backend,
    is_framework,
    is_keras,
    is_other_thing,
)
from lstminspect.models.reading.keras_old import OldLayers, is_keras_1, kernel_of
from lstminspect.models.reading.objects import (
    RECURRENT,
    CallLog,
    LayerObject,
    ModelObject,
    SymbolicTensor,
    flat,
    is_cell,
    symbols_in,
)
from lstminspect.models.reading.open_inputs import OpenInputs
from lstminspect.models.reading.semantics import TextSemantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.tf1 import BEHIND, TensorFlow1
from lstminspect.models.reading.tf1 import CALLS as TF1_CALLS
from lstminspect.models.reading.training import Training
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Parent,
    Partial,
    ShapedArray,
    Unknown,
    opened,
    text_of,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["KerasSemantics"]

#: Functions that merge at once, for example `concatenate([a, b])`.
MERGES = {name.lower(): name for name in (
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
}  # fmt: skip
OLD_NAMES = ("Input", "Merge", "merge", "TimeDistributedDense")
MODELS = ("Sequential", "Model", "Functional")


class KerasSemantics(TextSemantics):
    """The things that a text makes, while it is read: layers, calls, models."""

    interpreter: Interpreter

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        super().__init__(source, tree, Interpreter(self, source, sizes, choices))
        self.calls = CallLog()
        self.models: list[ModelObject] = []
        self.loose: list[LayerObject | ModelObject] = []
        self.results: list[SymbolicTensor] = []
        self.functions = TensorFunctions(self)
        self.opening = OpenInputs(self)
        self.building = ModelBuilder(self)
        self.freezing = Freezing(self)
        self.old = OldLayers(self)
        self.data = DataReader(self)
        self.training = Training(self)
        self.own = OwnClasses(self)
        self.tf1 = TensorFlow1(self)
        self.is_old = is_keras_1(source.text)

    def graph_of(self, model: ModelObject) -> Graph:
        """The graph of a model, with the calls of it on data."""
        return replace(model.whole(), uses=(*self.training.stops[:1], *self.training.of(model)))

    def line(self, value: Any) -> None:
        """A line that is only a value: layers that stand there are a model."""
        values = value if isinstance(value, list | tuple) else (value,)
        layers = [self.layer_of(each) for each in values]
        known = [each for each in layers if each is not None]
        if self.interpreter.calls.frames:
            return
        if len(known) == len(layers) and any(isinstance(each, LayerObject) for each in values):
            self.loose.extend(known)

    def layer_of(self, value: Any) -> LayerObject | ModelObject | None:
        """The layer that stands in a list of layers; an Input stands for its layer."""
        if isinstance(value, Instance):
            value = value.native
        if isinstance(value, SymbolicTensor):
            spec = self.calls.made[value.ref.call][0]
            return LayerObject(spec) if spec.layer_type == INPUT else None
        return value if isinstance(value, LayerObject | ModelObject) else None

    def shown(self, node: ast.expr) -> str:
        """The text of a node as the user wrote it."""
        return self.source.shown(node)

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name, which is not read, could make a layer or use one."""
        layer_type = layer_type_of(name)
        known = layer_type in KNOWN or layer_type in MODELS or layer_type in OLD_NAMES
        known = known or name in BODIES or name in TF1_CALLS
        return known or name in MERGES or name == "add"

    def is_made(self, value: Any) -> bool:
        """True for a layer, a model, a tensor, or what makes one."""
        match value:
            case LayerObject() | ModelObject() | SymbolicTensor():
                return True
            case DottedName():
                return is_keras(value) and self.makes_layers(value.last)
            case DefinedFunction(node=node):
                return getattr(node, "name", "") in self.relevance.makers
            case ClassObject(name):
                return name in self.relevance.makers
            case Partial(function):
                return self.is_made(function)
            case Instance(cls=cls):
                return cls.name in self.relevance.makers
            case _:
                return False

    def progress(self) -> int:
        """A number that grows with every layer, call and addition to a model."""
        layers = sum(len(each.layers) + each.wanted for each in self.models[-3:])
        return len(self.calls.made) + sum(self.calls.numbers.values()) + layers

    def entries(self, value: Any) -> list[Any] | None:
        """The entries of a value that a loop goes through; None where they are not known."""
        return [value] if isinstance(value, SymbolicTensor) else None

    def made(self, instance: Instance, options: dict[str, Any]) -> None:
        """Take note of an object of a class of the text, before its `__init__` is read."""
        self.own.made(instance, options)

    def cannot_unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Refuse a value that has more or fewer entries than names are given."""
        raise ModelError(
            f"{self.place(targets[0])}: {len(targets)} names are given {len(value):,} values. "
            "A recurrent layer returns its states too with return_state=True."
        )

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call: a layer, a model, a result of a layer, or nothing that is known."""
        found = self.tf1.call(callee, arguments, options, node)
        if found is not NOTHING:
            return found
        match callee:
            case BoundMethod(owner=ModelObject() as model, name=name):
                return self.building.method(model, name, arguments, options, node)
            case BoundMethod(owner=list() | tuple() as shape, name="as_list"):
                return list(shape)
            case BoundMethod(owner=SymbolicTensor()):
                return self.passed(callee, callee.name, arguments, options, node)
            case BoundMethod(owner=ShapedArray() | DataSet() | Frame()):
                return self.data.method(callee, arguments, options, node)
            case BoundMethod(owner=LayerObject(spec=spec), name="get_initial_state"):
                batch = options.get("batch_size", arguments[0] if arguments else None)
                return initial_states(spec, batch if isinstance(batch, int) else None)
            case LayerObject() | ModelObject():
                return self.apply(callee, arguments, options, node)
            case BoundMethod(owner=Instance() | Parent() as owner, name=name):
                return self.own.method(owner, name, arguments, options, node)
            case Instance(native=ModelObject()):
                return self.own.apply(callee, arguments, options, node)
            case Instance(cls=cls):
                return self.passed(callee, cls.name, arguments, options, node)
            case DottedName():
                return self.make(callee, callee.last, arguments, options, node)
            case _:
                found = self.data.made(callee, arguments, options, node)
                if found is not NOTHING:
                    return found
                return self.passed(callee, self.shown(node.func), arguments, options, node)

    def make(
        self,
        callee: DottedName,
        last: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The result of a call of a name that the text does not define."""
        if last == "add" and self.starts_model(callee, arguments, node):
            return None
        layer_type = layer_type_of(last) if is_keras(callee) else ""
        if layer_type in MODELS:
            return self.building.model(layer_type, arguments, options, node)
        if layer_type == "Input":
            return self.result(self.layer(INPUT, arguments, options, node).spec, (), {})
        if layer_type in KNOWN:
            if self.is_old and last.startswith("Convolution"):
                arguments = kernel_of(last, arguments)
            return self.layer(layer_type, arguments, options, node)
        if last in BODIES and is_framework(callee):
            return self.old.body(last, arguments, options, node)
        if last == "TimeDistributedDense" and is_keras(callee):
            return self.old.dense_in_time(arguments, options, node)
        if last in ("Merge", "merge") and arguments and is_keras(callee):
            return self.old.merged(arguments, options, node)
        tensors = [symbol for each in arguments for symbol in symbols_in(each)]
        if last in MERGES and len(tensors) > 1 and not is_backend(callee):
            listed = not isinstance(arguments[0], SymbolicTensor)
            more = arguments[1:] if listed else []
            own = {name: value for name, value in options.items() if name != "inputs"}
            layer = self.layer(MERGES[last], more, own, node)
            return self.apply(layer, arguments[:1] if listed else [arguments], {}, node)
        found = NOTHING if tensors else self.data.made(callee, arguments, options, node)
        if found is not NOTHING:
            return found
        if last[:1].isupper() and not tensors and not is_other_thing(callee):
            return self.own_layer(callee, last, options, node)
        return self.passed(callee, callee.name, arguments, options, node)

    def starts_model(self, callee: DottedName, arguments: list[Any], node: ast.Call) -> bool:
        """Make the Sequential that `model.add(...)` is about, where the text begins behind it."""
        name = callee.name.rpartition(".")[0]
        if callee.imported or not name.isidentifier() or len(arguments) != 1:
            return False
        if self.layer_of(arguments[0]) is None:
            return False
        built = self.building.new_model("Sequential")
        self.interpreter.values.names[name] = built
        self.note(f"{self.place(node)}: {name} is taken as a new Sequential", matters=False)
        self.building.add(built, arguments[0], node)
        return True

    def passed(
        self,
        callee: Any,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """A function that is not known here: of tensors it gives one of which nothing is known."""
        several = [*arguments, *options.values()]
        tensors = [ref for each in several for ref in self.tensors(each, arrays=False)]
        if isinstance(callee, BoundMethod):
            tensors = [*self.tensors(callee.owner, arrays=False), *tensors]
        if not tensors:
            if any(isinstance(each, Unknown) and each.declined for each in several):
                known = isinstance(callee, BoundMethod) and has_truth(callee.owner)
                values = self.interpreter.values
                return values.declined(node) if known else values.unknown(node)
            return self.interpreter.calls.open_call(callee, arguments, options, node)
        layer_type = name.rpartition(".")[2] or "function"
        if layer_type in BEHIND or (isinstance(callee, DottedName) and is_other_thing(callee)
                                    and not is_backend(callee)):  # fmt: skip
            return self.interpreter.values.unknown(node)
        found = self.functions.tensor_function(callee, layer_type, arguments, options, node)
        if found is not NOTHING:
            return found
        return self.result(self.spec(layer_type, {}, node), tuple(tensors), {})

    def spec(self, layer_type: str, config: dict[str, Any], node: ast.expr) -> LayerSpec:
        """A layer at its place in the text."""
        name = self.calls.named(layer_type, config.get("name"))
        return LayerSpec(layer_type, config, name, self.place(node))

    def own_layer(
        self, callee: DottedName, layer_type: str, options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """A class that has no rule: opaque, unless it is a misspelled one of Keras'."""
        config = {
            name: self.letters.shape(value)
            for name, value in options.items()
            if name in WHOLE and isinstance(value, list | tuple)
        }
        made = self.spec(layer_type, {"name": options.get("name"), **config}, node)
        found = LayerObject(replace(made, own=True))
        found.misspelled = misspelled(layer_type, callee, self.place(node))
        return found

    def layer(
        self, layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """A layer from its arguments, each under its name."""
        reader = ArgumentReader(
            lambda value: self.letters.size(value, self.place(node)),
            lambda value, usual: self.flag(value, usual, node),
            self.note,
            self.place(node),
        )
        if self.interpreter.calls.frames:
            arguments, options = without_none(
                layer_type, arguments, options, node, self.place(node)
            )
        config = layer_config(layer_type, arguments, options, reader)
        function = config.get("function")
        if layer_type == "Lambda" and isinstance(function, DefinedFunction):
            config["shapes"] = lambda shapes: self.functions.shapes_of_lambda(function, shapes)
        layer = LayerObject(self.spec(layer_type, config, node))
        if any(isinstance(config.get(name), Unknown) for name in WHOLE):
            self.opening.open_input(layer.spec, layer.spec)
        return layer

    def read_classes(
        self, classes: Sequence[ClassObject], failures: list[tuple[str, ModelError]]
    ) -> None:
        """Read the classes that are models and that nobody has called."""
        self.own.read(classes, failures)

    def is_own_layer(self, cls: ClassObject) -> bool:
        """True for a class of the text that is made from a layer or a model of Keras."""
        return self.own.is_own(cls)

    def flag(self, value: Any, usual: bool, node: ast.Call) -> bool:
        """An argument that is True or False and not known: a choice, by default what is usual."""
        where = next(
            (each.value for each in node.keywords if text_of(value) == self.shown(each.value)),
            node,
        )
        return bool(self.interpreter.choices.decide(self.source, where, int(usual), "flag"))

    def apply(
        self,
        callee: LayerObject | ModelObject,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The results of a layer or a model that is called on tensors."""
        spec = callee.spec() if isinstance(callee, ModelObject) else callee.checked().spec
        if is_cell(spec):
            return step(self, spec, arguments, options, node)
        states = options.get("initial_state")
        named = [options.get(name) for name in ("inputs", "query", "value", "key", "sequence")]
        if isinstance(callee, ModelObject) and not symbols_in([*arguments, *named]):
            return self.building.on_data(callee, arguments, node)
        arguments = [self.opening.opened_input(each, spec, node) for each in arguments]
        self.need_known([*arguments, states, *named], spec.layer_type, node)
        inputs = self.inputs(spec, [*arguments, *named], node)
        if isinstance(callee, ModelObject):
            callee.used = True
        for ref in inputs[:1]:
            self.opening.open_source(ref, spec)
        initial = self.tensors(states)
        kept: dict[str, Any] = {
            name: value for name, value in options.items() if name == "return_attention_scores"
        }
        if spec.layer_type in RECURRENT and not spec.own and len(inputs) > 1:
            inputs, initial = inputs[:1], [*inputs[1:], *initial]
        if len(initial) == 1 and spec.layer_type in ("LSTM", "CuDNNLSTM"):
            # One argument of `call` that is nowhere taken apart stands for both states.
            source = self.calls.made[initial[0].call][0]
            is_open = source.layer_type == INPUT and "open" in source.config
            initial = initial * 2 if is_open and input_of(source) is None else initial
        for ref in initial:
            source = self.calls.made[ref.call][0]
            units = spec.config.get("units")
            if source.layer_type == INPUT and units is not None and input_of(source) is None:
                state: Any = source.config
                state["batch_shape"] = (None, units)
        if initial:
            kept["initial_state"] = tuple(initial)
        return self.result(spec, tuple(inputs), kept)

    def inputs(self, spec: LayerSpec, values: list[Any], node: ast.Call) -> list[TensorRef]:
        """The tensors in the arguments of a call. Raises ModelError if there are none."""
        inputs = [ref for each in values for ref in self.tensors(each)]
        if not inputs:
            raise ModelError(
                f"{self.place(node)}: {spec.layer_type} is called on nothing that the text makes. "
                "Call it on an Input, for example LSTM(25)(Input((5, 10)))."
            )
        return inputs

    def need_known(self, values: list[Any], layer_type: str, node: ast.Call) -> None:
        """Refuse a tensor that the text does not make, where others stand beside it."""
        for value in values:
            for each in flat(value):
                if opened(each) or isinstance(each, LayerObject):
                    text = text_of(each) or "a layer, not its result"
                    raise ModelError(
                        f"{self.place(node)}: {layer_type} is given {text!r}, which is not a "
                        "tensor that "
                        "the text makes. Give the lines that make it."
                    )

    def tensors(self, value: Any, arrays: bool = True) -> list[TensorRef]:
        """The tensors in an argument; an array is an input of its own."""
        match value:
            case SymbolicTensor(ref):
                return [ref]
            case ShapedArray(shape) if arrays:
                sizes = self.letters.shape(shape)
                made = LayerSpec(INPUT, {"batch_shape": sizes}, self.calls.named(INPUT))
                if self.own.open:
                    # An array that a class begins with is not an input of it.
                    config = {"shape": sizes}
                    made = LayerSpec("Constant", config, self.calls.named("constant"))
                return [self.calls.call(made, (), {})[0].ref]
            case list() | tuple() | dict():
                several = value.values() if isinstance(value, dict) else value
                return [ref for each in several for ref in self.tensors(each, arrays)]
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
        return self.functions.combined_tensors(left, right, operation, node)

    def compared(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The answer of a comparison; of `frame.column == 3` one for each row."""
        for each in (left, right):
            if isinstance(each, BoundMethod) and isinstance(each.owner, Frame):
                return Frame(each.owner.text, is_series=True)
        return super().compared(left, right, operation, node)

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """A part of a tensor, for example `x[:, -1]`."""
        return self.functions.part_of_tensor(owner, keys, node)

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of an attribute of a tensor, a layer or a model."""
        match owner, name:
            case ShapedArray(shape), "ndim":
                return len(shape)
            case ShapedArray(), "T" | "values":
                return array_method(owner, name, [], {}) or owner
            case [_, _], "c" | "h":
                return owner[0 if name == "c" else 1]
            case SymbolicTensor(), "shape":
                return self.functions.shape_of(owner)
            case ModelObject(), "layers":
                layers = list(owner.graph.layers.values()) if owner.graph else []
                # A Sequential does not list its input.
                own = [each for each in owner.layers if not _is_input(each)]
                if owner.graph is not None and owner.graph.is_chain:
                    layers = [each for each in layers if each.layer_type != INPUT]
                return [*own, *(LayerObject(each) for each in layers)]
            case ModelObject(layers=[_, *_]), "input" | "inputs" | "output" | "outputs":
                self.building.as_graph(owner)
                return self.attribute(owner, name) if owner.graph is not None else NOTHING
            case ModelObject(inputs=tensors), "input" | "inputs" if tensors:
                return tensors if name == "inputs" or len(tensors) > 1 else tensors[0]
            case ModelObject(outputs=tensors), "output" | "outputs" if tensors:
                return tensors if name == "outputs" or len(tensors) > 1 else tensors[0]
            case LayerObject(), "output":
                calls = [n for n, each in enumerate(self.calls.made) if each[0] is owner.spec]
                return SymbolicTensor(TensorRef(calls[-1])) if calls else NOTHING
            case _:
                return NOTHING

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `layer.trainable = False`, for everything in a model once."""
        self.freezing.freeze(owner, name, value)


def _is_input(layer: LayerObject | ModelObject) -> bool:
    return isinstance(layer, LayerObject) and layer.spec.layer_type == INPUT
