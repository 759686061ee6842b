"""LaTeX that compiles inside any document class without a package.

A table that is too wide for the page of an article is set small, its long columns broken into
lines. One that is too long is split, each part with the headings, so it needs no `longtable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstminspect.answer import (
    Derivation,
    Document,
    Prose,
    Section,
    Sentence,
    Table,
    Verbatim,
    padded,
)
from lstminspect.equations.latex import equations, escaped, sides, symbols
from lstminspect.equations.syntax import text_of
from lstminspect.formula import names_in
from lstminspect.formula import written as formula
from lstminspect.views.formats.text import BasicPart, basic, cells, derivation
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.equations.syntax import Line

__all__ = ["written"]

#: The width of the text of an article in points, and of a sign of text and of a typed one there.
PAGE, SIGN, TYPED = 345, 5.2, 5.25
#: Smaller fonts, each with its size against the usual one.
SMALLER = {r"\small": 0.9, r"\footnotesize": 0.8, r"\scriptsize": 0.7}
#: The signs of the longest typed line and of the longest display of mathematics on one line.
MOST_TYPED, MOST_DISPLAYED = 90, 55
#: The lines of the longest table that is not split.
MOST_LINES = 30
#: Signs that no typewriter font has, each as one that it has, so that columns stay in place.
TYPEWRITER = str.maketrans("■●└─│−→≥≤“”‘’", "#o+-|->><\"\"''")


def written(document: Document) -> str:
    """A document as LaTeX to be put into another, without a final line end."""
    texts = [f"\\section*{{\\raggedright {escaped(document.title)}}}"]
    if document.equations:
        texts.append(_equations(document.equations))
    return "\n\n".join([*texts, *map(_part, basic(document))])


def _equations(lines: tuple[Line, ...]) -> str:
    if max(len(text_of(line.expression)) for line in lines) <= MOST_DISPLAYED:
        return equations(lines)
    return _broken([" = ".join(sides(line)) for line in lines])


def _broken(formulas: Sequence[str]) -> str:
    """Mathematics line by line, which TeX breaks at its operators where a line is too long."""
    body = " \\\\\n".join(f"${each}$" for each in formulas)
    return f"\\begin{{flushleft}}\n{body}\n\\end{{flushleft}}"


def _part(part: BasicPart) -> str:
    match part:
        case Sentence(text) | Prose(text):
            paragraph = escaped(text)
            if len(text) * SIGN <= PAGE:
                return paragraph
            # Names and commands are not hyphenated: wider spaces keep them on the page.
            return f"\\begin{{sloppypar}}\n{paragraph}\n\\end{{sloppypar}}"
        case Section(title):
            return f"\\clearpage\n\\section*{{\\raggedright {escaped(title)}}}"
        case Derivation():
            return _derivation(part)
        case Verbatim(text):
            return _verbatim(text)
        case Table(title):
            return f"\\subsection*{{{escaped(title)}}}\n\n\\noindent\n{_table(part)}"


def _verbatim(text: str) -> str:
    """Typed lines, in a font that is small enough for the longest of them."""
    lines = text.translate(TYPEWRITER).split("\n")
    if max(map(len, lines)) > MOST_TYPED:
        from textwrap import wrap

        broken = (wrap(line, MOST_TYPED, subsequent_indent="    ") or [""] for line in lines)
        lines = [each for line in broken for each in line]
    typed = "".join(sign if sign < "\u0180" else "?" for sign in "\n".join(lines))
    body = f"\\begin{{verbatim}}\n{typed}\n\\end{{verbatim}}"
    size = _size(max(map(len, lines)) * TYPED)
    return f"{{{size}\n{body}}}" if size else body


def _size(width: float) -> str:
    """The largest font in which so many points fit the page, the smallest if none does."""
    if width <= PAGE:
        return ""
    fitting = (name for name, factor in SMALLER.items() if width * factor <= PAGE)
    return next(fitting, list(SMALLER)[-1])


def _table(part: Table) -> str:
    rows = cells(part)
    widths = [max(map(len, column)) for column in zip(part.headers, *rows, strict=True)]
    if sum(widths) * SIGN + 12 * len(widths) > PAGE:
        return _wide(part, rows, widths)
    texts = [[escaped(cell) for cell in row] for row in rows]
    head, *lines = padded([escaped(each) for each in part.headers], texts, part.aligned)
    columns = "".join("r" if at in part.aligned else "l" for at in range(len(head)))
    parts = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)]
    return "\n\n\\noindent\n".join(_tabular(columns, head, each) for each in parts or [[]])


def _tabular(columns: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # In a column that is broken into lines, two backslashes would end such a line.
    end = r"\tabularnewline" if "p" in columns else r"\\"
    first, *lines = (f" {' & '.join(line)} {end}" for line in (head, *rows))
    body = [r"\hline", first, r"\hline", *lines, r"\hline"]
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", *body, r"\end{tabular}"])


def _wide(part: Table, rows: list[list[str]], widths: list[int]) -> str:
    """A table in a small font, its widest columns broken into lines."""
    sign = SIGN * SMALLER[r"\footnotesize"] * 1.05
    most = _most([width * sign for width in widths], PAGE - 12 * len(widths))
    broken = {at: most for at, width in enumerate(widths) if width * sign > most}
    columns = "".join(
        f"p{{{most / PAGE:.3f}\\linewidth}}" if at in broken else "lr"[at in part.aligned]
        for at in range(len(widths))
    )
    sides = {at: r"\raggedleft " if at in part.aligned else r"\raggedright " for at in broken}
    head, *lines = (
        [sides.get(at, "") + escaped(cell) for at, cell in enumerate(row)]
        for row in (part.headers, *rows)
    )
    parts: list[list[list[str]]] = [[]]
    height = 0.0
    for row, line in zip(rows, lines, strict=True):
        tall = max([1, *(len(row[at]) * sign / most * 1.2 + 0.5 for at in broken)])
        if parts[-1] and height + tall > MOST_LINES:
            parts.append([])
            height = 0
        parts[-1].append(line)
        height += tall
    texts = "\n\n\\noindent\n".join(_tabular(columns, head, each) for each in parts)
    return f"{{\\footnotesize\n{texts}\n\n}}"


def _most(widths: list[float], room: float) -> float:
    """The width to which the widest columns are cut so that all of them fill `room`.

    >>> _most([10, 20, 100, 200], 110)
    40.0
    """
    for narrower, width in enumerate(sorted(widths)):
        share = room / (len(widths) - narrower)
        if width > share:
            return share
        room -= width
    return max(widths)


def _derivation(part: Derivation) -> str:
    names = {name: rf"\mathit{{{escaped(name)}}}" for name in names_in(part.formula)}
    sizes = {name: symbols(text) for name, text in part.sizes.items()}
    steps = [
        formula(part.formula, names, r" \cdot "),
        formula(part.formula, {**names, **sizes}, r" \cdot "),
    ]
    if part.result is not None:
        steps.append(number(part.result).replace(",", "{,}"))
    first, *others = dict.fromkeys(steps)
    if len(derivation(part)) > MOST_DISPLAYED + 15:
        return _broken([first, *(f"= {step}" for step in others)])
    return f"\\[{' = '.join([first, *others])}\\]"
