"""Files damaged at random and cut off anywhere: only our own error comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutations import run, tried
from samples import SAMPLES, writable

#: A converter takes long: its file is damaged by the command alone.
FORMATS = [name for name in writable() if name != "tflite"]


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_open_or_are_refused_by_an_error_of_our_own(
    name: str, tmp_path: Path
) -> None:
    counts = run(name, 150, tmp_path, seed=1)
    assert sum(counts.values()) == 150
    assert counts["refused"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_off_at_any_byte_is_refused(name: str, tmp_path: Path) -> None:
    data = SAMPLES[name][0]()
    assert tried(written(tmp_path / f"m.{name}", data)) == "opens"
    # Of a large one at every so many bytes, so that all is over soon.
    for end in range(0, len(data), 1 + len(data) // 1200):
        outcome = tried(written(tmp_path / f"m.{name}", data[:end]))
        # The versions of ONNX's operators stand last, and a file without them is one all the same.
        assert outcome != "opens" or name == "onnx", end


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
