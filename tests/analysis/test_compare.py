"""Layers side by side: every one counted under one convention, which the title says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from lstminspect import (
    Layer,
    LstmInspectError,
    OptionError,
    UnknownConvention,
    compare,
    cost,
    render,
)
from lstminspect.cli.main import main


def layers(*names: str) -> list[Layer]:
    return [Layer(name, 64, 3) for name in names]


@pytest.mark.parametrize(
    ("names", "convention"),
    [
        (("lstm", "gru"), "keras"),
        (("lstm", "gru", "cifg"), "equations"),
        (("cifg", "mgu"), "equations"),
    ],
)
def test_all_are_counted_under_one_convention(names: tuple[str, ...], convention: str) -> None:
    compared = compare(*layers(*names))
    assert [each.name for each in compared.stored] == [convention] * len(names)
    data = json.loads(render(layers(*names), "json"))["layers"]
    assert {each["convention"] for each in data} == {convention}
    for each, layer in zip(data, layers(*names), strict=True):
        assert each["parameters"] == layer.parameters_in(convention)


def test_the_title_says_the_convention() -> None:
    title = "2 cells of 64 units on 3 features, as Keras stores them"
    assert render(layers("lstm", "gru")).splitlines()[0] == title
    title = "2 cells of 64 units on 3 features, counted by the equations"
    assert render(layers("gru", "cifg")).splitlines()[0] == title


def test_the_command_takes_a_convention(capsys: pytest.CaptureFixture[str]) -> None:
    line = "compare lstm gru --units 64 --features 3 --convention pytorch"
    assert main(line.split()) == 0
    out = capsys.readouterr().out
    assert "as PyTorch stores them" in out
    assert "17,664" in out
    assert "13,248" in out
    assert main(line.replace("gru", "cifg").split()) == 2
    assert "PyTorch has no cifg" in capsys.readouterr().err


def test_a_cell_that_it_does_not_store_is_refused() -> None:
    with pytest.raises(UnknownConvention, match="PyTorch has no cifg"):
        compare(*layers("lstm", "cifg"), convention="pytorch")


def in_one_line(answer: object) -> str:
    """The words of an answer, without the ends of its lines."""
    return " ".join(render(answer).split())


BUDGETS = [100, 5000, 100_000, 123_457]


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_budget_gives_each_cell_the_most_units_within_it(budget: int) -> None:
    names = ("lstm", "gru", "peephole", "min_gru", "slstm")
    compared = compare(*names, features=3, parameters=budget, heads=2)
    for layer, stored in zip(compared.layers, compared.stored, strict=True):
        own = dict(layer.extra)
        step = own.get("heads", 1)
        above = Layer(layer.cell, layer.units + step, 3, **own).parameters_in("equations")
        assert stored.parameters == layer.parameters_in("equations") <= budget < above


@pytest.mark.parametrize("budget", BUDGETS)
def test_the_nearest_count_may_be_above_the_budget(budget: int) -> None:
    for name in ("lstm", "gru", "peephole", "min_gru"):
        compared = compare(name, "rnn", features=3, parameters=budget, nearest=True)
        convention = compared.stored[0].name
        counts = Layer(name, numpy.arange(1, 40_000), 3).parameters_in(convention)
        assert compared.stored[0].parameters == min(counts, key=lambda count: abs(count - budget))


def test_a_nearest_count_is_there_for_a_budget_that_nothing_is_within() -> None:
    assert compare("lstm", features=3, parameters=5, nearest=True).layers[0].units == 1
    with pytest.raises(OptionError, match="no lstm is within 5 parameters: 1 unit has 20"):
        compare("lstm", "rnn", features=3, parameters=5)
    with pytest.raises(OptionError, match="no slstm is within 5 parameters: 2 units have 40"):
        compare("slstm", features=3, parameters=5, heads=2)


def test_a_budget_is_kept_in_the_convention_that_counts_all() -> None:
    # Keras' GRU has a bias more for each gate: 166 of its units are within, 167 by the equations.
    budget = Layer("gru", 167, 32).parameters_in("equations")
    assert compare("lstm", "gru", features=32, parameters=budget).layers[1].units == 166
    assert compare("cifg", "gru", features=32, parameters=budget).layers[1].units == 167


def test_a_cell_can_have_units_of_its_own() -> None:
    named = compare("lstm", "gru:73", ("rnn", 7), units=64, features=3)
    assert [layer.units for layer in named.layers] == [64, 73, 7]
    assert named.fixed == (1, 2)
    budget = compare("lstm", "gru:73", features=3, parameters=17_408)
    assert [layer.units for layer in budget.layers] == [64, 73]
    assert "the most within it, but for gru:73." in in_one_line(budget)
    assert (
        compare("lstm:u", features="f").stored[0].parameters == Layer("lstm", "u", "f").parameters
    )


def test_what_stands_in_the_columns_is_what_cost_says() -> None:
    compared = compare("lstm", "sru", units=8, features=8, timesteps=5, batch=2, dtype="float16")
    written = json.loads(render(compared, "json"))["layers"]
    for layer, row in zip(compared.layers, written, strict=True):
        costs = cost(layer, "equations", "float16")
        assert row["macs_per_step"] == costs.step.macs
        assert row["weight_bytes"] == 2 * row["parameters"]
        assert row["training_bytes"] == costs.training.bytes()
        assert row["state"] * 2 * 2 == costs.bytes.states
    assert [row["difference"] for row in written] == [0, written[1]["parameters"] / 544 - 1]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((), {}, r"compare needs cells"),
        (("lstm", "gru"), {"features": 3}, r"units is missing.*'lstm:64'.*parameters=100000"),
        (("lstm",), {"features": 3, "units": 3, "parameters": 99}, r"two ways to say"),
        (("lstm",), {"features": 3, "units": 3, "nearest": True}, r"nearest goes with a budget"),
        (("lstm",), {"features": 3, "parameters": 2.5}, r"parameters must be a positive whole"),
        (("lstm",), {"features": 3, "parameters": "p"}, r"parameters must be one whole number"),
        ((Layer("lstm", 4, 3), "gru"), {}, r"Do not mix the two"),
        ((Layer("lstm", 4, 3), Layer("gru", 4, 3)), {"units": 3}, r"Do not mix the two"),
        (("lstm", "gru"), {"units": 4, "features": 3, "projection": 2}, r"no option 'projection'"),
        (("lstm:2.5",), {"features": 3}, r"got '2.5'"),
        (("lstm:",), {"features": 3}, r"got ''"),
        (("lsmt:3",), {"features": 3}, r"Did you mean 'lstm'"),
        (("lstm",), {"features": "f", "parameters": 99}, r"solving needs numbers"),
        (("lstm",), {"features": 3, "units": 4, "dtype": "float8"}, r"no dtype called 'float8'"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(LstmInspectError, match=message):
        compare(*arguments, **options)


def test_the_title_has_only_what_all_have_in_common() -> None:
    different = compare(Layer("lstm", 4, 3), Layer("gru", 4, 5))
    assert render(different).splitlines()[0] == "2 cells of 4 units, as Keras stores them"
    assert "on" not in render(compare("lstm:3", "gru:4", features=2)).partition(" on 2 ")[0]


def test_why_the_equations_count_is_said() -> None:
    reason = "Keras does not store cifg: all are counted by their equations"
    assert reason in in_one_line(compare("gru", "cifg", units=4, features=3))
    assert "Keras does not store" not in render(compare("mgu", "cifg", units=4, features=3))


def test_the_command_takes_a_cell_of_a_file_with_units(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("h = tanh(W_h @ x)\n", "utf-8")
    assert (
        main(
            [
                "compare",
                f"{file}:7",
                "lstm:2",
                str(file),
                "--features",
                "3",
                "--units",
                "5",
                "--format",
                "csv",
            ]
        )
        == 0
    )
    rows = [line.split(",")[:5] for line in capsys.readouterr().out.splitlines()[1:]]
    assert [(row[0], row[2], row[4]) for row in rows] == [
        ("mine", "7", "21"),
        ("lstm", "2", "48"),
        ("mine", "5", "15"),
    ]
