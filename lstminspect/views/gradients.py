"""Gradients: the shape, the norm and the largest entry of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lstminspect.answer import Document, Table
from lstminspect.runtime.gradients import Gradients
from lstminspect.wording import describe

__all__ = ["data", "document", "rows"]

FIELDS = ("of", "name", "shape", "norm", "largest")


def document(gradients: Gradients) -> Document:
    """One row for each weight, input and first state."""
    table = [(*each[:3], *(f"{value:.4g}" for value in each[3:])) for each in _gradients(gradients)]
    title = f"{describe(gradients.layer)}: gradients, {gradients.convention} convention"
    return Document(title, [Table("the gradient of each array", FIELDS, table, right=(3, 4))])


def _gradients(gradients: Gradients) -> Iterator[tuple[Any, ...]]:
    kinds = {"weight": gradients.weights, "input": gradients.inputs}
    for word, arrays in (kinds | {"first state": gradients.initial_state}).items():
        for name, array in arrays.items():
            largest = float(np.abs(array).max(initial=0))
            yield word, name, array.shape, float(np.linalg.norm(array.ravel())), largest


def data(gradients: Gradients) -> dict[str, Any]:
    """The same as numbers."""
    return {
        "cell": gradients.layer.cell.name,
        "convention": gradients.convention,
        "gradients": [dict(zip(FIELDS, each, strict=True)) for each in _gradients(gradients)],
    }


def rows(gradients: Gradients) -> Iterator[tuple[Any, ...]]:
    """One row for each gradient."""
    yield FIELDS
    yield from _gradients(gradients)
