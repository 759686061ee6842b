"""Work that a cell's equations share, planned before they are compiled.

A term of a sum that is a matrix product needs no pass of its own: products with one operand are
rows of one matrix. A `RowSum` is a sum, or a product alone, that owns such rows. What does not
depend on the state can be worked out for many steps at once, and what depends on parameters alone
once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lstminspect.cell import Cell
from lstminspect.equations.expand import opened
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Call,
    Expression,
    Input,
    Negative,
    Term,
    Value,
    children,
    is_product,
    is_sum,
    rebuilt,
    signed_terms,
    walk,
)

__all__ = ["Group", "RowSum", "Schedule", "operand_of", "plan"]


@dataclass(eq=False)
class RowSum:
    """A sum that owns rows: of a product over time, of a product at each step, or of both.

    `activation` is the function around it, if the rows can take it where they stand: then `call` is
    the node of that call. `rest` are the terms that are not rows.
    """

    node: Expression
    length: str
    line: str
    over_time: list[Term] = field(default_factory=list)
    at_step: list[Term] = field(default_factory=list)
    constant: list[Term] = field(default_factory=list)
    rest: list[Term] = field(default_factory=list)
    activation: str = ""
    call: Expression | None = None


@dataclass(eq=False)
class Group:
    """Slots whose products have one operand: rows of one matrix, in this order.

    The first `pooled` have a product over time as well, in rows of the same order; the first
    `together` of them take their activation with one call.
    """

    operand: Expression
    slots: list[RowSum]
    pooled: int = 0
    together: int = 0


@dataclass
class Schedule:
    """A cell on its way to code: its opened lines, what is timeless, and the groups of slots."""

    cell: Cell
    lines: dict[str, Expression]
    timeless: set[str]
    constant: set[str]
    slots: dict[int, RowSum]
    groups: list[Group]
    over_time: list[Group]

    def is_constant(self, node: Expression) -> bool:
        """Tell whether `node` is made of numbers and parameters alone."""
        return all(
            not part.previous and part.name in self.constant
            if isinstance(part, Value)
            else not isinstance(part, Input)
            for part in walk(node)
        )

    def is_timeless(self, node: Expression) -> bool:
        """Tell whether `node` depends on no state."""
        return all(
            not part.previous and part.name in self.timeless
            for part in walk(node)
            if isinstance(part, Value)
        )


def plan(cell: Cell) -> Schedule:
    """The plan of `cell`.

    >>> from lstminspect import cells
    >>> schedule = plan(cells.get("lstm"))
    >>> [slot.line for slot in schedule.groups[0].slots], schedule.groups[0].together
    (['i', 'f', 'o', 'g'], 4)
    """
    schedule = Schedule(cell, {}, set(), set(), {}, [], [])
    for line in cell.lines:
        # Fresh nodes for every line: a slot is known by its node, not by what the node says.
        expression = rebuilt(opened(line.expression), lambda node: node)
        schedule.lines[line.name] = expression
        state = line.name in cell.states
        if schedule.is_constant(expression) and not state and line.name != OUTPUT:
            schedule.constant.add(line.name)
        if schedule.is_timeless(expression) and not state and line.name != OUTPUT:
            schedule.timeless.add(line.name)
    for name, expression in schedule.lines.items():
        if name not in schedule.timeless:
            _find_slots(schedule, name, expression)
    _group(schedule)
    return schedule


def _find_slots(schedule: Schedule, line: str, node: Expression, call: Call | None = None) -> None:
    """Make a RowSum of every sum and every product in `node` that owns rows."""
    if schedule.is_timeless(node):
        return
    if not is_sum(node) and not is_product(node) and not isinstance(node, Negative):
        for child in children(node):
            inner = node if isinstance(node, Call) and child is node.argument else None
            _find_slots(schedule, line, child, inner)
        return
    slot = RowSum(node, "", line)
    for term in signed_terms(node):
        if schedule.is_constant(term.node):
            slot.constant.append(term)
        elif not is_product(term.node):
            slot.rest.append(term)
        elif schedule.is_timeless(term.node):
            slot.over_time.append(term)
        elif not slot.at_step or term.node.right == operand_of(slot.at_step[0]):
            slot.at_step.append(term)
        else:
            slot.rest.append(term)
    for term in slot.at_step:
        _find_slots(schedule, line, operand_of(term))
    for term in slot.rest:
        _find_slots(schedule, line, term.node)
    if not slot.at_step and not slot.over_time:
        return
    slot.length = schedule.cell.length_of((slot.at_step or slot.over_time)[0].node)
    if call is not None and call.function in ("sigmoid", "tanh"):
        slot.activation, slot.call = call.function, call
    schedule.slots[id(node)] = slot


def _group(schedule: Schedule) -> None:
    """Put slots with one operand together, in the order in which calls can serve most of them."""
    groups: dict[Expression, list[RowSum]] = {}
    over_time: dict[Expression, list[RowSum]] = {}
    for slot in schedule.slots.values():
        if slot.at_step:
            groups.setdefault(operand_of(slot.at_step[0]), []).append(slot)
    for operand, slots in groups.items():
        first = min(list(schedule.lines).index(slot.line) for slot in slots)
        ready = [slot for slot in slots if _can_wait_for_none(schedule, slot, first)]
        ready.sort(key=lambda slot: slot.activation)  # sigmoid before tanh
        pooled = [slot for slot in slots if slot not in ready and slot.over_time]
        others = [slot for slot in slots if slot not in ready and not slot.over_time]
        if len(ready) == 1:  # One row needs no place of its own: its line can take the value.
            ready, pooled = [], ready + pooled
        size = len(ready) + len(pooled)
        schedule.groups.append(Group(operand, [*ready, *pooled, *others], size, len(ready)))
    in_order = [slot for group in schedule.groups for slot in group.slots]
    in_order += [slot for slot in schedule.slots.values() if not slot.at_step]
    for slot in in_order:
        for operand in dict.fromkeys(operand_of(term) for term in slot.over_time):
            over_time.setdefault(operand, []).append(slot)
    schedule.over_time = [Group(operand, slots) for operand, slots in over_time.items()]


def operand_of(term: Term) -> Expression:
    """The vector of a term that is a product."""
    assert is_product(term.node)
    return term.node.right


def _can_wait_for_none(schedule: Schedule, slot: RowSum, first: int) -> bool:
    """Tell whether `slot` is an activation of rows that nothing after the line `first` changes."""
    done = set(list(schedule.lines)[:first])
    return bool(slot.activation and slot.over_time) and all(
        part.previous or part.name in done or part.name in schedule.timeless
        for term in slot.rest
        for part in walk(term.node)
        if isinstance(part, Value)
    )
