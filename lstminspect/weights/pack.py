"""Weights as values: the tensors of a framework to the blocks of the equations, and back.

A framework's table says which blocks stand where (see `conventions`); a block that stands
twice is the sum of its appearances. Blocks are NumPy arrays as the equations have them: a matrix is
(rows, columns), entries that a structure forbids are zeros.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.conventions import PackedTensor
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import NotFiniteWarning, OptionError, WeightError, did_you_mean
from lstminspect.layer import Layer, checked_layer
from lstminspect.stored import Stored, Weight
from lstminspect.weights.arrays import Array, Tensors, as_arrays, float_type
from lstminspect.weights.structured import compact, dense

__all__ = [
    "blocks_in",
    "blocks_of",
    "checked",
    "gradient_tensors",
    "tensors_of",
    "unpacked",
    "with_numbers",
]


GATES_OF = {1: "an RNN", 3: "a GRU", 4: "an LSTM"}


def blocks_of(
    layer: Layer, weights: Tensors, convention: str | None = None, dtype: Any = None
) -> list[dict[str, Array]]:
    """The blocks of `layer` from its tensors: one mapping for each layer and direction.

    Raises WeightError for a tensor that is missing, unknown or of another shape, and for one that
    holds what the equations do not have. NaN and infinity pass through, with a NotFiniteWarning.

    >>> layer = Layer("rnn", units=1, features=2)
    >>> blocks_of(layer, [np.ones((2, 1)), np.ones((1, 1)), np.zeros(1)])[0]["W_h"]
    array([[1., 1.]])
    """
    layer = checked_layer(layer)
    stored = layer.stored(convention)
    dtype = None if dtype is None else float_type(dtype)
    return blocks_in(stored, layer.running_cell, checked(stored, weights, dtype))


def blocks_in(stored: Stored, cell: Cell, arrays: Mapping[str, Array]) -> list[dict[str, Array]]:
    """The blocks of `cell` from the tensors of `stored`, which have the shapes that it says."""
    added = stored.convention.added
    directions = []
    for direction in stored.by_direction():
        blocks: dict[str, Array] = {}
        for tensor, weight in direction.tensors:
            array = direction.own(arrays[weight.name])
            for name, sign, part in unpacked(stored, tensor, direction.sizes, array):
                if not sign and stored.convention.reads_all and np.any(part):
                    message = f"{weight.name} has a part that {stored.cell.name} does not"
                    most = np.abs(part).max()
                    raise WeightError(f"{message}, and it is not zero (up to {most:.3g}).")
                if sign:
                    value = np.asarray(part * part.dtype.type(sign))
                    blocks[name] = blocks[name] + value if name in blocks else value
        for block in cell.blocks:
            if block.name not in blocks:
                shape = tuple(direction.sizes[size] for size in block.shape)
                blocks[block.name] = np.zeros(shape, next(iter(arrays.values())).dtype)
            if block.name in added:
                blocks[block.name] = blocks[block.name] + added[block.name]
        directions.append({block.name: blocks[block.name] for block in cell.blocks})
    return directions


def tensors_of(
    layer: Layer, blocks: Sequence[Mapping[str, Array]], convention: str | None = None
) -> dict[str, Array]:
    """The tensors of `layer`, by name, from its blocks: what `blocks_of` undoes.

    Of the places that add up to one block the first takes it, the others are zero. Raises
    WeightError if a block that the framework cannot hold is not zero.

    >>> layer = Layer("rnn", units=1, features=2)
    >>> blocks = [{"W_h": np.ones((1, 2)), "U_h": np.ones((1, 1)), "b_h": np.ones(1)}]
    >>> tensors_of(layer, blocks, "pytorch")["bias_hh_l0"]
    array([0.])
    """
    stored = layer.stored(convention)
    tensors: dict[str, list[Array]] = {}
    for direction, held in zip(stored.by_direction(), blocks, strict=True):
        for name in stored.convention.held_at_zero.get(layer.cell.name, ()):
            if name in held and np.any(held[name]):
                most = np.abs(held[name]).max()
                message = f"{stored.title} has no place for {name} of {layer.cell.name}"
                raise WeightError(f"{message}, and it is not zero (up to {most:.3g}).")
        placed: set[str] = set()
        for tensor, weight in direction.tensors:
            array = _packed(stored, tensor, direction.sizes, held, placed)
            tensors.setdefault(weight.name, []).append(array)
    axis = stored.convention.direction_axis
    return {name: np.stack(arrays) if axis else arrays[0] for name, arrays in tensors.items()}


def gradient_tensors(
    layer: Layer, gradients: Sequence[Mapping[str, Array]], convention: str | None = None
) -> dict[str, Array]:
    """The gradients of the tensors of `layer`, by name, from those of its blocks.

    Of the places that add up to one block each has the gradient of the block.

    >>> layer = Layer("rnn", units=1, features=2)
    >>> blocks = [{"W_h": np.ones((1, 2)), "U_h": np.ones((1, 1)), "b_h": np.ones(1)}]
    >>> gradient_tensors(layer, blocks, "pytorch")["bias_hh_l0"]
    array([1.])
    """
    stored = layer.stored(convention)
    tensors: dict[str, list[Array]] = {}
    for direction, held in zip(stored.by_direction(), gradients, strict=True):
        for tensor, weight in direction.tensors:
            array = _packed(stored, tensor, direction.sizes, held, None)
            tensors.setdefault(weight.name, []).append(array)
    axis = stored.convention.direction_axis
    return {name: np.stack(arrays) if axis else arrays[0] for name, arrays in tensors.items()}


def with_numbers(stored: Stored) -> Stored:
    """`stored` itself. Raises OptionError if a size is a letter or an array."""
    if any(not isinstance(size, int) for weight in stored.weights for size in weight.shape):
        raise OptionError("weights need numbers. Give whole numbers for all sizes.")
    return stored


def checked(stored: Stored, weights: Tensors, dtype: Any = None) -> dict[str, Array]:
    """`weights` as arrays by name, each of the shape that it is stored with."""
    expected = {weight.name: weight for weight in with_numbers(stored).weights}
    arrays = as_arrays(weights, tuple(expected))
    for name in arrays:
        if name not in expected:
            near = did_you_mean(name, expected) or f" There are {', '.join(expected)}."
            raise WeightError(f"{stored.title} has no weight {name!r} in this layer.{near}")
    for name, weight in expected.items():
        if name not in arrays:
            where = f"{stored.title} has it of {weight.shape}"
            raise WeightError(f"the weight {name!r} is missing: {where}.")
        array = arrays[name]
        if array.shape != weight.shape:
            raise WeightError(_wrong_shape(stored, weight, array.shape))
        if array.dtype.kind not in "fiu":
            raise WeightError(f"{name} must hold real numbers, got {array.dtype}.")
        wanted = dtype or (array.dtype if array.dtype == np.float64 else np.float32)
        arrays[name] = array.astype(wanted, copy=False)
        if strange := int(np.size(array) - np.isfinite(arrays[name]).sum()):
            message = f"{name} holds {strange:,} values that are NaN or infinite"
            warnings.warn(f"{message}: they pass through.", NotFiniteWarning, stacklevel=3)
    return arrays


def unpacked(
    stored: Stored, tensor: PackedTensor, sizes: Mapping[str, int], array: Array
) -> Iterator[tuple[str, int, Array]]:
    """Every slot of a tensor: its block, its sign, and what stands there, as a view of `array`."""
    known = stored.cell.block_named
    if stored.name == conventions.EQUATIONS:
        block = known[tensor.blocks[0]]
        yield block.name, 1, dense(block, array, sizes)
        return
    if not known[tensor.grid()[0][0].block].shape:
        yield *tensor.grid()[0][0], array.reshape(())
        return
    top = 0
    for row in tensor.grid():
        left = 0
        matrix = len(known[row[0].block].shape) == 2
        height = sizes[known[row[0].block].shape[1]] if matrix else 1
        part = array[top : top + height] if tensor.rows > 1 else array
        part = part[0] if tensor.rows > 1 and not matrix else part
        top += height
        for name, sign in row:
            width = sizes[known[name].shape[0]]
            cut = slice(left, left + width)
            left += width
            yield name, sign, part[..., cut].T if stored.convention.transposed else part[cut]


def _packed(
    stored: Stored,
    tensor: PackedTensor,
    sizes: Mapping[str, int],
    held: Mapping[str, Array],
    placed: set[str] | None,
) -> Array:
    """One tensor from the blocks: `placed` are those that have their place already.

    If it is None, the blocks are gradients, which stand in every place.
    """
    known, convention = stored.cell.block_named, stored.convention
    if stored.name == conventions.EQUATIONS:
        block = known[tensor.blocks[0]]
        return compact(block, held[block.name], sizes)
    rows = []
    for row in tensor.grid():
        parts = []
        for name, sign in row:
            value = np.asarray(held[name])
            if placed is not None:
                value = value - value.dtype.type(convention.added.get(name, 0))
            value = value * value.dtype.type(0 if placed and name in placed else sign)
            if sign and placed is not None:
                placed.add(name)
            value = value if value.ndim else value[None]
            parts.append(value.T if convention.transposed else value)
        joined = np.concatenate(parts, axis=-1 if convention.transposed else 0)
        rows.append(joined[None] if tensor.rows > 1 and joined.ndim == 1 else joined)
    return np.concatenate(rows) if tensor.rows > 1 else rows[0]


def _wrong_shape(stored: Stored, weight: Weight, got: tuple[int, ...]) -> str:
    """The most probable reason for a shape that is not the expected one."""
    text = f"{weight.name} must be of {weight.shape}, got {got}."
    # Axes of 1 hold nothing: ONNX' axis of directions, a column that should be a vector.
    wide, here = (tuple(size for size in each if size != 1) for each in (weight.shape, got))
    if got == weight.shape[::-1]:
        return f"{text} It is transposed: pass its .T."
    if here == wide[::-1] != wide:
        return f"{text} It is transposed: pass its .T.reshape({weight.shape})."
    if here == wide or (len(got) == 1 and got[0] == np.prod(weight.shape)):
        return f"{text} It has as many values: pass its .reshape({weight.shape})."
    if len(got) != len(weight.shape) and weight.rows > 1:
        return f"{text} One bias per gate is that of reset_after=False."
    if len(got) == 2 and len(weight.shape) == 1:
        return f"{text} Two rows are the biases of reset_after=True."
    if len(got) != len(weight.shape):
        return f"{text} It has {len(got)} axes where {len(weight.shape)} are meant."
    if len(got) == 1 and got[0] == 2 * weight.shape[0]:
        return f"{text} Two biases per gate? Add its halves."
    if len(got) == 1 and 2 * got[0] == weight.shape[0]:
        return f"{text} One bias per gate? Here are two: the other can be zeros."
    places = [
        number
        for number, sizes in enumerate(zip(got, weight.shape, strict=True))
        if len(set(sizes)) > 1
    ]
    if len(places) == 1:
        return f"{text} {_other_size(stored, weight, got[places[0]], weight.shape[places[0]])}"
    return f"{text} Other units or features?"


def _other_size(stored: Stored, weight: Weight, got: int, expected: int) -> str:
    gates, units = len(weight.gates) // weight.rows, stored.sizes[UNITS]
    if expected == gates * units and got % units == 0 and got // units in GATES_OF:
        other = GATES_OF[got // units]
        mine = f"where {stored.cell.name} has {gates}"
        return f"{got // units} gates of {units}, as {other} has them, {mine}?"
    if expected == stored.sizes[FEATURES]:
        return f"That is a layer of {got} {FEATURES}, not {expected}."
    if got % gates == 0:
        return f"That is a layer of {got // gates} {UNITS}, not {units}."
    return "Other units or features?"
