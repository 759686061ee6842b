"""SVG: a cell as its data flow, a report as the layer in time above its weights."""

from __future__ import annotations

from lstminspect.analysis.report import Report
from lstminspect.cell import Cell
from lstminspect.errors import OptionError
from lstminspect.figures.figure import picture
from lstminspect.views.view import Answer

__all__ = ["document"]


def document(thing: Answer) -> str:
    """The picture of a Cell or a Report, without a final line end.

    Raises OptionError for what has no picture.
    """
    if isinstance(thing, Report):
        return picture(thing.layer, convention=thing.convention).svg
    if isinstance(thing, Cell):
        return picture(thing).svg
    raise OptionError(
        "one cell has a picture (lstminspect cells lstm --format svg), and one layer "
        "(lstminspect --units 64 --features 3 --format svg). Choose text here."
    )
