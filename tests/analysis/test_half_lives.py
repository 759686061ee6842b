"""Half-lives with the first weights that the real frameworks draw, over several seeds."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

import pytest

REAL = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "half_lives.py"))
SEEDS = range(5)
#: Of a framework and a cell: between which numbers the mean lies, in steps.
PUBLISHED = {
    ("pytorch", "lstm"): (1.4, 1.75),
    ("pytorch", "gru"): (1.4, 1.75),
    ("pytorch", "rnn"): (1.1, 1.35),
    ("keras", "lstm"): (3.8, 4.8),
    ("keras", "gru"): (1.4, 1.7),
    ("keras", "rnn"): (2.9, 3.4),
    ("flax", "lstm"): (1.4, 1.7),
    ("flax", "rnn"): (1.4, 1.7),
    ("haiku", "lstm"): (6, 9),
    ("tf1", "lstm"): (4.4, 6.5),
}
INSTALLED = [each for each in PUBLISHED if find_spec(REAL["DRAWN"][each[0]][1])]


@pytest.mark.parametrize(("framework", "cell"), INSTALLED)
def test_first_weights_of_a_framework_have_the_half_life_that_is_published(
    framework: str, cell: str
) -> None:
    layer, draw = REAL["layer_of"](cell), REAL["DRAWN"][framework][0]
    lives = [REAL["life"](layer, draw(cell, seed), framework) for seed in SEEDS]
    low, high = PUBLISHED[framework, cell]
    assert low < mean(lives) < high
    assert max(lives) < 1.8 * min(lives)


def test_chrono_biases_give_the_lstm_of_keras_73_steps() -> None:
    layer = REAL["layer_of"]("lstm")
    lives = [REAL["life"](layer, REAL["chrono"](seed), "keras") for seed in SEEDS]
    assert 68 < mean(lives) < 80


def test_a_forget_bias_of_0_takes_two_thirds_of_the_half_life() -> None:
    layer = REAL["layer_of"]("lstm")
    without = mean(REAL["life"](layer, REAL["without_forget_bias"](s), "keras") for s in SEEDS)
    assert 1.3 < without < 1.6
