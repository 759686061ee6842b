"""A small file of each format, with a recurrent layer in it, as bytes."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["SAMPLES", "WEIGHTS", "writable"]

RANDOM = np.random.default_rng(0)
WEIGHTS = {
    "rnn.weight_ih_l0": RANDOM.normal(size=(8, 3)).astype(np.float32),
    "rnn.weight_hh_l0": RANDOM.normal(size=(8, 2)).astype(np.float32),
    "rnn.bias_ih_l0": RANDOM.normal(size=8).astype(np.float32),
}
#: The same layer as Keras has it: kernel, recurrent kernel, bias.
KERAS = [RANDOM.normal(size=shape).astype(np.float32) for shape in ((3, 8), (2, 8), (8,))]
LAYER = {"class_name": "LSTM", "config": {"name": "rnn", "units": 2, "use_bias": True}}
INPUT = {"class_name": "InputLayer", "config": {"batch_shape": [None, 5, 3], "name": "in"}}
CONFIG = json.dumps(
    {"class_name": "Sequential", "config": {"name": "model", "layers": [INPUT, LAYER]}}
)


def safetensors() -> bytes:
    header, data = {}, b""
    for name, array in WEIGHTS.items():
        end = len(data) + array.nbytes
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **WEIGHTS)
    return stream.getvalue()


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, WEIGHTS["rnn.weight_ih_l0"])
    return stream.getvalue()


def onnx() -> bytes:
    from onnx import helper, numpy_helper

    shapes = {"w": (8, 3), "R": (1, 8, 2), "B": (1, 16)}
    tensors = [
        numpy_helper.from_array(RANDOM.normal(size=shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    tensors.append(helper.make_tensor("axes", 7, [1], [0]))
    tensors.append(helper.make_tensor("h", 1, [1, 1, 2], [0.5, 0.25]))
    node = helper.make_node("LSTM", ["X", "W", "R", "B", "", "h"], ["i"], "rnn", hidden_size=2)
    inner = helper.make_graph([node], "t", [], [helper.make_tensor_value_info("i", 1, None)])
    nodes = [
        helper.make_node("Unsqueeze", ["w", "axes"], ["W"]),
        helper.make_node("If", ["c"], ["Y"], then_branch=inner, else_branch=inner),
    ]
    ends = [helper.make_tensor_value_info(name, 1, ["t", 1, 3]) for name in ("X", "Y")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    return bytes(helper.make_model(graph, producer_name="me").SerializeToString())


def nam() -> bytes:
    config = {"input_size": 1, "hidden_size": 2, "num_layers": 1}
    weights = RANDOM.normal(size=8 * 3 + 8 + 4 + 3).tolist()
    model = {"version": "0.5.4", "architecture": "LSTM", "config": config, "weights": weights}
    return json.dumps(model).encode()


def tflite() -> bytes:
    """The smallest file by TensorFlow's own converter: an operator of an LSTM."""
    import tensorflow as tf
    import tf_keras

    layer = tf_keras.layers.LSTM(2, return_sequences=True, bias_initializer="uniform")
    shape = tf.TensorSpec([1, 5, 3], tf.float32)
    function = tf.function(lambda x: layer(x), input_signature=[shape])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], layer
    )
    return bytes(converter.convert())


def pickled() -> bytes:
    return pickle.dumps({"state": WEIGHTS, "epoch": 3, "names": ["a", ("b", 2.5, None)]}, 4)


def torch_zip(legacy: bool = False) -> bytes:
    import torch

    stream = io.BytesIO()
    state = {name: torch.from_numpy(array) for name, array in WEIGHTS.items()}
    whole = {"state_dict": state, "epoch": 3}
    torch.save(whole, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def torch_legacy() -> bytes:
    return torch_zip(legacy=True)


def torchscript() -> bytes:
    import torch

    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.rnn = torch.nn.GRU(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.rnn(x)[0]

    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(Net()), stream)
    return stream.getvalue()


def hdf5(write: Callable[[Any], None]) -> bytes:
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write(file)
    return stream.getvalue()


def weights_h5() -> bytes:
    """The weights of Keras 3, one of them in chunks."""

    def write(file: Any) -> None:
        cell = file.create_group("layers/lstm/cell/vars")
        cell.create_dataset("0", data=KERAS[0], chunks=(2, 8), compression="gzip", shuffle=True)
        cell["1"], cell["2"] = KERAS[1:]
        file.create_group("layers/lstm/vars").attrs["name"] = "rnn"
        file.create_group("vars").attrs["name"] = "model"

    return hdf5(write)


def legacy_h5() -> bytes:
    """A whole model of Keras 2."""

    def write(file: Any) -> None:
        file.attrs["model_config"], file.attrs["keras_version"] = CONFIG, "2.15.0"
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.array([b"rnn"])
        layer = weights.create_group("rnn")
        names = [f"rnn/lstm_cell/{each}:0" for each in ("kernel", "recurrent_kernel", "bias")]
        layer.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name, array in zip(names, KERAS, strict=True):
            layer[name] = array

    return hdf5(write)


def keras(packing: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as opened:
        opened.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        opened.writestr("config.json", CONFIG)
        opened.writestr("model.weights.h5", weights_h5())
    return stream.getvalue()


def keras_config() -> bytes:
    return CONFIG.encode()


def rtneural() -> bytes:
    weights = [each.tolist() for each in KERAS]
    layer = {"type": "lstm", "activation": "", "shape": [None, None, 2], "weights": weights}
    return json.dumps({"in_shape": [None, None, 3], "layers": [layer]}).encode()


#: A small file of each format, and the package that it takes to write one.
SAMPLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "safetensors": (safetensors, "numpy"),
    "npz": (npz, "numpy"),
    "npy": (npy, "numpy"),
    "onnx": (onnx, "onnx"),
    "nam": (nam, "numpy"),
    "tflite": (tflite, "tf_keras"),
    "pickle": (pickled, "numpy"),
    "torch_zip": (torch_zip, "torch"),
    "torch_legacy": (torch_legacy, "torch"),
    "torchscript": (torchscript, "torch"),
    "weights_h5": (weights_h5, "h5py"),
    "legacy_h5": (legacy_h5, "h5py"),
    "keras": (keras, "h5py"),
    "keras_config": (keras_config, "numpy"),
    "rtneural": (rtneural, "numpy"),
}


def writable() -> list[str]:
    """The formats whose packages are here."""
    return [name for name, (_, package) in SAMPLES.items() if find_spec(package)]
