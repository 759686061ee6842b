"""Equations as MathML, which a browser sets and a screen reader reads: beside `latex.py`.

What is here is MathML Core: every element is known to the browsers of today. Signs are those of
Unicode; the names of functions are followed by the sign that applies them, which is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

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

__all__ = ["enclosed", "equations", "expression", "math", "number", "row", "sign", "symbols"]

#: A product of matrices has a thin space that is read as times.
OPERATORS = {
    "+": "<mo>+</mo>",
    "-": "<mo>−</mo>",
    "*": "<mo>⊙</mo>",
    "/": "<mo>/</mo>",
    "@": '<mo>\u2062</mo><mspace width="0.17em"></mspace>',
}
#: The sign between the name of a function and its argument, which is not seen.
APPLIED = "<mo>\u2061</mo>"
#: As high as a line: brackets of one size, whatever hangs below it.
BRACKETS = ('<mo stretchy="false">(</mo>', '<mo stretchy="false">)</mo>')
FUNCTIONS = {"sigmoid": "σ"}


def equations(lines: Iterable[Line]) -> str:
    """The `lines` of a cell as a block, aligned at their equals signs, with t and t-1.

    >>> from lstminspect import Cell
    >>> text = equations(Cell("h = tanh(W_h @ x + U_h @ h + b_h)").lines)
    >>> text.startswith('<math display="block"><mtable>'), text.count("<mtr>")
    (True, 1)
    """
    sides = ("right", "center", "left")
    rows = []
    for line in lines:
        parts = (_at(line.name), sign("="), expression(line.expression))
        cells = [
            f'<mtd style="text-align: {side}">{part}</mtd>'
            for side, part in zip(sides, parts, strict=True)
        ]
        rows.append(f"<mtr>{''.join(cells)}</mtr>")
    body = "\n".join(rows)
    return f'<math display="block"><mtable>\n{body}\n</mtable></math>'


def math(*parts: str) -> str:
    """Mathematics within a text."""
    return f"<math>{''.join(parts)}</math>"


def expression(node: Expression) -> str:
    """`node` as elements: parentheses stand where `latex.expression` has them."""
    match node:
        case Number(value):
            mantissa, small, power = str(value).partition("e")
            if not small:
                return number(mantissa)
            return row(number(mantissa), sign("⋅"), _raised(number("10"), number(str(int(power)))))
        case Input(name):
            return _at(name)
        case Call("transpose", argument):
            return _raised(expression(argument), sign("⊤"))
        case Call("power", base, (exponent,)):
            bare = isinstance(base, Input | Value | Parameter)
            return _raised(_parts(base, bare), expression(exponent))
        case Value(name, previous):
            return _at(name, previous)
        case Parameter(name, letter, gate):
            return f"<msub>{_name(letter)}{_name(gate)}</msub>" if gate else _name(name)
        case Call(function):
            arguments = sign(",").join(expression(child) for child in children(node))
            return row(_name(FUNCTIONS.get(function, function)), APPLIED, enclosed(arguments))
        case Negative(operand):
            return row(OPERATORS["-"], _parts(operand, not isinstance(operand, Binary)))
        case Binary("@" as operator, left, right):
            return row(expression(left), OPERATORS[operator], _parts(right, not _compound(right)))
        case Binary(operator, left, right):
            weak = operator in ("+", "-")
            bare_left = weak or not (is_sum(left) or is_product(left))
            bare_right = not is_sum(right) if weak else not _compound(right)
            return row(_parts(left, bare_left), OPERATORS[operator], _parts(right, bare_right))


def _compound(node: Expression) -> bool:
    return isinstance(node, Binary | Negative)


def _parts(node: Expression, bare: bool) -> str:
    return expression(node) if bare else enclosed(expression(node))


def row(*parts: str) -> str:
    """Parts that stand beside each other."""
    return f"<mrow>{''.join(parts)}</mrow>"


def enclosed(part: str) -> str:
    """A part in parentheses.

    >>> enclosed(number("4"))
    '<mrow><mo stretchy="false">(</mo><mn>4</mn><mo stretchy="false">)</mo></mrow>'
    """
    return row(BRACKETS[0], part, BRACKETS[1])


def sign(text: str) -> str:
    """An operator, a bracket or a comma."""
    return f"<mo>{escape(text)}</mo>"


def number(text: str) -> str:
    """A number as it is written; a negative one with the sign of mathematics."""
    return row(OPERATORS["-"], number(text[1:])) if text[:1] == "-" else f"<mn>{escape(text)}</mn>"


def symbols(text: str) -> str:
    """The text of a size as elements.

    >>> symbols("2·u^10")
    '<mrow><mn>2</mn><mo>⋅</mo><msup><mi>u</mi><mn>10</mn></msup></mrow>'
    """
    parts: list[str] = []
    tokens = re.findall(r"\d[\d,.]*|\w+|\S", text)
    for at, token in enumerate(tokens):
        if token == "^":
            continue
        part = number(token) if token[0].isdigit() else _name(token)
        if not token[0].isalnum() and token[0] != "_":
            part = sign({"·": "⋅", "-": "−"}.get(token, token))
        if at and tokens[at - 1] == "^":
            parts.append(_raised(parts.pop(), part))
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else row(*parts)


def _raised(base: str, power: str) -> str:
    return f"<msup>{base}{power}</msup>"


def _at(name: str, previous: bool = False) -> str:
    time = _name("t")
    before = row(time, OPERATORS["-"], number("1"))
    return f"<msub>{_name(name)}{before if previous else time}</msub>"


def _name(name: str) -> str:
    return f"<mi>{escape(name)}</mi>"
