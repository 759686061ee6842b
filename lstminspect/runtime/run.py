"""The NumPy runtime: a layer in time, compiled from its equations.

`run` is one call; a `Runner` keeps the prepared weights, and its states if the layer is stateful.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.display import Answer
from lstminspect.equations.shapes import OUTPUT
from lstminspect.layer import Layer
from lstminspect.runtime.arguments import dtype_of, read_arguments, read_states, time_first
from lstminspect.runtime.back_in_time import back_in_time
from lstminspect.runtime.codegen import compiled, compiled_backward
from lstminspect.runtime.gradients import Gradients, gradients_of, output_gradients
from lstminspect.runtime.sequence import in_time
from lstminspect.sizes import whole
from lstminspect.weights.arrays import Array, Tensors
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from lstminspect.names import ConventionName, EmptyState, MaskedOutput, State

__all__ = ["Runner", "gradients", "run"]


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
        layer: Layer,
        weights: Tensors,
        convention: ConventionName | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.layer = layer
        self.convention = layer.stored(convention).name
        self.blocks = blocks_of(layer, weights, convention, dtype)
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
        x: ArrayLike,
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
        start = self.kept if initial_state is None else initial_state
        call = read_arguments(
            self.layer,
            self.dtype,
            x,
            start,
            mask,
            lengths,
            masked_output,
            empty_state,
            time_major,
            unbatched,
            keep_order,
            inputs,
        )
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
        x: ArrayLike,
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
        start = self.kept if initial_state is None else initial_state
        call = read_arguments(
            self.layer,
            self.dtype,
            x,
            start,
            mask,
            lengths,
            masked_output,
            empty_state,
            time_major,
            unbatched,
            keep_order,
            inputs,
        )
        window = None if window is None else whole("window", window, least=1)
        turned = time_first(self.layer, time_major, unbatched)
        outputs = output_gradients(self.layer, call, output_gradient, turned, unbatched)
        batch = len(call.inputs["x"])
        states = read_states(self.layer, state_gradient, batch, self.dtype, unbatched)
        one = partial(self._one_backward, window=window)
        found = back_in_time(self.layer, call, outputs, states, self._one, one)
        return gradients_of(self.layer, self.convention, found, turned, unbatched)

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
        names = dict.fromkeys([*cell.states, OUTPUT])
        carried = [
            np.broadcast_to(after[name].T, (sizes[cell.lengths[name][0]], batch)) for name in names
        ]
        columns = tuple(np.array(state.T, order="C") for state in first.values())
        turned = None if skip is None else np.ascontiguousarray(skip.T)
        blocks, own, states = compiled_backward(cell)(
            self.blocks[number],
            tuple(inputs.values()),
            columns,
            gradient,
            carried,
            turned,
            window,
            sizes,
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


def run(
    layer: Layer,
    weights: Tensors,
    x: ArrayLike,
    initial_state: State | None = None,
    mask: ArrayLike | None = None,
    lengths: ArrayLike | None = None,
    masked_output: MaskedOutput | None = None,
    empty_state: EmptyState = "initial",
    time_major: bool | None = None,
    unbatched: bool = False,
    keep_order: bool = False,
    convention: ConventionName | None = None,
    dtype: DTypeLike | None = None,
    **inputs: ArrayLike,
) -> Any:
    """The outputs of `layer` with `weights` for `x` of shape (batch, timesteps, features).

    One array, or a tuple where the layer returns several, in Keras' order: outputs first, then with
    `return_state` the states, layer by layer, forward before backward.

    `weights` are those of `convention` (the layer's own if None): by name, or in the framework's
    order, as `keras_layer.get_weights()` gives them. `initial_state` holds an array (batch,
    entries) for each state in the order of `layer.state_shapes`. Further inputs of a cell are given
    by name, or `x` is a mapping of all inputs by name: `{"x": x, "mask": array}`.

    `mask` (batch, timesteps) is Keras': where it is false the states stay, and the output is that
    of the step before, or zeros: `masked_output` "repeat" or "zeros"; if None, zeros for a
    bidirectional layer that returns sequences and else repeat, as in Keras. `lengths` (batch,) are
    PyTorch's and ONNX': outputs are zeros from the end of a sequence on, the last output is that at
    its end, and a backward direction starts there. `empty_state` says what the state of a sequence
    without steps is: the "initial" one, or "zeros" as in ONNX Runtime.

    With `time_major`, which a layer with batch_first=False has by itself, x and the sequences are
    (timesteps, batch, ...); with `unbatched`, x is
    (timesteps, features) and nothing has a batch. A layer that goes backwards returns its sequence
    in the order in which it reads; with `keep_order` in that of time, as ONNX does.
    Computed in `dtype`, float32 or float64, by default that of the weights, float32 without any.

    Raises WeightError and InputError for what does not fit.

    >>> layer = Layer("rnn", units=1, features=1, return_sequences=True)
    >>> run(layer, [[[1.0]], [[0.0]], [0.0]], [[[0.0], [1.0]]]).round(3).tolist()
    [[[0.0], [0.762]]]
    """
    runner = Runner(layer, weights, convention, dtype)
    return runner(
        x,
        initial_state,
        mask,
        lengths,
        masked_output,
        empty_state,
        time_major,
        unbatched,
        keep_order,
        **inputs,
    )


def gradients(
    layer: Layer,
    weights: Tensors,
    x: ArrayLike,
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
    convention: ConventionName | None = None,
    dtype: DTypeLike | None = None,
    **inputs: ArrayLike,
) -> Gradients:
    """The Gradients of a loss by back-propagation through time, for one call of `run`.

    `output_gradient` is the gradient of the loss by what the layer returns first: an array of its
    shape (two of them where merge_mode is None), or a number for every entry; 1 is the loss that
    adds all outputs up. `state_gradient` holds the gradients by the last states, in the order and
    the forms of `initial_state`; without it they are zeros. Every other argument is that of `run`.

    With `window`, gradients do not pass from one window of so many time steps to the one before:
    truncated back-propagation through time. Raises WeightError and InputError as `run` does.

    The weights' gradients are those of `convention`, by name: of two biases that are added, both
    have the gradient of the sum.

    >>> layer = Layer("rnn", units=1, features=1)
    >>> found = gradients(layer, [[[0.5]], [[0.0]], [0.0]], [[[0.0], [2.0]]])
    >>> found.weights["kernel"].round(3), found.inputs["x"].round(3).tolist()
    (array([[0.84]]), [[[0.0], [0.21]]])
    """
    runner = Runner(layer, weights, convention, dtype)
    return runner.gradients(
        x,
        output_gradient,
        state_gradient,
        initial_state,
        mask,
        lengths,
        masked_output,
        empty_state,
        time_major,
        unbatched,
        keep_order,
        window,
        **inputs,
    )


def _as_given(array: Array, time_major: bool, unbatched: bool) -> Array:
    """An output with its axes as the input has them."""
    if unbatched:
        return array[0]
    return array.swapaxes(0, 1) if time_major and array.ndim == 3 else array
