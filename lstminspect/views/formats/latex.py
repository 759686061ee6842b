"""LaTeX that compiles inside any document class without a package."""

from __future__ import annotations

from lstminspect.analysis.report import Report
from lstminspect.answer import padded
from lstminspect.cell import Cell
from lstminspect.equations.latex import equations, escaped, symbols
from lstminspect.formula import names_in, written
from lstminspect.views.document import Derivation, Part, Prose, Section, Sentence, Table, Verbatim
from lstminspect.views.view import Answer, outline

__all__ = ["document"]


def document(thing: Answer) -> str:
    """`thing` as LaTeX to be put into a document, without a final line end."""
    title, parts = outline(thing)
    texts = [f"\\section*{{{escaped(title)}}}"]
    if isinstance(thing, Report):
        layer = thing.layer
        texts.append(equations(layer.running_cell.lines))
    if isinstance(thing, Cell):
        texts.append(equations(thing.lines))
    return "\n\n".join([*texts, *(_part(part) for part in parts)])


def _part(part: Part) -> str:
    if isinstance(part, Sentence | Prose):
        return escaped(part.text)
    if isinstance(part, Section):
        return f"\\clearpage\n\\section*{{{escaped(part.title)}}}"
    if isinstance(part, Derivation):
        return _derivation(part)
    if isinstance(part, Verbatim):
        # TeX sets these signs in mathematics alone, and there is none inside verbatim.
        text = part.text.replace("■", "#").replace("●", "o")
        return f"\\begin{{verbatim}}\n{text}\n\\end{{verbatim}}"
    return f"\\subsection*{{{escaped(part.title)}}}\n\n\\noindent\n{_table(part)}"


def _table(part: Table) -> str:
    rows = [tuple(escaped(cell) for cell in row) for row in part.rows]
    headers = tuple(escaped(header) for header in part.headers)
    lines = [f" {' & '.join(line)} \\\\" for line in padded(headers, rows, part.right)]
    columns = "".join("r" if at in part.right else "l" for at in range(len(headers)))
    rule = r"\hline"
    begin, end = f"\\begin{{tabular}}{{{columns}}}", r"\end{tabular}"
    return "\n".join([begin, rule, lines[0], rule, *lines[1:], rule, end])


def _derivation(part: Derivation) -> str:
    names = {name: rf"\mathit{{{escaped(name)}}}" for name in names_in(part.formula)}
    sizes = {name: symbols(text) for name, text in part.sizes.items()}
    steps = [
        written(part.formula, names, r" \cdot "),
        written(part.formula, {**names, **sizes}, r" \cdot "),
        part.result.replace(",", "{,}"),
    ]
    return f"\\[{' = '.join(dict.fromkeys(step for step in steps if step))}\\]"
