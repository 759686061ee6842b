"""Which functions a framework runs, asked of the frameworks themselves."""

from __future__ import annotations

import inspect

import pytest

from lstminspect.conventions.keras import ACTIVATIONS
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.layer.options import OPTIONS, WITHOUT_COUNT


def test_only_the_rnn_of_pytorch_takes_another_function() -> None:
    torch = pytest.importorskip("torch")
    for cell in (torch.nn.LSTMCell, torch.nn.GRUCell):
        assert "nonlinearity" not in inspect.signature(cell).parameters
    assert torch.nn.RNN(3, 4, nonlinearity="relu").nonlinearity == "relu"
    with pytest.raises(ValueError, match="Select from 'tanh' or 'relu'"):
        torch.nn.RNN(3, 4, nonlinearity="gelu")


def test_the_names_of_keras_are_those_that_keras_knows() -> None:
    keras = pytest.importorskip("keras")
    for name in FUNCTIONS:
        try:
            known = callable(keras.activations.get(name))
        except ValueError:
            known = False
        # Keras has a threshold too, whose numbers no name says.
        assert known == (name in (*ACTIVATIONS, "threshold")), name


def test_every_argument_of_keras_is_an_option_or_is_said_to_change_no_count() -> None:
    keras = pytest.importorskip("keras")
    known = {option.name for option in OPTIONS if option.in_keras} | set(WITHOUT_COUNT)
    for layer in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
        names = set(inspect.signature(layer.__init__).parameters) - {"self", "kwargs"}
        assert names <= known, layer
    of_gru = set(inspect.signature(keras.layers.GRU.__init__).parameters)
    assert {option.name for option in OPTIONS if option.in_keras} <= of_gru
