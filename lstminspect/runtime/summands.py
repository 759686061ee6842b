"""Summands of gradients: what the loop back over the steps and what comes after it pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.runtime.dependence import Node, graph_of
from lstminspect.runtime.forward_values import Products, ValueWriter

__all__ = ["Buffer", "Summand", "Summands", "all_rows"]


@dataclass(eq=False)
class Buffer:
    """Where the loop keeps a gradient: alone, or as rows of the buffer of a group.

    It is kept for all steps of a lot where something after the loop reads it.
    """

    name: str
    length: str
    rows: str = ""
    kept: bool = False

    @property
    def every_step(self) -> str:
        """The gradient of every step of the lot."""
        self.kept = True
        whole, _, cut = self.rows.partition("[")
        return f"{whole}_all[:steps, {cut}" if cut else f"{self.name}_all[:steps]"


class Summand(NamedTuple):
    """A summand of a gradient: what stands in `base`, times `factors`, times `sign`.

    `base` is a buffer of the loop, a group whose product is meant, or a text of many steps.
    """

    base: Buffer | Products | str
    factors: tuple[str, ...] = ()
    sign: int = 1


class Summands:
    """The summands of the gradient of each value of a cell, until the value hands them on."""

    def __init__(self, cell: Cell) -> None:
        self.graph = graph_of(cell)
        self.values = ValueWriter(self.graph)
        self.of: dict[Node, list[Summand]] = {}
        self.helpers: set[str] = set()

    def add(self, node: Node, summand: Summand) -> None:
        """Let the gradient of `node` have one summand more."""
        self.of.setdefault(node, []).append(summand)

    def give_all(self, node: Node, summand: Summand) -> None:
        """Give the values below `node` their share of its gradient."""
        for number, child in enumerate(node.below):
            if child.differs:
                self.give(child, summand, self.values.derivative(node, number))

    def give(self, child: Node, summand: Summand, factors: tuple[str, ...] = ()) -> None:
        """Let `child` have `summand` times `factors`."""
        if "" in factors:
            return
        sign = summand.sign * (-1) ** factors.count("-1")
        more = tuple(each for each in factors if each != "-1")
        self.add(child, Summand(summand.base, (*summand.factors, *more), sign))

    def factors(self, factors: tuple[str, ...]) -> str:
        """A name for the product of `factors`, worked out before the loop."""
        if len(factors) == 1:
            return factors[0]
        level = max(self.values.levels[each] for each in factors)
        return self.values.named(" * ".join(factors), level)


def all_rows(group: Products) -> str:
    """The name of the buffer of a group in the loop."""
    return f"rows_{group.number}"
