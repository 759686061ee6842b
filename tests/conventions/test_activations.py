"""The functions that a framework runs in place of a cell's own: facts, and what follows from them.

The lists are those of the sources: torch.nn.RNN (nonlinearity), onnx/docs/Operators.md (LSTM),
coremltools 9.0 (mil/ops/defs/iOS15/recurrent.py), OpenVINO (LSTMSequence-1), cuDNN (RNN modes).
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import lstminspect as li
from lstminspect import Layer, UnknownConvention, WeightError, conventions
from lstminspect.activations import ACTIVATIONS
from lstminspect.conventions.onnx import ACTIVATIONS as OF_ONNX
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.terms.keras import written as written_in_keras

ONNX = {
    "tanh", "sigmoid", "relu", "softsign", "softplus", "leaky_relu", "thresholded_relu", "elu",
    "hard_sigmoid", "affine", "scaled_tanh",
}  # fmt: skip
# The others have no value for a number.
EVERY = {name for name in ACTIVATIONS if None not in FUNCTIONS[name].numbers}

OPTIONS = ("activation", "recurrent_activation", "output_activation")
FIXED = ({"tanh"}, {"sigmoid"}, {"tanh"})
FREE = (EVERY, EVERY, {"tanh"})
OPENVINO = {"relu", "sigmoid", "tanh"}

# By convention: the functions that an LSTM can have, in the order of OPTIONS.
OF_LSTM: dict[str, tuple[set[str], ...]] = {
    "keras": FREE,
    "flax": FREE,
    "nnx": FREE,
    "pytorch": FIXED,
    "onnx": (ONNX, ONNX, ONNX),
    "equations": (EVERY, EVERY, EVERY),
    "cudnn": FIXED,
    "coreml": tuple([OPENVINO | {"linear"}] * 3),
    "tf1": (EVERY, {"sigmoid"}, {"tanh"}),
    "haiku": FIXED,
    "openvino": (OPENVINO, OPENVINO, OPENVINO),
    "equinox": FIXED,
    "torchrecurrent": (set(), set(), set()),
}


def test_every_convention_is_in_the_table() -> None:
    assert set(OF_LSTM) == set(conventions.EVERY)


@pytest.mark.parametrize("convention", conventions.EVERY)
def test_a_convention_runs_the_functions_that_its_source_lists(convention: str) -> None:
    for option, able in zip(OPTIONS, OF_LSTM[convention], strict=True):
        for function in EVERY:
            chosen: dict[str, Any] = {option: function}
            reason = Layer("lstm", 4, 3, **chosen).why_unsupported(convention)
            assert (not reason) == (function in able), (option, function)
            if reason and convention != "torchrecurrent":  # It has no LSTM as it stands here.
                title = conventions.get(convention).title
                assert reason.startswith(f"{title} runs lstm with ")
                assert reason.endswith(f", not with {option} {function!r}")


def test_clip_is_that_of_onnx_and_openvino() -> None:
    layer = Layer("lstm", 4, 3, clip=2.0)
    able = [name for name in conventions.EVERY if not layer.why_unsupported(name)]
    assert able == ["onnx", "equations", "openvino"]
    assert layer.why_unsupported("keras") == "Keras runs lstm without a clip"


def test_keras_has_one_activation_for_the_candidate_and_the_output() -> None:
    both = Layer("lstm", 4, 3, activation="relu", output_activation="relu")
    assert not both.why_unsupported("keras")
    one = Layer("lstm", 4, 3, activation="relu", output_activation="tanh")
    reason = "Keras runs lstm with relu, not with output_activation 'tanh'"
    assert one.why_unsupported("keras") == reason


def test_a_functions_numbers_do_not_change_who_runs_it() -> None:
    layer = Layer("lstm", 4, 3, activation="leaky_relu(0.3)")
    assert not layer.why_unsupported("onnx")
    assert layer.why_unsupported("openvino")


def test_only_the_rnn_of_pytorch_has_relu() -> None:
    assert not Layer("rnn", 4, 3, activation="relu").why_unsupported("pytorch")
    reason = Layer("rnn", 4, 3, activation="gelu").why_unsupported("pytorch")
    assert reason == "PyTorch runs rnn with tanh or relu, not with activation 'gelu'"


def test_the_functions_of_onnx_are_those_of_its_nodes() -> None:
    assert {function for function, _ in OF_ONNX.values()} == ONNX


def test_weights_are_not_converted_to_another_function() -> None:
    for activation in ("relu", "hard_sigmoid"):
        layer = Layer("lstm", 16, 8, activation=activation)
        weights = li.random_weights(layer, "keras")
        with pytest.raises(
            WeightError, match=rf"not with activation '{activation}'\. The function"
        ):
            li.convert(weights, "keras", "pytorch", layer)
    layer = Layer("rnn", 5, 4, activation="relu")
    weights = li.random_weights(layer, "keras", dtype=numpy.float64)
    found = li.convert(weights, "keras", "pytorch", layer)
    x = numpy.random.default_rng(0).normal(size=(2, 6, 4))
    numpy.testing.assert_allclose(
        li.run(found.layer, found.weights, x, convention="pytorch"), li.run(layer, weights, x)
    )


def test_a_report_lists_no_framework_that_runs_another_function() -> None:
    found = li.report(Layer("lstm", 4, 3, activation="relu"))
    assert list(found.conventions) == ["keras", "flax", "nnx", "onnx"]
    assert "not with activation 'relu'" in found.unsupported["pytorch"]
    with pytest.raises(UnknownConvention, match="PyTorch runs lstm with tanh"):
        li.report(Layer("lstm", 4, 3, activation="relu"), "pytorch")


def test_keras_code_names_the_functions_that_keras_knows() -> None:
    layer = Layer("lstm", 4, 3, activation="relu", recurrent_activation="hard_sigmoid")
    code = "keras.layers.LSTM(4, activation='relu', recurrent_activation='hard_sigmoid')"
    assert written_in_keras(layer) == code
    assert written_in_keras(Layer("lstm", 4, 3, activation="leaky_relu(0.1)")) == ""
    assert written_in_keras(Layer("lstm", 4, 3, activation="step")) == ""
