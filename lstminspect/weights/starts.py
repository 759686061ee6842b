"""Starts: the blocks of a layer as a framework or a paper draws them before training.

Keras and PyTorch draw stored tensors, so that all gates of a tensor are drawn together; a layer
that they do not have is drawn block by block by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import LstmInspectError, OptionError
from lstminspect.layer import Layer
from lstminspect.stored import Stored
from lstminspect.weights.arrays import Array
from lstminspect.weights.pack import blocks_in, with_numbers
from lstminspect.weights.structured import allowed

__all__ = ["STARTS", "blocks_at_start", "drawn_in_pytorch"]

Blocks = list[dict[str, Array]]

#: The starts by name, and where each is from.
STARTS = {
    "keras": "Glorot uniform, orthogonal for the state, biases 0 (Keras 3.15.1)",
    "pytorch": "all uniform within 1 / sqrt(units) (PyTorch 2.13, RNNBase.reset_parameters)",
    "flax": "LeCun normal, each gate orthogonal for the state, biases 0 (Flax linen and NNX)",
    "orthogonal": "as keras, but each gate orthogonal for the state, and no bias of 1",
    "identity": "the identity for the state, normal with deviation 0.001 for the input (IRNN, "
    "Le et al. 2015, arXiv 1504.00941)",
    "chrono": "as keras, the forget bias log(uniform(1, longest - 1)) and the input bias its "
    "negative (Tallec & Ollivier 2018, arXiv 1804.11188)",
}
#: The gate that keeps the state in each cell of the GRU, as the forget gate does in an LSTM.
KEEPS = {"gru": "z", "gru_reset_before": "z"}
#: The deviation of a normal number that is cut off at two deviations, before it is cut off.
CUT = 0.87962566103423978


def blocks_at_start(
    layer: Layer, sampler: Any, start: str, unit_forget_bias: bool, longest: int
) -> Blocks:
    """The blocks of each layer and direction, as `start` of STARTS draws them."""
    if start == "pytorch":
        stored = _stored(layer, "pytorch")
        if stored is not None:
            return blocks_in(stored, layer.running_cell, drawn_in_pytorch(stored, layer, sampler))
        return list(
            _by_block(layer, lambda block, sizes: _within_root(sampler, layer, block, sizes))
        )
    if start in ("keras", "chrono"):
        blocks = _in_keras(layer, sampler, unit_forget_bias)
        return _chrono(layer, blocks, sampler, longest) if start == "chrono" else blocks
    rule = {"flax": _flax, "orthogonal": _orthogonal_gates, "identity": _identity}[start]
    return list(_by_block(layer, lambda block, sizes: rule(sampler, block, sizes)))


def _stored(layer: Layer, convention: str) -> Stored | None:
    """The layer as a framework stores it, or None if that has no such layer."""
    try:
        return with_numbers(layer.stored(convention))
    except LstmInspectError:
        return None


def _by_block(
    layer: Layer, draw: Callable[[Block, Mapping[str, int]], Array]
) -> Iterator[dict[str, Array]]:
    """Every block of each layer and direction by `draw`, those with a structure within it."""
    cell = layer.running_cell
    for direction in with_numbers(layer.stored("equations")).by_direction():
        held = {}
        for block in cell.blocks:
            value = draw(block, direction.sizes)
            held[block.name] = value * allowed(block, direction.sizes) if block.structure else value
        yield held


def drawn_in_pytorch(stored: Stored, layer: Layer, sampler: Any) -> dict[str, Array]:
    """Every tensor of PyTorch, both biases too, uniform within one over the root of the units."""
    limit = 1 / np.sqrt(layer.units)
    return {each.name: sampler.uniform(-limit, limit, each.shape) for each in stored.weights}


def _within_root(sampler: Any, layer: Layer, block: Block, sizes: Mapping[str, int]) -> Array:
    limit = 1 / np.sqrt(layer.units)
    return sampler.uniform(-limit, limit, _shape(block, sizes))


def _in_keras(layer: Layer, sampler: Any, unit_forget_bias: bool) -> Blocks:
    """As Keras draws its tensors, with 1 in the biases of a gate f if `unit_forget_bias`."""
    stored = _stored(layer, "keras")
    if stored is None:
        blocks = list(_by_block(layer, lambda block, sizes: _keras(sampler, block, sizes)))
    else:
        arrays = {}
        for direction in stored.by_direction():
            for tensor, weight in direction.tensors:
                block = stored.cell.block_named[tensor.blocks[0]]
                arrays[weight.name] = _keras(sampler, block, direction.sizes, weight.shape)
        blocks = blocks_in(stored, layer.running_cell, arrays)
    ones = [each for each in layer.running_cell.blocks if each.is_bias and each.gate == "f"]
    for held in blocks if unit_forget_bias else ():
        held.update({block.name: np.ones_like(held[block.name]) for block in ones})
    return blocks


def _keras(
    sampler: Any, block: Block, sizes: Mapping[str, int], shape: tuple[int, ...] | None = None
) -> Array:
    """Keras' start of a tensor of `shape` that begins with `block`; of the block alone if None."""
    own = _shape(block, sizes)
    shape = own if shape is None else shape
    if block.is_bias:
        return np.zeros(shape)
    if len(own) < 2:
        return sampler.uniform(-0.05, 0.05, shape)
    if block.shape[1] == FEATURES:
        limit = np.sqrt(6 / sum(shape))
        return sampler.uniform(-limit, limit, shape)
    return _orthogonal(sampler, shape)


def _flax(sampler: Any, block: Block, sizes: Mapping[str, int]) -> Array:
    shape = _shape(block, sizes)
    if len(shape) == 2 and block.shape[1] == FEATURES:
        values = sampler.normal(size=(*shape, 16))
        inside = np.abs(values) <= 2
        first = np.take_along_axis(values, inside.argmax(-1)[..., None], -1)[..., 0]
        return first / CUT / np.sqrt(shape[1])
    return _orthogonal_gates(sampler, block, sizes)


def _orthogonal_gates(sampler: Any, block: Block, sizes: Mapping[str, int]) -> Array:
    return _keras(sampler, block, sizes)


def _identity(sampler: Any, block: Block, sizes: Mapping[str, int]) -> Array:
    shape = _shape(block, sizes)
    if len(shape) == 2 and block.shape[1] != FEATURES:
        return np.eye(*shape)
    return np.zeros(shape) if block.is_bias else sampler.normal(scale=0.001, size=shape)


def _chrono(layer: Layer, blocks: Blocks, sampler: Any, longest: int) -> Blocks:
    """The blocks with biases that let units forget after 1 to `longest` steps."""
    biases = {each.gate: each.name for each in layer.running_cell.blocks if each.is_bias}
    keeps = biases.get(KEEPS.get(layer.cell.name, "f"))
    if keeps is None:
        raise OptionError(
            f"the chrono start needs a forget gate f with a bias, and {layer.cell.name} has none "
            "here. Choose another start, or a cell such as lstm or gru."
        )
    for held in blocks:
        held[keeps] = np.log(sampler.uniform(1, longest - 1, held[keeps].shape))
        if layer.cell.name not in KEEPS and "i" in biases:
            held[biases["i"]] = -held[keeps]
    return blocks


def _shape(block: Block, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sizes[size] for size in block.shape)


def _orthogonal(sampler: Any, shape: tuple[int, ...]) -> Array:
    """A matrix whose rows, or columns if they are fewer, are orthonormal."""
    square, triangle = np.linalg.qr(sampler.normal(size=(max(shape), min(shape))))
    square = square * np.sign(np.diag(triangle))
    return square if shape[0] >= shape[1] else square.T
