"""The numbers in the sentences of the page, by the engine: what the script must come to as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lstminspect import terms
from lstminspect.conventions import FRAMEWORKS
from lstminspect.formula import written
from lstminspect.layer import Layer, Shape
from lstminspect.wording import number, shape, size_texts

__all__ = ["counted", "decimal", "numbers"]


def numbers(layer: Layer, convention: str, texts: Mapping[str, Any]) -> dict[str, str]:
    """Each name in braces of the texts, and what stands in its place for `layer`.

    >>> english = {"thousands": ",", "decimal": "."}
    >>> words = numbers(Layer("lstm", 4, 3, timesteps=5, batch=1), "pytorch", english)
    >>> words["count"], words["delta"], words["input"]
    ('144', '56', '(5, 1, 3)')
    """
    cell, stored = layer.cell, layer.stored(convention)
    parts = next((block.parts for block in cell.blocks if block.structure), "")
    step = layer.sizes[parts] if parts else 1
    wider = {"units": layer.units + step}
    above = {"features": layer.width}
    if cell.ties_features:
        wider["features"] = wider["units"]
        above["units"] = layer.width
    following = replace(layer, **wider, reset_after=None).stored(convention).parameters
    alone = cell.ties_features and layer.concatenated
    second = None if alone else replace(layer, **above, reset_after=None).stored(convention)
    formula = stored.formula
    return {
        "cell": cell.name,
        "title": stored.title,
        "units": str(layer.units),
        "features": str(layer.features),
        "timesteps": str(layer.timesteps),
        "batch": str(layer.batch),
        "many_timesteps": str(10 * layer.timesteps),
        "many_batch": str(10 * layer.batch),
        "units_of_h": str(layer.sizes[cell.width]),
        "width": str(layer.width),
        "count": counted(stored.parameters, texts),
        "next_units": str(wider["units"]),
        "next_count": counted(following, texts),
        "delta": counted(following - stored.parameters, texts),
        "step": str(step),
        "second": counted(second.parameters, texts) if second else "",
        "formula": written(formula),
        "numbers": written(formula, size_texts(layer)),
        "input": _shapes(layer, convention, "inputs"),
        "returned_last": _shapes(replace(layer, return_sequences=False), convention, "returned"),
        "returned_all": _shapes(replace(layer, return_sequences=True), convention, "returned"),
        "tensor_shapes": "; ".join(f"{each.name} {shape(each.shape)}" for each in stored.weights),
    }


def counted(count: Any, texts: Mapping[str, Any]) -> str:
    """A count as a language writes it.

    >>> counted(17408, {"thousands": "."})
    '17.408'
    """
    return number(count).replace(",", texts["thousands"])


def decimal(hundredths: int | None, texts: Mapping[str, Any]) -> str:
    """A number of hundredths as a language writes it.

    >>> decimal(-7, {"decimal": ","})
    '-0,07'
    """
    if hundredths is None:
        return "–"
    return f"{hundredths / 100:.2f}".replace(".", texts["decimal"])


def _shapes(layer: Layer, convention: str, which: str) -> str:
    whose = terms.get(convention if convention in FRAMEWORKS else "keras")
    if convention in FRAMEWORKS and terms.why_not(layer, convention):
        return "–"
    shapes: list[Shape] = [each.shape for each in getattr(whose, which)(layer)]
    return ", ".join(map(shape, shapes))
