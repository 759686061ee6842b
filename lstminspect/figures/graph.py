"""The picture of a graph of layers: boxes from the top down, with bars that show the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from lstminspect.errors import OptionError
from lstminspect.figures.coordinates import Extent, Placement, arranged
from lstminspect.figures.layering import Edge
from lstminspect.figures.svg import (
    Area,
    Drawing,
    Label,
    Mark,
    Path,
    Rectangle,
    framed,
    headed,
    stacked,
    text_width,
)

__all__ = ["MOST", "Box", "drawing_of_graph"]

#: The most boxes that one picture shows.
MOST = 120
#: Sizes of letters, the height of a row of text, the space around it, the bar of the parameters.
NAME, SMALL, ROW, AROUND, BAR = 13.0, 11.0, 17.0, 11.0, 6.0
#: The least width of a box, which is the length of the longest bar, and of the picture's head.
LEAST, HEAD = 190.0, 560.0


class Box(NamedTuple):
    """A layer: its name, rows of text below it, its parameters, the colour of its bar."""

    name: str
    rows: tuple[str, ...]
    parameters: int = 0
    look: str = "state"


def drawing_of_graph(boxes: Sequence[Box], edges: Sequence[Edge], title: str, text: str) -> Drawing:
    """The boxes below a title and a text, each edge from a box to one that reads it.

    Edges lead from earlier boxes to later ones. Bars are to one scale: the longest is that of the
    largest layer. Raises OptionError for more boxes than a picture shows.
    """
    if len(boxes) > MOST:
        raise OptionError(
            f"a picture shows at most {MOST} layers, and this model has {len(boxes)}. Draw a part "
            "of it."
        )
    body = framed([*_lines(plan := _plan(boxes, edges)), *_boxes(boxes, plan)])
    return stacked([headed(title, text, max(HEAD, body.width)), body.shapes], 24)


def _plan(boxes: Sequence[Box], edges: Sequence[Edge]) -> Placement:
    """The places of boxes and lines: arranged from left to right, then turned downwards."""
    extents = [Extent(_height(box), _width(box), 40) for box in boxes]
    ends = frozenset(at for at in range(len(boxes)) if all(at != end for _, end in edges))
    plan = arranged(extents, edges, ends, frozenset())
    return Placement(
        tuple(Area(top, left, bottom, right) for left, top, right, bottom in plan.areas),
        tuple(tuple((y, x) for x, y in line) for line in plan.lines),
    )


def _width(box: Box) -> float:
    widths = [text_width(box.name, NAME), *(text_width(row, SMALL) for row in box.rows)]
    return max(LEAST, *widths) + 2 * AROUND


def _height(box: Box) -> float:
    return ROW * (1 + len(box.rows)) + 2 * AROUND + (BAR + 4 if box.parameters else 0)


def _lines(plan: Placement) -> Iterator[Path]:
    """The lines, without the points at which they do not turn."""
    for line in plan.lines:
        points = [point for point, following in pairwise(line) if point != following]
        yield Path((*points, line[-1]), "line", arrow=True)


def _boxes(boxes: Sequence[Box], plan: Placement) -> Iterator[Mark]:
    largest = max([box.parameters for box in boxes], default=0)
    for box, area in zip(boxes, plan.areas, strict=True):
        left, top, right, bottom = area
        yield Rectangle(left, top, right - left, bottom - top, "box", 6)
        middle, y = (left + right) / 2, top + AROUND + ROW / 2
        yield Label(middle, y, box.name, NAME, bold=True)
        for number, row in enumerate(box.rows, 1):
            yield Label(middle, y + number * ROW, row, SMALL, "muted" if number > 1 else "ink")
        if box.parameters:
            # A layer that has parameters is seen, however few they are.
            length = max(1.5, LEAST * box.parameters / largest)
            start, height = left + (right - left - LEAST) / 2, bottom - AROUND - BAR + 3
            yield Rectangle(start, height, LEAST, BAR, "empty")
            yield Rectangle(start, height, length, BAR, f"{box.look}-head")
