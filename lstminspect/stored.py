"""Stored: what a layer's weights are under one convention, as tensors, a count and a formula.

It stands below `layer`: what is stored depends on the cell, its sizes and the stack alone, and not
on time, the batch or what is returned. `Layer.stored` makes one, and is the one door at which a
convention is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.conventions import Convention, PackedTensor
from lstminspect.display import Answer
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES
from lstminspect.formula import Formula, multiplied, of_blocks, replaced, total
from lstminspect.sizes import Quantity, exact_sizes, product

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["DIRECTIONS", "Shape", "Stored", "StoredDirection", "Weight"]

DIRECTIONS = ("forward", "backward")

#: Sizes of a tensor, outermost first; None where nothing is known.
Shape = tuple[Quantity, ...]

Sizes = dict[str, Quantity]


class Weight(NamedTuple):
    """One stored tensor of a layer: its name, its shape, how many parameters, which blocks.

    `rows` above 1 says that the blocks fill so many equal rows, as in the bias of Keras' GRU.
    """

    name: str
    shape: Shape
    parameters: Quantity
    blocks: tuple[str, ...]
    rows: int
    layer: int
    direction: str

    @property
    def gates(self) -> tuple[str, ...]:
        """The gate of each block, in storage order; a block of no gate by its own name."""
        names = [conventions.slot(text).block for text in self.blocks]
        return tuple(name.partition("_")[2] or name for name in names)


class StoredDirection(NamedTuple):
    """The tensors of one layer in one direction, and its sizes.

    `axis` is its place on the axis of directions, where the convention has one.
    """

    tensors: tuple[tuple[PackedTensor, Weight], ...]
    sizes: Sizes
    axis: int | None

    def own(self, array: Any) -> Any:
        """The part of a tensor's values that is this direction's."""
        return array if self.axis is None else array[self.axis]


@dataclass(frozen=True, eq=False, repr=False)
class Stored(Answer):
    """A layer's weights under `convention`: every layer of the stack, in every direction.

    `sizes` are those of the first layer; a layer above takes inputs of `width`.

    >>> from lstminspect import Layer
    >>> stored = Layer("lstm", units=64, features=3).stored("pytorch")
    >>> stored.parameters, [weight.shape for weight in stored.weights]
    (17664, [(256, 3), (256, 64), (256,), (256,)])
    """

    convention: Convention
    cell: Cell
    sizes: Sizes
    use_bias: bool = True
    layers: int = 1
    bidirectional: bool = False
    concatenated: bool = False

    def __repr__(self) -> str:
        names = ", ".join(weight.name for weight in self.weights[:4])
        more = f", and {len(self.weights) - 4} more" if len(self.weights) > 4 else ""
        return f"<Stored {self.cell.name} as {self.title} has it: {names}{more}>"

    @property
    def name(self) -> ConventionName:
        """The name of the convention."""
        return self.convention.name

    @property
    def title(self) -> str:
        """The framework's name in a sentence."""
        return self.convention.title

    @property
    def directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    @cached_property
    def packed(self) -> tuple[PackedTensor, ...]:
        """The tensors of one layer in one direction."""
        return self.convention.stacks(self.cell, self.use_bias)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of one layer in one direction, as often as they are stored."""
        return self.convention.blocks(self.cell, self.use_bias)

    @property
    def parameters(self) -> Quantity:
        """Trainable parameters of all layers and directions."""
        return self._count(self._exact)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """The stored tensors, in the order of the framework."""
        return tuple(
            weight
            for number, sizes in enumerate(self._levels(), start=1)
            for weight in self._weights(number, sizes)
        )

    @property
    def formula(self) -> Formula:
        """The count as a formula of `units` and `features`: see `lstminspect.formula`."""
        widths = {name: value for name, value in self.sizes.items() if isinstance(value, tuple)}
        first = of_blocks(self.blocks, widths)
        terms = [multiplied(self.directions, first)]
        if self.layers > 1:
            width = multiplied(2 if self.concatenated else 1, self.cell.width)
            above = replaced(first, FEATURES, width)
            terms.append(multiplied(self.layers - 1, self.directions, above))
        return total(terms)

    def by_direction(self) -> Iterator[StoredDirection]:
        """The tensors of each layer and direction, forward before backward, layer by layer."""
        along = self.convention.direction_axis
        number = len(self.packed)
        for level, sizes in enumerate(self._levels()):
            for side in range(self.directions):
                start = number * (level if along else level * self.directions + side)
                own = self.weights[start : start + number]
                pairs = tuple(zip(self.packed, own, strict=True))
                yield StoredDirection(pairs, sizes, side if along else None)

    @cached_property
    def _exact(self) -> Sizes:
        return exact_sizes(lambda **sizes: self._count(sizes), self.sizes)

    def _levels(self) -> Iterator[Sizes]:
        """The sizes of every layer of the stack, from the first up."""
        yield self._exact
        above = {**self._exact, FEATURES: self._width(self._exact)}
        for _ in range(self.layers - 1):
            yield above

    def _width(self, sizes: Sizes) -> Quantity:
        width = sizes[self.cell.width]
        return 2 * width if self.concatenated else width

    def _count(self, sizes: Sizes) -> Quantity:
        first = self._entries(sizes)
        if self.layers > 1:
            above = {**sizes, FEATURES: self._width(sizes)}
            first = first + self._entries(above) * (self.layers - 1)
        return first * self.directions

    def _entries(self, sizes: Sizes) -> Quantity:
        """Entries of all tensors of one layer in one direction."""
        entries: Quantity = 0
        for tensor in self.packed:
            entries = entries + product(self.convention.shape(self.cell, tensor, sizes))
        return entries

    def _weights(self, number: int, sizes: Sizes) -> Iterator[Weight]:
        for direction, pattern, along in self._sides():
            for tensor in self.packed:
                name = pattern.replace("{tensor}", tensor.name)
                name = name.format(index=number - 1, number=number)
                shape = self.convention.shape(self.cell, tensor, sizes, along)
                held = (tensor.blocks, tensor.rows)
                yield Weight(name, shape, product(shape), *held, number, direction)

    def _sides(self) -> list[tuple[str, str, int]]:
        """The parts stored apart: the direction, the pattern of its names, how many directions."""
        convention = self.convention
        prefix = convention.stacked if self.layers > 1 else ""
        if not self.bidirectional:
            return [("forward", prefix + convention.alone, 1)]
        if convention.direction_axis:
            return [("both", prefix + convention.forward, 2)]
        patterns = (convention.forward, convention.backward)
        return [
            (side, prefix + pattern, 1) for side, pattern in zip(DIRECTIONS, patterns, strict=True)
        ]
