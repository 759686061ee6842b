"""The statements of one time step: what depends on the state, with as few passes as there are."""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.equations.functions import OF_VECTORS
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    Value,
    is_product,
)
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.numpy_calls import CALLS, OPERATORS
from lstminspect.runtime.prologue import Prologue, half_of, lengths_added
from lstminspect.runtime.schedule import Group, RowSum, Schedule

__all__ = ["StepWriter"]


class _Operand(NamedTuple):
    """The text of a value, and whether it may be overwritten: a temporary or a slot's own rows.

    `temporary` is the length of a temporary, "1" of a number, and empty for what is none.
    """

    text: str
    mine: bool = False
    temporary: str = ""


class StepWriter:
    """The statements of one step, in `statements`, after a prologue that they can add to."""

    def __init__(self, prologue: Prologue) -> None:
        self.prologue, self.cell, self.schedule = prologue, prologue.cell, prologue.schedule
        self.statements: list[str] = []
        self.values: dict[str, _Operand] = {}
        self.free: dict[str, list[str]] = {}
        self.temporaries = 0
        self.emitted: set[int] = set()
        self.finished: set[int] = set()

    def write(self) -> None:
        """Every line that waits for a state."""
        for name in self.schedule.lines:
            if name not in self.schedule.timeless:
                self._write_line(name)

    def add(self, call: str, *operands: str, out: str) -> None:
        """The statement that writes the result of `call` to `out`."""
        self.statements.append(f"{call}({', '.join(operands)}, out={out})")

    def _write_line(self, name: str) -> None:
        node, states = self.schedule.lines[name], self.cell.states
        own = marked(name)
        out = marked(name, "next") if name == OUTPUT else own if name in states else ""
        value = self.emit(node, out)
        if out and value.text != out:
            self.statements.append(f"np.copyto({out}, {value.text})")
            self.release(value)
            value = _Operand(out)
        elif not out and not value.mine:
            # Another name for a state would change with it.
            value, old = self.temporary(self.cell.length_of(node)), value
            self.statements.append(f"np.copyto({value.text}, {old.text})")
        if not out and "[" in value.text:  # Other rows at every step.
            self.statements.append(f"{own} = {value.text}")
            value = _Operand(own)
        self.values[name] = value._replace(mine=False, temporary="")

    # Buffers

    def temporary(self, length: str) -> _Operand:
        """A buffer of `length` that nobody reads."""
        free = self.free.setdefault(length or "1", [])
        if free:
            name = free.pop()
        else:
            name = f"t{self.temporaries}"
            self.temporaries += 1
            entries = sized(length) if length else "1"
            self.prologue.setup.append(f"{name} = np.empty(({entries}, batch), dtype)")
        return _Operand(name, True, length or "1")

    def release(self, *operands: _Operand) -> None:
        """Give temporaries back."""
        for operand in operands:
            if operand.temporary:
                self.free[operand.temporary].append(operand.text)

    def target(self, node: Expression, out: str, *operands: _Operand) -> _Operand:
        """Where the value of `node` goes: where it is wanted, or over an operand that is done."""
        if out:
            return _Operand(out)
        length = self.cell.length_of(node)
        for operand in operands:
            if operand.mine and (not operand.temporary or operand.temporary == (length or "1")):
                return operand
        return self.temporary(length)

    def passed(self, target: _Operand, *operands: _Operand) -> _Operand:
        """`target`, with every operand given back that is not it."""
        self.release(*(operand for operand in operands if operand.text != target.text))
        return target

    # Expressions

    def emit(self, node: Expression, out: str = "") -> _Operand:
        """Write the statements that work `node` out; where its value stands."""
        if self.schedule.is_constant(node):
            return _Operand(self.prologue.constant(node))
        if self.schedule.is_timeless(node):
            return _Operand(self.prologue.at_one_step(node))
        if id(node) in self.schedule.slots:
            return self._slot(self.schedule.slots[id(node)])
        match node:
            case Value(name, previous):
                return _Operand(marked(name)) if previous else self.values[name]
            case Negative(operand):
                value = self.emit(operand)
                target = self.target(node, out, value)
                self.add("np.negative", value.text, out=target.text)
                return self.passed(target, value)
            case Call():
                return self._call(node, out)
            case Binary():
                return self._binary(node, out)
        raise AssertionError(node)

    def _binary(self, node: Binary, out: str) -> _Operand:
        if is_product(node):
            vector = self.emit(node.right)
            target = _Operand(out) if out else self.temporary(self.cell.length_of(node))
            self.add("np.matmul", self.prologue.matrix(node.left), vector.text, out=target.text)
            return self.passed(target, vector)
        left, right = self.emit(node.left), self.emit(node.right)
        target = self.target(node, out, left, right)
        self.add(OPERATORS[node.operator], left.text, right.text, out=target.text)
        return self.passed(target, left, right)

    def _call(self, node: Call, out: str) -> _Operand:
        slot = self.schedule.slots.get(id(node.argument))
        if slot is not None and slot.call is node:
            return self._activation(slot, node, out)
        parts = [self.emit(part) for part in (node.argument, *node.others)]
        over = [] if node.function in OF_VECTORS else parts
        target = self.target(node, out, *over)
        texts = [part.text for part in parts]
        if node.function == "sigmoid":
            self.add("np.multiply", texts[0], "0.5", out=target.text)
            self._sigmoid_of_half(target.text, target.text)
        elif node.function in CALLS:
            name, more = CALLS[node.function]
            self.add(name, *texts, *more, out=target.text)
        else:
            self.prologue.helpers.add(node.function)
            call = f"{node.function}({', '.join(texts)})"
            self.statements.append(f"np.copyto({target.text}, {call})")
        return self.passed(target, *parts)

    def _activation(self, slot: RowSum, node: Call, out: str) -> _Operand:
        """The sigmoid or tanh of a slot; its rows are halved beforehand if it is a sigmoid."""
        value = self._slot(slot)
        if any(slot in group.slots[: group.together] for group in self.schedule.groups):
            return value
        target = self.target(node, out, value)
        if slot.activation == "sigmoid":
            self._sigmoid_of_half(value.text, target.text)
        else:
            self.add("np.tanh", value.text, out=target.text)
        return target

    def _sigmoid_of_half(self, rows: str, out: str) -> None:
        self.add("np.tanh", rows, out=out)
        self._to_a_gate(out)

    def _to_a_gate(self, rows: str) -> None:
        """From tanh(v / 2), between -1 and 1, to sigmoid(v), between 0 and 1."""
        self.add("np.multiply", rows, "0.5", out=rows)
        self.add("np.add", rows, "0.5", out=rows)

    # Slots

    def _slot(self, slot: RowSum) -> _Operand:
        """The value of a slot, in its own rows; after its activation if they are taken together."""
        for number, group in enumerate(self.schedule.groups):
            if slot in group.slots:
                self._group(number, group)
        self._finish(slot)
        return _Operand(self._rows(slot), True)

    def _rows(self, slot: RowSum) -> str:
        rows = self.prologue.rows if slot.at_step else self.prologue.over_rows
        return rows[id(slot)]

    def _finish(self, slot: RowSum) -> None:
        """Add to the rows of `slot` what is not in them."""
        if id(slot) in self.finished:
            return
        self.finished.add(id(slot))
        rows = self._rows(slot)
        pooled = any(slot in group.slots[: group.pooled] for group in self.schedule.groups)
        if slot.at_step and slot.over_time and not pooled:
            self.add("np.add", rows, self.prologue.over_rows[id(slot)], out=rows)
        if slot.constant and not slot.over_time:
            self.add("np.add", rows, self.prologue.added_constant(slot), out=rows)
        for sign, node in slot.rest:
            value = self.emit(_halved(node, self.schedule) if half_of(slot) != 1 else node)
            self.add("np.add" if sign > 0 else "np.subtract", rows, value.text, out=rows)
            self.release(value)

    def _group(self, number: int, group: Group) -> None:
        """The product of a group, and what its slots take together."""
        if id(group) in self.emitted:
            return
        self.emitted.add(id(group))
        operand = self.emit(group.operand)
        self.add("np.matmul", f"step_{number}", operand.text, out=f"z{number}")
        self.release(operand)
        if group.pooled:
            self._add_over_time(number, group)
        together = group.slots[: group.together]
        for slot in together:
            self._finish(slot)
        if together:
            rows = self._first_rows(number, together, "active")
            self.add("np.tanh", rows, out=rows)
        halves = [slot for slot in together if slot.activation == "sigmoid"]
        if halves:
            self._to_a_gate(self._first_rows(number, halves, "sigmoid"))

    def _first_rows(self, number: int, slots: list[RowSum], name: str) -> str:
        every = self.schedule.groups[number].slots
        return self.prologue.first_rows(f"z{number}", slots, every, name)

    def _add_over_time(self, number: int, group: Group) -> None:
        """Add what was worked out over time: with one call, if the rows have one order."""
        pooled = group.slots[: group.pooled]
        for over, other in enumerate(self.schedule.over_time):
            if any(self.prologue.first_operand(slot) != other.operand for slot in pooled):
                continue
            places = {id(slot): place for place, slot in enumerate(other.slots)}
            first = places[id(pooled[0])]
            last = first + len(pooled)
            if [places[id(slot)] for slot in pooled] == [*range(first, last)]:
                before, after = (
                    lengths_added(other.slots[:first]),
                    lengths_added(other.slots[:last]),
                )
                part = f"[t, {before} : {after}]".replace("[t,  :", "[t, :")
                if len(pooled) == len(other.slots):
                    part = "[t]"
                rows = self._first_rows(number, pooled, "pooled")
                self.add("np.add", rows, f"x_over_{over}{part}", out=rows)
                return
        for slot in pooled:
            rows = self._rows(slot)
            self.add("np.add", rows, self.prologue.over_rows[id(slot)], out=rows)


def _halved(node: Expression, schedule: Schedule) -> Expression:
    """Half of `node`, with the half in a constant factor if there is one."""
    match node:
        case Binary("*", left, right) if schedule.is_constant(left):
            return Binary("*", Binary("*", Number(0.5), left), right)
        case Binary("*", left, right) if schedule.is_constant(right):
            return Binary("*", left, Binary("*", Number(0.5), right))
        case _:
            return Binary("*", Number(0.5), node)
