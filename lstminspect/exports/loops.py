"""The equations as loops over entries, for a language without vectors.

What a product or a function of a whole vector reads becomes a vector with a name, and lines of one
length that do not wait for each other share one loop. So most lines are one number at a time, and
few vectors need memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lstminspect.cell import Cell
from lstminspect.equations.expand import of_two
from lstminspect.equations.functions import EXTREMES, OF_VECTORS
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Negative,
    Parameter,
    Value,
    children,
    is_product,
    text_of,
    walk,
)

__all__ = ["Assignment", "Loop", "Loops", "free_name", "loops_of"]


@dataclass(frozen=True)
class Assignment:
    """A value by name: a line of the equations, or a vector that one of its products reads."""

    name: str
    expression: Expression
    length: str
    equation: str


@dataclass
class Loop:
    """Assignments for every entry of one length; without a length they are single numbers.

    `over` are the functions of whole vectors that have to be prepared before the loop.
    """

    length: str
    assignments: list[Assignment] = field(default_factory=list)

    @property
    def over(self) -> list[Call]:
        """The calls of functions of whole vectors, each once."""
        calls = [
            node
            for each in self.assignments
            for node in walk(each.expression)
            if isinstance(node, Call) and node.function in OF_VECTORS - {"transpose"}
        ]
        return list(dict.fromkeys(calls))


@dataclass(frozen=True)
class Loops:
    """The loops of a cell, and where its values are.

    `arrays` are the vectors that need memory beside the states, with their lengths; `in_place` the
    states that take their new value within a loop, because nobody reads the old one any more.
    """

    loops: tuple[Loop, ...]
    arrays: dict[str, str]
    in_place: frozenset[str]
    lengths: dict[str, str]


def free_name(name: str, taken: set[str]) -> str:
    """`name`, with a number behind it if it is one of `taken`, which it joins."""
    number, new = 1, name
    while new in taken:
        number += 1
        new = f"{name}{number}"
    taken.add(new)
    return new


def loops_of(cell: Cell, taken: set[str]) -> Loops:
    r"""The Loops of `cell`; the vectors that get a name have one beside those that are `taken`.

    >>> loops = loops_of(Cell("r = sigmoid(W_r @ x)\nh = tanh(U_h @ (r * h))"), set("rhx"))
    >>> [[each.name for each in loop.assignments] for loop in loops.loops], loops.arrays
    ([['r', 'rh'], ['h']], {'rh': 'units', 'h': 'units'})
    """
    lowered = _Lowered(cell, taken)
    loops: list[Loop] = []
    for each in lowered.assignments:
        waits = {node.name for node in _whole(each.expression) if isinstance(node, Value)}
        last = loops[-1] if loops else Loop("")
        ahead = {other.name for other in last.assignments}
        if not loops or last.length != each.length or waits & ahead:
            last = Loop(each.length)
            loops.append(last)
        last.assignments.append(each)
    return _placed(cell, loops, lowered.lengths)


class _Lowered:
    """Assignments in which products and functions of vectors read names alone."""

    def __init__(self, cell: Cell, taken: set[str]) -> None:
        self.cell, self.taken = cell, taken
        self.assignments: list[Assignment] = []
        self.names: dict[Expression, Value] = {}
        self.lengths = {name: next(iter(shape), "") for name, shape in cell.lengths.items()}
        needed = cell.leading_to(OUTPUT, *cell.states)
        for line in cell.lines:
            if line.name in needed:
                equation = f"{line.name} = {text_of(line.expression)}"
                node = self.lowered(line.expression)
                length = self.lengths[line.name]
                self.assignments.append(Assignment(line.name, node, length, equation))

    def lowered(self, node: Expression) -> Expression:
        """`node` with names for what is read as a whole, and `max` and `min` of two."""
        match node:
            case Binary("@", matrix, vector):
                return Binary("@", matrix, self.named(vector))
            case Call(function, argument, others) if function in OF_VECTORS:
                return Call(function, self.named(argument), tuple(map(self.named, others)))
            case Call(function, _, others) if function in EXTREMES and len(others) != 1:
                return self.lowered(of_two(node))
            case Call(function, argument, others):
                return Call(function, self.lowered(argument), tuple(map(self.lowered, others)))
            case Binary(operator, left, right):
                return Binary(operator, self.lowered(left), self.lowered(right))
            case Negative(operand):
                return Negative(self.lowered(operand))
            case _:
                return node

    def named(self, node: Expression) -> Expression:
        """The name of a vector: its own, or a new one, which is assigned first."""
        if isinstance(node, Value | Input | Parameter):
            return node
        if node not in self.names:
            length = self.cell.length_of(node)
            expression = self.lowered(node)
            letters = [each.name for each in walk(node) if isinstance(each, Value | Input)]
            short = "".join(dict.fromkeys(letters)) if len(letters) < 3 else "v"
            name = free_name(short or "v", self.taken)
            self.lengths[name] = length
            self.names[node] = Value(name, False)
            equation = f"{name} = {text_of(node)}"
            self.assignments.append(Assignment(name, expression, length, equation))
        return self.names[node]


def _whole(node: Expression) -> Iterator[Expression]:
    """The values below `node` of which every entry is read."""
    for each in walk(node):
        if is_product(each):
            yield each.right
        elif isinstance(each, Call) and each.function in OF_VECTORS:
            yield from children(each)


def _placed(cell: Cell, loops: list[Loop], lengths: dict[str, str]) -> Loops:
    """The loops with what needs memory: vectors read by another loop, or whole."""
    made = {each.name: place for place, loop in enumerate(loops) for each in loop.assignments}
    kept, late = {OUTPUT}, set[str]()
    for place, loop in enumerate(loops):
        for each in loop.assignments:
            whole = set(map(id, _whole(each.expression)))
            for node in walk(each.expression):
                if not isinstance(node, Value):
                    continue
                if node.previous and (place > made[node.name] - (id(node) in whole)):
                    late.add(node.name)
                if not node.previous and made[node.name] != place:
                    kept.add(node.name)
    in_place = frozenset(cell.states) - late - {OUTPUT}
    kept = (kept | late) - in_place
    arrays = {name: lengths[name] for name in made if name in kept and lengths[name]}
    return Loops(tuple(loops), arrays, in_place, lengths)
