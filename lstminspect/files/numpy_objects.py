"""Meaning of NumPy's pickles: arrays, whose bytes stand in the pickle itself.

Source: numpy/_core/src/multiarray/methods.c, array_reduce and array_setstate; numpy 2.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lstminspect.errors import FileError, quoted
from lstminspect.files import dtypes
from lstminspect.files.contents import FileTensor
from lstminspect.files.pickle_nodes import Chunk, Object

__all__ = ["Stored", "array_of", "array_tensor", "content_of"]

MODULES = ("numpy.core.", "numpy._core.")
BYTES = {
    f"{place}.{name}" for place in ("builtins", "__builtin__") for name in ("bytes", "bytearray")
}
KINDS = {"f": "float", "i": "int", "u": "uint", "c": "complex", "b": "bool"}


class Stored(NamedTuple):
    """An array: its shape, NumPy's name of its type, byte order, whether by columns, its bytes."""

    shape: tuple[int, ...]
    dtype: str
    order: dtypes.Order
    by_columns: bool
    data: bytes | Chunk


def array_of(node: Any) -> Stored | None:
    """The array or scalar that an object would be, or None if it is not one of numbers."""
    if not isinstance(node, Object) or not node.path.startswith(MODULES):
        return None
    name = node.path.rpartition(".")[2]
    if name == "_reconstruct" and isinstance(node.state, tuple) and len(node.state) >= 4:
        shape, dtype, by_columns, data = node.state[-4:]
        return _stored(shape, dtype, by_columns is True, data)
    if name == "_frombuffer" and len(node.arguments) == 4:
        data, dtype, shape, order = node.arguments
        return _stored(shape, dtype, order == "F", data)
    if name == "scalar" and len(node.arguments) == 2:
        dtype, data = node.arguments
        return _stored((), dtype, False, data)
    return None


def _stored(shape: Any, dtype: Any, by_columns: bool, data: Any) -> Stored | None:
    named, content = _dtype(dtype), content_of(data)
    if named is None or content is None:
        return None
    dims = dtypes.checked_shape("an array", shape)
    kind, order = named
    count = content.count if isinstance(content, Chunk) else len(content)
    if dtypes.byte_count(kind, dims) != count:
        raise FileError(
            f"an array of shape {quoted(dims)} and type {kind} takes "
            f"{dtypes.byte_count(kind, dims):,} bytes, and the file holds {count:,}."
        )
    return Stored(dims, kind, order, by_columns, content)


def _dtype(node: Any) -> tuple[str, dtypes.Order] | None:
    """NumPy's name of a type of numbers, and its byte order."""
    if not isinstance(node, Object) or node.path != "numpy.dtype" or not node.arguments:
        return None
    code = node.arguments[0]
    match = re.fullmatch(r"([fiucb])(\d{1,2})", code) if isinstance(code, str) else None
    if match is None:
        return None
    kind = KINDS[match[1]]
    name = kind if kind == "bool" else f"{kind}{8 * int(match[2])}"
    state = node.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    return (name, ">" if order == ">" else "<") if name in dtypes.BITS else None


def content_of(node: Any) -> bytes | Chunk | None:
    """The bytes of an array: as such, as letters of Python 2, or as text that was encoded."""
    if isinstance(node, Object) and node.path == "_codecs.encode" and node.arguments:
        node = node.arguments[0]
    if isinstance(node, Object) and node.path in BYTES:
        node = node.arguments[0] if node.arguments else b""
    if isinstance(node, str):
        try:
            return node.encode("latin-1")
        except UnicodeEncodeError:
            return None
    return node if isinstance(node, bytes | Chunk) else None


def array_tensor(
    name: str, stored: Stored, place: int | str, read: Callable[[Chunk], bytes], role: str
) -> FileTensor:
    """The array as a tensor of the file; `read` gives the bytes that were left in it."""

    def values() -> Any:
        data = read(stored.data) if isinstance(stored.data, Chunk) else stored.data
        shape = stored.shape[::-1] if stored.by_columns else stored.shape
        array = dtypes.array(data, stored.dtype, shape, stored.order)
        return array.T if stored.by_columns else array

    count = dtypes.byte_count(stored.dtype, stored.shape)
    return FileTensor(name, stored.shape, stored.dtype, count, place, values, role)
