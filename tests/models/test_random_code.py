"""Random Keras texts in the styles that people write, each beside what real Keras makes of it."""

from __future__ import annotations

import os

import pytest
import sympy
from random_code import Sample, difference, sample

import lstminspect as li

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")


@pytest.mark.parametrize("seed", range(60))
def test_a_random_text_is_read_as_keras_builds_it(seed: int) -> None:
    assert difference(keras, sample(seed)) == ""


def lettered() -> list[Sample]:
    return [drawn for seed in range(300) if (drawn := sample(seed)).sizes][:20]


@pytest.mark.parametrize("drawn", lettered(), ids=lambda drawn: drawn.style)
def test_letters_with_numbers_put_in_are_the_numbers_from_the_start(drawn: Sample) -> None:
    letters, numbers = li.model(drawn.text), li.model(drawn.text, sizes=drawn.sizes)
    values = {sympy.Symbol(name): value for name, value in drawn.sizes.items()}

    def put(size: object) -> object:
        return int(size.subs(values)) if isinstance(size, sympy.Expr) else size

    assert put(letters.parameters) == numbers.parameters
    for one, other in zip(letters.rows, numbers.rows, strict=True):
        shapes = [tuple(map(put, shape)) for shape in one.part.outputs or ()]
        assert shapes == list(other.part.outputs or ())
