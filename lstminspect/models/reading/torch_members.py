"""Attributes, entries and operators of modules and tensors in PyTorch code."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_data import DatasetValue, LoaderValue
from lstminspect.models.reading.torch_objects import (
    Fault,
    TensorValue,
    TorchModule,
    as_module,
    as_value,
)
from lstminspect.models.reading.torch_types import joined
from lstminspect.models.reading.values import Unknown
from lstminspect.sizes import is_letter

__all__ = ["Members"]

COMPARISONS = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "In", "NotIn")


class Members:
    """Attributes of modules and tensors, their entries; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.place = semantics.place

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`."""
        if isinstance(owner, TensorValue):
            return self._tensor_attribute(owner, name)
        if isinstance(owner, DatasetValue | LoaderValue):
            return self.semantics.data.attribute(owner, name)
        if isinstance(owner, tuple) and len(owner) == 2 and name in ("values", "indices"):
            return owner[name == "indices"]
        module = as_module(owner)
        if module is None:
            return NOTHING
        if name in module.children:
            return as_value(module.children[name])
        if name in module.config:
            return self.semantics.as_number(module.config[name])
        if name in ("weight", "bias") and module.is_layer:
            tensors = {
                each.name: each.shape for each in self.semantics.layers.weights_of(module).tensors
            }
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
            return tuple(map(self.semantics.as_number, shape))
        if name == "ndim":
            return NOTHING if shape is None else len(shape)
        if name == "data" or (name == "values" and owner.is_array):
            return owner
        if name in ("device", "dtype", "is_cuda", "requires_grad"):
            return Unknown(name)
        return NOTHING

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""
        tensors = [each for each in (left, right) if isinstance(each, TensorValue)]
        if not tensors:
            values = self.semantics.interpreter.values
            # `shape[:-1] + (4,)` is a shape, and no size.
            several = operation == "Add" and any(isinstance(each, tuple) for each in (left, right))
            return values.declined(node) if several else values.unknown(node)
        try:
            if operation == "MatMult":
                return self.semantics.functions.call("matmul", [left, right], {}, node)
            both = [each for each in (left, right) if each is not None]
            found: TensorValue = self.semantics.functions.broadcast(both)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None
        found.is_array = all(each.is_array for each in tensors)
        found.dtype = "bool" if operation in COMPARISONS else joined(both)
        if operation == "Div" and found.dtype in ("long", "int", "bool"):
            found.dtype = "double" if found.is_array else "float"
        return found

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""
        module = as_module(owner)
        if module is not None:
            return self._child(module, keys[0], node)
        if isinstance(owner, DatasetValue):
            return self.semantics.data.entries(owner)[0]
        if not isinstance(owner, TensorValue):
            return self.semantics.interpreter.values.unknown(node)
        if owner.shape is None:
            if owner.name and len(keys) == 1 and isinstance(keys[0], int):
                made = ("index", owner, keys)
                return TensorValue(None, f"{owner.name}[{keys[0]}]", made_of=made)
            several = [self._key(each) for each in keys]
            step = None if NOTHING in several else ("index", owner, several)
            return TensorValue(None, dtype=owner.dtype, made_of=step)
        known = [self._key(each) for each in keys]
        if NOTHING in known:
            return self.semantics.lost(node, "this index is not known")
        try:
            found = shapes.indexed(owner.shape, known)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None
        if found is None:
            text = "how much this slice takes depends on a size that is open"
            return self.semantics.lost(node, text)
        for size, key in zip(owner.shape, known, strict=False):
            if is_letter(size) and isinstance(key, slice):
                self._assume(size, key, node)
        return TensorValue(found, dtype=owner.dtype, is_array=owner.is_array)

    def _assume(self, size: Any, key: slice, node: ast.expr) -> None:
        """Take note of the length that a slice needs of an axis whose size is a letter."""
        start, stop = key.start, key.stop
        least = stop if isinstance(stop, int) and stop > 1 else None
        if stop is None and isinstance(start, int) and start < -1:
            least = -start
        if least is not None:
            self.semantics.note(f"{self.place(node)}: {size} is taken as {least} or more", False)

    def _key(self, key: Any) -> Any:
        """A key as `indexed` takes it; NOTHING for one that is not known."""
        if isinstance(key, TensorValue):
            # How many entries of a mask are true is not known.
            return NOTHING if key.shape is None or key.dtype == "bool" else key.shape
        if isinstance(key, list | range):
            return (len(key),) if not any(isinstance(each, bool) for each in key[:1]) else NOTHING
        if isinstance(key, Unknown) and key.operation[:1] == ("range",):
            size = self.semantics.size(key.operation[3])
            return NOTHING if size is None else (size,)
        if isinstance(key, Unknown) and key.operation[:1] == ("cut",):
            ends = [end if end is None else self.semantics.size(end) for end in key.operation[1:]]
            lost = any(
                each is None and end is not None
                for each, end in zip(ends, key.operation[1:], strict=True)
            )
            return NOTHING if lost else slice(*ends)
        if key is None or key is Ellipsis or isinstance(key, int | slice):
            return key
        return 0 if self.semantics.is_scalar(key) else NOTHING

    def _child(self, module: TorchModule, key: Any, node: ast.expr) -> Any:
        """An entry of a Sequential, a ModuleList or a ModuleDict."""
        if isinstance(key, str) and key in module.children:
            return as_value(module.children[key])
        held: Any = module.entries
        if held and isinstance(key, str | int):
            entry = held.get(str(key % len(held) if isinstance(key, int) else key))
            if entry is not None:
                return entry
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
        return self.semantics.interpreter.values.unknown(node)
