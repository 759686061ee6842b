"""Learning in NumPy beside Keras: the same losses from the same weights, step by step."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy
import pytest

import lstminspect as li

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "learn_in_numpy.py"))
PROBLEMS: dict[str, tuple[Any, ...]] = {
    "echo": (10, EXAMPLE["cross_entropy"], "categorical_crossentropy"),
    "adding": (2, EXAMPLE["squared_error"], "mean_squared_error"),
}
STEPS = 20


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_losses_are_those_of_keras_from_the_same_weights(cell: str, problem: str) -> None:
    features, loss_of, name = PROBLEMS[problem]
    layer = li.Layer(cell, units=8, features=features)
    ours = EXAMPLE["learn"](layer, EXAMPLE[problem](3), loss_of, STEPS)
    theirs = EXAMPLE["learn_in_keras"](layer, EXAMPLE[problem](3), name, STEPS)
    assert ours[0] != ours[-1]
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_adam_takes_its_first_step_as_long_as_its_rate() -> None:
    weights = {"w": numpy.zeros(2)}
    EXAMPLE["Adam"](0.01).update(weights, {"w": numpy.array([3.0, -0.2])})
    numpy.testing.assert_allclose(weights["w"], [-0.01, 0.01], rtol=1e-4)


@pytest.mark.parametrize("name", ["curves.svg"] if find_spec("matplotlib") else [])
def test_the_two_curves_are_drawn(name: str, tmp_path: Path) -> None:
    losses = numpy.linspace(2, 1, 5)
    title = "The echo problem, cross-entropy (ln 10)"
    other = "The adding problem, squared error"
    problems = {each: {"NumPy": losses, "Keras": losses} for each in (title, other)}
    EXAMPLE["plot"](problems, str(tmp_path / name))
    assert "<svg" in (tmp_path / name).read_text()
