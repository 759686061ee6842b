"""LaTeX that compiles inside any document class without a package; with booktabs, in its rules.

A paper takes a fragment: the tables and formulas alone, without headings and sentences; with a
caption each table floats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

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
)
from lstminspect.equations.latex import equations, escaped, sides, symbols
from lstminspect.equations.syntax import text_of
from lstminspect.errors import OptionError
from lstminspect.views.formats.latex_table import (
    PAGE,
    RULES,
    SIGN,
    SMALLER,
    Setting,
    formula_of,
    set_table,
)
from lstminspect.views.formats.text import BasicPart, basic, derivation
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.equations.syntax import Line

__all__ = ["written"]

#: The parts that stay in a fragment.
STAYS = (Table, Derivation)
#: The width of a typed sign of an article in points.
TYPED = 5.25
#: A long word with slashes, such as an address, which may be broken behind them.
ADDRESS = re.compile(r"(?=\S{25})\S*/\S*")
#: How far the items of a list are in from the left.
INDENT = 25
#: The signs of the longest typed line and of the longest display of mathematics on one line.
MOST_TYPED, MOST_DISPLAYED = 90, 55
#: Signs that no typewriter font has, each as one that it has, so that columns stay in place.
TYPEWRITER = str.maketrans("■●└─│−→≥≤“”‘’", "#o+-|->><\"\"''")


def written(
    document: Document, fragment: bool = False, caption: str | None = None, label: str | None = None
) -> str:
    """A document as LaTeX to be put into another, without a final line end."""
    setting = Setting(fragment, caption, label)
    setting.check()
    parts = [part for part in basic(document.parts) if not fragment or isinstance(part, STAYS)]
    tables = [part for part in parts if isinstance(part, Table)]
    if caption is not None and not tables:
        raise OptionError("this answer has no table, so no caption. Leave caption out.")
    if not parts and not document.equations:
        raise OptionError("this answer has no table and no formula. Leave fragment out.")
    texts = [RULES] if tables else []
    if not fragment:
        texts.append(f"\\section*{{\\raggedright {escaped(document.title)}}}")
    if document.equations:
        texts.append(_equations(document.equations))
    numbers = count()
    for part in parts:
        match part:
            case Table():
                texts.append(set_table(part, setting, next(numbers)))
            case _:
                texts.append(_part(part))
    return "\n\n".join(texts)


def _equations(lines: tuple[Line, ...]) -> str:
    if max(len(text_of(line.expression)) for line in lines) <= MOST_DISPLAYED:
        return equations(lines)
    return _broken([" = ".join(sides(line)) for line in lines])


def _broken(formulas: Sequence[str]) -> str:
    """Mathematics line by line, which TeX breaks at its operators where a line is too long."""
    body = " \\\\\n".join(f"${each}$" for each in formulas)
    return f"\\begin{{flushleft}}\n{body}\n\\end{{flushleft}}"


def _part(part: BasicPart, room: float = PAGE) -> str:
    match part:
        case Sentence(text) | Prose(text):
            paragraph = escaped(text)
            if len(text) * SIGN <= PAGE:
                return paragraph
            paragraph = ADDRESS.sub(lambda word: word[0].replace("/", "/\\allowbreak "), paragraph)
            # Names and commands are not hyphenated: wider spaces keep them on the page.
            return f"\\begin{{sloppypar}}\n{paragraph}\n\\end{{sloppypar}}"
        case Section(title):
            return f"\\clearpage\n\\section*{{\\raggedright {escaped(title)}}}"
        case Derivation():
            return _derivation(part)
        case Verbatim(text):
            return _verbatim(text, room)
        case Table():
            return set_table(part, Setting(), 0)
        case Fields(labels):
            blank = r"\ \hrulefill\ "
            return r"\noindent " + r"\quad ".join(escaped(label) + blank for label in labels)
        case Room(lines):
            return "\n\n".join([r"\noindent\rule{0pt}{2.2em}\hrulefill"] * lines)
        case Numbered(items):
            return "\n".join([r"\begin{enumerate}", *map(_item, items), r"\end{enumerate}"])


def _item(parts: Sequence[Part]) -> str:
    """An item that is not split between two pages."""
    body = "\n\n".join(_part(part, PAGE - INDENT) for part in basic(parts))
    return f"\\item \\begin{{minipage}}[t]{{\\linewidth}}\n{body}\n\\end{{minipage}}\\par\\medskip"


def _verbatim(text: str, room: float) -> str:
    """Typed lines, in a font that is small enough for the longest of them."""
    lines = text.translate(TYPEWRITER).split("\n")
    most = int(MOST_TYPED * room / PAGE)
    if max(map(len, lines)) > most:
        from textwrap import wrap

        broken = (wrap(line, most, subsequent_indent="    ") or [""] for line in lines)
        lines = [each for line in broken for each in line]
    typed = "".join(sign if sign < "\u0180" else "?" for sign in "\n".join(lines))
    body = f"\\begin{{verbatim}}\n{typed}\n\\end{{verbatim}}"
    size = _size(max(map(len, lines)) * TYPED, room)
    return f"{{{size}\n{body}}}" if size else body


def _size(width: float, room: float) -> str:
    """The largest font in which so many points fit the page, the smallest if none does."""
    if width <= room:
        return ""
    fitting = (name for name, factor in SMALLER.items() if width * factor <= room)
    return next(fitting, list(SMALLER)[-1])


def _derivation(part: Derivation) -> str:
    sizes = {name: symbols(text) for name, text in part.sizes.items()}
    steps = [formula_of(part.formula), formula_of(part.formula, sizes)]
    if part.result is not None:
        steps.append(number(part.result).replace(",", "{,}"))
    first, *others = dict.fromkeys(steps)
    if len(derivation(part)) > MOST_DISPLAYED + 15:
        return _broken([first, *(f"= {step}" for step in others)])
    return f"\\[{' = '.join([first, *others])}\\]"
