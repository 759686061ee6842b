"""Known: a tensor of a graph that follows from stored ones, by its shape, and its values if asked.

Exporters put the gates of a layer into ONNX's order by nodes: Slice, Concat, Unsqueeze. The shape
of what comes to a recurrent node follows from the shapes of the stored tensors alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.dtypes import byte_count
from lstminspect.files.onnx.graph import Node
from lstminspect.files.onnx.stored import EXTERNAL, StoredTensor, file_tensor
from lstminspect.files.onnx.wire import Wire

__all__ = ["Call", "Known", "Rule", "evaluate"]

#: Steps from a stored tensor to what it becomes.
MOST_STEPS = 64
#: Stored tensors that one is made of.
MOST_SOURCES = 256
#: Values of a tensor that are numbers for a node: axes, starts, sizes.
MOST_NUMBERS = 4096


@dataclass(frozen=True, eq=False)
class Known:
    """A tensor: `stored` where it is one of the file, else `compute` makes it of `inputs`.

    `key` is the same for two that are computed in the same way of the same stored tensors.
    """

    shape: tuple[int, ...]
    dtype: str
    key: int
    sources: frozenset[StoredTensor] = frozenset()
    stored: StoredTensor | None = None
    inputs: tuple[Known | None, ...] = ()
    compute: Callable[..., Any] | None = field(default=None, repr=False)
    steps: int = 0

    @property
    def size(self) -> int:
        """The number of its values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes that it would take if it were stored."""
        return byte_count(self.dtype, self.shape)

    @cached_property
    def has_values(self) -> bool:
        """False where an input of the graph is among what it is made of."""
        if self.stored is None and self.compute is None:
            return False
        return all(each is None or each.has_values for each in self.inputs)

    @property
    def plausible(self) -> bool:
        """False where it has far more values than what it is made of."""
        if len(self.sources) > MOST_SOURCES:
            return False
        stored = sum(math.prod(each.shape) for each in self.sources)
        return self.steps <= MOST_STEPS and self.size <= 4 * stored + (1 << 20)


#: The shape, the type, and the values from those of the inputs.
Rule = Callable[["Call"], "tuple[tuple[int, ...], str, Callable[..., Any]] | None"]


@dataclass(frozen=True)
class Call:
    """A node whose inputs are known: what a rule reads."""

    wire: Wire
    node: Node
    inputs: tuple[Known | None, ...]
    attributes: dict[str, Any]
    output: int
    opset: int

    @property
    def first(self) -> Known:
        """The first input. Raises LookupError where it is not known."""
        return self.known(0)

    def known(self, number: int) -> Known:
        """An input by its number. Raises LookupError where it is not known."""
        value = self.inputs[number]
        if value is None:
            raise LookupError(number)
        return value

    def numbers(self, attribute: str, number: int) -> list[int] | None:
        """Whole numbers that are an attribute in old versions, and an input in new ones."""
        value = self.attributes.get(attribute)
        if value is not None:
            return [int(each) for each in value]
        if len(self.inputs) <= number or not self.node.inputs[number]:
            return None
        return self.whole(self.known(number))

    def whole(self, known: Known) -> list[int]:
        """The values of a small tensor. Raises LookupError for a large one or an open one."""
        outside = any(each.form == EXTERNAL for each in known.sources)
        if known.size > MOST_NUMBERS or outside or not known.has_values:
            raise LookupError(known.shape)
        values = evaluate(self.wire, known).reshape(-1).tolist()
        return [int(each) for each in values]


def evaluate(wire: Wire, known: Known, name: str = "") -> Any:
    """The values of a tensor as an array. Raises FileError where the file does not hold them."""
    made: dict[int, Any] = {}

    def value(each: Known | None) -> Any:
        if each is None:
            return None
        if id(each) not in made:
            if each.stored is not None:
                made[id(each)] = file_tensor(wire, each.stored, each.stored.name).values()
            elif each.compute is None:
                raise FileError(f"{quoted(name)} is an input of the graph: the file has no values.")
            else:
                made[id(each)] = each.compute(*_values(each.inputs))
        return made[id(each)]

    def _values(inputs: Sequence[Known | None]) -> list[Any]:
        return [value(each) for each in inputs]

    return value(known)
