"""Matrices that are mostly zero, in blocks or triangular: stored without their zeros, and whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstminspect.equations.block import Block
from lstminspect.weights.arrays import Array

__all__ = ["allowed", "compact", "cuts_of", "dense"]


def allowed(block: Block, sizes: Mapping[str, Any]) -> Array:
    """Where a matrix with a structure may have entries, as an array of booleans."""
    parts = sizes[block.parts]
    owners = []
    for size in block.shape:
        side = sizes[size]
        widths = parts if isinstance(parts, tuple) else [side // parts] * parts
        owners.append(np.repeat(np.arange(len(widths)), widths))
    rows, columns = owners[0][:, None], owners[1][None, :]
    return rows == columns if block.structure == "blocks" else rows <= columns


def dense(block: Block, array: Array, sizes: Mapping[str, Any]) -> Array:
    """The matrix whose entries `array` holds without the zeros."""
    if not block.structure:
        return array
    matrix = np.zeros(tuple(sizes[size] for size in block.shape), array.dtype)
    for entries, place_of in zip(_pieces(block, array, sizes), cuts_of(block, sizes), strict=True):
        matrix[place_of] = entries
    return matrix


def compact(block: Block, matrix: Array, sizes: Mapping[str, Any]) -> Array:
    """The entries of `matrix` without the zeros, as they are stored."""
    if not block.structure:
        return matrix
    pieces = [matrix[cut] for cut in cuts_of(block, sizes)]
    if isinstance(sizes[block.parts], tuple):
        return np.concatenate([piece.ravel() for piece in pieces])
    return np.stack(pieces)


def cuts_of(block: Block, sizes: Mapping[str, Any]) -> list[tuple[slice, slice]]:
    """The blocks of a matrix that have entries, row by row."""
    parts = sizes[block.parts]
    ends = []
    for size in block.shape:
        widths = parts if isinstance(parts, tuple) else [sizes[size] // parts] * parts
        ends.append(np.cumsum([0, *widths]))
    number = len(ends[0]) - 1
    return [
        (slice(ends[0][row], ends[0][row + 1]), slice(ends[1][column], ends[1][column + 1]))
        for row in range(number)
        for column in range(row, number if block.structure == "triangular" else row + 1)
    ]


def _pieces(block: Block, array: Array, sizes: Mapping[str, Any]) -> list[Array]:
    if not isinstance(sizes[block.parts], tuple):
        return list(array)
    pieces, start = [], 0
    for rows, columns in cuts_of(block, sizes):
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        pieces.append(array[start : start + shape[0] * shape[1]].reshape(shape))
        start += shape[0] * shape[1]
    return pieces
