"""Hostile archives: zip files, .npz and .keras, that inflate, lie and lead elsewhere."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samples import CONFIG, SAMPLES, pickled, weights_h5

__all__ = ["ARCHIVES", "packed", "patched"]

LIST, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
GIGABYTE = 1 << 30


def packed(members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return stream.getvalue()


def patched(data: bytes, signature: bytes, offset: int, form: str, value: int) -> bytes:
    """The archive with one field of the first header of a signature changed."""
    changed = bytearray(data)
    struct.pack_into(form, changed, changed.index(signature) + offset, value)
    return bytes(changed)


def array(shape: str = "(1,)", data: bytes = b"1234", dtype: str = "'<f4'") -> bytes:
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}}}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def zeros(count: int) -> bytes:
    """`count` bytes of zero, deflated: a part of it by a real compressor, and that again."""
    step = 1 << 24
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    squeezer.compress(bytes(step))
    squeezer.flush(zlib.Z_FULL_FLUSH)
    part = squeezer.compress(bytes(step)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return part * (count // step) + b"\x03\x00"


def bomb(name: str, count: int, head: bytes = b"", tail: bytes = b"") -> bytes:
    """An archive whose one member becomes `count` zeros behind `head`."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = squeezer.compress(head) + squeezer.flush(zlib.Z_FULL_FLUSH)
    data = packed({name: start + zeros(count) + tail})
    data = patched(data, LIST, 10, "<H", zipfile.ZIP_DEFLATED)
    return patched(data, LIST, 24, "<L", count + len(head))


def keras(**members: bytes) -> bytes:
    parts = {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": CONFIG.encode(),
        "model.weights.h5": weights_h5(),
    }
    named = {name.replace("_json", ".json").replace("_h5", ".weights.h5"): each
             for name, each in members.items()}  # fmt: skip
    return packed(parts | named)


def many(count: int) -> bytes:
    return packed({f"{number}.npy": array() for number in range(count)})


def quoted_of(nested: int) -> bytes:
    """A zip file in a zip file, many times."""
    data = array()
    for _ in range(nested):
        data = packed({"a.npy": data})
    return data


ONE = packed({"a.npy": array()})
SLIPS = ("../../ran.npy", "/tmp/ran.npy", "..\\ran.npy", "a/../../ran.npy", "C:\\ran.npy")
Maker = Callable[[Path], Any]


def fixed(make: Callable[[], bytes]) -> Maker:
    return lambda _: make()


#: Archives by name: the maker, and the refusal, or "" for one that opens.
ARCHIVES: dict[str, tuple[Maker, str]] = {
    "bomb.npz": (fixed(lambda: bomb("a.npy", 2 * GIGABYTE, array(f"({1 << 29},)", b""))), ""),
    "bomb of nothing.npz": (fixed(lambda: bomb("a.npy", GIGABYTE)), "cannot read its header"),
    "bomb.keras": (fixed(lambda: bomb("config.json", GIGABYTE)), "not a model file"),
    "bomb.pt": (fixed(lambda: bomb("m/data.pkl", GIGABYTE)), "more than a structure takes"),
    "bomb of opcodes.pt": (fixed(lambda: packed({"m/data.pkl": b"\x80\x02" + b"N0" * (8 << 20)},
                                                zipfile.ZIP_DEFLATED)),
        "more than 4,000,000 opcodes"),
    "weights bomb.keras": (fixed(lambda: weights_bomb(GIGABYTE)), "at most 268,435,456 are read"),
    "deep config.keras": (
        fixed(lambda: keras(config_json=b'{"a":' * 100_000)), "nested too deeply"),
    "config of lists.keras": (fixed(lambda: keras(config_json=b"[]")), "is not an object of JSON"),
    "weights are a pickle.keras": (
        fixed(lambda: keras(model_h5=pickled())), "structure cannot be read"),
    "weights are empty.keras": (fixed(lambda: keras(model_h5=b"")), "structure cannot be read"),
    "huge version.keras": (
        fixed(lambda: keras(metadata_json=json.dumps({"keras_version": "9" * 10**6}).encode())),
        ""),
    "size of 4 GB.npz": (fixed(lambda: patched(ONE, LIST, 24, "<L", 0xFFFFFFFE)), "are stored"),
    "both sizes of 4 GB.npz": (
        fixed(lambda: patched(patched(ONE, LIST, 24, "<L", 1 << 31), LIST, 20, "<L", 1 << 31)),
        "overlaps another"),
    "checksum.keras": (
        fixed(lambda: patched(SAMPLES["keras"][0](), LIST, 16, "<L", 7)),
        "its checksum is another"),
    "member outside.npz": (
        fixed(lambda: patched(ONE, LIST, 42, "<L", 1 << 30)), "overlaps another"),
    "end outside.npz": (
        fixed(lambda: patched(ONE, b"PK\x05\x06", 16, "<L", 1 << 30)), "overlaps another"),
    "65,535 members.npz": (fixed(lambda: patched(ONE, b"PK\x05\x06", 10, "<H", 65535)), ""),
    "encrypted.npz": (fixed(lambda: patched(ONE, LIST, 8, "<H", 1)), "is encrypted"),
    "4,000 members.npz": (fixed(lambda: many(4000)), ""),
    "names that lead out.npz": (fixed(lambda: packed(dict.fromkeys(SLIPS, array()))), ""),
    "zip in zip.npz": (fixed(lambda: quoted_of(50)), "cannot read its header"),
    "shape overflows.npz": (
        fixed(lambda: packed({"a.npy": array(f"({1 << 62}, 8)")})), "is not a shape"),
    "shape of many ones.npy": (fixed(lambda: array("(" + "1," * 3000 + ")")), "is not a shape"),
    "shape is huge.npy": (fixed(lambda: array(f"({1 << 62},)")), "is not a shape"),
    "zero times huge.npy": (
        fixed(lambda: array(f"(0, {1 << 62}, {1 << 62})", b"")), "is not a shape"),
    "header runs code.npy": (
        fixed(lambda: array("__import__('os').system('touch ran')")), "cannot read its header"),
    "header is deep.npy": (fixed(lambda: array("(" * 5000)), "cannot read its header"),
    "header is a sum.npy": (
        fixed(lambda: array("(" + "1+" * 4000 + "1,)")), "cannot read its header"),
    "type is an object.npy": (
        fixed(lambda: array("(1,)", pickled(), "'|O'")), "is a pickle of Python objects"),
    "type is a structure.npy": (
        fixed(lambda: array("(1,)", b"1234", "[('a', '<f4', (1073741824,))]")),
        "cannot read its header"),
    "type of huge text.npy": (
        fixed(lambda: array("(1,)", b"", "'<U1000000000'")), "cannot read its header"),
    "type of no bytes.npy": (fixed(lambda: array(f"({1 << 40},)", b"", "'|V0'")), ""),
}  # fmt: skip


def weights_bomb(count: int) -> bytes:
    """A .keras whose weights are deflated and become `count` bytes."""
    inner = bomb("model.weights.h5", count, weights_h5())
    with zipfile.ZipFile(io.BytesIO(inner)) as opened:
        (entry,) = opened.infolist()
        start = inner.index(b"model.weights.h5") + len("model.weights.h5")
        raw = inner[start : start + entry.compress_size]
    data = packed({"model.weights.h5": raw, "metadata.json": b"{}", "config.json": CONFIG.encode()})
    data = patched(data, LIST, 10, "<H", zipfile.ZIP_DEFLATED)
    return patched(data, LIST, 24, "<L", entry.file_size)
