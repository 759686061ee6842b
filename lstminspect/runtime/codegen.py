"""A cell's equations as the text of a NumPy module.

The text is made from the checked tree alone: names of a cell go through `_Writer.name`, numbers
through `repr`, and nothing else of a user's text gets in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.shapes import FEATURES, OUTPUT
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
from lstminspect.runtime.schedule import Group, RowSum, Schedule, Term, is_product, plan

__all__ = ["Compiled", "compiled", "numpy_source"]

MATCHES = {"+": "np.add", "-": "np.subtract", "*": "np.multiply", "/": "np.divide"}

#: Functions that NumPy has, which can write where they are told to.
INTO = {
    "tanh": "np.tanh({}, out={})",
    "relu": "np.maximum({}, 0, out={})",
    "exp": "np.exp({}, out={})",
    "log": "np.log({}, out={})",
    "sqrt": "np.sqrt({}, out={})",
    "abs": "np.abs({}, out={})",
    "expm1": "np.expm1({}, out={})",
    "log1p": "np.log1p({}, out={})",
}

#: Functions that a module brings itself where it needs them; entries are the axis before the last.
HELPERS = {
    "sigmoid": """\
def sigmoid(v):
    return np.tanh(v * 0.5) * 0.5 + 0.5""",
    "relu": """\
def relu(v):
    return np.maximum(v, 0)""",
    "step": """\
def step(v):
    return np.where(np.isnan(v), v, v > 0).astype(v.dtype)""",
    "erf": """\
def erf(v):
    from math import erf

    return np.vectorize(erf, otypes=[v.dtype])(v)""",
    "clip": """\
def clip(v, low, high):
    return np.clip(v, low, high)""",
    "norm": """\
def norm(v, *others):
    every = np.concatenate([v, *others], axis=-2)
    mean, variance = every.mean(axis=-2, keepdims=True), every.var(axis=-2, keepdims=True)
    return (v - mean) / np.sqrt(variance + 1e-5)""",
    "softmax": """\
def softmax(v):
    powers = np.exp(v - v.max(axis=-2, keepdims=True))
    return powers / powers.sum(axis=-2, keepdims=True)""",
    "log_softmax": """\
def log_softmax(v):
    shifted = v - v.max(axis=-2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))""",
    "sparsemax": """\
def sparsemax(v):
    ordered = -np.sort(-v, axis=-2)
    number = np.arange(1, v.shape[-2] + 1, dtype=v.dtype)[:, None]
    sums = np.cumsum(ordered, axis=-2)
    kept = ordered - (sums - 1) / number > 0
    total = np.where(kept, sums, 0).sum(axis=-2, keepdims=True) - 1
    return np.maximum(v - total / kept.sum(axis=-2, keepdims=True, dtype=v.dtype), 0)""",
}

MODULE = '''\
"""{title}: one layer in one direction, in NumPy.

{equations}

