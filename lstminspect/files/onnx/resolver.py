"""Resolver: what is known of a name in a graph, from the stored tensors that it is made of."""

from __future__ import annotations

from functools import partial
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.onnx.graph import Node, OnnxModel
from lstminspect.files.onnx.known import MOST_STEPS, Call, Known
from lstminspect.files.onnx.rules import RULES
from lstminspect.files.onnx.scope import Scope
from lstminspect.files.onnx.stored import StoredTensor
from lstminspect.files.onnx.wire import Wire

__all__ = ["Resolver", "constant"]

STANDARD = ("", "ai.onnx")
#: The attributes of a Constant that is not a tensor.
NUMBERS = {
    "value_int": "int64",
    "value_ints": "int64",
    "value_float": "float32",
    "value_floats": "float32",
}


class Resolver:
    """The tensors of a model that follow from stored ones, each followed once."""

    def __init__(self, wire: Wire, model: OnnxModel) -> None:
        self.wire = wire
        self.opset = max((model.opsets.get(each, 0) for each in STANDARD), default=0)
        self._known: dict[tuple[int, str], Known | None] = {}
        self._keys: dict[Any, int] = {}

    def known(self, scope: Scope, name: str, depth: int = 0) -> Known | None:
        """The tensor that a name is in a scope. None where it depends on an input."""
        place = scope.place(name) if name and depth <= MOST_STEPS else None
        if place is None:
            return None
        where, name = place
        index = (id(where), name)
        if index not in self._known:
            self.wire.source.check_time()
            self._known[index] = None  # A graph that runs in a circle ends here.
            self._known[index] = self._made(where, name, depth)
        return self._known[index]

    def _made(self, scope: Scope, name: str, depth: int) -> Known | None:
        if (tensor := scope.graph.tensors.get(name)) is not None:
            return self.stored(tensor)
        if name not in scope.producers:
            sizes = scope.graph.inputs[name]
            if scope.outer is not None or sizes is None:
                return None
            shape = tuple(each for each in sizes if isinstance(each, int) and each >= 0)
            if len(shape) < len(sizes):
                return None
            return Known(shape, "float32", self._key("input", id(scope), name))
        node, output = scope.producers[name]
        if (tensor := constant(node)) is not None:
            return self.stored(tensor)
        if node.domain not in STANDARD:
            return None
        return self._computed(scope, node, output, depth)

    def _computed(self, scope: Scope, node: Node, output: int, depth: int) -> Known | None:
        if node.operator == "Constant":
            return self._numbers(scope, node)
        if node.operator == "Identity" and node.inputs:
            return self.known(scope, node.inputs[0], depth + 1)
        rule = RULES.get(node.operator)
        if rule is None or len(node.inputs) > 64:
            return None
        inputs = tuple(self.known(scope, each, depth + 1) for each in node.inputs)
        attributes = {each: scope.attribute(node, each) for each in node.attributes}
        try:
            result = rule(Call(self.wire, node, inputs, attributes, output, self.opset))
        except FileError:
            raise
        except Exception:  # Something that the rule needs is not known, or does not fit.
            return None
        if result is None:
            return None
        shape, dtype, compute = result
        keys = tuple(None if each is None else each.key for each in inputs)
        known = Known(
            shape,
            dtype,
            self._key(node.operator, output, keys, repr(sorted(attributes.items()))),
            frozenset().union(*(each.sources for each in inputs if each is not None)),
            None,
            inputs,
            compute,
            1 + max((each.steps for each in inputs if each is not None), default=0),
        )
        return known if known.plausible else None

    def stored(self, tensor: StoredTensor) -> Known | None:
        """A tensor of the file; those of the same small numbers have the same key."""
        if tensor.dtype == "string":
            return None
        known = Known(tensor.shape, tensor.dtype, 0, frozenset((tensor,)), tensor)
        key: Any = id(tensor)
        # Each slice has its starts and ends as tensors of its own.
        if tensor.dtype == "int64" and known.size <= 8 and tensor.spans:
            source = self.wire.source
            key = [source.values(start, end - start) for start, end in tensor.spans]
        return Known(
            tensor.shape,
            tensor.dtype,
            self._key("stored", tensor.shape, str(key)),
            known.sources,
            tensor,
        )

    def _numbers(self, scope: Scope, node: Node) -> Known | None:
        """A Constant whose numbers are attributes."""
        import numpy as np

        for name, dtype in NUMBERS.items():
            value = scope.attribute(node, name)
            if isinstance(value, int | float | list):
                array = np.array(value, dtype)
                key = self._key("numbers", dtype, repr(value))
                return Known(array.shape, dtype, key, compute=partial(np.array, array))
        return None

    def _key(self, *parts: Any) -> int:
        return self._keys.setdefault(parts, len(self._keys) + 1)


def constant(node: Node) -> StoredTensor | None:
    """The tensor that a node Constant holds, if it does."""
    value = node.attributes.get("value") if node.operator == "Constant" else None
    return value if isinstance(value, StoredTensor) else None
