"""Equations as LaTeX: every state with its time, products parenthesised as paper needs them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Negative,
    Number,
    Parameter,
    Value,
    children,
    is_product,
    is_sum,
)

__all__ = ["FUNCTIONS", "OPERATORS", "equations", "escaped", "expression", "sides", "symbols"]


OPERATORS = {"+": " + ", "-": " - ", "*": r" \odot ", "/": " / ", "@": r" \, "}


# LaTeX has these as signs of their own; every other function is written by its name.
FUNCTIONS = {"sigmoid": r"\sigma", "tanh": r"\tanh", "max": r"\max", "min": r"\min"}


def equations(lines: Iterable[Line]) -> str:
    r"""The `lines` of a cell as display mathematics, with t and t-1 on every state.

    >>> from lstminspect import Cell
    >>> print(equations(Cell("h = tanh(W_h @ x + U_h @ h + b_h)").lines))
    \[\begin{array}{rcl}
    h_{t} & = & \tanh(W_{h} \, x_{t} + U_{h} \, h_{t-1} + b_{h})
    \end{array}\]
    """
    rows = [" & = & ".join(sides(line)) for line in lines]
    body = " \\\\\n".join(rows)
    return f"\\[\\begin{{array}}{{rcl}}\n{body}\n\\end{{array}}\\]"


def sides(line: Line) -> tuple[str, str]:
    """The left and the right side of the equals sign of a line."""
    return _at(line.name), expression(line.expression)


def expression(node: Expression) -> str:
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
        case Call("power", base, (exponent,)):
            bare = isinstance(base, Input | Value | Parameter)
            return f"{_enclosed(base, bare)}^{{{expression(exponent)}}}"
        case Value(name, previous):
            return _at(name, "t-1" if previous else "t")
        case Parameter(name, letter, gate):
            return f"{letter}_{{{_name(gate)}}}" if gate else name
        case Call(function):
            sign = FUNCTIONS.get(function) or rf"\mathrm{{{escaped(function)}}}"
            return f"{sign}({', '.join(expression(child) for child in children(node))})"
        case Negative(operand):
            return f"-{_enclosed(operand, not isinstance(operand, Binary))}"
        case Binary("@", left, right):
            return expression(left) + OPERATORS["@"] + _enclosed(right, not _compound(right))
        case Binary(operator, left, right):
            weak = operator in ("+", "-")
            bare_left = weak or not (is_sum(left) or is_product(left))
            bare_right = not is_sum(right) if weak else not _compound(right)
            return _enclosed(left, bare_left) + OPERATORS[operator] + _enclosed(right, bare_right)


def _compound(node: Expression) -> bool:
    return isinstance(node, Binary | Negative)


def _enclosed(node: Expression, bare: bool) -> str:
    return expression(node) if bare else f"({expression(node)})"


def _at(name: str, time: str = "t") -> str:
    return f"{_name(name)}_{{{time}}}"


def _name(name: str) -> str:
    return escaped(name) if len(name) == 1 else rf"\mathit{{{escaped(name)}}}"


ESCAPES = {
    "\\": r"\textbackslash{}",
    "·": r"$\cdot$",
    "^": r"\^{}",
    "~": r"\~{}",
    # The usual font of text has other signs in the places of these.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\ttfamily\char34}",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def symbols(text: str) -> str:
    r"""The text of a size as mathematics.

    >>> print(symbols("2·u^10"))
    2 \cdot u^{10}
    """
    if text.isidentifier():
        return _name(text)
    return re.sub(r"\^([0-9]+)", r"^{\1}", text).replace("·", r" \cdot ")


def escaped(text: str) -> str:
    r"""`text` with the signs escaped that TeX would read, and those spelled that it does not know.

    >>> print(escaped("a_b × α, ü"))
    a\_b \ensuremath{\times} \ensuremath{\alpha}, \mbox{ü}
    """
    plain = text.isascii()
    signs = (ESCAPES.get(each) or (each if plain else _spelled(each)) for each in text)
    # Two hyphens of a command line would become a dash.
    return "".join(signs).replace("--", "-{}-")


#: Signs beyond ASCII by what TeX calls them. The corner is drawn: it stands in no usual font.
SIGNS = {
    "×": r"\times",
    "−": "-",
    "→": r"\to",
    "≥": r"\geq",
    "≤": r"\leq",
    "≈": r"\approx",
    "∞": r"\infty",
    "²": "^2",
    "³": "^3",
    "■": r"\rule{1.2ex}{1.2ex}",
    "●": r"\bullet",
    "└": r"\rule{.4pt}{1.5ex}\rule{.8ex}{.4pt}",
}


#: The Greek capitals that look like no Latin ones: TeX has commands for these alone.
CAPITALS = [
    "gamma",
    "delta",
    "theta",
    "lambda",
    "xi",
    "pi",
    "sigma",
    "upsilon",
    "phi",
    "psi",
    "omega",
]


def _spelled(sign: str) -> str:
    """A sign as TeX knows it, in text as in mathematics; its number where TeX does not."""
    if sign.isascii() or sign in "–—‘’“”…":
        return sign
    if sign in SIGNS:
        return rf"\ensuremath{{{SIGNS[sign]}}}"
    from unicodedata import name, normalize

    if letter := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (LAMDA|[A-Z]+)", name(sign, "")):
        command = letter[2].replace("LAMDA", "LAMBDA").lower()
        if letter[1] == "SMALL" and command != "omicron":
            return rf"\ensuremath{{\{command}}}"
        if command in CAPITALS:
            return rf"\ensuremath{{\{command.capitalize()}}}"
    if sign < "\u0180" and (normalize("NFD", sign)[0].isascii() or sign in "ßæøåÆØÅœŒłŁ"):
        return rf"\mbox{{{sign}}}"
    return f"[U+{ord(sign):04X}]"
