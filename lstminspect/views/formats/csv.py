"""CSV: one table, one line an item, so that a spreadsheet can filter and add up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, cast

from lstminspect.analysis.algebra import Algebra
from lstminspect.analysis.fit import Fit
from lstminspect.analysis.report import Report
from lstminspect.analysis.solve import Solution
from lstminspect.analysis.sweep import Window
from lstminspect.cell import Cell
from lstminspect.costs.cost import Cost
from lstminspect.costs.work import Work
from lstminspect.explanations.explanation import Explanation
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.models.patterns import Pattern
from lstminspect.models.summary import Model, Summary
from lstminspect.sizes import Quantity, is_array
from lstminspect.teaching.lesson import Check, Lesson, Picture, Rows, Said
from lstminspect.teaching.quiz.worksheet import Worksheet
from lstminspect.views.model import rows_of
from lstminspect.views.view import Answer, every
from lstminspect.wording import shape

if TYPE_CHECKING:
    from lstminspect.validation.compare import Comparison

__all__ = ["document"]


def document(thing: Answer) -> str:
    """`thing` as CSV with a heading, without a final line end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(_rows(thing))
    return text.getvalue().removesuffix("\n")


def _rows(thing: Answer) -> Iterator[tuple[object, ...]]:
    if isinstance(thing, Report):
        return _report(thing)
    if isinstance(thing, Cell):
        return _blocks((thing,))
    if isinstance(thing, Algebra):
        return iter([("what", "expression"), *((r.what, r.expression) for r in thing.results)])
    if isinstance(thing, Explanation):
        head = [("what", "why", "check")]
        return iter([*head, *((each.what, each.why, each.check) for each in thing.findings)])
    if isinstance(thing, Cost):
        return _cost(thing)
    if isinstance(thing, Fit):
        names = tuple(each.name for each in fields(Fit)[1:])
        return iter([names, tuple(getattr(thing, name) for name in names)])
    if isinstance(thing, Model | Summary):
        return _model(thing.model if isinstance(thing, Summary) else thing)
    if patterns := every(Pattern, thing):
        rows = [(each.name, *own) for each in patterns for own in each.applications]
        return iter([("kind", "application", "code"), *rows])
    if isinstance(thing, Lesson):
        return _lesson(thing)
    if isinstance(thing, Worksheet):
        return _worksheet(thing)
    if found := every(Cell, thing):
        return _blocks(found)
    if solutions := every(Solution, thing):
        return _solutions(solutions)
    if layers := every(Layer, thing):
        return _layers(layers)
    if windows := every(Window, thing):
        return iter([Window._fields, *windows])
    return _comparisons(cast("tuple[Comparison, ...]", thing))


def _cost(cost: Cost) -> Iterator[tuple[object, ...]]:
    yield ("of", *(each.name for each in fields(Work)), "flops")
    for name in ("step", "sequence", "batch", "packed"):
        work = getattr(cost, name)
        if work is not None:
            numbers = [*(getattr(work, each.name) for each in fields(Work)), work.flops]
            yield (name, *(_plain(each) for each in numbers))


def _model(model: Model) -> Iterator[tuple[object, ...]]:
    """One row a layer, inner ones behind the one they are in, then the totals."""
    yield ("depth", "layer", "class", "output_shapes", "parameters", "macs", "shared", "note")
    for depth, name, part, row in rows_of(model):
        shapes = "" if part.outputs is None else " ".join(shape(each) for each in part.outputs)
        macs = "" if part.work is None else part.work.macs
        shared = "no" if row.first else "yes"
        kind = part.layer_type.removeprefix("torch.")
        yield (depth, name, kind, shapes, part.parameters, macs, shared, part.note)
    yield (
        "",
        "total",
        model.name,
        "",
        model.parameters,
        "" if model.work is None else model.work.macs,
    )
    yield ("", "trainable", model.name, "", model.trainable)


def _lesson(lesson: Lesson) -> Iterator[tuple[object, ...]]:
    """One line a sentence, a row of a table, or a check."""
    yield ("item", "name", "values")
    yield ("answer", lesson.topic, lesson.answer)
    for part in lesson.parts:
        if isinstance(part, Said):
            yield ("sentence", "", part.text)
        elif isinstance(part, Picture):
            yield ("picture", part.caption, part.text)
        elif isinstance(part, Rows):
            yield ("headers", part.title, *part.headers)
            yield from (("row", part.title, *row) for row in part.rows)
        elif isinstance(part, Check):
            yield ("check", part.kind, "\n".join(part.lines), part.gives)
        else:
            yield ("sum", "", written(part.formula), written(part.formula, part.sizes), part.result)


def _worksheet(sheet: Worksheet) -> Iterator[tuple[object, ...]]:
    """One line a question; of the columns only those that are to be shown."""
    asked = ("question",) if sheet.shows != "key" else ()
    key = ("answer", "steps", "check", "gives") if sheet.shows != "questions" else ()
    yield ("number", "topic", *asked, *key)
    for number, each in enumerate(sheet.questions, 1):
        steps = "\n".join(each.steps)
        answers = (each.answer, steps, each.check.lines[0], each.check.gives)
        yield (number, each.topic, *(each.text for _ in asked), *(answers if key else ()))


def _layers(found: tuple[Layer, ...]) -> Iterator[tuple[object, ...]]:
    yield ("cell", "convention", "parameters", "returns")
    for layer in found:
        returns = " ".join(shape(sizes) for sizes in layer.output_shapes)
        yield (layer.cell.name, layer.convention, _plain(layer.parameters), returns)


def _solutions(found: tuple[Solution, ...]) -> Iterator[tuple[object, ...]]:
    yield tuple(each.name for each in fields(Solution))
    for solution in found:
        yield astuple(solution)


def _blocks(found: tuple[Cell, ...]) -> Iterator[tuple[object, ...]]:
    yield ("cell", "block", "gate", "shape", "is_bias", "structure", "parts")
    for cell in found:
        for block in cell.blocks:
            shape = " x ".join(block.shape)
            bias = "yes" if block.is_bias else "no"
            yield (cell.name, block.name, block.gate, shape, bias, block.structure, block.parts)


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
