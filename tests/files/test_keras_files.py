"""Files of Keras: each form that Keras 3 and Keras 2 write, beside the weights of the model."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.model_file import ModelFile, open_file
from lstminspect.optional import load_keras

FORMS = (".keras", ".weights.h5", ".h5")


def model() -> Any:
    """A model with recurrent layers of each class, in each other, with distinct values."""
    keras = load_keras()
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input((5, 8)), layers.GRU(4, return_sequences=True, name="deep")], name="inner"
    )
    made = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
            inner,
            layers.LSTM(3, return_sequences=True, use_bias=False, name="first"),
            layers.LSTM(2, return_sequences=True, name="second"),
            layers.GRU(2, return_sequences=True, reset_after=False, name="before"),
            layers.SimpleRNN(3, return_sequences=True, name="simple"),
            layers.Dropout(0.1),
            layers.RNN(
                [layers.LSTMCell(3, name="one"), layers.GRUCell(2, name="two")], name="stack"
            ),
            layers.Dense(1, name="out"),
        ]
    )
    random = np.random.default_rng(5)
    made.set_weights([random.normal(size=each.shape) for each in made.get_weights()])
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    return made


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, ModelFile]]:
    """A model of Keras and its file, by the form of the file."""
    folder, made = tmp_path_factory.mktemp("keras"), model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form in FORMS:
            save = made.save_weights if form == ".weights.h5" else made.save
            save(folder / f"model{form}")
    return lambda form: (made, open_file(folder / f"model{form}"))


def arrays(tensors: Any) -> list[Any]:
    return sorted((np.asarray(each).tolist() for each in tensors), key=str)


@pytest.mark.parametrize("form", FORMS)
def test_the_tensors_of_a_file_are_the_weights_of_the_model(saved: Any, form: str) -> None:
    made, file = saved(form)
    own = [each for each in file.tensors if not each.role]
    assert arrays(each.values() for each in own) == arrays(made.get_weights())
    assert sum(each.parameters for each in own) == made.count_params()


def test_a_legacy_file_has_the_paths_of_the_variables_in_their_order(saved: Any) -> None:
    made, file = saved(".h5")
    own = [each for each in file.tensors if not each.role]
    assert [each.name for each in own] == [each.path for each in made.weights]
    for tensor, weight in zip(own, made.get_weights(), strict=True):
        assert np.array_equal(tensor.values(), weight)


@pytest.mark.parametrize("form", FORMS)
def test_the_tensors_of_the_optimizer_are_told_apart(saved: Any, form: str) -> None:
    made, file = saved(form)
    own = [each for each in file.tensors if each.role == "optimizer"]
    assert len(own) == len(made.optimizer.variables)


def test_a_file_tells_which_keras_wrote_it(saved: Any) -> None:
    version = load_keras().__version__
    assert saved(".keras")[1].contents.producer == f"Keras {version}"
    assert saved(".h5")[1].contents.producer == f"Keras {version} (tensorflow)"


LAYERS = {
    "both": ("both", "LSTM"),
    "inner/deep": ("inner", "GRU"),
    "first": ("first", "LSTM"),
    "second": ("second", "LSTM"),
    "before": ("before", "GRU"),
    "simple": ("simple", "SimpleRNN"),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("form", [".keras", ".h5"])
def test_a_declared_layer_owns_the_weights_that_keras_gives_it(
    saved: Any, form: str, name: str
) -> None:
    made, file = saved(form)
    tensors = {each.name: each for each in file.tensors}
    declared = {each.name: each for each in file.contents.declared}[name]
    assert declared.layer_type == LAYERS[name][1]
    held = [tensors[path].values() for path in declared.tensors.values()]
    for own, weight in zip(held, made.get_layer(LAYERS[name][0]).get_weights(), strict=True):
        assert np.array_equal(own, weight)


def test_the_directions_of_a_declared_layer_have_the_names_of_the_convention(saved: Any) -> None:
    declared = saved(".keras")[1].contents.declared[0]
    assert list(declared.tensors) == [
        f"{direction}/{weight}"
        for direction in ("forward", "backward")
        for weight in ("kernel", "recurrent_kernel", "bias")
    ]
    assert (declared.options["units"], declared.options["merge_mode"]) == (4, "concat")


def test_the_cells_of_a_stack_are_declared_one_by_one(saved: Any) -> None:
    declared = {each.name: each for each in saved(".keras")[1].contents.declared}
    assert declared["stack/two"].tensors["kernel"] == "layers/rnn/cell/cells/gru_cell/vars/0"
    assert declared["stack/one"].layer_type == "LSTM"


@pytest.mark.parametrize("form", [".keras", ".h5"])
def test_the_config_of_a_file_is_that_of_the_model(saved: Any, form: str) -> None:
    from lstminspect import model as described

    made, file = saved(form)
    assert described(file.contents.config).parameters == made.count_params()


def test_a_keras_archive_that_was_packed_again_is_inflated(saved: Any, tmp_path: Path) -> None:
    made, file = saved(".keras")
    with zipfile.ZipFile(file.path) as old, zipfile.ZipFile(tmp_path / "m.keras", "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    packed = open_file(tmp_path / "m.keras")
    own = [each for each in packed.tensors if not each.role]
    assert arrays(each.values() for each in own) == arrays(made.get_weights())


def test_bfloat16_comes_as_the_float32_that_it_stands_for(tmp_path: Path) -> None:
    keras = load_keras()
    layer = keras.layers.LSTM(2, dtype="bfloat16", recurrent_initializer="glorot_uniform")
    made = keras.Sequential([keras.Input((2, 3)), layer])
    made.save_weights(tmp_path / "m.weights.h5")
    file = open_file(tmp_path / "m.weights.h5")
    assert {each.dtype for each in file.tensors} == {"bfloat16"}
    for tensor, weight in zip(file.tensors, layer.get_weights(), strict=True):
        assert np.array_equal(tensor.values(), np.asarray(weight, np.float32))


# Keras 2 and 1 ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old() -> Any:
    """A model of Keras 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf_keras

        layers = tf_keras.layers
        made = tf_keras.Sequential(
            [
                layers.Input((5, 3)),
                layers.LSTM(4, return_sequences=True, name="a"),
                layers.Bidirectional(layers.GRU(3), name="b"),
                layers.Dense(1),
            ]
        )
    random = np.random.default_rng(6)
    made.set_weights([random.normal(size=each.shape) for each in made.get_weights()])
    return made


