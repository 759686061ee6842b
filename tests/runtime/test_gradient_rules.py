"""A broken rule of a function is seen: its gradients are no slopes any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from test_gradients import TEXTS, assert_slopes_agree

import lstminspect as li
from lstminspect.runtime import derivatives, forward_values
from lstminspect.runtime.codegen import compiled, compiled_backward

#: What a rule gives in place of itself: another factor.
BROKEN = "1.01 * ({})"


@pytest.fixture(autouse=True)
def nothing_compiled() -> Iterator[None]:
    """Functions that were compiled with a broken rule are not left for another test."""
    compiled_backward.cache_clear()
    yield
    compiled_backward.cache_clear()
    compiled.cache_clear()


def assert_red(function: str) -> None:
    with pytest.raises(AssertionError, match="assert"):
        assert_slopes_agree(li.Cell(TEXTS[function]), masked=False)


@pytest.mark.parametrize("function", sorted(derivatives.DERIVATIVES))
def test_a_broken_derivative_goes_red(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = derivatives.DERIVATIVES[function]
    monkeypatch.setitem(derivatives.DERIVATIVES, function, BROKEN.format(rule))
    assert_red(function)


@pytest.mark.parametrize("function", sorted(derivatives.BACKWARD))
def test_a_broken_function_of_vectors_goes_red(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, _, body = derivatives.BACKWARD[function].partition("\n")
    broken = f"{head}\n    d = 1.01 * d\n{body}"
    monkeypatch.setitem(derivatives.BACKWARD, function, broken)
    assert_red(function)


@pytest.mark.parametrize("function", ["max", "min"])
def test_the_other_side_of_an_extreme_goes_red(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = derivatives.LARGER.replace(">", "<")
    monkeypatch.setattr(forward_values, "LARGER", turned)
    assert_red(function)


def test_every_rule_is_among_those_that_are_broken() -> None:
    ruled = {*derivatives.DERIVATIVES, *derivatives.BACKWARD, "max", "min", "step", "transpose"}
    assert ruled == set(TEXTS)
