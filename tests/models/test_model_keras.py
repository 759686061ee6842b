"""Whole models against real Keras: layer by layer, from the model, its JSON and its file."""

from __future__ import annotations

import io
import math
import os
import re
import warnings
from typing import Any

import pytest
from random_models import KerasModels
from snippets import SNIPPETS

import lstminspect as li
from lstminspect.models.patterns import PATTERNS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
# Layers that do not know masks are among the random ones, and Keras says so.
pytestmark = pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")


def shapes_of(layer: Any) -> Any:
    """What Keras says that a layer returned first, as a tuple of shapes."""
    found = layer.output
    several = found if isinstance(found, list | tuple) else [found]
    return tuple(tuple(each.shape) for each in several)


def check(model: Any) -> None:
    found = li.model(model)
    assert found.parameters == model.count_params()
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert found.trainable == trainable
    assert found.outputs == tuple(tuple(each.shape) for each in model.outputs)
    rows = {row.name: row for row in found.rows if row.first}
    for layer in model.layers:
        row = rows[layer.name]
        assert row.part.parameters == layer.count_params(), layer.name
        if len(layer._inbound_nodes) == 1:
            assert row.part.outputs == shapes_of(layer), layer.name
        stored = sorted(tuple(weight.shape) for weight in layer.weights)
        assert sorted(tensor.shape for tensor in row.part.every_tensor) == stored, layer.name
    text = io.StringIO()
    model.summary(print_fn=lambda line: text.write(line + "\n"))
    printed = {"Total": found.parameters, "Trainable": found.trainable}
    for name, number in printed.items():
        line = re.search(rf"{name} params: ([\d,]+)", text.getvalue())
        assert line is not None
        assert int(line[1].replace(",", "")) == number


@pytest.mark.parametrize("seed", range(50))
def test_a_random_sequential_model_agrees_with_keras(seed: int) -> None:
    check(KerasModels(keras, seed).sequential())


@pytest.mark.parametrize("seed", range(50))
def test_a_random_functional_model_agrees_with_keras(seed: int) -> None:
    check(KerasModels(keras, seed).functional())


def run(text: str) -> Any:
    """The model that real Keras makes of a text."""
    names: dict[str, Any] = {"keras": keras}
    exec(text, names)
    return names["model"]


