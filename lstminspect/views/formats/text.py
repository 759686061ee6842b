"""Plain text for a terminal or a pipe. The same at any width: a long line is the terminal's."""

from __future__ import annotations

from collections.abc import Iterator

from lstminspect.answer import (
    Derivation,
    Document,
    Prose,
    Section,
    Sentence,
    Sketch,
    Snippet,
    Table,
    Verbatim,
    table,
)
from lstminspect.formula import written as formula
from lstminspect.sizes import Quantity
from lstminspect.wording import number, shape

__all__ = ["BasicPart", "basic", "cells", "derivation", "text_of", "written"]

#: The parts that a medium tells apart; the others are made of them.
BasicPart = Sentence | Prose | Section | Derivation | Table | Verbatim

#: The columns of what is to be read as a text.
WIDTH = 79


def written(document: Document) -> str:
    """A document as plain text, without a final line end."""
    return "\n\n".join([document.title, *map(_part, basic(document))])


def basic(document: Document) -> Iterator[BasicPart]:
    """The parts of a document, a sketch as its lines and its caption, a snippet as it is typed."""
    for part in document.parts:
        match part:
            case Sketch(text, caption):
                yield from (Verbatim(text), Prose(caption))
            case Snippet():
                yield Verbatim(part.session)
            case _:
                yield part


def _part(part: BasicPart) -> str:
    match part:
        case Sentence(text) | Verbatim(text):
            return text
        case Prose(text):
            from textwrap import fill  # Few answers are texts: the others wait for nothing.

            return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
        case Section(title):
            return f"{title}\n{'=' * len(title)}"
        case Derivation():
            return derivation(part)
        case Table():
            return f"{part.title}\n{table(part.headers, cells(part), part.aligned)}"


def derivation(part: Derivation) -> str:
    """`formula = formula with sizes = result`, without a step that says nothing new."""
    steps = [formula(part.formula), formula(part.formula, part.sizes)]
    if part.result is not None:
        steps.append(number(part.result))
    return " = ".join(dict.fromkeys(steps))


def cells(part: Table) -> list[list[str]]:
    """The rows of a table and its total as texts."""
    return [[text_of(value, part.missing) for value in line] for line in part.lines]


def text_of(value: Quantity, missing: str = "?") -> str:
    """A raw value as text: a count, a shape, several shapes; `missing` for None.

    >>> text_of(17408), text_of((None, 64)), text_of(((None, 64), (None, 3)))
    ('17,408', '(None, 64)', '(None, 64) (None, 3)')
    """
    if value is None or isinstance(value, str):
        return missing if value is None else value
    if not isinstance(value, tuple):
        return number(value)
    several = any(isinstance(each, tuple) for each in value)
    return " ".join(text_of(each, missing) for each in value) if several else shape(value)
