"""ONNX files by onnx itself: tensors, nodes in every graph, and what is computed of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents
from lstminspect.files.model_file import open_file

onnx = pytest.importorskip("onnx")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto

RANDOM = np.random.default_rng(3)
U, F = 4, 3


def floats(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def tensor(name: str, array: Any) -> Any:
    return numpy_helper.from_array(np.asarray(array), name)


def value(name: str, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape or None)


def saved(
    path: Path, nodes: list[Any], tensors: list[Any], inputs: Any = None, **more: Any
) -> Path:
    graph = helper.make_graph(nodes, "g", inputs or [value("X", "t", 1, F)], [value("Y")], tensors)
    opset = [helper.make_opsetid("", more.pop("opset", 22)), helper.make_opsetid("own", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opset, **more), path)
    return path


def opened(path: Path) -> Contents:
    return open_file(path).contents


W, R, B = floats(1, 4 * U, F), floats(1, 4 * U, U), floats(1, 8 * U)
WRB = [tensor("W", W), tensor("R", R), tensor("B", B)]


def lstm(*inputs: str, **attributes: Any) -> Any:
    return helper.make_node("LSTM", ["X", *inputs], ["Y"], "rnn", hidden_size=U, **attributes)


def test_an_lstm_of_stored_weights_is_declared_with_its_tensors_and_attributes(
    tmp_path: Path,
) -> None:
    node = lstm("W", "R", "B", activations=["Sigmoid", "Tanh", "Relu"], clip=2.5, input_forget=1)
    path = saved(tmp_path / "m.onnx", [node], WRB, producer_name="me", producer_version="7")
    contents = opened(path)
    (layer,) = contents.declared
    assert contents.producer == "me 7"
    assert (layer.name, layer.layer_type, layer.convention) == ("rnn", "LSTM", "onnx")
    assert layer.tensors == {"W": "W", "R": "R", "B": "B"}
    assert layer.options == {
        "hidden_size": U,
        "activations": ["Sigmoid", "Tanh", "Relu"],
        "clip": 2.5,
        "input_forget": 1,
    }
    assert contents.notes == (
        "operators: version 22 of ai.onnx, 1 of own",
        "inputs: X (t, 1, 3)",
        "outputs: Y (any shape)",
    )


def test_the_values_of_stored_weights_are_those_that_were_saved(tmp_path: Path) -> None:
    contents = opened(saved(tmp_path / "m.onnx", [lstm("W", "R", "B")], WRB))
    values = {each.name: each.values() for each in contents.tensors}
    for name, array in (("W", W), ("R", R), ("B", B)):
        np.testing.assert_array_equal(values[name], array)


TYPES = {
    name: number
    for name, number in TensorProto.DataType.items()
    if name not in ("UNDEFINED", "STRING", "FLOAT6E2M3", "FLOAT6E3M2")
}


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "by type"])
@pytest.mark.parametrize("name", TYPES)
def test_a_tensor_of_every_type_has_onnx_s_own_values(name: str, raw: bool, tmp_path: Path) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(TYPES[name])
    array = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
    if np.dtype(dtype).kind in "ifc" and np.dtype(dtype).itemsize > 1:
        array = (floats(2, 3) * 50).astype(dtype)
    stored = numpy_helper.from_array(array, "x")
    if not raw:
        numbers = array.ravel().tolist() if array.dtype.kind in "fciub" else array.ravel()
        if dtype in (np.float16,):
            numbers = array.ravel()
        stored = helper.make_tensor("x", TYPES[name], array.shape, numbers)
        assert not stored.raw_data
    (ours,) = opened(saved(tmp_path / "m.onnx", [], [stored])).tensors
    expected = numpy_helper.to_array(stored)
    if expected.dtype.kind == "V" or expected.dtype.name not in np.sctypeDict:
        expected = expected.astype(np.float32)
    assert ours.shape == (2, 3)
    np.testing.assert_array_equal(ours.values().astype(expected.dtype), expected)


def chain(transform: str) -> tuple[list[Any], list[Any]]:
    """Nodes and tensors that end in W, R and B of a node, stored in another form."""

    def one(operator: str, *names: str, **attributes: Any) -> Any:
        return helper.make_node(operator, list(names[:-1]), [names[-1]], **attributes)

    numbers = {"zero": [0], "one": [1], "u": [U], "2u": [2 * U], "4u": [4 * U], "minus": [-1]}
    tensors = [tensor(name, np.array(each, np.int64)) for name, each in numbers.items()]
    tensors += [tensor("w", W[0]), tensor("r", R[0]), tensor("b", B[0])]
    if transform == "gates in another order":
        nodes = []
        for name in "wr":
            nodes += [
                one("Slice", name, "zero", "u", "zero", f"{name}1"),
                one("Slice", name, "2u", "4u", "zero", f"{name}2"),
                one("Slice", name, "u", "2u", "zero", f"{name}3"),
                one("Concat", f"{name}1", f"{name}2", f"{name}3", f"{name}4", axis=0),
                one("Unsqueeze", f"{name}4", "zero", name.upper()),
            ]
        return [*nodes, one("Unsqueeze", "b", "zero", "B")], tensors
    if transform == "transposed and reshaped":
        tensors += [
            tensor("wt", W[0].T.copy()),
            tensor("shape", np.array([1, -1, F], np.int64)),
            tensor("half", W[0].astype(np.float16)),
        ]
        nodes = [one("Transpose", "wt", "wn", perm=[1, 0]), one("Reshape", "wn", "shape", "W")]
        nodes += [one("Identity", "r", "r1"), one("Unsqueeze", "r1", "zero", "R")]
        return [*nodes, one("Unsqueeze", "b", "zero", "B")], tensors
    if transform == "quantized":
        codes = RANDOM.integers(-128, 127, W[0].shape).astype(np.int8)
        scale = np.abs(floats(4 * U)) + np.float32(0.1)
        tensors += [tensor("q", codes), tensor("s", scale), tensor("z", np.zeros(4 * U, np.int8))]
        nodes = [one("DequantizeLinear", "q", "s", "z", "d", axis=0)]
        nodes += [one("Unsqueeze", "d", "zero", "W"), one("Unsqueeze", "r", "zero", "R")]
        return [*nodes, one("Unsqueeze", "b", "zero", "B")], tensors
    if transform == "quantized and back":
        tensors += [tensor("s", np.float32(0.02)), tensor("z", np.int8(3))]
        nodes = [one("QuantizeLinear", "w", "s", "z", "q")]
        nodes += [one("DequantizeLinear", "q", "s", "z", "d"), one("Unsqueeze", "d", "zero", "W")]
        nodes += [one("Unsqueeze", "r", "zero", "R"), one("Unsqueeze", "b", "zero", "B")]
        return nodes, tensors
    assert transform == "split, cast and added"
    tensors += [tensor("h", B[0].astype(np.float16)), tensor("k", np.array([0, 3, 2, 1], np.int64))]
    nodes = [
        one("Unsqueeze", "w", "zero", "W"),
        helper.make_node("Split", ["r"], ["r1", "r2", "r3", "r4"], axis=0, num_outputs=4),
        one("Concat", "r4", "r1", "r3", "r2", "r5", axis=0),
        one("Gather", "r5", "k", "r6", axis=1),
        one("Unsqueeze", "r6", "zero", "R"),
        one("Cast", "h", "h1", to=TensorProto.FLOAT),
        one("Add", "h1", "b", "b1"),
        one("Unsqueeze", "b1", "minus", "b2"),
        one("Transpose", "b2", "B"),
    ]
    return nodes, tensors


CHAINS = [
    "gates in another order",
    "transposed and reshaped",
    "quantized",
    "quantized and back",
    "split, cast and added",
]


@pytest.mark.parametrize("transform", CHAINS)
def test_weights_that_nodes_compute_have_the_values_of_onnx_s_reference(
    transform: str, tmp_path: Path
) -> None:
    from onnx.reference import ReferenceEvaluator

    nodes, tensors = chain(transform)
    contents = opened(saved(tmp_path / "m.onnx", [*nodes, lstm("W", "R", "B")], tensors))
    (layer,) = contents.declared
    assert set(layer.computed) == {"W", "R", "B"}
    outputs = [value(name) for name in "WRB"]
    graph = helper.make_graph(nodes, "g", [], outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    for name, expected in zip("WRB", ReferenceEvaluator(model).run(None, {}), strict=True):
        assert layer.computed[name].shape == expected.shape
        np.testing.assert_allclose(layer.computed[name].values(), expected, 1e-6)
    assert set(layer.sources) >= {"r", "b"}


def branch(name: str, weight: str) -> Any:
    node = helper.make_node("LSTM", ["X", weight, "R"], [f"{name}_y"], name, hidden_size=U)
    return helper.make_graph([node], name, [], [value(f"{name}_y")])


def test_nodes_in_branches_use_the_outer_weights_and_those_of_the_same_weights_are_one_layer(
    tmp_path: Path,
) -> None:
    other = tensor("other", floats(1, 4 * U, F))
    branches = {"then_branch": branch("one", "W"), "else_branch": branch("two", "W")}
    inner = helper.make_node("If", ["c"], ["i"], "inner", **branches)
    then = helper.make_graph([inner], "t", [], [value("i")])
    branches = {"then_branch": then, "else_branch": branch("three", "other")}
    node = helper.make_node("If", ["c"], ["Y"], "outer", **branches)
    contents = opened(saved(tmp_path / "m.onnx", [node], [*WRB, other, tensor("c", True)]))
    assert [each.tensors["W"] for each in contents.declared] == ["other", "W"]
    assert "3 recurrent nodes have the weights of 2 layers" in contents.notes


def test_a_node_in_a_function_has_the_weights_and_the_attributes_of_the_call(
    tmp_path: Path,
) -> None:
    node = helper.make_node("GRU", ["x", "w", "r"], ["y"], "gru")
    node.attribute.add(name="hidden_size", ref_attr_name="n", type=onnx.AttributeProto.INT)
    function = helper.make_function(
        "own", "Layer", ["x", "w", "r"], ["y"], [node], [helper.make_opsetid("", 22)], ["n"]
    )
    call = helper.make_node("Layer", ["X", "w1", "r1"], ["Y"], "call", domain="own", n=U)
    tensors = [tensor("w1", floats(1, 3 * U, F)), tensor("r1", floats(1, 3 * U, U))]
    (layer,) = opened(saved(tmp_path / "m.onnx", [call], tensors, functions=[function])).declared
    assert layer.name == "call/gru"
    assert layer.options == {"hidden_size": U}
    assert layer.tensors == {"W": "w1", "R": "r1"}


def test_weights_that_are_inputs_too_are_weights_and_not_inputs(tmp_path: Path) -> None:
    inputs = [value("X", "t", 1, F), value("W", 1, 4 * U, F), value("R", 1, 4 * U, U)]
    path = saved(tmp_path / "m.onnx", [lstm("W", "R")], WRB[:2], inputs, opset=7)
    contents = opened(path)
    assert contents.declared[0].tensors == {"W": "W", "R": "R"}
    assert "inputs: X (t, 1, 3)" in contents.notes


def test_weights_that_are_only_inputs_have_shapes_and_no_values(tmp_path: Path) -> None:
    inputs = [value("X", "t", 1, F), value("W", 1, 4 * U, F), value("R", 1, 4 * U, U)]
    (layer,) = opened(saved(tmp_path / "m.onnx", [lstm("W", "R")], [], inputs)).declared
    assert layer.computed["W"].shape == (1, 4 * U, F)
    with pytest.raises(FileError, match="'W' is an input of the graph: the file has no values"):
        layer.computed["W"].values()


def test_an_lstm_behind_an_embedding_whose_indices_are_an_input_is_read(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Gather", ["E", "tokens"], ["X"]),
        helper.make_node("LSTM", ["X", "W", "R", "B", "", "X"], ["Y"], "rnn", hidden_size=U),
    ]
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, [5, 1])
    path = saved(tmp_path / "m.onnx", nodes, [*WRB, tensor("E", floats(9, F))], [tokens])
    (layer,) = open_file(path).layers
    assert (layer.name, layer.layer.units, layer.layer.features) == ("rnn", U, F)


def test_a_dynamically_quantized_lstm_gives_its_weights_as_floats(tmp_path: Path) -> None:
    codes = {
        n: RANDOM.integers(0, 255, (1, k, 4 * U)).astype(np.uint8) for n, k in (("W", F), ("R", U))
    }
    names = ["X", "W", "R", "B", "", "", "", "", "ws", "wz", "rs", "rz"]
    node = helper.make_node(
        "DynamicQuantizeLSTM", names, ["Y"], "q", domain="com.microsoft", hidden_size=U
    )
    scales = [tensor("ws", floats(1)), tensor("rs", floats(1))]
    zeros = [tensor("wz", np.array([7], np.uint8)), tensor("rz", np.array([9], np.uint8))]
    tensors = [*(tensor(n, c) for n, c in codes.items()), WRB[2], *scales, *zeros]
    (layer,) = opened(saved(tmp_path / "m.onnx", [node], tensors)).declared
    assert layer.layer_type == "LSTM"
    expected = (codes["W"].astype(np.float32) - 7) * numpy_helper.to_array(scales[0])
    np.testing.assert_allclose(layer.computed["W"].values(), expected.swapaxes(1, 2), 1e-6)
    assert layer.sources == ("B", "R", "W", "rs", "rz", "ws", "wz")


def test_external_values_are_reported_and_their_file_is_not_opened(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.onnx", [lstm("W", "R", "B")], WRB)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="w.data", size_threshold=0)
    (tmp_path / "w.data").unlink()
    contents = opened(path)
    assert [each.shape for each in contents.tensors] == [W.shape, R.shape, B.shape]
    assert "3 tensors lie in other files, which are not opened: w.data" in contents.notes
    with pytest.raises(FileError, match=r"lie in another file, 'w.data', which is not opened"):
        contents.tensors[0].values()


def test_constants_that_are_weights_are_tensors_and_axes_are_not(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Constant", [], ["w"], value=tensor("", W[0])),
        helper.make_node("Constant", [], ["axes"], value=tensor("", np.array([0], np.int64))),
        helper.make_node("Unsqueeze", ["w", "axes"], ["W"]),
        lstm("W", "R"),
    ]
    contents = opened(saved(tmp_path / "m.onnx", nodes, WRB[1:2]))
    assert [each.name for each in contents.tensors] == ["R", "w"]
    assert contents.declared[0].sources == ("R", "w")


def test_the_operator_that_reads_a_tensor_is_named_also_behind_a_cast(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["k"], ["k32"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["X", "k32"], ["Y"], "dense"),
    ]
    contents = opened(saved(tmp_path / "m.onnx", nodes, [tensor("k", floats(3, 2))]))
    assert contents.users == {"k": ("MatMul", "dense")}
