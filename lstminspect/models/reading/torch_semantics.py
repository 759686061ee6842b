"""The meaning of calls, attributes and operators in PyTorch code: modules, tensors, `forward`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.layers.rules import RULES, rule
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.builtins import NOTHING, built_in
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.letters import ARITHMETIC, is_short
from lstminspect.models.reading.relevance import Relevance
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.torch_inputs import expected_states, shapes_for
from lstminspect.models.reading.torch_objects import (
    CONTAINERS,
    SIGNATURES,
    Fault,
    PackedTensor,
    ParameterGroup,
    TensorValue,
    TorchModule,
    as_module,
    as_value,
    configured,
    is_torch,
)
from lstminspect.models.reading.torch_tensors import TensorFunctions
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Parent,
    Unknown,
    opened,
)
from lstminspect.models.spec import LayerContext, LayerResult
from lstminspect.sizes import differ, is_letter, plain

__all__ = ["Call", "TorchSemantics"]

BASES = ("Module", "LightningModule", "ScriptModule", *CONTAINERS, *SIGNATURES)
#: Methods that give the module or the tensor itself.
SAME = ("to", "cuda", "cpu", "eval", "train", "float", "double", "half", "apply", "share_memory",
        "flatten_parameters", "compile")  # fmt: skip
#: What is taken for an argument that the text leaves open, and that is no letter of a count.
USUAL = {"bias": True, "affine": True, "batch_first": False, "bidirectional": False,
         "num_layers": 1}  # fmt: skip
MADE = re.compile(r"^[\w.]*\b[A-Z]\w*\(")


class Call:
    """One call of a layer: the module, what its rule says, what it was given, the line."""

    def __init__(
        self, module: TorchModule, result: LayerResult, inputs: tuple[Any, ...], place: str
    ) -> None:
        self.module, self.result, self.inputs, self.place = module, result, inputs, place


class _Reader(Interpreter):
    """Statements; a list that grows in a loop of unknown length is as long as the loop."""

    semantics: TorchSemantics

    def _open_loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], found: object
    ) -> None:
        before = self._lists()
        super()._open_loop(target, each, then, found)
        passes = 1 + self.choices.fixed.get((each.lineno, each.col_offset), 0)
        many: Any = None
        operation = list(found.operation) if isinstance(found, Unknown) else []
        if operation[:3] == ["range", 0, 1]:
            many = self.semantics.size(operation[3])
        for key, (held, length) in self._lists().items():
            grown = length - before[key][1] if key in before else 0
            if grown and key in before:
                once = grown // passes
                total = None if many is None else plain(before[key][1] + many * once)
                self.semantics.grown[key] = held, total

    def _lists(self) -> dict[int, tuple[list[Any], int]]:
        names = self.values.names.values()
        return {id(each): (each, len(each)) for each in names if isinstance(each, list)}


class TorchSemantics:
    """The modules of a text, and the calls of one reading of `forward`."""

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.source = source
        self.relevance = Relevance(tree, self.makes_layers)
        self.interpreter = _Reader(self, source, sizes, choices)
        self.letters = self.interpreter.letters
        self.functions = TensorFunctions(self)
        self.modules: list[TorchModule] = []
        self.grown: dict[int, tuple[list[Any], Any]] = {}
        self.calls: list[Call] = []
        #: Inputs of `forward` by name with the shapes that their first layers give them.
        self.bound: dict[str, Any] = {}
        #: The first layer that was called on a tensor that is not known.
        self.needs: list[TorchModule] = []
        #: Where shapes are not followed, each with its line.
        self.ends: dict[str, None] = {}
        #: What fits for some sizes alone, each with its line.
        self.conditions: dict[str, None] = {}
        self.outputs: dict[int, Any] = {}
        self.depth = 0
        #: The steps of all readings, and the first fault of the lines outside `forward`.
        self.spent = 0
        self.fault = ""
        self.prefers_time = True

    # Sizes

    def place(self, node: ast.AST) -> str:
        """The line of a node."""
        return self.source.place(node)

    def size(self, value: Any) -> Any:
        """A size as a number or an expression of letters; None for anything else."""
        if isinstance(value, bool):
            return None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        found = self.letters.size(value)
        if isinstance(found, int):
            return found
        return found if is_letter(found) and is_short(found) else None

    def as_number(self, size: Any) -> Any:
        """A size as a value of the text, with which it can go on calculating."""
        if not is_letter(size):
            return size
        text = str(size)
        return Unknown(text, f"size {text}", "", ("size", size))

    def is_scalar(self, value: Any) -> bool:
        """True for an unknown value that is a number for certain."""
        text = getattr(value, "text", "")
        operation: tuple[Any, ...] = getattr(value, "operation", ())
        known = operation[:1] and (operation[0] in ARITHMETIC or operation[0] in ("size", "int"))
        return bool(known) or text.startswith(("math.", "np.sqrt(", "numpy.sqrt("))

    def resolved(self, config: dict[str, Any], node: ast.AST) -> dict[str, Any]:
        """Arguments with letters for what the text leaves open."""
        place = self.place(node)

        def known(name: str, value: Any) -> Any:
            if isinstance(value, list | tuple):
                return type(value)(known(name, each) for each in value)
            if name in USUAL and opened(value):
                usual = USUAL[name]
                text = getattr(value, "text", "") or name
                self.note(f"{place}: {name}={text} is not known and is taken as {usual}")
                return usual
            if isinstance(value, float) and value.is_integer() and name.endswith(("size", "ures")):
                raise Fault(f"{place}: {name} must be a whole number, got {value!r}.")
            if isinstance(value, int) and name in ("bias", "batch_first", "bidirectional"):
                return bool(value)
            return self.letters.size(value, place) if opened(value) else value

        return {name: known(name, value) for name, value in config.items() if value is not None}

    def many_of(self, several: Any) -> Any:
        """The entries of a list that an open loop made, None if that is open; else NOTHING."""
        held = self.grown.get(id(several))
        return NOTHING if held is None or held[0] is not several else held[1]

    # What the interpreter asks

    def note(self, text: str, matters: bool = True) -> None:
        """Take note of what is not understood."""
        self.interpreter.note(text, matters)

    def end(self, node: ast.AST, text: str) -> None:
        """Take note that shapes are not followed beyond a line."""
        self.ends.setdefault(f"{self.place(node)}: {text}")

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name could make a layer."""
        return name in SIGNATURES or name in CONTAINERS or name == "Parameter"

    def is_made(self, value: Any) -> bool:
        """True for a module, a tensor, or what makes one."""
        match value:
            case TorchModule() | TensorValue() | PackedTensor():
                return True
            case Instance():
                return isinstance(value.native, TorchModule)
            case DottedName():
                return is_torch(value, "nn") and self.makes_layers(value.last)
            case ClassObject(name):
                return name in self.relevance.makers
            case DefinedFunction(node=node):
                return getattr(node, "name", "") in self.relevance.makers
            case _:
                return False

    def matters(self, node: ast.AST | Sequence[ast.stmt], names: dict[str, Any]) -> bool:
        """True if reading `node` could make a layer or use one."""
        return self.relevance.matters(node, names, self.is_made)

    def progress(self) -> int:
        """A number that grows with every module and call."""
        return len(self.modules) + len(self.calls) + (1_000_000 if self.depth else 0)

    def entries(self, value: Any) -> list[Any] | None:
        """The entries that a loop goes through: modules in a list, the first axis of a tensor."""
        module = as_module(value)
        if module is not None and module.layer_type == "ModuleDict":
            return list(module.children)
        if module is not None:
            return [as_value(each) for each in module.children.values()]
        if isinstance(value, ParameterGroup):
            return [value]
        if isinstance(value, TensorValue) and value.shape and not is_letter(value.shape[0]):
            return [TensorValue(value.shape[1:]) for _ in range(min(value.shape[0], 1000))]
        return None

    def made(self, instance: Instance, _options: dict[str, Any]) -> None:
        """Give an object of a class that is made from a module its module."""
        bases = [each for each in instance.cls.bases_outside() if is_torch(each)]
        if any(each.last in BASES for each in bases):
            instance.native = TorchModule(instance.cls.name, instance=instance)
            self.modules.append(instance.native)

    def cannot_unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Refuse a value that has more or fewer entries than names are given."""
        wanted = len(targets)
        problem = "not enough" if len(value) < wanted else "too many"
        raise Fault(
            f"{self.place(targets[0])}: {problem} values to unpack (expected {wanted}, got "
            f"{len(value):,})."
        )

    def line(self, value: Any) -> None:
        """A line that is only a value changes nothing."""

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Register a module, a parameter; freeze or tie one."""
        if isinstance(owner, ParameterGroup | TensorValue):
            held = (owner.module, "*") if isinstance(owner, ParameterGroup) else owner.owner
            if name == "requires_grad" and value is False and held is not None:
                held[0].frozen.add(held[1])
            return
        module = as_module(owner)
        if module is None:
            return
        inner = as_module(value)
        if inner is not None:
            module.children[name] = inner
        elif isinstance(value, TensorValue) and value.owner and value.is_parameter:
            module.tied[name] = value.owner[1]
        elif isinstance(value, TensorValue) and value.is_parameter:
            module.parameters[name] = value.shape
            value.owner = (module, name)
        elif isinstance(owner, Instance) and isinstance(value, Unknown) and not value.operation:
            shown = value.origin or value.text
            if MADE.match(shown) and name in owner.names:
                self.note(f"{shown}: its parameters are not known and not counted")

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`."""
        if isinstance(owner, TensorValue):
            return self._tensor_attribute(owner, name)
        module = as_module(owner)
        if module is None:
            return NOTHING
        if name in module.children:
            return as_value(module.children[name])
        if name in module.config:
            return self.as_number(module.config[name])
        if name in ("weight", "bias") and module.is_layer:
            tensors = {each.name: each.shape for each in self.weights_of(module).tensors}
            if name in tensors:
                return TensorValue(tensors[name], is_parameter=True, owner=(module, name))
        return NOTHING

    def _tensor_attribute(self, owner: TensorValue, name: str) -> Any:
        shape = owner.shape
        if name in ("T", "mT") and shape is not None:
            return TensorValue((*shape[:-2], *reversed(shape[-2:])) if name == "mT" else
                               tuple(reversed(shape)))  # fmt: skip
        if name == "shape":
            if shape is None:
                return Unknown(f"{owner.name or 'x'}.shape", f"shape {id(owner)}")
            return tuple(map(self.as_number, shape))
        if name == "ndim":
            return NOTHING if shape is None else len(shape)
        if name == "data":
            return owner
        if name in ("device", "dtype", "is_cuda", "requires_grad"):
            return Unknown(name)
        return NOTHING

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""
        tensors = [each for each in (left, right) if isinstance(each, TensorValue)]
        if not tensors:
            return self.interpreter.values.unknown(node)
        try:
            if operation == "MatMult":
                return self.functions.call("matmul", [left, right], {}, node)
            return self.functions.broadcast([each for each in (left, right) if each is not None])
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""
        module = as_module(owner)
        if module is not None:
            return self._child(module, keys[0], node)
        if not isinstance(owner, TensorValue):
            return self.interpreter.values.unknown(node)
        if owner.shape is None:
            if owner.name and len(keys) == 1 and isinstance(keys[0], int):
                return TensorValue(None, f"{owner.name}[{keys[0]}]")
            return TensorValue(None)
        known: list[Any] = []
        for key in keys:
            if isinstance(key, TensorValue):
                known.append(key.shape)
            elif isinstance(key, Unknown) and key.operation[:1] == ("range",):
                known.append((self.size(key.operation[3]),))
            elif isinstance(key, list | range):
                known.append((len(key),))
            else:
                known.append(key)
            simple = key is None or isinstance(key, int | slice | TensorValue | list | range)
            if not simple and key is not Ellipsis and not isinstance(known[-1], tuple):
                return self.lost(node, "this index is not known")
            if isinstance(known[-1], tuple) and None in known[-1]:
                return self.lost(node, "this index is not known")
            if isinstance(key, TensorValue) and key.shape is None:
                return self.lost(node, "this index is not known")
        try:
            found = shapes.indexed(owner.shape, known)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None
        if found is None:
            return self.lost(node, "how much this slice takes depends on a size that is open")
        return TensorValue(found)

    def lost(self, node: ast.AST, text: str) -> TensorValue:
        """A tensor whose shape is not known, with the line where that began."""
        self.end(node, text)
        return TensorValue(None)

    def _child(self, module: TorchModule, key: Any, node: ast.expr) -> Any:
        """An entry of a Sequential, a ModuleList or a ModuleDict."""
        if isinstance(key, str) and key in module.children:
            return as_value(module.children[key])
        several = list(module.children.values())
        if isinstance(key, slice):
            part = several[key]
            children = {str(number): each for number, each in enumerate(part)}
            return TorchModule(module.layer_type, children=children)
        if isinstance(key, int) and -len(several) <= key < len(several):
            return as_value(several[key])
        if isinstance(key, int):
            raise Fault(
                f"{self.place(node)}: index {key} is out of range: {module.layer_type} has "
                f"{len(several)} modules."
            )
        return self.interpreter.values.unknown(node)

    # Calls

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call."""
        try:
            return self._called(callee, arguments, options, node)
        except Fault:
            raise
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def _called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        values = self.interpreter.values
        match callee:
            case TorchModule():
                return self.apply(callee, arguments, options, node)
            case Instance(native=TorchModule() as module):
                return self.apply(module, arguments, options, node)
            case BoundMethod(owner=TorchModule() as module, name=name):
                return self._module_method(module, module, name, arguments, options, node)
            case BoundMethod(owner=Instance(native=TorchModule() as module) as owner, name=name):
                return self._module_method(module, owner, name, arguments, options, node)
            case BoundMethod(owner=Parent(owner=Instance(native=TorchModule() as module) as owner),
                             name=name):  # fmt: skip
                if name == "__init__":
                    return self._start(module, callee.owner, arguments, options, node)
                return self._module_method(module, owner, name, arguments, options, node)
            case BoundMethod(owner=TensorValue() as tensor, name=name):
                return self._function(name, [tensor, *arguments], options, node)
            case BoundMethod(owner=ParameterGroup(), name=_):
                return values.unknown(node)
            case DottedName():
                return self._named(callee, arguments, options, node)
        if any(isinstance(each, TensorValue | PackedTensor) for each in arguments):
            text = self.source.shown(node.func)
            if isinstance(callee, Unknown) and text.startswith("self."):
                self.note(
                    f"{self.place(node)}: {text} is not known; its parameters are not counted"
                )
            return self.lost(node, f"{text} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    def _named(
        self, callee: DottedName, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call of a name that the text does not define."""
        last = callee.last
        first = arguments[0] if arguments else None
        if callee.name == "len" and isinstance(first, TensorValue) and first.shape:
            return self.as_number(first.shape[0])
        if not callee.imported and any(as_module(each) for each in arguments):
            listed = [
                several if as_module(each) and (several := self.entries(each)) is not None else each
                for each in arguments
            ]
            found = built_in(callee.name, listed, options)
            if found is not NOTHING:
                return found
        if is_torch(callee, "nn") and last in CONTAINERS:
            return self._container(last, arguments, node)
        if is_torch(callee, "nn") and last in ("TransformerEncoder", "TransformerDecoder"):
            return self._copies(last, arguments, options, node)
        if is_torch(callee, "nn") and last in SIGNATURES:
            config = self.resolved(configured(last, arguments, options, self.place(node)), node)
            return self._new(TorchModule(last, config, self.place(node)))
        if is_torch(callee, "nn") and last == "Parameter":
            shape = first.shape if isinstance(first, TensorValue) else None
            if shape is None:
                self.note(f"{self.place(node)}: the shape of this Parameter is not known")
            return TensorValue(shape, is_parameter=True)
        if last in ("pack_padded_sequence", "pack_sequence", "pad_packed_sequence"):
            return self._packing(last, arguments, options)
        if is_torch(callee) and not last.endswith("Loss"):
            module = callee.name.rpartition(".")[0]
            if last[:1].isupper() and module in ("torch.nn", "nn"):
                self.note(
                    f"{self.place(node)}: {last} is not known; its parameters are not counted"
                )
                return self._new(TorchModule(last, {}, self.place(node), is_opaque=True))
            return self._function(last, arguments, options, node)
        if any(isinstance(each, TensorValue) for each in arguments):
            return self.lost(node, f"{self.source.shown(node.func)} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    def _new(self, module: TorchModule) -> TorchModule:
        self.modules.append(module)
        return module

    def _function(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a function of tensors."""
        found = self.functions.call(name, arguments, options, node)
        tensors = any(isinstance(each, TensorValue) for each in arguments)
        given = any(isinstance(each, TensorValue) and each.shape is not None for each in arguments)
        if found is NOTHING:
            if not tensors or name in ("size", "dim", "numel", "item", "tolist"):
                return self.interpreter.values.unknown(node)
            return self.lost(node, f"{name} is not followed here") if given else TensorValue(None)
        if isinstance(found, TensorValue) and found.shape is None and given:
            self.end(node, f"the shape of {name}(...) is not known here")
        return found

    def _container(self, last: str, arguments: list[Any], node: ast.Call) -> TorchModule:
        """A Sequential, a ModuleList or a ModuleDict."""
        made = self._new(TorchModule(last, {}, self.place(node)))
        self._fill(made, last, arguments, node)
        return made

    def _copies(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> TorchModule:
        """A stack of copies of one layer: each has weights of its own."""
        place = self.place(node)
        config = self.resolved(configured(last, arguments, options, place), node)
        made = self._new(TorchModule("Sequential", {}, place))
        first = as_module(config.get("encoder_layer", config.get("decoder_layer")))
        many, norm = config.get("num_layers"), as_module(config.get("norm"))
        if first is None or first.instance is not None or not isinstance(many, int):
            self.note(f"{place}: what {last} is made of is not known; it is not counted")
            made.is_opaque = True
            return made
        for number in range(min(many, 1000)):
            layer = replace(first, config=dict(first.config), frozen=set())
            made.add(layer, f"layers.{number}")
        if norm is not None:
            made.add(norm, "norm")
        return made

    def _fill(self, made: TorchModule, last: str, arguments: list[Any], node: ast.AST) -> None:
        """Register what a container is given."""
        several: Any = arguments
        if arguments and (last != "Sequential" or isinstance(arguments[0], dict)):
            several = arguments[0]
        if isinstance(several, dict):
            pairs = list(several.items())
        else:
            listed = several if isinstance(several, list | tuple) else self.entries(several)
            pairs = [] if listed is None else [(str(n), each) for n, each in enumerate(listed)]
            if listed is None:
                self.note(f"{self.place(node)}: what is in this {last} is not known")
            if last == "ModuleDict" and all(isinstance(e, tuple) and len(e) == 2 for _, e in pairs):
                pairs = [each for _, each in pairs]
        for name, each in pairs:
            inner = as_module(each)
            if inner is None:
                self.note(f"{self.place(node)}: a module in this {last} is not known")
            else:
                made.add(inner, str(name))

    def _start(
        self, module: TorchModule, parent: Parent, arguments: list[Any], options: dict[str, Any],
        node: ast.Call,
    ) -> None:  # fmt: skip
        """`super().__init__(...)` of a class that is made from a module of torch.nn."""
        module.place = module.place or self.place(node)
        bases = [each for each in parent.after.bases_outside() if isinstance(each, DottedName)]
        for each in bases:
            if each.last in CONTAINERS and arguments:
                self._fill(module, each.last, arguments, node)
            elif each.last in SIGNATURES:
                config = configured(each.last, arguments, options, self.place(node))
                module.config = self.resolved(config, node)
                module.layer_type = each.last

    def _module_method(
        self, module: TorchModule, owner: Any, name: str, arguments: list[Any],
        options: dict[str, Any], node: ast.Call,
    ) -> Any:  # fmt: skip
        """A method of a module."""
        values = self.interpreter.values
        if name in ("forward", "__call__"):
            return self.apply(module, arguments, options, node)
        if name in SAME:
            return owner
        if name == "requires_grad_":
            module.frozen |= {"*"} if arguments[:1] == [False] else set()
            return owner
        if name in ("append", "add_module", "register_module", "insert", "extend"):
            return self._register(module, name, arguments, node)
        if name in ("register_parameter", "register_buffer") and len(arguments) > 1:
            if isinstance(owner, Instance):
                owner.names[str(arguments[0])] = arguments[1]
            if name == "register_parameter":
                self.changed(owner, str(arguments[0]), arguments[1])
            return None
        if name in ("items", "named_children"):
            return [(key, as_value(each)) for key, each in module.children.items()]
        if name == "keys":
            return list(module.children)
        if name in ("values", "children"):
            return [as_value(each) for each in module.children.values()]
        if name == "parameters":
            return ParameterGroup(module)
        if name in ("__init__", "named_parameters", "modules", "named_modules"):
            return None if name == "__init__" else values.unknown(node)
        tensors = [each for each in arguments if isinstance(each, TensorValue)]
        return self.lost(node, f"{name} is not known") if tensors else values.unknown(node)

    def _register(
        self, module: TorchModule, name: str, arguments: list[Any], node: ast.Call
    ) -> None:
        """`append`, `insert`, `extend`, `add_module`."""
        if name == "extend":
            listed = arguments[0] if arguments else []
            listed = listed if isinstance(listed, list | tuple) else self.entries(listed) or []
            for each in listed:
                inner = as_module(each)
                if inner is not None:
                    module.add(inner)
            return
        inner = as_module(arguments[-1]) if arguments else None
        if inner is None:
            self.note(f"{self.place(node)}: the module that is added here is not known")
        elif name == "append":
            module.add(inner)
        elif name == "insert" and isinstance(arguments[0], int):
            several = list(module.children.values())
            several.insert(arguments[0], inner)
            module.children = {str(number): each for number, each in enumerate(several)}
        else:
            module.add(inner, str(arguments[0]))

    def _packing(self, name: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Packed sequences, whose padded shape is kept with the batch first."""
        first = arguments[0] if arguments else options.get("input", options.get("sequence"))
        if name == "pack_padded_sequence":
            flag = options.get("batch_first", arguments[2] if len(arguments) > 2 else False)
            shape = getattr(first, "shape", None)
            if shape is None or len(shape) < 2 or not isinstance(flag, bool):
                return PackedTensor(None)
            return PackedTensor(shape if flag else (shape[1], shape[0], *shape[2:]))
        if name == "pad_packed_sequence":
            flag = options.get("batch_first", arguments[1] if len(arguments) > 1 else False)
            shape = getattr(first, "shape", None)
            if shape is None or not isinstance(flag, bool):
                return (TensorValue(None), TensorValue(None))
            padded = shape if flag else (shape[1], shape[0], *shape[2:])
            return (TensorValue(padded), TensorValue((shape[0],)))
        return PackedTensor(None)

    # Modules that are called

    def apply(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The results of a module that is called."""
        instance = module.instance
        forward = instance.cls.get("forward", None) if instance is not None else None
        if instance is not None and isinstance(forward, DefinedFunction):
            self.depth += 1
            try:
                return self.interpreter.calls.function(forward, [instance, *arguments], options)
            finally:
                self.depth -= 1
        if module.is_layer:
            return self.layer(module, arguments, options, node)
        chain = module.layer_type == "Sequential" or (
            instance is not None
            and any(each.last == "Sequential" for each in instance.cls.bases_outside())
        )
        if chain:
            found: Any = arguments[0] if arguments else options.get("input")
            for each in module.children.values():
                found = self.apply(each, [found], {}, node)
            return found
        if module.layer_type in CONTAINERS:
            raise Fault(
                f"{self.place(node)}: {module.layer_type} has no forward. Call the modules in it."
            )
        return self.lost(node, f"{module.layer_type} has no forward that is known")

    def layer(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The results of a layer of torch.nn."""
        first = arguments[0] if arguments else options.get("input", options.get("query"))
        kind = module.layer_type
        if isinstance(first, tuple | list):
            raise Fault(
                f"{self.place(node)}: {kind} (made at {module.place}) must be given a Tensor, not "
                f"{type(first).__name__}. A recurrent layer returns its output and its states: "
                "take the output alone, for example y, _ = lstm(x)."
            )
        if isinstance(first, TensorValue) and first.shape is None and first.name:
            self._bind(first, module)
        shape = getattr(first, "shape", None)
        if shape is None:
            self.needs.append(module)
            self._bind_states(module, arguments, options)
            self.calls.append(Call(module, replace(self.weights_of(module), outputs=None), (),
                                   self.place(node)))  # fmt: skip
            return self._shaped(module, None, False)
        packed = isinstance(first, PackedTensor)
        more = [each.shape for each in arguments[1:3] if isinstance(each, TensorValue)]
        inputs = [shape, *(each for each in more if each is not None)]
        if kind in ("LSTM", "GRU", "RNN") or kind.endswith("Cell"):
            inputs = [shape]
        if packed and kind in ("LSTM", "GRU", "RNN") and not module.config.get("batch_first"):
            inputs = [(shape[1], shape[0], *shape[2:])]
        try:
            result = self.result_of(module, inputs, node)[1]
            self._check_states(module, inputs[0], arguments, options)
        except LstmInspectError as error:
            self.calls.append(Call(module, self.weights_of(module), (shape,), self.place(node)))
            raise Fault(f"{self.place(node)}: {error} {kind} is made at {module.place}.") from None
        self._note_condition(module, shape, node)
        self.calls.append(Call(module, result, (shape,), self.place(node)))
        return self._shaped(module, result.outputs, packed)

    def _note_condition(self, module: TorchModule, shape: Shape, node: ast.AST) -> None:
        """Take note of a last size that is what the layer needs for some letters alone."""
        config = module.config
        wanted = config.get("in_features", config.get("input_size"))
        if wanted is not None and shape and is_letter(plain(shape[-1] - wanted)):
            self.conditions.setdefault(
                f"{self.place(node)}: {module.layer_type} fits where {shape[-1]} is {wanted}"
            )

    def _bind_states(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """Give states that are inputs of `forward` their shape, where the input has none yet."""
        natural = shapes_for(module, lambda name: self.letter(name, ""))
        if module.layer_type in ("LSTM", "GRU", "RNN") or module.layer_type.endswith("Cell"):
            self._check_states(module, natural[0], arguments, options)

    def result_of(
        self, module: TorchModule, inputs: Sequence[Shape], node: ast.AST
    ) -> tuple[TensorValue, LayerResult]:
        """The first output of a layer, and all that its rule says."""
        layer_type = f"torch.{module.layer_type}"
        if layer_type not in RULES:
            self.end(node, f"the shape that {module.layer_type} returns is not known")
            return TensorValue(None), LayerResult(layer_type, None, work=None, opaque=True)

        def build(*_: Any) -> LayerResult:
            raise ShapeError("no layer of PyTorch wraps another.")

        context = LayerContext(layer_type, module.config, tuple(inputs), {}, "pytorch", build)
        result = rule(layer_type)(context)
        outputs = result.outputs
        return TensorValue(outputs[0] if outputs else None), result

    def weights_of(self, module: TorchModule) -> LayerResult:
        """A layer with its tensors, whatever it is given."""
        natural = shapes_for(module, lambda name: 1000 if name not in ("batch", "time") else 1)
        try:
            found = self.result_of(module, [natural[0]], ast.Constant(0, lineno=1))[1]
        except LstmInspectError as error:
            note = f"{module.place}: its parameters are not counted: {error}"
            layer_type = f"torch.{module.layer_type}"
            return LayerResult(layer_type, None, work=None, note=note, opaque=True)
        return replace(found, outputs=None, work=None)

    def _shaped(self, module: TorchModule, outputs: Any, packed: bool) -> Any:
        """Outputs in the form in which the layer returns them."""
        kind = module.layer_type

        def at(number: int) -> TensorValue:
            return TensorValue(outputs[number] if outputs else None)

        first: Any = at(0)
        if packed:
            shape = first.shape
            if shape is not None and not module.config.get("batch_first"):
                shape = (shape[1], shape[0], *shape[2:])
            first = PackedTensor(shape)
        if kind == "LSTM":
            return (first, (at(1), at(2)))
        if kind in ("GRU", "RNN"):
            return (first, at(1))
        if kind in ("LSTMCell", "MultiheadAttention"):
            return (at(0), at(1))
        return first

    def _check_states(
        self, module: TorchModule, shape: Shape, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """Initial states have the sizes that a recurrent layer needs."""
        wanted = expected_states(module, shape)
        states = options.get("hx", arguments[1] if len(arguments) > 1 else None)
        if wanted is None or states is None:
            return
        several = states if isinstance(states, list | tuple) else (states,)
        is_lstm = module.layer_type.startswith("LSTM")
        if is_lstm and isinstance(states, TensorValue) and states.shape is None and states.name:
            pair = [TensorValue(each, f"{states.name}[{n}]") for n, each in enumerate(wanted)]
            for each in pair:
                self.bound.setdefault(each.name, each.shape)
            return
        if is_lstm and isinstance(states, TensorValue):
            if states.shape is not None:
                raise ShapeError("LSTM needs hx as a pair of tensors, (h_0, c_0), and got one.")
            return
        for number, (each, expected) in enumerate(zip(several, wanted, strict=False)):
            if not isinstance(each, TensorValue):
                continue
            if each.shape is None and each.name:
                each.shape = expected
                self.bound.setdefault(each.name, expected)
            if each.shape is None:
                continue
            same = len(each.shape) == len(expected) and not any(
                differ(a, b) for a, b in zip(each.shape, expected, strict=True)
            )
            if not same:
                raise ShapeError(
                    f"Expected hidden[{number}] size {shapes.text(expected)}, got "
                    f"{shapes.text(each.shape)}."
                )

    def _bind(self, tensor: TensorValue, module: TorchModule) -> None:
        """Give an input of `forward` the shape that its first layer needs."""
        natural = shapes_for(module, lambda name: self.letter(name, tensor.name))
        rank3 = [each for each in natural if len(each) == 3]
        found = natural[0]
        if module.layer_type in ("Linear", "LayerNorm") and self.prefers_time and rank3:
            found = rank3[0]
        tensor.shape = found
        self.bound.setdefault(tensor.name, found)
        self.bound.setdefault(f"{tensor.name} by", module)

    def letter(self, name: str, owner: str) -> Any:
        """The letter of an axis of an input: `batch` is that of all of them."""
        first = not self.bound.get("first") or self.bound["first"] == owner
        text = name if first or name == "batch" else f"{name}_{owner}"
        return self.letters.letter(Unknown(text, f"axis {text}", "the input of forward"))
