"""Graph: the equations of a cell as what depends on what, every value in it once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lstminspect.cell import Cell
from lstminspect.equations.expand import opened
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Negative,
    Parameter,
    Value,
    is_product,
    number_of,
)

__all__ = ["CONSTANT", "STEP", "TIMELESS", "Graph", "Node", "graph_of"]

#: What a value depends on: numbers and parameters, inputs too, or a state too.
CONSTANT, TIMELESS, STEP = range(3)


@dataclass(eq=False)
class Node:
    """One value of a cell: its expression, the values in it, what it depends on, its length.

    A matrix is not among them: below a product stands its vector alone. `differs` tells whether a
    parameter, an input or a state is in it, so that it has a gradient to pass on.
    """

    expression: Expression
    below: tuple[Node, ...]
    level: int
    length: str
    differs: bool
    line: str = ""


@dataclass(frozen=True)
class Graph:
    """The values of a cell, each after those below it, the value of every line, the states read.

    `states` are values of the step before, by the name of their state.
    """

    nodes: tuple[Node, ...]
    lines: dict[str, Node]
    states: dict[str, Node]


def graph_of(cell: Cell) -> Graph:
    """The Graph of `cell`; what its text says twice is one value.

    >>> graph = graph_of(Cell("h = tanh(W_h @ x) + tanh(W_h @ x)"))
    >>> len(graph.nodes), graph.lines["h"].below[0] is graph.lines["h"].below[1]
    (4, True)
    """
    nodes: dict[Any, Node] = {}
    lines: dict[str, Node] = {}

    def node_of(expression: Expression) -> Node:
        match expression:
            case Value(name, False):
                return lines[name]
            case Call(_, argument, others):
                below = tuple(map(node_of, (argument, *others)))
                own: object = expression.function
            case Negative(operand):
                below, own = (node_of(operand),), "-"
            case Binary(_, left, right) if is_product(expression):
                below, own = (node_of(right),), left
            case Binary(operator, left, right):
                below, own = (node_of(left), node_of(right)), operator
            case _:
                below, own = (), expression
        key = (type(expression), own, *map(id, below))
        if key not in nodes:
            level = {Input: TIMELESS, Value: STEP}.get(type(expression), CONSTANT)
            level = max([level, *(each.level for each in below)])
            differs = isinstance(expression, Input | Value | Parameter) or is_product(expression)
            differs |= any(each.differs for each in below) and not _is_flat(expression)
            nodes[key] = Node(expression, below, level, cell.length_of(expression), differs)
        return nodes[key]

    for line in cell.lines:
        node = node_of(opened(line.expression))
        lines[line.name] = node
        node.line = node.line or line.name
    states = {
        node.expression.name: node
        for node in nodes.values()
        if isinstance(node.expression, Value) and node.expression.previous
    }
    return Graph(tuple(nodes.values()), lines, states)


def _is_flat(node: Expression) -> bool:
    """Tell whether `node` is a function that passes no gradient on: a step, a power of 0."""
    match node:
        case Call("power", _, (exponent,)):
            return number_of(exponent) == 0
        case Call("step"):
            return True
    return False
