"""Code as people have it: cases from public files in our words, with real Keras' answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sympy

import lstminspect as li
from lstminspect.cli.main import main

CASES = json.loads((Path(__file__).parents[1] / "cases" / "reality.json").read_text("utf-8"))
#: The first words of the names of cases whose text is another framework's, or a table.
ELSEWHERE = ("pt-", "flax-", "summary-")
KERAS = {
    case["id"]: case
    for case in CASES["cases"]
    if case["verb"] == "model" and not case["id"].startswith(ELSEWHERE)
}
#: Letters of an expected formula, as the text of the case names them.
NAMES = {
    "fn-dict": {"u": "params['units']", "w": "params['width']", "c": "params['classes']"},
    "let-vocabulary": {"V": "len(letters)"},
    "let-embedding": {"W": "len(tokenizer.word_index)"},
    "let-no-input": {"f": "features"},
    "cls-subclass-open": {"f": "features"},
}


def of(key: str) -> list[str]:
    return [name for name, case in KERAS.items() if key in case["expected"]]


@pytest.mark.parametrize("name", of("total"))
def test_a_text_has_the_total_of_keras(name: str) -> None:
    found = li.model(KERAS[name]["input"])
    assert (found.parameters, found.complete) == (KERAS[name]["expected"]["total"], True)


@pytest.mark.parametrize("name", of("formula"))
def test_a_size_that_the_text_leaves_open_is_a_letter_of_the_formula(name: str) -> None:
    case = KERAS[name]
    found: Any = li.model(case["input"]).parameters
    names = NAMES.get(name, {})
    letters = {each: sympy.Symbol(names.get(each, each))
               for each in re.findall(r"[A-Za-z]\w*", case["expected"]["formula"])}  # fmt: skip
    wanted = sympy.sympify(case["expected"]["formula"], locals=letters)
    assert sympy.expand(found - wanted) == 0
    for sizes, value in case["expected"].items():
        if "=" in sizes:
            pairs = dict(each.split("=") for each in sizes.split(","))
            numbers = {names.get(key, key): int(size) for key, size in pairs.items()}
            assert li.model(case["input"], sizes=numbers).parameters == value


@pytest.mark.parametrize("name", of("rows"))
def test_rows_have_the_counts_of_keras(name: str) -> None:
    case = KERAS[name]
    counts = {row.name: row.part.parameters for row in li.model(case["input"]).rows}
    assert counts | case["expected"]["rows"] == counts
    if "total_if_known" in case["expected"]:
        assert li.model(case["input"]).parameters == case["expected"]["total_if_known"]


@pytest.mark.parametrize("name", of("says") + of("never"))
def test_the_command_says_what_it_should_and_nothing_else(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / ("case.ipynb" if name.startswith("nb-") else "case.py")
    path.write_text(KERAS[name]["input"], "utf-8")
    main(["model", str(path)])
    said = "".join(capsys.readouterr())
    missing = [each for each in KERAS[name]["expected"].get("says", ()) if each not in said]
    assert missing == []
    assert [each for each in KERAS[name]["expected"].get("never", ()) if each in said] == []


def test_the_exit_code_says_whether_the_total_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    codes = {}
    for name in ("let-vocabulary", "opq-attention", "skip-branch-two", "let-state-fault"):
        path.write_text(KERAS[name]["input"], "utf-8")
        codes[name] = main(["model", str(path)])
    assert codes == {
        "let-vocabulary": 0, "opq-attention": 1, "skip-branch-two": 1, "let-state-fault": 2,
    }  # fmt: skip
