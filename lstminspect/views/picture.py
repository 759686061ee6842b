"""A picture: its title and what it shows in words, for a medium without pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Prose
from lstminspect.figures.figure import Picture

__all__ = ["data", "document", "picture", "rows"]


def document(picture: Picture) -> Document:
    """The title, and what the picture shows."""
    return Document(picture.title, [Prose(picture.description)])


def data(picture: Picture) -> dict[str, Any]:
    """The title, what the picture shows, and its SVG text."""
    return {"title": picture.title, "description": picture.description, "svg": picture.svg}


def rows(picture: Picture) -> Iterator[tuple[Any, ...]]:
    """One row."""
    yield ("title", "description")
    yield (picture.title, picture.description)


def picture(answer: Picture) -> Picture:
    """The picture itself."""
    return answer
