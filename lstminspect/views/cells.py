"""Cells: the catalogue, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lstminspect.answer import Detail, Document, Mathematics, Prose, Table
from lstminspect.cell import Cell
from lstminspect.cells import years
from lstminspect.conventions.catalogue import storing
from lstminspect.formula import of_blocks
from lstminspect.views import cell as one

__all__ = ["data", "document", "rows"]


def document(cells: tuple[Cell, ...]) -> Document:
    """The catalogue: one row per cell, its count by its equations."""
    noun = "cell" if len(cells) == 1 else "cells"
    title = f"{len(cells)} {noun} (`lstminspect cells NAME` shows one)"
    stored = [cell for cell in cells if storing(cell)]
    others = [cell.name for cell in cells if not storing(cell)]
    whole = _table("the catalogue", cells)
    if not stored or not others:
        return Document(title, [whole])
    brief = [_table("those that a framework stores", stored)]
    names = Prose(f"{len(others)} more: {', '.join(others)}.")
    return Document(title, [Detail("what the others are", [whole], [*brief, names])])


def _table(title: str, cells: Sequence[Cell]) -> Table:
    rows = [
        (
            cell.name,
            ", ".join(map(str, years(cell))),
            cell.title,
            Mathematics(of_blocks(cell.blocks)),
        )
        for cell in cells
    ]
    return Table(title, ("name", "year", "what it is", "parameters"), rows, (), least=(1, 3))


def data(cells: tuple[Cell, ...]) -> dict[str, Any]:
    """Every cell whole."""
    return {"cells": [one.data(cell) for cell in cells]}


def rows(cells: tuple[Cell, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per block of weights."""
    return one.rows(*cells)
