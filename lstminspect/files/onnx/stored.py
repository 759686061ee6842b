"""StoredTensor: a tensor in an ONNX file: its shape, and where its values lie.

Source: onnx/onnx.proto, TensorProto: the values are in raw_data, or in a field of their type.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.contents import FileTensor
from lstminspect.files.dtypes import BITS, array, byte_count, checked_shape
from lstminspect.files.onnx.wire import FIXED32, FIXED64, LENGTH, VARINT, Span, Wire

__all__ = ["DTYPES", "StoredTensor", "file_tensor", "read_tensor"]

#: TensorProto.DataType, from 1.
DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4_e2m1fn",
    24: "float8_e8m0fnu",
    25: "uint2",
    26: "int2",
    27: "float6_e2m3fn",
    28: "float6_e3m2fn",
}
#: The fields of values by their number, with NumPy's type of one, or none for varints.
FIELDS = {4: "float32", 5: "", 7: "", 10: "float64", 11: ""}
#: The field that values of a type lie in where they are not in raw_data; int32_data for the others.
FIELD_OF = {
    "float32": 4,
    "complex64": 4,
    "int64": 7,
    "float64": 10,
    "complex128": 10,
    "uint32": 11,
    "uint64": 11,
}
RAW, DATA, EXTERNAL = "raw_data", "data", "external"


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor: `spans` are where its values lie, `form` is in which field.

    `location` is the name of the other file that holds them, where one does.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    form: str
    spans: tuple[Span, ...]
    location: str = ""

    @property
    def nbytes(self) -> int:
        """The bytes that its values take in the file."""
        return sum(end - start for start, end in self.spans)


def read_tensor(wire: Wire, span: Span) -> StoredTensor:
    """A TensorProto without its values. Raises FileError where they do not fit its shape."""
    dims: list[int] = []
    spans: dict[int, list[Span]] = {}
    name, code, location, outside = "", 0, "", False
    for number, form, value, place in wire.fields(span):
        if number == 1:
            signed = value - (1 << 64) if value >> 63 else value
            dims += wire.varints(place) if form == LENGTH else [signed]
        elif number == 2 and form == VARINT:
            code = value
        elif number == 8 and form == LENGTH:
            name = wire.text(place)
        elif number == 9 and form == LENGTH:
            spans[9] = [place]
        elif number in FIELDS and form in (LENGTH, VARINT, FIXED32, FIXED64):
            spans.setdefault(number, []).append(place)
        elif number == 13 and form == LENGTH:
            location = location or _location(wire, place)
        elif number == 14 and form == VARINT:
            outside = value == 1
    where = f"{wire.source.name}: the tensor {quoted(name)}"
    shape = checked_shape(where, dims)
    if code not in DTYPES:
        raise FileError(f"{where} is damaged: it has the type {code}, which ONNX does not have.")
    dtype = DTYPES[code]
    if outside:
        return StoredTensor(name, dtype, shape, EXTERNAL, (), location or "another file")
    raw = 9 in spans
    own = spans.get(9 if raw else FIELD_OF.get(dtype, 5), [])
    tensor = StoredTensor(name, dtype, shape, RAW if raw else DATA, tuple(own))
    if dtype != "string":
        _check_size(where, tensor)
    return tensor


def _check_size(where: str, tensor: StoredTensor) -> None:
    count, nbytes = math.prod(tensor.shape), byte_count(tensor.dtype, tensor.shape)
    if tensor.form == RAW or FIELDS[FIELD_OF.get(tensor.dtype, 5)]:
        fits = tensor.nbytes == nbytes
    else:
        # Whole numbers of 1 to 10 bytes each, of which one may hold several values of 4 bits.
        least = count if BITS[tensor.dtype] >= 8 else nbytes
        fits = least <= tensor.nbytes <= 10 * count
    if not fits:
        raise FileError(
            f"{where} is cut off or damaged: its shape says {nbytes:,} bytes, {tensor.nbytes:,} "
            "are stored."
        )


def _location(wire: Wire, span: Span) -> str:
    """The value of an entry of external_data whose key is `location`."""
    texts = {
        number: wire.text(place)
        for number, form, _, place in wire.fields(span)
        if form == LENGTH and number in (1, 2)
    }
    return texts.get(2, "") if texts.get(1) == "location" else ""


def file_tensor(wire: Wire, tensor: StoredTensor, name: str) -> FileTensor:
    """The tensor as one of the file, by the name that it has there."""
    place: int | str = tensor.spans[0].start if tensor.spans else 0
    nbytes = tensor.nbytes
    if tensor.form == EXTERNAL:
        place, nbytes = f"another file, {tensor.location}", byte_count(tensor.dtype, tensor.shape)
    return FileTensor(
        name, tensor.shape, tensor.dtype, nbytes, place, lambda: _values(wire, tensor)
    )


def _values(wire: Wire, tensor: StoredTensor) -> Any:
    if tensor.form == EXTERNAL:
        raise FileError(
            f"the values of {quoted(tensor.name)} lie in another file, {quoted(tensor.location)}, "
            "which is not opened."
        )
    source = wire.source
    data = b"".join(source.values(start, end - start) for start, end in tensor.spans)
    field = FIELD_OF.get(tensor.dtype, 5)
    if tensor.form == RAW or FIELDS[field]:
        return array(data, tensor.dtype, tensor.shape)
    numbers = _whole(data)
    # float16 and the smaller floats are stored as their codes.
    bits = BITS[tensor.dtype]
    codes = numbers.astype({8: "u1", 16: "<u2", 32: "<u4", 64: "<u8"}.get(bits, "u1")).tobytes()
    if len(codes) != byte_count(tensor.dtype, tensor.shape):
        raise FileError(f"{quoted(tensor.name)} holds {len(numbers):,} numbers, not its shape's.")
    return array(codes, tensor.dtype, tensor.shape)


def _whole(data: bytes) -> Any:
    """Packed varints as an array."""
    import numpy as np

    codes = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(codes < 128) + 1
    starts = np.concatenate([[0], ends[:-1]]).astype(np.intp)
    if not len(ends):
        return np.zeros(0, np.uint64)
    shifts = np.arange(ends[-1]) - np.repeat(starts, ends - starts)
    parts = (codes[: ends[-1]] & 127).astype(np.uint64) << (7 * shifts).astype(np.uint64)
    return np.add.reduceat(parts, starts)
