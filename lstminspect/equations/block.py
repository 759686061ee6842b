"""Block: one trainable matrix or vector of the equations, with the names of its sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lstminspect.errors import SizeError
from lstminspect.sizes import Quantity, divided, halved, is_array, product

__all__ = ["Block", "count_of"]


class Block(NamedTuple):
    """One trainable matrix or vector of the equations.

    `shape` holds the names of its sizes: `("units", "features")` for a matrix (rows, columns),
    `("units",)` for a vector, `()` for one number. `is_bias` says whether it is only ever added to
    a matrix product. A matrix with a `structure`, `blocks` or `triangular`, has most of its entries
    at zero; `parts` names the size that says in how many blocks a side it is cut.
    """

    name: str
    letter: str
    gate: str | None
    shape: tuple[str, ...]
    is_bias: bool
    structure: str = ""
    parts: str = ""

    def stored(self, sizes: Mapping[str, Quantity]) -> tuple[Quantity, ...]:
        """The shape of an array that holds its entries and no zeros.

        Equal parts make an axis of their own, parts of several widths one row of entries. Raises
        SizeError if a side cannot be cut into the parts.
        """
        shape = tuple(sizes[name] for name in self.shape)
        if not self.structure:
            return shape
        parts = sizes[self.parts]
        if isinstance(parts, tuple):
            return (self._in_widths(parts, sizes),)
        rows, columns = (
            divided(side, parts, name, self.parts)
            for side, name in zip(shape, self.shape, strict=True)
        )
        if self.structure == "blocks":
            return (parts, rows, columns)
        return (halved(parts * (parts + 1)), rows, columns)

    def _in_widths(self, widths: tuple[Quantity, ...], sizes: Mapping[str, Quantity]) -> Quantity:
        """The entries if the parts have these widths, which must fill every side."""
        for name in self.shape:
            differs = sizes[name] != sum(widths)
            if differs.any() if is_array(differs) else differs:
                added = " + ".join(map(str, widths))
                message = f"{name} must be {added} = {sum(widths)}, the widths in {self.parts}"
                raise SizeError(f"{message}, got {sizes[name]}.")
        if self.structure == "blocks":
            return sum(width * width for width in widths)
        return sum(width * sum(widths[number:]) for number, width in enumerate(widths))


def count_of(blocks: Iterable[Block], sizes: dict[str, Quantity]) -> Quantity:
    """The entries of all `blocks` together."""
    total: Quantity = 0
    kinds = Counter(block._replace(name="", letter="", gate=None) for block in blocks)
    for block, times in kinds.items():
        total = total + product([times, *block.stored(sizes)])
    return total
