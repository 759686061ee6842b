"""Many files: a row each, whatever happens to one of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from small_files import safetensors

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.files import many


def weights(units: int = 4) -> dict[str, np.ndarray]:
    made = li.random_weights(li.Layer("gru", units=units, features=3), "pytorch")
    return {f"rnn.{name}": each for name, each in made.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of models, one that is cut off, and a text."""
    (tmp_path / "below").mkdir()
    whole = safetensors(weights())
    (tmp_path / "a.safetensors").write_bytes(whole)
    (tmp_path / "b.safetensors").write_bytes(whole[:200])
    (tmp_path / "below" / "c.bin").write_bytes(safetensors(weights(5), {"fc.weight": (2, 5)}))
    (tmp_path / "readme.txt").write_text("no model", "utf-8")
    return tmp_path


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_file_of_a_folder_has_a_row_and_a_bad_one_its_problem(folder: Path, jobs: int) -> None:
    rows = li.open_files([folder], jobs=jobs)
    assert [Path(row.path).name for row in rows] == ["a.safetensors", "b.safetensors", "c.bin"]
    assert [row.layers for row in rows] == [("rnn: GRU(4) on 3 features",), (),
                                            ("rnn: GRU(5) on 3 features",)]  # fmt: skip
    assert [row.parameters for row in rows] == [108, None, 160]
    assert "cut off or damaged" in rows[1].problem


def test_the_command_goes_on_after_a_bad_file_and_says_so_by_its_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["file", str(folder), "--format", "csv"]) == 2
    assert len(capsys.readouterr().out.splitlines()) == 4
    (folder / "b.safetensors").unlink()
    assert main(["file", str(folder)]) == 0


def test_ctrl_c_loses_no_row_that_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = many.file_row

    def interrupted(path: str) -> many.FileRow:
        if path.endswith("c.bin"):
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(many, "file_row", interrupted)
    target = folder / "rows.csv"
    assert main(["file", str(folder), "-o", str(target)]) == 130
    assert "interrupted: 2 of 3 files" in capsys.readouterr().err
    assert len(target.read_text("utf-8").splitlines()) == 3


def ends(path: str) -> many.FileRow:
    """End the process that reads one of the files, as a lack of memory does."""
    if path.endswith("b.safetensors"):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return many.FileRow(path)


def test_a_process_that_is_killed_costs_its_own_row_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "file_row", ends)
    rows = li.open_files([folder], jobs=2)
    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert "the process that read it ended" in rows[1].problem


def test_a_folder_without_a_model_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["file", str(tmp_path)]) == 2
    assert "there is no model file in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--jobs", "2", "FILE"], "--jobs is for several files"),
        (["--tensors", "FILE", "FILE"], "--tensors is for one file"),
        (["--jobs", "0", "FILE", "FILE"], "--jobs takes a whole number from 1"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    words: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(folder / "a.safetensors")
    assert main(["file", *(path if word == "FILE" else word for word in words)]) == 2
    assert sentence in capsys.readouterr().err


def test_parquet_is_written_or_refused_with_what_installs_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "rows.parquet"
    code = main(["file", str(folder), "-o", str(target)])
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        assert "pip install 'lstminspect[parquet]'" in capsys.readouterr().err
        assert not target.exists()
        return
    import pandas

    assert code == 2
    assert pandas.read_parquet(target)["parameters"].sum() == 268


NAMES = ("\x1b[2Jlstm", "a\nb", "\u202egnp", "\x00", "\udcff", "x" * 5000)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("format", ["text", "csv", "markdown", "latex", "html", "json"])
def test_no_name_in_a_file_reaches_a_terminal_as_it_is(
    name: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    shapes = {f"{name}.weight": (2, 3), f"{name}.weight_hh_l0": (2, 2)}
    path.write_bytes(safetensors(weights(), shapes))
    assert main(["file", str(path), "--format", format]) == 0
    printed = capsys.readouterr().out
    assert [each for each in printed if not each.isprintable() and each != "\n"] == []


def test_a_file_that_is_copied_or_kept_is_opened_again(tmp_path: Path) -> None:
    import copy
    import pickle

    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(weights()))
    file = li.open_file(path)
    for again in (copy.deepcopy(file), pickle.loads(pickle.dumps(file))):
        assert again.to_dict() == file.to_dict()


def test_what_is_in_a_file_runs(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(weights()))
    file = li.open_file(path)
    layer = file.layers[0].layer
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    made = {name.removeprefix("rnn."): each for name, each in weights().items()}
    theirs = li.run(li.Layer("gru", units=4, features=3, return_sequences=True,
                             framework="pytorch"), made, x)  # fmt: skip
    for named in (layer, file.layers[0], "rnn"):
        for ours, wanted in zip(li.run(layer, file.weights(named), x), theirs, strict=True):
            assert np.allclose(ours, wanted, atol=1e-6)


def test_a_layer_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(weights()))
    with pytest.raises(li.OptionError, match=r"no recurrent layer called 'rn'\. Did you mean"):
        li.open_file(path).weights("rn")


def test_an_interrupt_before_the_first_row_leaves_the_file_of_the_last_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_path: str) -> many.FileRow:
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "file_row", interrupted)
    target = folder / "rows.csv"
    target.write_text("of the last run", "utf-8")
    assert main(["file", str(folder), "-o", str(target)]) == 130
    assert target.read_text("utf-8") == "of the last run"
