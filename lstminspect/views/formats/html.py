"""HTML: a page of its own for a file, a fragment for a notebook."""

from __future__ import annotations

from html import escape

from lstminspect.answer import padded
from lstminspect.views.document import Derivation, Part, Prose, Section, Sentence, Table, Verbatim
from lstminspect.views.formats.text import derivation
from lstminspect.views.view import Answer, outline

__all__ = ["document", "fragment"]

STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
th { text-align: left }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; white-space: nowrap }
.wide { overflow-x: auto }"""


def document(thing: Answer) -> str:
    """`thing` as a page that stands alone, without a final line end."""
    title = escape(outline(thing).title)
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>'
    body = f"<body>\n{fragment(thing)}\n</body>"
    page = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n{body}\n</html>'
    # Signs beyond ASCII as references: the page is the same in whatever encoding it is kept.
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def fragment(thing: Answer) -> str:
    """`thing` as elements to be put into a page."""
    title, parts = outline(thing)
    return "\n".join([f"<h2>{escape(title)}</h2>", *(_part(part) for part in parts)])


def _part(part: Part) -> str:
    if isinstance(part, Section):
        # In the element, not in the style of the page: a fragment in a notebook is printed too.
        return f'<h2 style="break-before: page">{escape(part.title)}</h2>'
    if isinstance(part, Sentence | Prose):
        return f"<p>{escape(part.text)}</p>"
    if isinstance(part, Derivation):
        return f"<p><code>{escape(derivation(part))}</code></p>"
    if isinstance(part, Verbatim):
        return f"<pre>{escape(part.text)}</pre>"
    return f'<h3>{escape(part.title)}</h3>\n<div class="wide">\n{_table(part)}\n</div>'


def _table(part: Table) -> str:
    first, *others = padded(part.headers, part.rows, part.right)
    head, rows = _row(part, first, "th"), [_row(part, each, "td") for each in others]
    body = ["<thead>", head, "</thead>", "<tbody>", *rows, "</tbody>"]
    return "\n".join(["<table>", *body, "</table>"])


def _row(part: Table, cells: list[str], tag: str) -> str:
    right = ' style="text-align: right;"'
    texts = [
        f"<{tag}{right if at in part.right else ''}>{escape(cell)}</{tag}>"
        for at, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(texts)}</tr>"
