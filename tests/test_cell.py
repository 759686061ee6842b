"""Cell: parameters, shapes, states and counts are readings of the equations."""

from __future__ import annotations

import pickle

import numpy
import pytest
import sympy

import lstminspect as li
from lstminspect import Cell, SizeError, UnknownCell, cells

PEEPHOLE = """\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * tanh(c)"""


@pytest.mark.parametrize("name", cells.names())
def test_every_cell_gives_its_published_number(name: str) -> None:
    cell = cells.get(name)
    assert cell.published is not None
    units, features, parameters, convention, source = cell.published
    layer = li.Layer(cell, units=units, features=features)
    assert layer.parameters_in(convention) == parameters
    assert source
    assert cell.source
    assert cell.name == name


@pytest.mark.parametrize("name", cells.names())
def test_int_letter_and_array_agree(name: str) -> None:
    cell = cells.get(name)
    u, f = sympy.symbols("u f")
    formula = cell.count(units=u, features=f)
    units, features = numpy.array([1, 2, 31, 64]), numpy.array([5, 1, 17, 3])
    array = cell.count(units=units, features=features)
    for position, (one, other) in enumerate(zip(units.tolist(), features.tolist(), strict=True)):
        count = cell.count(units=one, features=other)
        assert type(count) is int
        assert count == formula.subs({u: one, f: other}) == array[position]


@pytest.mark.parametrize("name", cells.names())
def test_the_shapes_of_the_blocks_add_up_to_the_count(name: str) -> None:
    cell, sizes = cells.get(name), {"units": 7, "features": 5}
    entries = [numpy.prod([sizes[each] for each in block.shape]) for block in cell.blocks]
    assert sum(entries) == cell.count(**sizes)
    assert len({block.name for block in cell.blocks}) == len(cell.blocks)


@pytest.mark.parametrize("name", cells.names())
def test_dropping_the_bias_leaves_the_matrices(name: str) -> None:
    cell = cells.get(name)
    bare = cell.without_bias()
    assert [block.name for block in bare.blocks] == [
        block.name for block in cell.blocks if len(block.shape) == 2
    ]
    assert bare.without_bias() == bare
    assert bare.states == cell.states


def test_the_gates_and_states_of_the_lstm() -> None:
    lstm = cells.get("lstm")
    assert lstm.gates == ("i", "f", "g", "o")
    assert list(lstm.states) == ["h", "c"]
    assert lstm.count(units=64, features=3) == 4 * (64 * (64 + 3) + 64) == 17408


def test_peepholes_are_vectors_and_no_biases() -> None:
    cell = Cell(PEEPHOLE)
    blocks = {block.name: block for block in cell.blocks}
    assert blocks["p_o"].shape == ("units",)
    assert [name for name, block in blocks.items() if block.is_bias] == ["b_i", "b_f", "b_g", "b_o"]
    assert cell.count(units=64, features=3) == 17408 + 3 * 64
    assert cell.without_bias().count(units=64, features=3) == 17408 - 4 * 64 + 3 * 64


def test_a_learned_number_beside_no_product_is_no_bias() -> None:
    cell = Cell("h = sigmoid(a_h) * h + (1 - A) * tanh(W_h @ x + b_h)")
    assert [block.name for block in cell.blocks if block.is_bias] == ["b_h"]


def test_a_bias_inside_a_product_is_one_too() -> None:
    biases = [block.name for block in cells.get("gru").blocks if block.is_bias]
    assert biases == ["b_z", "b_r", "b_n", "d_n"]


def test_an_output_that_is_not_read_is_no_state() -> None:
    cell = Cell("f = sigmoid(W_f @ x)\nc = f * c + (1 - f) * (W_c @ x)\nh = tanh(c)")
    assert cell.states == {"c": "units"}


def test_a_parameter_used_twice_counts_once() -> None:
    cell = Cell("a = W_a @ x\nh = tanh(W_a @ x + a + U_h @ h)")
    assert cell.count(units=4, features=3) == 4 * 3 + 4 * 4


def test_a_length_that_nothing_decides_is_units() -> None:
    cell = Cell("a = tanh(W_a @ x)\nh = tanh(U_h @ a)")
    assert {block.name: block.shape for block in cell.blocks} == {
        "W_a": ("units", "features"),
        "U_h": ("units", "units"),
    }


def test_a_length_can_be_decided_later() -> None:
    cell = Cell("a = W_a @ x\nb = a * x\nh = tanh(U_h @ b)")
    assert {block.name: block.shape for block in cell.blocks} == {
        "W_a": ("features", "features"),
        "U_h": ("units", "features"),
    }


def test_sizes_are_checked() -> None:
    lstm = cells.get("lstm")
    with pytest.raises(SizeError, match="features is missing"):
        lstm.count(units=3)
    with pytest.raises(SizeError, match=r"no size is called 'hidden_size'. Did you mean 'units'"):
        lstm.count(hidden_size=3, features=2)
    with pytest.raises(SizeError, match="units must be a positive whole number, got True"):
        lstm.count(units=True, features=2)


def test_an_unknown_cell_gets_a_suggestion() -> None:
    with pytest.raises(UnknownCell, match=r"no cell called 'lsmt'. Did you mean 'lstm'"):
        cells.get("lsmt")
    with pytest.raises(UnknownCell, match="Did you mean 'rnn'"):
        cells.get("SimpleRNN")
    with pytest.raises(UnknownCell):
        cells.get("..cell")


def test_a_cell_can_be_pickled_compared_and_shown() -> None:
    cell = Cell("h = tanh(W_h @ x + U_h @ h + b_h)")
    assert pickle.loads(pickle.dumps(cell)) == cell
    assert "h_{t-1}" in cell._repr_latex_()
