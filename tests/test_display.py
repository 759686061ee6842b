"""Every answer shows itself: printed, by one short line, in a notebook, and in every format."""

from __future__ import annotations

import copy
import io
import json
import pickle
import sys
from collections.abc import Callable

import numpy
import pandas
import pytest
from answers import ANSWERS, answer

import lstminspect as li
from lstminspect import MissingFramework, OptionError, render
from lstminspect.display import Answer, Answers

METHODS = {
    "to_text": "text",
    "to_markdown": "markdown",
    "to_latex": "latex",
    "to_html": "html",
    "to_csv": "csv",
    "to_json": "json",
}


def shown(name: str) -> Answer:
    """The answer called `name`; several of them as Answers."""
    thing = answer(name)
    return thing if isinstance(thing, Answer) else Answers(thing)


each_answer = pytest.mark.parametrize("name", ANSWERS)


@each_answer
def test_print_writes_the_text(name: str) -> None:
    thing = shown(name)
    wanted = render(thing)
    assert str(thing) in (wanted, wanted.splitlines()[-1])


@each_answer
@pytest.mark.parametrize("method", METHODS)
def test_a_method_gives_what_render_writes(name: str, method: str) -> None:
    thing = shown(name)
    assert getattr(thing, method)() == render(thing, METHODS[method])


def test_latex_has_the_settings_of_render() -> None:
    layer = li.Layer("lstm", 64, 3)
    text = layer.to_latex(fragment=True, caption="Weights", label="tab:weights")
    assert text == render(layer, "latex", fragment=True, caption="Weights", label="tab:weights")
    assert "tab:weights" in text


@each_answer
def test_the_line_of_an_answer_is_short_and_no_dump(name: str) -> None:
    line = repr(shown(name))
    assert "\n" not in line
    assert len(line) <= 200
    assert type(shown(name)).__name__ in line


@each_answer
def test_a_dict_is_the_content_of_json(name: str) -> None:
    content = shown(name).to_dict()
    assert content == json.loads(shown(name).to_json())
    assert json.dumps(content)


@each_answer
def test_a_dataframe_has_the_rows_of_csv(name: str) -> None:
    frame = shown(name).to_dataframe()
    table = pandas.read_csv(io.StringIO(shown(name).to_csv()), dtype=str, keep_default_na=False)
    assert list(frame.columns) == list(table.columns)
    assert len(frame) == len(table)


def test_a_dataframe_has_numbers_shapes_and_missing_values() -> None:
    frame = li.report(li.Layer("gru", units=32, features=16)).to_dataframe()
    assert frame.parameters.sum() == 4800
    assert frame.parameters.dtype == "Int64"
    assert frame["shape"][0] == (16, 96)
    assert pandas.isna(frame["shape"].iloc[-1])


def test_a_dataframe_without_pandas_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lstminspect.optional.find_spec", lambda _: None)
    with pytest.raises(MissingFramework, match=r"^a DataFrame needs pandas: pip install"):
        li.Layer("lstm", 64, 3).to_dataframe()


@each_answer
def test_a_notebook_shows_html(name: str) -> None:
    html = shown(name)._repr_html_()
    assert "<h2>" in html or name == "picture"
    assert ("<svg" in html) == hasattr_picture(name)


def hasattr_picture(name: str) -> bool:
    try:
        return bool(shown(name).to_svg())
    except OptionError:
        return False


def test_a_layer_is_written_as_it_is_made() -> None:
    for line in (
        "Layer('lstm', units=64, features=3)",
        "Layer('gru_reset_before', units='u', features='f', use_bias=False)",
        "Layer('projected', units=8, features=3, layers=2, clip=1.5, projection=4)",
        "Layer('gru', units=4, features=3, bidirectional=True, merge_mode=None)",
    ):
        layer = eval(line, {"Layer": li.Layer})
        assert repr(layer) == line
        assert eval(repr(layer), {"Layer": li.Layer}) == layer


def test_arrays_and_cells_of_ones_own_stand_in_the_line_in_short() -> None:
    layer = li.Layer("lstm", numpy.arange(1, 2001), 3)
    assert repr(layer) == "Layer('lstm', units=<2,000 sizes>, features=3)"
    own = li.Layer(li.Cell("h = tanh(W_h @ x)", name="lstm"), 4, 3)
    assert repr(own) == "Layer(<Cell lstm: gates h, states none>, units=4, features=3)"


def test_one_line_for_each_noun() -> None:
    layer = li.Layer("gru", units=32, features=16)
    assert repr(layer.formula()).startswith("<Product 3·(units·")
    assert str(layer.formula()) == "3·(units·(units + features) + 2·units)"
    assert repr(layer.stored().convention) == "<Convention keras>"
    assert repr(layer.stored()) == ("<Stored gru as Keras has it: kernel, recurrent_kernel, bias>")
    assert repr(layer.stored("equations")).endswith("W_z, U_z, b_z, W_r, and 6 more>")
    assert repr(li.model("LSTM(4, input_shape=(5, 3))")) == (
        "<Model 'model': 2 layers, 128 parameters>"
    )


def test_several_answers_are_a_tuple() -> None:
    windows = li.window(li.Layer("lstm", 64, 3), [1, 10, 100])
    assert isinstance(windows, tuple)
    assert len(windows) == 3
    assert windows == tuple(windows)
    assert isinstance(windows[1:], Answers)
    assert [each.steps for each in windows[1:]] == [10, 100]
    assert repr(windows[:1]) == f"Answers({windows[0]!r})"
    assert isinstance(li.quiz(7, 2, versions=2), Answers)
    assert isinstance(li.fits([li.Layer("lstm", 8, 3)], flash=9000), Answers)
    steps, *_ = windows[0]
    assert steps == 1


def kept(thing: Answer) -> Answer:
    return pickle.loads(pickle.dumps(thing))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["report", "cell", "windows", "cost", "stored", "model"])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, kept])
def test_an_answer_can_be_copied_and_kept(name: str, again: Callable[[Answer], Answer]) -> None:
    thing = shown(name)
    other = again(thing)
    assert type(other) is type(thing)
    assert str(other) == str(thing)


def test_a_sweep_is_counted_when_it_is_read() -> None:
    rows = li.sweep(["lstm", "gru"], range(1, 10**7), range(1, 10**6))
    assert repr(rows) == (
        "<Sweep of lstm, gru: 9,999,999 units x 999,999 features, 19,999,978,000,002 rows>"
    )
    assert rows[0].parameters == 12
    assert rows[-1] == rows[len(rows) - 1]
    assert rows[-1][:4] == ("gru", "keras", 9999999, 999999)
    assert [row.features for row in rows[999_998:1_000_000]] == [999999, 1]
    with pytest.raises(IndexError):
        rows[len(rows)]


def test_a_sweep_too_long_to_read_is_printed_by_its_ends() -> None:
    text = str(li.sweep(["lstm"], range(1, 10**7), range(1, 10**6)))
    assert text.startswith("9,999,989,000,001 layers")
    assert len(text.splitlines()) == 1_007
    assert "The first 500 and the last 500 rows" in text
    assert "9,999,999" in text.splitlines()[-3]
    assert str(li.sweep(["lstm"], range(1, 1001), [3])).count("lstm") == 1000


def test_nothing_of_pandas_is_loaded_for_an_answer() -> None:
    import subprocess

    code = (
        "import sys, lstminspect as li; str(li.Layer('lstm', 64, 3)); "
        "assert 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
