"""Jacobians of the states after a step by those before it, over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lstminspect.cell import Cell
from lstminspect.conventions.convention import EQUATIONS
from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import OUTPUT
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

__all__ = ["Course", "Jacobians", "courses", "jacobians"]

#: The rows that go through the equations at once.
ROWS = 4096


class Course(NamedTuple):
    """A layer over the steps: its inputs, its states before each step, and the values of its lines.

    Each is (timesteps, entries), by name.
    """

    inputs: dict[str, Array]
    before: dict[str, Array]
    lines: dict[str, Array]


class Jacobians(NamedTuple):
    """Jacobians (steps, entries, entries) of all states of a stack at some steps.

    `every` is that of all paths, `elementwise` what travels without a matrix.
    """

    every: Array
    elementwise: Array

    @property
    def matrices(self) -> Array:
        """The rest, which travels through a matrix."""
        return self.every - self.elementwise


def courses(
    layer: Layer, blocks: Sequence[Mapping[str, Array]], steps: int, seed: int
) -> list[Course]:
    """Each layer of a stack over `steps` of normal random input, from states of zero."""
    cell, _, _ = _apart(layer.running_cell)
    sampler = np.random.default_rng((seed, 1))  # Not the stream that the weights are drawn from.
    wide = {INPUT: layer.features}
    wide |= {name: layer.sizes[size] for name, size in layer.running_cell.further_inputs.items()}
    inputs = {name: sampler.normal(size=(steps, width)) for name, width in wide.items()}
    found = []
    for held in blocks:
        found.append(_course(layer, cell, held, inputs))
        inputs = inputs | {INPUT: found[-1].lines[OUTPUT]}
    return found


def _course(
    layer: Layer, cell: Cell, blocks: Mapping[str, Array], inputs: Mapping[str, Array]
) -> Course:
    """One layer over the steps of its inputs."""
    states = {name: np.zeros((1, layer.sizes[size])) for name, size in cell.states.items()}
    before: list[dict[str, Array]] = []
    lines: list[dict[str, Array]] = []
    for step in range(len(inputs[INPUT])):
        before.append(states)
        now = {name: value[step : step + 1] for name, value in inputs.items()}
        lines.append(interpreter.step(cell, blocks, now, states))
        states = {name: lines[-1][name] for name in states}
    return Course(dict(inputs), _each_step(before), _each_step(lines))


def _each_step(values: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.stack([np.reshape(each[name], -1) for each in values]) for name in values[0]}


def jacobians(
    layer: Layer, blocks: Sequence[Mapping[str, Array]], taken: Sequence[Course]
) -> Iterator[Jacobians]:
    """The Jacobians of a stack at the steps of its `courses`, some steps at once."""
    cell = layer.running_cell
    _, cut, products = _apart(cell)
    whole = _runner(layer, cell, layer.features, blocks)
    ones = [
        _runner(layer, cut, course.inputs[INPUT].shape[1] if at else layer.features, [held])
        for at, (held, course) in enumerate(zip(blocks, taken, strict=True))
    ]
    entries = sum(layer.sizes[size] for size in cell.states.values())
    lot = max(1, ROWS // (entries * layer.layers))
    for first in range(0, len(taken[0].inputs[INPUT]), lot):
        here = slice(first, first + lot)
        states = [each[here] for course in taken for each in course.before.values()]
        inputs = {name: each[here] for name, each in taken[0].inputs.items()}
        every = _of_steps(whole, inputs, states)
        alone = np.zeros_like(every)
        for at, (one, course) in enumerate(zip(ones, taken, strict=True)):
            known = course.inputs | {name: course.lines[name] for name in products}
            place = slice(at * entries, (at + 1) * entries)
            alone[:, place, place] = _of_steps(
                one,
                {name: each[here] for name, each in known.items()},
                [each[here] for each in course.before.values()],
            )
        yield Jacobians(every, alone)


def _runner(
    layer: Layer, cell: Cell, features: Any, blocks: Sequence[Mapping[str, Array]]
) -> Runner:
    """Layers of `cell`, whose functions stand in its text, with the sizes of `layer`."""
    sizes = {name: size for name, size in layer.extra if name in cell.own_sizes}
    plain = Layer(cell, layer.units, features, layers=len(blocks), extra=sizes)
    own = [{block.name: held[block.name] for block in cell.blocks} for held in blocks]
    return Runner(plain, tensors_of(plain, own, EQUATIONS), EQUATIONS, np.float64)


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


def _of_steps(runner: Runner, inputs: Mapping[str, Array], states: Sequence[Array]) -> Array:
    """The Jacobian of each step: its rows are gradients of single entries of the states."""
    widths = [each.shape[1] for each in states]
    entries, steps = sum(widths), len(inputs[INPUT])
    rows = np.split(np.tile(np.eye(entries), (steps, 1)), np.cumsum(widths)[:-1], axis=1)
    found = runner.gradients(
        {name: np.repeat(each, entries, axis=0)[:, None] for name, each in inputs.items()},
        0.0,
        rows,
        [np.repeat(each, entries, axis=0) for each in states],
    )
    whole = np.concatenate(list(found.initial_state.values()), axis=1)
    return whole.reshape(steps, entries, entries)
