"""Markdown, with GitHub's tables."""

from __future__ import annotations

from collections.abc import Sequence

from lstminspect.answer import (
    Derivation,
    Document,
    Fields,
    Numbered,
    Part,
    Prose,
    Room,
    Section,
    Sentence,
    Table,
    Verbatim,
    padded,
)
from lstminspect.views.formats.text import LINE, BasicPart, basic, cells, derivation

__all__ = ["written"]


def written(document: Document) -> str:
    """A document as Markdown, without a final line end."""
    return "\n\n".join([f"## {_escaped(document.title)}", *map(_part, basic(document.parts))])


def _part(part: BasicPart) -> str:
    match part:
        case Sentence(text) | Prose(text):
            return _escaped(text)
        case Section(title):
            return f"---\n\n## {_escaped(title)}"
        case Derivation():
            return f"`{derivation(part)}`"
        case Verbatim(text):
            return f"```\n{text}\n```"
        case Table():
            return f"### {_escaped(part.title)}\n\n{_table(part)}"
        case Fields(labels):
            return " ".join(f"{_escaped(label)} {_escaped(LINE)}" for label in labels)
        case Room():
            return f"Answer: {_escaped(LINE)}"
        case Numbered(items):
            return "\n\n".join(_item(place, parts) for place, parts in enumerate(items, 1))


def _item(number: int, parts: Sequence[Part]) -> str:
    from textwrap import indent

    start = f"{number}. "
    text = "\n\n".join(map(_part, basic(parts)))
    return start + indent(text, " " * len(start)).lstrip()


def _table(part: Table) -> str:
    rows = [[_escaped(cell) for cell in row] for row in cells(part)]
    first, *others = padded(part.headers, rows, part.aligned)
    lines = [f"| {' | '.join(line)} |" for line in (first, *others)]
    dashes = [
        f"{'-' * (len(cell) + 1)}:" if at in part.aligned else f":{'-' * (len(cell) + 1)}"
        for at, cell in enumerate(first)
    ]
    return "\n".join([lines[0], f"|{'|'.join(dashes)}|", *lines[1:]])


def _escaped(text: str) -> str:
    """`text` with the characters escaped that Markdown would read: `b_i b_f` is not emphasis."""
    return "".join(f"\\{each}" if each in "\\`*_|<>[]#" else each for each in text)
