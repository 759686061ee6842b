"""Jacobians of the states after a step by those before it, over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lstminspect.cell import Cell
from lstminspect.equations.syntax import (
    Binary,
    Expression,
    Input,
    Line,
    Number,
    Value,
    is_product,
    rebuilt,
    text_of,
    walk,
)
from lstminspect.layer import Layer
from lstminspect.runtime import interpreter
from lstminspect.runtime.runner import Runner
from lstminspect.weights.arrays import Array
from lstminspect.weights.pack import tensors_of

__all__ = ["Jacobians", "jacobians"]

#: The rows that go through the equations at once.
ROWS = 4096


class Jacobians(NamedTuple):
    """Jacobians (timesteps, entries, entries) of all states: `every` path, and each by itself.

    `elementwise` is what travels without a matrix, `matrices` the rest; `lines` are the values of
    the equations, (timesteps, entries).
    """

    every: Array
    elementwise: Array
    matrices: Array
    lines: dict[str, Array]

    @property
    def paths(self) -> tuple[Array, Array]:
        """The paths by themselves."""
        return self.elementwise, self.matrices


def jacobians(layer: Layer, blocks: Mapping[str, Array], steps: int, seed: int) -> Jacobians:
    """The Jacobians of `layer` over `steps` of normal random input, from states of zero."""
    cell = layer.running_cell
    sampler = np.random.default_rng((seed, 1))  # Not the stream that the weights are drawn from.
    wide = {"x": layer.features} | {
        each.name: layer.sizes[str(each.size)]
        for each in cell.declared.values()
        if each.kind == "input"
    }
    inputs = {name: sampler.normal(size=(steps, width)) for name, width in wide.items()}
    apart, cut, products = _apart(cell)
    before: dict[str, list[Array]] = {name: [] for name in cell.states}
    found: list[dict[str, Array]] = []
    states = {name: np.zeros((1, layer.sizes[size])) for name, size in cell.states.items()}
    for step in range(steps):
        for name, value in states.items():
            before[name].append(value[0])
        given = {name: value[step : step + 1] for name, value in inputs.items()}
        now = interpreter.step(apart, blocks, given, states)
        states = {name: now[name] for name in states}
        found.append(now)
    lines = {name: np.stack([np.reshape(each[name], -1) for each in found]) for name in found[0]}
    kept = {name: np.stack(values) for name, values in before.items()}
    every = _of_steps(_plain(layer, cell), blocks, inputs, kept)
    alone = _of_steps(
        _plain(layer, cut),
        {block.name: blocks[block.name] for block in cut.blocks},
        inputs | {name: lines[name] for name in products},
        kept,
    )
    return Jacobians(every, alone, every - alone, lines)


def _plain(layer: Layer, cell: Cell) -> Layer:
    """A layer of `cell`, whose functions stand in its text, of the sizes of `layer`."""
    sizes = {name: size for name, size in layer.extra if name in cell.own_sizes}
    return Layer(cell, layer.units, layer.features, extra=sizes)


def _apart(cell: Cell) -> tuple[Cell, Cell, list[str]]:
    """The cell with a line for each product of a matrix and a state, and without these products.

    In the second cell they are inputs, so that nothing travels through them, and every state is
    read, if only times 0.
    """
    dependent: set[str] = set()
    own: list[Line] = []
    cut: list[Line] = []
    lengths: dict[str, str] = {}

    def has_state(node: Expression) -> bool:
        return any(
            isinstance(each, Value) and (each.previous or each.name in dependent)
            for each in walk(node)
        )

    for line in cell.lines:

        def change(node: Expression) -> Expression:
            if not (is_product(node) and has_state(node.right)):
                return node
            name = f"through{len(lengths)}"
            lengths[name] = cell.length_of(node)
            own.append(Line(name, node))
            return Input(name)

        expression = rebuilt(line.expression, change)
        if has_state(line.expression):
            dependent.add(line.name)
        read = rebuilt(expression, lambda node: _read(node, lengths))
        own.append(Line(line.name, read, line.length))
        if line.name in cell.states:
            zero = Binary("*", Number(0), Value(line.name, True))
            expression = Binary("+", expression, zero)
        cut.append(Line(line.name, expression, line.length))
    declared = [f"{name}: input({length})" for name, length in lengths.items()]
    return _made(cell, own, []), _made(cell, cut, declared), list(lengths)


def _read(node: Expression, lengths: Mapping[str, str]) -> Expression:
    return Value(node.name, False) if isinstance(node, Input) and node.name in lengths else node


def _made(cell: Cell, lines: list[Line], declared: list[str]) -> Cell:
    """The cell of these lines, with the declarations of what is in them."""
    names = {getattr(node, "name", "") for line in lines for node in walk(line.expression)}
    rows = cell.rewritten().splitlines()[: len(cell.declared)]
    kept = [row for row in rows if row.partition(":")[0] in names]
    texts = [
        f"{line.name}: {line.length} = {text_of(line.expression)}"
        if line.length
        else f"{line.name} = {text_of(line.expression)}"
        for line in lines
    ]
    return cell.respelled("\n".join([*kept, *declared, *texts]))


def _of_steps(
    layer: Layer,
    blocks: Mapping[str, Array],
    inputs: Mapping[str, Array],
    states: Mapping[str, Array],
) -> Array:
    """The Jacobian of every step: its rows are gradients of single entries of the states."""
    runner = Runner(layer, tensors_of(layer, [blocks], "equations"), "equations", np.float64)
    entries = sum(each.shape[1] for each in states.values())
    ends = np.cumsum([each.shape[1] for each in states.values()])[:-1]
    steps = len(inputs["x"])
    found = np.empty((steps, entries, entries))
    lot = max(1, ROWS // entries)
    for first in range(0, steps, lot):
        here = slice(first, min(steps, first + lot))
        number = here.stop - here.start
        rows = np.split(np.tile(np.eye(entries), (number, 1)), ends, axis=1)
        gradients = runner.gradients(
            {
                name: np.repeat(each[here], entries, axis=0)[:, None]
                for name, each in inputs.items()
            },
            0.0,
            dict(zip(states, rows, strict=True)),
            {name: np.repeat(each[here], entries, axis=0) for name, each in states.items()},
        )
        whole = np.concatenate([gradients.initial_state[name] for name in states], axis=1)
        found[here] = whole.reshape(number, entries, entries)
    return found
