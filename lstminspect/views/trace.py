"""A trace: the values of every line at every step, whole where they fit, else their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.runtime.trace import Trace
from lstminspect.weights.arrays import Array
from lstminspect.wording import describe, number

__all__ = ["data", "document", "rows"]

#: The time steps, and the numbers of a line, of the largest trace that is printed value by value.
MOST_STEPS, MOST_VALUES = 10, 100


def document(trace: Trace) -> Document:
    """The bounds of every line, and the values of the first sequence where they are few."""
    sequences, steps = trace.inputs.shape[:2]
    nouns = ["sequence" if sequences == 1 else "sequences", "step" if steps == 1 else "steps"]
    title = f"{describe(trace.layer)}: {number(sequences)} {nouns[0]} of {number(steps)} {nouns[1]}"
    bounds = [
        (name, array.shape, *(f"{value:.3f}" for value in (array.min(), array.mean(), array.max())))
        for name, array in trace.values.items()
    ]
    headers = ("line", "shape", "least", "mean", "largest")
    parts: list[Part] = [Table("every line of the equations", headers, bounds, right=(2, 3, 4))]
    for name, array in trace.values.items():
        if steps <= MOST_STEPS and array[0].size <= MOST_VALUES:
            parts.append(_values(name, array[0]))
    if len(parts) == 1:
        parts.append(Sentence("Use table(name) for the values of a line, plot() for a heat map."))
    elif sequences > 1:
        parts.append(Sentence("The values are those of the first sequence."))
    return Document(title, parts)


def _values(name: str, array: Array) -> Table:
    """The values of a line for one sequence: a row per unit, a column per step."""
    steps, units = array.shape
    rows = [(str(unit), *(f"{value:.3f}" for value in array[:, unit])) for unit in range(units)]
    headers = ("unit", *(f"t={step}" for step in range(steps)))
    return Table(f"{name}, step by step", headers, rows, right=tuple(range(1, steps + 1)))


def data(trace: Trace) -> dict[str, Any]:
    """The values of every line: sequence by sequence, step by step, unit by unit."""
    return {
        "cell": trace.layer.cell.name,
        "lines": [
            {"name": name, "shape": array.shape, "values": _finite(array)}
            for name, array in trace.values.items()
        ],
    }


def _finite(array: Array) -> Any:
    """The values as lists; JSON has no infinity and no NaN, so they are null there."""
    values = array.astype(object)
    values[~numpy.isfinite(array)] = None
    return values.tolist()


def rows(trace: Trace) -> Iterator[tuple[Any, ...]]:
    """One row per value."""
    yield ("sequence", "line", "unit", "step", "value")
    for sequence in range(len(trace.inputs)):
        yield from ((sequence, *row) for row in trace.rows(sequence))
