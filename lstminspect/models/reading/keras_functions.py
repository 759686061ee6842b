"""Functions and operators on tensors in Keras code, and the shapes of tensors."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, TensorRef, tensor_refs
from lstminspect.models.inference import ShapeInference
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.keras_names import (
    is_framework,
)
from lstminspect.models.reading.objects import (
    SymbolicTensor,
    symbols_in,
)
from lstminspect.models.reading.tensor_functions import shapes_after
from lstminspect.models.reading.values import (
    BoundMethod,
    DefinedFunction,
    DottedName,
    ShapedArray,
    Unknown,
    opened,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["TensorFunctions"]

OPERATIONS = {"Add": "Add", "Sub": "Subtract", "Mult": "Multiply"}
#: Operators that go entry by entry.
ENTRYWISE = ("Add", "Sub", "Mult", "Div", "Pow", "Negative")


class TensorFunctions:
    """Functions and operators on tensors, and the shapes of tensors, for a KerasSemantics."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        #: The shapes of the results of calls, by number, worked out as they are asked for.
        self.shapes: dict[int, tuple[Shape | None, ...]] = {}

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
        symbols = symbols_in([arguments, options])
        if name in ("shape", "int_shape", "get_shape", "set_shape"):
            shape = self.shape_of(symbols[0])
            return shape if name != "set_shape" else None
        if name in ("unstack", "split", "unpack"):
            return self.several(name, symbols[0], arguments, options, node)
        arguments = [self.open_sizes(each) for each in arguments]
        options = {key: self.open_sizes(each) for key, each in options.items()}
        if name == "one_hot":
            size = self.semantics.letters.size
            arguments = [size(each) if opened(each) else each for each in arguments]
            options = {key: size(each) if opened(each) else each for key, each in options.items()}
        shapes = shapes_after(name, arguments, options)
        if shapes is None:
            return NOTHING
        return self.semantics.result(self.function(name, shapes, node), _refs(symbols), {})

    def function(self, name: str, shapes: Any, node: ast.expr, results: int = 1) -> LayerSpec:
        """A function of tensors as a layer, whose `shapes` are those of its results."""
        config = {"shapes": shapes, "results": results}
        return LayerSpec(
            "Function", config, self.semantics.calls.named(name), self.semantics.place(node)
        )

    def open_sizes(self, value: Any) -> Any:
        """A shape in a call with letters for what is not known."""
        if isinstance(value, list | tuple) and any(opened(each) for each in value):
            return [self.semantics.letters.size(each) if opened(each) else each for each in value]
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
                self.semantics.interpreter.values.count(max(wanted, 0))
                part = size // wanted if isinstance(size, int) else None
                sizes = [part] * wanted
            if not isinstance(sizes, list):
                return NOTHING
            parts = [(*shape[:axis], each, *shape[axis + 1 :]) for each in sizes]
        else:
            many = size if isinstance(size, int) else options.get("num", 1)
            many = many if isinstance(many, int) else 1
            self.semantics.interpreter.values.count(many)
            parts = [(*shape[:axis], *shape[axis + 1 :])] * many
        if name != "split":
            # All parts are alike: one stands for each.
            made = self.function(name, lambda _: parts[0], node)
            return [self.semantics.result(made, (tensor.ref,), {})] * len(parts)
        made = self.function(name, lambda _: tuple(parts), node, len(parts))
        found = self.semantics.result(made, (tensor.ref,), {})
        return found if isinstance(found, list) else [found]

    def shapes_of_lambda(
        self, function: DefinedFunction, shapes: Sequence[Shape]
    ) -> tuple[Shape, ...] | None:
        """The shapes that the function of a Lambda gives; None where it is not followed."""
        inputs = [
            self.semantics.calls.call(LayerSpec(INPUT, {"batch_shape": each}, "input"), (), {})[0]
            for each in shapes
        ]
        kept, start = [*self.semantics.results], len(self.semantics.calls.made)
        argument = inputs[0] if len(inputs) == 1 else inputs
        try:
            found = self.semantics.interpreter.calls.function(function, [argument], {})
        except (ModelError, RecursionError):
            return None
        finally:
            self.semantics.results[:] = kept
        # A layer that is called in it has weights of its own, which nobody would count.
        plain = ("Function", "GetItem", "Operation", "Add", "Multiply", "Subtract", "Concatenate")
        if any(spec.layer_type not in plain for spec, _, _ in self.semantics.calls.made[start:]):
            return None
        sizes = [self.shape_of(each) for each in symbols_in(found)]
        known = bool(sizes) and all(isinstance(each, tuple) for each in sizes)
        return tuple(sizes) if known else None

    def shape_of(self, tensor: SymbolicTensor) -> Any:
        """The shape of a tensor, where it is known by now."""
        call, result = tensor.ref
        self.semantics.interpreter.values.count()
        shapes = self._shapes_of(call)
        found = shapes[result] if result < len(shapes) else None
        return (
            Unknown(f"{self.semantics.calls.made[call][0].name}.shape") if found is None else found
        )

    def _shapes_of(self, wanted: int) -> tuple[Shape | None, ...]:
        """The shapes of the results of a call, from those of what it reads."""
        inference = ShapeInference()
        open_calls = [wanted]
        while open_calls:
            number = open_calls[-1]
            spec, reads, options = self.semantics.calls.made[number]
            refs = [*reads, *(ref for each in options.values() for ref in tensor_refs(each))]
            missing = [ref.call for ref in refs if ref.call not in self.shapes]
            if missing:
                self.semantics.interpreter.values.count(len(missing))
                open_calls.extend(missing)
                continue
            open_calls.pop()
            self.shapes[number] = inference.call(spec, reads, options, self.shapes)
        return self.shapes[wanted]

    def combined_tensors(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """Arithmetic on tensors: entry by entry, or of which nothing is known."""
        symbols = [each for each in (left, right) if isinstance(each, SymbolicTensor)]
        found = self.semantics.data.combined(left, right)
        if found is not NOTHING and not symbols:
            return found
        if not symbols:
            return self.semantics.interpreter.values.unknown(node)
        if operation == "MatMult" and len(symbols) == 2:
            made = self.function("matmul", shapes_after("matmul", [], {}), node)
            return self.semantics.result(made, _refs(symbols), {})
        weights = [
            self.semantics.calls.made[each.ref.call][0].layer_type == "Weight" for each in symbols
        ]
        if any(weights) and operation in ENTRYWISE:
            made = self.function(operation.lower(), shapes_after("add", [], {}), node)
            return self.semantics.result(made, _refs(symbols), {})
        plain = all(
            isinstance(each, SymbolicTensor | ShapedArray | int | float | None) or opened(each)
            for each in (left, right)
        )
        layer_type = "Operator" if operation == "Add" else operation
        if plain and operation in ENTRYWISE:
            layer_type = (
                OPERATIONS.get(operation, "Operation") if len(symbols) == 2 else "Operation"
            )
        made = self.semantics.spec(layer_type, {}, node)
        return self.semantics.result(made, tuple(each.ref for each in symbols), {})

    def part_of_tensor(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """A part of a tensor, for example `x[:, -1]`."""
        if isinstance(owner, ShapedArray):
            return self.semantics.data.part(owner, keys, node)
        if not isinstance(owner, SymbolicTensor):
            return self.semantics.interpreter.values.unknown(node)
        made = self.semantics.spec("GetItem", {"keys": tuple(keys)}, node)
        return self.semantics.result(made, (owner.ref,), {})


def _refs(tensors: Sequence[SymbolicTensor]) -> tuple[TensorRef, ...]:
    return tuple(each.ref for each in tensors)
