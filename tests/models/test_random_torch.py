"""Random PyTorch texts in the styles that people write, each beside what real torch makes of it."""

from __future__ import annotations

import pytest
from random_torch import difference, missed, sample

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("seed", range(60))
def test_a_random_module_is_read_as_torch_runs_it(seed: int) -> None:
    assert difference(torch, sample(seed)) == ""


@pytest.mark.parametrize("seed", range(30))
def test_a_size_that_does_not_fit_is_a_fault_at_its_line(seed: int) -> None:
    assert missed(torch, sample(seed), seed) == ""
