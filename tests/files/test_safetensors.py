"""safetensors: every type of value, and headers that lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from lstminspect.errors import FileError
from lstminspect.files import dtypes
from lstminspect.files.containers.safetensors import DTYPES
from lstminspect.files.model_file import open_file

#: Types that ml_dtypes has and safetensors stores in whole bytes.
SMALL = [
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
]


def write(path: Path, header: Any, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(shape: list[Any], first: int, last: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def test_the_library_s_own_files_give_their_names_shapes_and_values(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    arrays = {
        "a": random.normal(size=(3, 4)).astype(np.float32),
        "b": random.integers(-9, 9, (2, 3, 1)).astype(np.int16),
        "c": np.array([True, False]),
        "none": np.zeros((0, 5), np.float64),
    }
    save_file(arrays, tmp_path / "m.safetensors", {"format": "pt"})
    file = open_file(tmp_path / "m.safetensors")
    values = {tensor.name: tensor.values() for tensor in file.tensors}
    assert file.contents.producer == "PyTorch"
    assert values.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(values[name], array)
        assert values[name].dtype == array.dtype


@pytest.mark.parametrize("name", SMALL)
def test_every_code_of_a_type_that_numpy_lacks_has_the_value_of_ml_dtypes(
    name: str, tmp_path: Path
) -> None:
    kind = np.dtype(getattr(ml_dtypes, name))
    count = 1 << (8 * kind.itemsize)
    data = np.arange(count, dtype=f"u{kind.itemsize}").tobytes()
    word = next(word for word, dtype in DTYPES.items() if dtype == name)
    header = {"x": entry([count], 0, len(data), word)}
    (tensor,) = open_file(write(tmp_path / "x", header, data)).tensors
    np.testing.assert_array_equal(tensor.values(), np.frombuffer(data, kind).astype(np.float32))


@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "uint2", "float4_e2m1fn"])
def test_every_code_of_less_than_a_byte_has_the_value_of_ml_dtypes(name: str) -> None:
    bits = dtypes.BITS[name]
    codes = np.arange(1 << bits, dtype=np.uint8)
    packed = codes.reshape(-1, 8 // bits) << np.arange(0, 8, bits, dtype=np.uint8)
    values = dtypes.array(packed.sum(1, dtype=np.uint8).tobytes(), name, (1 << bits,))
    expected = codes.view(getattr(ml_dtypes, name)).astype(np.float32)
    np.testing.assert_array_equal(values, expected)


HOSTILE: dict[str, tuple[Any, bytes, str]] = {
    "duplicate": (b'{"x":{"a":1},"x":{"a":2}}', b"", "names 'x' twice"),
    "no JSON": (b"{oops", b"", "header is not JSON"),
    "deep": (b'{"x":' + b"[" * 5000, b"", "not JSON|nested too deeply"),
    "a list": (b"{}" * 0 + b"[]", b"", "not a model file"),
    "no shape": ({"x": {"dtype": "F32"}}, b"", "needs dtype, shape and data_offsets"),
    "type": ({"x": entry([1], 0, 4, "F99")}, b"1234", "has the type 'F99'"),
    "past the end": ({"x": entry([2], 0, 8)}, b"1234", "ends at byte"),
    "negative offset": ({"x": entry([1], -4, 0)}, b"1234", "ends at byte"),
    "reversed": ({"x": entry([1], 4, 0)}, b"1234", "4 bytes by its shape, -4 by its offsets"),
    "width": ({"x": entry([3], 0, 4)}, b"1234", "12 bytes by its shape"),
    "negative size": ({"x": entry([-1, -1], 0, 4)}, b"1234", "is not a shape"),
    "a size that is a flag": ({"x": entry([True], 0, 4)}, b"1234", "is not a shape"),
    "a size that is a float": ({"x": entry([1.0], 0, 4)}, b"1234", "is not a shape"),
    "huge size": ({"x": entry([1 << 70], 0, 4)}, b"1234", "is not a shape"),
    "huge product": ({"x": entry([1 << 40, 1 << 40], 0, 4)}, b"1234", "by its shape"),
    "axes": ({"x": entry([1] * 99, 0, 4)}, b"1234", "is not a shape"),
    "overlap": (
        {"x": entry([2], 0, 8), "y": entry([2], 4, 12)},
        b"123456789012",
        "'y' overlaps another",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_lies_is_refused_by_what_is_wrong_with_it(name: str, tmp_path: Path) -> None:
    header, data, message = HOSTILE[name]
    with pytest.raises(FileError, match=message):
        open_file(write(tmp_path / "x.safetensors", header, data))


def test_a_header_longer_than_the_format_allows_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes((1 << 35).to_bytes(8, "little") + b"{" + bytes(100))
    with pytest.raises(FileError, match="header of 34,359,738,368 bytes"):
        open_file(path)


def test_many_empty_lists_in_a_header_are_refused_before_they_are_made(tmp_path: Path) -> None:
    header = b'{"x":[' + b"[]," * 2_500_000 + b"[]]}"
    with pytest.raises(FileError, match="more than 4,000,000 values"):
        open_file(write(tmp_path / "x.safetensors", header))


def test_bytes_that_are_no_tensor_s_are_noted(tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "x", {"x": entry([1], 4, 8)}, b"12345678zz"))
    assert file.contents.notes == (
        "6 bytes belong to no tensor; safetensors itself refuses such a file",
    )


def test_a_tensor_of_six_bits_has_a_shape_and_no_values(tmp_path: Path) -> None:
    (tensor,) = open_file(write(tmp_path / "x", {"x": entry([4], 0, 3, "F6_E2M3")}, b"123")).tensors
    with pytest.raises(FileError, match="how they are packed is not settled"):
        tensor.values()
