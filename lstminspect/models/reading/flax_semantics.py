"""The meaning of calls, attributes and operators in Flax code: linen, NNX, and JAX' arrays."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.calls import Calls
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.flax_layers import FlaxLayers, with_axis, without_axis
from lstminspect.models.reading.flax_methods import FlaxMethods
from lstminspect.models.reading.flax_objects import (
    BASES,
    SIGNATURES,
    FlaxModule,
    Scan,
    as_flax,
    configured,
    family_of,
    is_array_function,
)
from lstminspect.models.reading.flax_scopes import Scopes
from lstminspect.models.reading.flax_tensors import FlaxFunctions
from lstminspect.models.reading.interpreter import DATACLASSES
from lstminspect.models.reading.module_semantics import ModuleSemantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.torch_members import Members
from lstminspect.models.reading.torch_objects import Fault, TensorValue
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Parent,
    opened,
)

__all__ = ["FlaxSemantics"]

#: Methods that are no call of the model.
OUTSIDE = ("__init__", "setup", "__post_init__")
#: Functions that give back what they are given.
SAME = ("jit", "remat", "checkpoint", "compact", "nowrap", "add_metadata_axis", "named_call")
USUAL = {"use_bias": True, "use_scale": True, "time_major": False, "return_carry": False}
#: Functions of numbers that are written before a parenthesis.
ROOTS = ("jnp.sqrt(", "jax.numpy.sqrt(", "jnp.log(", "jnp.array(", "jnp.float32(", "jax.lax.rsqrt(")
METHODS = frozenset(("astype", "block_until_ready", "set", "add", "multiply"))


class _Calls(Calls):
    """Calls; a method of a module is read in the scope of the module."""

    semantics: Any = None

    def function(
        self, callee: DefinedFunction, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """The result of a function of the text for these arguments."""

        def read() -> Any:
            return super(_Calls, self).function(callee, arguments, options)

        module = as_flax(arguments[0]) if callee.owner is not None and arguments else None
        name = getattr(callee.node, "name", "")
        if module is None or module.instance is None or name in OUTSIDE:
            return self.semantics.of_function(callee, read)
        return self.semantics.of_method(module, callee, arguments, options, read)


class FlaxSemantics(ModuleSemantics):
    """The modules of a text, and the calls of one reading of `__call__`."""

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        super().__init__(source, tree, sizes, choices)
        self.interpreter.dataclasses = (*DATACLASSES, *BASES)
        self.interpreter.calls = _Calls(self.interpreter.values, self.interpreter.body)
        self.interpreter.calls.semantics = self
        self.functions = FlaxFunctions(self)
        self.scopes = Scopes(self)
        self.layers = FlaxLayers(self)
        self.methods = FlaxMethods(self)
        self.members = Members(self)
        self.modules: list[FlaxModule] = []
        #: True while a `__call__` is read.
        self.runs = False

    # What the interpreter asks

    def settle(self) -> None:
        """Leave the modules that a line has entered."""
        self.scopes.open.clear()

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name could make a layer."""
        return any(name in each for each in SIGNATURES.values()) or name in ("param", "Param")

    def is_made(self, value: Any) -> bool:
        """True for a module, a tensor, or what makes one."""
        match value:
            case FlaxModule() | TensorValue():
                return True
            case Instance():
                return isinstance(value.native, FlaxModule)
            case DottedName():
                return bool(family_of(value)) and self.makes_layers(value.last)
            case ClassObject(name):
                return name in self.relevance.makers
            case DefinedFunction(node=node):
                return getattr(node, "name", "") in self.relevance.makers
            case _:
                return False

    def progress(self) -> int:
        """A number that grows with every module and call."""
        return len(self.modules) + len(self.layers.calls) + (1_000_000 if self.runs else 0)

    def entries(self, value: Any) -> list[Any] | None:
        """The entries that a loop goes through: the first axis of a tensor."""
        if isinstance(value, TensorValue) and value.shape and isinstance(value.shape[0], int):
            return [TensorValue(value.shape[1:]) for _ in range(min(value.shape[0], 1000))]
        return None

    def made(self, instance: Instance, options: dict[str, Any]) -> None:
        """Give an object of a class that is made from a module its module."""
        bases = list(instance.cls.bases_outside())
        family = next((found for each in bases if (found := family_of(each))), "")
        if any(each.last in BASES for each in bases) and family:
            module = FlaxModule(instance.cls.name, {}, family, instance=instance)
            instance.native = module
            self._new(module, options.get("name"))
        elif family:
            name = bases[0].last
            self.note(f"{instance.cls.name}: a class that is made from {name} is not counted")

    def _new(self, module: FlaxModule, name: Any = None) -> FlaxModule:
        self.modules.append(module)
        self.scopes.enter(module, name)
        return module

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Register a module or a parameter that is an attribute."""
        module = as_flax(owner)
        if module is None:
            return
        if isinstance(value, TensorValue) and value.is_parameter and module.family == "nnx":
            module.arrays[name] = value.shape
        self.scopes.name(module, name, value)

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`."""
        if isinstance(owner, TensorValue):
            if name in ("value", "at", "real"):
                return owner
            if name == "size" and owner.shape is not None:
                from lstminspect.sizes import product

                return self.as_number(product(owner.shape))
            return self.members.attribute(owner, name)
        module = as_flax(owner)
        if module is not None and module.is_layer and name in module.config:
            return self.as_number(module.config[name])
        if module is not None and module.is_layer and name == "num_feature_axes":
            return 1
        return NOTHING

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""
        if not any(isinstance(each, TensorValue) for each in (left, right)):
            return self.interpreter.values.unknown(node)
        values = [each for each in (left, right) if each is not None]
        name = {"Add": "add", "Sub": "sub", "Mult": "mul", "Div": "div"}.get(operation, operation)
        try:
            if operation == "MatMult" and isinstance(left, TensorValue):
                return self.functions.call("matmul", values, {}, node)
            return self.functions.broadcast(name, values)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`; JAX takes the last entry for an index that is too large."""
        shape = getattr(owner, "shape", None)
        keys = [None if getattr(each, "last", "") == "newaxis" else each for each in keys]
        if shape is not None:
            many = sum(1 for each in keys if each is not None and each is not Ellipsis)
            if many > len(shape):
                raise Fault(
                    f"{self.place(node)}: Too many indices: array is {len(shape)}-dimensional, "
                    f"but {many} were indexed."
                )
            keys = [0 if isinstance(each, int) else each for each in keys]
        return self.members.subscripted(owner, keys, node)

    def is_scalar(self, value: Any) -> bool:
        """True for an unknown value that is a number for certain."""
        return super().is_scalar(value) or getattr(value, "text", "").startswith(ROOTS)

    def resolved(self, config: dict[str, Any], node: ast.AST) -> dict[str, Any]:
        """Arguments with letters for what the text leaves open."""
        place = self.place(node)

        def known(name: str, value: Any) -> Any:
            if isinstance(value, list | tuple) and name != "layers":
                return type(value)(known(name, each) for each in value)
            if name in USUAL and opened(value):
                usual = USUAL[name]
                text = getattr(value, "text", "") or name
                self.note(f"{place}: {name}={text} is not known and is taken as {usual}")
                return usual
            sized = name.endswith(("features", "size", "embeddings", "strides", "heads"))
            return self.letters.size(value, place) if sized and opened(value) else value

        return {name: known(name, value) for name, value in config.items() if value is not None}

    # Calls

    def of_function(self, callee: DefinedFunction, read: Any) -> Any:
        """The result of a function of the text outside the modules."""
        decorators = " ".join(map(ast.unparse, getattr(callee.node, "decorator_list", [])))
        if "vmap" in decorators and self.matters(callee.node, {}):
            self.note(f"{self.place(callee.node)}: vmap makes copies, which are not counted")
        return read()

    def of_method(
        self, module: FlaxModule, callee: DefinedFunction, arguments: list[Any],
        options: dict[str, Any], read: Any,
    ) -> Any:  # fmt: skip
        """The result of a method of a module of the text, in the scope of the module."""
        name = getattr(callee.node, "name", "")
        if not self.runs and not self.scopes.open and name == "__call__":
            return self.begin(module, arguments[1:], options)
        scan = self._scan_of(callee)
        if scan is None:
            return self.scopes.inside(module, read)
        for each in arguments[2:3]:
            self.layers.open_sequence(each, scan.in_axes)
        rest = [each for each in arguments[2:] if isinstance(each, TensorValue) and each.shape]
        if not rest:
            return self.scopes.inside(module, read)
        many = rest[0].shape[scan.in_axes]  # type: ignore[index]
        arguments[2:] = [without_axis(each, scan.in_axes) for each in arguments[2:]]
        found = self.scopes.inside(module, read)
        if isinstance(found, tuple) and len(found) == 2:
            return (found[0], with_axis(found[1], scan.out_axes, many))
        return found

    def _scan_of(self, callee: DefinedFunction) -> Scan | None:
        """The `nn.scan` that a method is decorated with."""
        for each in getattr(callee.node, "decorator_list", []):
            if isinstance(each, ast.Call) and "scan" in ast.unparse(each):
                values = self.interpreter.values
                options = {one.arg: values.value(one.value) for one in each.keywords if one.arg}
                return self._scan(None, options)
        return None

    def _scan(self, target: Any, options: dict[str, Any], more: tuple[Any, ...] = ()) -> Scan:
        axes = [options.get(key, 0) for key in ("in_axes", "out_axes")]
        axes = [each if isinstance(each, int) else 0 for each in axes]
        variables = options.get("variable_axes")
        many = isinstance(variables, dict) and isinstance(variables.get("params"), int)
        return Scan(target, axes[0], axes[1], many, more)

    def begin(self, module: FlaxModule, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Take note of what the text gives a model; it is read afterwards."""
        known = [*arguments, *options.values()]
        if module.inputs is None and any(getattr(each, "shape", None) for each in known):
            module.inputs = (list(arguments), dict(options))
        return TensorValue(None)

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call."""
        try:
            return self._called(callee, arguments, options, node)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def _called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        match callee:
            case FlaxModule() if not self.runs and not self.scopes.open:
                return self.begin(callee, arguments, options)
            case FlaxModule(layer_type="scan"):
                return self._scanned(callee, arguments, node)
            case FlaxModule():
                return self.layers.apply(callee, arguments, options, node)
            case Scan():
                return self._scan_made(callee, arguments, options, node)
            case BoundMethod(owner=TensorValue() as tensor, name=name):
                return self._function(name, [tensor, *arguments], options, node)
            case BoundMethod(owner=owner, name=name):
                owner = owner.owner if isinstance(owner, Parent) else owner
                module = as_flax(owner)
                if module is not None:
                    return self.methods.method(module, owner, name, arguments, options, node)
            case DottedName():
                return self._named(callee, arguments, options, node)
        if any(isinstance(each, TensorValue) for each in arguments):
            return self.lost(node, f"{self.source.shown(node.func)} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    def _function(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a function of arrays."""
        first = arguments[0] if arguments else None
        if name in METHODS and isinstance(first, TensorValue):
            return first
        found = self.functions.call(name, arguments, options, node)
        given = any(getattr(each, "shape", None) is not None for each in arguments)
        if found is NOTHING:
            tensors = any(isinstance(each, TensorValue) for each in arguments)
            if not tensors or name in ("item", "tolist"):
                return self.interpreter.values.unknown(node)
            return self.lost(node, f"{name} is not followed here") if given else TensorValue(None)
        if isinstance(found, TensorValue) and found.shape is None and given:
            self.end(node, f"the shape of {name}(...) is not known here")
        return found

    def _named(
        self, callee: DottedName, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call of a name that the text does not define."""
        last, family = callee.last, family_of(callee)
        first = arguments[0] if arguments else None
        if callee.name == "len" and isinstance(first, TensorValue) and first.shape:
            return self.as_number(first.shape[0])
        if last == "initialize_carry":
            units = self.functions.sizes(arguments[-1:])
            shape = self.functions.sizes(
                [each for each in arguments[:-1] if self.methods.is_shape(each)]
            )
            is_pair = "LSTM" in callee.name
            return self.methods.states(
                None if not shape or not units else (*shape, *units), is_pair
            )
        if family and last in SIGNATURES[family]:
            place = self.place(node)
            config = configured(family, last, arguments, options, place)
            name = config.pop("name", None)
            return self._new(FlaxModule(last, self.resolved(config, node), family, place), name)
        if family and last == "scan" and first is not None:
            return self._scan(first, options)
        if family == "nnx" and last in ("List", "Dict", "data"):
            return dict(first or {}, **options) if last == "Dict" else first
        if family == "nnx" and last in ("Param", "Variable", "BatchStat"):
            held = first.shape if isinstance(first, TensorValue) else None
            if held is None and last == "Param":
                self.note(f"{self.place(node)}: the shape of this Param is not known")
            return TensorValue(held, is_parameter=last == "Param")
        if last in SAME and arguments:
            return first
        if last == "eval_shape" and arguments:
            return self.interpreter.calls.applied(first, arguments[1:], options, node)
        if callee.name in ("jax.lax.scan", "lax.scan") and len(arguments) > 2:
            return self.layers.steps(first, Scan(None), arguments[1:3], node)
        if is_array_function(callee):
            return self._function(last, arguments, options, node)
        if family and last[:1].isupper() and last not in ("Rngs", "Module"):
            self.note(f"{self.place(node)}: {last} is not known; its parameters are not counted")
        if any(isinstance(each, TensorValue) for each in arguments):
            return self.lost(node, f"{self.source.shown(node.func)} is not known")
        return self.interpreter.calls.open_call(callee, arguments, options, node)

    # Scans of modules

    def _scan_made(
        self, scan: Scan, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """`nn.scan(nn.LSTMCell, ...)(features=64)`: a module that goes through an axis."""
        inner = self.interpreter.calls.applied(scan.target, arguments, options, node)
        if as_flax(inner) is None:
            self.note(f"{self.place(node)}: what is scanned here is not known")
        if scan.many:
            text = "every step of this scan has parameters of its own; those of one are counted"
            self.note(f"{self.place(node)}: {text}")
        return FlaxModule("scan", {"scan": scan, "cell": inner}, place=self.place(node), path="")

    def _scanned(self, module: FlaxModule, arguments: list[Any], node: ast.Call) -> Any:
        return self.layers.steps(module.config["cell"], module.config["scan"], arguments, node)
