"""Axes: every axis of a stored tensor as a sum of sizes, `4·units` or `units + features + 1`.

The sizes are solved axis by axis, so that a new convention or cell is known here without a word.
"""

from __future__ import annotations

from collections.abc import Iterable

from lstminspect.cell import Cell
from lstminspect.conventions.convention import EQUATIONS, Convention, PackedTensor

__all__ = ["Axis", "axes_of", "solved"]

#: An axis: how often each size is in it, and the number beside them under the empty name.
Axis = dict[str, int]


def axes_of(table: Convention, cell: Cell, tensor: PackedTensor) -> tuple[Axis, ...]:
    """The axes of `tensor` of `cell` in the convention `table`, for one direction.

    A matrix that is mostly zero is stored by its parts, whose sizes are not sums: it has no axes.

    >>> from lstminspect import cells, conventions
    >>> table, cell = conventions.get("pytorch"), cells.get("lstm")
    >>> axes_of(table, cell, table.stacks(cell)[1])
    ({'units': 4}, {'units': 1})
    """
    if table.name == EQUATIONS and cell.block_named[tensor.blocks[0]].structure:
        return ()
    names = cell.size_names
    none = dict.fromkeys(names, 0)
    first = table.shape(cell, tensor, none)
    each = [table.shape(cell, tensor, {**none, name: 1}) for name in names]
    counts = [(alone, *(shape[axis] - alone for shape in each)) for axis, alone in enumerate(first)]
    return tuple(
        {size: n for size, n in zip(("", *names), axis, strict=True) if n} for axis in counts
    )


def solved(axes: Iterable[tuple[Axis, int]]) -> dict[str, int] | None:
    """The sizes with which each axis comes to the number beside it, or None if there are none.

    >>> solved([({"units": 4}, 256), ({"units": 1, "features": 1}, 67)])
    {'units': 64, 'features': 3}
    """
    sizes: dict[str, int] = {}
    left = list(axes)
    while left:
        left.sort(key=lambda each: len(each[0].keys() - sizes.keys() - {""}))
        axis, size = left.pop(0)
        rest = size - sum(
            n * sizes.get(name, 1) for name, n in axis.items() if name in {"", *sizes}
        )
        unknown = axis.keys() - sizes.keys() - {""}
        if not unknown:
            if rest:
                return None
            continue
        name = next(iter(unknown))
        if len(unknown) > 1 or rest <= 0 or rest % axis[name]:
            return None
        sizes[name] = rest // axis[name]
    return dict(sorted(sizes.items(), reverse=True))
