"""Hostile files: each is opened by the command in a process of its own, and does no harm."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile_child
import pytest
from hostile import HOSTILE, SECRET
from samples import SAMPLES

from lstminspect.errors import FileError
from lstminspect.files.many import open_files
from lstminspect.files.model_file import open_file

#: Files that do no harm, of every kind: what they import is there before anything is watched.
HARMLESS = (
    "safetensors", "npz", "npy", "pickle", "weights_h5", "legacy_h5", "keras", "nam",
    "keras_config", "rtneural",
)  # fmt: skip
GRAPHS = ("outside 0.onnx", "doubling.onnx", "harmless.tflite")
#: Megabytes of a process that opens all of them; a sentence's characters.
MOST_MEGABYTES, MOST_CHARACTERS = 1000, 600


def write(path: Path, make: Callable[[Path], Any]) -> str:
    data = make(path)
    if isinstance(data, bytes):
        path.write_bytes(data)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write(folder / SECRET, lambda _: SAMPLES["safetensors"][0]())
    write(folder / "secret.h5", lambda _: SAMPLES["weights_h5"][0]())
    write(folder / "hostile_module.py", lambda _: b"open('ran', 'w')")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, dict[str, Any]]:
    """What happened to each file, by its name; a file that ended its process has no result."""
    below = folder / "harmless"
    below.mkdir()
    harmless = [write(below / name, lambda _, name=name: SAMPLES[name][0]()) for name in HARMLESS]
    harmless += [write(below / name, HOSTILE[name][0]) for name in GRAPHS]
    waiting = [write(folder / name, make) for name, (make, _) in HOSTILE.items()]
    found: dict[str, dict[str, Any]] = {}
    while waiting:
        lines = opened(folder, harmless, waiting)
        found |= {os.path.basename(each["path"]): each for each in lines if "code" in each}
        waiting = waiting[waiting.index(lines[-1]["path"]) + 1 :]
    return found


def opened(folder: Path, harmless: list[str], paths: list[str]) -> list[dict[str, Any]]:
    """The lines of one process, which ends early where a file takes too long."""
    command = [sys.executable, hostile_child.__file__, *harmless, "--", *paths]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    lines = [json.loads(each) for each in done.stdout.splitlines()]
    assert lines, done.stderr
    return lines


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_opened_or_refused_by_one_sentence(
    name: str, results: dict[str, dict[str, Any]]
) -> None:
    assert name in results, "it took too long"
    result, refusal = results[name], HOSTILE[name][1]
    assert result["events"] == []
    said = result["said"]
    if not said:
        assert result["code"] in (0, 1)
        assert not refusal
    else:
        assert result["code"] == 2
        assert re.fullmatch(rf"lstminspect: [^\n]{{1,{MOST_CHARACTERS}}}\.\n", said)
        # Where the machine is busy, the bound of time may be met before another one.
        assert re.search(rf"{refusal or 'took more than'}|took more than", said)
    assert len(result["refused"]) < MOST_CHARACTERS
    assert "\n" not in result["refused"]


def test_nothing_of_any_hostile_file_is_run(
    results: dict[str, dict[str, Any]], folder: Path
) -> None:
    assert len(results) == len(HOSTILE)
    assert not [*folder.rglob("ran*"), *Path("/tmp").glob("ran*.npy")]


def test_no_hostile_file_takes_much_memory(results: dict[str, dict[str, Any]]) -> None:
    assert max(each["megabytes"] for each in results.values()) < MOST_MEGABYTES


def test_the_watch_sees_what_opens_runs_imports_and_connects(tmp_path: Path) -> None:
    code = (
        "import os, socket, subprocess, hostile_child; watch = hostile_child.Watch(); "
        "watch.path = 'own'; open('ran', 'w'); os.system('true'); "
        "subprocess.run(['true']); exec('1'); import webbrowser; socket.socket(); "
        "print(*{each.split()[0] for each in watch.events})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    wanted = {"open", "os.system", "subprocess.Popen", "exec", "import", "socket.__new__"}
    assert wanted <= set(done.stdout.split())


def test_a_file_that_shrinks_after_it_is_opened_is_refused(tmp_path: Path) -> None:
    for name in HARMLESS:
        path = write(tmp_path / name, lambda _, name=name: SAMPLES[name][0]())
        file = open_file(path)
        os.truncate(path, 100)
        for tensor in file.tensors:
            if isinstance(tensor.place, int):
                with pytest.raises(FileError, match="became shorter while it was read"):
                    tensor.values()


def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    path = write(tmp_path / "m.npz", lambda _: SAMPLES["npz"][0]())
    monkeypatch.setattr(os, "pread", fails)
    with pytest.raises(FileError, match="reading the file failed: Input/output error"):
        open_file(path)


def test_a_folder_of_links_to_itself_and_to_devices_is_over_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    write(tmp_path / SECRET, lambda _: SAMPLES["safetensors"][0]())
    for number, target in enumerate((".", "..", "/dev/zero", "/proc/self/mem", f"../{SECRET}")):
        (folder / f"{number}.safetensors").symlink_to(target)
    assert [Path(row.path).name for row in open_files([folder])] == ["4.safetensors"]


def test_a_name_that_is_no_text_is_refused_on_a_real_terminal(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/no text \xff\x1b[31m.npz"
    Path(os.fsdecode(path)).write_bytes(b"PK\x03\x04")
    done = subprocess.run(
        [sys.executable, "-m", "lstminspect", "file", path], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(rb"lstminspect: no text \udcff\x1b[31m.npz is cut off")
    assert done.stdout == b""
