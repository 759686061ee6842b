"""Worksheets: every answer a second way, by hand-written sums and by real Keras."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import lstminspect as li
from lstminspect import Layer, OptionError, render
from lstminspect.cli.main import main
from lstminspect.teaching.quiz.misconceptions import MISTAKES, MYTHS
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.sampler import BATCHES, CELLS, FEATURES, TIMESTEPS, UNITS, Sampler
from lstminspect.teaching.quiz.worksheet import MOST, TOPICS, quiz
from lstminspect.terms.keras import written as written_in_keras
from lstminspect.views.render import FORMATS

GOLDEN = Path(__file__).parents[1] / "golden"
MANY = quiz(seed=11, questions=400).questions
NETWORKS = {"lstm": 4, "gru": 3, "gru_reset_before": 3, "rnn": 1}


def by_hand(layer: Layer, **changes: Any) -> int:
    """Keras' count from the formula of the text books, written down once more."""
    sizes = {"units": layer.units, "features": layer.features, "bias": True} | changes
    u, f = sizes["units"], sizes["features"]
    biases = 2 if layer.cell.name == "gru" else 1
    one = u * (u + f) + biases * u * sizes["bias"]
    both = changes.get("bidirectional", layer.bidirectional)
    return NETWORKS[layer.cell.name] * one * (1 + both)


def of_topic(topic: str) -> list[Question]:
    found = [each for each in MANY if each.topic == topic]
    assert len(found) >= 30
    return found


