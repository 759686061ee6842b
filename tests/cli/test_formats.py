"""The format of an answer on the command line: by the ending of its file, and by `--format`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from answers import model_file

from lstminspect.cli.catalogue import COMMANDS
from lstminspect.cli.main import main
from lstminspect.views.render import FORMATS, TESTS

#: A line of each command that takes no framework; "" is the command without a name.
LINES = {
    "": "--units 4 --features 3",
    "cells": "cells lstm",
    "compare": "compare lstm gru --units 4 --features 3",
    "export": "export lstm --units 4 --features 3 --to c",
    "convert": f"convert {shlex.quote(model_file().place)} --to keras",
    "explain": "explain units",
    "file": f"file {shlex.quote(model_file().place)}",
    "fits": "fits --flash 256K --units 4 --features 3",
    "model": "model 'LSTM(4, input_shape=(5, 3))'",
    "patterns": "patterns many-to-one",
    "quiz": "quiz --questions 2",
    "solve": "solve --parameters 100 --features 3",
    "memory": "memory --units 4 --features 3 --seeds 2",
    "sweep": "sweep --units 1:3 --features 3",
    "symbols": "symbols lstm",
    "window": "window --units 4 --features 3",
}
BEGINNINGS = {
    "txt": r"\S.*\n\n?\S",
    "json": r'\{\n  "schema": 1',
    "md": r"## ",
    "tex": r"(% With .*\n.*\n\n)?\\section",
    "html": r"<!DOCTYPE html>",
    "csv": r"\w+,\w+",
    "svg": r"<svg ",
    "jsonl": r'\{"cell": ',
    "xml": r"<\?xml version",
    "gift": r"\$CATEGORY: ",
    "qti": r"<\?xml version",
}
NAMES = {"text": "txt", "markdown": "md", "latex": "tex", "moodle": "xml"}


def offered(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The formats in the help of `command`."""
    with pytest.raises(SystemExit):
        main([*([command] if command else []), "--help"])
    text = " ".join(capsys.readouterr().out.split())
    found = re.search(
        r"--format NAME text \(default\), ([a-z, ]+?) (?:--|(?:the layer|the call|examples):)", text
    )
    assert found, text
    return ["text", *found[1].split(", ")]


def test_every_command_has_a_line() -> None:
    assert {*LINES, "completion", "page", "validate"} == {"", *COMMANDS}


@pytest.mark.parametrize("command", LINES)
def test_the_help_offers_the_formats_that_there_are_and_no_other(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    formats = offered(command, capsys)
    for format in {*FORMATS, *TESTS, "jsonl"}:
        path = tmp_path / f"answer.{NAMES.get(format, format)}"
        code = main([*shlex.split(LINES[command]), "-o", str(path)])
        out, err = capsys.readouterr()
        if format in formats:
            assert (code, out, err) == (0, "", "")
            assert re.match(BEGINNINGS[path.suffix[1:]], path.read_text("utf-8")), format
        else:
            assert (code, out) == (2, "")
            assert re.search(rf"no format called '{format}' here\..* Use text, ", err)
            assert not path.exists()


def test_validate_offers_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert offered("validate", capsys) == [name for name in FORMATS if name != "svg"]
    assert main(["validate", "--format", "svg"]) == 2
    assert "no format called 'svg' here. It has no picture" in capsys.readouterr().err


@pytest.mark.parametrize("order", ["{0} -o {1} --format csv", "{0} --format csv -o {1}"])
def test_a_format_that_is_named_wins_over_the_ending(order: str, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    assert main(shlex.split(order.format(LINES[""], path))) == 0
    assert path.read_text("utf-8").startswith("item,name,shape")


@pytest.mark.parametrize("name", ["answer", "json", ".json"])
def test_a_file_without_an_ending_is_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert main([*shlex.split(LINES[""]), "-o", str(path)]) == 0
    assert path.read_text("utf-8").startswith("lstm, 4 units on 3 features: ")


@pytest.mark.parametrize("line", [LINES[""], "cells lstm", "quiz --questions 1"])
def test_an_ending_that_no_format_has_is_refused_unless_the_format_is_named(
    line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "answer.xyz"
    assert main([*shlex.split(line), "-o", str(path)]) == 2
    message = r"no format has the ending \.xyz\. Use \.txt, .*--format"
    assert re.search(message, capsys.readouterr().err)
    assert not path.exists()
    assert main([*shlex.split(line), "-o", str(path), "--format", "csv"]) == 0
    assert path.read_text("utf-8").count(",") > 3


def test_a_file_of_python_is_for_a_module(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "lstm.py"
    assert main(["cells", "lstm", "-o", str(path)]) == 2
    assert "a file .py is for --numpy. Add it" in capsys.readouterr().err
    assert main(["cells", "lstm", "--numpy", "-o", str(path)]) == 0
    assert "def run" in path.read_text("utf-8")


def test_the_ending_may_be_in_capitals_and_the_option_before_the_command(tmp_path: Path) -> None:
    path = tmp_path / "LSTM.SVG"
    assert main(["-o", str(path), "cells", "lstm"]) == 0
    assert path.read_text("utf-8").startswith("<svg ")


def test_a_model_that_stops_is_written_in_the_format_of_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    line = ["model", "LSTM(25, input_shape=(5, 10)), LSTM(5)"]
    assert main([*line, "-o", str(path)]) == 2
    assert path.read_text("utf-8").startswith('{\n  "schema": 1')
    assert "expected ndim=3" in capsys.readouterr().err


def test_a_table_of_a_paper_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "cells.tex"
    line = "compare lstm gru --units 4 --features 3 --fragment --label tab:x --caption"
    assert main([*line.split(), "Two cells", "-o", str(file)]) == 0
    assert r"\caption{Two cells}" in file.read_text("utf-8")
    assert r"\section" not in file.read_text("utf-8")
    for option in (["--fragment"], ["--caption", "x"], ["--label", "x"], ["--caption", ""]):
        assert main([*line.split()[:7], *option]) == 2
        assert f"{option[0]} is for LaTeX. Add --format latex" in capsys.readouterr().err
