"""What a container declares of a layer, beside the tensors that it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_layers import contents_of

from lstminspect.files.contents import Declared
from lstminspect.files.recognition import recognise

KERAS = {"lstm/kernel": (3, 80), "lstm/recurrent_kernel": (20, 80), "lstm/bias": (80,)}
PYTORCH = {"weight_ih_l0": (60, 3), "weight_hh_l0": (60, 20)}
ONNX = {"a": (1, 60, 3), "b": (1, 60, 20), "c": (1, 120)}


def read(shapes, *declared):
    contents = contents_of({name: np.zeros(shape, "f4") for name, shape in shapes.items()})
    return recognise(replace(contents, declared=declared))


def onnx(layer_type, **options):
    return Declared("node", layer_type, "onnx", options, {"W": "a", "R": "b", "B": "c"})


def test_declared_sizes_that_the_tensors_do_not_have_are_a_contradiction_with_the_tensor():
    (found,) = read(KERAS, Declared("lstm", "LSTM", "keras", {"units": 16, "use_bias": True}))
    assert found.layer.units == 20
    assert found.contradictions == (
        "lstm declares units 16, and lstm/recurrent_kernel of (20, 80) is that of units 20.",
    )


def test_a_declared_type_that_is_another_is_a_contradiction():
    (found,) = read(PYTORCH, Declared("", "LSTM", "pytorch", {}, {name: name for name in PYTORCH}))
    assert found.layer.cell.name == "gru"
    assert found.contradictions == (
        "the file is declared as LSTM, and its tensors are those of gru.",
    )


def test_the_bias_decides_the_form_of_a_gru_whose_reset_is_not_declared():
    gru = {"gru/kernel": (3, 60), "gru/recurrent_kernel": (20, 60), "gru/bias": (2, 60)}
    names = {name.partition("/")[2]: name for name in gru}
    (after,) = read(gru, Declared("gru", "GRU", "keras", {"units": 20}, names))
    before = read({**gru, "gru/bias": (60,)}, Declared("gru", "GRU", "keras", {}, names))[0]
    assert (after.layer.cell.name, after.contradictions) == ("gru", ())
    assert (before.layer.cell.name, before.contradictions) == ("gru_reset_before", ())


def test_a_gru_without_bias_whose_reset_is_not_declared_has_an_open_form():
    gru = {"gru/kernel": (3, 60), "gru/recurrent_kernel": (20, 60)}
    names = {name.partition("/")[2]: name for name in gru}
    (found,) = read(gru, Declared("gru", "GRU", "keras", {}, names))
    assert found.open[0].startswith("cell: gru of Keras is assumed")


def test_what_no_tensor_shows_is_taken_from_the_declaration_and_is_not_open():
    options = {"return_sequences": True, "activation": "relu", "recurrent_activation": "sigmoid"}
    (plain,) = read(KERAS)
    (found,) = read(KERAS, Declared("lstm", "LSTM", "keras", {"units": 20, **options}))
    assert (found.layer.return_sequences, found.layer.activation) == (True, "relu")
    assert found.contradictions == ()
    assert found.open == ()
    assert len(plain.open) == 3


@pytest.mark.parametrize(
    ("producer", "function"),
    [("Keras 2.2.4", "hard_sigmoid(0.2, 0.5)"), ("Keras 3.15.1", "hard_sigmoid")],
)
def test_the_hard_sigmoid_is_that_of_the_version_that_wrote_the_file(producer, function):
    contents = contents_of({name: np.zeros(shape, "f4") for name, shape in KERAS.items()})
    declared = Declared("lstm", "LSTM", "keras", {"recurrent_activation": "hard_sigmoid"})
    (found,) = recognise(replace(contents, declared=(declared,), producer=producer))
    assert found.layer.recurrent_activation == function


def test_tensors_of_any_name_are_those_of_the_node_that_reads_them():
    (found,) = read(ONNX, onnx("GRU", hidden_size=20, linear_before_reset=1))
    assert (found.name, found.layer.cell.name, found.layer.units) == ("node", "gru", 20)
    assert [tensor.name for tensor in found.tensors] == ["a", "b", "c"]
    assert (found.open, found.contradictions) == ((), ())


def test_the_form_of_the_reset_is_that_of_the_node():
    (before,) = read(ONNX, onnx("GRU", hidden_size=20))
    assert before.layer.cell.name == "gru_reset_before"


def test_the_activations_and_the_direction_of_a_node_are_those_of_the_layer():
    options = {"activations": ["HardSigmoid", "Relu"], "direction": "reverse", "clip": 2.0}
    (found,) = read(ONNX, onnx("GRU", **options))
    layer = found.layer
    assert (layer.activation, layer.go_backwards, layer.clip) == ("relu", True, 2.0)
    assert layer.recurrent_activation == "hard_sigmoid(0.2, 0.5)"


@pytest.mark.parametrize("activations", [["Nothing", "Tanh"], ["Tanh"] * 7, 5])
def test_functions_that_are_not_known_are_reported_and_nothing_is_raised(activations):
    (found,) = read(ONNX, onnx("GRU", activations=activations))
    (sentence,) = found.contradictions
    assert sentence.startswith("node declares functions that are not known here: ")


def test_a_declaration_without_tensors_is_that_of_the_layer_of_its_name():
    both = {name.replace("lstm", "other"): shape for name, shape in KERAS.items()} | KERAS
    found = read(both, Declared("lstm", "LSTM", "keras", {"go_backwards": True}))
    assert [each.layer.go_backwards for each in found] == [False, True]


def test_computed_weights_are_a_layer_of_the_tensors_that_they_are_made_of():
    contents = contents_of({"shared": np.arange(3 * 16 + 4 * 16, dtype="f4")})
    parts = contents_of({"kernel": np.ones((3, 16)), "recurrent_kernel": np.ones((4, 16))})
    computed = {each.name: each for each in parts.tensors}
    declared = Declared("rnn", "LSTM", "keras", {}, {}, computed, ("shared",))
    (found,) = recognise(replace(contents, declared=(declared,)))
    assert (found.layer.units, found.parameters) == (4, 112)
    assert found.weights()["kernel"].shape == (3, 16)


NAMELESS = {
    "Keras": ([(30, 8), (8, 24), (6, 24), (24,), (6, 2), (2,)], "arr_1 to arr_3", "keras"),
    "PyTorch": ([(24, 8), (24, 6), (24,), (24,), (2, 6)], "arr_0 to arr_3", "pytorch"),
    "ONNX": ([(1, 24, 8), (1, 24, 6), (1, 48)], "arr_0 to arr_2", "onnx"),
    "two matrices alone": ([(8, 24), (6, 24)], "arr_0 to arr_1", "keras"),
}


@pytest.mark.parametrize("case", NAMELESS)
def test_arrays_without_names_could_be_a_layer_in_the_order_of_a_framework(case):
    shapes, name, convention = NAMELESS[case]
    (found,) = read({f"arr_{number}": shape for number, shape in enumerate(shapes)})
    assert (found.name, found.convention, found.layer.units) == (name, convention, 6)
    assert not found.certain


def test_a_nameless_matrix_of_integers_could_be_an_lstm_that_takes_input_and_state_at_once():
    contents = contents_of({"": np.zeros((291, 1024), "i1")})
    (found,) = recognise(contents)
    assert (found.layer.units, found.layer.features, found.certain) == (256, 35, False)
    assert "order of the gates: that of TensorFlow 1 is assumed" in found.open
    assert any(text.startswith("scale: the values are int8") for text in found.open)


def test_the_layers_of_a_perceptron_without_names_are_not_taken_for_a_recurrent_one():
    shapes = [(30, 256), (256,), (256, 64), (64,), (64, 64), (64,), (64, 10), (10,)]
    assert read({f"arr_{number}": shape for number, shape in enumerate(shapes)}) == ()
