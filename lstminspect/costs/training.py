"""The values that back-propagation through time reads again: one walk over the equations.

A product of two values needs both for its slopes, a matrix product needs its vector (the matrix is
there anyway), a function its own result, a power, `max` and `min` what they are of, a sum nothing.
What is needed more than once is kept once. This is the least that works; PyTorch keeps exactly this
for its LSTM and RNN on the CPU without oneDNN (2.13, its saved tensors), and one vector of units
more for its GRU.
"""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.functions import EXTREMES
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Number,
    Parameter,
    Value,
    children,
    text_of,
    walk,
)

__all__ = ["Kept", "kept"]


class Kept(NamedTuple):
    """The values kept of a time step, by name, each with the name of its length.

    `before` are the states before the step, `now` its own values, `inputs` what it reads.
    """

    inputs: dict[str, str]
    before: dict[str, str]
    now: dict[str, str]

    @property
    def own(self) -> dict[str, str]:
        """All but the inputs: a state that is read as it was and as it is stands here once."""
        return self.before | self.now

    @property
    def both(self) -> dict[str, str]:
        """States that are read both as they were and as they are: one value more than steps."""
        return {name: length for name, length in self.now.items() if name in self.before}


def kept(cell: Cell) -> Kept:
    """The values that back-propagation reads again of every step of `cell`.

    >>> from lstminspect import cells
    >>> values = kept(cells.get("lstm"))
    >>> list(values.inputs), list(values.own)
    (['x'], ['h', 'c', 'i', 'f', 'g', 'o', 'tanh(c)'])
    """
    values = Kept({}, {}, {})
    constant = _constant(cell)
    names = {line.expression: line.name for line in cell.lines}

    def varies(node: Expression) -> bool:
        return any(
            part.name not in constant if isinstance(part, Value) else isinstance(part, Input)
            for part in walk(node)
        )

    def keep(node: Expression) -> None:
        length = cell.length_of(node)
        match node:
            case Input(name):
                values.inputs[name] = length
            case Value(name, True):
                values.before[name] = length
            case Value(name):
                values.now[name] = length
            case _:
                values.now[names.get(node) or text_of(node)] = length

    for line in cell.lines:
        for node in walk(line.expression):
            for needed in _needed(node):
                if varies(needed):
                    keep(needed)
    return values


def _needed(node: Expression) -> list[Expression]:
    """The operands that the slopes of one operation need."""
    match node:
        case Binary("*", Number(), _) | Binary("*", _, Number()) | Binary("/", _, Number()):
            return []
        case Binary("/", Number(), right):
            return [right]
        case Binary("*" | "/", left, right):
            return [left, right]
        case Binary("@", _, vector):
            return [vector]
        case Call(function) if function in EXTREMES:
            return [child for child in children(node) if not isinstance(child, Number)]
        case Call("power", base):
            return [base]
        case Call(function) if function not in ("linear", "transpose"):
            return [node]
        case _:
            return []


def _constant(cell: Cell) -> set[str]:
    """The lines that are made of numbers and parameters alone."""
    constant: set[str] = set()
    for line in cell.lines:
        parts = [part for part in walk(line.expression) if not children(part)]
        if all(
            isinstance(part, Number | Parameter)
            or (isinstance(part, Value) and not part.previous and part.name in constant)
            for part in parts
        ):
            constant.add(line.name)
    return constant
