"""CSV: one table, one line an item, so that a spreadsheet can filter and add up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lstminspect.quantity import Quantity, is_array
from lstminspect.render.outline import shape
from lstminspect.report import Report

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["document"]


def document(thing: Report | tuple[Comparison, ...]) -> str:
    """`thing` as CSV with a heading, without a final line end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(_report(thing) if isinstance(thing, Report) else _comparisons(thing))
    return text.getvalue().removesuffix("\n")


def _report(report: Report) -> Iterator[tuple[object, ...]]:
    """Weights, the total, shapes, then the count under each convention."""
    yield ("item", "name", "shape", "parameters", "gates", "layer", "direction")
    for weight in report.weights:
        head = ("weight", weight.name, shape(weight.shape), _plain(weight.parameters))
        yield (*head, " ".join(weight.gates), weight.layer, weight.direction)
    yield ("total", report.convention, "", _plain(report.parameters), "", "", "")
    yield ("input", "", shape(report.layer.input_shape), "", "", "", "")
    for sizes in report.output_shapes:
        yield ("output", "", shape(sizes), "", "", "", "")
    for name, sizes in report.state_shapes.items():
        yield ("state", name, shape(sizes), "", "", "", "")
    for name, other in report.conventions.items():
        yield ("convention", name, "", _plain(other.parameters), "", "", "")


def _comparisons(comparisons: tuple[Comparison, ...]) -> Iterator[tuple[object, ...]]:
    yield ("configuration", "framework", "what", "lstminspect", "theirs", "agrees", "command")
    for each in comparisons:
        for check in each.checks:
            verdict = "yes" if check.agrees else "no"
            row = (each.subject, each.framework, check.what, check.ours, check.theirs)
            yield (*row, verdict, each.command)


def _plain(count: Quantity) -> str:
    return " ".join(str(each) for each in count.flat) if is_array(count) else str(count)
