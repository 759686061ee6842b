"""A short sequence through a cell, for a page to show: units in rows, steps in columns."""

from __future__ import annotations

from math import sin
from typing import Any

from lstminspect.cell import Cell
from lstminspect.layer import Layer
from lstminspect.runtime.trace import trace
from lstminspect.weights.initial import random_weights

__all__ = ["FEATURES", "STEPS", "UNITS", "traced"]

#: The sizes of the layer that is traced. Every size that a cell has of its own is 2.
UNITS, FEATURES, STEPS = 4, 2, 12
#: Values are whole hundredths, so that a page stays small.
SCALE = 100


def traced(cell: Cell) -> dict[str, Any]:
    """The output and the states at every step, in hundredths, by name: unit by unit.

    >>> from lstminspect import cells
    >>> {name: len(rows) for name, rows in traced(cells.get("lstm"))["values"].items()}
    {'h': 4, 'c': 4}
    """
    import numpy as np

    features = UNITS if "x" in cell.declared else FEATURES
    layer = Layer(cell, UNITS, features, extra=dict.fromkeys(cell.own_sizes, 2))
    x = np.array([[[sin(1.3 * t + k) for k in range(features)] for t in range(STEPS)]])
    # From here on nothing comes in: what is left is what the cell remembers.
    x[:, STEPS // 2 :] = 0
    more = {
        name: np.ones((1, STEPS, layer.sizes[each.size]))
        for name, each in cell.declared.items()
        if each.kind == "input" and each.size
    }
    weights = random_weights(layer, "equations", seed=1, dtype=np.float64)
    values = trace(layer, weights, x, convention="equations", **more).values
    kept = dict.fromkeys(["h", *cell.states])
    return {
        "values": {name: _hundredths(values[name][0].T) for name in kept},
        "x": _hundredths(x[0].T),
    }


def _hundredths(rows: Any) -> list[list[int]]:
    return [[round(float(value) * SCALE) for value in row] for row in rows]
