"""Weights to start from: random ones for tests, and those that Keras starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import flag
from lstminspect.layer import Layer, checked_layer
from lstminspect.sizes import whole
from lstminspect.weights.arrays import Array, float_type
from lstminspect.weights.pack import tensors_of, unpacked, with_numbers
from lstminspect.weights.structured import allowed

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from lstminspect.names import ConventionName

__all__ = ["initial_weights", "random_weights"]


def random_weights(
    layer: Layer,
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
    layer: Layer,
    convention: ConventionName | None = None,
    seed: int = 0,
    unit_forget_bias: bool = True,
    dtype: DTypeLike = np.float32,
) -> dict[str, Array]:
    """Tensors as Keras starts them: Glorot uniform, orthogonal for the state, zeros for biases.

    With `unit_forget_bias` every bias of a gate called f is 1 (keras/src/layers/rnn/lstm.py, Keras
    3.15.1: the 1 replaces the zero, it is not added to it). A vector that is not a bias is uniform
    between -0.05 and 0.05, Keras' default elsewhere.

    >>> initial_weights(Layer("lstm", units=1, features=2))["bias"]
    array([0., 1., 0., 0.], dtype=float32)
    """
    layer = checked_layer(layer)
    stored = with_numbers(layer.stored(convention))
    sampler = np.random.default_rng(whole("seed", seed))
    dtype = float_type(dtype)
    unit_forget_bias = flag("unit_forget_bias", unit_forget_bias)
    blocks = []
    for direction in stored.by_direction():
        held = {}
        for block in layer.running_cell.blocks:
            value = _initial(sampler, block, direction.sizes, unit_forget_bias)
            held[block.name] = value.astype(dtype)
        blocks.append(held)
    return tensors_of(layer, blocks, convention)


def _initial(sampler: Any, block: Block, sizes: Mapping[str, int], unit_forget_bias: bool) -> Array:
    shape = tuple(sizes[size] for size in block.shape)
    if block.is_bias:
        return np.full(shape, float(unit_forget_bias and block.gate == "f"))
    if len(shape) == 2 and block.shape[1] == FEATURES:
        limit = np.sqrt(6 / sum(shape))
        return sampler.uniform(-limit, limit, shape)
    if len(shape) == 2:
        square, triangle = np.linalg.qr(sampler.normal(size=(max(shape), min(shape))))
        square = square * np.sign(np.diag(triangle))
        matrix = square if shape[0] >= shape[1] else square.T
        return matrix * allowed(block, sizes) if block.structure else matrix
    return sampler.uniform(-0.05, 0.05, shape)
