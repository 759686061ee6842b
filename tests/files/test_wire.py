"""ONNX files of single bytes: what is no protobuf, and messages that lie. It needs no onnx."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from lstminspect.errors import FileError
from lstminspect.files.model_file import open_file
from lstminspect.files.onnx.graph import MOST_DEPTH


def varint(number: int) -> bytes:
    result = bytearray()
    while number > 127:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes([*result, number])


def message(number: int, data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return varint(number << 3 | 2) + varint(len(data)) + data


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value & (1 << 64) - 1)


def stored(
    *dims: int, dtype: int = 1, raw: bytes = b"", name: str = "w", more: bytes = b""
) -> bytes:
    sizes = b"".join(whole(1, each) for each in dims)
    return message(5, sizes + whole(2, dtype) + message(8, name) + message(9, raw) + more)


def model(*graph: bytes) -> bytes:
    return whole(1, 8) + message(2, "me") + message(7, b"".join(graph))


def node(operator: str, *inputs: str, more: bytes = b"") -> bytes:
    names = b"".join(message(1, each) for each in inputs)
    return message(1, names + message(2, f"{operator}_y") + message(4, operator) + more)


def written(tmp_path: Path, data: bytes, name: str = "m.onnx") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def test_a_model_is_known_by_its_fields_whatever_its_name(tmp_path: Path) -> None:
    contents = open_file(written(tmp_path, model(stored(1, raw=b"1234")), "m.bin")).contents
    assert (contents.format, contents.producer) == ("onnx", "me")


def nested(depth: int) -> bytes:
    graph = b""
    for _ in range(depth):
        graph = message(
            1, message(4, "If") + message(5, message(1, "then_branch") + message(6, graph))
        )
    return graph


HOSTILE = {
    "empty": (b"", "m.onnx is empty"),
    "text": (b"hello, this is a text and no model", "is not a protobuf of ONNX"),
    "zeros": (bytes(100), "is not a protobuf of ONNX"),
    "no graph": (whole(1, 8), "it has no graph"),
    "length past the end": (whole(1, 8) + b"\x3a\xff\xff\xff\xff\x0f", "is not a protobuf"),
    "endless number": (b"\x08" + b"\xff" * 50, "is not a protobuf"),
    "negative size": (model(stored(-1, raw=b"1234")), "is not a shape"),
    "huge size": (model(stored(1 << 62, raw=b"1234")), "is not a shape"),
    "huge product": (model(stored(1 << 40, 1 << 40, raw=b"1234")), "4 are stored"),
    "too few bytes": (model(stored(2, raw=b"1234")), "its shape says 8 bytes, 4 are stored"),
    "no values": (model(message(5, whole(1, 5) + whole(2, 1))), "its shape says 20 bytes, 0"),
    "unknown type": (model(stored(1, dtype=77, raw=b"1")), "it has the type 77"),
    "too few numbers": (
        model(message(5, whole(1, 5) + whole(2, 7) + message(7, b"\x01\x02"))),
        "its shape says 40 bytes, 2 are stored",
    ),
    "same name": (model(stored(1, raw=b"1234"), stored(1, raw=b"1234")), "two stored tensors"),
    "deep graphs": (model(nested(MOST_DEPTH + 2)), "graphs more than 32 deep"),
    "very deep graphs": (model(nested(5000)), "graphs more than 32 deep"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_model_or_lies_is_refused(name: str, tmp_path: Path) -> None:
    data, text = HOSTILE[name]
    with pytest.raises(FileError, match=text):
        open_file(written(tmp_path, data))


def test_numbers_that_are_fewer_than_the_shape_are_refused_when_they_are_read(
    tmp_path: Path,
) -> None:
    data = model(message(5, whole(1, 2) + whole(2, 7) + message(7, b"\x81\x82\x83\x04")))
    (tensor,) = open_file(written(tmp_path, data)).tensors
    with pytest.raises(FileError, match="holds 1 numbers, not its shape's"):
        tensor.values()


def test_a_graph_that_runs_in_a_circle_declares_a_layer_without_weights(tmp_path: Path) -> None:
    circle = [node("Identity", "Transpose_y"), node("Transpose", "Identity_y")]
    graph = [*circle, node("LSTM", "x", "Identity_y", "Transpose_y")]
    (layer,) = open_file(written(tmp_path, model(*graph))).contents.declared
    assert not layer.tensors
    assert not layer.computed


def test_a_tensor_doubled_over_and_over_is_not_followed_to_its_end(tmp_path: Path) -> None:
    nodes = [stored(64, raw=bytes(256))]
    name = "w"
    for number in range(60):
        both = message(1, name) + message(1, name) + message(2, f"n{number}")
        axis = message(5, message(1, "axis") + whole(3, 0))
        nodes.append(message(1, both + message(4, "Concat") + axis))
        name = f"n{number}"
    nodes.append(node("LSTM", "x", name, "w"))
    (layer,) = open_file(written(tmp_path, model(*nodes))).contents.declared
    assert layer.tensors == {"R": "w"}
    assert not layer.computed


def test_a_tensor_added_to_itself_over_and_over_is_computed_once_a_step(tmp_path: Path) -> None:
    nodes = [stored(1, 1, 2, raw=struct.pack("<2f", 1, 2))]
    name = "w"
    for number in range(50):
        both = message(1, name) + message(1, name) + message(2, f"n{number}")
        nodes.append(message(1, both + message(4, "Add")))
        name = f"n{number}"
    nodes.append(node("LSTM", "x", name, "w"))
    (layer,) = open_file(written(tmp_path, model(*nodes))).contents.declared
    assert layer.computed["W"].values().tolist() == [[[2.0**50, 2.0**51]]]


def test_functions_that_call_each_other_many_times_are_refused(tmp_path: Path) -> None:
    functions = b""
    for number in range(14):
        calls = b"".join(
            message(7, message(4, f"f{number + 1}") + message(7, "own")) for _ in range(8)
        )
        functions += message(25, message(1, f"f{number}") + calls + message(10, "own"))
    start = message(1, message(4, "f0") + message(7, "own"))
    with pytest.raises(FileError, match="more than 5,000 graphs and calls"):
        open_file(written(tmp_path, model(start) + functions))


def test_many_empty_nodes_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="more than 300,000 nodes"):
        open_file(written(tmp_path, model(message(1, b"") * 400_000)))