@pytest.mark.parametrize("name", SNIPPETS)
def test_code_that_is_read_says_what_keras_says_of_it(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras would rather have an Input than an input_shape.
        model = run(SNIPPETS[name])
    found = li.model(SNIPPETS[name])
    assert found.parameters == model.count_params()
    assert found.outputs == tuple(tuple(each.shape) for each in model.outputs)
    ours = [row.part.parameters for row in found.rows if row.first and row.part.parameters]
    theirs = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert sorted(ours) == sorted(theirs)
    assert not found.opaque
    check(model)


@pytest.mark.parametrize(
    "application",
    [each for pattern in PATTERNS for each in pattern.applications],
    ids=lambda application: application.what[:30],
)
def test_a_model_of_every_application_runs_in_keras(application: Any) -> None:
    names = {"Input": keras.Input, "Model": keras.Model, **vars(keras.layers)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "model =" in application.code:
            exec(application.code, names)
            model: Any = names["model"]
        else:
            model = keras.Sequential(list(eval(f"({application.code},)", names)))
    found = li.model(application.code)
    assert found.parameters == model.count_params()
    assert found.outputs == tuple(tuple(each.shape) for each in model.outputs)
    sizes = [[size or 2 for size in each.shape] for each in model.inputs]
    x = [keras.ops.zeros(shape) for shape in sizes]
    assert model(x if len(x) > 1 else x[0]).shape[-1] == (found.outputs[0] or (0,))[-1]


KERAS_2 = """
{"class_name": "Model", "keras_version": "2.2.4", "backend": "tensorflow", "config": {
 "name": "model_1", "layers": [
  {"name": "words", "class_name": "InputLayer", "inbound_nodes": [],
   "config": {"batch_input_shape": [null, 12], "dtype": "int32", "sparse": false, "name": "words"}},
  {"name": "embed", "class_name": "Embedding", "inbound_nodes": [[["words", 0, 0, {}]]],
   "config": {"name": "embed", "trainable": false, "input_dim": 50, "output_dim": 6}},
  {"name": "read", "class_name": "LSTM", "inbound_nodes": [[["embed", 0, 0, {}]]],
   "config": {"name": "read", "units": 7, "return_state": true, "implementation": 1}},
  {"name": "write", "class_name": "LSTM",
   "inbound_nodes": [[["embed", 0, 0, {}], ["read", 0, 1, {}], ["read", 0, 2, {}]]],
   "config": {"name": "write", "units": 7, "return_sequences": true}},
  {"name": "gru", "class_name": "GRU", "inbound_nodes": [[["write", 0, 0, {}]]],
   "config": {"name": "gru", "units": 4}},
  {"name": "fast", "class_name": "CuDNNGRU", "inbound_nodes": [[["write", 0, 0, {}]]],
   "config": {"name": "fast", "units": 4}},
  {"name": "own", "class_name": "Highway", "inbound_nodes": [[["write", 0, 0, {}]]],
   "config": {"name": "own", "units": 4}},
  {"name": "out", "class_name": "Dense", "inbound_nodes": [[["gru", 0, 0, {}]]],
   "config": {"name": "out", "units": 3, "activation": "softmax"}}],
 "input_layers": [["words", 0, 0]], "output_layers": [["out", 0, 0]]}}
"""


def test_a_file_of_keras_2_is_read() -> None:
    found = li.model(KERAS_2)
    counts = {row.name: row.part.parameters for row in found.rows}
    lstm = li.Layer("lstm", 7, 6).parameters
    before = li.Layer("gru_reset_before", 4, 7).parameters
    assert counts == {
        "own": 0, "fast": 3 * 4 * (4 + 7) + 6 * 4,
        "words": 0, "embed": 300, "read": lstm, "write": lstm, "gru": before, "out": 15,
    }  # fmt: skip
    assert found.trainable == found.parameters - 300
    assert [row.name for row in found.opaque] == ["own"]
    assert found.outputs == ((None, 3),)


def test_a_layer_of_ones_own_is_counted_from_the_live_model() -> None:
    class Scaled(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],))

        def call(self, x: Any) -> Any:
            return x * self.scale

    x = keras.Input((5, 3))
    model = keras.Model(x, keras.layers.LSTM(4)(Scaled(name="scaled")(x)))
    found = li.model(model)
    assert found.parameters == model.count_params() == 3 + li.Layer("lstm", 4, 3).parameters
    assert found.outputs == ((None, 4),)
    assert found.rows[1].part.opaque


def test_a_model_of_ones_own_class_is_listed() -> None:
    class Own(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.read, self.out = keras.layers.LSTM(4), keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.out(self.read(x))

    model = Own()
    model(keras.ops.zeros((2, 5, 3)))
    found = li.model(model)
    assert found.parameters == model.count_params()
    assert [row.layer_type for row in found.rows] == ["LSTM", "Dense"]
    assert "its code is not run" in li.render(found)


def test_bidirectional_of_a_layer_that_reads_backward_wants_both_sides() -> None:
    inner = "LSTM(4, go_backwards=True)"
    with pytest.raises(ValueError, match="go_backwards"):
        keras.layers.Bidirectional(eval(inner, vars(keras.layers)))
    with pytest.raises(li.ModelError, match="backward_layer"):
        li.model(f"Bidirectional({inner}, input_shape=(5, 3))")
    both = f"Bidirectional({inner}, backward_layer=LSTM(4), input_shape=(5, 3))"
    assert li.model(both).outputs == ((None, 8),)