A vector of a step is a column for every sequence of the batch: (entries, batch). What does not
depend on the state is worked out for many steps at once. A sigmoid is tanh(v / 2) / 2 + 1 / 2.
"""

import numpy as np

COLUMNS = 256  # Steps times sequences that are worked out at once.
MANY = 32  # Sequences from which a product for each step is as fast as one for all of them.


def column(v, dtype):
    v = np.asarray(v, dtype)
    return v[:, None] if v.ndim else v


def over_time(matrix, v, out):
    """matrix @ v[t] for every t: few large products where the batch is small."""
    steps, entries, batch = v.shape
    if batch == 1:
        return (v[:, :, 0] @ matrix.T)[:, :, None]
    if batch >= MANY:
        return np.matmul(matrix, v, out=out[:steps])
    flat = v.transpose(1, 0, 2).reshape(entries, steps * batch)
    return (matrix @ flat).reshape(-1, steps, batch).transpose(1, 0, 2)


def by_step(v, ones):
    """(batch, steps, entries) to (steps, entries, batch), with a row of ones below if asked for."""
    batch, steps, entries = v.shape
    turned = np.empty((steps, entries + ones, batch), v.dtype)
    turned[:, :entries] = v.transpose(1, 2, 0)
    turned[:, entries:] = 1
    return turned
{helpers}

def prepare(blocks, dtype=np.float32):
    """The parameters {blocks} as `run` takes them: stacked, some halved."""
    blocks = {{name: np.asarray(block, dtype) for name, block in blocks.items()}}
    # Row by row in memory: the other way the products take 1.4 times as long.
{prepare}


def run(prepared, inputs, states, skip=None, output=None):
    """{inputs}, each (batch, timesteps, entries); {states}, each (entries, batch), overwritten.

    skip[t, b] is true where sequence b keeps its states and its output. The output of every step
    goes to `output`, (batch, timesteps, {width}). Returns the last output and the states.
    """
{run}
'''


class Compiled(NamedTuple):
    """The functions `prepare` and `run` of a cell, and the text they were compiled from."""

    prepare: Callable[..., Any]
    run: Callable[..., Any]
    source: str


@cache
def compiled(cell: Cell) -> Compiled:
    """`cell` as functions: compiled once."""
    source = numpy_source(cell)
    space: dict[str, Any] = {}
    exec(
        compile(source, f"<{cell.name!r} in NumPy>", "exec"), space
    )  # From the checked tree alone.
    return Compiled(space["prepare"], space["run"], source)


def numpy_source(cell: Cell) -> str:
    """The text of a module with `prepare` and `run`, which needs NumPy and nothing else.

    >>> "np.matmul(step_0, h, out=z0)" in numpy_source(Cell("h = tanh(W_h @ x + U_h @ h)"))
    True
    """
    return _Writer(plan(cell)).module()


class _Operand(NamedTuple):
    """The text of a value, and whether it may be overwritten: a temporary or a slot's own rows."""

    text: str
    mine: bool = False
    temporary: str = ""


