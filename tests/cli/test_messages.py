"""Errors name what can be typed where the reader is, and leave alone what they quote."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest
from test_cli import REFUSALS

import lstminspect as li
from lstminspect.cli import output
from lstminspect.cli.main import main
from lstminspect.errors import LstmInspectError, OptionError, did_you_mean

MORE = {
    "fits --units 3 --features 3": "--flash 256K, --ram 64K",
    "model 'LSTM(9**9**9, input_shape=(5, 2))'": "units=32.",
    "model 'LSTM(8, foo=True, input_shape=(5, 2))'": "recurrent_activation, use_bias, kernel",
    "model 'LSTM(8)' --framework torch": "--convention pytorch counts its recurrent layers",
    "model 'LSTM(8)' --framework torhc": "no framework called 'torhc'.",
    "model 'Flatten()'": "Input((5, 10)) before it, or give --input-shape 5,10.",
    "model 'LSTM(8, use_bias=9**9**9, input_shape=(5, 2))'": "use_bias",
    "sweep --units 3 --features 2 --cell projected": "--size projection=4.",
    "--cell projected --units 3 --features 3": "--size projection=4.",
    "--units 3 --features 3 --bidirectional --layers 2 --merge-mode none": "or --layers 1.",
    "--cell units=3 --units 3 --features 3": "no cell called 'units=3'.",
    "--cell 'a reset_after b' --units 3 --features 3": "no cell called 'a reset_after b'.",
    "solve --parameters 9": "--features 3.",
    "cells --format svg": "`lstminspect cells lstm --format svg`",
    "cells lsmtt": "`lstminspect cells` lists all",
    "explain hello": "`lstminspect explain topics` lists them",
    "quiz --framework onnx": "not of ONNX. Choose keras or pytorch.",
    "count": "counting needs no command: lstminspect --units 64 --features 3",
}


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(shlex.split(line)) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("line", MORE)
def test_a_message_says_what_to_type_here(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert MORE[line] in refused(line, capsys)


@pytest.mark.parametrize("line", [*REFUSALS, *MORE])
def test_a_message_names_options_of_its_command_alone(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "".join(output.QUOTED.split(refused(line, capsys))[::2])
    own = set(output._spoken.values())
    if not own:  # Refused before a command was known.
        return
    assert set(re.findall(r"--[a-z][\w-]*", said)) <= own
    if not line.startswith("model"):
        python = [name for name in output._spoken if "_" in name]
        assert not [name for name in python if re.search(rf"\b{name}\b", said)]
        assert not re.search(
            rf"\b({'|'.join(output._spoken)})=\w", re.sub(r"--size \w+=", "", said)
        )


IN_PYTHON: dict[str, Callable[[], object]] = {
    r"lstminspect\.cells\.names\(\) lists all": lambda: li.cells.get("lsmtt"),
    r"lstminspect\.explain\('topics'\) lists": lambda: li.explain("hello"),
    r"or give lstminspect\.model\(\.\.\., input_shape=\(5, 10\)\)": lambda: li.model("Flatten()"),
    r"render\(cells\.get\('lstm'\), 'svg'\)": lambda: li.render(li.explain("9600"), "svg"),
    r"flash=256 \* 1024": lambda: li.fits(li.Layer("lstm", 3, 3)),
    r"projection=4": lambda: li.Layer("projected", 3, 3),
    r"units=3": lambda: li.Layer("lstm", features=3),
    r"merge_mode must be .* or None": lambda: li.Layer(
        "lstm", 3, 3, bidirectional=True, merge_mode="x"
    ),
}


@pytest.mark.parametrize("match", IN_PYTHON)
def test_in_python_a_message_speaks_python(match: str) -> None:
    with pytest.raises(LstmInspectError, match=match) as caught:
        IN_PYTHON[match]()
    assert "--" not in str(caught.value)
    assert "`lstminspect" not in str(caught.value)


def test_every_door_is_a_message_of_python_that_runs_there() -> None:
    assert len(li.cells.names()) > 60
    assert isinstance(li.explain("topics"), li.Lesson)
    assert li.model("LSTM(3), Dense(1)", input_shape=(5, 10)).parameters == 172
    for answer in (li.cells.get("lstm"), li.Layer("lstm", 64, 3)):
        assert li.render(answer, "svg").startswith("<svg")
    for typed in output.DOORS.values():
        if typed.startswith("`"):
            assert main(shlex.split(typed.strip("`"))[1:]) == 0


def test_what_is_quoted_stays_and_an_apostrophe_quotes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.speak(["--merge-mode", "--use-bias", "--no-use-bias", "--size", "-o"])
    text = (
        "Keras' merge_mode is 'merge_mode=sum', \"use_bias=True\" or `use_bias=False`, Keras' own"
    )
    output.say(OptionError(f"{text}: use_bias=False, use_bias=True, merge_mode=None, heads=4, a=b"))
    err = capsys.readouterr().err
    assert err == (
        "lstminspect: Keras' --merge-mode is 'merge_mode=sum', \"use_bias=True\" or "
        "`use_bias=False`, Keras' own: --no-use-bias, --use-bias, --merge-mode none, "
        "--size heads=4, a=b\n"
    )
    output.speak(["--input-shape"])
    output.say(OptionError("heads=4, use_bias or None"))
    assert capsys.readouterr().err == "lstminspect: heads=4, use_bias or None\n"


@pytest.mark.parametrize(
    ("word", "choices", "near"),
    [
        ("mlstm", ["mclstm", "multiplicative_lstm"], "multiplicative_lstm"),
        ("count", ["units", "topics"], ""),
        ("max", ["softmax", "tanh"], ""),
        ("macs", ["mclstm"], ""),
        ("smu", ["sum", "mul"], "sum"),
        ("lsmt", ["gru", "lstm"], "lstm"),
        ("Hidden-Size", ["--units", "--cell"], "--units"),
        ("blah", ["batch"], ""),
        ("valdate", ["validate"], "validate"),
        ("torch", ["pytorch", "torchrecurrent"], "pytorch"),
        ("", ["a"], ""),
    ],
)
def test_only_what_is_near_or_means_the_same_is_offered(
    word: str, choices: list[str], near: str
) -> None:
    assert did_you_mean(word, choices) == (f" Did you mean {near!r}?" if near else "")
