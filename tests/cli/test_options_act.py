"""Every option of every command acts there: it changes an answer, or is refused with a reason."""

from __future__ import annotations

import argparse
import contextlib
import io
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest
from answers import model_file

from lstminspect.cli.catalogue import COMMANDS
from lstminspect.cli.main import main

#: Lines of each command to which an option is added; it has to act on one of them.
LINES = {
    "count": ("--units 4 --features 3", "--units 4 --features 3 --batch 2 --timesteps 5 --cost"),
    "cells": ("cells lstm", "cells"),
    "compare": (
        "compare lstm gru --units 4 --features 3",
        "compare lstm gru --parameters 1000 --features 3",
        "compare gru gru_reset_before --units 4 --features 3",
        "compare lstm projected --units 4 --features 3 --size projection=1",
    ),
    "explain": (
        "explain 9600",
        "explain 192 --units 4 --features 3",
        "explain return_sequences",
        "explain return_state",
        "explain gates",
    ),
    "fits": (
        "fits --flash 256K --units 4 --features 3 --timesteps 5",
        "fits --flash 256K --model 'LSTM(4), Dense(2)' --input-shape 5,3",
        "fits --flash 256K --model 'LSTM(features), Dense(2)' --input-shape 5,3 --set features=4",
    ),
    "convert": (f"convert --to keras {shlex.quote(model_file().place)}",),
    "export": (
        "export lstm --units 4 --features 3 --to c",
        "export --units 4 --features 3 --to c",
        "export --units 4 --features 3 --to numpy",
        "export projected --units 4 --features 3 --size projection=1 --to c",
        "export lstm --units 4 --features 3 --to onnx",
    ),
    "file": (f"file {shlex.quote(model_file().place)}",),
    "memory": ("memory --units 4 --features 3 --timesteps 5",),
    "model": ("model 'LSTM(4), Dense(2)' --input-shape None,3", "model 'LSTM(4), Dense(2)'"),
    "page": (
        "page",
        "page --units 4 --features 3 --batch 3",
        "page --units 4 --features 3 --bidirectional",
        "page --cell projected --units 4 --features 3 --size projection=1",
    ),
    "patterns": ("patterns",),
    "quiz": ("quiz --questions 2",),
    "solve": (
        "solve --parameters 1000 --features 3",
        "solve --like lstm --units 4 --features 3 --cell gru",
    ),
    "sweep": ("sweep --units 4,5 --features 3",),
    "symbols": ("symbols lstm", "symbols gru", "symbols gru_reset_before"),
    "window": ("window --units 4 --features 3",),
}
#: Options of a layer that act only beside another.
BESIDE = {
    "--merge-mode": "--bidirectional --layers 2",
    "--stateful": "--batch 2",
    "--reset-after": "--cell gru_reset_before",
    "--no-reset-after": "--cell gru",
    "--timesteps": "--return-sequences",
    "--lengths": "--cost --batch 2",
    "--picture": "--format svg",
    "--size": "--cell projected --size projection=1",
    "--dtype": "--cost",
    "--clip": "--cost",
    "--return-state": "--timesteps 4",
    "--backward": "--numpy",
}
VALUES = {
    "--units": "7",
    "--features": "6",
    "--timesteps": "9",
    "--batch": "2",
    "--layers": "2",
    "--cell": "gru",
    "--size": "projection=2",
    "--merge-mode": "sum",
    "--activation": "relu",
    "--recurrent-activation": "hard_sigmoid",
    "--output-activation": "relu",
    "--clip": "3",
    "--convention": "pytorch",
    "--framework": "pytorch",
    "--lengths": "3,2",
    "--picture": "weights",
    "--input-shape": "7,3",
    "--dtype": "float64",
    "--model": "'GRU(4)'",
    "--most": "2",
    "--flash": "1K",
    "--ram": "1K",
    "--seed": "3",
    "--set": "features=7",
    "--questions": "3",
    "--topics": "count",
    "--difficulty": "easy",
    "--cells": "gru",
    "--title": "Week",
    "--versions": "2",
    "--parameters": "500",
    "--like": "rnn",
    "--steps": "2,3",
    "--search": "cho",
    "--tag": "minimal",
    "--year": "2014",
    "--against": "timesteps",
    "--start": "pytorch",
    "--seeds": "2",
    "--to": "pytorch",
    "--called": "memory",
    "--language": "de",
    "--runtime": "c",
}
#: What is tested in other places: the help, the file, the look of a text.
ELSEWHERE = {
    "-h",
    "-o",
    "--version",
    "--format",
    "--all",
    "--color",
    "--equations",
    "--find",
    "--fragment",
    "--caption",
    "--label",
    "--plot",
    "--against",
    "--from",
    "--jobs",
    "--file",
    "--layer",
    "--lab",
    "--pyodide",
    "--serve",
    "--port",
    "--no-browser",
}


def options_of(command: str) -> Iterator[str]:
    """The options of a command, each spelling that can be typed."""
    parser = import_module(f"lstminspect.cli.commands.{command}").arguments()
    for action in parser._actions:
        shown = action.option_strings and action.help != argparse.SUPPRESS
        if shown and not ELSEWHERE & set(action.option_strings):
            yield from (each for each in action.option_strings if each != "--use-bias")


@cache
def answer(line: str) -> tuple[int, str]:
    """The exit code and what is printed, as text and as data."""
    texts = []
    code = None
    for more in ("", " --format json", " --format csv"):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            now = main(shlex.split(line + more))
        code = now if code is None else code
        texts.append(out.getvalue() + err.getvalue())
        if code == 2 and not more:
            return code, texts[0]
    return code, "".join(texts)


OPTIONS = [(command, option) for command in LINES for option in options_of(command)]


def test_every_command_is_held() -> None:
    assert set(LINES) | {"completion", "validate"} == {"count", *COMMANDS}


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_option_changes_an_answer(command: str, option: str) -> None:
    same = []
    for line in LINES[command]:
        for beside in ("", BESIDE.get(option, "")):
            base = f"{line} {beside}"
            typed = f"{option} {VALUES[option]}" if option in VALUES else option
            code, text = answer(f"{base} {typed}")
            if code == 2:
                assert text.startswith("lstminspect: ")
            elif text != answer(base)[1] and answer(base)[0] != 2:
                return
            same.append(f"{base} {typed}")
    pytest.fail(f"accepted, and nothing changes: {same}")
