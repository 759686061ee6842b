"""A question of the laboratory has the answer of the function and of the command of its name."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.pages.answering import MOST_CHARACTERS, answer, table
from lstminspect.pages.questions import FORMS, QUESTIONS

EQUATIONS = "f = sigmoid(W_f @ x + b_f)\nh = f * h\n"
TORCH = "import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(8, 4), nn.ReLU())\n"
#: Beside the example of every question.
MORE: list[dict[str, Any]] = [
    {"about": "layer", "cell": "projected", "units": 4, "features": 3, "size": "projection=2",
     "use_bias": False, "bidirectional": True, "merge_mode": "none", "convention": "pytorch"},
    {"about": "layer", "cell": "gru", "units": "u", "features": "f",
     "activation": "leaky_relu(0.1)"},
    {"about": "layer", "units": 4, "features": 3, "framework": "onnx", "clip": "2.5"},
    {"about": "equations", "equations": EQUATIONS, "units": "4", "features": "3"},
    {"about": "code", "source": TORCH, "input_shape": "2,8", "weights": True},
    {"about": "code", "source": "LSTM(n), Dense(1)", "input_shape": "None,3", "sizes": "n=7",
     "formulas": True, "costs": True, "timesteps": 9, "dtype": "int8"},
    {"about": "explain", "what": "9600", "cell": "gru", "units": 32, "features": 16, "most": 3},
    {"about": "explain", "what": "expected ndim=3,\nfound ndim=2"},
    {"about": "explain", "what": "units", "framework": "pytorch"},
    {"about": "compare", "cells": "lstm:64, gru:73", "features": 3, "nearest": False},
    {"about": "compare", "cells": "lstm gru", "features": 3, "parameters": "1e5", "nearest": True},
    {"about": "solve", "parameters": "17,408", "units": 64, "find": "features", "cell": "gru"},
    {"about": "worksheet", "topics": ["count", "myth"], "cells": "lstm,gru", "title": "Week 5",
     "without_key": True, "version": "B", "difficulty": "easy"},
    {"about": "worksheet", "key_only": True, "framework": "pytorch"},
    {"about": "cells", "tag": "minimal", "year": "2016:2020"},
    {"about": "cost", "units": 4, "features": 3, "timesteps": 9, "batch": 2, "lengths": "9,4"},
    {"about": "fits", "flash": 9000, "units": 64, "features": 3, "equations": EQUATIONS},
    {"about": "window", "units": 4, "features": 3, "steps": "1,4:8:2"},
    {"about": "patterns"},
]  # fmt: skip
ASKED = [*({"about": name, **each.example} for name, each in QUESTIONS.items()), *MORE]


def name_of(question: dict[str, Any]) -> str:
    return ", ".join(f"{name}={str(value)[:20]}" for name, value in question.items())


@pytest.mark.parametrize("question", ASKED, ids=name_of)
def test_the_command_of_an_answer_gives_the_same_answer(
    question: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found = answer(question)
    command = found["command"]
    monkeypatch.chdir(tmp_path)
    if file := re.fullmatch(r"cat > (\S+) <<'END'\n(.*\n)END\n(.*)", command, re.DOTALL):
        Path(file[1]).write_text(file[2])
        command = file[3]
    if pipe := re.fullmatch(r"(.*) <<'END'\n(.*\n)END", command, re.DOTALL):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pipe[2].encode())))
        command = pipe[1]
    program, *words = shlex.split(command)
    code = main([*words, "--format", "json"])
    assert (program, code < 2) == ("lstminspect", True)
    assert json.loads(capsys.readouterr().out) == found["json"]


@pytest.mark.parametrize("question", ASKED, ids=name_of)
def test_the_python_of_an_answer_prints_its_text(question: dict[str, Any]) -> None:
    found = answer(question)
    with redirect_stdout(io.StringIO()) as out:
        exec(found["python"], {})
    assert out.getvalue() == found["text"] + "\n"


@pytest.mark.parametrize("question", ASKED, ids=name_of)
def test_an_answer_is_json_and_shows_elements(question: dict[str, Any]) -> None:
    found = answer(question)
    assert json.loads(json.dumps(found)) == found
    assert found["html"].startswith("<h2>")
    assert "<svg" not in found["html"]
    assert "error" not in found


def test_a_picture_is_the_one_that_render_gives() -> None:
    for name in li.cells.names():
        found = answer({"about": "cell", "name": name})
        assert found["svg"] == li.render(li.cells.get(name), "svg")
        assert found["picture"]["description"]


def test_own_equations_show_the_flow_of_data_first() -> None:
    found = answer({"about": "equations", "equations": EQUATIONS, "units": 4, "features": 3})
    layer = li.Layer(li.Cell(EQUATIONS, name="mycell"), units=4, features=3)
    assert found["svg"] == li.picture(layer, "cell").svg
    assert found["json"]["parameters"] == layer.parameters


def test_a_fault_in_equations_has_its_place_and_a_caret() -> None:
    found = answer({"about": "equations", "equations": "h = tanh(W_h @ x)\nc = foo(x)"})
    assert found["error"] == {
        "message": found["error"]["message"],
        "line": 2,
        "column": 5,
        "shown": "    c = foo(x)\n        ^^^",
    }
    assert "foo" in found["error"]["message"]


def test_a_line_without_use_is_a_warning() -> None:
    text = "f = sigmoid(W_f @ x)\nh = tanh(W_h @ x)"
    found = answer({"about": "equations", "equations": text, "units": 4, "features": 3})
    assert ["do not lead to the output" in each for each in found["warnings"]] == [True]


def test_what_stands_above_a_fault_of_a_model_is_shown() -> None:
    source = "Input((30, 8)), LSTM(4), LSTM(5)"
    found = answer({"about": "code", "source": source})
    assert "<table>" in found["html"]
    assert "return_sequences" in found["error"]["message"] + found["html"]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ([], "a question is an object"),
        ({}, "no question about None"),
        ({"about": "layr"}, "Did you mean 'layer'"),
        ({"about": "layer", "unit": 3}, "Did you mean 'units'"),
        ({"about": "layer", "units": 2.5, "features": 3}, "Nearest: 2 or 3"),
        ({"about": "layer", "units": True, "features": 3}, "units must be"),
        ({"about": "layer", "features": 3}, "units is missing"),
        ({"about": "layer", "cell": "lsmt"}, "Did you mean 'lstm'"),
        ({"about": "layer", "use_bias": "no"}, "use_bias must be True or False"),
        ({"about": "layer", "clip": "x"}, "clip must be a number"),
        ({"about": "layer", "size": "projection"}, "size takes names and numbers"),
        ({"about": "layer", "picture": "al"}, "Did you mean 'all'"),
        ({"about": "equations", "units": 3}, "equations is missing"),
        ({"about": "equations", "equations": 7}, "equations must be a text"),
        ({"about": "cost", "equations": "h = x", "cell": "gru"}, "bring their own cell"),
        ({"about": "code"}, "source is missing"),
        ({"about": "code", "source": "LSTM(3)", "input_shape": "x"}, "takes sizes such as 30,8"),
        ({"about": "compare", "cells": "--o x"}, "takes names with commas"),
        ({"about": "solve", "parameters": "many"}, "parameters must be a whole number"),
        ({"about": "worksheet", "topics": 3}, "topics must be names"),
        ({"about": "worksheet", "topics": "counts"}, "Did you mean 'count'"),
        ({"about": "window", "steps": "0"}, "takes whole numbers such as"),
        ({"about": "window", "steps": "1:99999"}, "at most 10,000 numbers"),
        ({"about": "fits", "flash": "lots", "units": 3, "features": 3}, "flash"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(question: Any, message: str) -> None:
    assert message in answer(question)["error"]["message"]


@pytest.mark.parametrize("text", ["(" * 20_000, "h = " + "(" * 900 + "x", "[" * 90_000 + "LSTM(3)"])
@pytest.mark.parametrize(("about", "name"), [("equations", "equations"), ("code", "source")])
def test_a_deep_nest_is_refused(about: str, name: str, text: str) -> None:
    assert answer({"about": about, name: text})["error"]["message"]


def test_a_question_of_more_than_a_million_characters_is_refused() -> None:
    found = answer({"about": "explain", "what": "x" * MOST_CHARACTERS, "cell": "gru"})
    assert "at most 1,000,000 characters" in found["error"]["message"]


@given(st.lists(st.sampled_from(["END", "END_", "END__", "x = 'END'"]), max_size=4))
def test_no_line_of_a_text_ends_its_pipe(lines: list[str]) -> None:
    # Behind its end a shell would run the rest of the text.
    source = "\n".join(["Input((3, 4)), LSTM(5)", *(f"# {each}\n{each}" for each in lines)])
    command = answer({"about": "code", "source": f"{source}\n"})["command"]
    _, end, rest = re.split(r"<<'(END_*)'\n", command, maxsplit=1)
    assert rest.split("\n").index(end) == rest.count("\n")
    assert rest == f"{source}\n{end}"


def test_the_table_says_which_questions_need_a_package() -> None:
    # As in the page: the standard library alone.
    code = """
