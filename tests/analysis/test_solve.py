"""The inverse: exact integers, of any size, for every cell."""

from __future__ import annotations

from math import lcm
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import fitting

from lstminspect import Cell, Layer, OptionError, SizeError, cells, conventions, solve
from lstminspect.analysis.bisection import largest
from lstminspect.analysis.fit import fits


def test_the_lecture_backwards() -> None:
    found = solve(17408, "lstm", features=3)
    assert (found.value, found.exact, found.convention) == (64, True, "keras")
    assert solve(17664, "lstm", "pytorch", features=3).value == 64
    assert solve(3600, "lstm", features=10).value == 25
    assert solve(9600, "gru", features=16, bidirectional=True).value == 32
    assert solve(17408, "lstm", find="features", units=64).value == 3
    assert solve(6144, "projected", find="projection", units=64, features=3).value == 16


def test_a_budget_without_an_exact_answer_lies_between_two() -> None:
    found = solve(1_000_000, "lstm", features=3)
    assert not found.exact
    assert found.value is not None
    assert found.above == found.value + 1
    assert Layer("lstm", found.value, 3).parameters == found.parameters
    assert found.parameters is not None
    assert found.parameters_above is not None
    assert found.parameters < 1_000_000 < found.parameters_above


def test_a_budget_below_the_smallest_has_no_answer() -> None:
    found = solve(11, "lstm", features=1)
    assert (found.value, found.parameters) == (None, None)
    assert (found.above, found.parameters_above) == (1, 12)


def test_layers_end_where_layers_end() -> None:
    count = Layer("rnn", 4, 3, layers=7).parameters
    found = solve(count, "rnn", find="layers", units=4, features=3)
    assert (found.value, found.exact, found.above) == (7, True, 8)
    found = solve(10**12, "rnn", find="layers", units=4, features=3)
    assert (found.value, found.above) == (1000, None)


@given(st.sampled_from(cells.names()), st.integers(1, 10**9), st.booleans(), st.integers(1, 3))
def test_solving_finds_the_units_that_were_counted(
    name: str, quarter: int, both: bool, layers: int
) -> None:
    cell = cells.get(name)
    sizes = fitting(cell, 4 * quarter)
    options: dict[str, Any] = {"bidirectional": both, "layers": layers}
    options |= {"merge_mode": "sum"} if both else {}
    for convention in conventions.CONVENTIONS:
        layer = Layer(cell, **sizes, **options)
        if layer.why_unsupported(convention):
            continue
        rest = {key: value for key, value in sizes.items() if key != "units"}
        if "x" in cell.declared:
            del rest["features"]
        found = solve(layer.parameters_in(convention), cell, convention, **rest, **options)
        assert (found.value, found.exact) == (4 * quarter, True)


@given(st.integers(12, 10**18))
def test_any_budget_lies_between_the_two(budget: int) -> None:
    found = solve(budget, "gru", "pytorch", features=7, layers=2)
    assert found.parameters_above is not None
    assert found.parameters_above > budget >= (found.parameters or 0)


def test_units_in_parts_come_in_multiples() -> None:
    found = solve(100_000, "slstm", features=3, heads=6)
    assert found.value is not None
    assert found.value % 6 == 0
    assert found.above == found.value + 6


TWO_CUTS = """
U_h: blocks(heads)
V_h: triangular(groups)
h = tanh(W_h @ x + U_h @ h + V_h @ h + b_h)
"""


@given(st.integers(1, 12), st.integers(1, 12), st.integers(100, 10**6))
def test_the_largest_that_fits_is_a_multiple_of_every_number_of_parts(
    heads: int, groups: int, flash: int
) -> None:
    step = lcm(heads, groups)

    def layer(units: int) -> Layer:
        return Layer(Cell(TWO_CUTS), units, 3, heads=heads, groups=groups)

    most = fits(layer(step), flash=flash).largest
    if most is not None:
        assert most % step == 0
        assert fits(layer(most), flash=flash).does
    assert not fits(layer((most or 0) + step), flash=flash).does


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_largest_number_is_found_up_to_the_last(edge: int, most: int) -> None:
    assert largest(lambda number: number <= edge, most) == min(edge, most)
    assert largest(lambda number: number <= edge) == edge


def test_what_cannot_be_solved_is_refused() -> None:
    with pytest.raises(OptionError, match=r"cannot solve for 'unit' of lstm. Did you mean 'units'"):
        solve(100, find="unit", features=3)
    with pytest.raises(OptionError, match="cannot solve for 'features' of sru"):
        solve(100, "sru", find="features", units=3)
    with pytest.raises(OptionError, match="units is what is to be found"):
        solve(100, units=3, features=3)
    with pytest.raises(OptionError, match="solving needs numbers"):
        solve(100, features="f")
    with pytest.raises(SizeError, match="features is missing"):
        solve(100)
    for budget in (0, -1, 2.5, True, "many!"):
        with pytest.raises(SizeError, match="parameters must be a positive whole number"):
            solve(budget, features=3)  # type: ignore[arg-type]
