"""The weights of a layer as the fields of a struct in C, and the bytes that its code needs.

`fits` has its numbers of a layer in C from here too. In int8 every matrix is of int8, with one
scale of float32 for each row: an entry times its scale is the weight. Vectors and single numbers
stay float32, and so does what is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstminspect.costs.needs import Needs
from lstminspect.equations.shapes import OUTPUT
from lstminspect.exports.loops import loops_of
from lstminspect.exports.source import Source

if TYPE_CHECKING:
    from lstminspect.cell import Cell
    from lstminspect.layer import Layer
    from lstminspect.weights.arrays import Array

__all__ = ["BYTES", "Field", "fields_of", "memory_of", "of_int8", "values_of"]

#: The types of C, with their bytes; every struct begins with the widest of its types.
BYTES = {"int8_t": 1, "float": 4, "double": 8}
#: The largest entry of int8: -128 is not used, so that a scale serves both signs.
MOST = 127


class Field(NamedTuple):
    """A field of the struct of weights: its type in C, the names of its sizes, and its block.

    `is_scale` tells that it holds the scales of the rows of the block.
    """

    name: str
    ctype: str
    shape: tuple[str, ...]
    block: str
    is_scale: bool = False


def fields_of(cell: Cell, dtype: str) -> list[Field]:
    """The fields of the weights of `cell`, in the order of the struct.

    >>> from lstminspect.cells import get
    >>> [(field.name, field.ctype, field.shape) for field in fields_of(get("rnn"), "int8")][1:]
    [('U_h_scale', 'float', ('units',)), ('b_h', 'float', ('units',)), \
('W_h', 'int8_t', ('units', 'features')), ('U_h', 'int8_t', ('units', 'units'))]
    """
    blocks = {block.name: tuple(block.shape) for block in cell.blocks}
    if dtype != "int8":
        real = "double" if dtype == "float64" else "float"
        return [Field(name, real, shape, name) for name, shape in blocks.items()]
    wide, narrow = list[Field](), list[Field]()
    for name, shape in blocks.items():
        if len(shape) < 2:
            wide.append(Field(name, "float", shape, name))
            continue
        scale = f"{name}_scale"
        while scale in blocks:
            scale += "_"
        wide.append(Field(scale, "float", shape[:1], name, True))
        narrow.append(Field(name, "int8_t", shape, name))
    return [*wide, *narrow]


def values_of(fields: Sequence[Field], blocks: Mapping[str, Array]) -> dict[str, Array]:
    """The values of every field, of the values of the blocks."""
    values: dict[str, Array] = {}
    for field in fields:
        array = np.asarray(blocks[field.block])
        if field.is_scale:
            values[field.name] = _scales(array)
        elif field.ctype == "int8_t":
            scales = _scales(array).astype(np.float64)[:, None]
            entries = np.rint(np.divide(array, scales, out=np.zeros(array.shape), where=scales > 0))
            values[field.name] = np.clip(entries, -MOST, MOST).astype(np.int8)
        else:
            values[field.name] = array
    return values


def _scales(matrix: Array) -> Array:
    """One scale for each row: the largest entry is 127 of them. A row of zeros has 0."""
    largest: Array = np.abs(matrix).max(axis=1, initial=0).astype(np.float64)
    return (largest / MOST).astype(np.float32)


def of_int8(cell: Cell, blocks: Mapping[str, Array]) -> dict[str, Array]:
    """The values that `blocks` have once their matrices are of int8."""
    fields = fields_of(cell, "int8")
    values = values_of(fields, blocks)
    scales = {field.block: values[field.name] for field in fields if field.is_scale}
    exact = {name: np.asarray(array, np.float64) for name, array in blocks.items()}
    for name, each in scales.items():
        exact[name] = values[name] * each.astype(np.float64)[:, None]
    return exact


def memory_of(layer: Layer, dtype: str) -> Needs:
    """The bytes of `layer` in C: of the weights, scales and states, and of vectors in a step.

    The struct of weights has `flash` bytes, that of the states `states`; `buffers` are the input
    and the output of every time step, or of one if there is no number of them. Code, libm and what
    a compiler puts on the stack beside vectors are not counted.

    >>> from lstminspect.layer import Layer
    >>> memory_of(Layer("lstm", units=64, features=40), "float32")
    Needs(weights=107520, scales=0, states=512, step=0, buffers=416)
    >>> memory_of(Layer("lstm", units=64, features=40), "int8").flash
    29696
    """
    cell, sizes = layer.running_cell, layer.sizes
    real = 8 if dtype == "float64" else 4
    fields = fields_of(cell, dtype)
    scales = sum(_bytes(field, sizes) for field in fields if field.is_scale)
    weights = sum(_bytes(field, sizes) for field in fields) - scales
    if any(field.ctype != "int8_t" for field in fields):
        weights += -(weights + scales) % real  # A struct ends where another one could begin.
    source = Source(layer, cell.name, None, dtype)
    arrays = loops_of(cell, source.names).arrays
    step = sum(sizes[length] for name, length in arrays.items() if name != OUTPUT)
    states = sum(sizes[length] for length in cell.states.values())
    width = sum(sizes[length] for length in (*source.inputs.values(), cell.width))
    buffers = width * (layer.timesteps or 1)
    return Needs(weights, scales, states * real, step * real, buffers * real)


def _bytes(field: Field, sizes: Mapping[str, Any]) -> int:
    numbers: int = prod(sizes[name] for name in field.shape)
    return numbers * BYTES[field.ctype]
