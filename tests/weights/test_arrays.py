"""Weights as people have them, as arrays by name."""

from __future__ import annotations

import numpy
import pytest

from lstminspect import Layer, OptionError, WeightError, initial_weights, random_weights
from lstminspect.weights.arrays import array_of, as_arrays


class Tensor:
    """A tensor as PyTorch's are: an array only after two calls."""

    def __init__(self, place: str = "graph") -> None:
        self.place = place

    def detach(self) -> Tensor:
        return Tensor("device")

    def cpu(self) -> Tensor:
        return Tensor("memory")

    def __array__(self, dtype: object = None, copy: object = None) -> numpy.ndarray:
        assert self.place == "memory"
        return numpy.arange(3.0)


def test_a_tensor_is_detached_and_brought_to_memory() -> None:
    assert array_of(Tensor()).tolist() == [0, 1, 2]


def test_nested_names_are_joined_and_a_shared_prefix_is_dropped() -> None:
    assert list(as_arrays({"cell": {"i": {"kernel": [1]}, "bias": [2]}})) == [
        "cell/i/kernel",
        "cell/bias",
    ]
    assert list(as_arrays({"net.lstm.weight": [1], "net.lstm.bias": [2]})) == ["weight", "bias"]
    assert list(as_arrays({"net.lstm.weight": [1], "net.bias": [2]})) == [
        "net.lstm.weight",
        "net.bias",
    ]


def test_weights_in_order_take_the_names_of_the_layer() -> None:
    arrays = as_arrays([[1], [2, 3]], ["kernel", "bias"])
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "kernel": [1],
        "bias": [2, 3],
    }


def test_what_is_no_array_of_numbers_is_named() -> None:
    with pytest.raises(WeightError, match=r"^kernel is not an array of numbers: .*\.$"):
        as_arrays({"kernel": [[1, 2], [3]]})
    with pytest.raises(WeightError, match=r"^a weight is not an array of numbers: "):
        array_of([[1, 2], [3]])


@pytest.mark.parametrize("make", [random_weights, initial_weights])
@pytest.mark.parametrize("units", ["u", numpy.array([4, 5])], ids=["letter", "array"])
def test_weights_are_made_for_numbers_alone(make: object, units: object) -> None:
    with pytest.raises(OptionError, match="weights need numbers"):
        make(Layer("lstm", units, 3))


def test_the_bias_of_the_forget_gate_is_an_option_with_a_name() -> None:
    with pytest.raises(OptionError, match="unit_forget_bias must be True or False, got 3"):
        initial_weights(Layer("lstm", 4, 3), unit_forget_bias=3)
