"""Short sequences through a cell, for a page to show: units in rows, steps in columns.

Each is a run of the engine at one size. The page shows the one that is nearest to its reader's.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, sin
from typing import Any, TypeAlias

from lstminspect.cell import Cell
from lstminspect.layer import Layer
from lstminspect.runtime.trace import trace
from lstminspect.weights.initial import random_weights

__all__ = ["STEPS", "inputs", "nearest", "traced", "traces"]

STEPS = 12
#: The cells of which a class asks first, traced at every pair of small sizes.
FIRST = ("lstm", "gru", "gru_reset_before", "rnn")
MOST_UNITS, MOST_FEATURES = 8, 4
#: The sizes of the other cells.
UNITS, FEATURES = (2, 3, 4, 5, 6), 3
#: Every size that a cell has of its own.
OWN = 2
#: Values are whole hundredths, so that a page stays small.
SCALE = 100
#: A row for each unit, a column for each step; None where a cell of one's own is not finite.
Rows: TypeAlias = list[list[int | None]]


def inputs() -> Rows:
    """The input of every trace, in hundredths: a row for each feature, a column for each step.

    From the middle on nothing comes in: what is left is what the cell remembers.
    """
    return [
        [round(SCALE * sin(1.3 * step + row)) if step < STEPS // 2 else 0 for step in range(STEPS)]
        for row in range(MOST_UNITS)
    ]


def _sizes(cell: Cell) -> Iterator[tuple[int, int]]:
    step = OWN if any(block.structure for block in cell.blocks) else 1
    first = cell.name in FIRST
    for units in range(1, MOST_UNITS + 1) if first else UNITS:
        for features in range(1, MOST_FEATURES + 1) if first else (FEATURES,):
            if units % step == 0:
                yield units, units if cell.ties_features else features


def traces(cell: Cell) -> dict[str, dict[str, Rows]]:
    """The traces of `cell` by their units and features, for example `"4 3"`."""
    return {
        f"{units} {features}": traced(cell, units, features) for units, features in _sizes(cell)
    }


def nearest(cell: Cell, units: int, features: int) -> tuple[int, int]:
    """The units and features of the trace that is nearest, the units first.

    >>> from lstminspect import cells
    >>> nearest(cells.get("lstm"), 20, 3), nearest(cells.get("mgu"), 5, 1)
    ((8, 3), (5, 3))
    """
    return min(_sizes(cell), key=lambda each: (abs(each[0] - units), abs(each[1] - features)))


def traced(cell: Cell, units: int, features: int) -> dict[str, Rows]:
    """The output and the states at every step, in hundredths, by name: unit by unit.

    >>> from lstminspect import cells
    >>> {name: len(rows) for name, rows in traced(cells.get("lstm"), 4, 3).items()}
    {'h': 4, 'c': 4}
    """
    import numpy as np

    layer = Layer(cell, units, features, extra=dict.fromkeys(cell.own_sizes, OWN))
    x = np.array(inputs()[:features], float).T[None] / SCALE
    more = {
        name: np.ones((1, STEPS, layer.sizes[size])) for name, size in cell.further_inputs.items()
    }
    weights = random_weights(layer, "equations", seed=1, dtype=np.float64)
    values = trace(layer, weights, x, convention="equations", **more).values
    return {name: _hundredths(values[name][0].T) for name in dict.fromkeys(["h", *cell.states])}


def _hundredths(rows: Any) -> Rows:
    return [[round(value * SCALE) if isfinite(value) else None for value in row] for row in rows]
