"""Weights to start from: random ones for tests, and those that frameworks start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstminspect.errors import choice, flag
from lstminspect.layer import Layer, checked_layer
from lstminspect.sizes import whole
from lstminspect.weights.arrays import Array, float_type
from lstminspect.weights.pack import tensors_of, unpacked, with_numbers
from lstminspect.weights.starts import STARTS, blocks_at_start, drawn_in_pytorch

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from lstminspect.layer.layer import LayerOwner
    from lstminspect.names import ConventionName, StartName

__all__ = ["initial_weights", "random_weights"]


def random_weights(
    layer: Layer | LayerOwner,
    convention: ConventionName | None = None,
    seed: int = 0,
    dtype: DTypeLike = np.float32,
) -> dict[str, Array]:
    """Random tensors, all values distinct, so that no exchange of two gates goes unnoticed.

    Normal numbers over the root of the columns for a matrix, over 2 for a vector.

    >>> {name: array.shape for name, array in random_weights(Layer("rnn", 4, 3)).items()}
    {'kernel': (3, 4), 'recurrent_kernel': (4, 4), 'bias': (4,)}
    """
    layer = checked_layer(layer)
    stored = with_numbers(layer.stored(convention))
    sampler = np.random.default_rng(whole("seed", seed))
    dtype = float_type(dtype)
    arrays = {}
    for weight in stored.weights:
        wide = layer.units + layer.features if len(weight.shape) > 1 else 4
        arrays[weight.name] = (sampler.normal(size=weight.shape) / np.sqrt(wide)).astype(dtype)
    for direction in stored.by_direction() if stored.convention.reads_all else ():
        for tensor, weight in direction.tensors:
            array = direction.own(arrays[weight.name])
            for _, sign, part in unpacked(stored, tensor, direction.sizes, array):
                if not sign:
                    part[...] = 0
    return arrays


def initial_weights(
    layer: Layer | LayerOwner,
    convention: ConventionName | None = None,
    seed: int = 0,
    unit_forget_bias: bool = True,
    dtype: DTypeLike = np.float32,
    start: StartName = "keras",
    longest: int = 100,
) -> dict[str, Array]:
    """Tensors to start training from, as `start` draws them.

    - "keras": Glorot uniform, orthogonal for the state, zeros for biases. Keras draws a tensor of
      all gates at once, so that a single gate is not orthogonal. With `unit_forget_bias` every bias
      of a gate called f is 1 (keras/src/layers/rnn/lstm.py, Keras 3.15.1: the 1 replaces the zero,
      it is not added to it). A vector that is not a bias is uniform between -0.05 and 0.05.
    - "pytorch": everything uniform within one over the root of the units, both biases too.
    - "flax": LeCun normal, orthogonal for the state gate by gate, zeros for biases.
    - "equinox": as "pytorch", with the one bias that Equinox has, or two of the candidate in a GRU.
    - "haiku": normal over the root of the inputs, cut at two deviations; biases zeros, forget 1.
    - "tf1": Glorot uniform for input and state at once; biases zeros, those of the gates 1.
    - "orthogonal": as Keras, but gate by gate, without a bias of 1.
    - "identity": the identity for the state, nearly nothing for the input: the IRNN, with relu.
    - "chrono": as Keras, with forget biases log(uniform(1, longest - 1)) and input biases their
      negative, for dependencies over up to `longest` steps.

    Raises OptionError for another start, and for "chrono" of a cell without a forget gate.

    >>> initial_weights(Layer("lstm", units=1, features=2))["bias"]
    array([0., 1., 0., 0.], dtype=float32)
    >>> initial_weights(Layer("rnn", 2, 1), start="identity")["recurrent_kernel"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    layer = checked_layer(layer)
    stored = with_numbers(layer.stored(convention))
    sampler = np.random.default_rng(whole("seed", seed))
    dtype = float_type(dtype)
    unit_forget_bias = flag("unit_forget_bias", unit_forget_bias)
    choice("start", start, tuple(STARTS))
    longest = whole("longest", longest, 3)
    if start == stored.name == "pytorch":
        arrays = drawn_in_pytorch(stored, layer, sampler)
    else:
        blocks = blocks_at_start(layer, sampler, start, unit_forget_bias, longest)
        arrays = tensors_of(layer, blocks, convention)
    return {name: array.astype(dtype) for name, array in arrays.items()}
