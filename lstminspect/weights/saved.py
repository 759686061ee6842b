"""Arrays by name as the bytes of a file: safetensors or NumPy's .npz."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping

import numpy as np

from lstminspect.errors import OptionError
from lstminspect.weights.arrays import Array

__all__ = ["WRITERS", "npz", "safetensors"]

#: The names that safetensors has for NumPy's types.
DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16"}


def safetensors(weights: Mapping[str, Array]) -> bytes:
    """The bytes of a safetensors file: eight bytes of length, a header of JSON, the values.

    Source: https://github.com/huggingface/safetensors (README, "Format"). Its writer aligns the
    values to 8 bytes by spaces behind the header, and so does this one.
    """
    header: dict[str, object] = {"__metadata__": {"format": "np"}}
    parts, start = [], 0
    for name, values in weights.items():
        array = np.ascontiguousarray(values)
        if array.dtype.name not in DTYPES:
            raise OptionError(f"safetensors are written of floats, got {array.dtype} in {name!r}.")
        part = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header[name] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [start, start + len(part)],
        }
        parts.append(part)
        start += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def npz(weights: Mapping[str, Array]) -> bytes:
    """The bytes of a .npz file, which `numpy.load` reads."""
    file = io.BytesIO()
    np.savez(file, **weights)
    return file.getvalue()


#: What writes weights, by the ending of a file.
WRITERS: dict[str, Callable[[Mapping[str, Array]], bytes]] = {
    ".safetensors": safetensors,
    ".npz": npz,
}
