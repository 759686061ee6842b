"""How an answer shows itself: one slot, which the top of the package fills, and the plain table.

An answer is a noun of some room below; what it looks like is decided in `views`, above it. It says
`_repr_html_ = as_html` and knows no medium.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["as_html", "padded", "table"]

#: What shows an answer as HTML. `lstminspect/__init__.py`, which Python runs first, fills it.
shown: Callable[[object], str] | None = None


def as_html(answer: object) -> str:
    """The answer as HTML to be put into a page, with a picture where it has one."""
    assert shown is not None, "lstminspect/__init__.py fills the slot"
    return shown(answer)


def padded(
    headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> list[list[str]]:
    """The lines of a table, headers first, every cell as wide as its column.

    A column is two signs wider than its header, and no narrower than its cells. `right` are the
    columns that are aligned on the right.
    """
    lines = [headers, *rows]
    widths = [
        max(len(line[at]) + 2 * (line is headers) for line in lines) for at in range(len(headers))
    ]
    return [
        [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table in plain text: a rule below the headers, two spaces between the columns.

    >>> print(table(("gate", "parameters"), [("i", "4,352"), ("f", "4,352")], right=(1,)))
    gate      parameters
    ------  ------------
    i              4,352
    f              4,352
    """
    first, *others = padded(headers, rows, right)
    rule = ["-" * len(cell) for cell in first]
    return "\n".join("  ".join(line).rstrip() for line in (first, rule, *others))
