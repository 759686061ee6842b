"""Starts: the blocks of a layer as a framework or a paper draws them before training.

A framework draws stored tensors, so that all gates of a tensor are drawn together; a layer that it
does not have is drawn block by block by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from lstminspect import conventions
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
Sizes = Mapping[str, int]
Shape = tuple[int, ...]
#: Of a block and its sizes, and of the shape of a stored tensor that begins with it: its values.
Draw = Callable[..., Array]

#: The starts by name, and where each is from.
STARTS = {
    "keras": "Glorot uniform, orthogonal for the state, biases 0 (Keras 3.15.1)",
    "pytorch": "all uniform within 1 / sqrt(units) (PyTorch 2.13, RNNBase.reset_parameters)",
    "flax": "LeCun normal, each gate orthogonal for the state, biases 0 (Flax linen and NNX)",
    "equinox": "as pytorch, with the biases that Equinox has (0.13.8, eqx.nn.LSTMCell)",
    "haiku": "normal over the root of the inputs, cut at two deviations, biases 0, a forget bias "
    "of 1 (dm-haiku 0.0.17, hk.LSTM)",
    "tf1": "Glorot uniform for the input and the state at once, biases 0, those of the gates 1 "
    "(TensorFlow 1, rnn_cell_impl.py)",
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
    if start in ("keras", "chrono"):
        blocks = _as_stored(layer, "keras", partial(_keras, sampler))
        _forget_bias(layer, blocks if unit_forget_bias else [])
        return _chrono(layer, blocks, sampler, longest) if start == "chrono" else blocks
    if start in ("pytorch", "equinox"):
        return _as_stored(layer, start, partial(_within_root, sampler, layer))
    if start in ("haiku", "tf1"):
        rule = {"haiku": _haiku, "tf1": _tf1}[start]
        return _as_stored(layer, start, partial(rule, sampler, layer.cell.name.startswith("gru")))
    draw = {"flax": _flax, "orthogonal": _keras, "identity": _identity}[start]
    return list(_by_block(layer, partial(draw, sampler)))


def _as_stored(layer: Layer, convention: str, draw: Draw) -> Blocks:
    """The blocks from tensors that are drawn as a framework stores them, if it has the layer."""
    stored = _stored(layer, convention)
    if stored is None:
        blocks = list(_by_block(layer, draw))
        for held in blocks:
            for name, number in conventions.get(convention).added.items():
                if name in held:
                    held[name] = held[name] + number
        return blocks
    arrays = {}
    for direction in stored.by_direction():
        for tensor, weight in direction.tensors:
            block = stored.cell.block_named[tensor.blocks[0].lstrip("-")]
            arrays[weight.name] = draw(block, direction.sizes, weight.shape)
    return blocks_in(stored, layer.running_cell, arrays)


def _stored(layer: Layer, convention: str) -> Stored | None:
    """The layer as a framework stores it, or None if that has no such layer."""
    try:
        return with_numbers(layer.stored(convention))
    except LstmInspectError:
        return None


def _by_block(layer: Layer, draw: Draw) -> Iterator[dict[str, Array]]:
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


def _within_root(
    sampler: Any, layer: Layer, block: Block, sizes: Sizes, shape: Shape | None = None
) -> Array:
    limit = 1 / np.sqrt(layer.units)
    return sampler.uniform(-limit, limit, _shape(block, sizes) if shape is None else shape)


def _forget_bias(layer: Layer, blocks: Blocks) -> None:
    """Put 1 into the biases of a gate f, as Keras does."""
    ones = [each for each in layer.running_cell.blocks if each.is_bias and each.gate == "f"]
    for held in blocks:
        held.update({block.name: np.ones_like(held[block.name]) for block in ones})


def _keras(sampler: Any, block: Block, sizes: Sizes, shape: Shape | None = None) -> Array:
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


def _flax(sampler: Any, block: Block, sizes: Sizes) -> Array:
    shape = _shape(block, sizes)
    if len(shape) == 2 and block.shape[1] == FEATURES:
        return _cut_normal(sampler, shape) / CUT / np.sqrt(shape[1])
    return _keras(sampler, block, sizes)


def _haiku(
    sampler: Any, gru: bool, block: Block, sizes: Sizes, shape: Shape | None = None
) -> Array:
    own = _shape(block, sizes)
    if block.is_bias:
        return np.zeros(own if shape is None else shape)
    # Its tensors have a row for each input, the blocks of the equations a column.
    inputs = (*own, 1)[1] if shape is None else shape[0]
    drawn = _cut_normal(sampler, own if shape is None else shape) / np.sqrt(inputs)
    # hk.GRU makes up for what is cut off, hk.Linear does not.
    return drawn / CUT if gru else drawn


def _tf1(sampler: Any, gru: bool, block: Block, sizes: Sizes, shape: Shape | None = None) -> Array:
    shape = _shape(block, sizes) if shape is None else shape
    if block.is_bias:
        return np.full(shape, float(gru and block.gate in ("r", "z")))
    limit = np.sqrt(6 / (sum(shape) if len(shape) == 2 else 2 * max(1, sum(shape))))
    return sampler.uniform(-limit, limit, shape)


def _cut_normal(sampler: Any, shape: Shape) -> Array:
    """Normal numbers without those beyond two deviations."""
    values = sampler.normal(size=(*shape, 16))
    inside = np.abs(values) <= 2
    return np.take_along_axis(values, inside.argmax(-1)[..., None], -1)[..., 0]


def _identity(sampler: Any, block: Block, sizes: Sizes) -> Array:
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


def _shape(block: Block, sizes: Sizes) -> Shape:
    return tuple(sizes[size] for size in block.shape)


def _orthogonal(sampler: Any, shape: Shape) -> Array:
    """A matrix whose rows, or columns if they are fewer, are orthonormal."""
    square, triangle = np.linalg.qr(sampler.normal(size=(max(shape), min(shape))))
    square = square * np.sign(np.diag(triangle))
    return square if shape[0] >= shape[1] else square.T
