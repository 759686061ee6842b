"""Lessons and counts in the words of a framework."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from functools import cache
from typing import Any

import pytest

from lstminspect import Layer, Lesson, OptionError, UnknownConvention, explain, quiz, render
from lstminspect.answer import Prose, Snippet, Table
from lstminspect.cli.main import main
from lstminspect.conventions import FRAMEWORKS
from lstminspect.teaching.topics.topics import TOPICS, example, lesson
from lstminspect.terms import get

CELLS = ("lstm", "gru", "rnn")


@cache
def answered(line: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(shlex.split(line)[1:]) == 0, line
    return out.getvalue()


@cache
def printed(lines: tuple[str, ...]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec("\n".join(lines), {})
    return out.getvalue().rstrip("\n")


def lessons(framework: str) -> list[Lesson]:
    layers = [example(cell=cell, framework=framework)[0] for cell in CELLS]
    layers.append(Layer("lstm", 4, 3, 6, 2, bidirectional=True, layers=2, framework=framework))
    return [lesson(topic, layer) for topic in TOPICS for layer in layers]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_command_of_a_lesson_answers_what_it_says(framework: str) -> None:
    checks = [check for each in lessons(framework) for check in each.checks]
    commands = [check for check in checks if check.language == "command"]
    assert len(commands) > 20
    for check in commands:
        assert check.gives in answered(check.lines[0]), check.session


@pytest.mark.parametrize("framework", ["pytorch", "keras"])
def test_every_line_of_code_of_a_lesson_runs(framework: str) -> None:
    pytest.importorskip("torch" if framework == "pytorch" else framework)
    checks = [check for each in lessons(framework) for check in each.checks]
    code = [check for check in checks if check.language == "python"]
    assert any("import torch" in check.lines for check in code) == (framework == "pytorch")
    for check in code:
        if framework == "keras" or "import torch" in check.lines:
            assert printed(check.lines) == check.gives, check.session


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_lesson_names_its_framework_and_fits_the_page(framework: str) -> None:
    for each in lessons(framework):
        assert each.subject.endswith(f", in {get(framework).title}")
        for part in each.parts:
            assert "LAYER" not in getattr(part, "text", "")
        assert render(each, "json")


def test_a_lesson_of_pytorch_lists_no_choice_that_it_does_not_have() -> None:
    both = lesson("bidirectional", Layer("lstm", 4, 3, framework="pytorch"))
    (merges,) = (p for p in both.parts if isinstance(p, Table) and "merged" in p.title)
    assert [row[0] for row in merges.rows] == ["concat"]
    returned = lesson("return_sequences", Layer("lstm", 4, 3, framework="pytorch"))
    (table,) = (part for part in returned.parts if isinstance(part, Table))
    assert table.headers == ("tensor", "shape")
    assert [row[0] for row in table.rows] == ["output", "h_n", "c_n"]
    assert "always" in returned.answer
    of_flax = lesson("return_state", Layer("lstm", 4, 3, framework="flax"))
    (table,) = (part for part in of_flax.parts if isinstance(part, Table))
    assert table.headers == ("return_state", "what comes back")


def test_a_lesson_without_a_framework_is_as_before() -> None:
    plain = lesson("units", Layer("lstm", 4, 3))
    assert not any("PyTorch units" in p.text for p in plain.parts if isinstance(p, Prose))
    assert any("import keras" in p.lines for p in plain.parts if isinstance(p, Snippet))


def test_explain_takes_a_framework() -> None:
    answer: Any = explain("hidden_size", framework="torch")
    assert "In PyTorch units is hidden_size" in str(answer)
    own = Layer("gru", 4, 3)
    assert "nn.GRU(3, 4)" in str(explain("units", own, framework="torch"))
    found = explain(17664, framework="pytorch")
    assert found.findings[0].what == "LSTM(64) on 3 features"
    assert {finding.why.rpartition(" in ")[2] for finding in found.findings} <= {
        "PyTorch", "Embedding", "Dense"
    }  # fmt: skip
    assert found.found < explain(17664).found
    with pytest.raises(OptionError, match="a framework goes with a count, or with a topic"):
        explain("(8, 30, 64)", framework="torch")
    with pytest.raises(UnknownConvention, match="no answers in the terms of Haiku"):
        explain("units", framework="haiku")


def test_the_command_line_explains_in_the_words_of_a_framework(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", "units", "--framework", "PyTorch", "--hidden-size", "5"]) == 0
    assert "nn.LSTM(3, 5)" in capsys.readouterr().out
    assert main(["explain", "17664", "--framework", "torch", "--format", "json"]) == 0
    assert "in PyTorch" in capsys.readouterr().out


def test_a_worksheet_of_pytorch_asks_in_its_words_and_every_answer_is_right() -> None:
    torch = pytest.importorskip("torch")
    for seed in range(6):
        sheet = quiz(seed, 10, framework="torch")  # type: ignore[call-overload]
        for question in sheet.questions:
            written = re.search(r"nn\.\w+\(.*?\)", question.text)
            assert written is not None
            assert "keras" not in question.text
            real = eval(written[0], {"nn": torch.nn})
            count = sum(each.numel() for each in real.parameters())
            assert count == question.layer.parameters
            assert question.check.gives in answered(question.check.lines[0])
            if question.topic == "weights":
                assert question.value == tuple(tuple(p.shape) for p in real.parameters())
            if question.topic == "shapes":
                shape = re.search(r"the shape (\(.*?\))", question.text)
                assert shape is not None
                output, states = real(torch.zeros(eval(shape[1])))
                held = states if isinstance(states, tuple) else (states,)
                assert question.value == tuple(tuple(each.shape) for each in (output, *held))


def test_a_worksheet_says_what_is_not_asked_in_the_words_of_a_framework() -> None:
    with pytest.raises(OptionError, match="worksheets are in the words of Keras or PyTorch, not"):
        quiz(framework="onnx")
    with pytest.raises(OptionError, match="the topic bias is not asked in PyTorch's words"):
        quiz(topics=["bias"], framework="pytorch")
    assert {question.topic for question in quiz(3, 12, framework="pytorch").questions} == {
        "count", "weights", "bytes", "change", "shapes"
    }  # fmt: skip
    assert quiz(3) == quiz(3, framework=None)
    assert main(["quiz", "--framework", "torch", "--questions", "2", "--version", "B"]) == 0
