"""A layer backwards: through merging, masks, directions and layers, around what runs one of them.

The mirror of `sequence`: what stands there forwards stands here backwards, in the other order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lstminspect.equations.shapes import OUTPUT
from lstminspect.layer import Layer
from lstminspect.runtime.arguments import Arguments
from lstminspect.runtime.sequence import Kept, in_time, turned
from lstminspect.weights.arrays import Array

__all__ = ["Backward", "back_in_time"]


class Backward(NamedTuple):
    """Gradients of a layer: of its blocks and its first states, each direction, and its inputs."""

    blocks: list[dict[str, Array]]
    states: list[dict[str, Array]]
    inputs: dict[str, Array]


def back_in_time(
    layer: Layer,
    call: Arguments,
    outputs: Sequence[Array | None],
    states: Sequence[dict[str, Array]],
    one: Any,
    one_backward: Any,
) -> Backward:
    """The gradients of `layer` from those of its outputs and of its last states.

    `outputs` are the gradients of what `in_time` gives, or None for zeros; `states` those of the
    last states. `one` runs a single layer in one direction, `one_backward` takes it backwards.
    """
    kept = _inputs_of_layers(layer, call, one)
    number = layer.layers * layer.directions
    found = Backward([{}] * number, [{}] * number, {})
    gradients = list(outputs)
    for index in reversed(range(layer.layers)):
        inputs, produced = kept[index]
        sequences = layer.return_sequences or index < layer.layers - 1
        gradients = _unmerged(gradients, layer, produced)
        sums: dict[str, Array] = {}
        for side in range(layer.directions):
            place = index * layer.directions + side
            backward = layer.go_backwards != bool(side)
            valid = None if call.valid is None else turned(call.valid, backward)
            in_order = call.keep_order and layer.go_backwards
            turn = sequences and bool(side) != in_order
            gradient = gradients[side]
            if gradient is not None:
                gradient = gradient[:, ::-1] if turn else gradient
                gradient = _unmasked(call, gradient, valid, sequences)
            after = _where_not_empty(call, states[place])
            found.blocks[place], own, found.states[place] = one_backward(
                place,
                {name: turned(value, backward) for name, value in inputs.items()},
                gradient if sequences else None,
                _carried(after, None if sequences else gradient),
                None if valid is None else ~valid,
                call.states[place],
            )
            for name, value in own.items():
                value = turned(value, backward)
                sums[name] = sums[name] + value if name in sums else value
        gradients = [sums["x"]]
        for name in set(sums) - {"x"}:
            found.inputs[name] = found.inputs.get(name, 0) + sums[name]
    found.inputs["x"] = gradients[0]
    return found


def _inputs_of_layers(layer: Layer, call: Arguments, one: Any) -> Kept:
    """The inputs of each layer, and its outputs where their gradients need them."""
    if layer.layers == 1 and layer.merge_mode != "mul":
        return [(call.inputs, [])]
    kept: Kept = []
    in_time(layer, call, one, kept)
    return kept


def _unmerged(
    gradients: list[Array | None], layer: Layer, outputs: list[Array]
) -> list[Array | None]:
    """The gradient of each direction's output."""
    whole = gradients[0]
    if layer.directions == 1 or layer.merge_mode is None or whole is None:
        return gradients if len(gradients) == layer.directions else [None] * layer.directions
    match layer.merge_mode:
        case "concat":
            half = whole.shape[-1] // 2
            return [whole[..., :half], whole[..., half:]]
        case "mul":
            return [whole * outputs[1], whole * outputs[0]]
        case "ave":
            return [whole / 2, whole / 2]
        case _:
            return [whole, whole]


def _unmasked(call: Arguments, gradient: Array, valid: Array | None, sequences: bool) -> Array:
    """`gradient` with zeros where a step that does not count put zeros in the output."""
    if valid is None:
        return gradient
    if not sequences:
        return gradient if call.last_is_state else gradient * valid.any(axis=1)[:, None]
    if call.zeros_where_masked:
        return gradient * valid[..., None]
    return gradient * np.logical_or.accumulate(valid, axis=1)[..., None]


def _where_not_empty(call: Arguments, states: dict[str, Array]) -> dict[str, Array]:
    """The gradients of the last states, without those that are zeros whatever the first were."""
    if call.valid is None or call.empty_state == "initial":
        return states
    counted = call.valid.any(axis=1)[:, None]
    return {name: state * counted for name, state in states.items()}


def _carried(states: dict[str, Array], last: Array | None) -> dict[str, Array]:
    """The gradients of what the last step hands on: its states and its output."""
    carried = dict(states)
    if OUTPUT not in carried or last is not None:
        zero = np.zeros(()) if last is None else last
        carried[OUTPUT] = carried[OUTPUT] + zero if OUTPUT in carried else zero
    return carried
