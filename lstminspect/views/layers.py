"""Layers side by side under one convention, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

from lstminspect.analysis.compare import SideBySide, compare
from lstminspect.answer import Document, Table
from lstminspect.conventions import EQUATIONS
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.sizes import is_array, is_letter
from lstminspect.stored import Stored
from lstminspect.wording import number

__all__ = ["data", "document", "rows", "share"]

Answer: TypeAlias = SideBySide | tuple[Layer, ...]


def document(answer: Answer) -> Document:
    """One row per layer, the first as the measure of the others."""
    compared = _compared(answer)
    first = compared.stored[0]
    headers = ("cell", "parameters", "of the first", "formula", "returns")
    table = [
        (
            layer.cell.name,
            stored.parameters,
            share(stored, first),
            written(stored.formula),
            layer.output_shapes,
        )
        for layer, stored in zip(compared.layers, compared.stored, strict=True)
    ]
    sizes = f"{number(first.sizes['units'])} units on {number(first.sizes['features'])} features"
    by = "counted by the equations" if first.name == EQUATIONS else f"as {first.title} stores them"
    title = f"{len(table)} cells of {sizes}, {by}"
    return Document(title, [Table("side by side", headers, table, right=(1, 2))])


def share(one: Stored, first: Stored) -> str:
    """The count of `one` in counts of `first`, as a fraction and a percentage."""
    if any(is_letter(each.parameters) or is_array(each.parameters) for each in (one, first)):
        return ""
    if not first.parameters:
        return ""  # A cell without parameters measures nothing.
    exact = Fraction(one.parameters, first.parameters)
    tenths = round(exact * 1000)
    return f"{exact} ({tenths // 10}.{tenths % 10} %)"


def data(answer: Answer) -> dict[str, Any]:
    """Count, formula and shapes of every layer."""
    compared = _compared(answer)
    return {
        "layers": [
            {
                "cell": layer.cell.name,
                "convention": stored.name,
                "parameters": stored.parameters,
                "formula": written(stored.formula),
                "output_shapes": layer.output_shapes,
                "state_shapes": layer.state_shapes,
            }
            for layer, stored in zip(compared.layers, compared.stored, strict=True)
        ]
    }


def rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    """One row per layer."""
    compared = _compared(answer)
    yield ("cell", "convention", "parameters", "returns")
    for layer, stored in zip(compared.layers, compared.stored, strict=True):
        yield (layer.cell.name, stored.name, stored.parameters, layer.output_shapes)


def _compared(answer: Answer) -> SideBySide:
    return answer if isinstance(answer, SideBySide) else compare(*answer)
