"""The equations one operation at a time: slow, plain, and the measure of the compiled ones."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lstminspect.cell import Cell
from lstminspect.equations.expand import opened
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Negative,
    Number,
    Parameter,
    Value,
)
from lstminspect.runtime import functions
from lstminspect.runtime.functions import Array

__all__ = ["OPERATORS", "NumericFunctions", "step"]

OPERATORS: Mapping[str, Callable[[Array, Array], Array]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class NumericFunctions(NamedTuple):
    """The names in a tensor library: its functions, a matrix product, and a transpose."""

    functions: Mapping[str, Callable[..., Array]]
    matmul: Callable[[Array, Array], Array]
    transpose: Callable[[Array], Array]


NUMPY = NumericFunctions(functions.FUNCTIONS, np.matmul, np.transpose)


def step(
    cell: Cell,
    blocks: Mapping[str, Array],
    inputs: Mapping[str, Array],
    states: Mapping[str, Array],
    library: NumericFunctions = NUMPY,
) -> dict[str, Array]:
    """The value of every line at one time step, by name.

    `blocks` are the parameters, matrices as they stand in the equations; `inputs` and `states`
    are of shape (batch, entries), the states those of the step before.

    >>> cell = Cell("h = tanh(W_h @ x + U_h @ h)")
    >>> blocks = {"W_h": np.ones((1, 2)), "U_h": np.zeros((1, 1))}
    >>> step(cell, blocks, {"x": np.array([[1.0, 2.0]])}, {"h": np.zeros((1, 1))})["h"].round(3)
    array([[0.995]])
    """
    now: dict[str, Array] = {}

    def value(node: Expression) -> Array:
        match node:
            case Number(number):
                return float(number)  # NumPy has no whole power below 0 of a whole number.
            case Input(name):
                return inputs[name]
            case Value(name, previous):
                return states[name] if previous else now[name]
            case Parameter(name):
                return blocks[name]
            case Negative(operand):
                return -value(operand)
            case Call(function, argument, others):
                return library.functions[function](value(argument), *map(value, others))
            case Binary("@", Call("transpose", matrix), vector):
                return library.matmul(value(vector), value(matrix))
            case Binary("@", matrix, vector):
                return library.matmul(value(vector), library.transpose(value(matrix)))
            case Binary(sign, left, right):
                return OPERATORS[sign](value(left), value(right))

    for line in cell.lines:
        now[line.name] = value(opened(line.expression))
    return now
