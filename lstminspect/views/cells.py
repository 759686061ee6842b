"""Cells: the catalogue, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Mathematics, Table
from lstminspect.cell import Cell
from lstminspect.formula import of_blocks
from lstminspect.views import cell as one

__all__ = ["data", "document", "rows"]


def document(cells: tuple[Cell, ...]) -> Document:
    """The catalogue: one row per cell, its count by its equations."""
    table = [(cell.name, cell.title, Mathematics(of_blocks(cell.blocks))) for cell in cells]
    title = f"{len(cells)} cells (`lstminspect cells NAME` shows one)"
    return Document(title, [Table("the catalogue", ("name", "what it is", "parameters"), table)])


def data(cells: tuple[Cell, ...]) -> dict[str, Any]:
    """Every cell whole."""
    return {"cells": [one.data(cell) for cell in cells]}


def rows(cells: tuple[Cell, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per block of weights."""
    return one.rows(*cells)
