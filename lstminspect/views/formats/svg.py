"""SVG: a picture, as text."""

from __future__ import annotations

from lstminspect.figures.figure import Picture

__all__ = ["written"]


def written(picture: Picture) -> str:
    """The text of the picture, without a final line end."""
    return picture.svg
