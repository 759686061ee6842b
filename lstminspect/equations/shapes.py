"""Lengths of every vector of a cell, by unification.

`x` has `features` entries, a state and the output have `units` unless the cell says otherwise, `@`
gives a vector with one entry per row of its matrix, and whatever is added or multiplied element by
element has the same length. A length that nothing decides is `units`.
"""

from __future__ import annotations

from typing import NoReturn

from lstminspect.equations.functions import EXTREMES, OF_VECTORS
from lstminspect.equations.parser import Declaration, error_at
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Negative,
    Number,
    Parameter,
    Span,
    Value,
    children,
    text_of,
    walk,
)

__all__ = ["FEATURES", "OUTPUT", "UNITS", "lengths_of"]

OUTPUT = "h"
FEATURES, UNITS = "features", "units"


def lengths_of(
    text: str, lines: tuple[Line, ...], declared: dict[str, Declaration]
) -> dict[str, tuple[str, ...]]:
    """The shape of everything in `lines` that has a name, in names of sizes.

    Raises EquationError, with its place in `text`, if two lengths that must agree do not.

    >>> from lstminspect.equations.parser import parse
    >>> text = "h = tanh(W_h @ x + b_h)"
    >>> lengths_of(text, *parse(text))
    {'h': ('units',), 'W_h': ('units', 'features'), 'b_h': ('units',)}
    """
    return _Lengths(text, lines, declared).solved()


