"""The terminal as a reader meets it: its width, its colours, the tour and the help."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest
from test_options_act import LINES

import lstminspect as li
from lstminspect.cli.catalogue import COMMANDS, FIRST
from lstminspect.cli.main import main
from lstminspect.figures.theme import GATES
from lstminspect.views.formats import colours, terminal
from lstminspect.views.formats.wrapping import words

COMMAND = [sys.executable, "-m", "lstminspect"]
LONG = "patterns"
VARIABLES = ("COLUMNS", "TERM", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLORTERM")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def printed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    main(shlex.split(line))
    return capsys.readouterr().out


def plain(text: str) -> str:
    return re.sub(r"\033\[[\d;]*m", "", text)


def too_wide(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        if len(line) > width and len(words(line.removesuffix(" \\"))) > 1:
            yield line


#: What prints code or a page, whose lines belong to their own language.
CODE = {"export", "page"}
LINES_OF_TEXT = [line for command in LINES if command not in CODE for line in LINES[command]]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("line", LINES_OF_TEXT)
def test_the_answer_of_every_command_has_the_width_of_the_terminal(
    line: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert list(too_wide(printed(line, capsys), width)) == []


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_of_every_command_has_the_width_of_the_terminal(
    command: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    text = capsys.readouterr().out
    assert list(too_wide(text, width)) == []
    assert text.startswith(f"usage: lstminspect {command}".rstrip())


def test_the_help_lists_every_command_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for name, what in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(what)}$", text, flags=re.MULTILINE)


def test_the_name_alone_gives_a_tour_whose_lines_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    tour = capsys.readouterr().out
    assert tour.count("\n") < 20
    assert len(FIRST) == 5
    for line in (*FIRST, "lstminspect explain topics"):
        assert line in tour
        assert main(shlex.split(line)[1:]) == 0


def test_a_pipe_and_a_file_have_every_line_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    whole = printed(LONG, capsys)
    assert "Left out" not in whole
    monkeypatch.setenv("COLUMNS", "60")
    path = os.path.join(tmp_path, "answer.txt")
    assert main([LONG, "-o", path]) == 0
    with open(path, encoding="utf-8") as file:
        assert file.read() == whole


def test_a_long_answer_is_brief_unless_all_of_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    brief, everything = printed(LONG, capsys), printed(f"{LONG} --all", capsys)
    assert brief.count("\n") <= 45 < everything.count("\n")
    assert "Left out: the 2 models of one-to-one, " in brief
    assert brief.endswith("`--all` shows it.\n")
    assert "Left out" not in everything
    assert "Embedding(5000, 32)" in everything


@pytest.mark.parametrize("format", ["json", "csv", "markdown", "latex", "html"])
def test_other_formats_hold_everything_whatever_the_terminal(
    format: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed(f"{LONG} --format {format}", capsys)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert printed(f"{LONG} --format {format}", capsys) == whole


REFUSED = {
    "patterns --all --format json": "--all is for text. Leave it out, or --format.",
    "patterns --color always --format csv": "--color is for text. Leave it out, or --format.",
    "patterns --color always -o x.txt": "--color is for a terminal; a file has no colours.",
    "patterns --color alwys": "--color takes auto, always, never, got 'alwys'. Did you mean",
    "quiz --all": "no option '--all'.",
    "sweep --units 3 --features 3 --batch 2": "--batch changes nothing in an answer of `lst",
    "cells lstm --numpy --all": "--numpy prints a module of Python. Leave --all",
    "cells lstm --backward": "--backward is a function of the module that --numpy prints. Add it.",
    "cells --backward": "--backward is a function of the module that --numpy prints. Add it.",
    "cells --tag minimal --backward": "--tag is for the catalogue. Leave it out, or --backward.",
    "patterns -ox.txt": "-o stands apart from its file. Write -o x.txt.",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_would_change_nothing_is_refused(
    line: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: os.PathLike[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == 2
    assert REFUSED[line] in capsys.readouterr().err


class Stream:
    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(
    ("settings", "is_terminal", "when", "expected"),
    [
        ({}, True, "auto", True),
        ({}, False, "auto", False),
        ({}, True, "never", False),
        ({}, False, "always", True),
        ({"NO_COLOR": "1"}, True, "auto", False),
        ({"NO_COLOR": ""}, True, "auto", True),
        ({"NO_COLOR": "1"}, True, "always", True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, "auto", False),
        ({"TERM": "dumb"}, True, "auto", False),
        ({"FORCE_COLOR": "1"}, False, "auto", True),
        ({"FORCE_COLOR": "0"}, False, "auto", False),
        ({"CLICOLOR_FORCE": "1"}, False, "auto", True),
    ],
)
def test_colours_are_written_as_stream_and_environment_say(
    settings: dict[str, str],
    is_terminal: bool,
    when: str,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert terminal.has_colours(Stream(is_terminal), when) is expected


def test_a_stream_that_is_closed_or_gone_has_no_colours_and_no_width() -> None:
    with open(os.devnull, encoding="utf-8") as closed:
        pass
    for stream in (closed, None):
        assert not terminal.has_colours(stream)
        assert terminal.width_of(stream) is None


@pytest.mark.parametrize(("columns", "width"), [("72", 72), ("7", 40), ("0", None), ("x", None)])
def test_columns_name_the_width(
    columns: str, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.width_of(Stream(False)) == width


def test_a_block_has_the_colour_of_its_gate_in_the_pictures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    text = printed("--units 4 --features 3 --color always", capsys)
    for gate, colour in zip("ifgo", GATES, strict=False):
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert f"\033[38;5;16;48;2;{red};{green};{blue}mW_{gate}\033[0m" in text
    assert plain(text) == printed("--units 4 --features 3", capsys)
    assert "\033[1mweights\033[0m" in text


def test_with_256_colours_a_gate_has_the_nearest() -> None:
    assert colours.coloured("W_i b_c", ("i",)) == "\033[38;5;16;48;5;178mW_i\033[0m b_c"
    assert colours.coloured("W_i b_c", ()) == "W_i b_c"


def test_an_error_is_broken_between_words_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = shlex.split("--units 4 --features 3 --bidirectional --layers 2 --merge-mode none")
    assert main(line) == 2
    whole = capsys.readouterr().err
    monkeypatch.setenv("COLUMNS", "50")
    assert main(line) == 2
    broken = capsys.readouterr().err
    assert max(map(len, broken.split("\n"))) <= 50
    assert broken.split() == whole.split()
    assert whole.count("\n") == 1


def on_a_terminal(arguments: list[str], columns: int) -> str:
    """What a terminal of so many columns shows."""
    import fcntl
    import pty
    import struct
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    shown = b""
    with subprocess.Popen(arguments, stdout=child, stderr=child, env=environment) as process:
        os.close(child)
        while True:
            try:
                piece = os.read(parent, 4096)
            except OSError:  # Linux's word for the end.
                break
            if not piece:
                break
            shown += piece
    os.close(parent)
    assert process.returncode == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
@pytest.mark.parametrize("columns", [60, 100])
def test_a_real_terminal_is_asked_for_its_width(columns: int) -> None:
    line = "--cell gru --units 32 --features 16 --bidirectional"
    text = on_a_terminal([*COMMAND, *line.split()], columns)
    assert "\033[1mgru, 32 units" in text
    assert list(too_wide(plain(text), columns)) == []
    code = "import lstminspect as li; print(li.Layer('gru', 32, 16, bidirectional=True))"
    text = on_a_terminal([sys.executable, "-c", code], columns)
    assert "\033" not in text
    assert list(too_wide(text, columns)) == []


def test_in_python_a_text_has_the_width_that_is_asked_for() -> None:
    layer = li.Layer("gru", 32, 16, bidirectional=True)
    text = li.render(layer, width=60)
    assert list(too_wide(text, 60)) == []
    assert layer.to_text(60) == text != layer.to_text() == str(layer)
    for width in (19, "60", True):
        with pytest.raises(li.OptionError, match="width must be a whole number from 20"):
            li.render(layer, width=width)  # type: ignore[arg-type]
    with pytest.raises(li.OptionError, match="the lines of a text have a width, not those of json"):
        li.render(layer, "json", width=60)
