"""The NumPy runtime: a layer in time, compiled from its equations, forwards and backwards.

`run` and `gradients` are one call each; a `Runner` keeps the prepared weights for many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lstminspect.layer import Layer
from lstminspect.runtime.gradients import Gradients
from lstminspect.runtime.runner import Runner
from lstminspect.weights.arrays import Tensors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from lstminspect.layer.layer import LayerOwner
    from lstminspect.names import ConventionName, EmptyState, MaskedOutput, State

__all__ = ["gradients", "run"]


def run(
    layer: Layer | LayerOwner,
    weights: Tensors,
    x: ArrayLike | Mapping[str, ArrayLike],
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
    layer: Layer | LayerOwner,
    weights: Tensors,
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
