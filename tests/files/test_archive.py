"""Zip files of arrays: what they hold, and archives that lie about it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.archive import MOST_INFLATED, archive
from lstminspect.files.model_file import open_file
from lstminspect.files.source import local_source

RANDOM = np.random.default_rng(5)
ARRAYS = {
    "kernel": RANDOM.normal(size=(3, 8)).astype(np.float32),
    "turned": np.asfortranarray(RANDOM.normal(size=(4, 2))),
    "big": RANDOM.integers(0, 9, (2, 2)).astype(">i4"),
    "one": np.float16(2.5),
    "none": np.zeros((0, 3), np.int64),
    "yes": np.array([True, False]),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_gives_the_arrays_that_numpy_wrote(
    save: Callable[..., None], tmp_path: Path
) -> None:
    save(tmp_path / "m.npz", **ARRAYS)
    file = open_file(tmp_path / "m.npz")
    assert file.contents.format == "npz"
    assert [tensor.name for tensor in file.tensors] == list(ARRAYS)
    for tensor in file.tensors:
        expected = np.asarray(ARRAYS[tensor.name])
        assert (tensor.shape, tensor.dtype) == (expected.shape, expected.dtype.name)
        np.testing.assert_array_equal(tensor.values(), expected)


@pytest.mark.parametrize("name", ARRAYS)
def test_an_npy_gives_the_array_that_numpy_wrote(name: str, tmp_path: Path) -> None:
    np.save(tmp_path / f"{name}.npy", ARRAYS[name])
    (tensor,) = open_file(tmp_path / f"{name}.npy").tensors
    assert tensor.name == name
    np.testing.assert_array_equal(tensor.values(), ARRAYS[name])


def test_an_npy_of_objects_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(FileError, match="is a pickle of Python objects"):
        open_file(tmp_path / "m.npy")


def test_an_array_of_objects_in_an_npz_is_listed_and_never_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", a=np.ones(2), o=np.array([{"a": 1}], object))
    file = open_file(tmp_path / "m.npz")
    assert file.contents.notes == ("pickles of Python objects, which are not read: o",)
    with pytest.raises(FileError, match="is a pickle of Python objects"):
        file.tensors[1].values()


def test_arrays_after_the_first_of_an_npy_are_noted(tmp_path: Path) -> None:
    with open(tmp_path / "m.npy", "wb") as stream:
        np.save(stream, np.ones(2))
        np.save(stream, np.ones(3))
    assert "are not read" in open_file(tmp_path / "m.npy").contents.notes[0]


def npy(shape: str, data: bytes = b"", descr: str = "'<f4'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npy("(9,)", b"1234"), "its header says 36 bytes, 4 follow"),
        (npy("(-1,)", b"1234"), "is not a shape"),
        (npy("(1 << 80,)", b"1234"), "NumPy cannot read its header"),
        (npy("(10 ** 30,)", b"1234"), "NumPy cannot read its header"),
        (npy(f"({10**30},)", b"1234"), "is not a shape"),
        (npy("__import__('os')", b"1234"), "NumPy cannot read its header"),
        (npy("(" * 3000, b"1234"), "NumPy cannot read its header"),
        (npy("(1,)", b"1234", "'<q9'"), "NumPy cannot read its header"),
        (b"\x93NUMPY\x03\x00" + bytes(50), "NumPy cannot read its header"),
        (b"\x93NUMPY", "NumPy cannot read its header"),
    ],
)
def test_an_npy_that_lies_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.npy").write_bytes(data)
    with pytest.raises(FileError, match=message):
        open_file(tmp_path / "m.npy")


def packed(compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytearray:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as opened:
        for name, data in members.items():
            opened.writestr(f"{name}.npy", data)
    return bytearray(stream.getvalue())


def patched(data: bytearray, signature: bytes, offset: int, form: str, value: int) -> bytearray:
    """The archive with one field of the first header of a signature changed."""
    struct.pack_into(form, data, data.index(signature) + offset, value)
    return data


LIST, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
ONE = npy("(1,)", b"1234")
TWO = packed(a=ONE, b=ONE)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "encrypted": (patched(packed(a=ONE), LIST, 8, "<H", 1), "is encrypted"),
    "method": (patched(packed(a=ONE), LIST, 10, "<H", 12), "packed by the method 12"),
    "stored longer": (patched(packed(a=ONE), LIST, 24, "<L", 1 << 31), "and 7. are stored"),
    "ratio": (
        patched(packed(zipfile.ZIP_DEFLATED, a=ONE), LIST, 24, "<L", 1 << 31),
        "says that it has 2,147,483,648 bytes",
    ),
    "outside": (patched(packed(a=ONE), LIST, 42, "<L", 1 << 20), "lies outside"),
    "overlapping": (TWO[: TWO.rindex(LIST)] + patched(TWO[TWO.rindex(LIST) :], LIST, 42, "<L", 0),
                    "overlaps another"),
    "twice": (packed(a=ONE, b=ONE).replace(b"b.npy", b"a.npy"), "two members named 'a.npy'"),
    "zero byte": (packed(a1=ONE).replace(b"a1.npy", b"a\0.npy"), "a zero byte in its name"),
    "another local name": (packed(a1=ONE).replace(b"a1.npy", b"a2.npy", 1), "no such member"),
    "list cut off": (packed(a=ONE)[:-30], "without a list"),
    "no member": (b"PK\x05\x06" + bytes(18), "not a model file"),
    "longer array": (packed(a=npy("(9,)", b"1234")), "its header says 36 bytes, 4 follow"),
    "shorter array": (packed(a=npy("(1,)", b"12345678")), "its header says 4 bytes, 8 follow"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_lies_is_refused_by_what_is_wrong(name: str, tmp_path: Path) -> None:
    data, message = HOSTILE[name]
    (tmp_path / "m.npz").write_bytes(data)
    with pytest.raises(FileError, match=message):
        open_file(tmp_path / "m.npz")


def test_a_member_that_becomes_a_thousand_times_itself_is_not_inflated(tmp_path: Path) -> None:
    size = MOST_INFLATED + 4096
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    header = npy(f"({size // 4},)")
    data = squeezer.compress(header)
    for _ in range(size // 4096):
        data += squeezer.compress(bytes(4096))
    data += squeezer.flush()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("a.npy", data)
    archive_bytes = bytearray(stream.getvalue())
    patched(archive_bytes, LIST, 10, "<H", zipfile.ZIP_DEFLATED)
    patched(archive_bytes, LIST, 24, "<L", size + len(header))
    (tmp_path / "m.npz").write_bytes(archive_bytes)
    (tensor,) = open_file(tmp_path / "m.npz").tensors
    with pytest.raises(FileError, match="Nobody stores weights so"):
        tensor.values()


def test_a_list_of_too_many_members_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as opened:
        opened.comment = b""
        for number in range(300):
            entry = zipfile.ZipInfo(f"{number}.npy")
            entry.comment = bytes(40_000)
            opened.writestr(entry, b"")
    with pytest.raises(FileError, match="structure is too large"):
        open_file(tmp_path / "m.npz")


def test_a_member_whose_checksum_is_another_is_refused_when_it_is_read_whole(
    tmp_path: Path,
) -> None:
    data = patched(packed(a=ONE), LIST, 16, "<L", 7)
    (tmp_path / "m.npz").write_bytes(data)
    source = local_source(str(tmp_path / "m.npz"))
    with pytest.raises(FileError, match="its checksum is another"):
        archive(source).member("a.npy").read()


def test_a_zip_of_64_bits_is_read(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "m.npz", "w") as opened,
        opened.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(ONE)
    (tensor,) = open_file(tmp_path / "m.npz").tensors
    assert tensor.values().tobytes() == b"1234"
