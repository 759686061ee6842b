"""Types of values: how many bits one takes in a file, and its bytes as an array.

NumPy has no bfloat16 and nothing of 8 bits or fewer with a point: their values come as float32,
those of 4 and 2 bits as int8 or uint8.

Sources: ml_dtypes (the names), OCP 8-bit Floating Point Specification 1.0, arXiv:2206.02915 (fnuz).
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, TypeAlias

from lstminspect.errors import FileError, quoted

__all__ = ["BITS", "Order", "array", "byte_count", "checked_shape"]

#: How the bytes of a value are ordered, as in NumPy's types: the lowest first, or the highest.
Order: TypeAlias = Literal["<", ">"]


class _Float(NamedTuple):
    """A small float: the bits of exponent and fraction, the bias, and which codes are special."""

    exponent: int
    fraction: int
    bias: int
    special: str = ""


_FLOATS = {
    "float8_e5m2": _Float(5, 2, 15, "ieee"),
    "float8_e4m3fn": _Float(4, 3, 7, "fn"),
    "float8_e4m3": _Float(4, 3, 7, "ieee"),
    "float8_e5m2fnuz": _Float(5, 2, 16, "fnuz"),
    "float8_e4m3fnuz": _Float(4, 3, 8, "fnuz"),
    "float4_e2m1fn": _Float(2, 1, 1),
}

#: The bits of one value, by the name of its type.
BITS = {
    **dict.fromkeys(("complex128",), 128),
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 64),
    **dict.fromkeys(("float32", "int32", "uint32"), 32),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 16),
    **dict.fromkeys(("int8", "uint8", "bool", "float8_e8m0fnu"), 8),
    **dict.fromkeys((name for name in _FLOATS if name.startswith("float8")), 8),
    **dict.fromkeys(("float6_e2m3fn", "float6_e3m2fn"), 6),
    **dict.fromkeys(("float4_e2m1fn", "int4", "uint4"), 4),
    **dict.fromkeys(("int2", "uint2"), 2),
}

#: Axes of a tensor, and values along one: more is a file that lies.
MOST_AXES, MOST_ALONG = 64, 1 << 62


def checked_shape(where: str, dims: Any) -> tuple[int, ...]:
    """`dims` as a shape: whole numbers, none negative. Raises FileError, which names `where`."""
    if not isinstance(dims, list | tuple) or len(dims) > MOST_AXES:
        raise FileError(f"{where} is damaged: {quoted(dims)} is not a shape.")
    for each in dims:
        if not isinstance(each, int) or isinstance(each, bool) or not 0 <= each < MOST_ALONG:
            raise FileError(f"{where} is damaged: {quoted(dims)} is not a shape.")
    # NumPy has no array of no values whose other sizes are as large together.
    if 0 in dims and math.prod(each for each in dims if each) >= MOST_ALONG:
        raise FileError(f"{where} is damaged: {quoted(dims)} is not a shape.")
    return tuple(dims)


def byte_count(dtype: str, shape: tuple[int, ...]) -> int:
    """The bytes that values of `shape` take, packed where one takes less than a byte."""
    return (math.prod(shape) * BITS[dtype] + 7) // 8


def array(data: bytes, dtype: str, shape: tuple[int, ...], order: Order = "<") -> Any:
    """The values in `data` as an array of `shape`. `order` is "<" or ">", as in NumPy's types."""
    import numpy as np

    if dtype in _FLOATS or dtype == "float8_e8m0fnu":
        codes = _unpacked(data, BITS[dtype])
        values = np.array(_table(dtype), np.float32)[codes]
    elif dtype == "bfloat16":
        # The upper half of a float32.
        values = (np.frombuffer(data, f"{order}u2").astype(np.uint32) << 16).view(np.float32)
    elif BITS[dtype] in (2, 4):
        values = _unpacked(data, BITS[dtype])
        if dtype.startswith("int"):
            half = 1 << (BITS[dtype] - 1)
            values = (values.astype(np.int8) ^ half) - half
    elif BITS[dtype] == 6:
        raise FileError(f"values of {dtype} cannot be read: how they are packed is not settled.")
    else:
        values = np.frombuffer(data, np.dtype(dtype).newbyteorder(order))
    return values[: math.prod(shape)].reshape(shape)


def _unpacked(data: bytes, bits: int) -> Any:
    """Codes of 8, 4 or 2 bits, the lowest bits of a byte first."""
    import numpy as np

    codes = np.frombuffer(data, np.uint8)
    if bits == 8:
        return codes
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return ((codes[:, None] >> shifts) & ((1 << bits) - 1)).reshape(-1)


def _table(dtype: str) -> list[float]:
    """The value of every code of a small float."""
    if dtype == "float8_e8m0fnu":
        return [2.0 ** (code - 127) for code in range(255)] + [math.nan]
    return [_value(_FLOATS[dtype], code) for code in range(1 << BITS[dtype])]


def _value(form: _Float, code: int) -> float:
    highest, ones = (1 << form.exponent) - 1, (1 << form.fraction) - 1
    sign, exponent = code >> (form.exponent + form.fraction), code >> form.fraction & highest
    fraction = code & ones
    if form.special == "ieee" and exponent == highest:
        return math.nan if fraction else math.copysign(math.inf, 0.5 - sign)
    if form.special == "fn" and exponent == highest and fraction == ones:
        return math.nan
    if form.special == "fnuz" and sign and not exponent and not fraction:
        return math.nan
    if exponent:
        size = math.ldexp(1 + fraction / (ones + 1), exponent - form.bias)
    else:
        size = math.ldexp(fraction / (ones + 1), 1 - form.bias)
    return math.copysign(size, 0.5 - sign)
