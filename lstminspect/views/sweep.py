"""A sweep: counts over ranges of sizes, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lstminspect.analysis.curves import Chart, curves_of_sweep
from lstminspect.analysis.sweep import SweepRow
from lstminspect.answer import Document, Sentence, Table
from lstminspect.errors import OptionError
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture
    from lstminspect.names import AxisName

__all__ = ["chart", "data", "document", "picture", "rows"]

#: Rows from the start and from the end of a sweep that nobody could read whole.
ENDS = 500


def document(sweep: Sequence[SweepRow]) -> Document:
    """One row per layer; the ends alone of what is too long to read."""
    noun = "layer" if len(sweep) == 1 else "layers"
    title = f"{number(len(sweep))} {noun}"
    if len(sweep) <= 2 * ENDS:
        return Document(title, [Table("parameters", SweepRow._fields, tuple(sweep))])
    ends = (*sweep[:ENDS], *sweep[-ENDS:])
    note = f"The first {ENDS} and the last {ENDS} rows are shown. CSV and JSON have every row."
    return Document(title, [Table("parameters", SweepRow._fields, ends), Sentence(note)])


def data(sweep: Sequence[SweepRow]) -> dict[str, Any]:
    """Every row."""
    return {"rows": [row._asdict() for row in sweep]}


def chart(sweep: Sequence[SweepRow], against: AxisName | None = None) -> Chart:
    """Parameters against what is swept over, a curve for each cell."""
    if against is not None:
        raise OptionError("a sweep is drawn against what it goes over. Leave against out.")
    return curves_of_sweep(sweep)


def picture(sweep: Sequence[SweepRow]) -> Picture:
    """The curves drawn."""
    from lstminspect.figures.chart import picture_of_chart

    return picture_of_chart(chart(sweep))


def rows(sweep: Sequence[SweepRow]) -> Iterator[tuple[Any, ...]]:
    """One row per layer."""
    yield SweepRow._fields
    yield from sweep
