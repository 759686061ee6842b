"""HTML: a page of its own for a file, a fragment for a notebook, both with picture and MathML.

A fragment has no colours of its own: it is light or dark as what is around it. It has no ids, so
that an answer may stand on a page twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from lstminspect.answer import (
    Derivation,
    Document,
    Fields,
    Mathematics,
    Numbered,
    Prose,
    Room,
    Section,
    Sentence,
    Table,
    Verbatim,
    padded,
)
from lstminspect.equations.mathml import enclosed, equations, math, row, sign, symbols
from lstminspect.formula import Formula, Product, Quotient, Sum
from lstminspect.views.formats.text import BasicPart, basic, cells, derivation
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture

__all__ = ["fragment", "written"]

STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem }
h2 { font-size: 1.3rem }
h3 { font-size: 1.1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; white-space: nowrap }
.wide, pre { overflow-x: auto }
figure svg { max-width: max(100%, 48rem); height: auto }
math { font-size: 1.1em }
mtd { padding: .25em .2em }
@media print {
body { margin: 0; max-width: none }
.wide, pre { overflow: visible !important }
pre, th, td { white-space: pre-wrap }
tr, figure { break-inside: avoid }
h1, h2, h3 { break-after: avoid }
figure svg { max-width: 100%; height: auto }
}"""
#: What a text has between backquotes, a command line.
CODE = re.compile("`([^`]+)`")
#: The signs of the longest step of a derivation that a telephone has room for.
MOST_SIGNS = 25

# In the elements, not in the style of the page: a fragment in a notebook is printed too.
FIELDS = ' style="display: flex; gap: 2rem"'
FIELD = ' style="flex: 1; border-bottom: 1px solid #888"'
RULED = ' style="height: 2.2em; border-bottom: 1px solid #8888"'
WHOLE = ' style="break-inside: avoid; margin-bottom: 1.5em"'
TYPED = ' tabindex="0" style="font-family: monospace"'
BREAK = ' style="break-before: page"'


def written(document: Document, picture: Picture | None = None) -> str:
    """A document and its picture as a page that stands alone, without a final line end."""
    title = escape(document.title)
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>'
    main = _elements(document, 1, picture.svg if picture else "")
    body = f"<body>\n<main>\n{main}\n</main>\n</body>"
    page = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n{body}\n</html>'
    # Signs beyond ASCII as references: the page is the same in whatever encoding it is kept.
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def fragment(document: Document, picture: Picture | None = None) -> str:
    """A document and its picture as elements for a notebook."""
    return _elements(document, 2, picture.in_notebook if picture else "")


def _elements(document: Document, level: int, svg: str) -> str:
    """A document as elements to be put into a page, its title a heading of `level`."""
    lines, below = [_heading(level, document.title)], level + 1
    if document.equations:
        lines.append(_wide("equations", equations(document.equations)))
    for part in basic(document.parts):
        below = level + 1 if isinstance(part, Section) else below
        lines.append(_part(part, below))
        below += isinstance(part, Section)
    if svg:
        lines.append(f'<figure style="margin: 1em 0">\n{_wide("picture", svg)}\n</figure>')
    return "\n".join(lines)


def _wide(name: str, inner: str) -> str:
    """Something that may be wider than the page, scrolled with the keyboard too (`tabindex`)."""
    style = 'class="wide" style="overflow-x: auto; margin: 1em 0" tabindex="0" role="group"'
    return f'<div {style} aria-label="{escape(name)}">\n{inner}\n</div>'


def _heading(level: int, title: str, attributes: str = "") -> str:
    return f"<h{level}{attributes}>{escape(title)}</h{level}>"


def _part(part: BasicPart, level: int) -> str:
    """A part below a title; its own title, if it has one, is a heading of `level`."""
    match part:
        case Section(title):
            return _heading(level, title, BREAK)
        case Sentence(text) | Prose(text):
            return f"<p>{_marked(text)}</p>"
        case Derivation():
            return _derivation(part)
        case Verbatim(text):
            return f"<pre{TYPED}>{escape(text)}</pre>"
        case Table(title):
            return f"{_heading(level, title)}\n{_wide(title, _table(part))}"
        case Fields(labels):
            spans = (f"<span{FIELD}>{escape(label)}</span>" for label in labels)
            return f"<p{FIELDS}>{' '.join(spans)}</p>"
        case Room(lines):
            return "\n".join([f'<div aria-hidden="true"{RULED}></div>'] * lines)
        case Numbered(items):
            listed = ("\n".join(_part(each, level) for each in basic(parts)) for parts in items)
            return "\n".join(["<ol>", *(f"<li{WHOLE}>\n{each}\n</li>" for each in listed), "</ol>"])


def _marked(text: str) -> str:
    """A text with what is between backquotes as code."""
    return CODE.sub(r"<code>\1</code>", escape(text))


def _derivation(part: Derivation) -> str:
    """The steps, each of its own, so that a line can break before the next equals sign."""
    steps = [_formula(part.formula, {}), _formula(part.formula, part.sizes)]
    if part.result is not None:
        steps.append(symbols(number(part.result)))
    first, *others = dict.fromkeys(steps)
    text = " ".join([math(first), *(math(sign("="), each) for each in others)])
    signs = derivation(part)
    longest = max(map(len, signs.split(" = ")))
    return _wide(signs, text) if longest > MOST_SIGNS else f"<p>{text}</p>"


def _formula(formula: Formula, sizes: Mapping[str, str]) -> str:
    """A formula as elements of MathML, with each name replaced by its text in `sizes`."""
    match formula:
        case Sum(terms):
            return row(sign("+").join(_formula(term, sizes) for term in terms))
        case Product(factors):
            return row(sign("⋅").join(_factor(factor, sizes) for factor in factors))
        case Quotient(over, under):
            return f"<mfrac>{_formula(over, sizes)}{_formula(under, sizes)}</mfrac>"
        case _:
            return symbols(sizes.get(str(formula), str(formula)))


def _factor(factor: Formula, sizes: Mapping[str, str]) -> str:
    inner = _formula(factor, sizes)
    return enclosed(inner) if isinstance(factor, Sum) else inner


def _table(part: Table) -> str:
    first, *others = padded(part.headers, cells(part), part.aligned)
    right = part.aligned
    rows = []
    for line, values in zip(others, part.lines, strict=True):
        texts = [
            math(_formula(value.formula, {})) if isinstance(value, Mathematics) else escape(text)
            for text, value in zip(line, values, strict=True)
        ]
        rows.append(_row(right, texts, "td"))
    head = _row(right, [escape(each) for each in first], "th")
    body = ["<thead>", head, "</thead>", "<tbody>", *rows, "</tbody>"]
    return "\n".join(["<table>", *body, "</table>"])


def _row(right: tuple[int, ...], line: list[str], tag: str) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    # Texts too: a notebook has every cell of a table on the right.
    sides = ["right" if at in right else "left" for at in range(len(line))]
    texts = [
        f'<{tag}{scope} style="text-align: {side}">{cell}</{tag}>'
        for side, cell in zip(sides, line, strict=True)
    ]
    return f"<tr>{''.join(texts)}</tr>"
