"""Opening a model file: its container by its bytes, its tensors without their values."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import safetensors

import lstminspect as li
from lstminspect.errors import FileError
from lstminspect.files.model_file import open_file


def test_a_safetensors_file_gives_its_tensors_and_then_their_values(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    entry = {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}
    header = json.dumps({"rnn.weight_ih_l0": entry}).encode()
    path = tmp_path / "model.bin"
    path.write_bytes(len(header).to_bytes(8, "little") + header + values.tobytes())
    (tensor,) = open_file(path).tensors
    assert (tensor.name, tensor.shape, tensor.dtype) == ("rnn.weight_ih_l0", (4, 3), "float32")
    assert np.array_equal(tensor.values(), values)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(FileError, match="is not a regular file"):
        open_file(tmp_path / "pipe.onnx")


def test_an_unknown_file_is_refused_with_the_formats_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello", "utf-8")
    with pytest.raises(FileError, match=r"not a model file.*Known are Keras"):
        open_file(path)


@pytest.mark.parametrize("asked", [li.report, li.cost, li.random_weights])
def test_a_layer_of_a_file_is_taken_where_a_layer_is(asked: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    weights = li.random_weights(li.Layer("gru", units=4, features=3), "pytorch")
    path.write_bytes(safetensors({f"rnn.{name}": each for name, each in weights.items()}))
    (found,) = open_file(path).layers
    assert str(asked(found)) == str(asked(found.layer))
