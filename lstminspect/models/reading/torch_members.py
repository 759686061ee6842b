"""Attributes, entries and operators of modules and tensors in PyTorch code."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_objects import (
    Fault,
    TensorValue,
    TorchModule,
    as_module,
    as_value,
)
from lstminspect.models.reading.values import Unknown

__all__ = ["Members"]


class Members:
    """Attributes of modules and tensors, their entries; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.place = semantics.place

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
        if name == "data":
            return owner
        if name in ("device", "dtype", "is_cuda", "requires_grad"):
            return Unknown(name)
        return NOTHING

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""
        tensors = [each for each in (left, right) if isinstance(each, TensorValue)]
        if not tensors:
            return self.semantics.interpreter.values.unknown(node)
        try:
            if operation == "MatMult":
                return self.semantics.functions.call("matmul", [left, right], {}, node)
            return self.semantics.functions.broadcast(
                [each for each in (left, right) if each is not None]
            )
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""
        module = as_module(owner)
        if module is not None:
            return self._child(module, keys[0], node)
        if not isinstance(owner, TensorValue):
            return self.semantics.interpreter.values.unknown(node)
        if owner.shape is None:
            if owner.name and len(keys) == 1 and isinstance(keys[0], int):
                return TensorValue(None, f"{owner.name}[{keys[0]}]")
            return TensorValue(None)
        known: list[Any] = []
        for key in keys:
            if isinstance(key, TensorValue):
                known.append(key.shape)
            elif isinstance(key, Unknown) and key.operation[:1] == ("range",):
                known.append((self.semantics.size(key.operation[3]),))
            elif isinstance(key, list | range):
                known.append((len(key),))
            else:
                known.append(key)
            simple = key is None or isinstance(key, int | slice | TensorValue | list | range)
            if not simple and key is not Ellipsis and not isinstance(known[-1], tuple):
                return self.semantics.lost(node, "this index is not known")
            if isinstance(known[-1], tuple) and None in known[-1]:
                return self.semantics.lost(node, "this index is not known")
            if isinstance(key, TensorValue) and key.shape is None:
                return self.semantics.lost(node, "this index is not known")
        try:
            found = shapes.indexed(owner.shape, known)
        except ShapeError as error:
            raise Fault(f"{self.place(node)}: {error}") from None
        if found is None:
            return self.semantics.lost(
                node, "how much this slice takes depends on a size that is open"
            )
        return TensorValue(found)

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
        return self.semantics.interpreter.values.unknown(node)
