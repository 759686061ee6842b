"""A layer in time: directions, layers, masks and merging, around whatever runs one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstminspect.layer import Layer
from lstminspect.runtime.arguments import Arguments
from lstminspect.weights.arrays import Array

__all__ = ["Kept", "in_time", "merged", "turned"]

#: Of each layer: its inputs, and its outputs in each direction before they are merged.
Kept = list[tuple[dict[str, Array], list[Array]]]


def in_time(
    layer: Layer, call: Arguments, one: Any, kept: Kept | None = None
) -> tuple[list[Array], list[dict[str, Array]]]:
    """The outputs and the states of all layers and directions; `one` runs a single one of them."""
    inputs, states = dict(call.inputs), []
    outputs: list[Array] = []
    for index in range(layer.layers):
        last_layer = index == layer.layers - 1
        sequences = layer.return_sequences or not last_layer
        outputs = []
        for side in range(layer.directions):
            number = index * layer.directions + side
            backward = layer.go_backwards != bool(side)
            own = {name: turned(value, backward) for name, value in inputs.items()}
            valid = None if call.valid is None else turned(call.valid, backward)
            skip = None if valid is None else ~valid
            sequence, last, after = one(number, own, call.states[number], skip, sequences)
            after = _where_empty(call, after)
            states.append(after)
            output = sequence if sequences else last
            output = _masked(call, output, valid, sequences)
            in_time = call.keep_order and layer.go_backwards
            turn = sequences and bool(side) != in_time
            outputs.append(output[:, ::-1] if turn else output)
        if kept is not None:
            kept.append((dict(inputs), outputs))
        outputs = merged(outputs, layer.merge_mode)
        inputs["x"] = outputs[0]
    return outputs, states


def turned(value: Array, backward: bool) -> Array:
    """A sequence in the order in which a direction reads it."""
    return value[:, ::-1] if backward else value


def _masked(call: Arguments, output: Array, valid: Array | None, sequences: bool) -> Array:
    """`output` with what stands where a step does not count."""
    if valid is None:
        return output
    if not sequences:
        return output if call.last_is_state else np.where(valid.any(axis=1)[:, None], output, 0)
    if call.zeros_where_masked:
        output[~valid] = 0
    else:  # Before the first step that counts there is nothing to repeat.
        output[~np.logical_or.accumulate(valid, axis=1)] = 0
    return output


def _where_empty(call: Arguments, after: dict[str, Array]) -> dict[str, Array]:
    if call.valid is None or call.empty_state == "initial":
        return after
    return {
        name: np.where(call.valid.any(axis=1)[:, None], state, 0) for name, state in after.items()
    }


def merged(outputs: list[Array], mode: str | None) -> list[Array]:
    """The outputs of the directions as one, or as they are if `mode` is None."""
    if len(outputs) == 1:
        return outputs
    forward, backward = outputs
    match mode:
        case "concat":
            return [np.concatenate([forward, backward], axis=-1)]
        case "sum":
            return [forward + backward]
        case "mul":
            return [forward * backward]
        case "ave":
            return [(forward + backward) / 2]
        case _:
            return outputs
