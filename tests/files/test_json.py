"""JSON files: each form that is known, and texts that are none or lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents
from lstminspect.files.json_text import MOST_DEPTH
from lstminspect.files.model_file import open_file

RANDOM = np.random.default_rng(2)


def opened(path: Path, value: Any) -> Contents:
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return open_file(path).contents


def test_a_config_of_keras_is_kept_whole(tmp_path: Path) -> None:
    value = {"class_name": "Sequential", "config": {"layers": []}, "keras_version": "3.1.0"}
    contents = opened(tmp_path / "m.json", value)
    assert (contents.format, contents.producer) == ("keras-json", "Keras 3.1.0")
    assert contents.config == value


def nam(units: int, layers: int = 1, declared: int | None = None) -> tuple[Any, list[np.ndarray]]:
    parts, width = [], 1
    for _ in range(layers):
        matrix = RANDOM.normal(size=(4 * units, width + units)).astype(np.float32)
        vectors = [RANDOM.normal(size=n).astype(np.float32) for n in (4 * units, units, units)]
        parts += [matrix[:, :width], matrix[:, width:], *vectors]
        parts.append(matrix)
        width = units
    order = [part for at in range(layers) for part in (parts[6 * at + 5], *parts[6 * at + 2 :][:3])]
    head = [RANDOM.normal(size=(1, units)).astype(np.float32), np.float32([0.5])]
    weights = np.concatenate([each.ravel() for each in (*order, *head)]).tolist()
    config = {"input_size": 1, "hidden_size": declared or units, "num_layers": layers}
    return {"version": "0.5.4", "architecture": "LSTM", "config": config, "weights": weights}, [
        part for at, part in enumerate(parts) if at % 6 != 5
    ] + head


@pytest.mark.parametrize("layers", [1, 3])
def test_a_nam_file_gives_each_layer_its_weights_and_learned_states(
    layers: int, tmp_path: Path
) -> None:
    value, parts = nam(4, layers)
    contents = opened(tmp_path / "m.nam", value)
    assert len(contents.declared) == layers
    assert contents.declared[0].states == {
        "initial_h": "layer0.initial_h",
        "initial_c": "layer0.initial_c",
    }
    for tensor, expected in zip(contents.tensors, parts, strict=True):
        np.testing.assert_array_equal(tensor.values(), expected)
    assert sum(each.parameters for each in contents.tensors) == len(value["weights"])


def test_a_nam_file_that_declares_16_units_and_holds_20_says_both(tmp_path: Path) -> None:
    contents = opened(tmp_path / "m.nam", nam(20, declared=16)[0])
    assert contents.declared[0].options["hidden_size"] == 16
    assert contents.tensors[1].shape == (80, 20)
    assert "it declares hidden_size 16, and has the weights of 20" in contents.notes


def test_a_nam_file_whose_weights_fit_no_size_says_how_many_it_should_have(
    tmp_path: Path,
) -> None:
    value, _ = nam(4)
    contents = opened(tmp_path / "m.nam", {**value, "weights": value["weights"][:-1]})
    assert "hidden_size 4 takes 109 weights, and the list has 108" in contents.notes[0]


def test_a_file_of_rtneural_gives_its_layers_with_keras_s_weights(tmp_path: Path) -> None:
    arrays = [RANDOM.normal(size=shape) for shape in ((1, 80), (20, 80), (80,))]
    weights = [each.tolist() for each in arrays]
    layer = {"type": "lstm", "activation": "", "shape": [None, None, 20], "weights": weights}
    dense = {"type": "dense", "activation": "", "shape": [None, 1], "weights": [[[1.0]] * 20, [0]]}
    value = {"in_shape": [None, None, 1], "layers": [layer, dense]}
    contents = opened(tmp_path / "m.json", value)
    (declared,) = contents.declared
    assert (declared.layer_type, declared.options) == ("LSTM", {"units": 20})
    tensors = {each.name: each for each in contents.tensors}
    assert declared.tensors["recurrent_kernel"] == "0.lstm.recurrent_kernel"
    assert tensors["1.dense.bias"].shape == (1,)
    for name, expected in zip(declared.tensors.values(), arrays, strict=True):
        np.testing.assert_array_equal(tensors[name].values(), expected.astype(np.float32))


def test_a_state_dict_as_lists_gives_tensors_and_what_is_declared(tmp_path: Path) -> None:
    value = {
        "model_data": {"unit_type": "LSTM", "input_size": 1, "hidden_size": 16, "num_layers": 1},
        "state_dict": {
            "rec.weight_ih_l0": np.ones((64, 1)).tolist(),
            "rec.weight_hh_l0": np.ones((64, 16)).tolist(),
            "lin.weight": np.ones((1, 16)).tolist(),
        },
    }
    contents = opened(tmp_path / "m.json", value)
    assert [each.shape for each in contents.tensors] == [(64, 1), (64, 16), (1, 16)]
    (declared,) = contents.declared
    assert declared.options == {"input_size": 1, "hidden_size": 16, "num_layers": 1}
    assert declared.tensors["weight_hh_l0"] == "rec.weight_hh_l0"


def test_a_model_of_tensorflow_js_gives_shapes_and_opens_no_other_file(tmp_path: Path) -> None:
    weights = [{"name": "lstm/kernel", "shape": [3, 16], "dtype": "float32"}]
    value = {
        "format": "layers-model",
        "modelTopology": {"model_config": {"class_name": "Sequential", "config": {}}},
        "weightsManifest": [{"paths": ["../../etc/passwd"], "weights": weights}],
    }
    contents = opened(tmp_path / "model.json", value)
    assert contents.tensors[0].shape == (3, 16)
    assert contents.config == {"class_name": "Sequential", "config": {}}
    with pytest.raises(FileError, match="lie in another file of weights"):
        contents.tensors[0].values()


def test_an_array_of_zarr_gives_its_shape_and_type(tmp_path: Path) -> None:
    value = {"zarr_format": 2, "shape": [3, 4], "dtype": "<f4", "chunks": [3, 4]}
    (tensor,) = opened(tmp_path / ".zarray", value).tensors
    assert (tensor.shape, tensor.dtype, tensor.nbytes) == ((3, 4), "float32", 48)


def shard(path: Path, **arrays: np.ndarray) -> None:
    from safetensors.numpy import save_file

    save_file(arrays, path)


def sharded(folder: Path) -> Path:
    shard(folder / "model-1.safetensors", a=np.ones((2, 3), np.float32))
    shard(folder / "model-2.safetensors", b=np.full(4, 2, np.float32))
    weights = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    index = {"metadata": {"total_size": 40}, "weight_map": weights}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    return folder


def test_a_directory_of_shards_is_one_model(tmp_path: Path) -> None:
    file = open_file(sharded(tmp_path))
    assert file.contents.format == "safetensors in shards"
    assert [(each.name, each.values().sum()) for each in file.tensors] == [("a", 6), ("b", 8)]


def test_an_index_alone_says_where_the_tensors_are_and_opens_nothing(tmp_path: Path) -> None:
    contents = open_file(sharded(tmp_path) / "model.safetensors.index.json").contents
    assert contents.notes[0].startswith("2 tensors lie in 2 other files, which are not opened")


def test_a_shard_that_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = sharded(tmp_path)
    (folder / "model-2.safetensors").rename(tmp_path.parent / f"{tmp_path.name}.elsewhere")
    (folder / "model-2.safetensors").symlink_to(tmp_path.parent / f"{tmp_path.name}.elsewhere")
    with pytest.raises(FileError, match="is a link, which is not followed"):
        open_file(folder)


@pytest.mark.parametrize("name", ["../x.safetensors", "/etc/passwd", "a/b", "", "..", 3, None])
def test_a_shard_of_another_directory_is_refused(name: Any, tmp_path: Path) -> None:
    index = {"weight_map": {"a": name}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    with pytest.raises(FileError, match=r"names (a|the) shard"):
        open_file(tmp_path)


def test_an_orbax_checkpoint_gives_names_and_the_shapes_that_zarr_has(tmp_path: Path) -> None:
    keys = {"key_metadata": [{"key": "params"}, {"key": "kernel"}], "value_metadata": {}}
    other = {"key_metadata": [{"key": "step"}], "value_metadata": {}}
    tree = {"tree_metadata": {"('params', 'kernel')": keys, "('step',)": other}}
    (tmp_path / "_METADATA").write_text(json.dumps(tree), "utf-8")
    (tmp_path / "params.kernel").mkdir()
    array = {"zarr_format": 2, "shape": [3, 16], "dtype": "<f4"}
    (tmp_path / "params.kernel" / ".zarray").write_text(json.dumps(array), "utf-8")
    contents = open_file(tmp_path).contents
    assert [(each.name, each.shape) for each in contents.tensors] == [("params.kernel", (3, 16))]
    assert "1 arrays whose shapes are in a database: step" in contents.notes


HOSTILE: dict[str, tuple[Any, str]] = {
    "no form": ({"class_name": 1}, "JSON of no form that is known here: it has 'class_name'"),
    "no mark": ({"tokenizer": 1}, "is not a model file that is known here"),
    "cut off": (b'{"class_name": ', "is not JSON"),
    "deep": (b'{"class_name": 1, "config": ' + b"[" * 900 + b"]" * 900 + b"}", "nested"),
    "very deep": (b'{"class_name":' * 100_000, "nested too deeply"),
    "twice": (b'{"class_name": 1, "config": 2, "config": 3}', "names 'config' twice"),
    "ragged": ({"state_dict": {"a": [[1, 2], [3]]}}, "its lists have other lengths"),
    "texts": ({"state_dict": {"a": [[1, "x"]]}}, "not all of it is numbers"),
    "negative": ({"zarr_format": 2, "shape": [-1], "dtype": "<f4"}, "is not a shape"),
    "sizes": (
        {"architecture": "LSTM", "config": {"hidden_size": 1 << 70}, "weights": [1.0]},
        "its sizes are",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_json_that_is_none_or_lies_is_refused(name: str, tmp_path: Path) -> None:
    value, message = HOSTILE[name]
    with pytest.raises(FileError, match=message):
        opened(tmp_path / "m.json", value)


def test_json_nested_as_deep_as_is_allowed_is_read(tmp_path: Path) -> None:
    inner: Any = 1
    for _ in range(MOST_DEPTH - 2):
        inner = [inner]
    value = {"class_name": "Sequential", "config": inner}
    assert opened(tmp_path / "m.json", value).config == value
