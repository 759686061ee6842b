"""Cells of Keras that are called step by step: their outputs and their states."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from lstminspect.models.reading.objects import SymbolicTensor, cells_of, flat, states_of
from lstminspect.models.reading.values import ShapedArray, Unknown
from lstminspect.models.spec import LayerSpec

__all__ = ["initial_states", "step"]


def step(
    semantics: Any, cell: LayerSpec, arguments: list[Any], options: dict[str, Any], node: ast.Call
) -> Any:
    """The output of a cell that is called on one step, and its states as they were passed."""
    states = arguments[1] if len(arguments) > 1 else options.get("states")
    x = arguments[0] if arguments else options.get("inputs")
    semantics.need_known([x, states], cell.layer_type, node)
    inputs = tuple(semantics.inputs(cell, [x], node))
    if states is None:
        return semantics.result(cell, inputs, {})
    shown = [each for each in flat(states) if isinstance(each, SymbolicTensor | ShapedArray)]
    initial = tuple(each.ref if isinstance(each, SymbolicTensor) else each.shape for each in shown)
    output, *after = semantics.calls.call(cell, inputs, {"initial_state": initial})
    semantics.results.extend([output, *after])
    return [output, _like(states, iter(after))]


def initial_states(cell: LayerSpec, batch: int | None) -> Any:
    """The zeros that a cell starts from, for each cell of a stack."""
    if cell.layer_type == "StackedRNNCells":
        return [initial_states(each, batch) for each in cells_of(cell)]
    shape = (batch, cell.config.get("units"))
    return [ShapedArray(shape) for _ in range(states_of(cell.layer_type))]


def _like(states: Any, after: Iterator[SymbolicTensor]) -> Any:
    """The states after a step, in lists as those before it were."""
    if isinstance(states, list | tuple):
        return [_like(each, after) for each in states]
    return next(after, Unknown("a state"))
