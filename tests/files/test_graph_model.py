"""The Model of an ONNX graph: its inputs, its recurrent layers, every node that reads a tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lstminspect.files.model_file import open_file

onnx = pytest.importorskip("onnx")


def graph_with_an_lstm(path: Path) -> None:
    """An Embedding, an LSTM, a product and its bias, as an ONNX file."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    rng = np.random.default_rng(1)
    shapes = {
        "E": (50, 8),
        "W": (1, 64, 8),
        "R": (1, 64, 16),
        "B": (1, 128),
        "K": (16, 5),
        "b": (5,),
    }
    stored = [
        numpy_helper.from_array(rng.normal(size=shape).astype("f4"), name)
        for name, shape in shapes.items()
    ]
    nodes = [
        helper.make_node("Gather", ["E", "words"], ["embedded"], name="embedding"),
        helper.make_node("LSTM", ["embedded", "W", "R", "B"], ["y"], name="lstm", hidden_size=16),
        helper.make_node("Squeeze", ["y"], ["flat"]),
        helper.make_node("MatMul", ["flat", "K"], ["product"], name="dense"),
        helper.make_node("Add", ["product", "b"], ["scores"], name="bias"),
    ]
    words = helper.make_tensor_value_info("words", onnx.TensorProto.INT64, ["steps", 2])
    scores = helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, ["steps", 2, 5])
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [words], [scores], stored)), path)


def test_a_graph_becomes_a_model_whose_total_is_that_of_the_tensors(tmp_path: Path) -> None:
    graph_with_an_lstm(tmp_path / "tagger.onnx")
    file = open_file(tmp_path / "tagger.onnx")
    model = file.model
    assert model is not None
    assert [(row.name, row.layer_type, row.part.parameters) for row in model.rows] == [
        ("words", "InputLayer", 0),
        ("embedding", "Gather", 400),
        ("lstm", "LSTM", 64 * 8 + 64 * 16 + 128),
        ("dense", "MatMul", 80),
        ("bias", "Add", 5),
    ]
    assert model.parameters == file.parameters == 2149
    assert model.outputs == ((None, 2, 5),)
    assert model.rows[0].part.outputs == ((None, 2),)
    assert model.rows[2].part.layer == file.layers[0].layer
