"""Layers side by side, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from lstminspect.answer import Document, Table
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.sizes import is_array, is_letter
from lstminspect.wording import number

__all__ = ["data", "document", "rows", "share"]


def document(layers: tuple[Layer, ...]) -> Document:
    """One row a layer, the first as the measure of the others."""
    first = layers[0]
    headers = ("cell", "parameters", "of the first", "formula", "returns", "convention")
    table = [
        (
            layer.cell.name,
            layer.parameters,
            share(layer, first),
            written(layer.formula()),
            layer.output_shapes,
            layer.convention,
        )
        for layer in layers
    ]
    title = (
        f"{len(layers)} cells of {number(first.units)} units on {number(first.features)} features"
    )
    return Document(title, [Table("side by side", headers, table, right=(1, 2))])


def share(layer: Layer, first: Layer) -> str:
    """The count of `layer` in counts of `first`, as a fraction and a percentage."""
    one, other = layer.parameters, first.parameters
    if any(is_letter(each) or is_array(each) for each in (one, other)):
        return ""
    exact = Fraction(one, other)
    tenths = round(exact * 1000)
    return f"{exact} ({tenths // 10}.{tenths % 10} %)"


def data(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Count, formula and shapes of every layer."""
    return {"layers": [_data(layer) for layer in layers]}


def _data(layer: Layer) -> dict[str, Any]:
    return {
        "cell": layer.cell.name,
        "convention": layer.convention,
        "parameters": layer.parameters,
        "formula": written(layer.formula()),
        "output_shapes": layer.output_shapes,
        "state_shapes": layer.state_shapes,
    }


def rows(layers: tuple[Layer, ...]) -> Iterator[tuple[Any, ...]]:
    """One row a layer."""
    yield ("cell", "convention", "parameters", "returns")
    for layer in layers:
        yield (layer.cell.name, layer.convention, layer.parameters, layer.output_shapes)
