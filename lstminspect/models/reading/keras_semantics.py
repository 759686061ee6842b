"""The meaning of calls, attributes and operators in Keras code: layers, tensors, models."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, TensorRef, input_of, tensor_refs
from lstminspect.models.inference import ShapeInference
from lstminspect.models.layers.applications import BODIES
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.reading.arrays import array_call, array_method, array_part
from lstminspect.models.reading.builtins import NOTHING, has_truth
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.keras_arguments import (
    KNOWN,
    WHOLE,
    ArgumentReader,
    layer_config,
    misspelled,
)
from lstminspect.models.reading.keras_classes import OwnClasses
from lstminspect.models.reading.keras_names import (
    is_backend,
    is_framework,
    is_keras,
    is_other_thing,
)
from lstminspect.models.reading.keras_old import MODES, is_keras_1, kernel_of
from lstminspect.models.reading.objects import (
    RECURRENT,
    CallLog,
    LayerObject,
    ModelObject,
    SymbolicTensor,
    cells_of,
    is_cell,
    spec_of,
    states_of,
)
from lstminspect.models.reading.open_inputs import (
    LETTERS_OF_INPUT,
    input_axes,
    keeps_shape,
    part_of,
)
from lstminspect.models.reading.relevance import Relevance
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.tensor_functions import shapes_after
from lstminspect.models.reading.tf1 import BEHIND, TensorFlow1
from lstminspect.models.reading.tf1 import CALLS as TF1_CALLS
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
OPERATIONS = {"Add": "Add", "Sub": "Subtract", "Mult": "Multiply"}
#: Operators that go entry by entry.
ENTRYWISE = ("Add", "Sub", "Mult", "Div", "Pow", "Negative")
MODELS = ("Sequential", "Model", "Functional")
#: Arguments that a layer of Keras 1 and 2 hands to the input before it.
OF_INPUT = ("input_shape", "batch_input_shape", "input_dim", "input_length", "batch_size", "name")
#: Methods of a model that show that it is the one that is meant.
WANTED = {"summary": 1, "compile": 2, "fit": 2}


class KerasSemantics:
    """The things that a text makes, while it is read: layers, calls, models."""

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.source = source
        self.relevance = Relevance(tree, self.makes_layers)
        self.interpreter = Interpreter(self, source, sizes, choices)
        self.letters = self.interpreter.letters
        self.calls = CallLog()
        #: The shapes of the results of calls, by number, worked out as they are asked for.
        self.shapes: dict[int, tuple[Shape | None, ...]] = {}
        self.models: list[ModelObject] = []
        self.loose: list[LayerObject | ModelObject] = []
        self.results: list[SymbolicTensor] = []
        #: What the text says of `trainable` after a layer was made, by the identity of the layer.
        self.frozen: dict[int, bool] = {}
        self.own = OwnClasses(self)
        self.tf1 = TensorFlow1(self)
        self.is_old = is_keras_1(source.text)
        #: Inputs that the text does not make, by what they are.
        self.open_tensors: dict[str, SymbolicTensor] = {}
        #: True if an input that has no shape takes one of letters.
        self.opens = True
        #: Graphs with that in them, by the identity of the graph, which is held with it.
        self.finals: dict[int, tuple[Graph, Graph]] = {}

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

    def place(self, node: ast.AST) -> str:
        """The line of a node."""
        return self.source.place(node)

    def note(self, text: str, matters: bool = True) -> None:
        """Take note of what is not understood."""
        self.interpreter.note(text, matters)

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

    def matters(self, node: ast.AST | Sequence[ast.stmt], names: dict[str, Any]) -> bool:
        """True if reading `node` could make a layer or use one."""
        return self.relevance.matters(node, names, self.is_made)

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
                return self.method(model, name, arguments, options, node)
            case BoundMethod(owner=list() | tuple() as shape, name="as_list"):
                return list(shape)
            case BoundMethod(owner=SymbolicTensor()):
                return self.passed(callee, callee.name, arguments, options, node)
            case BoundMethod(owner=ShapedArray() as array, name=name):
                found = array_method(array, name, arguments)
                return found or self.interpreter.calls.open_call(callee, arguments, options, node)
            case BoundMethod(owner=LayerObject(spec=spec), name="get_initial_state"):
                batch = options.get("batch_size", arguments[0] if arguments else None)
                return _initial_states(spec, batch if isinstance(batch, int) else None)
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
            return self.model(layer_type, arguments, options, node)
        if layer_type == "Input":
            return self.result(self.layer(INPUT, arguments, options, node).spec, (), {})
        if layer_type in KNOWN:
            if self.is_old and last.startswith("Convolution"):
                arguments = kernel_of(last, arguments)
            return self.layer(layer_type, arguments, options, node)
        if last in BODIES and is_framework(callee):
            return self.body(last, arguments, options, node)
        if last == "TimeDistributedDense" and is_keras(callee):
            return self.dense_in_time(arguments, options, node)
        if last in ("Merge", "merge") and arguments and is_keras(callee):
            return self.merged(arguments, options, node)
        tensors = [symbol for each in arguments for symbol in _symbols(each)]
        if last in MERGES and len(tensors) > 1 and not is_backend(callee):
            listed = not isinstance(arguments[0], SymbolicTensor)
            more = arguments[1:] if listed else []
            own = {name: value for name, value in options.items() if name != "inputs"}
            layer = self.layer(MERGES[last], more, own, node)
            return self.apply(layer, arguments[:1] if listed else [arguments], {}, node)
        if not tensors and (found := array_call(last, arguments, options)):
            return found
        if last[:1].isupper() and not tensors and not is_other_thing(callee):
            return self.own_layer(callee, last, options, node)
        return self.passed(callee, callee.name, arguments, options, node)

    def body(self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call) -> Any:
        """A model of keras.applications without its top: an input and one layer."""
        passed = dict(zip(("include_top", "weights", "input_tensor", "input_shape", "pooling"),
                          arguments, strict=False)) | options  # fmt: skip
        image = passed.get("input_tensor")
        if passed.get("include_top", True) is not False:
            return self.own_layer(DottedName(name, imported=True), name, options, node)
        if not isinstance(image, SymbolicTensor):
            shape = passed.get("input_shape")
            sizes = self.letters.shape(shape) if isinstance(shape, list | tuple) else (None,) * 2
            config = {"batch_shape": (None, *sizes[:2], 3)}
            image = self.calls.call(
                LayerSpec(INPUT, config, self.calls.named(INPUT), self.place(node)), (), {}
            )[0]
        built = self.new_model(name, passed.get("name"))
        layer = self.spec(name, {"pooling": passed.get("pooling")}, node)
        outputs = self.result(layer, (image.ref,), {})
        built.used = True
        built.trainable = True
        self.model_graph(built, {"inputs": image, "outputs": outputs}, node)
        return built

    def dense_in_time(
        self, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """TimeDistributedDense of Keras 1: a Dense at every time step."""
        outside = {name: options[name] for name in OF_INPUT if name in options}
        inside = {name: value for name, value in options.items() if name not in outside}
        dense = self.layer("Dense", arguments, inside, node)
        return self.layer("TimeDistributed", [dense], outside, node)

    def merged(self, arguments: list[Any], options: dict[str, Any], node: ast.Call) -> Any:
        """`Merge([left, right], mode="concat")` of Keras 1, of models or of tensors."""
        several = arguments[0] if isinstance(arguments[0], list | tuple) else [arguments[0]]
        mode = options.get("mode", arguments[1] if len(arguments) > 1 else "sum")
        tensors = [self.tip_of(each, node) if isinstance(each, ModelObject) else each
                   for each in several]  # fmt: skip
        if mode not in MODES:
            return self.passed(DottedName("merge"), "merge", [tensors], {}, node)
        config: dict[str, Any] = {}
        if mode == "concat":
            config["axis"] = options.get("concat_axis", -1)
        if MODES[mode] == "Dot":
            config["axes"] = options.get("dot_axes", -1)
        layer = self.layer(MODES[mode], [], config, node)
        return self.apply(layer, [tensors], {}, node)

    def tip_of(self, model: ModelObject, node: ast.Call) -> SymbolicTensor:
        """The output of a model, on an input of its own."""
        model.used = True
        if model.graph is not None:
            return model.outputs[0]
        spec = model.spec()
        first = next(iter(spec.graph.layers.values()))
        config = {"batch_shape": input_of(first)} if input_of(first) is not None else {}
        made = LayerSpec(INPUT, config, self.calls.named(INPUT), self.place(node))
        found: SymbolicTensor = self.result(spec, (self.calls.call(made, (), {})[0].ref,), {})
        return found

    def starts_model(self, callee: DottedName, arguments: list[Any], node: ast.Call) -> bool:
        """Make the Sequential that `model.add(...)` is about, where the text begins behind it."""
        name = callee.name.rpartition(".")[0]
        if callee.imported or not name.isidentifier() or len(arguments) != 1:
            return False
        if self.layer_of(arguments[0]) is None:
            return False
        built = self.new_model("Sequential")
        self.interpreter.values.names[name] = built
        self.note(f"{self.place(node)}: {name} is taken as a new Sequential", matters=False)
        self.add(built, arguments[0], node)
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
        found = self.tensor_function(callee, layer_type, arguments, options, node)
        if found is not NOTHING:
            return found
        return self.result(self.spec(layer_type, {}, node), tuple(tensors), {})

    def tensor_function(
        self,
        callee: Any,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The result of a function of tensors that is known; NOTHING for another."""
        if isinstance(callee, BoundMethod) and isinstance(callee.owner, SymbolicTensor):
            arguments = [callee.owner, *arguments]
        elif not isinstance(callee, DottedName) or not is_framework(callee):
            return NOTHING
        symbols = _symbols([arguments, options])
        if name in ("shape", "int_shape", "get_shape", "set_shape"):
            shape = self.shape_of(symbols[0])
            return shape if name != "set_shape" else None
        if name in ("unstack", "split", "unpack"):
            return self.several(name, symbols[0], arguments, options, node)
        arguments = [self.open_sizes(each) for each in arguments]
        options = {key: self.open_sizes(each) for key, each in options.items()}
        shapes = shapes_after(name, arguments, options)
        if shapes is None:
            return NOTHING
        return self.result(self.function(name, shapes, node), _refs(symbols), {})

    def function(self, name: str, shapes: Any, node: ast.expr, results: int = 1) -> LayerSpec:
        """A function of tensors as a layer, whose `shapes` are those of its results."""
        config = {"shapes": shapes, "results": results}
        return LayerSpec("Function", config, self.calls.named(name), self.place(node))

    def open_sizes(self, value: Any) -> Any:
        """A shape in a call with letters for what is not known."""
        if isinstance(value, list | tuple) and any(opened(each) for each in value):
            return [self.letters.size(each) if opened(each) else each for each in value]
        return value

    def several(
        self,
        name: str,
        tensor: SymbolicTensor,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """The parts of a tensor along an axis, as `unstack` and `split` give them."""
        place = 2  # `unstack(x, num, axis)`, `split(x, parts, axis)`
        axis = options.get("axis", arguments[place] if len(arguments) > place else 0)
        shape = self.shape_of(tensor)
        if not isinstance(shape, tuple) or not isinstance(axis, int) or axis >= len(shape):
            return NOTHING
        axis %= len(shape)
        size = shape[axis]
        if name == "split":
            wanted = arguments[1] if len(arguments) > 1 else options.get("num_or_size_splits")
            wanted = options.get("num_splits", wanted)
            sizes = list(wanted) if isinstance(wanted, list | tuple) else wanted
            if isinstance(wanted, int) and not isinstance(wanted, bool):
                self.interpreter.values.count(max(wanted, 0))
                part = size // wanted if isinstance(size, int) else None
                sizes = [part] * wanted
            if not isinstance(sizes, list):
                return NOTHING
            parts = [(*shape[:axis], each, *shape[axis + 1 :]) for each in sizes]
        else:
            many = size if isinstance(size, int) else options.get("num", 1)
            many = many if isinstance(many, int) else 1
            self.interpreter.values.count(many)
            parts = [(*shape[:axis], *shape[axis + 1 :])] * many
        if name != "split":
            # All parts are alike: one stands for each.
            made = self.function(name, lambda _: parts[0], node)
            return [self.result(made, (tensor.ref,), {})] * len(parts)
        made = self.function(name, lambda _: tuple(parts), node, len(parts))
        found = self.result(made, (tensor.ref,), {})
        return found if isinstance(found, list) else [found]

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
        config = layer_config(layer_type, arguments, options, reader)
        function = config.get("function")
        if layer_type == "Lambda" and isinstance(function, DefinedFunction):
            config["shapes"] = lambda shapes: self.shapes_of_lambda(function, shapes)
        layer = LayerObject(self.spec(layer_type, config, node))
        if any(isinstance(config.get(name), Unknown) for name in WHOLE):
            self.open_input(layer.spec, layer.spec)
        return layer

    def shapes_of_lambda(
        self, function: DefinedFunction, shapes: Sequence[Shape]
    ) -> tuple[Shape, ...] | None:
        """The shapes that the function of a Lambda gives; None where it is not followed."""
        inputs = [
            self.calls.call(LayerSpec(INPUT, {"batch_shape": each}, "input"), (), {})[0]
            for each in shapes
        ]
        kept, start = [*self.results], len(self.calls.made)
        argument = inputs[0] if len(inputs) == 1 else inputs
        try:
            found = self.interpreter.calls.function(function, [argument], {})
        except (ModelError, RecursionError):
            return None
        finally:
            self.results[:] = kept
        # A layer that is called in it has weights of its own, which nobody would count.
        plain = ("Function", "GetItem", "Operation", "Add", "Multiply", "Subtract", "Concatenate")
        if any(spec.layer_type not in plain for spec, _, _ in self.calls.made[start:]):
            return None
        sizes = [self.shape_of(each) for each in _symbols(found)]
        known = bool(sizes) and all(isinstance(each, tuple) for each in sizes)
        return tuple(sizes) if known else None

    def open_input(self, holder: LayerSpec, reader: LayerSpec) -> None:
        """Give an input that has no shape one of letters, as long as its reader wants it."""
        config: Any = holder.config
        named = next((name for name in WHOLE if isinstance(config.get(name), Unknown)), "")
        whole = config.pop(named, None) if named else config.get("open")
        if whole is not None:
            config["open"] = whole
        try:
            if input_of(holder) is not None or (holder is reader and holder.layer_type == INPUT):
                return
        except LstmInspectError:
            return  # Shape inference says so at its place.
        axes = input_axes(reader)
        if axes is None:
            return
        if whole is None:
            axes = tuple(each if each in LETTERS_OF_INPUT else None for each in axes)
            where = Unknown("", "", f"no input shape, {holder.location}")
        elif named.startswith("batch"):
            axes = ("batch", *axes)
        entries = [
            None if axis is None else part_of(whole, number) if whole is not None
            else replace(where, text=axis)
            for number, axis in enumerate(axes)
        ]  # fmt: skip
        shape = self.letters.shape(entries)
        self.shapes.clear()
        config["batch_shape"] = shape if named.startswith("batch") else (None, *shape)

    def open_shape(self, chain: Sequence[LayerSpec]) -> Shape | None:
        """The shape of letters that a chain takes, if its first layer says none."""
        if not chain:
            return None
        first, *rest = chain
        if first.layer_type == INPUT:
            for each in rest:
                if input_of(first) is None:
                    self.open_input(first, each)
                if not keeps_shape(each):
                    break
            return None
        if input_of(first) is not None:
            return None
        if first.graph is not None:
            return None
        asked = LayerSpec(INPUT, {"open": first.config.get("open")}, "", first.location)
        for each in chain:
            if each.layer_type != "Embedding":
                self.open_input(asked, each)
            if not keeps_shape(each):
                break
        return input_of(asked)

    def open_models(self) -> None:
        """Give every model that says no input shape one of letters."""
        for each in self.models:
            if each.graph is None and each.shape is None and each.layers and not each.used:
                self.own.trace_chain(each)
                each.shape = self.open_shape([spec_of(layer) for layer in each.layers])
            elif each.graph is None and each.layers:
                self.own.trace_chain(each)

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

    def model(
        self, layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> ModelObject:
        """A Sequential, or a Model between tensors."""
        built = self.new_model(layer_type, options.get("name"))
        built.trainable = options.get("trainable") is not False
        names = ("layers",) if layer_type == "Sequential" else ("inputs", "outputs")
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in options:
                options = {**options, new: options[old]}
        options = dict(zip(names, arguments, strict=False)) | options
        if layer_type == "Sequential":
            layers = options.get("layers") or []
            for each in layers if isinstance(layers, list | tuple) else [layers]:
                self.add(built, each, node)
            return built
        self.model_graph(built, options, node)
        return built

    def model_graph(self, built: ModelObject, options: dict[str, Any], node: ast.Call) -> None:
        """Give a model the graph between its inputs and its outputs."""
        self.need_known([options.get("inputs"), options.get("outputs")], "Model", node)
        built.outputs = _symbols(options.get("outputs"))
        built.inputs = _symbols(options.get("inputs"))
        if not built.outputs or not built.inputs:
            raise ModelError(
                f"{self.place(node)}: Model needs inputs, and outputs that layers return, "
                f"for example "
                "Model(inputs=x, outputs=y)."
            )
        built.graph = self.calls.graph(built.name, built.outputs, built.inputs)
        self.check_inputs(built, node)

    def new_model(self, layer_type: str, name: object = None) -> ModelObject:
        """A model that the text begins, by its name or one for its type."""
        frames = self.interpreter.calls.frames
        built = ModelObject(self.calls.named(layer_type, name))
        built.maker = frames[-1].name if frames else ""
        built.root = frames[0].name if frames else ""
        self.models.append(built)
        return built

    def check_inputs(self, built: ModelObject, node: ast.Call) -> None:
        """Every input that the outputs read must be one of the model's."""
        graph = built.graph
        assert graph is not None
        arguments = {self.calls.made[each.ref.call][0].name for each in built.inputs}
        read = {call.layer for call in graph.calls if graph.layers[call.layer].layer_type == INPUT}
        if missing := read - arguments:
            raise ModelError(
                f"{self.place(node)}: the outputs of the Model read {min(missing)}, which is not "
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
            return found[0] if found else self.interpreter.values.unknown(node)
        model.wanted = max(model.wanted, WANTED.get(name, 0))
        return None

    def add(self, model: ModelObject, value: Any, node: ast.Call) -> None:
        """One more layer on top of a Sequential."""
        tip = model.outputs[0] if model.outputs and not model.layers else None
        if isinstance(value, SymbolicTensor) and not model.layers and tip is None:
            tip = value if self.calls.made[value.ref.call][0].layer_type != INPUT else None
            if tip is not None:
                self.on_top(model, tip)
                return
        elif tip is not None and isinstance(value, LayerObject | ModelObject):
            self.on_top(model, self.apply(value, [tip], {}, node))
            return
        layer = self.layer_of(value)
        if layer is None and opened(value) and not getattr(value, "declined", False):
            layer = self.unknown_layer(value, node)
        if layer is None:
            text = getattr(value, "text", getattr(value, "name", "a value of another kind"))
            raise ModelError(
                f"{self.place(node)}: {text} is not a layer that the text makes. "
                "Add layers, for example model.add(LSTM(25))."
            )
        if isinstance(layer, ModelObject):
            layer.used = True
        else:
            layer.checked()
        model.layers.append(layer)

    def unknown_layer(self, value: Any, node: ast.Call) -> LayerObject:
        """A layer of which only the text is known: an opaque row."""
        text = text_of(value) or ""
        layer_type = text if text.replace(".", "").isidentifier() else "unknown layer"
        place = self.place(node)
        self.note(f"{place}: {text or self.shown(node)} is not a layer that the text makes")
        name = self.calls.named(layer_type.rpartition(".")[2])
        return LayerObject(LayerSpec(layer_type, {}, name, place, own=True))

    def on_top(self, model: ModelObject, tip: SymbolicTensor) -> None:
        """Give a model that begins with several others what comes out of it now."""
        model.outputs = [tip]
        model.graph = self.calls.graph(model.name, [tip])
        inputs = [n for n, each in enumerate(self.calls.made) if each[0].layer_type == INPUT]
        read = {node.layer for node in model.graph.calls}
        names = [n for n in inputs if self.calls.made[n][0].name in read]
        model.inputs = [SymbolicTensor(TensorRef(n)) for n in names]

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
            return self.step(spec, arguments, options, node)
        states = options.get("initial_state")
        named = [options.get(name) for name in ("inputs", "query", "value", "key", "sequence")]
        if isinstance(callee, ModelObject) and not _symbols([*arguments, *named]):
            return self.on_data(callee, arguments, node)
        arguments = [self.opened_input(each, spec, node) for each in arguments]
        self.need_known([*arguments, states, *named], spec.layer_type, node)
        inputs = self.inputs(spec, [*arguments, *named], node)
        if isinstance(callee, ModelObject):
            callee.used = True
        for ref in inputs[:1] if self.opens else ():
            source, reads, _ = self.calls.made[ref.call]
            while reads and keeps_shape(source):
                source, reads, _ = self.calls.made[reads[0].call]
            if source.layer_type == INPUT:
                self.open_input(source, spec)
        initial = self.tensors(states)
        kept: dict[str, Any] = {
            name: value for name, value in options.items() if name == "return_attention_scores"
        }
        if spec.layer_type in RECURRENT and not spec.own and len(inputs) > 1:
            inputs, initial = inputs[:1], [*inputs[1:], *initial]
        for ref in initial:
            source = self.calls.made[ref.call][0]
            units = spec.config.get("units")
            if source.layer_type == INPUT and units is not None and input_of(source) is None:
                state: Any = source.config
                state["batch_shape"] = (None, units)
        if initial:
            kept["initial_state"] = tuple(initial)
        return self.result(spec, tuple(inputs), kept)

    def on_data(self, model: ModelObject, arguments: list[Any], node: ast.Call) -> Any:
        """A model that is called on data: it is used, and what comes out is data too."""
        if not any(isinstance(each, ShapedArray) or opened(each) for each in _flat(arguments)):
            self.inputs(model.spec(), arguments, node)
        array = next((each for each in _flat(arguments) if isinstance(each, ShapedArray)), None)
        if array is not None and model.graph is None and model.shape is None:
            model.shape = (None, *self.letters.shape(array.shape[1:]))
        return self.interpreter.values.unknown(node)

    def opened_input(self, value: Any, spec: LayerSpec, node: ast.Call) -> Any:
        """An argument of a layer: one that nobody knows is an input of the model."""
        declined = isinstance(value, Unknown) and value.declined
        if not opened(value) or declined or not self.opens or input_axes(spec) is None:
            return value
        value = self.interpreter.values.open(value)
        if not isinstance(value, Unknown | DottedName):
            return value
        text = text_of(value) or "input"
        identity = value.identity if isinstance(value, Unknown) else text
        if identity not in self.open_tensors:
            name = self.calls.named(INPUT, text if text.isidentifier() else None)
            shape = Unknown(f"{text}.shape", f"{text}.shape|{identity}|'shape'", self.place(node))
            if isinstance(value, DottedName):
                shape = Unknown(f"{text}.shape", f"{text}.shape", self.place(node))
            config = {"open": replace(shape, operation=("slice", shape, 1))}
            made = LayerSpec(INPUT, config, name, self.place(node))
            self.open_tensors[identity] = self.calls.call(made, (), {})[0]
        return self.open_tensors[identity]

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
                f"{self.place(node)}: {spec.layer_type} is called on nothing that the text makes. "
                "Call it on an Input, for example LSTM(25)(Input((5, 10)))."
            )
        return inputs

    def need_known(self, values: list[Any], layer_type: str, node: ast.Call) -> None:
        """Refuse a tensor that the text does not make, where others stand beside it."""
        for value in values:
            for each in _flat(value):
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
        symbols = [each for each in (left, right) if isinstance(each, SymbolicTensor)]
        if isinstance(left, ShapedArray) and operation in ENTRYWISE:
            return left
        if not symbols:
            return self.interpreter.values.unknown(node)
        if operation == "MatMult" and len(symbols) == 2:
            made = self.function("matmul", shapes_after("matmul", [], {}), node)
            return self.result(made, _refs(symbols), {})
        weights = [self.calls.made[each.ref.call][0].layer_type == "Weight" for each in symbols]
        if any(weights) and operation in ENTRYWISE:
            made = self.function(operation.lower(), shapes_after("add", [], {}), node)
            return self.result(made, _refs(symbols), {})
        plain = all(
            isinstance(each, SymbolicTensor | int | float | None) or opened(each)
            for each in (left, right)
        )
        layer_type = operation
        if plain and operation in ENTRYWISE:
            layer_type = (
                OPERATIONS.get(operation, "Operation") if len(symbols) == 2 else "Operation"
            )
        made = self.spec(layer_type, {}, node)
        return self.result(made, tuple(each.ref for each in symbols), {})

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """A part of a tensor, for example `x[:, -1]`."""
        if isinstance(owner, ShapedArray) and (part := array_part(owner, keys)):
            return part
        if not isinstance(owner, SymbolicTensor):
            return self.interpreter.values.unknown(node)
        made = self.spec("GetItem", {"keys": tuple(keys)}, node)
        return self.result(made, (owner.ref,), {})

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of an attribute of a tensor, a layer or a model."""
        match owner, name:
            case ShapedArray(shape), "shape":
                return shape
            case [_, _], "c" | "h":
                return owner[0 if name == "c" else 1]
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
        call, result = tensor.ref
        self.interpreter.values.count()
        shapes = self._shapes_of(call)
        found = shapes[result] if result < len(shapes) else None
        return Unknown(f"{self.calls.made[call][0].name}.shape") if found is None else found

    def _shapes_of(self, wanted: int) -> tuple[Shape | None, ...]:
        """The shapes of the results of a call, from those of what it reads."""
        inference = ShapeInference()
        open_calls = [wanted]
        while open_calls:
            number = open_calls[-1]
            spec, reads, options = self.calls.made[number]
            refs = [*reads, *(ref for each in options.values() for ref in tensor_refs(each))]
            missing = [ref.call for ref in refs if ref.call not in self.shapes]
            if missing:
                self.interpreter.values.count(len(missing))
                open_calls.extend(missing)
                continue
            open_calls.pop()
            self.shapes[number] = inference.call(spec, reads, options, self.shapes)
        return self.shapes[wanted]

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `layer.trainable = False`, for everything in a model once."""
        if name != "trainable" or not isinstance(value, bool):
            return
        owner = owner.native if isinstance(owner, Instance) else owner
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


def _refs(tensors: Sequence[SymbolicTensor]) -> tuple[TensorRef, ...]:
    return tuple(each.ref for each in tensors)


def _symbols(value: Any) -> list[SymbolicTensor]:
    return [each for each in _flat(value) if isinstance(each, SymbolicTensor)]
