"""A chart as SVG: curves on two axes, each with a colour, a dash and its name at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from lstminspect.analysis.curves import Chart, Curve
from lstminspect.errors import OptionError
from lstminspect.figures.figure import Picture
from lstminspect.figures.svg import Drawing, Label, Mark, Path, Rectangle, framed, svg
from lstminspect.figures.theme import PREFIX

__all__ = ["COLOURS", "DASHES", "drawing_of_chart", "picture_of_chart", "ticks"]

#: Those of Okabe & Ito as a middle tone, which stands out on white and on black alike (3.4 to 5.2
#: to 1), and a dash for each, so that nothing is told by colour alone.
COLOURS = ("#0072b2", "#cc5c10", "#008c66", "#b05fa0", "#a87400", "#7a7f86", "#6f7bd0")
DASHES = ("", "9 4", "2.5 3.5", "12 4 2.5 4", "5 3", "1 3", "14 5")
#: The size of the plane of the curves, and the most that are told apart.
WIDTH, HEIGHT, MOST = 560.0, 340.0, 12
#: The height of a name at the end of a curve.
ROW = 17.0

STYLE = "".join(
    f".{PREFIX}curve{at}{{fill:none;stroke:{colour};stroke-width:2;"
    f"stroke-dasharray:{dash or 'none'}}}\n"
    f".{PREFIX}mark{at}{{fill:{colour};stroke:none}}\n"
    for at, (colour, dash) in enumerate(zip(COLOURS, DASHES, strict=True))
)


def picture_of_chart(chart: Chart) -> Picture:
    """The picture of a chart."""
    return Picture(
        svg(drawing_of_chart(chart), chart.title, chart.words, STYLE), chart.title, chart.words
    )


def drawing_of_chart(chart: Chart) -> Drawing:
    """The axes, the curves and their names. Raises OptionError for too many curves."""
    check_legible(chart)
    across = _scale([x for curve in chart.curves for x, _ in curve.points], WIDTH)
    up = _scale([y for curve in chart.curves for _, y in curve.points], HEIGHT)
    shapes: list[Mark] = [*_axes(chart, across, up)]
    ends = []
    for at, curve in enumerate(chart.curves):
        look = f"{at % len(COLOURS)}"
        points = tuple((across.place(x), HEIGHT - up.place(y)) for x, y in curve.points)
        shapes.append(Path(points, f"curve{look}") if len(points) > 1 else _dot(points[0], look))
        if curve.mark is not None:
            x, y = curve.mark
            shapes.append(_dot((across.place(x), HEIGHT - up.place(y)), look))
        ends.append((points[-1], curve, look))
    return framed([*shapes, *_names(ends)])


def check_legible(chart: Chart) -> None:
    """Raise OptionError for more curves than a reader can follow."""
    if len(chart.curves) > MOST:
        raise OptionError(
            f"{len(chart.curves)} curves are too many to follow. Give at most {MOST}."
        )


class _Scale:
    """An axis from 0 to the last of its ticks, `length` long."""

    def __init__(self, ticks: Sequence[int], length: float) -> None:
        self.ticks, self.length = ticks, length

    def place(self, value: float) -> float:
        return value / self.ticks[-1] * self.length


def _scale(values: Sequence[float], length: float) -> _Scale:
    return _Scale(ticks(max(values)), length)


def ticks(largest: float) -> list[int]:
    """Whole round numbers from 0 to at least `largest`, four to seven of them.

    >>> ticks(17408), ticks(3)
    ([0, 5000, 10000, 15000, 20000], [0, 1, 2, 3])
    """
    rough = max(1.0, largest / 6)
    power = 10 ** floor(log10(rough))
    step = next(int(power * each) for each in (1, 2, 5, 10) if power * each >= rough)
    return list(range(0, step * ceil(largest / step) + 1, step))


def _axes(chart: Chart, across: _Scale, up: _Scale) -> Iterator[Mark]:
    yield Label(0, -34, chart.title, 15, "ink", "start", bold=True)
    yield Label(0, -14, chart.y, 13, "muted", "start")
    for tick in up.ticks:
        y = HEIGHT - up.place(tick)
        yield Path(((0, y), (WIDTH, y)), "line" if not tick else "thin")
        yield Label(-8, y, f"{tick:,}", 12, "muted", "end")
    for tick in across.ticks:
        x = across.place(tick)
        yield Path(((x, HEIGHT), (x, HEIGHT + 5)), "line")
        yield Label(x, HEIGHT + 16, f"{tick:,}", 12, "muted")
    yield Label(WIDTH / 2, HEIGHT + 38, chart.x, 13, "muted")


def _dot(point: tuple[float, float], look: str) -> Rectangle:
    x, y = point
    return Rectangle(x - 4.5, y - 4.5, 9, 9, f"mark{look}", 4.5)


def _names(ends: list[tuple[tuple[float, float], Curve, str]]) -> Iterator[Mark]:
    """The name of each curve at the right, in the order of the curves' ends, none on another."""
    ends = sorted(ends, key=lambda end: (round(end[0][1] / ROW), -end[0][0]))
    places: list[float] = []
    for (_, y), _, _ in ends:
        places.append(max(y, places[-1] + ROW if places else y))
    over = max(0.0, places[-1] - HEIGHT) if places else 0.0
    for at in range(len(places) - 1, -1, -1):
        limit = places[at + 1] - ROW if at + 1 < len(places) else places[-1] - over
        places[at] = min(places[at], limit)
    for ((x, y), curve, look), place in zip(ends, places, strict=True):
        yield Path(((WIDTH + 14, place), (WIDTH + 40, place)), f"curve{look}")
        yield Path(((x + 3, y), (WIDTH + 12, place)), "tie")
        yield Label(WIDTH + 46, place, curve.name, 13, "ink", "start")
