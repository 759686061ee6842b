"""The starts of frameworks and papers: their spread, their matrices, their biases."""

from __future__ import annotations

import numpy
import pytest

import lstminspect as li
from lstminspect import Layer
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.starts import STARTS

LSTM = Layer("lstm", units=16, features=4)


def blocks(start: str, layer: Layer = LSTM, **options: int) -> dict[str, numpy.ndarray]:
    drawn = li.initial_weights(layer, "equations", start=start, dtype="float64", **options)
    (found,) = blocks_of(layer, drawn, "equations")
    return found


def identity_of(matrix: numpy.ndarray) -> bool:
    return bool(numpy.allclose(matrix @ matrix.T, numpy.eye(len(matrix))))


def test_keras_draws_all_gates_as_one_orthogonal_tensor() -> None:
    whole = li.initial_weights(LSTM, "keras", dtype="float64")["recurrent_kernel"]
    assert identity_of(whole)
    assert not identity_of(whole[:, :16])


@pytest.mark.parametrize("start", ["flax", "orthogonal"])
def test_flax_draws_each_gate_orthogonal(start: str) -> None:
    assert identity_of(blocks(start)["U_f"])


@pytest.mark.parametrize("name", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"])
def test_pytorch_fills_its_interval_with_every_tensor(name: str) -> None:
    array = li.initial_weights(LSTM, "pytorch", start="pytorch")[name]
    assert 0.22 < abs(array).max() <= 1 / 4


def test_pytorch_has_one_function_in_every_convention() -> None:
    found = blocks("pytorch")["b_f"]
    assert abs(found).max() > 1 / 4  # Two biases that add up.


def test_flax_draws_normal_numbers_that_are_cut_at_two_deviations() -> None:
    drawn = blocks("flax", Layer("rnn", units=2000, features=4))["W_h"]
    assert drawn.std() == pytest.approx(0.5, rel=0.03)
    assert abs(drawn).max() <= 1 / 0.8796


def test_the_identity_start_keeps_the_state() -> None:
    found = blocks("identity", Layer("rnn", units=16, features=4))
    numpy.testing.assert_array_equal(found["U_h"], numpy.eye(16))
    assert 0 < abs(found["W_h"]).max() < 0.01


def test_chrono_biases_lie_between_1_and_the_longest_dependency() -> None:
    found = blocks("chrono", longest=50)
    assert (found["b_f"] <= numpy.log(49)).all()
    assert found["b_f"].max() > numpy.log(25)
    numpy.testing.assert_array_equal(found["b_i"], -found["b_f"])


def test_the_gate_of_a_gru_that_keeps_takes_the_chrono_bias() -> None:
    assert blocks("chrono", Layer("gru", units=16, features=4))["b_z"].min() > 0


def test_a_cell_without_a_forget_gate_has_no_chrono_start() -> None:
    with pytest.raises(li.OptionError, match="needs a forget gate f with a bias, and rnn has"):
        blocks("chrono", Layer("rnn", units=16, features=4))


def test_another_start_is_refused_with_the_nearest() -> None:
    with pytest.raises(li.OptionError, match=r"start must be 'keras'.*Did you mean 'pytorch'"):
        blocks("pytroch")


@pytest.mark.parametrize("start", STARTS)
def test_a_stack_of_two_directions_starts_with_finite_numbers(start: str) -> None:
    layer = Layer("lstm", 4, 3, layers=2, bidirectional=True)
    drawn = li.initial_weights(layer, "pytorch", start=start)
    assert all(numpy.isfinite(array).all() for array in drawn.values())
