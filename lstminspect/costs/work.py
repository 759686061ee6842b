"""The operations of one step of a cell, by type: one walk over its equations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from lstminspect.cell import Cell
from lstminspect.equations.block import Block
from lstminspect.equations.functions import EXTREMES
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Negative,
    Parameter,
    children,
    is_product,
    is_sum,
    terms,
)
from lstminspect.sizes import Quantity, product

__all__ = ["Work", "added", "step_work"]


@dataclass(frozen=True)
class Work:
    """Operations by type: see the convention above. Two can be added, and one multiplied.

    >>> Work(macs=10, bias_adds=2).flops, (Work(macs=10) * 3).macs
    (22, 30)
    """

    macs: Quantity = 0
    bias_adds: Quantity = 0
    elementwise: Quantity = 0
    functions: Quantity = 0

    @property
    def flops(self) -> Quantity:
        """2 x MACs + bias additions + element-wise operations + functions."""
        return 2 * self.macs + self.bias_adds + self.elementwise + self.functions

    def __add__(self, other: Work) -> Work:
        return Work(*(one + two for one, two in zip(_of(self), _of(other), strict=True)))

    def __mul__(self, times: Quantity) -> Work:
        return Work(*(each * times for each in _of(self)))


def _of(work: Work) -> list[Quantity]:
    return [getattr(work, each.name) for each in fields(work)]


def step_work(cell: Cell, sizes: Mapping[str, Quantity], stored: Iterable[Block] = ()) -> Work:
    """The work of one step of one sequence; bias additions are those of the blocks in `stored`.

    >>> from lstminspect import cells
    >>> step_work(cells.get("lstm"), {"units": 64, "features": 3})
    Work(macs=17152, bias_adds=0, elementwise=256, functions=320)
    """
    biases = {block.name for block in cell.blocks if block.is_bias}
    work = Work(bias_adds=added(product(each.stored(sizes)) for each in stored if each.is_bias))
    for line in cell.lines:
        for one in _works(cell, line.expression, sizes, biases):
            work = work + one
    return work


def _works(
    cell: Cell, node: Expression, sizes: Mapping[str, Quantity], biases: set[str]
) -> Iterator[Work]:
    """The work of every operation in `node`."""
    length = cell.length_of(node)
    entries = sizes[length] if length else 1
    below = children(node)
    if is_sum(node):
        below = terms(node)
        joined = [each for each in below if not _is_bias(each, biases)]
        products = sum(is_product(each) for each in joined)
        yield Work(elementwise=entries * max(0, len(joined) - 1 - products))
    elif is_product(node):
        yield Work(macs=product(cell.block_named[_matrix(node)].stored(sizes)))
    elif isinstance(node, Call) and node.function in EXTREMES:
        yield Work(functions=entries * (len(below) - 1))
    elif isinstance(node, Call):
        yield Work(functions=0 if node.function in ("linear", "transpose") else entries)
    elif isinstance(node, Binary | Negative):
        yield Work(elementwise=entries)
    for each in below:
        yield from _works(cell, each, sizes, biases)


def _is_bias(node: Expression, biases: set[str]) -> bool:
    return isinstance(node, Parameter) and node.name in biases


def _matrix(node: Expression) -> str:
    """The name of the matrix of a product, turned or not."""
    left = children(node)[0]
    matrix = left.argument if isinstance(left, Call) else left
    assert isinstance(matrix, Parameter)
    return matrix.name


def added(numbers: Iterable[Quantity]) -> Quantity:
    """The sum of `numbers`, of any type; 0 of none."""
    total: Quantity = 0
    for each in numbers:
        total = total + each
    return total
