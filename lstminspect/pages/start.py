"""Where a page begins: its sizes and their bounds, and the layer that stands in it at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect import cells
from lstminspect.errors import OptionError, SizeError, quoted
from lstminspect.layer import OPTIONS, SIZES, Layer, checked_layer
from lstminspect.pages.calls import CHOICES

__all__ = [
    "BEGINS",
    "LIMITS",
    "MOVED",
    "OWN_LIMITS",
    "OWN_SIZE",
    "START",
    "cells_of",
    "check_size",
    "start_of",
    "started",
]

#: The layer that the page begins with: small enough that every weight is seen.
START: dict[str, Any] = {"cell": "lstm", "units": 4, "features": 3, "timesteps": 5, "batch": 2}
#: The least and the most of each size, and where its slider ends.
LIMITS = {
    "units": (1, 4096, 64),
    "features": (1, 4096, 16),
    "timesteps": (1, 10000, 100),
    "batch": (1, 10000, 64),
}
#: Those of a size that a cell has of its own, and where it begins.
OWN_LIMITS = (1, 64, 8)
OWN_SIZE = 2
#: The options that the page moves, and those that only say where it begins.
MOVED = (*SIZES, *CHOICES, "merge_mode")
BEGINS = ("reset_after", "framework")


def started(layer: Layer | None) -> Layer:
    """`layer` with a number for each of its sizes; without one, the layer of every page.

    Raises OptionError for an option and SizeError for a size that the page cannot move.
    """
    if layer is None:
        return Layer(**START)
    layer = checked_layer(layer)
    for option in OPTIONS:
        value = getattr(layer, option.name)
        if option.name not in (*MOVED, *BEGINS) and value != option.default:
            raise OptionError(
                f"the lesson has no control for {option.name}, got {quoted(value)}. Leave it out."
            )
    open_sizes = {name: START[name] for name in SIZES if getattr(layer, name) is None}
    layer = replace(layer, **open_sizes, reset_after=None)
    for name in SIZES:
        check_size(name, getattr(layer, name), LIMITS[name])
    for name, value in layer.extra:
        check_size(name, value, OWN_LIMITS)
    return layer


def check_size(name: str, value: Any, limits: tuple[int, int, int]) -> None:
    """Raise SizeError unless `value` is a whole number that the page can show."""
    least, most, _ = limits
    if type(value) is not int or not least <= value <= most:
        allowed = f"a whole number from {least} to {most:,}"
        hint = "Give one that a class can see, for example 4."
        raise SizeError(f"{name} of a lesson must be {allowed}, got {quoted(value)}. {hint}")


def start_of(layer: Layer) -> dict[str, Any]:
    """The state of the page whose layer is `layer`.

    >>> start_of(Layer("gru", 4, 3, timesteps=5, batch=2))["convention"]
    'keras'
    """
    state: dict[str, Any] = {"cell": layer.cell.name}
    state |= {name: getattr(layer, name) for name in MOVED}
    return state | dict(layer.extra) | {"convention": layer.convention}


def cells_of(layer: Layer) -> dict[str, Any]:
    """Every cell of the catalogue by its name, and the cell of `layer`, if it is another."""
    every = {name: cells.get(name) for name in cells.names()}
    return every | {layer.cell.name: layer.cell}
