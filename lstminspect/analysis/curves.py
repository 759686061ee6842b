"""Curves: what is drawn of a comparison or a sweep, as numbers with the names of the axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from lstminspect import conventions
from lstminspect.analysis.bisection import largest
from lstminspect.analysis.compare import SideBySide
from lstminspect.analysis.solve import step_of
from lstminspect.analysis.sweep import SweepRow
from lstminspect.conventions import EQUATIONS
from lstminspect.costs.cost import cost
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.layer import SIZES, Layer

if TYPE_CHECKING:
    from lstminspect.names import AxisName, ConventionName, DtypeName

__all__ = ["AGAINST", "Chart", "Curve", "curves_of", "curves_of_sweep"]

#: What the curves of a comparison can be drawn against, and what is drawn.
AGAINST = {
    "units": "parameters",
    "budget": "units",
    "timesteps": "bytes that training keeps",
}
#: Points of a curve, and the time steps of a layer that has none.
POINTS, STEPS = 33, 100

#: The rows of the longest sweep that is drawn.
MOST_ROWS = 20_000

Point = tuple[float, float]


class Curve(NamedTuple):
    """A line through points, with a name, and the point that the answer is about, if any."""

    name: str
    points: tuple[Point, ...]
    mark: Point | None = None


class Chart(NamedTuple):
    """Curves on two axes, and what the axes count."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]

    @property
    def words(self) -> str:
        """The chart in words, for a reader who does not see it."""
        ends = [
            f"{curve.name}: {curve.points[-1][1]:,} at {curve.points[-1][0]:,}"
            for curve in self.curves
        ]
        return f"{self.y} against {self.x}. At the end of each curve: {'; '.join(ends)}."


def curves_of(compared: SideBySide, against: AxisName | None = None) -> Chart:
    """A curve for each layer, against its units, a budget of parameters, or the time steps.

    Without `against`: the budget if there is one, else the units. Raises OptionError for another,
    and for layers whose sizes are not numbers.

    >>> from lstminspect.analysis.compare import compare
    >>> chart = curves_of(compare("lstm", "gru", features=32, parameters=100_000))
    >>> chart.x, chart.y, [curve.mark for curve in chart.curves]
    ('budget of parameters', 'units', [(99400, 142), (99600, 166)])
    """
    if against is None:
        against = "units" if compared.budget is None else "budget"
    if not isinstance(against, str) or against not in AGAINST:
        near = did_you_mean(against, AGAINST) if isinstance(against, str) else ""
        known = ", ".join(AGAINST)
        raise OptionError(f"no curve against {quoted(against)}.{near} There are {known}.")
    _check_numbers(compared.layers)
    names = _names(compared.layers)
    pairs = list(zip(names, compared.layers, strict=True))
    if against == "timesteps":
        dtype = compared.dtype
        curves = [_of_steps(name, layer, compared.stored[0].name, dtype) for name, layer in pairs]
        title = f"Training memory against time steps, in {dtype}"
        return Chart(title, "time steps", AGAINST[against], tuple(curves))
    bounds = _bounds(compared)
    by_units = [_of_units(name, layer, compared.stored[0].name, *bounds) for name, layer in pairs]
    counted = _counted(compared.stored[0].name)
    if against == "units":
        return Chart(f"Parameters against units, {counted}", "units", "parameters", tuple(by_units))
    turned = tuple(
        Curve(name, tuple((y, x) for x, y in points), mark and (mark[1], mark[0]))
        for name, points, mark in by_units
    )
    title = f"Units within a budget of parameters, {counted}"
    return Chart(title, "budget of parameters", "units", turned)


def curves_of_sweep(rows: Sequence[SweepRow]) -> Chart:
    """A curve for each cell and each of its features: parameters against units.

    Of a sweep with one number of units, against the features. Raises OptionError for more rows
    than are drawn.
    """
    if len(rows) > MOST_ROWS:
        raise OptionError(
            f"{len(rows):,} rows are more than are drawn, {MOST_ROWS:,}. Give larger steps."
        )
    x = "units" if len({row.units for row in rows}) > 1 else "features"
    other = "features" if x == "units" else "units"
    several = len({getattr(row, other) for row in rows}) > 1
    lines: dict[str, list[Point]] = {}
    for row in rows:
        name = f"{row.cell}, {getattr(row, other)} {other}" if several else row.cell
        lines.setdefault(name, []).append((getattr(row, x), row.parameters))
    counted = " and ".join(_counted(name) for name in dict.fromkeys(row.convention for row in rows))
    curves = tuple(Curve(name, tuple(sorted(points))) for name, points in lines.items())
    return Chart(f"Parameters against {x}, {counted}", x, "parameters", curves)


def _counted(convention: str) -> str:
    if convention == EQUATIONS:
        return "counted by the equations"
    return f"as {conventions.get(convention).title} stores them"


def _check_numbers(layers: Iterable[Layer]) -> None:
    for layer in layers:
        sizes = [*(getattr(layer, name) for name in SIZES), *dict(layer.extra).values()]
        if not all(isinstance(each, int | tuple | None) for each in sizes):
            raise OptionError("a curve needs numbers. Give whole numbers for all sizes.")


def _names(layers: Sequence[Layer]) -> list[str]:
    """A name for each layer: its cell, with its units where two layers have one cell."""
    cells = [layer.cell.name for layer in layers]
    return [
        f"{layer.cell.name}:{layer.units}" if cells.count(layer.cell.name) > 1 else layer.cell.name
        for layer in layers
    ]


def _bounds(compared: SideBySide) -> tuple[int, int]:
    """The largest units and the largest count of a curve: half as much again as the answer has."""
    units = max(layer.units for layer in compared.layers)
    counts = max(stored.parameters for stored in compared.stored)
    return units + units // 2, counts + counts // 2


def _of_units(
    name: str, layer: Layer, convention: ConventionName, units: int, parameters: int
) -> Curve:
    step = step_of(layer.cell, "units", dict(layer.extra))

    def count(units: int) -> int:
        # A cell that adds its input to its state has as many features as units.
        features = None if layer.cell.ties_features else layer.features
        counted: int = replace(layer, units=units, features=features).parameters_in(convention)
        return counted

    last = largest(lambda number: count(number * step) <= parameters, max(1, units // step))
    return Curve(name, _points(count, max(1, last), step), (layer.units, count(layer.units)))


def _of_steps(name: str, layer: Layer, convention: ConventionName, dtype: DtypeName) -> Curve:
    def kept(steps: int) -> int:
        whole = cost(replace(layer, timesteps=steps), convention, dtype).training.bytes()
        assert isinstance(whole, int), "the time steps are known"
        return whole

    points = _points(kept, 2 * (layer.timesteps or STEPS // 2), 1)
    mark = layer.timesteps and (layer.timesteps, kept(layer.timesteps))
    return Curve(name, points, mark or None)


def _points(value: Callable[[int], int], last: int, step: int) -> tuple[Point, ...]:
    """The values at multiples of `step`, evenly from the first one to `last` of them."""
    apart = max(1, last // (POINTS - 1))
    numbers = sorted({1, *range(apart, last + 1, apart), last})
    return tuple((number * step, value(number * step)) for number in numbers)
