"""The checked tree of an equation: its nodes, walking it, writing it, dropping terms of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import add, mul, sub, truediv
from typing import NamedTuple, TypeAlias, TypeGuard

__all__ = [
    "NOWHERE",
    "Binary",
    "Call",
    "Expression",
    "Input",
    "Line",
    "Negative",
    "Number",
    "Parameter",
    "Span",
    "Term",
    "Value",
    "children",
    "is_product",
    "is_sum",
    "number_of",
    "rebuilt",
    "signed_terms",
    "terms",
    "text_of",
    "walk",
    "without",
]


@dataclass(frozen=True)
class Span:
    """Where a node stands in the text: line and columns count from 1, `end` is exclusive."""

    line: int
    column: int
    end: int


NOWHERE = Span(1, 1, 2)


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: int | float
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Input:
    """An input of this time step: `x`, or one that is declared."""

    name: str = "x"
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Value:
    """The value of a line: at the step before if `previous`, else at this step."""

    name: str
    previous: bool
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Parameter:
    """A trainable matrix or vector. A lone capital has no gate."""

    name: str
    letter: str
    gate: str | None
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Call:
    """A function of a vector, element by element unless it says otherwise.

    `others` are what follows the first argument: numbers, or the further vectors of `norm`.
    """

    function: str
    argument: Expression
    others: tuple[Expression, ...] = ()
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Binary:
    """One of OPERATORS between two nodes."""

    operator: str
    left: Expression
    right: Expression
    at: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Negative:
    """The negative of a node."""

    operand: Expression
    at: Span = field(default=NOWHERE, compare=False, repr=False)


Expression: TypeAlias = Number | Input | Value | Parameter | Call | Binary | Negative


@dataclass(frozen=True)
class Line:
    """One equation: `name = expression`, or `name: length = expression`."""

    name: str
    expression: Expression
    length: str | None = None
    at: Span = field(default=NOWHERE, compare=False, repr=False)


def children(node: Expression) -> tuple[Expression, ...]:
    """The nodes directly below `node`."""
    match node:
        case Call(_, argument, others):
            return (argument, *others)
        case Negative(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """`node` and every node below it, left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def is_sum(node: Expression) -> TypeGuard[Binary]:
    """Tell whether `node` is an addition or a subtraction."""
    return isinstance(node, Binary) and node.operator in ("+", "-")


def is_product(node: Expression) -> TypeGuard[Binary]:
    """Tell whether `node` is a matrix times a vector."""
    return isinstance(node, Binary) and node.operator == "@"


class Term(NamedTuple):
    """A term of a sum and its sign, 1 or -1."""

    sign: int
    node: Expression


def signed_terms(node: Expression, sign: int = 1) -> Iterator[Term]:
    """The terms of a sum with their signs; anything else is its own only term."""
    match node:
        case Binary("+" | "-" as operator, left, right):
            yield from signed_terms(left, sign)
            yield from signed_terms(right, sign if operator == "+" else -sign)
        case Negative(operand):
            yield from signed_terms(operand, -sign)
        case _:
            yield Term(sign, node)


def terms(node: Expression) -> tuple[Expression, ...]:
    """The terms of a sum, signs left out; anything else is its own only term."""
    return tuple(term.node for term in signed_terms(node))


def number_of(node: Expression) -> float | None:
    """The value of `node` if it is arithmetic of plain numbers alone, else None.

    Raises ZeroDivisionError if it divides by 0.

    >>> from lstminspect.equations.parser import parse
    >>> number_of(parse("h = 1 - 3 / -4").lines[0].expression)
    1.75
    """
    match node:
        case Number(value):
            return float(value)
        case Negative(operand):
            number = number_of(operand)
            return None if number is None else -number
        case Binary(operator, left, right) if operator in _ARITHMETIC:
            one, other = number_of(left), number_of(right)
            return None if one is None or other is None else _ARITHMETIC[operator](one, other)
        case _:
            return None


_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}


def rebuilt(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """`node` with `change` applied to every node of it, from the leaves up."""
    match node:
        case Call(function, argument, others, at):
            changed = tuple(rebuilt(other, change) for other in others)
            return change(Call(function, rebuilt(argument, change), changed, at))
        case Negative(operand, at):
            return change(Negative(rebuilt(operand, change), at))
        case Binary(operator, left, right, at):
            return change(Binary(operator, rebuilt(left, change), rebuilt(right, change), at))
        case _:
            return change(node)


def without(node: Expression, names: frozenset[str]) -> Expression | None:
    """`node` without every term of a sum that is a parameter called one of `names`.

    None if nothing is left. A name that also stands elsewhere than as a term stays there.

    >>> from lstminspect.equations.parser import parse
    >>> line, = parse("h = tanh(W_h @ x + U_h @ h + b_h)").lines
    >>> text_of(without(line.expression, frozenset({"b_h"})))
    'tanh(W_h @ x + U_h @ h)'
    """
    match node:
        case Parameter(name) if name in names:
            return None
        case Binary("+" | "-" as operator, left, right, at):
            kept_left, kept_right = without(left, names), without(right, names)
            if kept_right is None:
                return kept_left
            if kept_left is None:
                return kept_right if operator == "+" else Negative(kept_right, at)
            return Binary(operator, kept_left, kept_right, at)
        case Binary(operator, left, right, at):
            return Binary(operator, _kept(left, names), _kept(right, names), at)
        case Negative(operand, at):
            kept = without(operand, names)
            return None if kept is None else Negative(kept, at)
        case Call(function, argument, others, at):
            kept_others = tuple(_kept(other, names) for other in others)
            return Call(function, _kept(argument, names), kept_others, at)
        case _:
            return node


def _kept(node: Expression, names: frozenset[str]) -> Expression:
    # Below anything but a sum there is no term to drop, only terms of sums further down.
    return without(node, names) or node


def text_of(node: Expression) -> str:
    """`node` in the language, with the parentheses it needs and no others.

    >>> from lstminspect.equations.parser import parse
    >>> text_of(parse("h = (1 - (W_h @ x)) * (2 * h)").lines[0].expression)
    '(1 - W_h @ x) * (2 * h)'
    """
    match node:
        case Number(value):
            return str(value)
        case Input(name) | Value(name) | Parameter(name):
            return name
        case Call(function):
            return f"{function}({', '.join(text_of(child) for child in children(node))})"
        case Negative(operand):
            return f"-{_enclosed(operand, not isinstance(operand, Binary))}"
        case Binary(operator, left, right):
            weak = operator in ("+", "-")
            bare_left = weak or not is_sum(left)
            bare_right = not is_sum(right) if weak else not isinstance(right, Binary)
            return f"{_enclosed(left, bare_left)} {operator} {_enclosed(right, bare_right)}"


def _enclosed(node: Expression, bare: bool) -> str:
    return text_of(node) if bare else f"({text_of(node)})"
