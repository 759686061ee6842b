"""Source: what a text in another language is made from, and what it must compute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Input
from lstminspect.runtime.interpreter import step
from lstminspect.version import __version__
from lstminspect.weights.initial import random_weights
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstminspect.cell import Cell
    from lstminspect.layer import Layer
    from lstminspect.weights.arrays import Array

__all__ = ["Record", "Source", "Texts"]

STEPS = 5


class Texts(NamedTuple):
    """The text of a layer in a language, and the text that checks it.

    `weights`, `states` and `stack` are bytes: of the constants, of the states, and of the vectors
    of one step; None in a language that does not fix them.
    """

    text: str
    check: str
    weights: int | None = None
    states: int | None = None
    stack: int | None = None


class Record(NamedTuple):
    """Inputs by name, (steps, entries), and the output of every step from states of zeros."""

    inputs: dict[str, Array]
    output: Array


@dataclass(frozen=True, eq=False)
class Source:
    """A layer of one direction under the name that it gets, with the values of its blocks or none.

    Matrices with a structure are whole, with their zeros.
    """

    layer: Layer
    name: str
    blocks: Mapping[str, Array] | None
    dtype: str
    steps: int = STEPS

    @cached_property
    def cell(self) -> Cell:
        """The cell as it runs."""
        return self.layer.running_cell

    @property
    def single(self) -> bool:
        """Tell whether numbers are float32, not float64."""
        return self.dtype == "float32"

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs with their lengths, `x` first."""
        declared = [each.name for each in self.cell.declared.values() if each.kind == "input"]
        names = [INPUT, *(name for name in declared if name != INPUT)]
        return {name: self.cell.length_of(Input(name)) for name in names}

    @property
    def is_sized(self) -> bool:
        """Tell whether every size is a number."""
        return all(isinstance(each, int | tuple) for each in self.layer.sizes.values())

    @property
    def head(self) -> str:
        """The comment at the top of a text: equations, source, sizes, and who wrote it."""
        cell = self.cell
        lines = [f"{_plain(cell.title)}: one layer in one direction.", ""]
        lines += [f"    {line}" for line in cell.rewritten().splitlines()]
        lines += ["", *([f"Source: {_plain(cell.source)}"] if cell.source else [])]
        sizes = ", ".join(f"{name} {value}" for name, value in self.layer.sizes.items())
        lines.append(f"Sizes: {sizes}. Numbers: {self.dtype}.")
        lines.append(f"Written by lstminspect {__version__} from these equations.")
        return "\n".join(lines)

    @cached_property
    def known(self) -> dict[str, Array]:
        """The values of the blocks; without any, random ones, to check with."""
        blocks = self.blocks
        if blocks is None:
            blocks = blocks_of(self.layer, random_weights(self.layer, dtype=np.float64))[0]
        return {name: np.asarray(each, self.dtype) for name, each in blocks.items()}

    @cached_property
    def record(self) -> Record:
        """Random inputs, and what the equations give for them in float64."""
        sizes, random = self.layer.sizes, np.random.default_rng(0)
        inputs = {
            name: random.normal(size=(self.steps, sizes[length])).astype(self.dtype)
            for name, length in self.inputs.items()
        }
        blocks = {name: each.astype(np.float64) for name, each in self.known.items()}
        states = {name: np.zeros((1, sizes[size])) for name, size in self.cell.states.items()}
        outputs = []
        for place in range(self.steps):
            now = {name: each[place : place + 1].astype(float) for name, each in inputs.items()}
            lines = step(self.cell, blocks, now, states)
            states = {
                name: np.broadcast_to(lines[name], state.shape) for name, state in states.items()
            }
            outputs.append(np.broadcast_to(lines[OUTPUT], (1, sizes[self.cell.width]))[0])
        return Record(inputs, np.array(outputs))


def _plain(text: str) -> str:
    """`text` in one line, without what would end a text in quotes or a comment."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    for sign, other in (("\\", "/"), ('"', "'"), ("*/", "* /"), ("/*", "/ *")):
        printable = printable.replace(sign, other)
    return printable
