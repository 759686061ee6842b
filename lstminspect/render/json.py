"""JSON for programs. The keys and their meaning change only with `schema`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lstminspect import __version__
from lstminspect.formula import written
from lstminspect.layer import FLAGS, SIZES, Shape
from lstminspect.quantity import Quantity, is_array, is_letter
from lstminspect.render.outline import size_texts
from lstminspect.report import DTYPE, Report

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["SCHEMA", "document"]

SCHEMA = 1


def document(thing: Report | tuple[Comparison, ...]) -> str:
    """`thing` as a JSON object, without a final line end."""
    content = _report(thing) if isinstance(thing, Report) else _comparisons(thing)
    head = {"schema": SCHEMA, "version": __version__}
    return json.dumps(head | content, indent=2, ensure_ascii=False)


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
