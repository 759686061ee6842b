"""Two shapes beside each other: which axes differ, and what one number is of the other."""

from __future__ import annotations

import re

from lstminspect.layer import Shape

__all__ = ["differing", "is_swapped", "read_sizes", "times", "times_words", "without_batch"]


def read_sizes(text: str) -> Shape:
    """The sizes of a shape in any spelling; an open size is None.

    >>> read_sizes("{1,8*4}"), read_sizes("(?, 19)"), read_sizes("900,31")
    ((1, 32), (None, 19), (900, 31))
    """
    sizes: list[int | None] = []
    for word in re.findall(r"None|\?|-1|[0-9]{1,18}(?:\*[0-9]{1,18})?", text):
        one, _, other = word.partition("*")
        sizes.append(int(one) * int(other or 1) if one.isdigit() else None)
    return tuple(sizes)


def differing(wanted: Shape, got: Shape) -> tuple[int, ...]:
    """The axes on which two shapes of one rank differ; None agrees with every size.

    >>> differing((None, 5, 3), (2, 7, 3))
    (1,)
    """
    return tuple(
        axis
        for axis, (one, other) in enumerate(zip(wanted, got, strict=True))
        if None not in (one, other) and one != other
    )


def without_batch(wanted: Shape, got: Shape) -> tuple[Shape, Shape]:
    """Both shapes without the axis of the batch, if `wanted` has one (None)."""
    if wanted[:1] == (None,) and len(wanted) > 1 and len(wanted) == len(got):
        return wanted[1:], got[1:]
    return wanted, got


def is_swapped(wanted: Shape, got: Shape) -> bool:
    """Say whether two shapes of one rank differ by the exchange of their last two axes."""
    if len(wanted) != len(got) or len(got) < 2 or not differing(wanted, got):
        return False
    turned = (*got[:-2], got[-1], got[-2])
    return not differing(wanted, turned) and None not in got[-2:]


def times(large: int | None, small: int | None) -> int:
    """The whole number above 1 that `large` is of `small`, or 0."""
    if not large or not small or large <= small or large % small:
        return 0
    return large // small


def times_words(large: int | None, small: int | None) -> str:
    """`640 = 10 x 64`, or nothing."""
    number = times(large, small)
    return f"{large} = {number} x {small}" if number else ""
