"""Windows: parameters that grow with the window, beside parameters that do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.analysis.sweep import Window
from lstminspect.answer import Document, Sentence, Table

__all__ = ["data", "document", "rows"]

WHY = (
    "A network that sees a window has a weight for every number in it: its count grows with "
    "the window. A recurrent layer uses the same weights at every step."
)


def document(windows: tuple[Window, ...]) -> Document:
    """One row per window."""
    table = Table("parameters", ("steps", "window network", "recurrent layer"), windows)
    return Document("a window or a memory", [table, Sentence(WHY)])


def data(windows: tuple[Window, ...]) -> dict[str, Any]:
    """Every window."""
    return {"windows": [window._asdict() for window in windows]}


def rows(windows: tuple[Window, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per window."""
    yield Window._fields
    yield from windows
