"""Markdown, with GitHub's tables."""

from __future__ import annotations

from lstminspect.answer import padded
from lstminspect.views.document import Derivation, Part, Prose, Section, Sentence, Table, Verbatim
from lstminspect.views.formats.text import derivation
from lstminspect.views.view import Answer, outline

__all__ = ["document"]


def document(thing: Answer) -> str:
    """`thing` as Markdown, without a final line end."""
    title, parts = outline(thing)
    return "\n\n".join([f"## {_escaped(title)}", *(_part(part) for part in parts)])


def _part(part: Part) -> str:
    if isinstance(part, Sentence | Prose):
        return _escaped(part.text)
    if isinstance(part, Section):
        return f"---\n\n## {_escaped(part.title)}"
    if isinstance(part, Derivation):
        return f"`{derivation(part)}`"
    if isinstance(part, Verbatim):
        return f"```\n{part.text}\n```"
    return f"### {_escaped(part.title)}\n\n{_table(part)}"


def _table(part: Table) -> str:
    rows = [tuple(_escaped(cell) for cell in row) for row in part.rows]
    first, *others = padded(part.headers, rows, part.right)
    lines = [f"| {' | '.join(line)} |" for line in (first, *others)]
    dashes = [
        f"{'-' * (len(cell) + 1)}:" if at in part.right else f":{'-' * (len(cell) + 1)}"
        for at, cell in enumerate(first)
    ]
    return "\n".join([lines[0], f"|{'|'.join(dashes)}|", *lines[1:]])


def _escaped(text: str) -> str:
    """`text` with the characters escaped that Markdown would read: `b_i b_f` is no emphasis."""
    return "".join(f"\\{each}" if each in "\\`*_|<>[]#" else each for each in text)
