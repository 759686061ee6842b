"""Work of a generated module before the first step: stacked parameters, buffers, chunks."""

from __future__ import annotations

from collections.abc import Iterable

from lstminspect.equations.functions import OF_VECTORS
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Negative,
    Number,
    Parameter,
    Term,
    Value,
    is_product,
    number_of,
)
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.numpy_calls import CALLS
from lstminspect.runtime.schedule import Group, RowSum, Schedule, operand_of

__all__ = ["Prologue", "half_of", "lengths_added"]


class Prologue:
    """The statements before the first step, and the names that the steps read.

    `prepare` are statements of the function `prepare`, which hands over what `prepared` names;
    `setup` come once in each call of `run`, `chunk` before each lot of steps. `ones` says which
    inputs get a row of ones, `helpers` which functions the module brings.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.cell = schedule, schedule.cell
        self.prepare: list[str] = []
        self.prepared: list[str] = []
        self.setup: list[str] = []
        self.chunk: list[str] = []
        self.helpers: set[str] = set()
        self.ones: set[str] = set()
        self.constants: dict[str, str] = {}
        self.over: dict[str, str] = {}
        self.rows: dict[int, str] = {}
        self.over_rows: dict[int, str] = {}

    def write(self) -> None:
        """Every statement that does not wait for a line to need it."""
        for name, node in self.schedule.lines.items():
            if name in self.schedule.constant:
                self.prepare.append(f"{marked(name)} = {self.plain(node, constant=True)}")
            elif name in self.schedule.timeless:
                self.chunk.append(f"{marked(name)} = {self.plain(node, constant=False)}")
        for number, group in enumerate(self.schedule.over_time):
            self._write_over_time(number, group)
        for number, group in enumerate(self.schedule.groups):
            self._write_at_step(number, group)

    # Parameters

    def constant(self, node: Expression) -> str:
        """A name for what is made of numbers and parameters alone, as a column."""
        if isinstance(node, Number):
            return repr(node.value)
        text = self.plain(node, constant=True)
        return self._kept(text, "k", f"column({text}, dtype)")

    def matrix(self, node: Expression) -> str:
        """A name for a matrix that `prepare` hands over as it is."""
        text = _matrix(node)
        return self._kept(text, "m", f"np.ascontiguousarray({text})")

    def added_constant(self, slot: RowSum) -> str:
        """A name for the constant terms of a slot that has no product over time."""
        text = self._constant_column(slot)
        return self._kept(text, "k", text)

    def _kept(self, text: str, letter: str, value: str) -> str:
        """A name for `value`, made once for each `text`."""
        if text not in self.constants:
            self.constants[text] = f"{letter}{len(self.constants)}"
            self.prepare.append(f"{self.constants[text]} = {value}")
            self.prepared.append(self.constants[text])
        return self.constants[text]

    def _constant_column(self, slot: RowSum) -> str:
        """The constant terms of a slot, added, as a column."""
        texts = [
            _times(sign * half_of(slot), self.plain(node, constant=True))
            for sign, node in slot.constant
        ]
        if not any(self.cell.length_of(node) for _, node in slot.constant):
            texts.append(f"np.zeros({sized(slot.length)}, dtype)")
        return f"column({' + '.join(texts)}, dtype)"

    # Stacks

    def _write_at_step(self, number: int, group: Group) -> None:
        """One matrix for what is multiplied with one operand at each step."""
        rows = [_products(slot.at_step, half_of(slot)) for slot in group.slots]
        self._stack(f"step_{number}", "np.concatenate", rows)
        lengths = lengths_added(group.slots)
        self.setup.append(f"z{number} = np.empty(({lengths}, batch), dtype)")
        for slot, place in zip(group.slots, _places(group.slots), strict=True):
            rows_name = self._name_of_rows(slot, f"z{number}", len(group.slots))
            self.rows[id(slot)] = rows_name
            if rows_name != f"z{number}":
                self.setup.append(f"{rows_name} = z{number}[{place}]")

    def _name_of_rows(self, slot: RowSum, whole: str, number: int) -> str:
        """A name for the rows of `slot`: that of its line, if they are its value in the end."""
        if number == 1:
            return whole
        line = self.schedule.lines[slot.line]
        plain = slot.line not in self.cell.states and slot.line != OUTPUT
        if plain and (slot.call or slot.node) is line:
            return marked(slot.line)
        name = marked(slot.line, whole)
        while name in self.rows.values():
            whole += "b"
            name = marked(slot.line, whole)
        return name

    def _write_over_time(self, number: int, group: Group) -> None:
        """One matrix for what is multiplied with one operand of many steps at once."""
        own = [slot for slot in group.slots if self.first_operand(slot) == group.operand]
        with_bias = any(slot.constant for slot in own)
        one = with_bias and isinstance(group.operand, Input)
        if isinstance(group.operand, Input) and one:
            self.ones.add(group.operand.name)
        rows = []
        for slot in group.slots:
            here = [term for term in slot.over_time if operand_of(term) == group.operand]
            matrix = _products(here, half_of(slot))
            bias = f"np.zeros(({sized(slot.length)}, 1), dtype)"
            if slot in own and slot.constant:
                bias = self._constant_column(slot)
            rows.append(f"[{matrix}, {bias}]" if with_bias else matrix)
        self._stack(f"over_{number}", "np.block" if with_bias else "np.concatenate", rows)
        buffer = f"np.empty((most, {lengths_added(group.slots)}, batch), dtype)"
        self.setup.append(f"x_over_{number}_out = {buffer} if batch >= MANY else None")
        text = self.timeless(group.operand, with_ones=one)
        if with_bias and not one:
            self.chunk.append(f"s_{number} = {text}")
            text = f"np.concatenate([s_{number}, np.ones((steps, 1, batch), dtype)], axis=1)"
        name = f"x_over_{number}"
        self.chunk.append(f"{name} = over_time(over_{number}, {text}, {name}_out)")
        for slot, place in zip(group.slots, _places(group.slots), strict=True):
            if slot in own:
                whole = len(group.slots) == 1
                self.over_rows[id(slot)] = f"{name}[t]" if whole else f"{name}[t, {place}]"
                continue
            first = self.over_rows[id(slot)].replace("[t, ", "[:, ").replace("[t]", "[:]")
            self.chunk.append(f"{first} += {name}[:, {place}]")

    def first_operand(self, slot: RowSum) -> Expression:
        """The operand whose rows hold everything over time of `slot`."""
        mine = [operand_of(term) for term in slot.over_time]
        return next(group.operand for group in self.schedule.over_time if group.operand in mine)

    def _stack(self, name: str, joining: str, rows: list[str]) -> None:
        """Let `prepare` make a matrix of `rows`, a row on each line."""
        listed = [f"        {row}," for row in rows]
        self.prepare += [f"{name} = {joining}(", "    [", *listed, "    ]", ")"]
        # Row by row in memory: the other way the products take 1.4 times as long.
        self.prepare.append(f"{name} = np.ascontiguousarray({name}, dtype)")
        self.prepared.append(name)

    def first_rows(self, whole: str, slots: list[RowSum], every: list[RowSum], name: str) -> str:
        """The rows of the first `slots` of a group, by a name that is made once."""
        if len(slots) == len(every):
            return whole
        statement = f"{whole}_{name} = {whole}[: {lengths_added(slots)}]"
        if statement not in self.setup:
            self.setup.append(statement)
        return f"{whole}_{name}"

    # What is worked out for many steps at once

    def at_one_step(self, node: Expression) -> str:
        """The value at step `t` of what depends on no state."""
        match node:
            case Value(name):
                return f"{marked(name)}[t]"
            case Input(name):
                return f"{marked(name)}[t, : {sized(self.cell.length_of(node))}]"
        text = self.timeless(node)
        if text not in self.over:
            self.over[text] = f"s{len(self.over)}"
            self.chunk.append(f"{self.over[text]} = {text}")
        return f"{self.over[text]}[t]"

    def timeless(self, node: Expression, with_ones: bool = False) -> str:
        """The text of what depends on no state, as (steps, entries, batch)."""
        if isinstance(node, Input):
            text = marked(node.name)
            return text if with_ones else f"{text}[:, : {sized(self.cell.length_of(node))}]"
        return self.plain(node, constant=False)

    def plain(self, node: Expression, constant: bool) -> str:
        """`node` as one expression: of `prepare` if constant, else of many steps at once."""
        if not constant and self.schedule.is_constant(node):
            return self.constant(node)
        if not isinstance(node, Number) and (number := number_of(node)) is not None:
            return repr(number)
        match node:
            case Number(value):
                return repr(value)
            case Parameter(name):
                return f'blocks["{name}"]'
            case Input():
                return self.timeless(node)
            case Value(name):
                return marked(name)
            case Negative(operand):
                return f"(-{self.plain(operand, constant)})"
            case Call():
                return self._call(node, constant)
            case Binary("@", matrix, vector):
                if constant:
                    return f"({_matrix(matrix)} @ {self.plain(vector, constant)})"
                return f"np.matmul({self.matrix(matrix)}, {self.plain(vector, constant)})"
            case Binary(operator, left, right):
                return f"({self.plain(left, constant)} {operator} {self.plain(right, constant)})"

    def _call(self, node: Call, constant: bool) -> str:
        # A float, since NumPy has no whole power below 0 of a whole number.
        number = number_of(node.argument)
        first = self.plain(node.argument, constant) if number is None else repr(number)
        parts = [first, *(self.plain(other, constant) for other in node.others)]
        if node.function in CALLS:
            name, more = CALLS[node.function]
            return f"{name}({', '.join([*parts, *more])})"
        self.helpers.add(node.function)
        if constant and node.function in OF_VECTORS:
            return f"{node.function}({', '.join(f'({part})[:, None]' for part in parts)})[:, 0]"
        return f"{node.function}({', '.join(parts)})"


def half_of(slot: RowSum) -> float:
    """The factor of the rows of a slot, multiplied beforehand."""
    return 0.5 if slot.activation == "sigmoid" else 1


def _matrix(node: Expression, factor: float = 1) -> str:
    """The text of a matrix inside `prepare`, times `factor`."""
    match node:
        case Call("transpose", Parameter(name)):
            return _times(factor, f'blocks["{name}"].T')
        case Parameter(name):
            return _times(factor, f'blocks["{name}"]')
    raise AssertionError(node)


def _products(terms: list[Term], factor: float) -> str:
    """The matrices of product terms, added."""
    return " + ".join(_matrix(node.left, sign * factor) for sign, node in terms if is_product(node))


def _times(factor: float, text: str) -> str:
    return text if factor == 1 else f"{factor!r} * {text}"


def lengths_added(slots: Iterable[RowSum]) -> str:
    """The sum of the lengths of `slots`, equal ones counted: `3 * units + projection`."""
    every = [sized(slot.length) for slot in slots]
    counts = {length: every.count(length) for length in every}
    return " + ".join(
        length if number == 1 else f"{number} * {length}" for length, number in counts.items()
    )


def _places(slots: list[RowSum]) -> list[str]:
    """The rows of every slot as a slice: `units : 2 * units`."""
    return [
        f"{lengths_added(slots[:number])} : {lengths_added(slots[: number + 1])}".lstrip()
        for number in range(len(slots))
    ]
