"""A graph in columns, with coordinates: no part covers another, no line enters a part it misses.

Lines run level through a column, at the height of a bend, and change their height only between two
columns, where nothing stands. So a line cannot cross a part, whatever the graph.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from typing import NamedTuple, TypeAlias

from lstminspect.figures.layering import Columns, Edge, columns_of
from lstminspect.figures.svg import Area

__all__ = ["Extent", "Placement", "arranged"]

ROUNDS = 16
#: Least space between two parts of a column, and around a bend.
APART, APART_BEND = 20.0, 13.0
#: Space between columns, for lines to change their height, and the most of it.
BETWEEN, MOST_BETWEEN = 42.0, 110.0

#: What pulls at a part: another part or bend, and how much.
Pull: TypeAlias = tuple[int, int]
Points: TypeAlias = tuple[tuple[float, float], ...]


class Extent(NamedTuple):
    """The width and height of a part, and how far apart its incoming lines may end."""

    width: float
    height: float
    entry: float


class Placement(NamedTuple):
    """The area of every part, and the points of every line, in the order they were given."""

    areas: tuple[Area, ...]
    lines: tuple[Points, ...]


def arranged(
    extents: Sequence[Extent], edges: Sequence[Edge], first: frozenset[int], last: frozenset[int]
) -> Placement:
    """Places for parts of these extents, those of `first` leftmost and those of `last` rightmost.

    >>> plan = arranged([Extent(40, 20, 8)] * 2, [(0, 1)], frozenset({0}), frozenset({1}))
    >>> plan.areas[1].left - plan.areas[0].right
    42.0
    """
    found = columns_of(len(extents), edges, first, last)
    middles = _middles(found, extents)
    sides = _sides(found, extents, middles)
    rank = {each: number for number, column in enumerate(found.columns) for each in column}
    areas = []
    for place, (width, height, _) in enumerate(extents):
        left, right = sides[rank[place]]
        start, y = (left + right - width) / 2, middles[place]
        areas.append(Area(start, y - height / 2, start + width, y + height / 2))
    ends = _ends(found, extents, middles)
    lines = tuple(
        _line(way, ends[number], areas, [sides[rank[each]] for each in way], middles)
        for number, way in enumerate(found.ways)
    )
    return Placement(tuple(areas), lines)


def _line(
    way: tuple[int, ...],
    end: float,
    areas: Sequence[Area],
    sides: list[tuple[float, float]],
    middles: dict[int, float],
) -> Points:
    """The points of one edge: level within columns, free between them."""
    points = [(areas[way[0]].right, middles[way[0]]), (sides[0][1], middles[way[0]])]
    for bend, (left, right) in zip(way[1:-1], sides[1:-1], strict=True):
        points += [(left, middles[bend]), (right, middles[bend])]
    points += [(sides[-1][0], end), (areas[way[-1]].left, end)]
    return tuple(points)


def _ends(found: Columns, extents: Sequence[Extent], middles: dict[int, float]) -> dict[int, float]:
    """The height at which each edge arrives: one below the other, in the order they come in."""
    arriving: dict[int, list[int]] = defaultdict(list)
    for number, way in enumerate(found.ways):
        arriving[way[-1]].append(number)
    ends = {}
    for target, numbers in arriving.items():
        numbers.sort(key=lambda number: middles[found.ways[number][-2]])
        room = extents[target].entry
        step = min(14.0, room / max(1, len(numbers) - 1))
        for order, number in enumerate(numbers):
            ends[number] = middles[target] + (order - (len(numbers) - 1) / 2) * step
    return ends


def _sides(
    found: Columns, extents: Sequence[Extent], middles: dict[int, float]
) -> list[tuple[float, float]]:
    """The left and right side of each column; the further lines climb, the more is between."""
    climbs: dict[int, float] = defaultdict(float)
    rank = {each: number for number, column in enumerate(found.columns) for each in column}
    for origin, target in found.steps:
        climb = abs(middles[origin] - middles[target])
        climbs[rank[target]] = max(climbs[rank[target]], climb)
    sides = []
    start = 0.0
    for number, column in enumerate(found.columns):
        if number:
            start += min(MOST_BETWEEN, max(BETWEEN, climbs[number] * 0.3))
        width = max((extents[each].width for each in column if each < len(extents)), default=0.0)
        sides.append((start, start + width))
        start += width
    return sides


def _middles(found: Columns, extents: Sequence[Extent]) -> dict[int, float]:
    """The height of everything: near what it is joined to, long lines straight.

    Every column in turn is set by the column before it, in both directions in turn; the best
    round counts.
    """
    before: dict[int, list[Pull]] = defaultdict(list)
    after: dict[int, list[Pull]] = defaultdict(list)
    for origin, target in found.steps:
        # A line is to stay level through its bends before anything else.
        weight = 1 + 3 * ((origin >= len(extents)) + (target >= len(extents)))
        before[target].append((origin, weight))
        after[origin].append((target, weight))
    middles: dict[int, float] = {}
    for column in found.columns:
        middles |= _spread(column, [0.0] * len(column), [1.0] * len(column), extents)
    best, least = dict(middles), _bent(middles, before)
    for turn in range(ROUNDS):
        onward = turn % 2 == 0
        for column in found.columns if onward else found.columns[::-1]:
            middles |= _pulled(column, middles, before if onward else after, extents)
        if (bent := _bent(middles, before)) < least:
            best, least = dict(middles), bent
    return best


def _bent(middles: dict[int, float], before: dict[int, list[Pull]]) -> float:
    """The height that lines change in all, and the number of changes."""
    return fsum(
        weight * (climb + 20 * (climb > 1))
        for target, origins in before.items()
        for origin, weight in origins
        if (climb := abs(middles[origin] - middles[target]))
    )


def _pulled(
    column: Sequence[int],
    middles: dict[int, float],
    beside: dict[int, list[Pull]],
    extents: Sequence[Extent],
) -> dict[int, float]:
    """The heights of a column whose parts are pulled to what is `beside` them."""
    wished, weights = [], []
    for each in column:
        near = [(middles[other], weight) for other, weight in beside[each]]
        near = near or [(middles[each], 1)]
        weights.append(float(sum(weight for _, weight in near)))
        wished.append(fsum(y * weight for y, weight in near) / weights[-1])
    return _spread(column, wished, weights, extents)


def _spread(
    column: Sequence[int],
    wished: Sequence[float],
    weights: Sequence[float],
    extents: Sequence[Extent],
) -> dict[int, float]:
    """Heights in this order, far enough apart, as near to the wished ones as that allows.

    The least sum of weighted squares, by pooling neighbours that would come too close.
    """
    offsets = [0.0]
    for above, below in pairwise(column):
        offsets.append(offsets[-1] + _apart(above, below, extents))
    pools: list[tuple[float, float, int]] = []
    for wish, offset, weight in zip(wished, offsets, weights, strict=True):
        mean, mass, length = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, number = pools.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass, length = mass + more, length + number
        pools.append((mean, mass, length))
    starts = [mean for mean, _, length in pools for _ in range(length)]
    return {
        each: start + offset for each, start, offset in zip(column, starts, offsets, strict=True)
    }


def _apart(above: int, below: int, extents: Sequence[Extent]) -> float:
    heights = [extents[each].height if each < len(extents) else 0.0 for each in (above, below)]
    bend = max(above, below) >= len(extents)
    return sum(heights) / 2 + (APART_BEND if bend else APART)
