"""TensorFlow Lite files by the converter of TensorFlow, and files that lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents
from lstminspect.files.model_file import open_file

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
UNITS, FEATURES = 32, 40


@pytest.fixture(scope="module")
def layers() -> list[Any]:
    tf_keras = pytest.importorskip("tf_keras")
    return [
        tf_keras.layers.LSTM(UNITS, return_sequences=True, bias_initializer="glorot_normal"),
        tf_keras.layers.GRU(4),
    ]


def converted(layer: Any, path: Path, quantized: bool = False) -> Contents:
    import tensorflow as tf

    shape = tf.TensorSpec([1, 5, FEATURES], tf.float32)
    function = tf.function(lambda x: layer(x), input_signature=[shape])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], layer
    )
    if quantized:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    path.write_bytes(converter.convert())
    return open_file(path).contents


@pytest.fixture(scope="module")
def lstm(layers: list[Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contents]:
    path = tmp_path_factory.mktemp("tflite") / "lstm.tflite"
    return path, converted(layers[0], path)


@pytest.mark.filterwarnings("ignore")
def test_the_gates_of_a_recurrent_operator_come_as_keras_has_them(
    layers: list[Any], lstm: tuple[Path, Contents]
) -> None:
    (layer,) = lstm[1].declared
    assert (layer.layer_type, layer.convention, layer.options["units"]) == ("LSTM", "keras", UNITS)
    assert len(layer.sources) == 12
    for name, expected in zip(layer.computed, layers[0].get_weights(), strict=True):
        assert layer.computed[name].shape == expected.shape
        np.testing.assert_array_equal(layer.computed[name].values(), expected)


@pytest.mark.filterwarnings("ignore")
def test_weights_that_are_stored_as_codes_come_as_the_floats_that_they_mean(
    layers: list[Any], tmp_path: Path
) -> None:
    contents = converted(layers[0], tmp_path / "m.tflite", quantized=True)
    assert {each.dtype for each in contents.tensors} >= {"int8"}
    kernel = contents.declared[0].computed["kernel"].values()
    np.testing.assert_allclose(kernel, layers[0].get_weights()[0], atol=0.01)


@pytest.mark.filterwarnings("ignore")
def test_a_layer_that_was_taken_apart_is_noted(layers: list[Any], tmp_path: Path) -> None:
    contents = converted(layers[1], tmp_path / "m.tflite")
    assert not contents.declared
    assert contents.notes[0].startswith("no recurrent operator")
    assert "in a loop (WHILE)" in contents.notes[0]
    assert {name for name, _ in contents.users.values()} >= {"FULLY_CONNECTED"}


@pytest.mark.filterwarnings("ignore")
def test_a_file_cut_off_anywhere_is_refused_or_has_the_same_tensors(
    lstm: tuple[Path, Contents], tmp_path: Path
) -> None:
    data = lstm[0].read_bytes()
    for end in range(8, len(data), 331):
        (tmp_path / "m.tflite").write_bytes(data[:end])
        try:
            tensors = open_file(tmp_path / "m.tflite").tensors
        except FileError:
            continue
        assert tensors == lstm[1].tensors


def test_a_list_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    # A model whose one list, that of its graphs, says that it has 2 ** 32 - 1 entries.
    table = bytes([10, 0, 8, 0, 0, 0, 0, 0, 4, 0, 0, 0])
    root = (24).to_bytes(4, "little") + b"TFL3" + b"\0\0\0\0" + table
    data = root + (12).to_bytes(4, "little") + (4).to_bytes(4, "little") + b"\xff\xff\xff\xff"
    (tmp_path / "m.tflite").write_bytes(data + bytes(40))
    with pytest.raises(FileError, match="a list of 4,294,967,295 entries"):
        open_file(tmp_path / "m.tflite")
