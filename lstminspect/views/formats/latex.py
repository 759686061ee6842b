"""LaTeX that compiles inside any document class without a package."""

from __future__ import annotations

import re

from lstminspect.analysis.report import Report
from lstminspect.cell import Cell
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Input,
    Negative,
    Node,
    Number,
    Parameter,
    Value,
    children,
    is_sum,
)
from lstminspect.formula import names_in, written
from lstminspect.views.document import Derivation, Part, Prose, Section, Sentence, Verbatim
from lstminspect.views.formats.text import table
from lstminspect.views.view import Thing, outline

__all__ = ["FUNCTIONS", "OPERATORS", "document", "equations", "expression"]

OPERATORS = {"+": " + ", "-": " - ", "*": r" \odot ", "/": " / ", "@": r" \, "}

# LaTeX has these two as signs of their own; every other function is written by its name.
FUNCTIONS = {"sigmoid": r"\sigma", "tanh": r"\tanh"}

ESCAPES = {
    "\\": r"\textbackslash{}",
    "·": r"$\cdot$",
    "^": r"\^{}",
    "~": r"\~{}",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def document(thing: Thing) -> str:
    """`thing` as LaTeX to be put into a document, without a final line end."""
    title, parts = outline(thing)
    texts = [f"\\section*{{{_escaped(title)}}}"]
    if isinstance(thing, Report):
        layer = thing.layer
        texts.append(equations(layer.running_cell))
    if isinstance(thing, Cell):
        texts.append(equations(thing))
    return "\n\n".join([*texts, *(_part(part) for part in parts)])


def equations(cell: Cell) -> str:
    r"""The equations of `cell` as display mathematics, with t and t-1 on every state.

    >>> print(equations(Cell("h = tanh(W_h @ x + U_h @ h + b_h)")))
    \[\begin{array}{rcl}
    h_{t} & = & \tanh(W_{h} \, x_{t} + U_{h} \, h_{t-1} + b_{h})
    \end{array}\]
    """
    rows = [f"{_at(line.name)} & = & {expression(line.expression)}" for line in cell.lines]
    body = " \\\\\n".join(rows)
    return f"\\[\\begin{{array}}{{rcl}}\n{body}\n\\end{{array}}\\]"


def expression(node: Node) -> str:
    """`node` as mathematics.

    A product with a matrix binds more tightly on paper than an element-wise one, in the language
    they bind alike: wherever the two meet, parentheses say which comes first.
    """
    match node:
        case Number(value):
            mantissa, sign, power = str(value).partition("e")
            return rf"{mantissa} \cdot 10^{{{int(power)}}}" if sign else mantissa
        case Input(name):
            return _at(name)
        case Call("transpose", argument):
            return f"{expression(argument)}^\\top"
        case Value(name, previous):
            return _at(name, "t-1" if previous else "t")
        case Parameter(name, letter, gate):
            return f"{letter}_{{{_name(gate)}}}" if gate else name
        case Call(function):
            sign = FUNCTIONS.get(function) or rf"\mathrm{{{_escaped(function)}}}"
            return f"{sign}({', '.join(expression(child) for child in children(node))})"
        case Negative(operand):
            return f"-{_enclosed(operand, not isinstance(operand, Binary))}"
        case Binary("@", left, right):
            return expression(left) + OPERATORS["@"] + _enclosed(right, not _compound(right))
        case Binary(operator, left, right):
            weak = operator in ("+", "-")
            bare_left = weak or not (is_sum(left) or _is_product(left))
            bare_right = not is_sum(right) if weak else not _compound(right)
            return _enclosed(left, bare_left) + OPERATORS[operator] + _enclosed(right, bare_right)


def _compound(node: Node) -> bool:
    return isinstance(node, Binary | Negative)


def _is_product(node: Node) -> bool:
    return isinstance(node, Binary) and node.operator == "@"


def _enclosed(node: Node, bare: bool) -> str:
    return expression(node) if bare else f"({expression(node)})"


def _at(name: str, time: str = "t") -> str:
    return f"{_name(name)}_{{{time}}}"


def _name(name: str) -> str:
    return name if len(name) == 1 else rf"\mathit{{{_escaped(name)}}}"


def _part(part: Part) -> str:
    if isinstance(part, Sentence | Prose):
        return _escaped(part.text)
    if isinstance(part, Section):
        return f"\\clearpage\n\\section*{{{_escaped(part.title)}}}"
    if isinstance(part, Derivation):
        return _derivation(part)
    if isinstance(part, Verbatim):
        # TeX sets these signs in mathematics alone, and there is none inside verbatim.
        text = part.text.replace("■", "#").replace("●", "o")
        return f"\\begin{{verbatim}}\n{text}\n\\end{{verbatim}}"
    rows = [tuple(_escaped(cell) for cell in row) for row in part.rows]
    headers = tuple(_escaped(header) for header in part.headers)
    body = table(headers, rows, part.right, "latex_raw")
    return f"\\subsection*{{{_escaped(part.title)}}}\n\n\\noindent\n{body}"


def _derivation(part: Derivation) -> str:
    names = {name: rf"\mathit{{{_escaped(name)}}}" for name in names_in(part.formula)}
    sizes = {name: _sign(text) for name, text in part.sizes.items()}
    steps = [
        written(part.formula, names, r" \cdot "),
        written(part.formula, {**names, **sizes}, r" \cdot "),
        part.result.replace(",", "{,}"),
    ]
    return f"\\[{' = '.join(dict.fromkeys(step for step in steps if step))}\\]"


def _sign(text: str) -> str:
    if text.isidentifier():
        return _name(text)
    return re.sub(r"\^([0-9]+)", r"^{\1}", text).replace("·", r" \cdot ")


def _escaped(text: str) -> str:
    # Two hyphens of a command line would become a dash.
    return "".join(ESCAPES.get(each, each) for each in text).replace("--", "-{}-")