class _Writer:
    """One plan on its way to text."""

    def __init__(self, found: Schedule) -> None:
        self.plan, self.cell = found, found.cell
        self.names: dict[str, str] = {}
        self.helpers: set[str] = set()
        self.prepared: list[str] = []
        self.prepare_lines: list[str] = []
        self.setup: list[str] = []
        self.chunk: list[str] = []
        self.step: list[str] = []
        self.values: dict[str, _Operand] = {}
        self.constants: dict[str, str] = {}
        self.over: dict[str, str] = {}
        self.free: dict[str, list[str]] = {}
        self.temporaries = 0
        self.rows: dict[int, str] = {}
        self.over_rows: dict[int, str] = {}
        self.emitted: set[int] = set()
        self.finished: set[int] = set()
        self.ones = dict.fromkeys(self.inputs(), False)

    # Names

    def name(self, name: str) -> str:
        """A Python name for a name of the cell, apart from every name of the module."""
        if name not in self.names:
            taken = re.fullmatch(
                r"(?:z|t|k|s|m|over|step|x_over)_?\d+.*|all_.*|.*_(?:in|next|kept|out)?", name
            )
            own = {
                *HELPERS, "np", "column", "over_time", "by_step", "prepare", "run", "prepared",
                "inputs", "states", "skip", "output", "blocks", "batch", "timesteps", "most",
                "start", "stop", "steps", "dtype", "t", "COLUMNS", "MANY", "outputs",
                "n", "range", "len", "min", "max",
                *self.cell.size_names,
            }  # fmt: skip
            self.names[name] = f"{name}_" if taken or name in own else name
        return self.names[name]

    def inputs(self) -> list[str]:
        """The inputs of a step, x first, whether the cell reads it or not."""
        declared = [each.name for each in self.cell.declared.values() if each.kind == "input"]
        return ["x", *declared]

    # The parts of the module

    def module(self) -> str:
        """The whole text."""
        self.write_independent()
        self.write_stacks()
        for name in self.plan.lines:
            if name not in self.plan.timeless:
                self.write_line(name)
        cell, run = self.cell, self.run()
        states = [self.name(name) for name in cell.states]
        names = ", ".join(block.name for block in cell.blocks)
        helpers = "".join(f"\n\n{HELPERS[name]}\n" for name in HELPERS if name in self.helpers)
        returned = f"return {_tuple(self.prepared)}"
        return MODULE.format(
            title=re.sub(r'["\\]', "'", cell.title),
            equations=cell.rewritten(),
            helpers=helpers,
            blocks=names,
            prepare=_indented([*self.sizes("blocks"), *self.prepare_lines, returned], 1),
            inputs="inputs: " + ", ".join(self.inputs()),
            states="states: " + (", ".join(states) or "none"),
            width=cell.width,
            run=run,
        )

    def sizes(self, where: str) -> list[str]:
        """Lines that find the sizes from the shapes of the parameters."""
        lines = []
        for size in self.cell.size_names:
            for block in self.cell.blocks:
                if size in block.shape:
                    axis = block.shape.index(size)
                    lines.append(f'{size} = {where}["{block.name}"].shape[{axis}]')
                    break
        return lines

    def run(self) -> str:
        """The body of `run`."""
        cell, inputs = self.cell, self.inputs()
        states = list(cell.states)
        head = []
        head.append(f"{_tuple(f'{self.name(name)}_in' for name in inputs)} = inputs")
        if states:
            head.append(f"{_tuple(map(self.name, states))} = states")
        head.append(f"batch, timesteps, {FEATURES} = {self.name('x')}_in.shape")
        head.append(f"dtype = {self.name('x')}_in.dtype")
        lengths = {cell.lengths[name][0]: self.name(name) for name in states}
        for size, state in lengths.items():
            if size != FEATURES:
                head.append(f"{size} = len({state})")
        for size in dict.fromkeys(
            [cell.width, *(s for shape in cell.lengths.values() for s in shape)]
        ):
            if size not in lengths and size != FEATURES:
                head.append(f"{size} = {self.length_elsewhere(size)}")
        head.append("most = max(1, min((timesteps + 1) // 2, COLUMNS // batch))")
        head.append(f"outputs = np.zeros((most + 1, {cell.width}, batch), dtype)")
        if OUTPUT in states:
            head.append(f"outputs[0] = {self.name(OUTPUT)}")
        others = [self.name(name) for name in states if name != OUTPUT]
        h = self.name(OUTPUT)
        keep = [f"    {name}_kept = {name}.copy()" for name in others]
        restore = [f"    np.copyto({name}, {name}_kept, where=skip[start + t])" for name in others]
        restore.append(f"    np.copyto({h}_next, {h}, where=skip[start + t])")
        step = [f"{h}, {h}_next = outputs[t], outputs[t + 1]"]
        step += ["if skip is not None:", *keep] if keep else []
        step += self.step
        step += ["if skip is not None:", *restore]
        chunk = ["steps = min(most, timesteps - start)"]
        for name in inputs:
            v = self.name(name)
            used = any(re.search(rf"\b{v}\b", line) for line in (*self.chunk, *self.step))
            if used:
                part = f"{v}_in[:, start : start + steps]"
                chunk.append(f"{v} = by_step({part}, {self.ones[name]})")
        chunk += [*self.chunk, "for t in range(steps):", *(f"    {line}" for line in step)]
        chunk += [
            "if output is not None:",
            "    output[:, start : start + steps] = outputs[1 : steps + 1].transpose(2, 0, 1)",
            "outputs[0] = outputs[steps]",
        ]
        if self.prepared:
            head.insert(0, f"{_tuple(self.prepared)} = prepared")
        body = [*head, *self.setup, "for start in range(0, timesteps, most):"]
        body += [f"    {line}" for line in chunk]
        after = ["outputs[0]" if name == OUTPUT else self.name(name) for name in states]
        return _indented([*body, f"return outputs[0], {_tuple(after)}"], 1)

    def length_elsewhere(self, size: str) -> str:
        """A size that no state has: of the parameters that `prepare` has stacked."""
        text = f"all_{size}"
        if text not in self.prepared:
            self.prepared.append(text)
            self.prepare_lines.append(f"{text} = {size}")
        return text

    # What is worked out before the first step

    def write_independent(self) -> None:
        """The lines that depend on parameters alone, and those that depend on no state."""
        for name, node in self.plan.lines.items():
            if name in self.plan.constant:
                text = self.plain(node, constant=True)
                self.prepare_lines.append(f"{self.name(name)} = {text}")
            elif name in self.plan.timeless:
                self.chunk.append(f"{self.name(name)} = {self.plain(node, constant=False)}")

    def constant(self, node: Expression) -> str:
        """A name for what is made of numbers and parameters alone, as a column."""
        if isinstance(node, Number):
            return repr(node.value)
        text = self.plain(node, constant=True)
        if text not in self.constants:
            self.constants[text] = f"k{len(self.constants)}"
            self.prepare_lines.append(f"{self.constants[text]} = column({text}, dtype)")
            self.prepared.append(self.constants[text])
        return self.constants[text]

    def matrix(self, node: Expression, factor: float = 1) -> str:
        """The text of a matrix inside `prepare`, times `factor`."""
        match node:
            case Call("transpose", Parameter(name)):
                return _times(factor, f'blocks["{name}"].T')
            case Parameter(name):
                return _times(factor, f'blocks["{name}"]')
        raise AssertionError(node)

    def write_stacks(self) -> None:
        """The matrices: one for every operand over time, one for every operand at a step."""
        for number, group in enumerate(self.plan.over_time):
            self.write_over_time(number, group)
        for number, group in enumerate(self.plan.groups):
            rows = [self.sum_of(slot.at_step, _half(slot)) for slot in group.slots]
            self.prepare_lines += _call(f"step_{number} = np.concatenate", rows)
            self.prepared.append(f"step_{number}")
            total = _added([slot.length for slot in group.slots])
            self.setup.append(f"z{number} = np.empty(({total}, batch), dtype)")
            for slot, place in zip(group.slots, _places(group.slots), strict=True):
                self.rows[id(slot)] = self.name_of_rows(slot, f"z{number}", len(group.slots))
                if self.rows[id(slot)] != f"z{number}":
                    self.setup.append(f"{self.rows[id(slot)]} = z{number}[{place}]")

    def name_of_rows(self, slot: RowSum, whole: str, number: int) -> str:
        """A name for the rows of `slot`: that of its line, if they are its value in the end."""
        if number == 1:
            return whole
        line = self.plan.lines[slot.line]
        plain = slot.line not in self.cell.states and slot.line != OUTPUT
        if plain and (slot.call or slot.node) is line:
            return self.name(slot.line)
        taken = [text for text in self.rows.values() if text.startswith(f"{whole}_{slot.line}")]
        return f"{whole}_{slot.line}{'b' * len(taken)}"

    def slice(self, whole: str, slots: list[RowSum], every: list[RowSum], suffix: str) -> str:
        """The first rows of a group, by a name that is made once."""
        if len(slots) == len(every):
            return whole
        statement = f"{whole}_{suffix} = {whole}[: {_added([slot.length for slot in slots])}]"
        if statement not in self.setup:
            self.setup.append(statement)
        return f"{whole}_{suffix}"

    def write_over_time(self, number: int, group: Group) -> None:
        own = [slot for slot in group.slots if self.first_operand(slot) == group.operand]
        with_bias = any(slot.constant for slot in own)
        operand, one = group.operand, False
        if with_bias and isinstance(operand, Input):
            self.ones[operand.name] = one = True
        rows = []
        for slot in group.slots:
            here = [term for term in slot.over_time if _operand(term) == operand]
            matrix = self.sum_of(here, _half(slot))
            bias = f"np.zeros(({slot.length}, 1), dtype)"
            if slot in own and slot.constant:
                bias = f"column({self.constant_sum(slot)}, dtype)"
            rows.append(f"[{matrix}, {bias}]" if with_bias else matrix)
        joining = "np.block" if with_bias else "np.concatenate"
        self.prepare_lines += _call(f"over_{number} = {joining}", rows)
        self.prepared.append(f"over_{number}")
        total = _added([slot.length for slot in group.slots])
        made = f"np.empty((most, {total}, batch), dtype) if batch >= MANY else None"
        self.setup.append(f"x_over_{number}_out = {made}")
        text = self.timeless(operand, with_ones=one)
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
        for group in self.plan.over_time:
            if any(_operand(term) == group.operand for term in slot.over_time):
                return group.operand
        raise AssertionError(slot)

    def sum_of(self, terms: list[Term], factor: float) -> str:
        """The matrices of product terms, added."""
        texts = []
        for sign, node in terms:
            assert isinstance(node, Binary)
            texts.append(self.matrix(node.left, sign * factor))
        return " + ".join(texts)

    def constant_sum(self, slot: RowSum) -> str:
        """The constant terms of a slot, added, as a vector."""
        texts = [
            _times(sign * _half(slot), self.plain(node, constant=True))
            for sign, node in slot.constant
        ]
        if not any(self.plan.cell.length_of(node) for _, node in slot.constant):
            texts.append(f"np.zeros({slot.length}, dtype)")
        return " + ".join(texts)

    # What is worked out for many steps at once

    def timeless(self, node: Expression, with_ones: bool = False) -> str:
        """The text of what depends on no state, as (steps, entries, batch)."""
        if isinstance(node, Input):
            text = self.name(node.name)
            return text if with_ones else f"{text}[:, : {self.width_of(node)}]"
        return self.plain(node, constant=False)

    def width_of(self, node: Input) -> str:
        return self.plan.cell.length_of(node)

    def plain(self, node: Expression, constant: bool) -> str:
        """`node` as one expression: of `prepare` if constant, else of many steps at once."""
        if not constant and self.plan.is_constant(node):
            return self.constant(node)
        match node:
            case Number(value):
                return repr(value)
            case Parameter(name):
                return f'blocks["{name}"]'
            case Input():
                return self.timeless(node)
            case Value(name):
                return self.name(name)
            case Negative(operand):
                return f"(-{self.plain(operand, constant)})"
            case Call(function, argument, others):
                parts = [self.plain(part, constant) for part in (argument, *others)]
                if function in OF_NUMPY:
                    return f"{OF_NUMPY[function]}({', '.join(parts)})"
                self.helpers.add(function)
                if constant and function in ("norm", "softmax", "log_softmax", "sparsemax"):
                    turned = [f"({part})[:, None]" for part in parts]
                    return f"{function}({', '.join(turned)})[:, 0]"
                return f"{function}({', '.join(parts)})"
            case Binary("@", matrix, vector):
                if constant:
                    return f"({self.matrix(matrix)} @ {self.plain(vector, constant)})"
                name = self.matrix_name(matrix)
                return f"np.matmul({name}, {self.plain(vector, constant)})"
            case Binary(operator, left, right):
                return f"({self.plain(left, constant)} {operator} {self.plain(right, constant)})"
        raise AssertionError(node)

    def matrix_name(self, node: Expression) -> str:
        """A name for a matrix that `prepare` hands over as it is."""
        text = self.matrix(node)
        if text not in self.constants:
            self.constants[text] = f"m{len(self.constants)}"
            contiguous = f"np.ascontiguousarray({text})"
            self.prepare_lines.append(f"{self.constants[text]} = {contiguous}")
            self.prepared.append(self.constants[text])
        return self.constants[text]

    # One step

    def write_line(self, name: str) -> None:
        """The statements of one line."""
        node, states = self.plan.lines[name], self.cell.states
        own = self.name(name)
        out = f"{own}_next" if name == OUTPUT else own if name in states else ""
        found = self.emit(node, out)
        if out and found.text != out:
            self.step.append(f"np.copyto({out}, {found.text})")
            self.release(found)
            found = _Operand(out)
        elif not out and not found.mine:
            # Another name for a state would change with it.
            found, old = self.temporary(self.plan.cell.length_of(node)), found
            self.step.append(f"np.copyto({found.text}, {old.text})")
        if not out and not found.text.isidentifier():  # Other rows at every step.
            self.step.append(f"{own} = {found.text}")
            found = _Operand(own)
        self.values[name] = found._replace(mine=False, temporary="")

    def temporary(self, length: str) -> _Operand:
        """A buffer of `length` that nobody reads."""
        free = self.free.setdefault(length, [])
        if free:
            name = free.pop()
        else:
            name = f"t{self.temporaries}"
            self.temporaries += 1
            shape = f"({length}, batch)" if length else "(1, batch)"
            self.setup.append(f"{name} = np.empty({shape}, dtype)")
        return _Operand(name, True, length or "1")

    def release(self, ref: _Operand) -> None:
        """Give a temporary back."""
        if ref.temporary:
            self.free.setdefault("" if ref.temporary == "1" else ref.temporary, []).append(ref.text)

    def target(self, node: Expression, out: str, *operands: _Operand) -> _Operand:
        """Where the value of `node` goes: where it is wanted, or over an operand that is done."""
        if out:
            return _Operand(out)
        length = self.plan.cell.length_of(node)
        for ref in operands:
            if ref.mine and (not ref.temporary or ref.temporary == (length or "1")):
                return ref
        return self.temporary(length)

    def emit(self, node: Expression, out: str = "") -> _Operand:
        """Write the statements that work `node` out; where its value stands."""
        if self.plan.is_constant(node):
            return _Operand(self.constant(node))
        if self.plan.is_timeless(node):
            return self.emit_timeless(node)
        if id(node) in self.plan.slots:
            return self.emit_slot(self.plan.slots[id(node)])
        match node:
            case Value(name, previous):
                return _Operand(self.name(name)) if previous else self.values[name]
            case Negative(operand):
                ref = self.emit(operand)
                target = self.target(node, out, ref)
                self.step.append(f"np.negative({ref.text}, out={target.text})")
                return self.passed(target, ref)
            case Call():
                return self.emit_call(node, out)
            case Binary():
                return self.emit_binary(node, out)
        raise AssertionError(node)

    def passed(self, target: _Operand, *operands: _Operand) -> _Operand:
        """`target`, with every operand given back that is not it."""
        for ref in operands:
            if ref.text != target.text:
                self.release(ref)
        return target

    def emit_timeless(self, node: Expression) -> _Operand:
        if isinstance(node, Value):
            return _Operand(f"{self.name(node.name)}[t]")
        if isinstance(node, Input):
            return _Operand(f"{self.name(node.name)}[t, : {self.width_of(node)}]")
        text = self.timeless(node)
        if text not in self.over:
            self.over[text] = f"s{len(self.over)}"
            self.chunk.append(f"{self.over[text]} = {text}")
        return _Operand(f"{self.over[text]}[t]")

    def emit_slot(self, slot: RowSum) -> _Operand:
        """The value of a slot, in its own rows; after its activation if they are taken together."""
        for number, group in enumerate(self.plan.groups):
            if slot in group.slots:
                self.emit_group(number, group)
        self.finish(slot)
        return _Operand(self.rows_of(slot), True)

    def rows_of(self, slot: RowSum) -> str:
        return self.rows[id(slot)] if slot.at_step else self.over_rows[id(slot)]

    def finish(self, slot: RowSum) -> None:
        """Add to the rows of `slot` what is not in them."""
        if id(slot) in self.finished:
            return
        self.finished.add(id(slot))
        rows = self.rows_of(slot)
        pooled = any(slot in group.slots[: group.pooled] for group in self.plan.groups)
        if slot.at_step and slot.over_time and not pooled:
            self.step.append(f"np.add({rows}, {self.over_rows[id(slot)]}, out={rows})")
        if slot.constant and not slot.over_time:
            constant = f"column({self.constant_sum(slot)}, dtype)"
            name = f"k{len(self.constants)}"
            self.constants[constant] = name
            self.prepare_lines.append(f"{name} = {constant}")
            self.prepared.append(name)
            self.step.append(f"np.add({rows}, {name}, out={rows})")
        for sign, node in slot.rest:
            ref = self.emit(_halved(node, self.plan) if _half(slot) != 1 else node)
            call = "np.add" if sign > 0 else "np.subtract"
            self.step.append(f"{call}({rows}, {ref.text}, out={rows})")
            self.release(ref)

    def emit_group(self, number: int, group: Group) -> None:
        """The product of a group, and what its slots take together."""
        if id(group) in self.emitted:
            return
        self.emitted.add(id(group))
        operand = self.emit(group.operand)
        self.step.append(f"np.matmul(step_{number}, {operand.text}, out=z{number})")
        self.release(operand)
        pooled = group.slots[: group.pooled]
        if pooled:
            self.add_over_time(number, pooled)
        together = group.slots[: group.together]
        for slot in together:
            self.finish(slot)
        if together:
            rows = self.slice(f"z{number}", together, group.slots, "active")
            self.step.append(f"np.tanh({rows}, out={rows})")
            halves = [slot for slot in together if slot.activation == "sigmoid"]
            if halves:
                rows = self.slice(f"z{number}", halves, group.slots, "sigmoid")
                self.step.append(f"np.multiply({rows}, 0.5, out={rows})")
                self.step.append(f"np.add({rows}, 0.5, out={rows})")

    def add_over_time(self, number: int, pooled: list[RowSum]) -> None:
        """Add what was worked out over time: with one call, if the rows have one order."""
        for over, group in enumerate(self.plan.over_time):
            places = {id(slot): index for index, slot in enumerate(group.slots)}
            if all(self.first_operand(slot) == group.operand for slot in pooled):
                first = places[id(pooled[0])]
                if [places[id(slot)] for slot in pooled] == [*range(first, first + len(pooled))]:
                    before = _added([slot.length for slot in group.slots[:first]])
                    after = _added([slot.length for slot in group.slots[: first + len(pooled)]])
                    rows = self.slice(
                        f"z{number}", pooled, self.plan.groups[number].slots, "pooled"
                    )
                    taken = f"x_over_{over}[t, {before} : {after}]".replace("[t,  :", "[t, :")
                    if len(pooled) == len(group.slots):
                        taken = f"x_over_{over}[t]"
                    self.step.append(f"np.add({rows}, {taken}, out={rows})")
                    return
        for slot in pooled:
            rows = self.rows_of(slot)
            self.step.append(f"np.add({rows}, {self.over_rows[id(slot)]}, out={rows})")

    def emit_call(self, node: Call, out: str) -> _Operand:
        slot = self.plan.slots.get(id(node.argument))
        if slot is not None and slot.call is node:
            ref = self.emit_slot(slot)
            if any(slot in group.slots[: group.together] for group in self.plan.groups):
                return ref
            target = self.target(node, out, ref)
            self.step.append(f"np.tanh({ref.text}, out={target.text})")
            if slot.activation == "sigmoid":
                self.step.append(f"np.multiply({target.text}, 0.5, out={target.text})")
                self.step.append(f"np.add({target.text}, 0.5, out={target.text})")
            return target
        refs = [self.emit(part) for part in (node.argument, *node.others)]
        elementwise = node.function in INTO or node.function in ("sigmoid", "clip", "step", "erf")
        target = self.target(node, out, *refs[:1]) if elementwise else self.target(node, out)
        if node.function == "sigmoid":
            self.step.append(f"np.multiply({refs[0].text}, 0.5, out={target.text})")
            for statement in ("np.tanh({0}, out={0})", "np.multiply({0}, 0.5, out={0})"):
                self.step.append(statement.format(target.text))
            self.step.append(f"np.add({target.text}, 0.5, out={target.text})")
        elif node.function in INTO:
            self.step.append(INTO[node.function].format(refs[0].text, target.text))
        else:
            self.helpers.add(node.function)
            texts = ", ".join(ref.text for ref in refs)
            self.step.append(f"np.copyto({target.text}, {node.function}({texts}))")
        return self.passed(target, *refs)

    def emit_binary(self, node: Binary, out: str) -> _Operand:
        if is_product(node):
            ref = self.emit(node.right)
            target = _Operand(out) if out else self.temporary(self.plan.cell.length_of(node))
            name = self.matrix_name(node.left)
            self.step.append(f"np.matmul({name}, {ref.text}, out={target.text})")
            return self.passed(target, ref)
        left, right = self.emit(node.left), self.emit(node.right)
        target = self.target(node, out, left, right)
        call = MATCHES[node.operator]
        self.step.append(f"{call}({left.text}, {right.text}, out={target.text})")
        return self.passed(target, left, right)


