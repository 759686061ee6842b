"""Layers side by side, counted under one convention, so that their counts can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstminspect.conventions import EQUATIONS
from lstminspect.layer import Layer
from lstminspect.stored import Stored

__all__ = ["SideBySide", "side_by_side"]


@dataclass(frozen=True)
class SideBySide:
    """Layers, and each as one and the same convention stores it."""

    layers: tuple[Layer, ...]
    stored: tuple[Stored, ...]


def side_by_side(layers: Sequence[Layer], convention: str | None = None) -> SideBySide:
    """`layers` under `convention`; if None, under their own, or the equations' if those differ.

    Raises UnknownConvention if the framework does not store one of them.

    >>> lstm, gru, cifg = (Layer(name, 64, 3) for name in ("lstm", "gru", "cifg"))
    >>> [(each.name, each.parameters) for each in side_by_side((lstm, gru)).stored]
    [('keras', 17408), ('keras', 13248)]
    >>> [(each.name, each.parameters) for each in side_by_side((lstm, gru, cifg)).stored]
    [('equations', 17408), ('equations', 13120), ('equations', 13056)]
    """
    if convention is None:
        own = {layer.convention for layer in layers}
        convention = own.pop() if len(own) == 1 else EQUATIONS
    return SideBySide(tuple(layers), tuple(layer.stored(convention) for layer in layers))
