"""NumPy's .npy and .npz: an array with a header of text, and a zip file of such arrays.

Source: numpy.lib.format, whose reader of headers is used. A pickle in an array is never read.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.archive import archive, is_zip
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.dtypes import checked_shape
from lstminspect.files.source import Source

__all__ = ["contents", "matches"]

MAGIC = b"\x93NUMPY"
#: Bytes in which the header must lie: NumPy itself reads 10,000 signs of it.
HEADER = 10_240
#: From the text after the magic number: of `bytes`, given an offset and a count.
Values = Callable[[int, int], bytes]


def matches(source: Source) -> bool:
    """True for an array, and for a zip file whose members are arrays."""
    if source.head.startswith(MAGIC):
        return True
    return is_zip(source) and any(name.endswith(".npy") for name in archive(source).members)


def contents(source: Source) -> Contents:
    """Contents of an array or of many: their names, and the values when asked for."""
    if not is_zip(source):
        name = source.name.removesuffix(".npy")
        tensor = _tensor(source.name, name, 0, source.size, source.values, source.read)
        if tensor.dtype == "object":
            raise FileError(
                f"{source.name} is a pickle of Python objects in an .npy file; it is not read. "
                "Save the arrays by numpy.savez."
            )
        end = int(tensor.place) + tensor.nbytes
        more = f"{source.size - end:,} bytes after the array are not read"
        return Contents("npy", (tensor,), "NumPy", notes=(more,) if end < source.size else ())
    tensors, others = [], []
    for name, member in archive(source).members.items():
        source.check_time()
        if name.endswith(".npy"):
            values, short = member.values, name.removesuffix(".npy")
            tensors.append(_tensor(member.where, short, name, member.size, values, values))
        else:
            others.append(name)
    return Contents("npz", tuple(tensors), "NumPy", notes=_notes(tensors, others))


def _notes(tensors: list[FileTensor], others: list[str]) -> tuple[str, ...]:
    notes = []
    if pickled := [each.name for each in tensors if each.dtype == "object"]:
        names = ", ".join(pickled[:5])
        notes.append(f"pickles of Python objects, which are not read: {names}")
    if others:
        notes.append(f"members that are not arrays: {', '.join(others[:5])}")
    return tuple(notes)


def _tensor(
    where: str, name: str, place: int | str, size: int, values: Values, head: Values
) -> FileTensor:
    """The array that starts with its header, `size` bytes in all; `place` of it in the file."""
    import numpy as np

    dtype, shape, fortran, start = _header(where, head(0, min(size, HEADER)))
    shape = checked_shape(where, shape)
    nbytes = size - start if dtype.hasobject else math.prod(shape) * dtype.itemsize
    if nbytes > size - start or (isinstance(place, str) and nbytes != size - start):
        raise FileError(
            f"{where} is cut off or damaged: its header says {nbytes:,} bytes, {size - start:,} "
            "follow."
        )

    def read() -> Any:
        if dtype.hasobject:
            raise FileError(f"{where} is a pickle of Python objects; it is not read.")
        array = np.frombuffer(values(start, nbytes), dtype, math.prod(shape))
        return array.reshape(shape, order="F" if fortran else "C")

    kind = "object" if dtype.hasobject else dtype.name
    return FileTensor(name, shape, kind, nbytes, place or start, read)


def _header(where: str, text: bytes) -> tuple[Any, Any, bool, int]:
    """The type, the shape, whether columns come first, and the offset of the values."""
    from numpy.lib import format as npy

    stream = io.BytesIO(text)
    try:
        version = npy.read_magic(stream)
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        with warnings.catch_warnings():
            # A header by Python 2 is read, with a warning.
            warnings.simplefilter("ignore")
            shape, fortran, dtype = readers[version](stream)
    except Exception:
        raise FileError(f"{where} is cut off or damaged: NumPy cannot read its header.") from None
    return dtype, shape, fortran, stream.tell()
