"""JSON for programs. The keys and their meaning change only with `schema`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from lstminspect import __version__
from lstminspect.cell import Cell
from lstminspect.explain import Explanation
from lstminspect.formula import of_blocks, written
from lstminspect.layer import FLAGS, SIZES, Shape
from lstminspect.layouts import CONVENTIONS, get
from lstminspect.outlines import Thing, cells_in, solutions_in
from lstminspect.outlines.parts import size_texts
from lstminspect.quantity import Quantity, is_array, is_letter
from lstminspect.report import DTYPE, Report

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["SCHEMA", "document"]

SCHEMA = 1


def document(thing: Thing) -> str:
    """`thing` as a JSON object, without a final line end."""
    content = _content(thing)
    head = {"schema": SCHEMA, "version": __version__}
    return json.dumps(head | content, indent=2, ensure_ascii=False)


def _content(thing: Thing) -> dict[str, Any]:
    if isinstance(thing, Report):
        return _report(thing)
    if isinstance(thing, Cell):
        return _cell(thing)
    if isinstance(thing, Explanation):
        return asdict(thing)
    if found := cells_in(thing):
        return {"cells": [_cell(cell) for cell in found]}
    if solutions := solutions_in(thing):
        return {"solutions": [asdict(each) | {"exact": each.exact} for each in solutions]}
    return _comparisons(cast("tuple[Comparison, ...]", thing))


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
        "stored_by": [name for name in CONVENTIONS[:-1] if not get(name).refusal(cell)],
        "also": list(cell.also),
        "source": cell.source,
    }


def _report(report: Report) -> dict[str, Any]:
    layer = report.layer
    return {
        "cell": layer.cell.name,
        "convention": report.convention,
        "parameters": _plain(report.parameters),
        "formula": written(report.formula),
        "derivation": written(report.formula, size_texts(layer)),
        "weights": [
            {
                "name": weight.name,
                "shape": _shape(weight.shape),
                "parameters": _plain(weight.parameters),
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
        "bytes": {"dtype": DTYPE, "weights": _plain(report.bytes)},
        "conventions": {name: _plain(each.parameters) for name, each in report.conventions.items()},
        "differences": {name: each.differs for name, each in report.conventions.items()},
        "not_stored_by": report.refusals,
        "options": {
            **{name: _plain(getattr(layer, name)) for name in SIZES},
            **{name: getattr(layer, name) for name in FLAGS},
            "merge_mode": layer.merge_mode if layer.bidirectional else None,
            "layers": layer.layers,
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
                    {
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


def _shape(sizes: Shape) -> list[Any]:
    return [_plain(size) for size in sizes]


def _value(value: Quantity) -> Any:
    return _shape(value) if isinstance(value, tuple) else _plain(value)


def _plain(value: Quantity) -> Any:
    """An int or None as it is, a letter as text that SymPy reads, an array as nested lists."""
    if is_array(value):
        return value.tolist()
    return str(value) if is_letter(value) else value
