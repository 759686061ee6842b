"""The command line as a user meets it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lstminspect import __version__, cells
from lstminspect.cli.main import main
from lstminspect.views.render import FORMATS

COMMAND = [sys.executable, "-m", "lstminspect"]


def run(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(shlex.split(line))
    out, err = capsys.readouterr()
    return code, out, err


ANSWERS = {
    "symbols lstm": ["4·features + 8·units + 8", "4·units^2"],
    "symbols lstm gru --bidirectional": ["2·units·(features + units - 2)", "4/3"],
    "symbols gru --convention flax --format json": ["3*features*units + 3*units**2 + 4*units"],
    "symbols slstm --format csv": ["heads"],
    "compare lstm gru cifg --units 64 --features 3": ["13,120", "3/4 (75.0 %)", "(None, 64)"],
    "compare lstm projected --units 64 --features 3 --size projection=16 --format csv": ["6144"],
    "compare lstm rnn --units u --features f --format json": ["4*f*u + 4*u**2 + 4*u"],
    "window --units 64 --features 3": ["19,264", "17,408"],
    "memory --cell lstm,rnn --units 4 --features 3 --start keras,pytorch": ["no path", "pytorch"],
    "window --units 64 --features 3 --steps 7 --format csv": ["7,1408,17408"],
    "sweep --units 16:64:16 --features 3,5 --cell lstm,gru": ["17408", "13248"],
    "sweep --units 64 --features 3 --format csv --convention pytorch": ["lstm,pytorch,64,3,17664"],
    "sweep --units 64 --features 3 --format jsonl --layers 2": ['"parameters": 50432'],
    "explain 9600": [
        "bidirectional GRU(32) on 16 features",
        "To check the first: lstminspect --cell",
    ],
    "explain 9600 --cell gru --units 32 --features 16 --bidirectional --no-reset-after": [
        "192 more = 2 directions x 3 biases of 32"
    ],
    "explain 17664 --units 64 --features 3": ["counted as PyTorch stores it"],
    "explain '(None, 30, 64)' --format markdown": ["the output of a layer of 64 units"],
    "explain 'expected ndim=3, found ndim=2' --format json": ["x.reshape(N, F, 1)"],
    "explain 48 --most 2 --format csv": ["what,why,check"],
    "solve --parameters 17408 --features 3": ["17,408  exact      65            17,940"],
    "solve --parameters 17,408 --features 3 --convention all --cell lstm,gru": ["pytorch", "nnx"],
    "solve --parameters 1e6 --features 3 --bidirectional --layers 2": ["left"],
    "solve --parameters 17408 --units 64 --find features": ["features for 17,408"],
    "solve --parameters 17152 --features 3 --no-use-bias --convention all": ["onnx", "exact"],
    "solve --like lstm --units 64 --features 3 --cell gru": ["73", "17,082  326 left"],
    "solve --parameters 1e18 --features 3 --format json": ['"value": 499999998'],
    "solve --parameters 6144 --units 64 --features 3 --cell projected --find projection": ["exact"],
    "solve --parameters 9e3 --features 3 --cell slstm --size heads=4 --format csv": ["slstm"],
    "--cell clockwork --units 64 --features 3 --size groups=8,16,40": ["3,264", "8·(8 + 16 + 40)"],
    "sweep --cell lstm,projected --units 64 --features 3 --size projection=16": ["6144"],
    "--cell cifg --units 4 --features 3": ["+48: b_f b_g b_o twice, places for W_f U_f b_f"],
    "--cell lstm --units 64 --features 3 --convention tf1": ["(67, 256)"],
    "--units 64 --features 3": [
        "17,408",
        "4·(units·(units + features) + units) = 4·(64·(64 + 3) + 64) = 17,408",
        "17,664",
    ],
    "--units 25 --features 10 --timesteps 5": ["3,600", "(None, 25)"],
    "--units 64 --features 3 --timesteps 30 --return-sequences --return-state": [
        "17,408",
        "(None, 30, 64)",
        "(None, 64)",
    ],
    "--units 4 --batch 32 --timesteps 10 --features 8": ["(32, 4)"],
    "--units 3 --batch 8 --timesteps 2 --features 10": ["(8, 3)"],
    "--cell gru --units 32 --features 16 --bidirectional": ["9,600"],
    "--cell gru --units 32 --features 16 --bidirectional --no-reset-after": ["9,408"],
    "--units u --features f": ["4·(u·(u + f) + u)"],
    "model 'LSTM(8, input_shape=(5, 2))' --convention torch": [
        "384 parameters (recurrent layers: PyTorch convention)"
    ],
    "--units=64 --features=3 --convention=pytorch": ["17,664", "weight_hh_l0"],
    "--units 64 --features 3 --no-use-bias": ["17,152", "4·units·(units + features)"],
    "--units 4 --features 3 --bidirectional --merge-mode none": ["(None, 4)"],
    "--units 4 --features 3 --batch B --timesteps T --return-sequences": ["(B, T, 4)"],
    "--cell rnn --units 4 --features 3 --layers 2 --stateful --batch 2 --go-backwards": ["(2, 4)"],
    "--units 4 --features 3 --convention equations": ["W_i"],
}


@pytest.mark.parametrize("line", ANSWERS)
def test_a_question_is_answered(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(line, capsys)
    assert (code, err) == (0, "")
    for expected in ANSWERS[line]:
        assert expected in out


REFUSALS = {
    "--features 3": r"--units is missing.* Add --units 3, or a letter",
    "--units 64": r"--features is missing.* Add --features 3",
    "--units 0 --features 3": r"got 0 \(from --units\)\. At least 1",
    "--units 2.5 --features 3": r"got 2\.5 \(from --units\)\. Nearest: 2 or 3",
    "--units true --features 3": r"got 'true' \(from --units\)",
    "--units -3 --features 3": r"got -3 \(from --units\)\. Did you mean 3",
    "--units nan --features 3": r"got 'nan' \(from --units\)",
    "--units 1e3 --features 3": r"got '1e3' \(from --units\)\. Write 1000",
    "--units 9007199254740993.0 --features 3": r"Write 9007199254740993\.",
    "--cell '' --units 3 --features 3": r"no cell called ''",
    "--convention '' --units 3 --features 3": r"no convention called ''",
    "--units 1,000 --features 3": r"Write 1000",
    "--units '' --features 3": r"got ''",
    "--units 6four --features 3": r"got '6four'",
    f"--units {'9' * 1500} --features 3": r"units is too large",
    f"--units {'9' * 9000} --features 3": r"units is too large",
    "--units 3 --features 3 --timesteps 0": r"timesteps must be .* \(from --timesteps\)",
    "--units 3 --features 3 --layers x": r"layers must be a whole number",
    "--cell lsmt --units 3 --features 3": r"no cell called 'lsmt'\. Did you mean 'lstm'",
    "--unts 3 --features 3": r"no option '--unts'\. Did you mean '--units'",
    "--hidden-sizes 3 --features 3": r"Did you mean '--hidden-size'",
    "--unit 3 --features 3": r"no option '--unit'\. Did you mean '--units'",
    "--units": r"--units needs a value",
    "--units 3 --features 3 --bidirectional=yes": r"--bidirectional takes no value",
    "--units 3 --features 3 more": r"no argument or command 'more'",
    "--units 3 --features 3 --format yaml": r"no format called 'yaml'",
    "--units 3 --features 3 --convention pytorhc": r"Did you mean 'pytorch'",
    "--units 3 --features 3 --reset-after": r"--reset-after is an option of gru",
    "--units 3 --features 3 --stateful": r"Give a batch",
    "--units 3 --features 3 --merge-mode sum": r"--merge-mode 'sum' merges two directions",
    "lstm": r"a cell goes with --cell",
    "valdate": r"no command called 'valdate'\. Did you mean 'validate'",
    "validate --random 0": r"--random takes a whole number from 1",
    "validate --random ten": r"--random takes a whole number from 1 .* got 'ten'",
    "validate --random 3 --seed -1": r"--seed",
    "validate --seed 3": r"--seed belongs to --random",
    "validate --random 3 --units 4": r"--random chooses the layers",
    "validate --framework pytorhc": r"no framework called 'pytorhc'",
    "validate --format yaml": r"no format called 'yaml'",
    "validate --units u --features 3": r"needs numbers",
    "validate --units 300000 --features 3": r"at most 50,000,000 are built",
    "validate --units 4 --features 3 --timesteps 100000000": r"at most 50,000,000 are built",
    "validate --convention keras": r"no option '--convention'",
    "solve": r"give the budget",
    "solve --parameters 5 --like lstm": r"give the budget",
    "solve --parameters many --features 3": r"--parameters takes a whole number",
    "solve --parameters 2.5 --features 3": r"--parameters takes a whole number",
    "solve --parameters 0 --features 3": r"parameters must be a positive whole number, got 0",
    "solve --parameters 9 --features f": r"solving needs numbers",
    "solve --parameters 9": r"features is missing",
    "solve --parameters 9 --features 3 --find unit": r"Did you mean 'units'",
    "solve --parameters 9 --features 3 --units 3": r"units is what is to be found",
    "solve --parameters 9 --features 3 --cell lstm,lsmt": r"Did you mean 'lstm'",
    "solve --parameters 9 --features 3 --convention all,keras": r"no convention called 'all'",
    "explain": r"WHAT. See `lstminspect explain --help`",
    "explain hello": r"nothing is known of 'hello'",
    "explain 2.5": r"nothing is known of '2.5'",
    "explain 0": r"a count is from 1 to",
    "explain 48 --most 0": r"--most takes a whole number from 1",
    "explain 48 --units 3": r"--features is missing",
    "explain '(None, 3)' --units 3 --features 2": r"options go with a count",
    "symbols": r"CELL",
    "symbols lstm --units 3": r"sizes are letters here. Leave --units out",
    "symbols lsmt": r"Did you mean 'lstm'",
    "compare --units 3 --features 2": r"CELL",
    "compare lstm --cell gru --units 3 --features 2": r"named without --cell",
    "compare lstm gruu --units 3 --features 2": r"Did you mean 'gru'",
    "memory --units 4": r"--features is missing",
    "memory --units 4 --features 3 --seeds 0": r"--seeds takes a whole number from 1",
    "memory --units 4 --features 3 --start kears": r"Did you mean 'keras'",
    "memory --units 4 --features 3 --layers 2 --bidirectional": r"a stack of two directions has",
    "memory a.pt --units 4": r"a model file has the layer and its weights",
    "memory a.pt": r"'a.pt' cannot be opened",
    "memory lstm --units 4 --features 3": r"Write --cell lstm",
    "memory --cell rnn --units 4 --features 3 --start chrono": r"needs a forget gate f",
    "window --units u --features 3": r"compared in numbers",
    "window --units 3 --features 3 --steps 0": r"--steps takes numbers",
    "sweep --features 3": r"--units is missing. Give a range",
    "sweep --units 5:1 --features 3": r"takes numbers such as 3,5,8 or 16:256:16, got '5:1'",
    "sweep --units 1:5:0 --features 3": r"--units takes numbers",
    "sweep --units 1.5 --features 3": r"--units takes numbers",
    "sweep --units 1:5 --features 3 --format jsn": r"'jsn' here\. Did you mean 'json",
    "sweep --units 1:5 --features 3 --cell lstm,lsmt": r"Did you mean 'lstm'",
    "sweep --units 1:5 --features 3 --cell projected": r"projection is missing",
    "sweep --units 3:5 --features 3 --cell gru_reset_before --convention pytorch": r"has no gru",
    "cells lsmt": r"Did you mean 'lstm'",
    "cells MLSTM": r"Did you mean 'multiplicative_lstm'",
    "cells lstm gru": r"no argument or command 'gru'",
    "--cell projected --units 4 --features 3": r"projection is missing: projected has a size",
    "--cell projected --units 4 --features 3 --size projection=0": r"projection must be .* got 0",
    "--cell lstm --units 4 --features 3 --size projection=2": r"no option 'projection'",
    "--cell lstm --units 4 --features 3 --size projection": r"--size takes NAME=N",
    "--cell lstm --units 4 --features 3 --size layers=2": r"Write --layers 2",
    "--cell slstm --units 5 --features 3 --size heads=2": r"units must be divisible by heads",
    "--cell sru --units 4 --features 3": r"features must be units, got 4 and 3",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_bad_input_is_one_sentence_and_exit_code_2(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(line, capsys)
    assert (code, out) == (2, "")
    assert re.search(REFUSALS[line], err)
    assert err.startswith("lstminspect: ")
    assert err.count("\n") == 1
    assert len(err) < 400


def test_a_sweep_into_a_closed_pipe_ends_at_once() -> None:
    with subprocess.Popen(
        [*COMMAND, "sweep", "--units", "1:100000", "--features", "1:100000", "--format", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"cell,convention")
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""


FILES = {
    "h = tanh(W_h @ x + U_h @ hh)": r"line 1, column 26: hh is neither",
    "": r"there is no equation",
    "c = f * c\nh = c\nf = sigmoid(W_f @ x)\nf = x": r"line 4, column 1: f has a line already",
    "h = sigmoid(W_h @ x) * k": r"k is neither x, a line",
    "h = tanh(W_h @ x) + x": r"would force features = units",
}


@pytest.mark.parametrize("text", FILES)
def test_a_bad_file_of_equations_is_refused_with_a_caret(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mycell.txt"
    path.write_text(text)
    code, out, err = run(f"--equations {path} --units 4 --features 3", capsys)
    assert (code, out) == (2, "")
    assert re.search(FILES[text], err)
    assert err.splitlines()[2].strip(" ").startswith("^")


def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary, large, latin = (tmp_path / name for name in ("binary", "large", "latin"))
    binary.write_bytes(b"\x7fELF\xff\x00")
    large.write_bytes(b"h = x\n" * 2_000_000)
    latin.write_bytes("h = é".encode("latin-1"))
    for path, match in (
        (binary, r"byte 5 is not UTF-8 text"),
        (large, r"too large: a text of equations has at most 65,536 bytes"),
        (latin, r"byte 5 is not UTF-8"),
        (tmp_path, r"is a directory"),
        (tmp_path / "none", r"no such file"),
    ):
        code, out, err = run(f"--equations {path} --units 4 --features 3", capsys)
        assert (code, out) == (2, "")
        assert re.search(match, err)
        assert err.count("\n") == 1
    assert run(f"--equations {binary} --cell lstm --units 4 --features 3", capsys)[0] == 2


def test_a_cell_of_ones_own_is_counted_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.v2.txt"
    path.write_text("m = tanh(W_m @ x + U_m @ h + b_m)\nh: wide = P @ m\n")
    code, out, _ = run(f"--equations {path} --units 64 --features 3 --size wide=5", capsys)
    assert code == 0
    assert "mine, 64 units on 3 features: 896 parameters" in out
    assert 64 * 3 + 64 * 5 + 64 + 5 * 64 == 896
    code, out, _ = run(f"cells --equations {path}", capsys)
    assert "h: wide = P @ m" in out
    assert "w×u u" in out


def test_a_cell_of_ones_own_stands_beside_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mycell.txt"
    file.write_text("h = tanh(W_h @ x + U_h @ h + b_h)")
    for line in (
        f"compare lstm {file} --units 64 --features 3",
        f"sweep --cell lstm,{file} --units 64 --features 3",
        f"sweep --equations {file} --units 64 --features 3",
        f"solve --cell lstm,{file} --parameters 4352 --features 3",
        f"symbols lstm {file}",
    ):
        code, out, err = run(line, capsys)
        assert (code, err) == (0, "")
        assert "mycell" in out
    code, out, err = run(f"compare lstm --equations {file} --units 64 --features 3", capsys)
    assert (code, out) == (2, "")
    assert "a cell of your own is named by its file" in err
    code, out, err = run("compare lstm ./nothing.txt --units 64 --features 3", capsys)
    assert (code, out) == (2, "")
    assert "no equations in './nothing.txt'" in err


def test_the_catalogue_and_one_cell_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("cells", capsys)
    assert code == 0
    assert out.startswith(f"{len(cells.names())} cells")
    for name in cells.names():
        assert re.search(rf"^{name} ", out, flags=re.MULTILINE)
    code, out, _ = run("cells peephole", capsys)
    assert "o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)" in out
    assert "u           u×f       u×u   u   u     u   u" in out
    assert "4·(units·(units + features) + units) + 3·units" in out
    assert "Stored by: ONNX." in out
    assert "Gers" in out
    code, out, _ = run("cells slstm --format json", capsys)
    found = json.loads(out)
    assert found["sizes"] == ["units", "features", "heads"]
    assert found["blocks"][1]["structure"] == "blocks(heads)"
    for format in ("markdown", "latex", "html", "csv"):
        assert "peephole" in run(f"cells --format {format}", capsys)[1]
        assert "W_i" in run(f"cells peephole --format {format}", capsys)[1].replace("\\", "")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_can_be_asked_for(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(f"--units 64 --features 3 --format {format}", capsys)
    assert code == 0
    assert "17408" in out or "17,408" in out or "17{,}408" in out
    if format == "json":
        assert json.loads(out)["parameters"] == 17408


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for line, expected in (("--version", __version__), ("--help", "examples:")):
        with pytest.raises(SystemExit) as caught:
            main([line])
        assert caught.value.code == 0
        assert expected in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["validate", "--help"])
    assert "--random" in capsys.readouterr().out


def test_every_example_of_the_help_works(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lstminspect.cli.commands.count import EXAMPLES

    lines = [re.split(r"   +", line.strip())[0] for line in EXAMPLES.splitlines()[1:]]
    assert len(lines) >= 5
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("mycell.txt").write_text("h = tanh(W_h @ x + U_h @ h)")
    for line in lines:
        assert run(line.removeprefix("lstminspect "), capsys)[0] == 0


def test_a_closed_pipe_is_quiet() -> None:
    for line in ("--units 4 --features 3 --layers 1000", "--units 0 --features 3"):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*COMMAND, *line.split()],
            stdout=write,
            stderr=subprocess.PIPE if "1000" in line else write,
            check=False,
        )
        os.close(write)
        assert done.returncode == (0 if "1000" in line else 2)
        assert not done.stderr


def on_a_terminal(environment: dict[str, str]) -> str:
    import pty

    parent, child = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--units", "4", "--features", "3"],
        stdout=child,
        stderr=child,
        env={**os.environ, **environment},
    ) as process:
        os.close(child)
        found = b""
        while True:
            try:
                piece = os.read(parent, 4096)
            except OSError:
                break
            if not piece:
                break
            found += piece
    os.close(parent)
    assert process.returncode == 0
    return found.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_the_heading_is_bold_on_a_terminal_unless_no_color_is_set() -> None:
    environment = {"TERM": "xterm", "COLUMNS": "20"}
    assert "\033[1mlstm, 4 units" in on_a_terminal(environment)
    assert "\033" not in on_a_terminal(environment | {"NO_COLOR": "1"})
    assert "\033" not in on_a_terminal(environment | {"TERM": "dumb"})


def output(environment: dict[str, str], *arguments: str) -> bytes:
    line = [*COMMAND, "--units", "64", "--features", "3", *arguments]
    return subprocess.run(
        line, env={**os.environ, **environment}, check=True, capture_output=True
    ).stdout


def test_only_a_text_is_bold_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "")
    for form in ("text", "json", "markdown", "latex", "html", "csv"):
        _, out, _ = run(f"--units 64 --features 3 --format {form}", capsys)
        assert ("\033" in out) == out.startswith("\033[1mlstm") == (form == "text")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_answer_that_cannot_be_written_is_one_sentence() -> None:
    line = shlex.join([*COMMAND, "--units", "4", "--features", "3"])
    options: dict[str, bool] = {"shell": True, "capture_output": True, "text": True}
    full = subprocess.run(f"{line} >/dev/full", check=False, **options)
    assert full.returncode == 2
    assert full.stderr.startswith("lstminspect: the answer cannot be written: no space left")
    assert full.stderr.count("\n") == 1
    closed = subprocess.run(f"{line} >&-", check=False, **options)
    assert (closed.returncode, closed.stderr) == (0, "")
    bad = subprocess.run(f"{line} --layers 0 2>&-", check=False, **options)
    assert bad.returncode == 2


def test_a_long_word_is_not_echoed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(f"--cell {'x' * 30_000} --units 4 --features 3", capsys)
    assert code == 2
    assert len(err) < 600


def test_a_keras_that_does_not_start_is_one_sentence() -> None:
    pytest.importorskip("keras")
    done = subprocess.run(
        [*COMMAND, "validate", "--units", "4", "--features", "3"],
        env={**os.environ, "KERAS_BACKEND": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("lstminspect: Keras is there but does not start: ")
    assert done.stderr.count("\n") == 1


def test_a_long_run_needs_no_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from lstminspect.cli.layer_options import progress

    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(progress([1, 2], 2, "layer")) == [1, 2]


def test_a_stream_that_cannot_spell_a_dot_gets_a_star() -> None:
    assert b"4*(64*(64 + 3) + 64) = 17,408" in output({"PYTHONIOENCODING": "ascii"})


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lstminspect.cli.commands.count.report", interrupt)
    assert main(["--units", "3", "--features", "3"]) == 130


def test_without_the_framework_the_next_step_is_one_line(tmp_path: Path) -> None:
    # A fresh interpreter that finds lstminspect and its core packages, but no TensorFlow.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n in ('keras', 'tensorflow') else real(n, *a)\n"
    )
    done = subprocess.run(
        [*COMMAND, "validate"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "lstminspect: comparing with Keras needs it: pip install 'lstminspect[keras]'\n"
    )


def test_the_answer_needs_no_package_metadata() -> None:
    code = (
        "import sys; from lstminspect.cli import main; main(['--units', '4', '--features', '3']);"
        "print('importlib.metadata' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"


OUTPUTS = {
    "--units 64 --features 3": "17,408",
    "--units 64 --features 3 --format svg": "<svg",
    "cells lstm --format svg": "c_t (units)",
    "cells lstm --numpy": "def run",
    "cells lstm --numpy --backward": "def backward",
    "cells --format csv": "lstm",
    "compare lstm gru --units 4 --features 3": "gru",
    "explain 9600": "9,600",
    "solve --parameters 17408 --features 3": "exact",
    "symbols lstm": "units",
    "sweep --units 1:50 --features 3 --format csv": "lstm,keras,50,3,10800",
    "window --units 64 --features 3": "19,264",
}


@pytest.mark.parametrize("line", OUTPUTS)
@pytest.mark.parametrize("option", ["-o ", "--output ", "--output="])
def test_every_answer_goes_into_a_file(
    line: str, option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    expected = run(line, capsys)[1]
    path = tmp_path / "answer.txt"
    path.write_text("before")
    path.chmod(0o640)
    assert run(f"{line} {option}{path}", capsys) == (0, "", "")
    assert path.read_text("utf-8") == expected
    assert OUTPUTS[line] in expected
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["answer.txt"]


def test_what_goes_into_a_file_is_not_bold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "")
    path = tmp_path / "answer.txt"
    assert main(["--units", "4", "--features", "3", "-o", str(path)]) == 0
    assert path.read_text("utf-8").startswith("lstm, 4 units")


REFUSED_FILES = {
    ".": r"it is a directory\. Give a file",
    "none/answer.txt": r"no such file or directory",
    "a\0b": r"no file can have that name",
    "": r"-o needs the name of a file",
    "--format": r"-o needs the name of a file",
}


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_file_that_cannot_be_written_is_refused(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = main(["--units", "4", "--features", "3", "-o", name])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert re.search(REFUSED_FILES[name], err)
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_as_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "answer.txt"
    path.write_text("before")
    for line in (
        "--units 2.5 --features 3",
        "cells --format svg",
        "solve --parameters 17408 --features 3 --format svg",
        "validate --format svg",
        "sweep --cell lstm,sru --units 4:9 --features 4 --format csv",  # Fails at a later row.
    ):
        code, out, err = run(f"{line} -o {path}", capsys)
        assert (code, out, err.count("\n")) == (2, "", 1)
    code, _, err = run(f"--units 4 --features 3 -o{path}", capsys)
    assert code == 2
    assert "-o stands apart from its file" in err
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["answer.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_written_and_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--units 4 --features 3 -o /dev/null", capsys)[0] == 0
    code, _, err = run("--units 4 --features 3 -o /dev/full", capsys)
    assert code == 2
    assert "no space left" in err
    _, _, err = run("--units 2.5 --features 3 -o /dev/null", capsys)
    assert "units must be a positive whole number" in err
    assert Path("/dev/null").is_char_device()


def test_a_link_is_followed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    link, path = tmp_path / "link", tmp_path / "answer.txt"
    link.symlink_to(path)
    assert run(f"--units 4 --features 3 -o {link}", capsys)[0] == 0
    assert link.is_symlink()
    assert "lstm, 4 units" in path.read_text("utf-8")
