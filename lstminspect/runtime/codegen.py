"""A cell's equations as the text of a NumPy module.

The text is made from the checked tree alone: names of a cell go through `names.marked`, numbers
through `repr`, and nothing else of a user's text gets in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect import cells
from lstminspect.cell import Cell
from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Input
from lstminspect.errors import flag
from lstminspect.runtime.backward import BackwardWriter
from lstminspect.runtime.derivatives import BACKWARD
from lstminspect.runtime.names import marked, named, sized
from lstminspect.runtime.numpy_calls import HELPERS
from lstminspect.runtime.prologue import Prologue
from lstminspect.runtime.schedule import plan
from lstminspect.runtime.steps import StepWriter

if TYPE_CHECKING:
    from lstminspect.names import CellName

__all__ = ["Compiled", "compiled", "compiled_backward", "numpy_module", "numpy_source"]

ABOUT = "{title}: one layer in one direction, in NumPy.\n\n{equations}"
HEAD = '''\
"""{about}

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
'''

FUNCTIONS = '''\
def prepare(blocks, dtype=np.float32{more}):
    """The parameters {blocks} as `run` takes them: stacked, some halved.{asked}"""
    blocks = {{name: np.asarray(block, dtype) for name, block in blocks.items()}}
{prepare}


def run(prepared, inputs, states, skip=None, output=None{record}):
    """{inputs}, each (batch, timesteps, entries); {states}, each (entries, batch), overwritten.

    skip[t, b] is true where sequence b keeps its states and its output. The output of every step
    goes to `output`, (batch, timesteps, {width}). Returns the last output and the states.{recorded}
    """
{run}
'''

#: What `run` does besides in a module with `backward`.
RECORDED = """
    `record` keeps the states before every step and after the last: (timesteps + 1, entries, batch),
    one for each state."""


class Compiled(NamedTuple):
    """The functions `prepare` and `run` of a cell, and the text they were compiled from.

    `sizes` are those that `prepare` has to be given, since no parameter, input or state has them.
    """

    prepare: Callable[..., Any]
    run: Callable[..., Any]
    source: str
    sizes: tuple[str, ...]


@cache
def compiled(cell: Cell) -> Compiled:
    """`cell` as functions: compiled once."""
    module = _Module(cell)
    source, space = _executed(module, "in NumPy")
    return Compiled(space["prepare"], space["run"], source, tuple(module.asked))


@cache
def compiled_backward(cell: Cell) -> tuple[Callable[..., Any], bool]:
    """The function `backward` of `cell`, and whether it has to be given sizes: compiled once."""
    module = _Module(cell, backward=True)
    _, space = _executed(module, "backwards")
    return space["backward"], module.backward is not None and module.backward.asks


def _executed(module: _Module, form: str) -> tuple[str, dict[str, Any]]:
    """The text of a module, which comes from the checked tree, and the names that it makes."""
    source, space = module.text(), dict[str, Any]()
    exec(compile(source, f"<{module.cell.name!r} {form}>", "exec"), space)
    return source, space


def numpy_source(cell: CellName | str | Cell, backward: bool = False) -> str:
    """The text of a module with `prepare` and `run` of a cell, which needs NumPy and nothing else.

    With `backward` the module has a function of that name too: back-propagation through time, from
    the gradients of the outputs to those of the parameters, the inputs and the first states.

    >>> "np.matmul(step_0, h, out=z0)" in numpy_source(Cell("h = tanh(W_h @ x + U_h @ h)"))
    True
    >>> "def backward(" in numpy_source("gru", backward=True)
    True
    """
    return _Module(cells.get(cell), flag("backward", backward)).text()


def numpy_module(cell: Cell, about: str, backward: bool) -> tuple[str, list[str]]:
    """The text of `numpy_source` below `about`, and the sizes that `prepare` has to be given."""
    module = _Module(cell, backward, about)
    return module.text(), module.asked


class _Module:
    """The text around a prologue and its steps: where the sizes come from, chunks, masks."""

    def __init__(self, cell: Cell, backward: bool = False, about: str = "") -> None:
        self.cell, self.about = cell, about
        self.backward = BackwardWriter(cell) if backward else None
        self.prologue = Prologue(plan(cell))
        self.steps = StepWriter(self.prologue)
        self.inputs = [INPUT, *cell.further_inputs]
        self.asked: list[str] = []

    def text(self) -> str:
        """The whole text."""
        self.prologue.write()
        self.steps.write()
        cell, run = self.cell, self._run()
        prepare = self._prepare()
        example = ", ".join(f'"{name}": 4' for name in self.asked)
        asked = f" `sizes` is\n    for example {{{example}}}." if self.asked else ""
        functions = FUNCTIONS.format(
            more=", *, sizes" if self.asked else "",
            asked=asked,
            blocks=", ".join(block.name for block in cell.blocks) or "(there are none)",
            prepare=prepare,
            inputs=f"inputs: {', '.join(self.inputs)}",
            states=f"states: {', '.join(cell.states) or 'none'}",
            width=cell.width,
            record=", record=None" if self.backward else "",
            recorded=RECORDED if self.backward and cell.states else "",
            run=run,
        )
        if self.backward:
            functions += "\n\n" + self.backward.text(self._all_sizes(), bool(self.asked))
            self.prologue.helpers |= self.backward.values.helpers
        helpers = [text for name, text in HELPERS.items() if name in self.prologue.helpers]
        if self.backward:
            helpers += [BACKWARD[name] for name in sorted(self.backward.helpers)]
        about = ABOUT.format(title=_quoted(cell.title), equations=cell.rewritten())
        head = HEAD.format(
            about=self.about or about,
            helpers="".join(f"\n\n{text}\n" for text in helpers),
        )
        return f"{head}\n{named(functions)}"

    def _prepare(self) -> str:
        """The body of `prepare`, with the sizes that it reads."""
        lines = [*self.prologue.prepare, f"return {_tuple(self.prologue.prepared)}"]
        text = "\n".join(lines)
        sizes = []
        for size in self.cell.size_names:
            if sized(size) in text:
                sizes.append(f"{sized(size)} = {self._of_parameters(size)}")
        return _indented([*sizes, *lines], 1)

    def _of_parameters(self, size: str) -> str:
        """A size from the shape of a parameter, or from the argument where none has it."""
        text = self._of_blocks(size)
        if not text:
            self.asked.append(size)
        return text or f'sizes["{size}"]'

    def _of_blocks(self, size: str) -> str:
        for block in self.cell.blocks:
            if size in block.shape:
                return f'blocks["{block.name}"].shape[{block.shape.index(size)}]'
        return ""

    def _run(self) -> str:
        """The body of `run`."""
        cell, prologue, states = self.cell, self.prologue, list(self.cell.states)
        x = marked(INPUT, "in")
        loop = [
            "for start in range(0, timesteps, most):",
            *(f"    {line}" for line in self._chunk()),
        ]
        setup = [
            "most = max(1, min((timesteps + 1) // 2, COLUMNS // batch))",
            f"outputs = np.zeros((most + 1, {sized(cell.width)}, batch), dtype)",
            *([f"outputs[0] = {marked(OUTPUT)}"] if OUTPUT in states else []),
            *prologue.setup,
        ]
        head = [f"{_tuple(marked(name, 'in') for name in self.inputs)} = inputs"]
        if states:
            head.append(f"{_tuple(map(marked, states))} = states")
        if self.backward and states:
            head.append("if record is not None:")
            head.append(f"    {_tuple(marked(name, 'record') for name in states)} = record")
            head += [f"    {marked(name, 'record')}[0] = {marked(name)}" for name in states]
        third = cell.length_of(Input())
        head.append(f"batch, timesteps, {sized(third)} = {x}.shape")
        head.append(f"dtype = {x}.dtype")
        head += self._sizes("\n".join([*setup, *loop]), third)
        if prologue.prepared:
            head.insert(0, f"{_tuple(prologue.prepared)} = prepared")
        after = ["outputs[0]" if name == OUTPUT else marked(name) for name in states]
        return _indented([*head, *setup, *loop, f"return outputs[0], {_tuple(after)}"], 1)

    def _all_sizes(self) -> dict[str, str]:
        """The text of every size, for `backward`."""
        sources = {
            size: self._of_blocks(size) or f'sizes["{size}"]' for size in self.cell.size_names
        }
        sources |= {
            length: f"len({marked(name, 'first')})" for name, length in self.cell.states.items()
        }
        return sources | {
            self.cell.length_of(Input(name)): f"{marked(name, 'in')}.shape[2]"
            for name in self.inputs
        }

    def _sizes(self, text: str, known: str) -> list[str]:
        """The sizes that `text` reads: of states, of inputs, else handed over by `prepare`."""
        sources = {
            self.cell.length_of(Input(name)): f"{marked(name, 'in')}.shape[2]"
            for name in self.inputs
        }
        sources |= {
            length: f"len({marked(name)})" for name, length in reversed(self.cell.states.items())
        }
        lines = []
        for size in self.cell.size_names:
            if sized(size) not in text or size == known:
                continue
            if size not in sources:
                self.prologue.prepare.append(f"{marked(size, 'all')} = {sized(size)}")
                self.prologue.prepared.append(marked(size, "all"))
                sources[size] = marked(size, "all")
            lines.append(f"{sized(size)} = {sources[size]}")
        return lines

    def _chunk(self) -> list[str]:
        """The body of the loop over lots of steps."""
        step = self._step()
        inner = [*self.prologue.chunk, *step]
        lines = ["steps = min(most, timesteps - start)"]
        for name in self.inputs:
            if any(marked(name) in line for line in inner):
                part = f"{marked(name, 'in')}[:, start : start + steps]"
                lines.append(f"{marked(name)} = by_step({part}, {name in self.prologue.ones})")
        record = []
        if self.backward and OUTPUT in self.cell.states:
            part = f"{marked(OUTPUT, 'record')}[start + 1 : start + steps + 1]"
            record += ["if record is not None:", f"    {part} = outputs[1 : steps + 1]"]
        return [
            *lines,
            *self.prologue.chunk,
            "for t in range(steps):",
            *(f"    {line}" for line in step),
            "if output is not None:",
            "    output[:, start : start + steps] = outputs[1 : steps + 1].transpose(2, 0, 1)",
            *record,
            "outputs[0] = outputs[steps]",
        ]

    def _step(self) -> list[str]:
        """The body of the loop over steps, which undoes what a mask skips."""
        h, after = marked(OUTPUT), marked(OUTPUT, "next")
        others = [name for name in self.cell.states if name != OUTPUT]
        keep = [f"    {marked(name, 'kept')} = {marked(name)}.copy()" for name in others]
        restore = [
            f"    np.copyto({marked(name)}, {marked(name, 'kept')}, where=skip[start + t])"
            for name in others
        ]
        record = [
            f"    {marked(name, 'record')}[start + t + 1] = {marked(name)}"
            for name in (others if self.backward else ())
        ]
        return [
            f"{h}, {after} = outputs[t], outputs[t + 1]",
            *(["if skip is not None:", *keep] if keep else []),
            *self.steps.statements,
            "if skip is not None:",
            *restore,
            f"    np.copyto({after}, {h}, where=skip[start + t])",
            *(["if record is not None:", *record] if record else []),
        ]


def _quoted(title: str) -> str:
    """`title` as it can stand in a text in quotes."""
    printable = "".join(each if each.isprintable() else " " for each in title)
    return re.sub(r'["\\]', "'", printable)


def _tuple(names: Iterable[str]) -> str:
    every = list(names)
    return f"({every[0]},)" if len(every) == 1 else f"({', '.join(every)})"


def _indented(lines: list[str], depth: int) -> str:
    return "\n".join("    " * depth + line for line in lines)
