"""The largest number for which a condition holds, by doubling and then by halves."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["largest"]


def largest(holds: Callable[[int], bool], most: int | None = None) -> int:
    """The largest number from 1 to `most` for which `holds` is true; 0 if there is none.

    A condition that holds for a number must hold for every smaller one too.

    >>> largest(lambda number: number**2 <= 50)
    7
    """
    low, high = 0, 1
    while (most is None or high <= most) and holds(high):
        low, high = high, 2 * high
    if most is not None:
        high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
