"""Sweeps, windows and algebra."""

from __future__ import annotations

import tracemalloc
from itertools import islice

import numpy
import pytest
import sympy

from lstminspect import (
    Layer,
    OptionError,
    SizeError,
    UnknownConvention,
    cells,
    sweep,
    symbols,
    window,
)


def test_a_sweep_is_the_layers_one_by_one() -> None:
    rows = list(sweep(["gru", "lstm"], range(3, 40, 7), [1, 5, 9], "pytorch", layers=2))
    assert len(rows) == 2 * 6 * 3
    for row in rows:
        layer = Layer(row.cell, row.units, row.features, layers=2)
        assert row.parameters == layer.parameters_in("pytorch")
        assert type(row.parameters) is int
    assert [row.units for row in rows[:4]] == [3, 3, 3, 10]


def test_a_sweep_is_exact_beyond_64_bits() -> None:
    *_, last = sweep(["lstm"], [10, 10**12], [3])
    assert last.parameters == Layer("lstm", 10**12, 3).parameters


def test_a_sweep_holds_a_chunk_at_most() -> None:
    numpy.zeros(1)
    tracemalloc.start()
    rows = sweep(["lstm"], range(1, 10**7), range(1, 10**6))
    assert sum(1 for _ in islice(rows, 250_000)) == 250_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_a_sweep_is_refused_before_its_first_row() -> None:
    with pytest.raises(SizeError, match="units must be a positive whole number, got 0"):
        sweep(["lstm"], range(5), [3])
    with pytest.raises(OptionError, match="features has no value"):
        sweep(["lstm"], range(1, 5), [])
    with pytest.raises(SizeError, match="sru adds its input to its state"):
        sweep(["sru"], [3], [4])
    with pytest.raises(SizeError, match="features must be units, got others"):
        list(sweep(["sru"], [3, 4], [3]))


def test_a_window_network_grows_and_a_recurrent_layer_does_not() -> None:
    found = window(Layer("lstm", units=64, features=3), [1, 30, 100])
    assert [window.perceptron for window in found] == [64 * 3 * n + 64 for n in (1, 30, 100)]
    assert {window.recurrent for window in found} == {17408}


def texts(*names: str, **options: object) -> dict[str, str]:
    return {result.what: result.text for result in symbols(*names, **options).results}


def test_closed_forms_are_written_as_a_person_writes_them() -> None:
    assert texts("lstm")["parameters"] == "4·(units·(units + features) + units)"
    found = texts("lstm", "gru")
    assert found["difference"] == "units·(features + units - 2)"
    assert found["ratio for many units"] == "4/3"
    assert found["ratio for many features"] == "4/3"
    assert texts("lstm", "indrnn")["ratio for many units"] == "oo"


@pytest.mark.parametrize("name", cells.names())
def test_one_more_unit_costs_what_the_letters_say(name: str) -> None:
    found = symbols(name)
    cell = cells.get(name)
    own = {"projection": 3, "context": 6, "heads": 1, "groups": 1}
    own = {key: value for key, value in own.items() if key in cell.size_names}
    fixed = "x" in cell.declared

    def count(units: int, features: int) -> int:
        sizes = {"units": units, "features": units if fixed else features}
        return int(Layer(cell, **sizes, **own).parameters)

    values = found.at(units=12, features=5, **own)
    assert values["parameters"] == count(12, 5)
    assert values["one more unit"] == count(13, 5) - count(12, 5)
    if "one more feature" in values:
        assert values["one more feature"] == count(12, 6) - count(12, 5)


def test_the_dominating_term_is_the_limit() -> None:
    for name in ("lstm", "gru", "peephole_full", "indrnn"):
        found = {result.what: result.expression for result in symbols(name).results}
        units = next(each for each in found["parameters"].free_symbols if each.name == "units")
        ratio = found["parameters"] / found["dominates for many units"]
        assert sympy.limit(ratio, units, sympy.oo) == 1


def test_algebra_knows_conventions_and_refuses_numbers() -> None:
    assert texts("lstm", convention="pytorch")["one more unit"] == "4·features + 8·units + 12"
    assert texts("lstm", layers=2, bidirectional=True)["parameters"].startswith("2·4·(units")
    with pytest.raises(OptionError, match="units is a letter here"):
        symbols("lstm", units=3)
    with pytest.raises(UnknownConvention, match="Keras has no peephole"):
        symbols("peephole", convention="keras")