@cache
def answered(line: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(shlex.split(line)[1:]) == 0
    return out.getvalue()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_check_gives_what_it_says(topic: str) -> None:
    for question in of_topic(topic):
        assert question.check.gives in answered(question.check.lines[0]), question


def test_counts_are_those_of_the_formula() -> None:
    for question in of_topic("count"):
        assert question.value == by_hand(question.layer)
        assert question.answer == f"{question.value:,}"
        assert question.steps[-1].endswith(f" = {question.value:,}")


def test_bytes_are_counts_times_the_size_of_a_number() -> None:
    sizes = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
    for question in of_topic("bytes"):
        dtype = re.search(r"as (\w+)\?$", question.text)
        assert dtype is not None
        assert question.value == by_hand(question.layer) * sizes[dtype[1]]


def test_units_are_those_that_have_the_count() -> None:
    for question in of_topic("units"):
        count = re.search(r"has ([\d,]+) parameters", question.text)
        assert count is not None
        wanted = int(count[1].replace(",", ""))
        fitting = [u for u in range(1, 200) if by_hand(question.layer, units=u) == wanted]
        assert fitting == [question.value]
        assert f"({question.layer.units}" not in question.text


def test_the_two_forms_of_the_gru() -> None:
    for question in of_topic("reset_after"):
        layer = question.layer
        after = by_hand(layer)
        before = after - 3 * layer.units * layer.directions
        assert question.value == (after, before)
        assert question.answer.startswith(f"{after:,} and {before:,}:")


def test_pytorch_has_a_second_bias_where_keras_has_one() -> None:
    for question in of_topic("bias"):
        layer = question.layer
        more = 0 if layer.cell.name == "gru" else NETWORKS[layer.cell.name] * layer.units
        assert question.value == (by_hand(layer), by_hand(layer) + more)
        assert question.answer.startswith("PyTorch's, by" if more else "Neither")


CHANGES = {
    "sequences twice as long": {},
    "batches twice as large": {},
    "return_sequences=True": {},
    "1 unit more": {"units": (1, 1)},
    "1 feature more": {"features": (1, 1)},
    "twice as many units": {"units": (2, 0)},
    "a second direction (bidirectional)": {"bidirectional": (0, 1)},
}


def test_what_a_change_costs() -> None:
    seen = set()
    for question in of_topic("change"):
        what = question.text.partition("does it have with ")[2].rstrip("?")
        layer = question.layer
        changed = {
            name: times * getattr(layer, name) + more
            for name, (times, more) in CHANGES[what].items()
        }
        assert question.value == by_hand(layer, **changed) - by_hand(layer)
        seen.add(what)
    assert seen == set(CHANGES)


def test_the_tensors_of_a_layer() -> None:
    for question in of_topic("weights"):
        layer = question.layer
        u, f, n = layer.units, layer.features, NETWORKS[layer.cell.name]
        bias = (2, n * u) if layer.cell.name == "gru" else (n * u,)
        one = ((f, n * u), (u, n * u), bias)
        assert question.value == one * layer.directions


def test_the_shapes_that_come_back() -> None:
    for question in of_topic("shapes"):
        layer = question.layer
        time = (layer.timesteps,) if layer.return_sequences else ()
        wide = 2 if layer.bidirectional and layer.merge_mode == "concat" else 1
        copies = 2 if layer.bidirectional and layer.merge_mode is None else 1
        states = (2 if layer.cell.name == "lstm" else 1) * layer.directions * layer.return_state
        outputs = ((layer.batch, *time, wide * layer.units),) * copies
        assert question.value == outputs + ((layer.batch, layer.units),) * states


def wrong_ways(layer: Layer) -> dict[str, int]:
    u, f, n = layer.units, layer.features, NETWORKS[layer.cell.name]
    right = by_hand(layer)
    return {
        "The bias": by_hand(layer, bias=False),
        "The recurrent": right - n * u * u,
        "The number was multiplied by the time": right * layer.timesteps,
        "The number was multiplied by the batch": right * layer.batch,
        "Only one network": right // n,
        "The time steps": right + n * u * (layer.timesteps - f),
        "These are bytes": right * 4,
    }


def test_a_mistake_is_the_only_one_that_gives_its_number() -> None:
    seen = set()
    for question in of_topic("mistake"):
        ways = wrong_ways(question.layer)
        wrong, right = question.value  # type: ignore[misc]
        assert right == by_hand(question.layer)
        assert f"counts {wrong:,} parameters" in question.text
        (way,) = [name for name, number in ways.items() if number == wrong]
        assert question.answer.startswith(way)
        seen.add(way)
    assert len(seen) == len(MISTAKES)


#: Whether each statement is true, written down by hand for the cells that are drawn.
TRUTHS: dict[str, Any] = {
    "A sequence twice": False,
    "units is the number of time": False,
    "units is the number of cells": False,
    "The last axis of the output is as long as units": True,
    "The last axis of the output is as long as features": False,
    "A larger batch": False,
    "return_sequences=True": False,
    "With twice the units": True,
    "Made bidirectional, the layer has": True,
    "Made bidirectional, it returns": False,
    "With return_state=True": lambda layer: layer.cell.name == "lstm",
    "In PyTorch": lambda layer: layer.cell.name == "gru",
}


def test_every_statement_is_as_true_as_a_person_says() -> None:
    seen = set()
    for question in of_topic("myth") + list(quiz(3, 150, ["myth"]).questions):
        statement = question.text.partition("True or false? ")[2]
        (start,) = [each for each in TRUTHS if statement.startswith(each)]
        truth = TRUTHS[start]
        expected = truth(question.layer) if callable(truth) else truth
        assert question.value == expected, question
        assert question.answer.startswith(f"{expected}: ")
        seen.add(start)
    assert len(seen) == len(MYTHS)


def test_no_size_of_a_question_can_be_taken_for_another() -> None:
    assert not {*TIMESTEPS, *BATCHES} & {*UNITS, *FEATURES}
    assert not {*TIMESTEPS} & {*BATCHES}


@pytest.mark.parametrize("number", range(0, 400, 8))
def test_real_keras_gives_the_same_count_and_shapes(number: int) -> None:
    keras = pytest.importorskip("keras")
    layer = MANY[number].layer
    made = eval(written_in_keras(layer), {"keras": keras})
    steps = layer.timesteps or 5
    returned = made(keras.Input(batch_shape=(layer.batch, steps, layer.features)))
    assert made.count_params() == by_hand(layer)
    returned = returned if isinstance(returned, list | tuple) else [returned]
    assert tuple(tuple(each.shape) for each in returned) == tuple(
        tuple(steps if size is None and axis == 1 and len(shape) == 3 else size
              for axis, size in enumerate(shape))
        for shape in layer.output_shapes
    )  # fmt: skip


@pytest.mark.parametrize("format", ["markdown", "json"])
def test_a_seed_gives_the_same_worksheet_for_good(format: str, write_golden: bool) -> None:
    path = GOLDEN / f"worksheet.{'md' if format == 'markdown' else 'json'}"
    text = render(quiz(seed=7, questions=20), format) + "\n"
    if write_golden:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_a_seed_gives_the_same_worksheet_in_every_process() -> None:
    code = "import lstminspect as li; print(li.render(li.quiz(5, 30)))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert texts == {render(quiz(5, 30)) + "\n"}
    assert quiz(5, 30) != quiz(6, 30)
    assert quiz(5, 30).questions[:7] == quiz(5, 7).questions


def test_the_draws_are_those_of_random_alone() -> None:
    # Python promises the numbers of random() for a seed; of choice() and shuffle() it does not.
    chance = Sampler(7)
    assert [chance.pick(range(100)) for _ in range(8)] == [32, 15, 65, 7, 53, 36, 5, 50]
    assert set(CELLS) == set(NETWORKS)


def test_every_topic_comes_once_before_any_comes_again() -> None:
    topics = [question.topic for question in quiz(2, 2 * len(TOPICS)).questions]
    assert sorted(topics[: len(TOPICS)]) == sorted(topics[len(TOPICS) :]) == sorted(TOPICS)
    assert {question.topic for question in quiz(2, 9, ["myth", "count"]).questions} == {
        "count",
        "myth",
    }


def test_no_question_comes_twice_while_there_are_others() -> None:
    assert len({question.text for question in MANY}) == len(MANY)


def test_a_notebook_shows_lessons_and_worksheets() -> None:
    assert "<h2>Worksheet 7" in quiz(7, 2)._repr_html_()
    lesson = li.explain("units")
    assert isinstance(lesson, li.Lesson)
    assert "<pre" in lesson._repr_html_()


def test_questions_and_key_come_apart() -> None:
    sheet = quiz(7, 10)
    for form in FORMATS[:-1]:  # All but svg: words have no picture.
        both, asked, key = (
            render(each, form) for each in (sheet, sheet.without_key(), sheet.key_only())
        )
        assert len(both) > max(len(asked), len(key))
    for question in sheet.questions:
        text = render(sheet.without_key())
        assert question.text.split()[0] in text
        assert not any(step in text for step in question.steps)
        assert question.check.lines[0] not in render(sheet.without_key(), "json")
        assert question.text not in render(sheet.key_only(), "json")
    found = json.loads(render(sheet, "json"))
    assert (found["seed"], found["shows"], len(found["questions"])) == (7, "both", 10)
    rows = list(csv.reader(io.StringIO(render(sheet, "csv"))))
    assert " ".join(rows[0]) == "version number topic points question answer steps check gives"
    assert {len(row) for row in rows} == {9}
    assert len(list(csv.reader(io.StringIO(render(sheet.without_key(), "csv"))))[1]) == 5


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_answers_begin_a_page_of_their_own_on_paper() -> None:
    page = Tags()
    page.feed(render(quiz(7, 5), "html"))
    breaks = [
        tag for tag, attrs in page.found if "break-before: page" in (attrs.get("style") or "")
    ]
    assert breaks == ["h2"]
    assert r"\clearpage" in render(quiz(7, 5), "latex")
    assert "break-before" not in render(quiz(7, 5).without_key(), "html")


def test_what_a_browser_would_read_as_markup_is_escaped() -> None:
    from lstminspect.answer import Section
    from lstminspect.views.formats.html import _part

    assert "<script>" not in _part(Section("<script>"), 2)
    assert "<" not in re.sub(
        r"</?\w[^<>]*>", "", render(quiz(1, 40), "html").partition("<body>")[2]
    )


REFUSALS = {
    "--questions 0": r"--questions takes a whole number from 1",
    "--questions 1000000000": r"--questions takes a whole number",
    "--questions 501": r"questions must be a whole number from 1 to 500, got 501",
    "--questions ten": r"got 'ten'",
    "--seed -1": r"--seed takes a whole number|--seed needs a value",
    "--seed 1.5": r"--seed takes a whole number",
    "--topics counts": r"no questions on 'counts'\. Did you mean 'count'",
    "--topics zebra": r"no questions on 'zebra'\. There are count, .* units, reset-after, bias",
    "--topics ,": r"no questions on ''",
    "--no-key --key-only": r"Choose one",
    "--format yaml": r"no format called 'yaml'",
    "--units 3": r"no option '--units'",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_bad_input_is_one_sentence(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quiz", *line.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(REFUSALS[line], err)
    assert err.count("\n") == 1


def test_bad_numbers_are_refused_in_python_too() -> None:
    for options in ({"questions": 0}, {"questions": MOST + 1}, {"questions": True}, {"seed": 2.5}):
        with pytest.raises(OptionError, match="must be a whole number from"):
            quiz(**options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="needs a topic"):
        quiz(topics=[])
    assert quiz(topics="reset-after", questions=1).questions[0].topic == "reset_after"
    assert li.quiz is quiz


def test_the_command_line_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quiz", "--seed", "7", "--questions", "3"]) == 0
    assert capsys.readouterr().out == render(quiz(7, 3)) + "\n"
    assert main(["quiz", "--seed", "7", "--questions", "3", "--no-key"]) == 0
    assert capsys.readouterr().out == render(quiz(7, 3).without_key()) + "\n"
    assert main(["quiz", "--seed", "7", "--questions", "3", "--key-only"]) == 0
    assert capsys.readouterr().out == render(quiz(7, 3).key_only()) + "\n"


def test_a_worksheet_loads_no_heavy_package() -> None:
    code = (
        "import sys, lstminspect as li; li.render(li.quiz(3, 60))\n"
        "print(*{'numpy', 'sympy', 'keras', 'tensorflow', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
