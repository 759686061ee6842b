"""Sizes that fit a cell, whatever sizes of its own it has."""

from __future__ import annotations

from typing import Any

from lstminspect import Cell

OWN = {"wide": 3, "projection": 3, "context": 6, "heads": 4, "groups": 4}


def fitting(cell: Cell, units: Any = 12, features: Any = 5) -> dict[str, Any]:
    """Sizes by name: `features` gives way where the cell takes inputs of one width only."""
    own = {name: OWN[name] for name in cell.size_names[2:]}
    return {"units": units, "features": units if "x" in cell.declared else features, **own}
