"""Our starts beside the weights that the real frameworks draw: the same distributions."""

from __future__ import annotations

import runpy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy
import pytest

import lstminspect as li
from lstminspect.weights.pack import checked

REAL = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "half_lives.py"))
SEEDS = range(6)
CASES = [
    (framework, cell)
    for framework, (_, package, its_cells) in REAL["DRAWN"].items()
    for cell in its_cells
    if find_spec(package)
]


@cache
def draws(framework: str, cell: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors of the framework and ours, by name, with one axis more for the seeds."""
    layer = REAL["layer_of"](cell)
    draw = REAL["DRAWN"][framework][0]
    stored = layer.stored(framework)
    theirs = [checked(stored, draw(cell, seed), "float64") for seed in SEEDS]
    ours = [li.initial_weights(layer, framework, seed, True, "f8", framework) for seed in SEEDS]
    return tuple(  # type: ignore[return-value]
        {name: numpy.stack([each[name] for each in several]) for name in ours[0]}
        for several in (theirs, ours)
    )


def apart(ones: Any, others: Any) -> float:
    """The largest difference of two cumulative distributions (Kolmogorov and Smirnov)."""
    ones, others = numpy.sort(ones, axis=None), numpy.sort(others, axis=None)
    every = numpy.concatenate([ones, others])
    shares = [numpy.searchsorted(each, every, side="right") / each.size for each in (ones, others)]
    return float(numpy.abs(shares[0] - shares[1]).max())


def orthonormal(matrices: Any) -> bool:
    shorter = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.swapaxes(1, 2)
    products = shorter @ shorter.swapaxes(1, 2)
    return bool(numpy.allclose(products, numpy.eye(products.shape[1]), atol=1e-5))


@pytest.mark.parametrize(("framework", "cell"), CASES)
def test_numbers_are_distributed_as_the_framework_draws_them(framework: str, cell: str) -> None:
    theirs, ours = draws(framework, cell)
    for name, array in ours.items():
        # A limit that two samples of one distribution pass once in a thousand times.
        limit = 1.95 * (2 / array.size) ** 0.5
        assert apart(array, theirs[name]) < limit, name
        assert array.std() == pytest.approx(theirs[name].std(), rel=0.08), name


@pytest.mark.parametrize(("framework", "cell"), CASES)
def test_numbers_have_the_bounds_of_the_framework(framework: str, cell: str) -> None:
    theirs, ours = draws(framework, cell)
    for name, array in ours.items():
        if array.ndim < 3 or not orthonormal(array):
            assert abs(array).max() == pytest.approx(abs(theirs[name]).max(), rel=0.05), name


@pytest.mark.parametrize(("framework", "cell"), CASES)
def test_what_is_constant_in_the_framework_is_so_here(framework: str, cell: str) -> None:
    theirs, ours = draws(framework, cell)
    for name, array in ours.items():
        constant = numpy.ptp(theirs[name], axis=0) == 0
        assert numpy.array_equal(constant, numpy.ptp(array, axis=0) == 0), name
        assert numpy.array_equal(array[:, constant], theirs[name][:, constant]), name


@pytest.mark.parametrize(("framework", "cell"), CASES)
def test_a_matrix_is_orthogonal_where_that_of_the_framework_is(framework: str, cell: str) -> None:
    theirs, ours = draws(framework, cell)
    for name, array in ours.items():
        if array.ndim == 3:
            assert orthonormal(array) == orthonormal(theirs[name]), name


def test_a_framework_without_the_cell_draws_its_blocks_by_the_same_rule() -> None:
    layer = li.Layer("peephole", units=16, features=4)
    drawn = li.initial_weights(layer, "equations", dtype="f8", start="haiku")
    assert drawn["b_f"].tolist() == [1.0] * 16
    assert 0.3 < abs(drawn["W_i"]).max() <= 1
    assert abs(drawn["U_i"]).max() <= 0.5


def test_the_gates_of_a_gru_of_tensorflow_1_start_at_one() -> None:
    layer = li.Layer("gru", units=16, features=4)
    drawn = li.initial_weights(layer, "equations", start="tf1")
    assert [drawn[name][0] for name in ("b_r", "b_z", "b_n")] == [1, 1, 0]
