"""Weights to start from: random ones for tests, and those that Keras starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstminspect import conventions
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES
from lstminspect.layer import Layer
from lstminspect.weights.arrays import Array
from lstminspect.weights.pack import sides, tensors_of, unstacked
from lstminspect.weights.structured import allowed

__all__ = ["initial_weights", "random_weights"]


def random_weights(
    layer: Layer, convention: str | None = None, seed: int = 0, dtype: Any = np.float32
) -> dict[str, Array]:
    """Random tensors, all values distinct, so that no exchange of two gates goes unnoticed.

    Normal numbers over the root of the columns for a matrix, over 2 for a vector.

    >>> {name: array.shape for name, array in random_weights(Layer("rnn", 4, 3)).items()}
    {'kernel': (3, 4), 'recurrent_kernel': (4, 4), 'bias': (4,)}
    """
    chance = np.random.default_rng(seed)
    convention = layer.convention if convention is None else convention
    found = {}
    for weight in layer.weights_in(convention):
        wide = layer.units + layer.features if len(weight.shape) > 1 else 4
        found[weight.name] = (chance.normal(size=weight.shape) / np.sqrt(wide)).astype(dtype)
    layout = conventions.get(convention)
    if layout.reads_all:
        for specs, sizes, side in sides(layer, layout):
            for stack, weight in specs:
                array = found[weight.name]
                array = array[side] if layout.direction_axis else array
                for _, sign, part in unstacked(layer, layout, stack, sizes, array):
                    if not sign:
                        part[...] = 0
    return found


def initial_weights(
    layer: Layer,
    convention: str | None = None,
    seed: int = 0,
    unit_forget_bias: bool = True,
    dtype: Any = np.float32,
) -> dict[str, Array]:
    """Tensors as Keras starts them: Glorot uniform, orthogonal for the state, zeros for biases.

    With `unit_forget_bias` every bias of a gate called f is 1 (keras/src/layers/rnn/lstm.py, Keras
    3.15.1: the 1 replaces the zero, it is not added to it). A vector that is no bias is uniform
    between -0.05 and 0.05, Keras' default elsewhere.

    >>> initial_weights(Layer("lstm", units=1, features=2))["bias"]
    array([0., 1., 0., 0.], dtype=float32)
    """
    chance = np.random.default_rng(seed)
    convention = layer.convention if convention is None else convention
    layout = conventions.get(convention)
    blocks = []
    for _, sizes, _ in sides(layer, layout):
        held = {}
        for block in layer.running_cell.blocks:
            value = _initial(chance, block, sizes, unit_forget_bias)
            held[block.name] = value.astype(dtype)
        blocks.append(held)
    return tensors_of(layer, blocks, convention)


def _initial(chance: Any, block: Block, sizes: Mapping[str, int], unit_forget_bias: bool) -> Array:
    shape = tuple(sizes[size] for size in block.shape)
    if block.is_bias:
        return np.full(shape, float(unit_forget_bias and block.gate == "f"))
    if len(shape) == 2 and block.shape[1] == FEATURES:
        limit = np.sqrt(6 / sum(shape))
        return chance.uniform(-limit, limit, shape)
    if len(shape) == 2:
        square, triangle = np.linalg.qr(chance.normal(size=(max(shape), min(shape))))
        square = square * np.sign(np.diag(triangle))
        matrix = square if shape[0] >= shape[1] else square.T
        return matrix * allowed(block, sizes) if block.structure else matrix
    return chance.uniform(-0.05, 0.05, shape)
