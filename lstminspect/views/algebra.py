"""Algebra with a count: one row per result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.analysis.algebra import Algebra
from lstminspect.answer import Document, Table

__all__ = ["data", "document", "rows"]


def document(algebra: Algebra) -> Document:
    """One row per result."""
    table = [(result.what, result.text) for result in algebra.results]
    return Document(algebra.subject, [Table("in letters", ("what", "expression"), table)])


def data(algebra: Algebra) -> dict[str, Any]:
    """Every result, for SymPy and for people."""
    results = [
        {"what": each.what, "expression": str(each.expression), "text": each.text}
        for each in algebra.results
    ]
    return {"subject": algebra.subject, "results": results}


def rows(algebra: Algebra) -> Iterator[tuple[Any, ...]]:
    """One row per result, for SymPy."""
    yield ("what", "expression")
    yield from ((each.what, each.expression) for each in algebra.results)
