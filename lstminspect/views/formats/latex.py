"""LaTeX that compiles inside any document class without a package."""

from __future__ import annotations

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
from lstminspect.equations.latex import equations, escaped, symbols
from lstminspect.formula import names_in
from lstminspect.formula import written as formula
from lstminspect.views.formats.text import BasicPart, basic, cells
from lstminspect.wording import number

__all__ = ["written"]


def written(document: Document) -> str:
    """A document as LaTeX to be put into another, without a final line end."""
    texts = [f"\\section*{{{escaped(document.title)}}}"]
    if document.equations:
        texts.append(equations(document.equations))
    return "\n\n".join([*texts, *map(_part, basic(document))])


def _part(part: BasicPart) -> str:
    match part:
        case Sentence(text) | Prose(text):
            return escaped(text)
        case Section(title):
            return f"\\clearpage\n\\section*{{{escaped(title)}}}"
        case Derivation():
            return _derivation(part)
        case Verbatim(text):
            # TeX sets these signs in mathematics alone, and there is none inside verbatim.
            text = text.replace("■", "#").replace("●", "o")
            return f"\\begin{{verbatim}}\n{text}\n\\end{{verbatim}}"
        case Table(title):
            return f"\\subsection*{{{escaped(title)}}}\n\n\\noindent\n{_table(part)}"


def _table(part: Table) -> str:
    rows = [[escaped(cell) for cell in row] for row in cells(part)]
    headers = tuple(escaped(header) for header in part.headers)
    lines = [f" {' & '.join(line)} \\\\" for line in padded(headers, rows, part.aligned)]
    columns = "".join("r" if at in part.aligned else "l" for at in range(len(headers)))
    rule = r"\hline"
    begin, end = f"\\begin{{tabular}}{{{columns}}}", r"\end{tabular}"
    return "\n".join([begin, rule, lines[0], rule, *lines[1:], rule, end])


def _derivation(part: Derivation) -> str:
    names = {name: rf"\mathit{{{escaped(name)}}}" for name in names_in(part.formula)}
    sizes = {name: symbols(text) for name, text in part.sizes.items()}
    steps = [
        formula(part.formula, names, r" \cdot "),
        formula(part.formula, {**names, **sizes}, r" \cdot "),
    ]
    if part.result is not None:
        steps.append(number(part.result).replace(",", "{,}"))
    return f"\\[{' = '.join(dict.fromkeys(steps))}\\]"
