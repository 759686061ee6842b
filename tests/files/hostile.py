"""Hostile files by name: what writes each, and the sentence that it is refused by.

A maker gives bytes, or writes to the path itself. A refusal is a regular expression; "" is a file
that opens, because nothing of what it tries is followed. No file "ran" may come to be.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile_archives import ARCHIVES
from hostile_graphs import GRAPHS
from hostile_hdf5 import HDF5
from hostile_pickles import PICKLES
from samples import safetensors

__all__ = ["HOSTILE", "SECRET"]

Maker = Callable[[Path], Any]
#: A file that others point to. It stands beside them.
SECRET = "secret.safetensors"
MANY, DEEP = 1_000_000, 100_000


def header(text: bytes | str, data: bytes = b"", length: int | None = None) -> Maker:
    """A file of safetensors with a header as it stands."""
    raw = text if isinstance(text, bytes) else text.encode()
    return lambda _: (len(raw) if length is None else length).to_bytes(8, "little") + raw + data


def entry(shape: object, start: int, end: int, dtype: str = "F32") -> str:
    return json.dumps({"dtype": dtype, "shape": shape, "data_offsets": [start, end]})


TENSORS: dict[str, tuple[Maker, str]] = {
    "length past the end": (header("{}", length=1 << 40), "not a model file"),
    "length of a huge header": (
        lambda path: sparse(path, b"\0\0\0\x80\0\0\0\0{"), "the format allows"),
    "offset past the end": (header(f'{{"w": {entry([4], 0, 16)}}}', bytes(8)), "ends at byte"),
    "offset before the start": (
        header(f'{{"w": {entry([4], -16, 0)}}}', bytes(16)), "ends at byte"),
    "shape overflows": (header(f'{{"w": {entry([1 << 32, 1 << 32], 0, 0)}}}'), "0 by its offsets"),
    "shape is negative": (
        header(f'{{"w": {entry([-1, -4], 0, 16)}}}', bytes(16)), "is not a shape"),
    "shape of a float": (header(f'{{"w": {entry([1e300], 0, 16)}}}', bytes(16)), "is not a shape"),
    "shape of a huge number": (
        header('{"w": {"dtype": "F32", "shape": [' + "9" * 90_000), "is not JSON"),
    "10,000 sizes": (header(f'{{"w": {entry([1] * 10_000, 0, 4)}}}', bytes(4)), "is not a shape"),
    "overlapping": (
        header(f'{{"a": {entry([4], 0, 16)}, "b": {entry([4], 0, 16)}}}', bytes(16)),
        "overlaps another"),
    "the same name twice": (
        header(f'{{"a": {entry([4], 0, 16)}, "a": {entry([4], 16, 32)}}}', bytes(32)),
        "names 'a' twice"),
    "deep header": (header("[" * DEEP + "]" * DEEP), "not a model file"),
    "deep metadata": (header('{"__metadata__":' * 1000 + "1" + "}" * 1000), "nested too deeply"),
    "many tensors": (
        header("{" + ",".join(f'"{n}": {entry([0], 0, 0)}' for n in range(10_000)) + "}"), ""),
    "header is no text": (header(b"{\xff\xfe}"), "is not JSON"),
}  # fmt: skip

JSON: dict[str, tuple[Maker, str]] = {
    "deep lists.json": (lambda _: b"[" * DEEP + b"]" * DEEP, "not a model file"),
    "deep objects.json": (lambda _: b'{"a":' * DEEP + b"1" + b"}" * DEEP, "not a model file"),
    "many numbers.json": (lambda _: b"[" + b"1," * MANY + b"1]", "not a model file"),
    "many numbers of NAM.json": (
        lambda _: b'{"version": "0.5", "architecture": "LSTM", "config": {"input_size": 1,'
        b'"hidden_size": 300, "num_layers": 1}, "weights": [' + b"0.5," * MANY + b"1]}", ""),
    "a long number.json": (
        lambda _: b'{"class_name": ' + b"9" * MANY + b', "config": 1}', "is not JSON"),
    "an infinite number.json": (
        lambda _: b'{"architecture": "LSTM", "weights": [1e999], "config": {"hidden_size": NaN,'
        b'"input_size": 1e999, "num_layers": -1}}', "its sizes are"),
    "many layers.json": (lambda _: config([LAYER] * 20_000), ""),
    "nested models.json": (lambda _: nested(400), "nested too deeply"),
    "huge units.json": (lambda _: config([changed(units=10**400)]), ""),
    "many names, one of them twice.json": (
        lambda _: b'{"class_name": 1,' + names(200_000) + b"," + names(200_000)[-10:] + b"}",
        "names '199999' twice"),
    "code in a Lambda.json": (lambda _: config([LAMBDA]), ""),
    "an index of shards elsewhere.json": (
        lambda _: json.dumps({"weight_map": {"w": f"../{SECRET}"}}).encode(), "not a file name"),
    "an index of this directory.json": (
        lambda _: json.dumps({"weight_map": {"w": SECRET, "v": "/dev/zero"[1:5]}}).encode(),
        "not a file name"),
}  # fmt: skip

LAYER = {"class_name": "LSTM", "config": {"name": "rnn", "units": 2}}
#: A layer of which Keras would run the code.
LAMBDA = {
    "class_name": "Lambda",
    "config": {
        "function": {
            "class_name": "__lambda__",
            "config": {"code": "4wEAAAAAAAAA", "module": "os"},
        },
        "name": "lambda",
    },
}


def changed(**options: Any) -> dict[str, Any]:
    return {"class_name": "LSTM", "config": {"name": "rnn", **options}}


def config(layers: list[Any]) -> bytes:
    start = {"class_name": "InputLayer", "config": {"batch_shape": [None, 5, 3]}}
    value = {"class_name": "Sequential", "config": {"name": "m", "layers": [start, *layers]}}
    return json.dumps(value).encode()


def names(count: int) -> bytes:
    return b",".join(b'"%d":1' % number for number in range(count))


def nested(depth: int) -> bytes:
    """Models in models, each of them in a list."""
    start = '{"class_name": "Sequential", "config": {"name": "m", "layers": ['
    return (start * depth + json.dumps(LAYER) + "]}}" * depth).encode()


def sparse(path: Path, start: bytes, size: int = 3 << 30) -> None:
    """A file of some gigabytes, of which nothing but the start is on the disk."""
    path.write_bytes(start)
    os.truncate(path, size)


def loop(path: Path) -> None:
    other = path.with_name(f"{path.name} back")
    path.symlink_to(other)
    other.symlink_to(path)


def shards(name: str, target: str) -> Maker:
    """A directory with an index whose one shard is a link to `target`."""

    def make(path: Path) -> None:
        path.mkdir()
        (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"w": name}}))
        (path / name).symlink_to(target)

    return make


def pipe_in_shards(path: Path) -> None:
    path.mkdir()
    (path / "model.safetensors.index.json").write_text('{"weight_map": {"w": "p.safetensors"}}')
    os.mkfifo(path / "p.safetensors")


def orbax(path: Path) -> None:
    """A checkpoint whose arrays have names that lead out of it."""
    path.mkdir()
    key = [{"key": "..", "key_type": 2}, {"key": "x", "key_type": 2}]
    tree = {"a": {"key_metadata": key, "value_metadata": {"write_shape": [1 << 62, 1 << 62]}}}
    (path / "_METADATA").write_text(json.dumps({"tree_metadata": tree}))


def unreadable(path: Path) -> None:
    path.write_bytes(safetensors())
    path.chmod(0)


PLACES: dict[str, tuple[Maker, str]] = {
    "empty": (lambda _: b"", "not a model file"),
    "empty.onnx": (lambda _: b"", "is empty"),
    "one byte.pkl": (lambda _: b"\x80", "not a model file"),
    "pipe.onnx": (os.mkfifo, "not a regular file"),
    "zeros.pt": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "terminal.h5": (lambda path: path.symlink_to("/dev/tty"), "cannot be opened|not a regular"),
    "memory.npz": (lambda path: path.symlink_to("/proc/self/mem"), "not a model file"),
    "kernel.npz": (lambda path: path.symlink_to("/sys/kernel/profiling"), "became shorter"),
    "loop.safetensors": (loop, "cannot be opened: Too many levels"),
    "dangling.keras": (lambda path: path.symlink_to("no such file"), "cannot be opened: No such"),
    "unreadable.safetensors": (unreadable, "cannot be opened: Permission denied"),
    "directory": (lambda path: path.mkdir(), "there is no model file in"),
    "shard outside": (shards("w.safetensors", f"../{SECRET}"), "is a link, which is not followed"),
    "shard is a device": (shards("w.bin", "/dev/zero"), "is a link, which is not followed"),
    "shard is a loop": (shards("w.bin", "w.bin"), "is a link, which is not followed"),
    "shard is a pipe": (pipe_in_shards, "not a regular file"),
    "orbax": (orbax, ""),
    "a name\nof two lines\x1b[31m.npz": (lambda _: b"PK\x03\x04", "without a list"),
    "no text \udcff\udcfe.npz": (lambda _: b"PK\x03\x04", "without a list"),
    "zeros of 3 GB": (lambda path: sparse(path, b""), "not a model file"),
    "sparse.tflite": (lambda path: sparse(path, b"\x18\0\0\0TFL3", 1_500_000_000), "at most 536,8"),
    "sparse.onnx": (lambda path: sparse(path, b"\x08\x08"), "not a protobuf of ONNX"),
    "sparse.json": (lambda path: sparse(path, b'{"class_name": "'), "a JSON text of"),
    "sparse.npz": (lambda path: sparse(path, b"PK\x03\x04"), "without a list"),
    "sparse.h5": (lambda path: sparse(path, b"\x89HDF\r\n\x1a\n"), "structure cannot be read"),
    "sparse.pkl": (lambda path: sparse(path, b"\x80\x02X"), "its pickle is cut off"),
    "spaces.json": (lambda path: path.write_bytes(b" " * (5 << 20) + b"{}"), "not a model file"),
}  # fmt: skip

#: Every hostile file: its maker, and the refusal, or "" where it opens.
HOSTILE: dict[str, tuple[Maker, str]] = {
    **{f"{name}.safetensors": each for name, each in TENSORS.items()},
    **JSON, **PLACES, **ARCHIVES, **PICKLES, **GRAPHS, **HDF5,
}  # fmt: skip
