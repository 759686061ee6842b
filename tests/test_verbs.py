"""The same verb does the same thing on the command line and in Python; earlier names still work."""

from __future__ import annotations

import pytest
from answers import model_file

import lstminspect as li
from lstminspect.cli.main import COMMANDS, main

FILE = model_file().place
#: Commands whose function has another name. Python has `open`, and `file` names what it gives.
OTHERWISE = {"file": "open_file"}
LAYER = li.Layer("lstm", units=4, features=3)
#: What each command prints, in CSV, and the public function of its name with the same arguments.
SAME = {
    "cells": lambda: [li.cells.get(name) for name in li.cells.names()],
    "compare lstm gru --units 4 --features 3": lambda: li.compare(
        "lstm", "gru", units=4, features=3
    ),
    f"convert {FILE} --to keras": lambda: li.convert(
        li.open_file(FILE).layers[0].weights(), "pytorch", "keras"
    ),
    "explain 9600": lambda: li.explain("9600"),
    "export lstm --units 4 --features 3 --to c": lambda: li.export(LAYER, "c"),
    f"file {FILE}": lambda: li.open_file(FILE),
    "fits --flash 256K --units 4 --features 3": lambda: li.fits(LAYER, flash=256 * 1024, ram=None),
    "memory --units 4 --features 3 --timesteps 9": lambda: li.memory(
        li.Layer("lstm", units=4, features=3, timesteps=9)
    ),
    "model 'LSTM(5)' --input-shape 3,2": lambda: li.model("LSTM(5)", input_shape=(3, 2)),
    "patterns many-to-one": lambda: li.patterns("many-to-one"),
    "quiz --seed 7": lambda: li.quiz(seed=7),
    "solve --parameters 17408 --features 3": lambda: li.solve(17408, features=3),
    "sweep --units 1:3 --features 3": lambda: list(li.sweep(["lstm"], range(1, 4), [3])),
    "symbols lstm gru": lambda: li.symbols("lstm", "gru"),
    "validate --cell lstm --units 4 --features 3": lambda: li.validate(LAYER),
    "window --units 4 --features 3 --steps 1,5": lambda: li.window(LAYER, [1, 5]),
}


def test_every_command_has_a_public_name() -> None:
    # A script for a shell has no use in Python.
    commands = set(COMMANDS) - {"completion"}
    assert {OTHERWISE.get(name, name) for name in commands} <= set(li.__all__)
    # A page is HTML, and has no rows.
    assert [line.split()[0] for line in SAME] == sorted(commands - {"page"})


@pytest.mark.parametrize("line", SAME)
def test_a_command_and_the_function_of_its_name_answer_the_same(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if line.startswith("validate"):
        pytest.importorskip("keras")
    assert main([*(word.strip("'") for word in line.split()), "--format", "csv"]) == 0
    assert capsys.readouterr().out == li.render(SAME[line](), "csv") + "\n"


def test_a_command_without_a_name_is_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--units", "4", "--features", "3"]) == 0
    assert capsys.readouterr().out == li.render(li.report(LAYER)) + "\n"


@pytest.mark.parametrize(
    ("former", "now"),
    [("Comparison", "Validation"), ("algebra", "symbols"), ("windows", "window")],
)
def test_a_name_of_an_earlier_version_works_with_a_warning(former: str, now: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"Write lstminspect\.{now}\."):
        assert getattr(li, former) is getattr(li, now)


def test_to_compare_with_a_framework_is_to_validate() -> None:
    pytest.importorskip("keras")
    validated = li.validate(LAYER, "keras")
    for arguments, options in [
        ((LAYER, "keras"), {}),
        ((LAYER,), {}),
        ((LAYER,), {"framework": "keras", "seed": 0}),
        ((), {"layer": LAYER}),
    ]:
        with pytest.warns(DeprecationWarning, match=r"validate\(layer, 'keras'\)"):
            assert li.compare(*arguments, **options) == validated


def test_the_warning_points_at_the_line_that_calls() -> None:
    pytest.importorskip("keras")
    with pytest.warns(DeprecationWarning, match="Write") as warned:
        li.compare(LAYER)
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="Write") as warned:
        li.algebra  # noqa: B018
    assert warned[0].filename == __file__
