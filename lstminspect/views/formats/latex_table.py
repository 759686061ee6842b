"""Tables of LaTeX: in the rules of booktabs, with mathematics, floating below a caption.

A table that is too wide for the page of an article is set small, its columns close together; if
that is not enough, its long columns are broken into lines. One that is too long is split, each part
with the headings, so it needs no `longtable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lstminspect.answer import Mathematics, Table, padded
from lstminspect.equations.latex import escaped, symbols
from lstminspect.errors import OptionError, flag, quoted
from lstminspect.formula import names_in
from lstminspect.formula import written as formula
from lstminspect.sizes import is_letter
from lstminspect.views.formats.text import cells, text_of

__all__ = ["PAGE", "RULES", "SIGN", "SMALLER", "Setting", "formula_of", "set_table"]

#: The width of the text of an article in points, and of a sign of text there.
PAGE, SIGN = 345, 5.2
#: Smaller fonts, each with its size against the usual one.
SMALLER = {r"\small": 0.9, r"\footnotesize": 0.8, r"\scriptsize": 0.7}
#: The size of a sign in a wide table, against the usual one.
SMALL = SMALLER[r"\footnotesize"] * 1.05
#: An underscore after which a long name may be broken.
BREAK = r"\_\allowbreak{}"
#: The lines of the longest table that is not split.
MOST_LINES = 30
#: The rules of booktabs where it is loaded, and lines where it is not.
RULES = (
    "% With \\usepackage{booktabs} the tables have its rules.\n"
    "\\providecommand\\toprule{\\hline}\\providecommand\\midrule{\\hline}"
    "\\providecommand\\bottomrule{\\hline}"
)


#: What a label can hold: what \\ref takes in every language.
LABEL = re.compile(r"[A-Za-z0-9:._/+-]+")


class Setting(NamedTuple):
    """The way an answer stands in a paper: a `fragment` or whole, with a caption and a label."""

    fragment: bool = False
    caption: str | None = None
    label: str | None = None

    def check(self) -> None:
        """Raise OptionError for what is not a setting."""
        flag("fragment", self.fragment)
        if not isinstance(self.caption, str | None) or self.caption == "":
            raise OptionError(f"caption must be a text, got {quoted(self.caption)}.")
        if self.label is None:
            return
        if not isinstance(self.label, str) or not LABEL.fullmatch(self.label):
            hint = "It holds letters, digits and : . _ / + -, for example tab:cells."
            raise OptionError(f"label must be a name, got {quoted(self.label)}. {hint}")
        if self.caption is None:
            raise OptionError("label names a table with a caption. Add caption=TEXT too.")


def set_table(table: Table, setting: Setting, number: int) -> str:
    """A table below its heading, or in floats below a caption; the first is `number` 0."""
    pieces = _pieces(table)
    if setting.caption is None:
        heading = "" if setting.fragment else f"\\subsection*{{{escaped(table.title)}}}\n\n"
        return heading + "\n\n".join(f"\\noindent\n{piece}" for piece in pieces)
    floats = []
    caption = setting.caption
    if number:
        caption = f"{caption.rstrip('.')}: {table.title}"
    for at, piece in enumerate(pieces):
        more = " (continued)" if at else ""
        lines = [r"\begin{table}[htbp]", r"\centering", f"\\caption{{{escaped(caption + more)}}}"]
        if setting.label is not None and not at:
            label = setting.label if not number else f"{setting.label}-{number + 1}"
            lines.append(f"\\label{{{label}}}")
        floats.append("\n".join([*lines, piece, r"\end{table}"]))
    return "\n\n".join(floats)


def _pieces(part: Table) -> list[str]:
    """A table, in as many pieces as it has pages."""
    rows, texts = cells(part), [[_cell(value, part.missing) for value in row] for row in part.lines]
    widths = [max(map(len, column)) for column in zip(part.headers, *rows, strict=True)]
    whole, gaps = sum(widths) * SIGN, 12 * len(widths)
    close = whole * SMALL + gaps / 2 <= PAGE < whole + gaps
    if whole + gaps > PAGE and not close:
        return _wide(part, rows, texts, widths)
    head, *lines = padded([escaped(each) for each in part.headers], texts, part.aligned)
    columns = "".join("r" if at in part.aligned else "l" for at in range(len(head)))
    parts = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)]
    pieces = [_tabular(columns, head, each) for each in parts or [[]]]
    smaller = r"\footnotesize\setlength{\tabcolsep}{3pt}"
    return [f"{{{smaller}\n{each}\n\n}}" if close else each for each in pieces]


def _cell(value: Any, missing: str) -> str:
    """A value of a table: what is mathematics is set as such."""
    if isinstance(value, Mathematics):
        return f"${formula_of(value.formula)}$"
    if is_letter(value):
        return f"${_letters(value)}$"
    # A minus is longer than a hyphen.
    return re.sub(r"^-(?=[0-9])", "$-$", escaped(text_of(value, missing)))


def formula_of(value: Any, sizes: Mapping[str, str] | None = None) -> str:
    """A formula with its names, and with sizes in the place of those in `sizes`."""
    names = {name: rf"\mathit{{{escaped(name)}}}" for name in names_in(value)}
    return formula(value, {**names, **(sizes or {})}, r" \cdot ")


def _letters(value: Any) -> str:
    """An expression of SymPy, whose names are words."""
    from sympy import latex

    names = {each: symbols(str(each)) for each in value.free_symbols if str(each).isidentifier()}
    text: str = latex(value, symbol_names=names)
    return text


def _tabular(columns: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # In a column that is broken into lines, two backslashes would end such a line.
    end = r"\tabularnewline" if "p" in columns else r"\\"
    first, *lines = (f" {' & '.join(line)} {end}" for line in (head, *rows))
    body = [r"\toprule", first, r"\midrule", *lines, r"\bottomrule"]
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", *body, r"\end{tabular}"])


def _wide(
    part: Table, rows: list[list[str]], texts: list[list[str]], widths: list[int]
) -> list[str]:
    """A table in a small font, its widest columns broken into lines."""
    sign = SIGN * SMALL
    most = _most([width * sign for width in widths], PAGE - 12 * len(widths))
    broken = {at: most for at, width in enumerate(widths) if width * sign > most}
    columns = "".join(
        f"p{{{most / PAGE:.3f}\\linewidth}}" if at in broken else "lr"[at in part.aligned]
        for at in range(len(widths))
    )
    sides = {at: r"\raggedleft " if at in part.aligned else r"\raggedright " for at in broken}
    head, *lines = (
        [
            sides[at] + _breakable(cell, most / sign) if at in sides else cell
            for at, cell in enumerate(row)
        ]
        for row in ([escaped(each) for each in part.headers], *texts)
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
    return [f"{{\\footnotesize\n{_tabular(columns, head, each)}\n\n}}" for each in parts]


def _breakable(cell: str, signs: float) -> str:
    """A cell whose words that are wider than `signs` may be broken at their underscores.

    A capital is as wide as four thirds of a sign.
    """
    words = cell.split(" ")
    wide = (len(word.replace("\\", "")) + sum(map(str.isupper, word)) / 3 for word in words)
    pairs = zip(words, wide, strict=True)
    return " ".join(word.replace(r"\_", BREAK) if size > signs else word for word, size in pairs)


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
