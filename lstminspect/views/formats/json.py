"""JSON for programs. The keys and their meaning change only with `schema`."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from lstminspect.analysis.algebra import Algebra
from lstminspect.analysis.fit import Fit
from lstminspect.analysis.report import DTYPE, Report
from lstminspect.analysis.solve import Solution
from lstminspect.analysis.sweep import Window
from lstminspect.cell import Cell
from lstminspect.conventions.catalogue import storing
from lstminspect.costs.cost import Cost
from lstminspect.costs.work import Work
from lstminspect.explanations.explanation import Explanation
from lstminspect.formula import of_blocks, written
from lstminspect.layer import ACTIVATION_OPTIONS, FLAGS, SIZES, Layer, Shape
from lstminspect.models.patterns import Pattern, pattern_of
from lstminspect.models.spec import LayerResult
from lstminspect.models.summary import Model, Row, Summary
from lstminspect.sizes import Quantity, is_array, is_letter
from lstminspect.teaching.lesson import Content, Lesson, Worked
from lstminspect.teaching.quiz.worksheet import Worksheet
from lstminspect.version import __version__
from lstminspect.views.model import derivation_of
from lstminspect.views.view import Answer, every
from lstminspect.wording import size_texts

if TYPE_CHECKING:
    from lstminspect.validation.compare import Check, Comparison

__all__ = ["SCHEMA", "document"]

SCHEMA = 1


def document(thing: Answer) -> str:
    """`thing` as a JSON object, without a final line end."""
    content = _content(thing)
    head = {"schema": SCHEMA, "version": __version__}
    return json.dumps(head | content, indent=2)


def _content(thing: Answer) -> dict[str, Any]:
    if isinstance(thing, Report):
        return _report(thing)
    if isinstance(thing, Cell):
        return _cell(thing)
    if isinstance(thing, Algebra):
        return {
            "subject": thing.subject,
            "results": [
                {"what": each.what, "expression": str(each.expression), "text": each.text}
                for each in thing.results
            ],
        }
    if isinstance(thing, Explanation):
        return asdict(thing)
    if isinstance(thing, Cost):
        return _cost(thing)
    if isinstance(thing, Fit):
        return {
            "cell": thing.layer.cell.name,
            **{each.name: getattr(thing, each.name) for each in fields(Fit)[1:]},
            "units": thing.layer.units,
            "fits": thing.does,
        }
    if isinstance(thing, Model | Summary):
        return _summary(thing if isinstance(thing, Summary) else Summary(thing))
    if patterns := every(Pattern, thing):
        return {
            "patterns": [
                each._asdict() | {"applications": [own._asdict() for own in each.applications]}
                for each in patterns
            ]
        }
    if isinstance(thing, Lesson):
        return _lesson(thing)
    if isinstance(thing, Worksheet):
        return _worksheet(thing)
    if found := every(Cell, thing):
        return {"cells": [_cell(cell) for cell in found]}
    if solutions := every(Solution, thing):
        return {"solutions": [asdict(each) | {"exact": each.exact} for each in solutions]}
    if layers := every(Layer, thing):
        return {"layers": [_layer(layer) for layer in layers]}
    if windows := every(Window, thing):
        return {"windows": [window._asdict() for window in windows]}
    return _comparisons(cast("tuple[Comparison, ...]", thing))


def _lesson(lesson: Lesson) -> dict[str, Any]:
    head = {"topic": lesson.topic, "subject": lesson.subject, "answer": lesson.answer}
    return head | {"assumed": dict(lesson.assumed), "parts": [_part(each) for each in lesson.parts]}


def _part(part: Content) -> dict[str, Any]:
    kind = {"kind": type(part).__name__.lower()}
    if isinstance(part, Worked):
        texts = {"formula": written(part.formula), "derivation": written(part.formula, part.sizes)}
        return {**kind, **texts, "result": part.result}
    found = part._asdict()
    if "kind" in found:  # A check says of what kind its lines are.
        found["language"] = found.pop("kind")
    return kind | found


def _worksheet(sheet: Worksheet) -> dict[str, Any]:
    rows = []
    for number, each in enumerate(sheet.questions, 1):
        row: dict[str, Any] = {"number": number, "topic": each.topic}
        if sheet.shows != "key":
            row["question"] = each.text
        if sheet.shows != "questions":
            row |= {"answer": each.answer, "value": each.value, "steps": list(each.steps)}
            row["check"] = {"line": each.check.lines[0], "gives": each.check.gives}
        rows.append(row)
    return {"seed": sheet.seed, "shows": sheet.shows, "questions": rows}


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "cell": layer.cell.name,
        "convention": layer.convention,
        "parameters": _plain(layer.parameters),
        "formula": written(layer.formula()),
        "output_shapes": [_shape(sizes) for sizes in layer.output_shapes],
        "state_shapes": {name: _shape(sizes) for name, sizes in layer.state_shapes.items()},
    }


def _work(work: Work | None) -> dict[str, Any] | None:
    if work is None:
        return None
    numbers = {each.name: getattr(work, each.name) for each in fields(Work)}
    return {name: _plain(number) for name, number in (numbers | {"flops": work.flops}).items()}


def _cost(cost: Cost) -> dict[str, Any]:
    training = cost.training
    return {
        "cell": cost.layer.cell.name,
        "convention": cost.convention,
        "dtype": cost.dtype,
        "parameters": _plain(cost.layer.parameters_in(cost.convention)),
        "macs_convention": "matrix products alone; flops = 2 x macs + the rest",
        **{name: _work(getattr(cost, name)) for name in ("step", "sequence", "batch", "packed")},
        "real_steps": cost.real_steps,
        "bytes": {each.name: _plain(getattr(cost.bytes, each.name)) for each in fields(cost.bytes)},
        "training": {
            "keeps": list(training.names),
            "per_step": _plain(training.per_step),
            "kept": _plain(training.kept),
            "bytes_with_adam": _plain(training.bytes()),
        },
    }


def _summary(found: Summary) -> dict[str, Any]:
    model = found.model
    return {
        "model": model.name,
        "source": model.source,
        "convention": model.convention,
        "parameters": model.parameters,
        "trainable": model.trainable,
        "complete": not model.opaque,
        "kind": pattern_of(model),
        "inputs": [_value(shape) for shape in model.inputs],
        "outputs": [_value(shape) for shape in model.outputs],
        "bytes": {"dtype": found.dtype, "weights": model.weight_bytes(found.dtype)},
        "work": _work(model.work),
        "layers": [_row(row) for row in model.rows],
        "notes": list(model.notes),
    }


def _row(row: Row) -> dict[str, Any]:
    called = {"reads": list(row.reads), "shared": not row.first}
    return {"name": row.name, **called, **_model_part(row.part)}


def _model_part(part: LayerResult) -> dict[str, Any]:
    shapes = part.outputs
    return {
        "class": part.layer_type.removeprefix("torch."),
        "output_shapes": None if shapes is None else [_shape(each) for each in shapes],
        "parameters": part.parameters,
        "derivation": derivation_of(part),
        "weights": [
            {"name": each.name, "shape": _shape(each.shape), "trainable": each.trainable}
            for each in part.tensors
        ],
        "work": _work(part.work),
        "opaque": part.opaque,
        "note": part.note,
        "inner": [{"name": name, **_model_part(inner)} for name, inner in part.inner],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "cell": cell.name,
        "title": cell.title,
        "equations": cell.text,
        "formula": written(of_blocks(cell.blocks)),
        "sizes": list(cell.size_names),
        "states": cell.states,
        "blocks": [
            {
                "name": block.name,
                "gate": block.gate,
                "shape": list(block.shape),
                "is_bias": block.is_bias,
                "structure": f"{block.structure}({block.parts})" if block.structure else None,
            }
            for block in cell.blocks
        ],
        "stored_by": list(storing(cell)),
        "also": list(cell.also),
        "source": cell.source,
    }


def _report(report: Report) -> dict[str, Any]:
    layer = report.layer
    lettered = any(is_letter(size) for size in layer.sizes.values())

    def count(value: Quantity) -> Any:
        # Of one kind throughout a report: with a letter for any size, every count is text.
        return str(value) if lettered else _plain(value)

    return {
        "cell": layer.cell.name,
        "convention": report.convention,
        "parameters": count(report.parameters),
        "formula": written(report.formula),
        "derivation": written(report.formula, size_texts(layer)),
        "weights": [
            {
                "name": weight.name,
                "shape": _shape(weight.shape),
                "parameters": count(weight.parameters),
                "gates": list(weight.gates),
                "blocks": list(weight.blocks),
                "layer": weight.layer,
                "direction": weight.direction,
            }
            for weight in report.weights
        ],
        "input_shape": _shape(layer.input_shape),
        "output_shapes": [_shape(sizes) for sizes in report.output_shapes],
        "state_shapes": {name: _shape(sizes) for name, sizes in report.state_shapes.items()},
        "bytes": {"dtype": DTYPE, "weights": count(report.bytes)},
        "conventions": {name: count(each.parameters) for name, each in report.conventions.items()},
        "differences": {name: each.differs for name, each in report.conventions.items()},
        "not_stored_by": report.unsupported,
        "options": {
            **{name: _plain(getattr(layer, name)) for name in SIZES},
            **{name: getattr(layer, name) for name in FLAGS},
            "merge_mode": layer.merge_mode if layer.bidirectional else None,
            "layers": layer.layers,
            **{
                name: _plain(size) if not isinstance(size, tuple) else _shape(size)
                for name, size in layer.extra
            },
            **{
                name: getattr(layer, name)
                for name in ACTIVATION_OPTIONS
                if getattr(layer, name) is not None
            },
        },
    }


def _comparisons(comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
    return {
        "agrees": all(each.agrees for each in comparisons),
        "configurations": len(comparisons),
        "comparisons": [
            {
                "subject": each.subject,
                "framework": each.framework,
                "agrees": each.agrees,
                "command": each.command,
                "checks": [
                    _difference(check)
                    if check.of_values
                    else {
                        "what": check.what,
                        "lstminspect": _value(check.ours),
                        "framework": _value(check.theirs),
                        "agrees": check.agrees,
                    }
                    for check in each.checks
                ],
            }
            for each in comparisons
        ],
    }


def _difference(check: Check) -> dict[str, Any]:
    """The largest difference of one output; JSON has no infinity, so it is null there."""
    found = check.theirs if isfinite(check.theirs) else None
    return {
        "what": check.what,
        "difference": found,
        "allowed": check.ours,
        "agrees": check.agrees,
    }


def _shape(sizes: Shape) -> list[Any]:
    return [_plain(size) for size in sizes]


def _value(value: Quantity) -> Any:
    return _shape(value) if isinstance(value, tuple) else _plain(value)


def _plain(value: Quantity) -> Any:
    """An int or None as it is, a letter as an expression in text, an array as nested lists."""
    if is_array(value):
        return value.tolist()
    return str(value) if is_letter(value) else value
