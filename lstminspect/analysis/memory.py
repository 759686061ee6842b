"""Memory through time: how fast the influence of a state decays, and along which path it travels.

The Jacobian of the states after a step by those before it is a sum of two: what travels entry by
entry (a forget gate times its state), and what travels through a matrix of the state. Over many
steps the Jacobians multiply; half-lives are read from the norms of the products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, log
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from lstminspect.analysis.decay import half_life_of, norms_of
from lstminspect.analysis.jacobians import Course, courses, jacobians
from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.equations.syntax import Binary, Call, Value, signed_terms
from lstminspect.errors import OptionError, choice
from lstminspect.layer import Layer, checked_layer
from lstminspect.sizes import whole
from lstminspect.stored import DIRECTIONS
from lstminspect.weights.arrays import Array, Tensors
from lstminspect.weights.initial import initial_weights
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.starts import STARTS

if TYPE_CHECKING:
    from lstminspect.layer.layer import LayerOwner
    from lstminspect.names import ConventionName, StartName

__all__ = ["MOST_SEEDS", "Memory", "MemoryRow", "memory"]

STEPS = 100
#: The most numbers of a state, steps and seeds of an answer.
MOST_STATE, MOST_STEPS, MOST_SEEDS = 1024, 2000, 100
#: The steepest slope of each function, which bounds what one step hands on (Pascanu et al. 2013).
SLOPES = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0}
GIVEN = "given"


class MemoryRow(NamedTuple):
    """A layer with a start, and what it keeps; half-lives are in steps.

    `direction` is "forward" or "backward" for one of two directions, and else empty. A stack of
    `layers` has one state, that of all its layers.

    `half_life` is the median over the seeds, `least` and `most` the ends of its spread;
    `elementwise` and `matrices` are the half-lives of what travels entry by entry alone, and
    through matrices of the state alone. infinity stands for what does not decay, 0 for a path that
    is not there. `gate` is ln 2 / -ln f of the slowest unit, where a gate times a state stands in
    the equations. `radius` and `largest` are the mean spectral radius and norm of the square
    matrices of the state, `bound` the half-life that Pascanu's bound allows, for a plain cell.
    `norms` has the norm of the Jacobian after each step, the geometric mean over the seeds.
    """

    cell: str
    units: int
    features: int
    layers: int
    direction: str
    start: str
    timesteps: int
    half_life: float
    least: float
    most: float
    elementwise: float
    matrices: float
    gate: float | None
    radius: float | None
    largest: float | None
    bound: float | None
    norms: tuple[float, ...]


@dataclass(frozen=True, repr=False)
class Memory(Answer):
    """The half-lives of layers over random input: a row for each layer and start."""

    rows: tuple[MemoryRow, ...]
    seeds: int

    def __repr__(self) -> str:
        first = self.rows[0]
        more = f" and {len(self.rows) - 1} more" if len(self.rows) > 1 else ""
        lives = f"{first.cell} from {first.start}: half-life {first.half_life:.3g}"
        return f"<Memory of {lives}{more}>"


def memory(
    *layers: Layer | LayerOwner,
    start: StartName | Sequence[StartName] | None = None,
    seeds: int = 5,
    weights: Tensors | None = None,
    convention: ConventionName | None = None,
) -> Memory:
    """The Memory of layers, that is how fast a state's influence decays: a row for each `start`.

    The Jacobian of the states after step T by those before step 1, over normal random input, from
    states of zero: its norm (the largest singular value) at each step up to the layer's timesteps,
    100 without any; its half-life in steps, from the line of least squares through the logarithms;
    and the same along two paths alone. `seeds` draws of weights and inputs tell the spread.

    The weights are those of a `start` of `initial_weights`, by default the layer's framework's or
    Keras'; for "chrono" the longest dependency is the timesteps. Or `weights` in `convention`, for
    one layer. The state of a stack is that of all its layers; each of two directions has a row.
    Raises OptionError for a stack of two directions: there is no step at which it has a state.

    >>> layer = Layer("lstm", units=8, features=3, timesteps=30)
    >>> keras, pytorch = memory(layer, start=["keras", "pytorch"], seeds=2).rows
    >>> keras.half_life > 2 * pytorch.half_life
    True
    """
    if not layers:
        raise OptionError("memory needs a layer, for example Layer('lstm', units=32, features=3).")
    seeds = whole("seeds", seeds, 1)
    if seeds > MOST_SEEDS:
        raise OptionError(f"seeds must be at most {MOST_SEEDS}, got {seeds}.")
    checked = [_measurable(checked_layer(layer)) for layer in layers]
    if weights is not None:
        if start is not None or len(checked) > 1:
            raise OptionError("weights are those of one layer and need no start. Give them alone.")
        return Memory(tuple(_rows(checked[0], GIVEN, seeds, weights, convention)), seeds)
    if convention is not None:
        raise OptionError("convention says whose the weights are. Give weights, or leave it out.")
    rows = [
        row
        for layer in checked
        for each in _starts(start, layer.framework)
        for row in _rows(layer, each, seeds)
    ]
    return Memory(tuple(rows), seeds)


def _starts(start: str | Sequence[str] | None, framework: str | None) -> Sequence[str]:
    if start is None:
        own = "flax" if framework == "nnx" else framework
        return [own if own in STARTS else "keras"]
    several = start if isinstance(start, list | tuple) and start else [start]
    return [choice("start", each, tuple(STARTS)) for each in several]


def _measurable(layer: Layer) -> Layer:
    """The layer itself. Raises OptionError for one whose memory cannot be measured."""
    if layer.layers > 1 and layer.bidirectional:
        raise OptionError(
            "a stack of two directions has no state at one step: what its second layer reads "
            "there comes from both ends. Give each layer by itself."
        )
    sizes = [layer.units, layer.features, layer.timesteps or 1, *layer.sizes.values()]
    if not all(isinstance(each, int | tuple) for each in sizes):
        raise OptionError("memory is measured with numbers. Give whole numbers for all sizes.")
    states = layer.running_cell.states
    if not states:
        raise OptionError(f"{layer.cell.name} has no state, so it remembers nothing.")
    number = layer.layers * sum(layer.sizes[size] for size in states.values())
    if number > MOST_STATE:
        raise OptionError(
            f"the states have {number:,} numbers, and memory is measured up to {MOST_STATE:,}: its "
            "time grows with their cube. Give fewer units, or fewer layers."
        )
    if not 2 <= (layer.timesteps or STEPS) <= MOST_STEPS:
        raise OptionError(f"memory needs 2 to {MOST_STEPS:,} timesteps, got {layer.timesteps:,}.")
    return layer


def _rows(
    layer: Layer,
    start: str,
    seeds: int,
    weights: Tensors | None = None,
    convention: ConventionName | None = None,
) -> Iterator[MemoryRow]:
    """A row for a stack, or one for each of two directions."""
    drawn = [_blocks(layer, start, seed, weights, convention) for seed in range(seeds)]
    if not layer.bidirectional:
        yield _row(layer, "", start, drawn)
        return
    one = replace(layer, bidirectional=False, merge_mode="concat")
    for at, direction in enumerate(DIRECTIONS):
        yield _row(one, direction, start, [[blocks[at]] for blocks in drawn])


def _blocks(
    layer: Layer,
    start: str,
    seed: int,
    weights: Tensors | None,
    convention: ConventionName | None,
) -> list[dict[str, Array]]:
    """The blocks of each layer and direction."""
    if weights is None:
        longest = max(3, layer.timesteps or STEPS)
        weights = initial_weights(
            layer, "equations", seed, True, np.float64, cast("StartName", start), longest
        )
        convention = "equations"
    return blocks_of(layer, weights, convention, np.float64)


def _row(
    layer: Layer, direction: str, start: str, drawn: Sequence[list[dict[str, Array]]]
) -> MemoryRow:
    steps = layer.timesteps or STEPS
    whole_way, parts, gates, sizes = [], [], [], []
    for seed, blocks in enumerate(drawn):
        taken = courses(layer, blocks, steps, seed)
        every, *paths = norms_of(jacobians(layer, blocks, taken))
        whole_way.append(every)
        parts.append([half_life_of(path) for path in paths])
        gates.append(_slowest(layer.running_cell, taken))
        sizes.append(_of_matrices(layer.running_cell, blocks))
    lives = [half_life_of(each) for each in whole_way]
    radius, largest = (_mean([size[at] for size in sizes]) for at in (0, 1))
    with np.errstate(over="ignore"):
        norms = np.exp(np.mean(whole_way, axis=0))
    elementwise, matrices = map(median, zip(*parts, strict=True))
    bound = None if layer.layers > 1 else _bound(layer.running_cell, largest)
    return MemoryRow(
        layer.cell.name, layer.units, layer.features, layer.layers, direction, start, steps,
        median(lives), min(lives), max(lives), elementwise, matrices,
        _median(gates), radius, largest, bound, tuple(float(each) for each in norms),
    )  # fmt: skip


def _slowest(cell: Cell, taken: Sequence[Course]) -> float | None:
    """The half-life ln 2 / -ln f of the unit that keeps longest, by the mean of ln f."""
    gates = list(_keeping(cell))
    if not gates:
        return None
    kept = max(
        float(np.log(np.maximum(np.abs(course.lines[gate]), 1e-300)).mean(axis=0).max())
        for gate in gates
        for course in taken
    )
    return log(2) / -kept if kept < 0 else inf


def _keeping(cell: Cell) -> Iterator[str]:
    """The gates that stand times a state in the line of that state: f of `c = f * c + i * g`."""
    for line in cell.lines:
        for term in signed_terms(line.expression):
            match term.node:
                case Binary("*", Value(gate, False), Value(state, True)) | Binary(
                    "*", Value(state, True), Value(gate, False)
                ) if state == line.name:
                    yield gate


def _of_matrices(
    cell: Cell, blocks: Sequence[Mapping[str, Array]]
) -> tuple[float | None, float | None]:
    """The mean spectral radius and norm of the square matrices of the state."""
    square = [
        held[block.name]
        for held in blocks
        for block in cell.blocks
        if len(block.shape) == 2 and block.shape[0] == block.shape[1] and block.letter == "U"
    ]
    if not square:
        return None, None
    radii = [float(np.abs(np.linalg.eigvals(each)).max()) for each in square]
    norms = [float(np.linalg.norm(each, 2)) for each in square]
    return sum(radii) / len(radii), sum(norms) / len(norms)


def _bound(cell: Cell, largest: float | None) -> float | None:
    """The longest half-life that the norm of the one matrix allows; None for other cells."""
    match [line.expression for line in cell.lines]:
        case [Call(function)] if function in SLOPES and largest is not None:
            factor = SLOPES[function] * largest
            return log(2) / -log(factor) if factor < 1 else inf
    return None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return sum(known) / len(known) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return median(known) if known else None
