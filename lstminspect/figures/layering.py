"""A graph in columns: which part stands in which column, and in which order from the top.

An edge over several columns goes through a bend in each column between, and edges of one origin
share their bends, so that a vector read in many places is one line that branches.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Columns", "Edge", "columns_of"]

Edge: TypeAlias = tuple[int, int]

SWEEPS = 12


@dataclass(frozen=True)
class Columns:
    """Parts and bends in columns, each column from the top. Bends have the numbers after the parts.

    `steps` joins neighbouring columns, `ways` is the way of each edge through parts and bends.
    """

    columns: tuple[tuple[int, ...], ...]
    steps: tuple[Edge, ...]
    ways: tuple[tuple[int, ...], ...]


def columns_of(
    number: int, edges: Sequence[Edge], first: frozenset[int], last: frozenset[int]
) -> Columns:
    """`number` parts in columns: `first` in the first one, `last` in the last, every edge onward.

    >>> found = columns_of(3, [(0, 1), (1, 2), (0, 2)], frozenset({0}), frozenset({2}))
    >>> found.columns, found.ways
    (((0,), (1, 3), (2,)), ((0, 1), (1, 2), (0, 3, 2)))
    """
    ranks = _ranks(number, edges, first, last)
    bends: dict[tuple[int, int], int] = {}
    ways = []
    for origin, target in edges:
        between = range(ranks[origin] + 1, ranks[target])
        way = [bends.setdefault((origin, rank), number + len(bends)) for rank in between]
        ways.append((origin, *way, target))
    steps = tuple(dict.fromkeys(pair for way in ways for pair in pairwise(way)))
    every = [*enumerate(ranks), *((place, rank) for (_, rank), place in bends.items())]
    columns: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for place, rank in every:
        columns[rank].append(place)
    return Columns(_ordered(columns, steps), steps, tuple(ways))


def _ranks(
    number: int, edges: Sequence[Edge], first: frozenset[int], last: frozenset[int]
) -> list[int]:
    """The column of each part: behind everything it reads. Edges lead to higher numbers only."""
    ranks = [0] * number
    origins, targets = defaultdict(list), defaultdict(list)
    for origin, target in edges:
        origins[target].append(origin)
        targets[origin].append(target)
    for place in range(number):
        if place not in first:
            ranks[place] = 1 + max((ranks[origin] for origin in origins[place]), default=0)
    end = max(ranks)
    for place in range(number):
        if place in last:
            ranks[place] = end
        elif place not in first and not origins[place] and targets[place]:
            # What reads nothing stands just before the first part that reads it.
            ranks[place] = max(1, min(ranks[target] for target in targets[place]) - 1)
    return ranks


def _ordered(columns: list[list[int]], steps: tuple[Edge, ...]) -> tuple[tuple[int, ...], ...]:
    """The columns in the order with the fewest crossings that sweeps in both directions find."""
    before, after = defaultdict(list), defaultdict(list)
    for origin, target in steps:
        before[target].append(origin)
        after[origin].append(target)
    best, fewest = [list(column) for column in columns], _crossings(columns, after)
    for sweep in range(SWEEPS):
        onward = sweep % 2 == 0
        pairs = list(pairwise(columns))
        for left, right in pairs if onward else reversed(pairs):
            fixed, free, beside = (left, right, before) if onward else (right, left, after)
            place = {each: number for number, each in enumerate(fixed)}
            middle = {
                each: _mean([place[other] for other in beside[each]], number)
                for number, each in enumerate(free)
            }
            free.sort(key=middle.__getitem__)
        found = _crossings(columns, after)
        if found < fewest:
            best, fewest = [list(column) for column in columns], found
    return tuple(tuple(column) for column in best)


def _mean(values: list[int], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(columns: list[list[int]], after: dict[int, list[int]]) -> int:
    """The number of pairs of steps that cross."""
    total = 0
    for left, right in pairwise(columns):
        place = {each: number for number, each in enumerate(right)}
        seen: list[int] = []
        for each in left:
            ends = sorted(place[target] for target in after[each])
            total += sum(len(seen) - bisect(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
