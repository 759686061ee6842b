"""A sweep: counts over ranges of sizes, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.analysis.sweep import SweepRow
from lstminspect.answer import Document, Table
from lstminspect.wording import number

__all__ = ["data", "document", "rows"]


def document(sweep: tuple[SweepRow, ...]) -> Document:
    """One row per layer."""
    noun = "layer" if len(sweep) == 1 else "layers"
    return Document(f"{number(len(sweep))} {noun}", [Table("parameters", SweepRow._fields, sweep)])


def data(sweep: tuple[SweepRow, ...]) -> dict[str, Any]:
    """Every row."""
    return {"rows": [row._asdict() for row in sweep]}


def rows(sweep: tuple[SweepRow, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per layer."""
    yield SweepRow._fields
    yield from sweep