class _Lengths:
    """Lengths of every vector of a cell, by unification. An int stands for one not known yet."""

    def __init__(
        self, text: str, lines: tuple[Line, ...], declared: dict[str, Declaration]
    ) -> None:
        self.text, self.lines, self.declared = text, lines, declared
        self.same: dict[int, int | str] = {}
        self.unknowns = 0
        self.of: dict[str, tuple[int | str, ...]] = {}
        #: Lines that are one number, whatever length is declared.
        self.numbers: set[str] = set()

    def solved(self) -> dict[str, tuple[str, ...]]:
        names = {line.name for line in self.lines}
        if OUTPUT not in names:
            last = self.lines[-1]
            message = (
                f"a cell's output is the line {OUTPUT}, and there is none. Rename {last.name}?"
            )
            raise error_at(self.text, last.at, message)
        for line in self.lines:
            self.of[line.name] = (UNITS if line.name == OUTPUT else self.fresh(),)
        for line in self.lines:
            for node in walk(line.expression):
                if isinstance(node, Value) and node.previous:
                    self.of[node.name] = (UNITS,)
        for line in self.lines:
            if line.length:
                self.of[line.name] = (line.length,)
        for line in self.lines:
            length = self.length(line.expression)
            mine = self.of[line.name][0]
            if length is None or self.is_number(line.expression):
                self.numbers.add(line.name)
            if length is None and isinstance(mine, int):
                self.of[line.name] = ()  # A constant: one number, which fits everything.
            if length is not None and not self.unify(mine, length):
                self.refuse(line.at, f"{line.name} has", mine, line.expression, length)
        for name, declared in self.declared.items():
            if declared.kind in ("blocks", "triangular") and len(self.of[name]) != 2:
                message = f"{name} is a vector, and only a matrix can be {declared.kind}"
                raise error_at(self.text, declared.at, message)
        return {name: tuple(self.name(part) for part in shape) for name, shape in self.of.items()}

    def fresh(self) -> int:
        self.unknowns += 1
        return self.unknowns

    def root(self, length: int | str) -> int | str:
        while isinstance(length, int) and length in self.same:
            length = self.same[length]
        return length

    def name(self, length: int | str) -> str:
        root = self.root(length)
        return root if isinstance(root, str) else UNITS

    def unify(self, one: int | str, other: int | str) -> bool:
        one, other = self.root(one), self.root(other)
        if isinstance(one, str) and isinstance(other, str):
            return one == other
        if one != other:
            free, fixed = (one, other) if isinstance(one, int) else (other, one)
            assert isinstance(free, int)
            self.same[free] = fixed
        return True

    def refuse(
        self, at: Span, left: str, mine: int | str, right: Expression, other: int | str
    ) -> NoReturn:
        """Name both sides of a disagreement, and the way out if it is features against units."""
        names = self.name(mine), self.name(other)
        message = f"{left} {names[0]}, but {text_of(right)} has {names[1]}."
        if set(names) == {FEATURES, UNITS}:
            message += " This would force features = units; "
            message += "a matrix, for example W_h @ x, leads across."
        raise error_at(self.text, at, message)

    def length(self, node: Expression) -> int | str | None:
        """The length of `node`, or None for a plain number, which fits everything."""
        match node:
            case Number():
                return None
            case Input(name):
                declared = self.declared.get(name)
                return declared.size if declared else FEATURES
            case Value(name):
                return next(iter(self.of[name]), None)
            case Parameter(name) if name in self.declared and not self.declared[name].size:
                self.of[name] = ()
                return None
            case Parameter():
                return self.shape(node, rank=1)[0]
            case Call("transpose", argument):
                message = f"transpose({text_of(argument)}) stands left of @ or nowhere"
                raise error_at(self.text, node.at, message)
            case Call(function, argument, others) if function in EXTREMES:
                return self.agreed(node, argument, *others)
            case Call(function, argument, others):
                for each in (argument, *others):
                    length = self.length(each)
                    if function in OF_VECTORS and (length is None or self.is_number(each)):
                        message = f"{function} takes a vector, and {text_of(each)} is one number"
                        raise error_at(self.text, each.at, message)
                return self.length(argument)
            case Negative(operand):
                return self.length(operand)
            case Binary("@", left, right):
                return self.product(node, left, right)
            case Binary(_, left, right):
                return self.agreed(node, left, right)

    def product(self, node: Binary, matrix: Expression, vector: Expression) -> int | str:
        turned = isinstance(matrix, Call) and matrix.function == "transpose"
        if isinstance(matrix, Call) and turned:
            matrix = matrix.argument
        if not isinstance(matrix, Parameter):
            swapped = isinstance(vector, Parameter) and isinstance(matrix, Input | Value)
            hint = "Write the product in parentheses, for example r * (U_h @ h)."
            if swapped:
                hint = f"The matrix stands first: {text_of(vector)} @ {text_of(matrix)}."
            message = f"left of @ stands a matrix, and {text_of(matrix)} is none. {hint}"
            raise error_at(self.text, node.at, message)
        operand = self.length(vector)
        if operand is None or self.is_number(vector):
            message = f"right of @ stands a vector, and {text_of(vector)} is a number"
            raise error_at(self.text, node.at, message)
        rows, columns = self.shape(matrix, rank=2)
        if turned:
            rows, columns = columns, rows
        if not self.unify(columns, operand):
            self.refuse(node.at, f"{matrix.name} has columns for", columns, vector, operand)
        return rows

    def is_number(self, node: Expression) -> bool:
        """Tell whether `node` is made of numbers alone, those with a name included."""
        match node:
            case Value(name, previous):
                return not previous and name in self.numbers
            case Parameter(name):
                return self.of.get(name) == ()
            case _:
                below = children(node)
                return not isinstance(node, Input) and all(map(self.is_number, below))

    def agreed(self, node: Expression, *parts: Expression) -> int | str | None:
        """The one length of all `parts` of `node`; numbers fit everything."""
        agreed: int | str | None = None
        first = parts[0]
        for part in parts:
            length = self.length(part)
            if agreed is None:
                agreed, first = length, part
            elif length is not None and not self.unify(agreed, length):
                self.refuse(node.at, f"{text_of(first)} has", agreed, part, length)
        return agreed

    def shape(self, parameter: Parameter, rank: int) -> tuple[int | str, ...]:
        shape = self.of.setdefault(parameter.name, tuple(self.fresh() for _ in range(rank)))
        if len(shape) != rank:
            kinds = {1: "a vector", 2: "a matrix"}
            message = f"{parameter.name} is {kinds[rank]} here and {kinds[len(shape)]} elsewhere"
            raise error_at(self.text, parameter.at, message)
        return shape