#: Functions whose NumPy name takes one array and gives one.
OF_NUMPY = {
    "tanh": "np.tanh",
    "exp": "np.exp",
    "log": "np.log",
    "sqrt": "np.sqrt",
    "abs": "np.abs",
    "expm1": "np.expm1",
    "log1p": "np.log1p",
}


def _half(slot: RowSum) -> float:
    """What the rows of a slot are multiplied with beforehand."""
    return 0.5 if slot.activation == "sigmoid" else 1


def _halved(node: Expression, found: Schedule) -> Expression:
    """Half of `node`, with the half in a constant factor if there is one."""
    match node:
        case Binary("*", left, right) if found.is_constant(left):
            return Binary("*", Binary("*", Number(0.5), left), right)
        case Binary("*", left, right) if found.is_constant(right):
            return Binary("*", left, Binary("*", Number(0.5), right))
        case _:
            return Binary("*", Number(0.5), node)


def _operand(term: Term) -> Expression:
    assert isinstance(term.node, Binary)
    return term.node.right


def _times(factor: float, text: str) -> str:
    return text if factor == 1 else f"{factor!r} * {text}"


def _added(lengths: Iterable[str]) -> str:
    """The sum of lengths, equal ones counted: `3 * units + projection`."""
    every = list(lengths)
    counts = {length: every.count(length) for length in every}
    return " + ".join(
        length if number == 1 else f"{number} * {length}" for length, number in counts.items()
    )


def _places(slots: list[RowSum]) -> list[str]:
    """The rows of every slot as a slice: `units : 2 * units`."""
    lengths = [slot.length for slot in slots]
    return [
        f"{_added(lengths[:number])} : {_added(lengths[: number + 1])}".lstrip()
        for number in range(len(slots))
    ]


def _call(start: str, rows: list[str]) -> list[str]:
    """The statement `start([row, row, ...])`, a row on each line."""
    name = start.partition(" = ")[0]
    made = [f"{start}(", "    [", *(f"        {row}," for row in rows), "    ]", ")"]
    return [*made, f"{name} = np.ascontiguousarray({name}, dtype)"]


def _tuple(names: Iterable[str]) -> str:
    every = list(names)
    return f"({every[0]},)" if len(every) == 1 else f"({', '.join(every)})"


def _indented(lines: list[str], depth: int) -> str:
    return "\n".join("    " * depth + line for line in lines)
