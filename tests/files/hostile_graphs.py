"""Hostile graphs: ONNX by its bytes, TensorFlow Lite by its own builder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["GRAPHS"]

Maker = Callable[[Path], Any]
HUGE = 1 << 62


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes([*result, value])


def field(number: int, value: bytes | str | int) -> bytes:
    """A field of protobuf: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, dims: list[int], raw: bytes = b"", more: bytes = b"") -> bytes:
    sizes = b"".join(field(1, size) for size in dims)
    return sizes + field(2, 1) + field(8, name) + (field(9, raw) if raw else b"") + more


def node(operator: str, inputs: list[str], outputs: list[str], attributes: bytes = b"") -> bytes:
    names = b"".join(field(1, each) for each in inputs)
    return names + b"".join(field(2, each) for each in outputs) + field(4, operator) + attributes


def number(name: str, value: int) -> bytes:
    return field(5, field(1, name) + field(3, value) + field(20, 2))


def inner(name: str, body: bytes) -> bytes:
    return field(5, field(1, name) + field(6, body) + field(20, 5))


def graph(nodes: list[bytes], tensors: Sequence[bytes] = ()) -> bytes:
    body = b"".join(field(1, each) for each in nodes) + field(2, "g")
    return body + b"".join(field(5, each) for each in tensors)


def model(body: bytes, more: bytes = b"") -> bytes:
    return field(1, 8) + field(7, body) + field(8, field(2, 17)) + more


def lstm(weight: str, size: int = 2) -> bytes:
    return node("LSTM", ["X", weight, "R"], ["Y"], number("hidden_size", size))


def outside(location: str) -> Maker:
    """A tensor whose values lie in another file."""
    entry = field(13, field(1, "location") + field(2, location))
    entry += field(13, field(1, "length") + field(2, str(HUGE)))
    weight = tensor("W", [1, 8, 3], more=entry + field(14, 1))
    recurrent = tensor("R", [1, 8, 2], bytes(64))
    return lambda _: model(graph([lstm("W")], [weight, recurrent]))


def deep(levels: int) -> bytes:
    """Branches in branches."""
    body = graph([lstm("W")])
    for _ in range(levels):
        body = graph([node("If", ["c"], ["Y"], inner("then_branch", body))])
    return model(body)


def doubling(levels: int) -> bytes:
    """A weight that is joined with itself again and again."""
    nodes = [
        node("Concat", [f"w{each}", f"w{each}"], [f"w{each + 1}"], number("axis", 1))
        for each in range(levels)
    ]
    tensors = [tensor("w0", [1, 8, 3], bytes(96)), tensor("R", [1, 8, 2], bytes(64))]
    return model(graph([*nodes, lstm(f"w{levels}")], tensors))


def calls(levels: int) -> bytes:
    """Functions that each call the next one twice."""

    def function(name: str, nodes: list[bytes]) -> bytes:
        body = field(1, name) + field(4, "x") + field(5, "y") + field(10, "own")
        return field(25, body + b"".join(field(7, each) for each in nodes))

    own = field(7, "own")
    functions = [
        function(f"f{each}", [node(f"f{each + 1}", ["x"], ["y"], own)] * 2)
        for each in range(levels)
    ]
    functions.append(function(f"f{levels}", [node("f0", ["x"], ["y"], own), lstm("x")]))
    return model(graph([node("f0", ["a"], ["b"], own)]), b"".join(functions))


def computed(operator: str, dims: list[int]) -> bytes:
    """A weight that an operator makes as large as a tensor of two numbers says."""
    sizes = b"".join(size.to_bytes(8, "little", signed=True) for size in dims)
    shape = field(1, len(dims)) + field(2, 7) + field(8, "s") + field(9, sizes)
    nodes = [node(operator, ["s"] if operator == "ConstantOfShape" else ["w", "s"], ["W"])]
    recurrent = [tensor("R", [1, 8, 2], bytes(64)), tensor("w", [1], bytes(4)), shape]
    return model(graph([*nodes, lstm("W")], recurrent))


def weights(dims: list[int], raw: bytes = b"", size: int = 2) -> bytes:
    recurrent = tensor("R", [1, 8, 2], bytes(64))
    return model(graph([lstm("W", size)], [tensor("W", dims, raw), recurrent]))


def ring(operator: str) -> bytes:
    nodes = [node(operator, ["a"], ["W"]), node(operator, ["W"], ["a"]), lstm("W")]
    return model(graph(nodes, [tensor("R", [1, 8, 2], bytes(64))]))


def made(make: Callable[[], bytes]) -> Maker:
    return lambda _: make()


