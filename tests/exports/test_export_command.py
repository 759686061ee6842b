"""`lstminspect export`: code of options or of a model file, on the stream or in a file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from answers import file_called, model_file

import lstminspect as li
from lstminspect.cli.main import main

LAYER = li.Layer("lstm", units=4, features=3, framework="pytorch")


def test_the_code_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["export", "lstm", "--units", "4", "--features", "3", "--to", "c"]
    assert main(line) == 0
    text = li.export(li.Layer("lstm", 4, 3), "c").text
    assert capsys.readouterr().out == f"{text}\n"
    assert main([*line, "-o", str(tmp_path / "lstm.h")]) == 0
    assert (tmp_path / "lstm.h").read_text() == f"{text}\n"


@pytest.mark.parametrize("compiler", [each for each in (shutil.which("gcc"),) if each])
def test_the_weights_of_a_file_are_in_the_code(compiler: str, tmp_path: Path) -> None:
    file = file_called("one_direction.safetensors", LAYER)
    line = ["export", "--file", file.place, "--to", "c", "--called", "memory"]
    assert main([*line, "-o", str(tmp_path / "memory.h")]) == 0
    assert main([*line, "--test", "-o", str(tmp_path / "check.c")]) == 0
    (layer,) = file.layers
    same = li.export(layer.layer, "c", layer.weights(), layer.convention, name="memory")
    assert (tmp_path / "memory.h").read_text() == f"{same.text}\n"
    build = [compiler, "-std=c99", "-o", "check", "check.c", "-lm"]
    subprocess.run(build, check=True, cwd=tmp_path)
    assert subprocess.run([tmp_path / "check"], check=False).returncode == 0


REFUSED = {
    "export lstm --units 4 --features 3 --to c -o x.py": "code of C99 is a file .h, got .py",
    "export lstm --units 4 --features 3 --to c --test -o x.h": "the check of C99 is a file .c",
    "export lstm --units 4 --features 3": "--to is missing. Choose one of c, numpy",
    "export lstm --units 4 --to c": "--features is missing",
    "export lstm --units 4 --features 3 --to fortran": "to must be 'c', 'numpy'",
    "export lstm --units 4 --features 3 --to jax --backward": "and this is JAX. PyTorch, Keras and",
    "export lstm --units 4 --features 3 --to numpy --backward --layers 2": "that reads forward",
    "export lstm --units 100000 --features 9 --to jax": "and this one has 40,004,000,000",
    "export lstm --units u --features 3 --to c --test": "--test needs numbers for all sizes",
    "export lstm --units 4 --features 3 --to c --test --format json": "--test is a text",
    "export lstm --units 4 --features 3 --to c --layer rnn": "--layer chooses in a file",
    "export lstm --cell gru --units 4 --features 3 --to c": "the cell is named without --cell",
    "export lstm --units 4 --features 3 --to c --bidirectional": "this one has 2 directions",
    "export lstm --units 4 --features 3 --to c --timesteps 3": "--timesteps changes nothing",
    f"export --file {model_file().place} --units 4 --to c": "--file stands alone",
    f"export --file {model_file().place} --to c": "this one has 2 directions",
    f"export --file {model_file().place} --to c --layer other": "other",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_that_asks_for_no_code_is_refused(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert (out, REFUSED[line] in err) == ("", True), err
