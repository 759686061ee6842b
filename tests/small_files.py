"""Model files that are small enough to be written by hand, without any framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["safetensors"]


def safetensors(
    weights: Mapping[str, Any], zeros: Mapping[str, tuple[int, ...]] | None = None
) -> bytes:
    """The bytes of a safetensors file of float32: `weights`, and zeros of some shapes."""
    arrays = {**weights, **{name: np.zeros(shape) for name, shape in (zeros or {}).items()}}
    header, parts, start = {}, [], 0
    for name, values in arrays.items():
        part = np.ascontiguousarray(values, np.float32)
        offsets = [start, start + part.nbytes]
        header[name] = {"dtype": "F32", "shape": list(part.shape), "data_offsets": offsets}
        parts.append(part.tobytes())
        start += part.nbytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(parts)
