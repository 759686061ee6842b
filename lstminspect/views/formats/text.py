"""Plain text for a terminal, a pipe or a file.

A page without a width has every line whole. On a page with one no line is wider, unless it is a
single word: see `wrapping.py`. What a page has no room for is named in its last line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lstminspect.answer import (
    Annotated,
    Derivation,
    Detail,
    Document,
    Fields,
    Mathematics,
    Numbered,
    Part,
    Prose,
    Room,
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

__all__ = ["BasicPart", "Page", "basic", "cells", "derivation", "text_of", "written"]

#: The parts that a medium tells apart; the others are made of them.
BasicPart = Sentence | Prose | Section | Derivation | Table | Verbatim | Fields | Room | Numbered

#: The columns of what is to be read as a text.
WIDTH = 79
#: A line to fill in.
LINE = "_" * 16
#: The lines of the longest answer that is not made brief, and of the longest table in one that is.
MOST_LINES, MOST_ROWS = 40, 15


class Page(NamedTuple):
    """The page that a text fills: of a width or of none, brief or whole, with colours or without.

    `hint` says how to see what is left out; `indent` is how far in from the left it begins.
    """

    width: int | None = None
    brief: bool = False
    colours: bool = False
    hint: str = "A greater width shows it"
    indent: int = 0


#: A page of any width that has room for everything.
ENDLESS = Page()


def written(document: Document, page: Page = ENDLESS) -> str:
    """A document as plain text, without a final line end."""
    text, out = _text(document, document.parts, page)
    if page.brief and _is_long(text):
        briefly: list[str] = []
        parts = list(_brief(document.parts, briefly))
        text, out = _text(document, parts, page)
        if _is_long(text):
            text, out = _text(document, [_cut(part, briefly) for part in parts], page)
        out = [*briefly, *out]
    if not out:
        return text
    left_out = f"Left out: {', '.join(dict.fromkeys(out))}. {page.hint}."
    return f"{text}\n\n{_wrapped(left_out, page)}"


def _is_long(text: str) -> bool:
    return text.count("\n") >= MOST_LINES


def _brief(parts: Iterable[Part], out: list[str]) -> Iterator[Part]:
    """The parts of a brief answer; what is left out is added to `out`."""
    for part in parts:
        if isinstance(part, Detail):
            out.append(part.what)
            yield from part.brief
        else:
            yield part


def _cut(part: Part, out: list[str]) -> Part:
    """A long table without its last rows, which are added to `out`."""
    if not isinstance(part, Table) or len(part.rows) <= MOST_ROWS:
        return part
    out.append(f"{number(len(part.rows) - MOST_ROWS)} rows of {part.title}")
    return part._replace(rows=part.rows[:MOST_ROWS], right=part.aligned)


def _text(document: Document, parts: Iterable[Part], page: Page) -> tuple[str, list[str]]:
    """The text of `parts` below the title, and the columns that it leaves out."""
    out: list[str] = []
    texts = [_heading(document.title, page)]
    texts += [_part(part, page, out) for part in _plain(parts, page.width)]
    text = "\n\n".join(texts)
    if page.colours:
        from lstminspect.views.formats.colours import coloured

        text = coloured(text, document.gates)
    return text, out


def basic(parts: Iterable[Part]) -> Iterator[BasicPart]:
    """The basic `parts`: a sketch as its lines and its caption, a snippet as it is typed."""
    return _plain(parts, None)


def _plain(parts: Iterable[Part], width: int | None) -> Iterator[BasicPart]:
    """The parts that a medium tells apart; of a sketch without room only what it says."""
    for part in parts:
        match part:
            case Sketch(text, caption):
                if width is None or max(map(len, text.split("\n"))) <= width:
                    yield Verbatim(text)
                yield Prose(caption)
            case Snippet():
                yield Verbatim(part.session)
            case Annotated(lines):
                yield Verbatim("\n".join(_annotated(lines, width)))
            case Detail(_, inner):
                yield from _plain(inner, width)
            case _:
                yield part


def _annotated(lines: Iterable[tuple[str, str]], width: int | None) -> Iterator[str]:
    """Each line and its notes below it, both broken at the same operand."""
    for line, notes in lines:
        start = 0
        for piece in _broken(line, width):
            margin = len(piece) - len(piece.lstrip()) if start else 0
            start = line.index(piece.strip(), start)
            end = start + len(piece.strip())
            yield piece
            if notes[start:end].strip():
                yield f"{' ' * margin}{notes[start:end]}".rstrip()
            start = end


def _broken(line: str, width: int | None) -> list[str]:
    if width is None:
        return [line]
    from lstminspect.views.formats.wrapping import wrapped

    return wrapped(line, width, "    ")


def _part(part: BasicPart, page: Page, out: list[str]) -> str:
    match part:
        case Sentence(text):
            return _wrapped(text, page)
        case Verbatim(text):
            return text if page.width is None else _typed(text, page.width)
        case Prose(text):
            whole = WIDTH - page.indent
            return _wrapped(text, page._replace(width=min(page.width or whole, whole)))
        case Section(title):
            return f"{_heading(title, page)}\n{'=' * min(len(title), page.width or WIDTH)}"
        case Derivation():
            text = derivation(part)
            if page.width is None or len(text) <= page.width:
                return text
            from lstminspect.views.formats.wrapping import formula_lines

            return "\n".join(formula_lines(text, page.width))
        case Table():
            return f"{_heading(part.title, page)}\n{_table(part, page, out)}"
        case Fields(labels):
            return _fields(labels, page)
        case Room():
            return f"Answer: {LINE}"
        case Numbered(items):
            listed = (_item(place, parts, page, out) for place, parts in enumerate(items, 1))
            return "\n\n".join(listed)


def _fields(labels: tuple[str, ...], page: Page) -> str:
    """Labels, each with a line to fill in; below each other where there is little room."""
    fields = [f"{label} {LINE}" for label in labels]
    line = "   ".join(fields)
    return line if len(line) <= (page.width or WIDTH) else "\n".join(fields)


def _item(place: int, parts: Iterable[Part], page: Page, out: list[str]) -> str:
    """The parts of one item, in from the left by the width of its number."""
    from textwrap import indent

    start = f"{place}. "
    width = None if page.width is None else page.width - len(start)
    page = page._replace(width=width, indent=page.indent + len(start))
    text = "\n\n".join(_part(part, page, out) for part in _plain(parts, width))
    return start + indent(text, " " * len(start)).lstrip()


def _wrapped(text: str, page: Page) -> str:
    """A paragraph in the lines of the page."""
    if page.width is None or len(text) <= page.width:
        return text
    from lstminspect.views.formats.wrapping import prose

    return "\n".join(prose(text, page.width))


def _heading(text: str, page: Page) -> str:
    text = _wrapped(text, page)
    return f"\033[1m{text}\033[0m" if page.colours else text


def _typed(text: str, width: int) -> str:
    """Typed lines, those without room broken so that they can still be typed."""
    lines = text.split("\n")
    if max(map(len, lines)) <= width:
        return text
    from lstminspect.views.formats.wrapping import code, wrapped

    typed = ("$ ", ">>> ", "... ")
    return "\n".join(
        each
        for line in lines
        for each in (
            code(line, width) if line.lstrip().startswith(typed) else wrapped(line, width, "    ")
        )
    )


def _table(part: Table, page: Page, out: list[str]) -> str:
    """A table that fits the page; the columns that do not are added to `out`."""
    rows = cells(part)
    text = table(part.headers, rows, part.aligned)
    if page.width is None or max(map(len, text.split("\n"))) <= page.width:
        return text
    from lstminspect.views.formats.wrapping import fitted

    least = _least(part) if page.brief else ()
    text, columns = fitted(part.headers, rows, part.aligned, page.width, least)
    if columns:
        names = " and ".join(name or "(without a name)" for name in columns)
        out.append(f"the column{'s' * (len(columns) > 1)} {names} of {part.title}")
    return text


def _least(part: Table) -> Sequence[int]:
    """The columns to leave out, the first first: texts before numbers, and never the first two."""
    if part.least is not None:
        return part.least
    return sorted(range(len(part.headers) - 1, 1, -1), key=lambda at: at in part.aligned)


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
    if isinstance(value, Mathematics):
        return formula(value.formula)
    if not isinstance(value, tuple):
        return number(value)
    several = any(isinstance(each, tuple) for each in value)
    return " ".join(text_of(each, missing) for each in value) if several else shape(value)