ONNX: dict[str, tuple[Maker, str]] = {
    **{f"outside {number}": (outside(place), "") for number, place in enumerate((
        "../secret.safetensors", "secret.safetensors", "/dev/zero", "/etc/passwd", "pipe.onnx",
        "a/../../secret.safetensors", "", "\0", "secret.safetensors\0.bin"))},
    "deep": (made(lambda: deep(3000)), "graphs more than 32 deep"),
    "deep groups": (lambda _: b"\x08\x08" + b"\x3b" * 1_000_000, "not a protobuf of ONNX"),
    "doubling": (made(lambda: doubling(60)), ""),
    "long chain": (made(lambda: doubling(5000)), ""),
    "calls": (made(lambda: calls(60)), "more than 5,000 graphs"),
    "ring": (made(lambda: ring("Identity")), ""),
    "ring of joins": (made(lambda: ring("Concat")), ""),
    "huge fill": (made(lambda: computed("ConstantOfShape", [1, 8, 1 << 40])), ""),
    "huge fill of 1 GB": (made(lambda: computed("ConstantOfShape", [1, 8, 1 << 26])), ""),
    "huge expand": (made(lambda: computed("Expand", [1, 8, 1 << 40])), ""),
    "huge tile": (made(lambda: computed("Tile", [1 << 40])), ""),
    "negative reshape": (made(lambda: computed("Reshape", [-1, -1, -1])), ""),
    "sizes overflow": (made(lambda: weights([1 << 32, 1 << 32])), "are stored"),
    "sizes that end at zero": (made(lambda: weights([0, HUGE, HUGE])), "is not a shape"),
    "negative sizes": (made(lambda: weights([-1, -8, 3])), "is not a shape"),
    "10,000 sizes": (made(lambda: weights([1] * 10_000, bytes(4))), "is not a shape"),
    "fewer bytes": (made(lambda: weights([1, 8, 3], bytes(8))), "are stored"),
    "another size": (made(lambda: weights([1, 8, 3], bytes(96), 20)), ""),
    "huge size": (made(lambda: weights([1, 8, 3], bytes(96), HUGE)), ""),
    "length past the end": (
        lambda _: b"\x08\x08\x3a" + b"\xff" * 9 + b"\x01", "not a protobuf of ONNX"),
    "a varint of 11 bytes": (lambda _: b"\x08" + b"\xff" * 11 + b"\x01", "not a protobuf of ONNX"),
    "400,000 nodes": (lambda _: model(b"\x0a\x00" * 400_000), "more than 300,000 nodes"),
    "a million tensors": (lambda _: model(b"\x2a\x00" * 1_000_000), "has the type 0"),
    "300,000 attributes": (lambda _: model(field(1, field(4, "LSTM") + b"\x2a\x00" * 300_000)), ""),
    "300,000 fields": (lambda _: model(graph([])) + b"\xa0\x06\x01" * 300_000, ""),
    "name of 10 MB": (lambda _: model(graph([], [tensor("n" * 10_000_000, [1], bytes(4))])), ""),
    "no text": (lambda _: model(field(1, field(4, b"\xff\xfe") + field(3, b"\xff"))), ""),
}  # fmt: skip


def lite(graphs: int, tensors: int, sizes: list[int], operators: int = 0) -> bytes:
    """A model whose graphs are one graph again and again, and its tensors one tensor."""
    import flatbuffers
    import tflite

    builder = flatbuffers.Builder(1024)
    name = builder.CreateString("w")
    shape = builder.CreateNumpyVector(np.array(sizes, "i4"))
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddBuffer(builder, 1)
    tflite.TensorAddName(builder, name)
    one = tflite.TensorEnd(builder)
    tflite.OperatorStart(builder)
    operator = tflite.OperatorEnd(builder)

    def repeated(start: Callable[..., Any], entry: int, count: int) -> int:
        start(builder, count)
        for _ in range(count):
            builder.PrependUOffsetTRelative(entry)
        return int(builder.EndVector())

    listed = repeated(tflite.SubGraphStartTensorsVector, one, tensors)
    worked = repeated(tflite.SubGraphStartOperatorsVector, operator, operators)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, listed)
    tflite.SubGraphAddOperators(builder, worked)
    graph = tflite.SubGraphEnd(builder)
    data = builder.CreateNumpyVector(np.zeros(16, "u1"))
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, data)
    buffers = repeated(tflite.ModelStartBuffersVector, tflite.BufferEnd(builder), 2)
    whole = repeated(tflite.ModelStartSubgraphsVector, graph, graphs)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddSubgraphs(builder, whole)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


LITE: dict[str, tuple[Maker, str]] = {
    "harmless": (made(lambda: lite(1, 1, [2, 2])), ""),
    "graphs again and again": (made(lambda: lite(450, 450, [2, 2])), "a list of"),
    "tensors again and again": (made(lambda: lite(1, 10_000, [2, 2])), ""),
    "operators again and again": (made(lambda: lite(200, 1, [2, 2], 200)), ""),
    "shape is huge": (made(lambda: lite(1, 1, [1 << 30] * 8)), "are stored"),
    "shape is negative": (made(lambda: lite(1, 1, [-2, -2])), "are stored"),
    "a million sizes": (made(lambda: lite(400, 400, [1] * 1_000_000)), "is not a shape"),
    "root past the end": (
        lambda _: b"\xff\xff\xff\x7fTFL3" + bytes(64), "not a model of TensorFlow"),
    "root in itself": (lambda _: b"\0\0\0\0TFL3" + bytes(64), ""),
    "nothing but its name": (lambda _: b"\x08\0\0\0TFL3", "not a model of TensorFlow"),
}  # fmt: skip

#: Graphs by name: the maker, and the refusal, or "" for one that opens.
GRAPHS: dict[str, tuple[Maker, str]] = {
    **{f"{name}.onnx": each for name, each in ONNX.items()},
    **{f"{name}.tflite": each for name, each in LITE.items()},
}  # fmt: skip
