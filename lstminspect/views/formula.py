"""A formula of a count: as text, with the signs of mathematics where a medium has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Derivation, Document
from lstminspect.formula import Formula, names_in, written

__all__ = ["data", "document", "rows"]


def document(formula: Formula) -> Document:
    """The formula alone."""
    return Document("a number of parameters", [Derivation(formula, {}, None)])


def data(formula: Formula) -> dict[str, Any]:
    """The formula as text, and the names of its sizes."""
    return {"formula": written(formula), "sizes": sorted(names_in(formula))}


def rows(formula: Formula) -> Iterator[tuple[Any, ...]]:
    """One row."""
    yield ("formula",)
    yield (written(formula),)