@pytest.mark.parametrize("form", ["model.h5", "weights.h5", "model.keras", "m.weights.h5"])
def test_a_file_of_keras_2_has_the_weights_of_its_model(
    old: Any, tmp_path: Path, form: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (old.save if form.startswith("model") else old.save_weights)(tmp_path / form)
    file = open_file(tmp_path / form)
    own = [each for each in file.tensors if not each.role]
    assert arrays(each.values() for each in own) == arrays(old.get_weights())
    if form in ("model.h5", "weights.h5"):
        assert [each.name for each in own] == [each.name for each in old.weights]
    if form.startswith("model"):
        a, b = file.contents.declared
        assert (len(a.tensors), len(b.tensors)) == (3, 6)
        assert "time_major, with which Keras 3 refuses" in file.contents.notes[0]


def legacy(path: Path, layers: dict[str, dict[str, tuple[int, ...]]]) -> Path:
    """A file of weights in the legacy form, made by hand."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in layers])
        file.attrs["keras_version"] = b"1.2.2"
        for layer, weights in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in weights])
            for name, shape in weights.items():
                group[name] = np.ones(shape, np.float32)
    return path


def test_the_twelve_arrays_of_a_keras_1_lstm_have_their_names(tmp_path: Path) -> None:
    weights = {
        f"lstm_1_{part}_{gate}": {"W": (3, 4), "U": (4, 4), "b": (4,)}[part]
        for gate in "icfo"
        for part in "WUb"
    }
    file = open_file(legacy(tmp_path / "old.h5", {"lstm_1": weights}))
    assert [each.name for each in file.tensors] == list(weights)
    assert file.contents.producer == "Keras 1.2.2"


def test_the_biases_of_the_cudnn_layers_have_the_length_that_is_stored(tmp_path: Path) -> None:
    weights = {
        "lstm/kernel:0": (3, 16),
        "lstm/recurrent_kernel:0": (4, 16),
        "lstm/bias:0": (32,),
    }
    file = open_file(legacy(tmp_path / "cudnn.h5", {"lstm": weights}))
    assert {each.name: each.shape for each in file.tensors} == weights


def test_names_that_keras_splits_over_several_attributes_are_joined(tmp_path: Path) -> None:
    path = legacy(tmp_path / "long.h5", {"a": {"a/w:0": (2,), "a/v:0": (3,)}})
    with h5py.File(path, "a") as file:
        names = file["a"].attrs["weight_names"]
        del file["a"].attrs["weight_names"]
        file["a"].attrs["weight_names0"], file["a"].attrs["weight_names1"] = names[:1], names[1:]
    assert [each.name for each in open_file(path).tensors] == ["a/w:0", "a/v:0"]


# Archives that lie --------------------------------------------------------------------------------


def archive(path: Path, **members: bytes) -> Path:
    names = {"config": "config.json", "metadata": "metadata.json", "weights": "model.weights.h5"}
    with zipfile.ZipFile(path, "w", 8) as file:
        for name, data in members.items():
            file.writestr(names[name], data)
    return path


def test_an_archive_without_weights_says_so(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", config=b"{}", metadata=b"{}")
    with pytest.raises(FileError, match=r"m.keras has no model.weights.h5. It has no weights"):
        open_file(path)


def test_a_config_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = b'{"config":' * 100_000 + b"1" + b"}" * 100_000
    path = archive(tmp_path / "m.keras", config=deep, metadata=b"{}", weights=b"")
    with pytest.raises(FileError, match="nested too deep"):
        open_file(path)


def test_weights_that_inflate_without_end_are_refused(tmp_path: Path) -> None:
    zeros = b"\0" * (300 << 20)
    path = archive(tmp_path / "m.keras", config=b"{}", metadata=b"{}", weights=zeros)
    with pytest.raises(FileError, match=r"has 314,572,800 bytes; at most 268,435,456"):
        open_file(path)


@pytest.mark.parametrize("layers", [5, "x", [1, None, {"class_name": 3}], [{"config": []}]])
def test_a_config_of_another_form_declares_no_layer(tmp_path: Path, layers: Any) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["lstm/kernel"] = np.ones(3)
        config = {"class_name": "Sequential", "config": {"layers": layers}}
        file.attrs["model_config"] = json.dumps(config)
    assert open_file(tmp_path / "w.h5").contents.declared == ()
