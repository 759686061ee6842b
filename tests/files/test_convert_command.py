"""Weights out of a file: written whole or not at all, and the same function in the framework."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import safetensors

import lstminspect as li
from lstminspect.cli.main import main

LAYERS = [
    li.Layer("lstm", units=5, features=3, return_sequences=True),
    li.Layer("gru", units=5, features=3, return_sequences=True),
    li.Layer("rnn", units=5, features=3, return_sequences=True),
    li.Layer("lstm", units=5, features=3, bidirectional=True, return_sequences=True),
    li.Layer("lstm", units=5, features=3, use_bias=False, return_sequences=True),
]
X = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")


def pytorch_file(folder: Path, layer: li.Layer, name: str = "rnn.") -> Path:
    weights = li.random_weights(layer, "pytorch")
    path = folder / "model.safetensors"
    path.write_bytes(safetensors({name + key: each for key, each in weights.items()}))
    return path


def written(source: Path, target: str, path: Path, *more: str) -> dict[str, Any]:
    """The arrays that the command writes to `path`."""
    assert main(["convert", str(source), "--to", target, "-o", str(path), *more]) == 0
    if path.suffix == ".npz":
        return dict(np.load(path))
    return {each.name: each.values() for each in li.open_file(path).tensors}


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_what_is_written_is_what_convert_gives(
    layer: li.Layer, ending: str, tmp_path: Path
) -> None:
    source = pytorch_file(tmp_path, layer)
    found = written(source, "keras", tmp_path / f"keras{ending}")
    wanted = li.convert(li.open_file(source).layers[0].weights(), "pytorch", "keras", layer)
    assert list(found) == list(wanted.weights)
    for name, values in found.items():
        assert np.array_equal(values, wanted.weights[name])


@pytest.mark.parametrize("layer", LAYERS if find_spec("safetensors") else [], ids=repr)
def test_the_reader_of_safetensors_takes_what_is_written(layer: li.Layer, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    source = pytorch_file(tmp_path, layer)
    found = written(source, "pytorch", tmp_path / "again.safetensors")
    theirs = load_file(tmp_path / "again.safetensors")
    assert sorted(theirs) == sorted(found)
    for name, values in theirs.items():
        assert np.array_equal(values, found[name])


def keras_layer(layer: li.Layer) -> Any:
    """The layer of Keras, built on X."""
    import keras

    name = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}[layer.cell.name]
    made = getattr(keras.layers, name)(
        layer.units, use_bias=layer.use_bias, return_sequences=True, bias_initializer="uniform"
    )
    if layer.bidirectional:
        made = keras.layers.Bidirectional(made)
    return made


def torch_module(layer: li.Layer) -> Any:
    from torch import nn

    name = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[layer.cell.name]
    options = {"bias": layer.use_bias, "bidirectional": layer.bidirectional, "batch_first": True}
    return getattr(nn, name)(layer.features, layer.units, **options)


BOTH = find_spec("torch") and find_spec("keras") and find_spec("pyfive")


@pytest.mark.parametrize("layer", LAYERS if BOTH else [], ids=repr)
@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
@pytest.mark.filterwarnings("ignore")
def test_a_file_of_keras_gives_the_same_outputs_in_pytorch(
    layer: li.Layer, ending: str, tmp_path: Path
) -> None:
    import keras
    import torch

    model = keras.Sequential([keras.Input((7, 3)), keras_layer(layer), keras.layers.Dense(2)])
    path = tmp_path / f"model{ending}"
    model.save_weights(path) if ending == ".weights.h5" else model.save(path)
    found = written(path, "pytorch", tmp_path / "lstm.npz")
    module = torch_module(layer)
    module.load_state_dict({name: torch.from_numpy(each) for name, each in found.items()})
    with torch.no_grad():
        theirs = module(torch.from_numpy(X))[0].numpy()
    assert np.allclose(theirs, np.asarray(model.layers[0](X)), atol=1e-5)


@pytest.mark.parametrize("layer", LAYERS if BOTH else [], ids=repr)
@pytest.mark.filterwarnings("ignore")
def test_a_checkpoint_of_pytorch_gives_the_same_outputs_in_keras(
    layer: li.Layer, tmp_path: Path
) -> None:
    import torch

    module = torch_module(layer)
    path = tmp_path / "checkpoint.pt"
    torch.save({"epoch": 3, "state_dict": {f"m.{k}": v for k, v in module.state_dict().items()}},
               path)  # fmt: skip
    found = written(path, "keras", tmp_path / "lstm.npz")
    made = keras_layer(layer)
    made.build((None, 7, 3))
    made.set_weights(list(found.values()))
    with torch.no_grad():
        theirs = module(torch.from_numpy(X))[0].numpy()
    assert np.allclose(theirs, np.asarray(made(X)), atol=1e-5)


@pytest.mark.parametrize("layer", LAYERS[:4] if find_spec("onnxruntime") else [], ids=repr)
def test_a_file_gives_the_same_outputs_in_a_node_of_onnx(layer: li.Layer, tmp_path: Path) -> None:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    source = pytorch_file(tmp_path, layer)
    found = written(source, "onnx", tmp_path / "node.npz")
    operator = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[layer.cell.name]
    more = {"linear_before_reset": 1} if operator == "GRU" else {}
    direction = "bidirectional" if layer.bidirectional else "forward"
    node = helper.make_node(operator, ["X", *found], ["Y"], hidden_size=5, direction=direction,
                            **more)  # fmt: skip
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, (7, 2, 3))],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(each, name) for name, each in found.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (theirs,) = session.run(None, {"X": X.transpose(1, 0, 2)})
    file = li.open_file(source)
    ours = li.run(file.layers[0].layer, file.weights(file.layers[0]), X)
    assert np.allclose(theirs.transpose(2, 0, 1, 3).reshape(2, 7, -1), ours, atol=1e-5)


def test_what_is_lost_is_said_and_what_is_written_is_silent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(pytorch_file(tmp_path, LAYERS[0]), "keras", tmp_path / "keras.npz")
    out, err = capsys.readouterr()
    assert out == ""
    assert "stored as their sum, and the outputs are the same" in err


#: What is typed behind `convert FILE`, and the sentence.
REFUSED = [
    ("--to keras -o SOURCE", "is the file that is read. Give -o another name"),
    ("-o new.npz", "--to is missing"),
    ("--to nonsense -o new.npz", "no convention called 'nonsense'"),
    ("--to keras --layer rn -o new.npz", "no recurrent layer called 'rn'. Did you mean"),
    ("--to nnx -o new.npz", "Flax NNX has no place for d_n of gru"),
    ("--to keras --from haiku --layer rnn", "--from takes all tensors of the file"),
    ("--to keras --from haiku", "these are not the weights of one layer that"),
    ("--to keras -o new.xyz", "no format has the ending .xyz"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    words: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = pytorch_file(tmp_path, li.Layer("gru", units=5, features=3))
    before, target = source.read_bytes(), tmp_path / "new.npz"
    target.write_bytes(b"as it was")
    places = {"SOURCE": str(source), "new.npz": str(target)}
    typed = [places.get(word, word) for word in words.split()]
    assert main(["convert", str(source), *typed]) == 2
    assert sentence in capsys.readouterr().err
    assert source.read_bytes() == before
    assert target.read_bytes() == b"as it was"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.safetensors", "new.npz"]


def test_of_several_layers_one_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.safetensors"
    both = {
        f"{name}.{key}": each
        for name, units in (("encoder", 4), ("decoder", 6))
        for key, each in li.random_weights(li.Layer("lstm", units, 3), "pytorch").items()
    }
    path.write_bytes(safetensors(both))
    assert main(["convert", str(path), "--to", "keras"]) == 2
    assert "'encoder', 'decoder'. Choose with --layer" in capsys.readouterr().err
    found = written(path, "keras", tmp_path / "d.npz", "--layer", "decoder")
    assert found["kernel"].shape == (3, 24)


def test_whose_weights_they_are_can_be_said(tmp_path: Path) -> None:
    layer = li.Layer("lstm", units=4, features=3)
    path = tmp_path / "plain.safetensors"
    path.write_bytes(safetensors(li.random_weights(layer, "tf1")))
    found = written(path, "keras", tmp_path / "k.npz", "--from", "tf1")
    wanted = li.convert({t.name: t.values() for t in li.open_file(path).tensors}, "tf1", "keras")
    assert all(np.array_equal(found[name], each) for name, each in wanted.weights.items())
