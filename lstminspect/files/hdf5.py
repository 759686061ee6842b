"""HDF5: its data sets as places in the file, and their values, which are read and inflated here.

The structure is read by `hdf5_structure.py`. Values are read by their offset, so that what a file
says of itself can be checked before memory is taken. Source: HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lstminspect.errors import FileError, quoted
from lstminspect.files import dtypes
from lstminspect.files.contents import FileTensor
from lstminspect.files.source import Source

__all__ = ["SIGNATURE", "Chunk", "Chunked", "DataSet", "Structure", "tensor"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Filters of chunks that are understood, by their numbers.
DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
#: Deflate makes at most 1,032 bytes of one; what is not in the file at all may be this large.
MOST_RATIO, MOST_ABSENT = 1032, 1 << 24


class Chunk(NamedTuple):
    """One chunk of a data set: its first index, filters that it skips, offset and bytes."""

    start: tuple[int, ...]
    skipped: int
    offset: int
    size: int


class Chunked(NamedTuple):
    """A data set that is stored in chunks of one shape, each through filters."""

    shape: tuple[int, ...]
    filters: tuple[int, ...]
    chunks: tuple[Chunk, ...]


class DataSet(NamedTuple):
    """A data set of numbers: its path, shape, type, byte order, and where its values lie.

    `place` is an offset, the bytes themselves, or chunks; None where nothing was written, so that
    every value is `fill`.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    order: dtypes.Order
    place: int | bytes | Chunked | None
    fill: float = 0

    @property
    def nbytes(self) -> int:
        """The bytes of the values."""
        return dtypes.byte_count(self.dtype, self.shape)


@dataclass(frozen=True)
class Structure:
    """Contents of an HDF5 file: data sets, attributes of text by the path of their node, notes."""

    datasets: tuple[DataSet, ...]
    attributes: Mapping[str, Mapping[str, str | tuple[str, ...]]]
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = field(default=())


def tensor(
    source: Source, dataset: DataSet, name: str, role: str, base: int | str = 0
) -> FileTensor:
    """The data set as a tensor of the file. Raises FileError if the file cannot hold it.

    `base` is where `source` starts in the file that the user named, or the member that it is.
    """
    where = f"{source.name}: {quoted(dataset.path)}"
    size, place = dataset.nbytes, dataset.place
    if isinstance(place, int):
        held, most = max(0, source.size - place), max(0, source.size - place)
    elif isinstance(place, bytes):
        held = most = len(place)
    elif place is None:
        held, most = 0, MOST_ABSENT
    else:
        held = sum(each.size for each in place.chunks)
        ratio = MOST_RATIO if DEFLATE in place.filters else 1
        most = held * ratio + MOST_ABSENT
    if size > most:
        raise FileError(
            f"{where} of shape {quoted(dataset.shape)} takes {size:,} bytes, and the file holds "
            f"{held:,} for it. It is cut off or damaged."
        )
    shown: int | str = dataset.path
    if isinstance(place, int):
        shown = base + place if isinstance(base, int) else f"{base}[{place}:{place + size}]"
    return FileTensor(
        name=name,
        shape=dataset.shape,
        dtype=dataset.dtype,
        nbytes=size,
        place=shown,
        read=lambda: _values(source, dataset, where),
        role=role,
    )


def _values(source: Source, dataset: DataSet, where: str) -> Any:
    import numpy as np

    place = dataset.place
    if place is None:
        kind = "float32" if dataset.dtype == "bfloat16" else dataset.dtype
        return np.full(dataset.shape, dataset.fill, kind)
    if isinstance(place, Chunked):
        return _joined(source, dataset, place, where)
    data = place if isinstance(place, bytes) else source.values(place, dataset.nbytes)
    return dtypes.array(data, dataset.dtype, dataset.shape, dataset.order)


def _joined(source: Source, dataset: DataSet, place: Chunked, where: str) -> Any:
    """The values of the chunks put together."""
    import numpy as np

    count = dtypes.byte_count(dataset.dtype, place.shape)
    most = max(1 << 28, 20 * sum(each.size for each in place.chunks))
    if len(place.chunks) * count > most or dataset.nbytes > most:
        raise FileError(
            f"{where} would become {len(place.chunks) * count:,} bytes. Nobody stores weights so; "
            "it is not read."
        )
    kind = "float32" if dataset.dtype == "bfloat16" else dataset.dtype
    values = np.full(dataset.shape, dataset.fill, kind)
    for chunk in place.chunks:
        data = _unfiltered(source, dataset, place, chunk, count, where)
        part = dtypes.array(data, dataset.dtype, place.shape, dataset.order)
        # A chunk at the edge is stored whole, and stands over it.
        spans = tuple(
            slice(start, min(start + size, whole))
            for start, size, whole in zip(chunk.start, place.shape, dataset.shape, strict=True)
        )
        values[spans] = part[tuple(slice(0, span.stop - span.start) for span in spans)]
    return values


def _unfiltered(
    source: Source, dataset: DataSet, place: Chunked, chunk: Chunk, count: int, where: str
) -> bytes:
    """The bytes of one chunk after its filters, `count` of them."""
    data = source.values(chunk.offset, chunk.size)
    for at, filter_ in reversed(list(enumerate(place.filters))):
        if chunk.skipped >> at & 1:
            continue
        if filter_ == DEFLATE:
            inflater = zlib.decompressobj()
            # A checksum may stand behind the values.
            data = inflater.decompress(data, count + 5)
        elif filter_ == FLETCHER32:
            data = data[:-4]
        elif filter_ == SHUFFLE:
            data = _unshuffled(data, dtypes.BITS[dataset.dtype] // 8)
        else:
            raise FileError(f"{where} is stored through the filter {filter_}, unknown here.")
    if len(data) != count:
        raise FileError(f"{where} is damaged: a chunk has {len(data):,} bytes, not {count:,}.")
    return data


def _unshuffled(data: bytes, size: int) -> bytes:
    """The bytes of values, of which first bytes stood together, then second ones, and so on."""
    import numpy as np

    whole = len(data) // size * size
    planes = np.frombuffer(data[:whole], np.uint8).reshape(size, -1)
    return planes.T.tobytes() + data[whole:]
