"""The table of losses: which target fits which output, held to what the frameworks do."""

from __future__ import annotations

import os
import warnings

import pytest

from lstminspect.models.reading.losses import KERAS, disagreement, keras_loss

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

SHAPES = (
    ((4,), (4,)), ((4,), (4, 1)), ((4, 1), (4, 1)), ((4,), (4, 3)), ((4, 1), (4, 3)),
    ((4, 3), (4, 3)), ((4, 2), (4, 3)), ((4, 3), (4, 1)), ((4, 5), (4, 5, 1)),
    ((4, 5, 1), (4, 5, 1)), ((4, 5, 1), (4, 5, 3)), ((4, 5), (4, 5, 3)), ((4, 5, 3), (4, 5, 3)),
    ((4, 3), (4, 5, 3)), ((4, 5, 3), (4, 3)), ((4, 5, 1), (4, 1)), ((4, 6, 3), (4, 5, 3)),
    ((4, 1), (4, 5, 1)), ((4, 5, 3), (4, 5, 1)), ((4, 1, 1), (4, 1)), ((4, 6), (4, 5, 3)),
)  # fmt: skip


@pytest.mark.parametrize(("target", "output"), SHAPES, ids=str)
@pytest.mark.parametrize("name", KERAS)
def test_a_loss_of_keras_refuses_what_the_table_says(
    name: str, target: tuple[int, ...], output: tuple[int, ...]
) -> None:
    loss = keras.losses.get(name)
    if not isinstance(loss, keras.losses.Loss):
        loss = keras.src.losses.losses.LossFunctionWrapper(loss)
    found = disagreement(KERAS[name], target, output)
    try:
        # One output for several classes is only a warning of Keras'.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loss(keras.ops.zeros(target), keras.ops.ones(output) * 0.5)
        runs = True
    except Exception:  # What TensorFlow raises has many types.
        runs = False
    assert runs == (found is None or found.is_silent), found


def test_every_loss_of_the_table_has_a_name_that_keras_knows() -> None:
    assert all(callable(keras.losses.get(name)) for name in KERAS)


@pytest.mark.parametrize("name", ["MeanSquaredError", "MSE", "KLDivergence", "BinaryCrossentropy",
                                  "SparseCategoricalCrossentropy", "LogCosh"])  # fmt: skip
def test_a_class_of_keras_is_the_function_of_its_name(name: str) -> None:
    assert keras_loss(name) in KERAS
