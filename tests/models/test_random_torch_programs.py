"""Random PyTorch programs: no false alarm on those that run, every fault at its line."""

from __future__ import annotations

import pytest
from random_torch_programs import false_alarm, missed, program

pytest.importorskip("torch")


@pytest.mark.parametrize("seed", range(30))
def test_a_program_that_runs_is_not_blamed(seed: int) -> None:
    assert false_alarm(program(seed)) == ""


@pytest.mark.parametrize("seed", range(60))
def test_a_fault_in_data_target_or_loss_is_at_its_line_and_explained(seed: int) -> None:
    assert missed(program(seed), seed // 7) in ("", None)
