"""PyTorch's stacked states, `(h_0, c_0)`, as the initial state of a run."""

from __future__ import annotations

import numpy
import pytest

import lstminspect as li

STACKS = [("lstm", 1, False), ("lstm", 2, True), ("gru", 1, False), ("gru", 3, True)]


@pytest.mark.parametrize(("cell", "layers", "both"), STACKS)
@pytest.mark.parametrize("unbatched", [False, True])
def test_stacked_states_are_those_one_by_one(
    cell: str, layers: int, both: bool, unbatched: bool
) -> None:
    layer = li.Layer(cell, 5, 3, layers=layers, bidirectional=both, return_state=True)
    random = numpy.random.default_rng(0)
    batch = () if unbatched else (2,)
    x = random.normal(size=(*batch, 4, 3))
    shape = (layers * layer.directions, *batch, 5)
    stacks = tuple(random.normal(size=shape) for _ in layer.cell.states)
    one_by_one = [stack[place] for place in range(shape[0]) for stack in stacks]
    weights = li.random_weights(layer, dtype=numpy.float64)
    expected = li.run(layer, weights, x, one_by_one, unbatched=unbatched)
    ways = [stacks, list(stacks), *([stacks[0]] if len(stacks) == 1 else [])]
    for initial in ways:
        for ours, theirs in zip(
            li.run(layer, weights, x, initial, unbatched=unbatched), expected, strict=True
        ):
            numpy.testing.assert_array_equal(ours, theirs)


def test_a_stack_of_another_number_is_refused() -> None:
    layer = li.Layer("lstm", 5, 3, layers=2)
    stacks = (numpy.zeros((3, 2, 5)), numpy.zeros((3, 2, 5)))
    with pytest.raises(li.InputError, match="initial_state must hold 4 arrays: layer_1/h"):
        li.run(layer, li.random_weights(layer), numpy.zeros((2, 4, 3)), stacks)
