"""The dispatch from an answer to its view, and CSV as a table, for every answer."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas
import pytest
from answers import ANSWERS, answer

import lstminspect as li
from lstminspect import OptionError, render
from lstminspect.display import Answers
from lstminspect.models.summary import Model, Summary
from lstminspect.views.render import FORMATS, SEVERAL, VIEWS, _name

#: Every format but pictures, of which few answers have one.
WRITTEN = [format for format in FORMATS if format != "svg"]
SEQUENCES = (tuple, list, Answers)
LAYER = li.Layer("lstm", units=64, features=3)


def table_of(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(render(answer(name), "csv"))))


def test_there_is_an_answer_for_every_view() -> None:
    answers = [answer(name) for name in ANSWERS]
    several = {type(each[0]).__name__ for each in answers if type(each) in SEQUENCES}
    one = {_name(each) for each in answers if type(each) not in SEQUENCES}
    assert several == set(SEVERAL)
    assert one | {"Layer", "Model"} == set(VIEWS)


def test_every_file_of_a_view_is_in_the_table() -> None:
    folder = Path(li.__file__).parent / "views"
    shared = {"__init__", "plot", "render", "work"}
    assert {path.stem for path in folder.glob("*.py")} - shared == {
        *VIEWS.values(),
        *SEVERAL.values(),
    }


@pytest.mark.parametrize("format", WRITTEN)
def test_a_list_renders_like_a_tuple(format: str) -> None:
    several = [each for each in map(answer, ANSWERS) if type(each) in SEQUENCES]
    for each in several:
        assert render(list(each), format) == render(tuple(each), format)


def test_one_answer_of_several_renders_like_a_tuple_of_it() -> None:
    solution = li.solve(17408, features=3)
    assert render(solution) == render((solution,))
    assert "64" in render(solution)


def test_a_type_that_is_made_from_an_answer_renders_like_it() -> None:
    class Own(Summary):
        pass

    assert render(Own(li.model("LSTM(4, input_shape=(5, 3))"))).startswith("model: 128 parameters")


class Fake:
    """Of the name of an answer, and from elsewhere."""


Fake.__name__ = "Report"

REFUSED: dict[str, tuple[Any, str]] = {
    "a text": ("lstm", r"a value of type str\."),
    "nothing": (None, r"a value of type NoneType\."),
    "an empty tuple": ((), r"a tuple of nothing\."),
    "an empty list": ([], r"a list of nothing\."),
    "two types": ([LAYER, li.report(LAYER)], r"a list of Layer and Report\."),
    "reports": ((li.report(LAYER),) * 2, r"a tuple of Report\."),
    "texts": (["lstm", "gru"], r"a list of str\."),
    "a list of lists": ([[LAYER]], r"a list of list\."),
    "a generator": (iter([LAYER]), r"a value of type list_iterator\."),
    "a namesake": (Fake(), r"a value of type Report\."),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("format", FORMATS)
def test_what_has_no_view_is_refused_in_a_sentence(what: str, format: str) -> None:
    thing, name = REFUSED[what]
    pattern = rf"render has no view of {name} Give one answer \(Layer, Report, .*Pattern\)\."
    with pytest.raises(OptionError, match=pattern):
        render(thing, format)


#: The answers that have a picture, beside lessons.
DRAWN = {
    *("equal_budgets", "layers", "memory", "rows_of_a_sweep", "side_by_side", "sweep"),
    *("letters", "model", "model_file", "picture", "patterns", "tensors_of_a_file"),
    *(name for name in ANSWERS if name.startswith("lesson_")),
} - {"lesson_topics"}


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in ("report", "cell")])
def test_an_answer_without_a_picture_says_which_have_one(name: str) -> None:
    if name in DRAWN:
        assert "<svg" in render(answer(name), "svg")
        return
    with pytest.raises(OptionError, match=r"has no picture\. (A layer has one|Choose text)"):
        render(answer(name), "svg")


@pytest.mark.parametrize("name", ANSWERS)
def test_csv_is_a_table(name: str) -> None:
    headers, *rows = table_of(name)
    assert all(headers)
    assert len(set(headers)) == len(headers)
    assert {len(row) for row in rows} == {len(headers)}


@pytest.mark.parametrize("name", ANSWERS)
def test_pandas_reads_csv_as_the_csv_module_does(name: str) -> None:
    headers, *rows = table_of(name)
    text = render(answer(name), "csv")
    frame = pandas.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    assert list(frame.columns) == headers
    assert frame.index.equals(pandas.RangeIndex(len(rows)))
    assert frame.values.tolist() == rows


@pytest.mark.parametrize("name", ANSWERS)
def test_no_total_stands_among_the_rows_of_csv(name: str) -> None:
    for row in table_of(name)[1:]:
        assert not {"total", "trainable", "not trainable"} & set(row), row


def test_pandas_adds_the_parameters_up() -> None:
    frame = pandas.read_csv(io.StringIO(render(answer("report"), "csv")))
    assert (
        frame.parameters.sum()
        == li.report(li.Layer("gru", units=32, features=16, bidirectional=True)).parameters
    )
    model = li.model("LSTM(25, return_sequences=True), Bidirectional(GRU(3)), Dense(2)", (5, 10))
    assert isinstance(model, Model)
    frame = pandas.read_csv(io.StringIO(render(model, "csv")))
    outer = frame[(frame.depth == 0) & (frame.shared == "no")]
    assert outer.parameters.sum() == model.parameters


def test_the_parameters_of_an_opaque_layer_are_left_empty() -> None:
    model = li.model("LSTM(25, return_sequences=True, input_shape=(5, 10)), Mine(3)")
    rows = list(csv.DictReader(io.StringIO(render(model, "csv"))))
    assert [row["parameters"] for row in rows] == ["0", "3600", ""]


def test_a_lesson_holds_one_value_a_row() -> None:
    rows = list(csv.DictReader(io.StringIO(render(answer("lesson_units"), "csv"))))
    assert rows[0]["item"] == "answer"
    adds = [row for row in rows if row["title"] == "what one more unit adds"]
    assert [row["value"] for row in adds if row["column"] == "more"] == ["12", "20", "4"]
    assert [row["value"] for row in rows if row["column"] == "result"] == ["48"]
    checks = [row["value"] for row in rows if row["item"] == "check"]
    assert checks[0] == "lstminspect --units 2 --features 3"
