"""Runner: a layer with its prepared weights, and its states if it is stateful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.display import Answer
from lstminspect.equations.shapes import OUTPUT
from lstminspect.layer import Layer, checked_layer
from lstminspect.runtime.arguments import (
    Arguments,
    dtype_of,
    read_arguments,
    read_states,
    time_first,
)
from lstminspect.runtime.back_in_time import back_in_time
from lstminspect.runtime.codegen import compiled, compiled_backward
from lstminspect.runtime.gradients import Gradients, gradients_of, output_gradients
from lstminspect.runtime.sequence import in_time
from lstminspect.sizes import whole
from lstminspect.weights.arrays import Array, Tensors
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from lstminspect.layer.layer import LayerOwner
    from lstminspect.names import ConventionName, EmptyState, MaskedOutput, State

__all__ = ["Runner"]


class Runner(Answer):
    """A layer with its weights, ready to be called.

    A stateful layer keeps its states from call to call, until `reset`. Raises WeightError for
    weights that do not fit.

    >>> runner = Runner(Layer("rnn", 1, 1, stateful=True, batch=1), [[[1.0]], [[0.5]], [0.0]])
    >>> [float(runner([[[1.0]]])[0, 0].round(3)) for _ in range(2)]
    [0.762, 0.881]
    """

    def __init__(
        self,
        layer: Layer | LayerOwner,
        weights: Tensors,
        convention: ConventionName | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.layer = layer = checked_layer(layer)
        self.blocks = blocks_of(layer, weights, convention, dtype)
        self.convention = layer.stored(convention).name
        self.dtype = dtype_of(self.blocks, dtype)
        self.compiled = compiled(layer.running_cell)
        more = {"sizes": layer.sizes} if self.compiled.sizes else {}
        self.prepared = [self.compiled.prepare(held, self.dtype, **more) for held in self.blocks]
        self.kept: list[dict[str, Array]] | None = None

    def __repr__(self) -> str:
        return f"<Runner of {self.layer!r} in {self.dtype}>"

    def reset(self) -> None:
        """Forget the states: the next call starts from zeros."""
        self.kept = None

    def __call__(
        self,
        /,
        x: ArrayLike | Mapping[str, ArrayLike],
        initial_state: State | None = None,
        mask: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        masked_output: MaskedOutput | None = None,
        empty_state: EmptyState = "initial",
        time_major: bool | None = None,
        unbatched: bool = False,
        keep_order: bool = False,
        **inputs: ArrayLike,
    ) -> Any:
        """The outputs of the layer for `x`: see `run`."""
        options = (mask, lengths, masked_output, empty_state, time_major, unbatched, keep_order)
        call = self._call(x, initial_state, *options, inputs)
        outputs, states = in_time(self.layer, call, self._one)
        if self.layer.stateful:
            self.kept = states
        flat = [state for each in states for state in each.values()]
        arrays = [*outputs, *(flat if self.layer.return_state else [])]
        turned = time_first(self.layer, time_major, unbatched)
        arrays = [_as_given(array, turned, unbatched) for array in arrays]
        return arrays[0] if len(arrays) == 1 else tuple(arrays)

    def gradients(
        self,
        /,
        x: ArrayLike | Mapping[str, ArrayLike],
        output_gradient: ArrayLike | Sequence[ArrayLike] = 1.0,
        state_gradient: State | None = None,
        initial_state: State | None = None,
        mask: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        masked_output: MaskedOutput | None = None,
        empty_state: EmptyState = "initial",
        time_major: bool | None = None,
        unbatched: bool = False,
        keep_order: bool = False,
        window: int | None = None,
        **inputs: ArrayLike,
    ) -> Gradients:
        """The gradients of the layer for `x`: see `lstminspect.gradients`."""
        options = (mask, lengths, masked_output, empty_state, time_major, unbatched, keep_order)
        call = self._call(x, initial_state, *options, inputs)
        window = None if window is None else whole("window", window, least=1)
        turned = time_first(self.layer, time_major, unbatched)
        outputs = output_gradients(self.layer, call, output_gradient, turned, unbatched)
        batch = len(call.inputs["x"])
        states = read_states(
            self.layer, state_gradient, batch, self.dtype, unbatched, "state_gradient"
        )
        one = partial(self._one_backward, window=window)
        found = back_in_time(self.layer, call, outputs, states, self._one, one)
        return gradients_of(self.layer, self.convention, found, turned, unbatched)

    def _call(self, x: Any, initial_state: State | None, *options: Any) -> Arguments:
        """The arguments of a call, checked; without first states those that are kept."""
        start = self.kept if initial_state is None else initial_state
        return read_arguments(self.layer, self.dtype, x, start, *options)

    def _one_backward(
        self,
        number: int,
        inputs: dict[str, Array],
        gradient: Array | None,
        after: dict[str, Array],
        skip: Array | None,
        first: dict[str, Array],
        window: int | None,
    ) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
        """One layer in one direction backwards: gradients of blocks, inputs and first states."""
        sizes = self.layer.sizes
        batch, cell = inputs["x"].shape[0], self.layer.running_cell
        if not batch:
            zeros = {name: np.zeros_like(block) for name, block in self.blocks[number].items()}
            return zeros, inputs, first
        names = dict.fromkeys([*cell.states, OUTPUT])
        carried = [
            np.broadcast_to(after[name].T, (sizes[cell.lengths[name][0]], batch)) for name in names
        ]
        columns = tuple(np.array(state.T, order="C") for state in first.values())
        turned = None if skip is None else np.ascontiguousarray(skip.T)
        backward, asks = compiled_backward(cell)
        blocks, own, states = backward(
            self.blocks[number],
            tuple(inputs.values()),
            columns,
            gradient,
            carried,
            turned,
            window,
            **({"sizes": sizes} if asks else {}),
        )
        return (
            blocks,
            dict(zip(inputs, own, strict=True)),
            {name: state.T for name, state in zip(first, states, strict=True)},
        )

    def _one(
        self,
        number: int,
        inputs: dict[str, Array],
        states: dict[str, Array],
        skip: Array | None,
        wanted: bool,
    ) -> tuple[Array | None, Array, dict[str, Array]]:
        """One layer in one direction: its sequence if `wanted`, its last output, its states."""
        x = inputs["x"]
        sizes = self.layer.sizes
        width = sizes[self.layer.cell.width]
        sequence = np.empty((*x.shape[:2], width), self.dtype) if wanted else None
        columns = tuple(np.array(state.T, order="C") for state in states.values())
        turned = None if skip is None else np.ascontiguousarray(skip.T)
        if not x.shape[0] or not x.shape[1]:  # No sequence, or no step.
            last = states.get(OUTPUT, np.zeros((x.shape[0], width), self.dtype)).T
            return sequence, last.T, dict(states)
        last, ends = self.compiled.run(
            self.prepared[number], tuple(inputs.values()), columns, turned, sequence
        )
        after = {name: end.T for name, end in zip(states, ends, strict=True)}
        return sequence, last.T, after


def _as_given(array: Array, time_major: bool, unbatched: bool) -> Array:
    """An output with its axes as the input has them."""
    if unbatched:
        return array[0]
    return array.swapaxes(0, 1) if time_major and array.ndim == 3 else array
