"""Whole models against real Keras: layer by layer, from the model, its JSON and its file."""

from __future__ import annotations

import io
import math
import os
import re
from typing import Any

import pytest
from random_models import KerasModels

import lstminspect as li

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")


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
    total = re.search(r"Total params: ([\d,]+)", text.getvalue())
    assert total is not None
    assert int(total[1].replace(",", "")) == found.parameters


@pytest.mark.parametrize("seed", range(50))
def test_a_random_sequential_model_agrees_with_keras(seed: int) -> None:
    check(KerasModels(keras, seed).sequential())


@pytest.mark.parametrize("seed", range(50))
def test_a_random_functional_model_agrees_with_keras(seed: int) -> None:
    check(KerasModels(keras, seed).functional())
