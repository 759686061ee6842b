"""safetensors: eight bytes of length, a header of JSON, the values.

Source: https://github.com/huggingface/safetensors (README, "Format").
"""

from __future__ import annotations

import json
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.source import Source

__all__ = ["contents", "matches"]

#: The format's own bound on its header.
MOST_HEADER = 100_000_000

#: The format's names of types, NumPy's, and the bytes of a value.
DTYPES = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U64": ("uint64", 8),
    "U32": ("uint32", 4),
    "U16": ("uint16", 2),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
    "F8_E4M3": ("float8_e4m3", 1),
    "F8_E5M2": ("float8_e5m2", 1),
}


def matches(source: Source) -> bool:
    """True for the first bytes of a safetensors file."""
    head = source.head
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 40


def contents(source: Source) -> Contents:
    """Contents that the header lists; the values stay where they are."""
    length = int.from_bytes(source.read(0, 8), "little")
    if length > MOST_HEADER:
        raise FileError(f"{source.name}: a header of {length:,} bytes is over the format's bound.")
    try:
        header = json.loads(source.read(8, length))
    except (ValueError, RecursionError):
        raise FileError(f"{source.name}: its header is not JSON, so it is damaged.") from None
    tensors = tuple(
        _tensor(source, name, entry, 8 + length)
        for name, entry in header.items()
        if name != "__metadata__"
    )
    return Contents("safetensors", tensors)


def _tensor(source: Source, name: str, entry: Any, start: int) -> FileTensor:
    dtype, _ = DTYPES[entry["dtype"]]
    shape = tuple(entry["shape"])
    first, last = entry["data_offsets"]

    def read() -> Any:
        import numpy as np

        data = source.values(start + first, last - first)
        return np.frombuffer(data, dtype=dtype).reshape(shape)

    return FileTensor(name, shape, dtype, last - first, start + first, read)
