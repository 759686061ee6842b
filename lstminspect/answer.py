"""The document that an answer becomes, and its parts; the plain table.

A document is raw: its tables hold counts as numbers and shapes as tuples, which a format turns into
text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from lstminspect.equations.syntax import Line
    from lstminspect.formula import Formula
    from lstminspect.sizes import Quantity

__all__ = [
    "Annotated",
    "Derivation",
    "Detail",
    "Document",
    "Fields",
    "Mathematics",
    "Numbered",
    "Part",
    "Prose",
    "Room",
    "Section",
    "Sentence",
    "Sketch",
    "Snippet",
    "Table",
    "Verbatim",
    "padded",
    "table",
]


class Sentence(NamedTuple):
    """A paragraph."""

    text: str


class Prose(NamedTuple):
    """A paragraph to be read as a text: broken into lines where lines have an end."""

    text: str


class Section(NamedTuple):
    """A heading; what follows begins a page where there are pages."""

    title: str


class Derivation(NamedTuple):
    """A count: its formula, the same with sizes in place of names, the result if it is a number."""

    formula: Formula
    sizes: Mapping[str, str]
    result: int | None


class Mathematics:
    """A formula in a table, which a medium that sets mathematics sets as such."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula


class Table(NamedTuple):
    """A table of raw values: texts, numbers, formulas, shapes as tuples, several as tuples of them.

    None is a value that is not known, written as `missing`. A column with a number in it is aligned
    on the right, unless `right` names other columns. `total` is the last line, no row of its own.
    Where the page is too narrow, columns are left out in the order of `least`: if it is not given,
    texts before numbers, from the last to the third.
    """

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    right: tuple[int, ...] | None = None
    missing: str = "?"
    total: tuple[Any, ...] | None = None
    least: tuple[int, ...] | None = None

    @property
    def lines(self) -> list[tuple[Any, ...]]:
        """The rows, and the total below them where there is one."""
        return [*self.rows, *([] if self.total is None else [self.total])]

    @property
    def aligned(self) -> tuple[int, ...]:
        """The columns that are aligned on the right.

        >>> Table("", ("gate", "count", "shape"), [("i", 4352, (3, 64)), ("f", None, ())]).aligned
        (1,)
        """
        if self.right is not None:
            return self.right
        columns = enumerate(zip(*self.lines, strict=True))
        return tuple(at for at, values in columns if any(map(_is_number, values)))


def _is_number(value: Quantity) -> bool:
    """An int, a letter or an array: no text, shape or formula, and not what is missing."""
    return value is not None and not isinstance(value, str | tuple | Mathematics)


class Verbatim(NamedTuple):
    """Lines whose columns stand below each other."""

    text: str


class Annotated(NamedTuple):
    """Lines, each with notes that stand below its words, in a line of their own."""

    lines: Sequence[tuple[str, str]]


class Sketch(NamedTuple):
    """A drawing in characters, at most 78 columns wide, with a sentence that says it in words."""

    text: str
    caption: str


class Snippet(NamedTuple):
    """Lines to run, and what they give.

    A `command` is one line for a shell, whose answer contains `gives`. `python` lines print `gives`
    and nothing else, as an interactive session does.
    """

    language: str
    lines: tuple[str, ...]
    gives: str

    @property
    def session(self) -> str:
        """The typed lines and their result: a shell's `$` and the answer, or Python's `>>>`."""
        if self.language == "python":
            return "\n".join([*(f">>> {line}" for line in self.lines), self.gives])
        return "\n".join([*(f"$ {line}" for line in self.lines), f"  ... {self.gives} ..."])


class Fields(NamedTuple):
    """Lines to fill in by hand side by side, each behind its label: the name, the points."""

    labels: tuple[str, ...]


class Room(NamedTuple):
    """Space to write an answer by hand: so many lines."""

    lines: int


class Numbered(NamedTuple):
    """A numbered list; each of its items is made of parts, and is kept on one page."""

    items: tuple[tuple[Part, ...], ...]


class Detail(NamedTuple):
    """Parts of which a brief answer shows `brief` in their place, and what that leaves out."""

    what: str
    parts: Sequence[Part]
    brief: Sequence[Part] = ()


Part: TypeAlias = (
    Sentence
    | Prose
    | Section
    | Derivation
    | Table
    | Verbatim
    | Annotated
    | Sketch
    | Snippet
    | Detail
    | Fields
    | Room
    | Numbered
)


class Document(NamedTuple):
    """A title and parts; of a cell its equations too, for a medium that sets mathematics.

    `gates` are those of the cell, in its order, for a medium that has a colour for each.
    """

    title: str
    parts: Sequence[Part]
    equations: tuple[Line, ...] = ()
    gates: tuple[str, ...] = ()


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
