"""Memory: half-lives of each layer and start, the path that they travel, closed forms, a curve."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from lstminspect.analysis.curves import Chart, Curve
from lstminspect.analysis.memory import Memory, MemoryRow
from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.errors import OptionError

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture
    from lstminspect.names import AxisName

__all__ = ["chart", "data", "document", "picture", "rows"]

#: The most percent that a curve goes up to.
MOST = 1e6

WHAT = (
    "The half-life is the number of steps after which half of the influence of the states is left: "
    "the norm of the Jacobian of the states at each step by the first ones, over random input. "
    "Entry by entry is the path of a gate times its state, with no matrix on the way; through "
    "matrices is the path that meets a matrix of the state at every step. Most paths mix the two."
)
CLOSED = (
    "A gate f keeps half for ln 2 / -ln f steps: 1 step at f = 0.5, 2.2 at sigmoid(1) = 0.73. A "
    "matrix with random entries within 1 / sqrt(units), as PyTorch starts, has a spectral radius "
    "near 1 / sqrt(3) = 0.58. Pascanu's bound: a plain cell hands on at most the slope (1 for "
    "tanh, 1/4 for sigmoid) times the norm of its matrix; it says nothing where that is 1 or more."
)


def document(memory: Memory) -> Document:
    """One row for each layer and start, and the closed forms beside it."""
    lives = [
        (
            _layer(row),
            row.start,
            _steps(row.half_life),
            f"{_steps(row.least)} to {_steps(row.most)}",
            _path(row.elementwise),
            _path(row.matrices),
        )
        for row in memory.rows
    ]
    closed = [
        (
            _layer(row),
            row.start,
            *(
                "-" if each is None else _steps(each)
                for each in (row.gate, row.radius, row.largest)
            ),
            "-" if row.bound is None else "none" if row.bound == inf else _steps(row.bound),
        )
        for row in memory.rows
    ]
    headers = ("cell", "start", "half-life", "spread", "entry by entry", "through matrices")
    forms = ("cell", "start", "ln 2 / -ln f", "spectral radius", "norm", "Pascanu's bound")
    parts: list[Part] = [
        Table("half-lives in steps", headers, lives, right=(2, 3, 4, 5)),
        Table("closed forms", forms, closed, right=(2, 3, 4, 5)),
        Sentence(WHAT),
        Sentence(CLOSED),
    ]
    return Document(_title(memory), parts)


def _layer(row: MemoryRow) -> str:
    """The cell, and which layers of it."""
    stack = f", {row.layers} layers" if row.layers > 1 else ""
    return f"{row.cell}{stack}{', ' * bool(row.direction)}{row.direction}"


def _title(memory: Memory) -> str:
    seeds = "1 seed" if memory.seeds == 1 else f"{memory.seeds} seeds"
    sizes = {(row.units, row.features, row.timesteps) for row in memory.rows}
    if len(sizes) > 1:
        return f"memory through time: {seeds}"
    units, features, steps = sizes.pop()
    return f"memory through time: {units} units on {features} features, {steps:,} steps, {seeds}"


def _steps(value: float) -> str:
    """A half-life for a reader; what does not decay in so many steps has none."""
    if value == inf:
        return "no decay"
    return f"{value:.2f}" if value < 1000 else f"{value:,.0f}"


def _path(value: float) -> str:
    return _steps(value) if value else "no path"


def data(memory: Memory) -> dict[str, Any]:
    """Every row; null for a half-life of what does not decay."""
    return {
        "seeds": memory.seeds,
        "rows": [
            {name: _finite(value) for name, value in row._asdict().items()} for row in memory.rows
        ],
    }


def _finite(value: Any) -> Any:
    """The value to six digits; JSON has no infinity and no NaN, so they are null there."""
    if isinstance(value, tuple):
        return [_finite(each) for each in value]
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if isfinite(value) else None


def rows(memory: Memory) -> Iterator[tuple[Any, ...]]:
    """One row for each layer and start."""
    names = MemoryRow._fields[:-1]
    yield names
    yield from (tuple(_finite(value) for value in row[:-1]) for row in memory.rows)


def chart(memory: Memory, against: AxisName | None = None) -> Chart:
    """The influence that is left against the steps, a curve for each row."""
    if against is not None:
        raise OptionError("a memory is drawn against time steps. Leave against out.")
    several = len({row.units for row in memory.rows}) > 1
    left = [[100 * norm / (row.norms[0] or 1) for norm in row.norms] for row in memory.rows]
    # Up to the step from which on nothing can be seen.
    end = max(at for each in left for at, value in enumerate(each, 1) if value >= 1 or at == 2)
    curves = []
    for row, each in zip(memory.rows, left, strict=True):
        name = f"{_layer(row)}, {row.units} units" if several else _layer(row)
        points = tuple((at, round(min(value, MOST), 1)) for at, value in enumerate(each[:end], 1))
        curves.append(Curve(f"{name}, {row.start}", points))
    return Chart("Influence of the first states", "time steps", "% of step 1", tuple(curves))


def picture(memory: Memory) -> Picture:
    """The curves drawn."""
    from lstminspect.figures.chart import picture_of_chart

    return picture_of_chart(chart(memory))
