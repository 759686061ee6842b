"""A conversion: the tensors as the other framework has them, and what was changed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.conventions.catalogue import get
from lstminspect.weights.convert import Conversion
from lstminspect.wording import describe

__all__ = ["data", "document", "rows"]


def document(conversion: Conversion) -> Document:
    """The tensors, without their values, and the notes."""
    source, target = (get(name).title for name in (conversion.source, conversion.target))
    table = [(name, array.shape, array.size) for name, array in conversion.weights.items()]
    total = ("total", "", sum(array.size for array in conversion.weights.values()))
    parts: list[Part] = [Table("weights", ("name", "shape", "numbers"), table, total=total)]
    parts += [Sentence(f"{note[:1].upper()}{note[1:]}.") for note in conversion.notes]
    return Document(f"{describe(conversion.layer)}: from {source} to {target}", parts)


def data(conversion: Conversion) -> dict[str, Any]:
    """The tensors without their values, and the notes."""
    return {
        "cell": conversion.layer.cell.name,
        "source": conversion.source,
        "target": conversion.target,
        "weights": [
            {"name": name, "shape": array.shape, "dtype": str(array.dtype)}
            for name, array in conversion.weights.items()
        ],
        "notes": conversion.notes,
    }


def rows(conversion: Conversion) -> Iterator[tuple[Any, ...]]:
    """One row per tensor."""
    yield ("name", "shape", "numbers", "dtype")
    for name, array in conversion.weights.items():
        yield (name, array.shape, array.size, str(array.dtype))
