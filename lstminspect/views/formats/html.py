"""HTML: a page of its own for a file, a fragment for a notebook."""

from __future__ import annotations

from html import escape

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
from lstminspect.views.formats.text import BasicPart, basic, cells, derivation

__all__ = ["fragment", "written"]

STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem }
h2 { font-size: 1.3rem }
h3 { font-size: 1.1rem }
th { text-align: left }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; white-space: nowrap }
.wide, pre { overflow-x: auto }"""


def written(document: Document) -> str:
    """A document as a page that stands alone, without a final line end."""
    title = escape(document.title)
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>'
    body = f"<body>\n<main>\n{fragment(document, 1)}\n</main>\n</body>"
    page = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n{body}\n</html>'
    # Signs beyond ASCII as references: the page is the same in whatever encoding it is kept.
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def fragment(document: Document, level: int = 2) -> str:
    """A document as elements to be put into a page, its title a heading of `level`."""
    lines, below = [_heading(level, document.title)], level + 1
    for part in basic(document):
        below = level + 1 if isinstance(part, Section) else below
        lines.append(_part(part, below))
        below += isinstance(part, Section)
    return "\n".join(lines)


def _heading(level: int, title: str, attributes: str = "") -> str:
    return f"<h{level}{attributes}>{escape(title)}</h{level}>"


def _part(part: BasicPart, level: int) -> str:
    """A part below a title; its own title, if it has one, is a heading of `level`.

    What may be wider than the page is scrolled, with the keyboard too: `tabindex`.
    """
    match part:
        case Section(title):
            # In the element, not in the style of the page: a fragment in a notebook is printed too.
            return _heading(level, title, ' style="break-before: page"')
        case Sentence(text) | Prose(text):
            return f"<p>{escape(text)}</p>"
        case Derivation():
            return f"<p><code>{escape(derivation(part))}</code></p>"
        case Verbatim(text):
            return f'<pre tabindex="0">{escape(text)}</pre>'
        case Table(title):
            scrolled = f'<div class="wide" tabindex="0" role="region" aria-label="{escape(title)}">'
            return f"{_heading(level, title)}\n{scrolled}\n{_table(part)}\n</div>"


def _table(part: Table) -> str:
    first, *others = padded(part.headers, cells(part), part.aligned)
    right = part.aligned
    head, rows = _row(right, first, "th"), [_row(right, each, "td") for each in others]
    body = ["<thead>", head, "</thead>", "<tbody>", *rows, "</tbody>"]
    return "\n".join(["<table>", *body, "</table>"])


def _row(right: tuple[int, ...], line: list[str], tag: str) -> str:
    style = ' style="text-align: right;"'
    texts = [
        f"<{tag}{style if at in right else ''}>{escape(cell)}</{tag}>"
        for at, cell in enumerate(line)
    ]
    return f"<tr>{''.join(texts)}</tr>"
