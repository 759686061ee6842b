"""A model file is opened, and no other file that it names; and no package without need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import SAMPLES, writable

from lstminspect.files.model_file import open_file

#: Names of other files in the texts of files: an index, a manifest, a tensor outside.
SECRET = "secret.safetensors"


def index(path: Path) -> None:
    path.write_text(json.dumps({"weight_map": {"w": SECRET}}), "utf-8")


def manifest(path: Path) -> None:
    weights = [{"name": "w", "shape": [1], "dtype": "float32"}]
    groups = [{"paths": [SECRET], "weights": weights}]
    value = {"modelTopology": {}, "weightsManifest": groups}
    path.write_text(json.dumps(value), "utf-8")


def outside(path: Path) -> None:
    """An ONNX file whose one tensor lies in another file."""

    def message(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    entry = message(13, message(1, b"location") + message(2, SECRET.encode()))
    tensor = b"\x08\x01\x10\x01" + message(8, b"w") + entry + b"\x70\x01"
    path.write_bytes(b"\x08\x08" + message(7, message(5, tensor)))


def sample(name: str) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(SAMPLES[name][0]())


MAKERS: dict[str, Callable[[Path], Any]] = {
    "index.json": index,
    "manifest.json": manifest,
    "outside.onnx": outside,
} | {f"m.{name}": sample(name) for name in writable() if name != "tflite"}


@pytest.fixture(scope="module")
def opened() -> list[str]:
    """The files that are opened, in order. A hook cannot be taken away again."""
    paths: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | Path):
            paths.append(str(arguments[0]))

    sys.addaudithook(hook)
    return paths


@pytest.mark.parametrize("name", MAKERS)
def test_no_other_file_of_its_directory_is_opened(
    name: str, opened: list[str], tmp_path: Path
) -> None:
    (tmp_path / SECRET).write_bytes(SAMPLES["safetensors"][0]())
    MAKERS[name](tmp_path / name)
    opened.clear()
    open_file(tmp_path / name)
    assert {each for each in opened if each.startswith(str(tmp_path))} == {str(tmp_path / name)}


def test_a_safetensors_file_is_opened_without_numpy_and_without_any_package(
    tmp_path: Path,
) -> None:
    (tmp_path / "m").write_bytes(SAMPLES["safetensors"][0]())
    code = (
        "import sys; from lstminspect.files.catalogue import contents_of; "
        "from lstminspect.files.source import local_source; "
        "contents_of(local_source(sys.argv[1])); "
        "print(sorted({each.partition('.')[0] for each in sys.modules} & set(sys.argv[2:])))"
    )
    packages = ["numpy", "fsspec", "aiohttp", "tflite", "flatbuffers", "h5py", "pyfive", "onnx"]
    command = [sys.executable, "-c", code, str(tmp_path / "m"), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
