"""Random whole programs, right and with a fault, each beside what real Keras says of it."""

from __future__ import annotations

import pytest
from random_programs import difference, faulty, plan, source

pytest.importorskip("keras")


@pytest.mark.parametrize("seed", range(12))
def test_a_random_program_is_not_blamed_where_keras_runs_it(seed: int) -> None:
    assert difference(source(plan(seed))) == ""


@pytest.mark.parametrize("seed", range(17))
def test_a_fault_is_found_at_the_line_at_which_keras_stops(seed: int) -> None:
    assert difference(source(faulty(plan(seed), seed))) == ""
