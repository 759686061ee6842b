"""Objects of classes of the text that are made from Keras' Layer or Model.

Their `call` is read on inputs of its own, and what it does with them is the graph of the object: a
model in itself, or a layer of another. Their weights are those of the layers in it, and those that
`add_weight` makes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, TensorRef, input_of
from lstminspect.models.reading.keras_names import is_keras
from lstminspect.models.reading.objects import (
    LayerObject,
    ModelObject,
    SymbolicTensor,
    spec_of,
    symbols_in,
)
from lstminspect.models.reading.values import (
    ClassObject,
    DefinedFunction,
    Instance,
    Parent,
    ShapedArray,
    Unknown,
    opened,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["OwnClasses"]

#: Classes of Keras that a class of the text can be made from.
MODEL_BASES = ("Model", "Sequential", "Functional", "Network", "Container")
LAYER_BASES = ("Layer", "Wrapper", "AbstractRNNCell", "RNN", "Recurrent", *MODEL_BASES)
#: Arguments of `call` that are not tensors.
BESIDE = ("training", "mask", "return_state", "return_sequences", "verbose", "attention_mask",
          "constants", "trainable")  # fmt: skip
#: Methods that do nothing here that counts.
PLAIN = ("build", "add_loss", "add_metric", "get_config", "summary", "__setattr__", "call")
WANTED = {"summary": 1, "compile": 2, "fit": 2, "fit_generator": 2, "train_on_batch": 2}


class OwnClasses:
    """The objects of own classes, each with a ModelObject for what its framework makes of it."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.calls = semantics.calls
        #: The tensors of own weights, by the identity of their object.
        self.weights: dict[int, list[SymbolicTensor]] = {}
        #: What `call` returns, with its tensors in place.
        self.returns: dict[int, Any] = {}
        self.open: list[Instance] = []

    def is_own(self, cls: ClassObject, bases: Sequence[str] = LAYER_BASES) -> bool:
        """True for a class of the text that is made from a layer or a model of Keras."""
        return any(is_keras(each) and each.last in bases for each in cls.bases_outside())

    def made(self, instance: Instance, options: dict[str, Any]) -> None:
        """Give an object of an own class the model that it will be."""
        if not self.is_own(instance.cls):
            return
        built = self.semantics.building.new_model(instance.cls.name, options.get("name"))
        built.layer_type = instance.cls.name
        built.is_layer_only = not self.is_own(instance.cls, MODEL_BASES)
        built.instance = instance
        instance.native = built

    def apply(
        self, instance: Instance, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The results of an own layer or model that is called."""
        built: ModelObject = instance.native
        tensors = list(symbols_in([arguments, options]))
        if built.graph is None and not built.layers:
            self.trace(instance, arguments, options, node)
        if not tensors:
            return self._data(instance, node)
        if built.graph is None:
            return self.semantics.apply(built, arguments, options, node)
        built.used = True
        refs = tuple(each.ref for each in tensors)[: len(built.inputs)]
        for ref, inner in zip(refs, built.inputs, strict=False):
            self._shape_outside(ref, inner)
        found = self.calls.call(built.spec(), refs, {})
        self.semantics.results.extend(found)
        return _rebuilt(self.returns.get(id(instance), built.outputs[0]), iter(found))

    def _data(self, instance: Instance, node: ast.Call) -> Any:
        """The results of an object that is called on data: arrays of the shapes that it returns."""
        if self.open:
            place = self.semantics.place(node)
            self.semantics.note(
                f"{place}: {instance.cls.name} is called on what is not known here; its weights "
                "are not counted"
            )
        unknown = self.semantics.interpreter.values.unknown(node)

        def array(tensor: SymbolicTensor) -> Any:
            shape = self.semantics.functions.shape_of(tensor)
            return ShapedArray(shape) if isinstance(shape, tuple) else unknown

        returns = self.returns.get(id(instance), unknown)
        return _mapped(returns, array)

    def _shape_outside(self, ref: TensorRef, inner: SymbolicTensor) -> None:
        """Give an open input the shape that reading `call` has found for it."""
        outside, inside = self.calls.made[ref.call][0], self.calls.made[inner.ref.call][0]
        if outside.layer_type == INPUT and input_of(outside) is None:
            shape = input_of(inside)
            if shape is not None:
                config: Any = outside.config
                config["batch_shape"] = shape

    def trace(
        self, instance: Instance, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> None:
        """Read `build` and `call` of an object on inputs of its own."""
        built: ModelObject = instance.native
        call = instance.cls.get("call", None)
        if not isinstance(call, DefinedFunction) or any(each is instance for each in self.open):
            return
        inputs: list[SymbolicTensor] = []
        first = [self._inside(each, inputs, node) for each in arguments[:1]]
        names = [each.arg for each in (*call.node.args.posonlyargs, *call.node.args.args)][2:]
        names += [""] * len(arguments)
        rest = [
            self._inside(each, inputs, node, name not in BESIDE)
            for name, each in zip(names, arguments[1:], strict=False)
        ]
        named = {
            name: self._inside(each, inputs, node, name not in BESIDE)
            for name, each in options.items()
        }
        start = len(self.calls.made)
        self.open.append(instance)
        try:
            self._build(instance, first or list(named.values())[:1])
            function = self.semantics.interpreter.calls.function
            found = function(call, [instance, *first, *rest], named)
        finally:
            self.open.pop()
        outputs = list(symbols_in(found))
        if not outputs:
            found = outputs = [self._unread(instance, start, node)]
            found = outputs[0]
        built.inputs, built.outputs = inputs, outputs
        weights = self.weights.get(id(instance), [])
        built.graph = self.calls.graph(built.name, outputs, inputs, weights)
        self.returns[id(instance)] = found
        inner = set(range(start, len(self.calls.made)))
        kept = [each for each in self.semantics.results if each.ref.call not in inner]
        self.semantics.results[:] = kept

    def _unread(self, instance: Instance, start: int, node: ast.AST) -> SymbolicTensor:
        """A result of which nothing is known, behind everything that `call` has made."""
        made = self.calls.made
        read = {ref for _, refs, _ in made[start:] for ref in refs}
        loose = [
            TensorRef(number)
            for number in range(start, len(made))
            if TensorRef(number) not in read and made[number][0].layer_type != INPUT
        ]
        place = self.semantics.place(node)
        spec = LayerSpec("call", {}, self.calls.named("call"), place, own=True)
        self.semantics.note(f"{place}: what {instance.cls.name}.call returns is not known")
        found: SymbolicTensor = self.calls.call(spec, tuple(loose), {})[0]
        return found

    def _inside(
        self, value: Any, inputs: list[SymbolicTensor], node: ast.AST, opens: bool = True
    ) -> Any:
        """An argument as `call` sees it: every tensor is an input of the object's own."""
        match value:
            case SymbolicTensor():
                shape = self.semantics.functions.shape_of(value)
                return self._input(shape if isinstance(shape, tuple) else None, inputs, node)
            case ShapedArray(shape):
                sizes = self.semantics.interpreter.letters.shape(shape)
                return self._input(sizes, inputs, node)
            case list() | tuple():
                found = [self._inside(each, inputs, node, opens) for each in value]
                return found if isinstance(value, list) else tuple(found)
            case dict():
                return {
                    name: self._inside(each, inputs, node, opens) for name, each in value.items()
                }
            case _ if opens and opened(value):
                return self._input(None, inputs, node)
            case _:
                return value

    def _input(
        self, shape: Shape | None, inputs: list[SymbolicTensor], node: ast.AST
    ) -> SymbolicTensor:
        config: dict[str, Any] = {"open": None} if shape is None else {"batch_shape": shape}
        made = LayerSpec(INPUT, config, self.calls.named(INPUT), self.semantics.place(node))
        found: SymbolicTensor = self.calls.call(made, (), {})[0]
        inputs.append(found)
        return found

    def _build(self, instance: Instance, arguments: list[Any]) -> None:
        """Read `build` of an object for the shapes of its inputs."""
        build = instance.cls.get("build", None)
        if not isinstance(build, DefinedFunction) or build.form or id(instance) in self.weights:
            return
        self.weights.setdefault(id(instance), [])
        shapes = _mapped(arguments[0] if arguments else None, self.semantics.functions.shape_of)
        self.semantics.interpreter.calls.function(build, [instance, shapes], {})

    def method(
        self,
        owner: Instance | Parent,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """A method that the class has from Keras."""
        instance = owner.owner if isinstance(owner, Parent) else owner
        if not isinstance(instance, Instance) or instance.native is None:
            return None if isinstance(owner, Parent) else self._unknown(node)
        built: ModelObject = instance.native
        built.wanted = max(built.wanted, WANTED.get(name, 0))
        self.semantics.training.method(built, name, arguments, options, node)
        if name in ("add_weight", "add_variable"):
            return self._weight(instance, arguments, options, node)
        if name == "__init__":
            self._started(built, arguments, options, node)
        elif name == "add":
            self.semantics.building.add(
                built, arguments[0] if arguments else options.get("layer"), node
            )
        elif name == "build" and isinstance(owner, Instance):
            shape = arguments[0] if arguments else options.get("input_shape")
            if built.layers and isinstance(shape, list | tuple):
                built.shape = self.semantics.interpreter.letters.shape(shape)
            self.trace(instance, [_arrays(shape)], {}, node)
        elif name == "__call__" and isinstance(owner, Parent):
            return self.apply(instance, arguments, options, node)
        elif name not in PLAIN and name not in WANTED:
            return self._unknown(node)
        return None

    def _unknown(self, node: ast.Call) -> Any:
        return self.semantics.interpreter.values.unknown(node)

    def _started(
        self, built: ModelObject, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> None:
        """`super().__init__(...)`: a class can be a functional model, or a chain of layers."""
        names = ("inputs", "outputs")
        passed = dict(zip(names, arguments, strict=False)) | options
        if any(True for _ in symbols_in(passed.get("outputs"))):
            self.semantics.building.model_graph(built, passed, node)
        elif arguments and isinstance(arguments[0], list):
            for each in arguments[0]:
                self.semantics.building.add(built, each, node)

    def _weight(
        self, instance: Instance, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> SymbolicTensor:
        """A weight of a class of the text: Keras 2 has its name first, Keras 3 its shape."""
        letters = self.semantics.interpreter.letters
        values = [options.get("shape"), *arguments[:2], ()]
        shape = next(each for each in values if isinstance(each, list | tuple))
        sizes = letters.shape(shape)
        texts = [options.get("name"), *arguments, "weight"]
        name = next(each for each in texts if isinstance(each, str))
        trainable = options.get("trainable") is not False
        if any(each is None or isinstance(each, Unknown) for each in sizes):
            self.semantics.note(f"{self.semantics.place(node)}: the shape of {name} is not known")
            sizes = ()
        return self.weight(instance, name, sizes, trainable, node)

    def weight(
        self, instance: Instance | None, name: str, shape: Shape, trainable: bool, node: ast.AST
    ) -> SymbolicTensor:
        """The tensor of a weight."""
        config = {"shape": shape, "tensors": [(name, shape, trainable)]}
        spec = LayerSpec("Weight", config, self.calls.named(name), self.semantics.place(node))
        found: SymbolicTensor = self.calls.call(spec, (), {})[0]
        if instance is not None:
            self.weights.setdefault(id(instance), []).append(found)
        return found

    def read(self, classes: Sequence[ClassObject], failures: list[tuple[str, ModelError]]) -> None:
        """Read the models among the classes that nobody has called, the last one first."""
        calls = self.semantics.interpreter.calls
        own = [each for each in reversed(classes) if self.is_own(each)]
        models = [each for each in own if self.is_own(each, MODEL_BASES)]
        layers = [each for each in own if each not in models]
        for cls in [*models, *layers]:
            is_layer = cls in layers
            if is_layer and any(each.is_built for each in self.semantics.models):
                continue
            try:
                if not cls.instances:
                    calls.instance(cls, [], {})
                for instance in list(cls.instances):
                    self._read_instance(instance)
            except ModelError as error:
                failures.append((cls.name, error))

    def trace_chain(self, model: ModelObject) -> None:
        """Read the objects in a chain of layers, each on what the layer below returns."""
        waiting = [
            each for each in model.layers
            if isinstance(each, ModelObject) and each.instance is not None and not each.is_built
        ]  # fmt: skip
        if not waiting:
            return
        kept = [*self.semantics.results]
        first, *rest = model.layers
        shape = model.shape
        if isinstance(first, LayerObject):
            shape = shape or input_of(first.spec)
            rest = rest if first.spec.layer_type == INPUT else model.layers
        inputs: list[SymbolicTensor] = []
        tensor = self._input(shape, inputs, ast.Constant(0, lineno=1))
        for each in rest:
            if isinstance(each, ModelObject) and each.instance is not None and not each.is_built:
                call = each.instance.cls.get("call", None)
                where = call.node if isinstance(call, DefinedFunction) else ast.Constant(0)
                self.trace(each.instance, [tensor], {}, where)
                if not each.is_built:
                    break
            tensor = self.calls.call(spec_of(each), (tensor.ref,), {})[0]
        self.semantics.results[:] = kept

    def _read_instance(self, instance: Instance) -> None:
        """Read an object that nobody has called, on inputs that are open."""
        built = instance.native
        call = instance.cls.get("call", None)
        if built is None or built.is_built or not isinstance(call, DefinedFunction):
            return
        wanted = call.node.args
        plain = [each.arg for each in (*wanted.posonlyargs, *wanted.args)][1:]
        needed = plain[: len(plain) - len(wanted.defaults)] or plain[:1]
        several = [name for name in needed if name not in BESIDE]
        arguments = [Unknown(name, f"{instance.cls.name}.call.{name}") for name in several]
        inputs = [replace(each, origin="an input of the model") for each in arguments]
        self.trace_open(instance, inputs, call)

    def trace_open(
        self, instance: Instance, inputs: Sequence[Unknown], call: DefinedFunction
    ) -> None:
        """Read `call` where every argument is an input of a shape that nobody says."""
        named = {each.text: each for each in inputs}
        self.trace(instance, [], named, call.node)


def _rebuilt(value: Any, found: Iterator[SymbolicTensor]) -> Any:
    """A value of the form of `value`, with other tensors in the places of its own."""
    return _mapped(value, lambda each: next(found, each))


def _mapped(value: Any, change: Any) -> Any:
    """A value with every tensor in it changed."""
    match value:
        case SymbolicTensor():
            return change(value)
        case list():
            return [_mapped(each, change) for each in value]
        case tuple():
            return tuple(_mapped(each, change) for each in value)
        case dict():
            return {name: _mapped(each, change) for name, each in value.items()}
        case _:
            return value


def _arrays(shape: Any) -> Any:
    """Arrays of the shapes that `build` is given: one shape, several, or several by name."""
    if isinstance(shape, dict):
        return {name: _arrays(each) for name, each in shape.items()}
    if isinstance(shape, list | tuple):
        if any(isinstance(each, list | tuple) for each in shape):
            return [_arrays(each) for each in shape]
        return ShapedArray(tuple(shape))
    return shape
