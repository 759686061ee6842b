"""Source: what a text in another language is made from, and what it must compute."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstminspect.conventions import EQUATIONS
from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Input
from lstminspect.runtime.arguments import Arguments
from lstminspect.runtime.interpreter import step
from lstminspect.runtime.sequence import in_time
from lstminspect.version import __version__
from lstminspect.weights.initial import random_weights
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lstminspect.cell import Cell
    from lstminspect.equations.block import Block
    from lstminspect.layer import Layer
    from lstminspect.weights.arrays import Array

__all__ = ["Record", "Source", "Texts"]

STEPS = 5
#: The outputs of two directions, in a word.
MERGED = {"concat": "concatenated", "sum": "added", "mul": "multiplied", "ave": "averaged"}


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
    """A layer under the name that it gets, with the values of its blocks or none.

    `held` are those of every layer of the stack and every direction. Matrices with a structure are
    whole, with their zeros. With `backward` the text has back-propagation through time too.
    """

    layer: Layer
    name: str
    held: Sequence[Mapping[str, Array]] | None
    dtype: str
    steps: int = STEPS
    backward: bool = False

    @property
    def blocks(self) -> Mapping[str, Array] | None:
        """The values of the blocks of the first layer, forward."""
        return None if self.held is None else self.held[0]

    @property
    def is_single(self) -> bool:
        """Tell whether it is one layer that reads a sequence from its start, and no more."""
        layer = self.layer
        return layer.layers == layer.directions == 1 and not layer.go_backwards

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
        return {INPUT: self.cell.length_of(Input(INPUT)), **self.cell.further_inputs}

    @property
    def names(self) -> set[str]:
        """The names of the inputs, the lines and the parameters."""
        return {*self.cell.lengths, *self.inputs}

    @property
    def masked(self) -> list[Block]:
        """The blocks that are mostly zero, where a mask keeps the zeros."""
        return [block for block in self.cell.blocks if block.structure]

    @property
    def is_sized(self) -> bool:
        """Tell whether every size is a number."""
        return all(isinstance(each, int | tuple) for each in self.layer.sizes.values())

    @property
    def sizes(self) -> list[dict[str, Any]]:
        """The sizes of every layer and direction: above the first layer, other features."""
        return [each.sizes for each in self.layer.stored(EQUATIONS).by_direction()]

    @property
    def about(self) -> str:
        """The layers and directions, for example `2 layers in one direction`."""
        layer = self.layer
        text = f"{layer.layers} layers" if layer.layers > 1 else "One layer"
        if layer.bidirectional:
            text += f" in both directions, whose outputs are {MERGED[str(layer.merge_mode)]}"
        else:
            text += " in one direction"
        return f"{text}, from the end to the start" if layer.go_backwards else text

    @property
    def head(self) -> str:
        """The comment at the top of a text: equations, source, sizes, and who wrote it."""
        cell = self.cell
        about = self.about[0].lower() + self.about[1:]
        lines = [f"{_plain(cell.title)}: {about}.", ""]
        lines += [f"    {line}" for line in cell.rewritten().splitlines()]
        lines += ["", *([f"Source: {_plain(cell.source)}"] if cell.source else [])]
        sizes = ", ".join(f"{name} {value}" for name, value in self.layer.sizes.items())
        lines.append(f"Sizes: {sizes}. Numbers: {self.dtype}.")
        lines.append(f"Written by lstminspect {__version__} from these equations.")
        return "\n".join(lines)

    @cached_property
    def values(self) -> list[dict[str, Array]]:
        """The values of the blocks of every layer and direction; random ones if there are none."""
        held = self.held
        if held is None:
            held = blocks_of(self.layer, random_weights(self.layer, dtype=np.float64))
        return [
            {name: np.asarray(each, self.dtype) for name, each in blocks.items()} for blocks in held
        ]

    @property
    def known(self) -> dict[str, Array]:
        """The values of the blocks of the first layer, forward."""
        return self.values[0]

    @cached_property
    def record(self) -> Record:
        """Random inputs, and what the equations give for them in float64."""
        sizes, random = self.layer.sizes, np.random.default_rng(0)
        inputs = {
            # A second input can be a part, from 0 to 1: the groups of a Clockwork RNN that are due.
            name: (random.normal if name == INPUT else random.uniform)(
                size=(self.steps, sizes[length])
            ).astype(self.dtype)
            for name, length in self.inputs.items()
        }
        exact = {name: each[None].astype(np.float64) for name, each in inputs.items()}
        zeros = {name: np.zeros((1, sizes[size])) for name, size in self.cell.states.items()}
        number = self.layer.layers * self.layer.directions
        call = Arguments(exact, [zeros] * number, None, False, False, "initial", False)
        layer = replace(self.layer, return_sequences=True)
        (output,), _ = in_time(layer, call, self._one)
        return Record(inputs, output[0])

    def _one(
        self, number: int, inputs: dict[str, Array], states: dict[str, Array], *_: Any
    ) -> tuple[Array, Array, dict[str, Array]]:
        """One layer in one direction by the interpreter, for `in_time`."""
        sizes, outputs = self.layer.sizes, []
        blocks = {name: each.astype(np.float64) for name, each in self.values[number].items()}
        for t in range(inputs[INPUT].shape[1]):
            now = {name: each[:, t] for name, each in inputs.items()}
            lines = step(self.cell, blocks, now, states)
            states = {name: np.broadcast_to(lines[name], old.shape) for name, old in states.items()}
            outputs.append(np.broadcast_to(lines[OUTPUT], (1, sizes[self.cell.width])))
        return np.stack(outputs, axis=1), outputs[-1], states


def _plain(text: str) -> str:
    """`text` in one line, without what would end a text in quotes or a comment."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    for sign, other in (("\\", "/"), ('"', "'"), ("*/", "* /"), ("/*", "/ *")):
        printable = printable.replace(sign, other)
    # `??/` is a backslash in C99, which joins the next line to a comment.
    return re.sub(r"\?(?=\?)", "? ", printable)
