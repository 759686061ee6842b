"""Weights to start from: entries that a structure allows, seeds, the biases of Keras."""

from __future__ import annotations

import numpy
import pytest

import lstminspect as li
from lstminspect import Layer
from lstminspect.equations.block import Block
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.structured import allowed

BLOCKS = [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
TRIANGULAR = [[1, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("structure", "expected"), [("blocks", BLOCKS), ("triangular", TRIANGULAR)]
)
def test_a_structure_allows_its_own_places(structure: str, expected: list[list[int]]) -> None:
    block = next(
        each
        for each in li.Cell(f"U_h: {structure}(groups)\nh = tanh(W_h @ x + U_h @ h)").blocks
        if each.structure
    )
    assert isinstance(block, Block)
    found = allowed(block, {"units": 4, "groups": (1, 2, 1)})
    assert found.astype(int).tolist() == expected


@pytest.mark.parametrize(("cell", "sizes"), [("slstm", {"heads": 2}), ("clockwork", {"groups": 2})])
def test_the_first_weights_fill_what_a_structure_allows(cell: str, sizes: dict[str, int]) -> None:
    layer = Layer(cell, 4, 3, **sizes)
    (blocks,) = blocks_of(layer, li.initial_weights(layer))
    for block in layer.cell.blocks:
        if block.structure:
            filled = blocks[block.name] != 0
            numpy.testing.assert_array_equal(filled, allowed(block, layer.sizes))


def test_a_seed_gives_the_same_weights_and_another_one_others() -> None:
    layer = Layer("lstm", 4, 3)
    for draw in (li.random_weights, li.initial_weights):
        one, same, other = (draw(layer, seed=seed)["kernel"] for seed in (7, 7, 8))
        numpy.testing.assert_array_equal(one, same)
        assert (one != other).all()