import json, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "sympy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from lstminspect.pages.answering import answer, table
print(json.dumps({name: answer({"about": name, **each["example"]}).get("error")
                  for name, each in table().items()}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    errors = json.loads(done.stdout)
    assert {name: bool(each) for name, each in errors.items()} == {
        name: bool(each.needs) for name, each in QUESTIONS.items()
    }
    for error in filter(None, errors.values()):
        assert "lstminspect page --serve" in error["message"]


def test_no_question_reads_a_file_or_asks_a_network() -> None:
    # An answer may import what it needs, so every question is asked before it is watched.
    code = f"""
import sys
from lstminspect.pages.answering import answer
asked = {[*ASKED, {"about": "code", "source": "setup.py"}, {"about": "layer", "cell": "./x.txt"}]!r}
for each in asked:
    answer(each)
quiet = ("builtins.id", "compile", "object.__getattr__", "sys._getframe")
def watch(event, arguments):
    if event not in quiet:
        print(event, arguments)
sys.addaudithook(watch)
for each in asked:
    answer(each)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == ""


def test_every_input_has_a_form_and_every_choice_a_list() -> None:
    for question in table().values():
        for each in question["inputs"]:
            assert each["takes"] in FORMS
            assert bool(each["choices"]) == (FORMS[each["takes"]] in ("list", "boxes"))
