"""Gradients: of the weights, the inputs and the first states of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.display import Answer
from lstminspect.errors import InputError
from lstminspect.layer import Layer
from lstminspect.runtime.arguments import Arguments, real_numbers
from lstminspect.runtime.back_in_time import Backward
from lstminspect.weights.arrays import Array
from lstminspect.weights.pack import gradient_tensors

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["Gradients", "gradients_of", "output_gradients"]


@dataclass(frozen=True)
class Gradients(Answer):
    """The gradients of a loss by everything that a layer is called with.

    `weights` are arrays by the names of `convention`, `inputs` by their names in the equations
    ("x" first), `initial_state` by the names of `layer.state_shapes`; each array has the shape of
    what it is the gradient by.
    """

    layer: Layer
    convention: ConventionName
    weights: dict[str, Array] = field(repr=False)
    inputs: dict[str, Array] = field(repr=False)
    initial_state: dict[str, Array] = field(repr=False)


def output_gradients(
    layer: Layer, call: Arguments, given: Any, time_major: bool, unbatched: bool
) -> list[Array]:
    """The gradients by the outputs of a call, batch first. Raises InputError for another shape."""
    x = call.inputs["x"]
    batch, timesteps = x.shape[:2]
    beside = layer.bidirectional and layer.merge_mode == "concat"
    width = layer.sizes[layer.cell.width] * (1 + beside)
    time_major = time_major and layer.return_sequences
    shape = (batch, timesteps, width) if layer.return_sequences else (batch, width)
    as_called = (timesteps, batch, width) if time_major else shape[unbatched:]
    found = []
    for each in _each_output(layer, given):
        array = real_numbers("output_gradient", each)
        if array.shape not in ((), as_called):
            raise InputError(
                f"output_gradient must be a number or of the output's shape {as_called}, "
                f"got {array.shape}."
            )
        array = np.broadcast_to(array.astype(x.dtype, copy=False), as_called)
        found.append((array.swapaxes(0, 1) if time_major else array).reshape(shape))
    return found


def _each_output(layer: Layer, given: Any) -> Sequence[Any]:
    """The gradients of the outputs that a layer returns: two where its directions stay apart."""
    if not layer.bidirectional or layer.merge_mode is not None:
        return [given]
    several = given if isinstance(given, list | tuple) else [given, given]
    if len(several) != 2:
        raise InputError(
            "output_gradient must be a number, or an array for each of the two directions, "
            f"got {len(several)}."
        )
    return several


def gradients_of(
    layer: Layer, convention: ConventionName, found: Backward, time_major: bool, unbatched: bool
) -> Gradients:
    """The Gradients of a call, with the axes that the call has."""
    names = iter(layer.state_shapes)
    states = {next(names): array for held in found.states for array in held.values()}
    inputs = {name: found.inputs[name] for name in ("x", *sorted(set(found.inputs) - {"x"}))}
    if unbatched:
        states, inputs = (
            {name: each[0] for name, each in held.items()} for held in (states, inputs)
        )
    elif time_major:
        inputs = {name: each.swapaxes(0, 1) for name, each in inputs.items()}
    weights = gradient_tensors(layer, found.blocks, convention)
    return Gradients(layer, convention, weights, inputs, states)
