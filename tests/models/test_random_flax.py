"""Random Flax texts in the styles that people write, each beside what real Flax makes of it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from random_flax import difference, sample

SEEDS = range(20) if find_spec("flax") else range(0)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_module_is_read_as_flax_runs_it(seed: int) -> None:
    assert difference(sample(seed)) == ""
