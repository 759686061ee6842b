"""Numbers as text: exact, and several of them in lines."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["exact", "in_lines"]


def exact(value: float, single: bool) -> str:
    """A number with as many digits as tell it from its neighbours, as float32 or as float64.

    >>> exact(1 / 3, True), exact(1 / 3, False)
    ('0.333333333', '0.33333333333333331')
    """
    return format(float(value), ".9g" if single else ".17g")


def in_lines(texts: Iterable[str], width: int) -> list[str]:
    """Texts with commas between them, in lines of at most `width` columns and a comma.

    >>> in_lines(["1.5", "2.5", "3.5"], 8)
    ['1.5, 2.5,', '3.5']
    """
    lines, line = list[str](), ""
    for text in texts:
        if len(line) + len(text) > width:
            lines, line = [*lines, line.rstrip()], ""
        line += f"{text}, "
    return [*lines, line.rstrip(", ")]
