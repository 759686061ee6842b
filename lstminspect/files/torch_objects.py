"""Meaning of PyTorch's pickles: storages, and tensors as views of them.

Source: torch/_utils.py and torch/serialization.py, PyTorch 2.13. Only the functions in REBUILT have
a meaning here, and none is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lstminspect.errors import FileError, quoted
from lstminspect.files import dtypes
from lstminspect.files.contents import FileTensor
from lstminspect.files.pickle_nodes import Global, Object, Persistent

__all__ = [
    "QUANTIZED", "REBUILT", "WRAPPED", "Region", "Storage", "View", "file_tensor", "storage_of",
    "view_of",
]  # fmt: skip

#: The types of a storage's values, by the word in its class (FloatStorage), and as NumPy has them.
STORAGES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128", "QInt8": "qint8",
    "QUInt8": "quint8", "QInt32": "qint32", "Untyped": "uint8",
}  # fmt: skip
#: PyTorch's own names of types that are called otherwise here.
DTYPES = {
    "half": "float16", "float": "float32", "double": "float64", "short": "int16", "int": "int32",
    "long": "int64",
}  # fmt: skip
QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}
#: Functions that rebuild a tensor, and those that wrap one: where the inner one is.
REBUILT = {
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor",
}  # fmt: skip
WRAPPED = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
#: Values that an expanded tensor may have although the file does not hold as many.
MOST_EXPANDED = 1 << 24


class Storage(NamedTuple):
    """A storage that a pickle refers to: its key, and the type of its values."""

    key: str
    dtype: str


class Region(NamedTuple):
    """Where the bytes of a storage lie: their number, the place, and how a range is read."""

    nbytes: int
    place: int | str
    read: Callable[[int, int], bytes]


class View(NamedTuple):
    """A tensor: the storage it looks into, its first value there, shape and strides in values."""

    storage: Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str
    quantizer: Any = None

    @property
    def extent(self) -> int:
        """The values of the storage from the first to the last that the tensor shows."""
        if 0 in self.shape:
            return 0
        steps = zip(self.shape, self.strides, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in steps)


def storage_of(node: Any) -> Storage | None:
    """The storage that a persistent id stands for."""
    if not isinstance(node, Persistent) or not isinstance(node.id, tuple) or len(node.id) < 5:
        return None
    kind, cls, key = node.id[:3]
    if kind != "storage" or not isinstance(cls, Global):
        return None
    dtype = STORAGES.get(cls.name.removesuffix("Storage"))
    return Storage(str(key), dtype) if dtype and isinstance(key, str | int) else None


def view_of(node: Any, storage: Callable[[Any], Storage | None] = storage_of) -> View | None:
    """The tensor that an object would be, or None. `storage` gives the storage of a node."""
    for _ in range(8):
        if not isinstance(node, Object) or not node.arguments:
            return None
        if node.path in REBUILT:
            return _view(node, storage)
        if node.path in WRAPPED:
            node = node.arguments[0]
        elif node.path == "torch._tensor._rebuild_from_type_v2" and len(node.arguments) > 2:
            inner = node.arguments[2]
            node = Object(node.arguments[0], inner if isinstance(inner, tuple) else ())
        else:
            return None
    return None


def _view(node: Object, storage_of: Callable[[Any], Storage | None]) -> View | None:
    if len(node.arguments) < 4 or (storage := storage_of(node.arguments[0])) is None:
        return None
    start, shape, strides = node.arguments[1:4]
    quantizer, dtype = None, storage.dtype
    if node.path.endswith("_qtensor") and len(node.arguments) > 4:
        quantizer = node.arguments[4]
    if node.path.endswith("_v3") and len(node.arguments) > 6:
        named = node.arguments[6]
        dtype = named.name if isinstance(named, Global) else ""
    dims = dtypes.checked_shape("a tensor", _dims(shape))
    steps = dtypes.checked_shape("a tensor", _dims(strides))
    if len(dims) != len(steps) or not isinstance(start, int) or start < 0:
        raise FileError("a tensor of the file is damaged: its shape, strides and offset disagree.")
    return View(storage, start, dims, steps, DTYPES.get(dtype, dtype), quantizer)


def _dims(node: Any) -> Any:
    """A shape, which may stand in a torch.Size."""
    if isinstance(node, Object) and node.path == "torch.Size" and node.arguments:
        return node.arguments[0]
    return node


def file_tensor(
    name: str, view: View, regions: Mapping[str, Region], order: dtypes.Order, role: str, where: str
) -> FileTensor:
    """The tensor as one of the file. Raises FileError if it looks past the end of its storage."""
    region = regions.get(view.storage.key)
    stored = QUANTIZED.get(view.dtype, view.dtype)
    title = f"{where}: tensor {quoted(name)}"
    if region is None:
        raise FileError(f"{title} is in a storage {quoted(view.storage.key)} that is missing.")
    if stored not in dtypes.BITS:
        raise FileError(f"{title} has values of type {quoted(view.dtype)}, unknown here.")
    size, count = dtypes.BITS[stored] // 8, math.prod(view.shape)
    if (view.start + view.extent) * size > region.nbytes:
        raise FileError(
            f"{title} of shape {quoted(view.shape)} does not fit: its storage has "
            f"{region.nbytes:,} bytes. The file is damaged."
        )
    if count > max(MOST_EXPANDED, view.extent):
        raise FileError(f"{title} shows {count:,} values, and the file holds {view.extent:,}.")
    first, length = view.start * size, view.extent * size
    whole = length == region.nbytes or isinstance(region.place, int)
    place = region.place + first if isinstance(region.place, int) else region.place
    return FileTensor(
        name=name,
        shape=view.shape,
        dtype=view.dtype,
        nbytes=min(count, view.extent) * size,
        place=place if whole else f"{place}[{first}:{first + length}]",
        read=lambda: _values(view, lambda each: _bytes(each, regions), order),
        role=role,
    )


def _bytes(view: View, regions: Mapping[str, Region]) -> bytes:
    """The bytes of the storage that a view shows, from its first value to its last."""
    size = dtypes.BITS[QUANTIZED.get(view.dtype, view.dtype)] // 8
    return regions[view.storage.key].read(view.start * size, view.extent * size)


def _values(view: View, read: Callable[[View], bytes], order: dtypes.Order) -> Any:
    """The values as an array of the view's shape."""
    import numpy as np

    flat = dtypes.array(read(view), QUANTIZED.get(view.dtype, view.dtype), (view.extent,), order)
    steps = tuple(stride * flat.itemsize for stride in view.strides)
    values = np.lib.stride_tricks.as_strided(flat, view.shape, steps, writeable=False).copy()
    if view.dtype not in QUANTIZED:
        return values
    scale, zero = _scales(view, read, order)
    return np.asarray(scale, np.float32) * (
        values.astype(np.float32) - np.asarray(zero, np.float32)
    )


def _scales(view: View, read: Callable[[View], bytes], order: dtypes.Order) -> tuple[Any, Any]:
    """Scale and zero point of a quantized tensor: one, or one for each index of an axis."""
    scheme, *numbers = view.quantizer if isinstance(view.quantizer, tuple) else (None,)
    if len(numbers) == 2 and all(isinstance(each, int | float) for each in numbers):
        return numbers[0], numbers[1]
    if len(numbers) == 3 and isinstance(axis := numbers[2], int) and axis < len(view.shape):
        found = [view_of(each) for each in numbers[:2]]
        shape = [-1 if at == axis else 1 for at in range(len(view.shape))]
        if all(each is not None and each.shape == (view.shape[axis],) for each in found):
            scale, zero = (_values(each, read, order) for each in found if each is not None)
            return scale.reshape(shape), zero.reshape(shape)
    name = scheme.path if isinstance(scheme, Global) else quoted(scheme)
    raise FileError(f"values quantized by {name} cannot be read yet.")
