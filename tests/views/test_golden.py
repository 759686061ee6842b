"""Golden outputs of every answer, and their totals added up again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from answers import ANSWERS, answer
from test_render import ENDINGS, GOLDEN, READERS

import lstminspect as li
from lstminspect import render
from lstminspect.models.summary import Summary

FOLDER = GOLDEN / "answers"
#: Lessons are long: their words and their data are kept, not every medium.
KEPT = {
    (name, format)
    for name in ANSWERS
    for format in ENDINGS
    if format in ("text", "json") or (format != "svg" and not name.startswith("lesson"))
}


def path_of(name: str, format: str) -> Path:
    return FOLDER / f"{name}.{ENDINGS[format]}"


@pytest.mark.parametrize(("name", "format"), sorted(KEPT))
def test_the_output_is_the_golden_one(name: str, format: str, write_golden: bool) -> None:
    path = path_of(name, format)
    text = render(answer(name), format) + "\n"
    if write_golden:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_no_golden_output_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {path_of(*each).name for each in KEPT}


def number(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


@pytest.mark.parametrize("format", READERS)
def test_the_totals_of_a_model_are_its_rows_added_up(format: str) -> None:
    summary = answer("model")
    assert isinstance(summary, Summary)
    model = summary.model
    rows = READERS[format](path_of("model", format).read_text("utf-8"))
    layers = {row.name: 0 for row in model.rows}
    weights, work, totals = 0, dict.fromkeys(layers, 0), []
    for row in rows:
        texts = [re.sub(r"[\\]|ragged\w+ ", "", cell) for cell in row]
        first = texts[0].partition(" (")[0]
        if texts[0] == "total":
            totals.append([number(cell) for cell in texts[1:] if re.search("[0-9]", cell)])
        elif len(texts) == 3 and first in layers and "(" in texts[0]:
            layers[first] = number(texts[2])
        elif len(texts) == 5 and texts[-1] in ("yes", "no"):
            weights += number(texts[3])
        elif len(texts) == 6 and first in layers:
            work[first] = number(texts[1])
    assert sum(layers.values()) == weights == model.parameters
    assert totals[0] == [model.parameters]
    assert totals[1][0] == sum(work.values())


@pytest.mark.parametrize("format", READERS)
def test_the_weights_of_a_report_add_up_to_its_total(format: str) -> None:
    report = answer("report")
    assert isinstance(report, li.Report)
    rows = READERS[format](path_of("report", format).read_text("utf-8"))
    plain = {re.sub(r"[\\]|ragged\w+ ", "", row[0]): row for row in rows if len(row) > 1}
    counts = [number(plain[weight.name][2]) for weight in report.weights]
    assert sum(counts) == report.parameters
    assert number("".join(plain["total"][1:])) == report.parameters


def test_the_totals_of_json_are_added_up_again() -> None:
    model = json.loads(path_of("model", "json").read_text("utf-8"))
    assert sum(layer["parameters"] for layer in model["layers"]) == model["parameters"]
    assert sum(layer["work"]["macs"] for layer in model["layers"]) == model["work"]["macs"]
    cost = json.loads(path_of("cost", "json").read_text("utf-8"))
    for work in (cost["step"], cost["sequence"], cost["batch"], cost["packed"]):
        others = work["bias_adds"] + work["elementwise"] + work["functions"]
        assert work["flops"] == 2 * work["macs"] + others
    assert cost["sequence"]["macs"] == 30 * cost["step"]["macs"]
    assert cost["batch"]["macs"] == 3 * cost["sequence"]["macs"]
    assert cost["packed"]["macs"] == cost["real_steps"] * cost["step"]["macs"]
    for name, column in (("lesson_units", (2, 4)), ("lesson_gates", (1,))):
        lesson = json.loads(path_of(name, "json").read_text("utf-8"))
        tables = [part for part in lesson["parts"] if part["kind"] == "rows"]
        (table,) = [each for each in tables if each["rows"][-1][0] == "total"]
        for at in column:
            *rows, total = (row[at] for row in table["rows"])
            assert sum(rows) == total
