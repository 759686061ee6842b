"""The structure of an HDF5 file by pyfive: groups, data sets and attributes, bounded.

h5py's C library hangs or crashes on damaged files; pyfive is Python, and raises. It never opens
another file: links and storage outside of the file are named in a note.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, BinaryIO

from lstminspect.errors import FileError, quoted
from lstminspect.files import dtypes
from lstminspect.files.hdf5 import Chunk, Chunked, DataSet, Structure
from lstminspect.files.source import Source
from lstminspect.optional import present

__all__ = ["structure"]

#: Bounds: nodes, how deep they stand, bytes that are read of the structure, a text.
MOST_NODES, MOST_DEPTH, MOST_READ = 100_000, 64, 1 << 28
#: Messages of an object: storage in other files. Layouts: in the file itself, and virtual.
EXTERNAL, COMPACT, CONTIGUOUS, CHUNKED = 7, 0, 1, 2
UNDEFINED = (1 << 64) - 1
KINDS = {"f": "float", "i": "int", "u": "uint"}


def structure(source: Source) -> Structure:
    """Groups, data sets and attributes. Raises FileError if the file is damaged or too large."""
    if not find_spec("pyfive") and find_spec("h5py"):
        # pyfive needs Python 3.11. What the C library does is kept in a process of its own.
        from lstminspect.files.hdf5_parent import structure_by_h5py

        return structure_by_h5py(source)
    present("pyfive", "files", "pyfive", purpose="reading an HDF5 file")
    import pyfive

    with source.stream() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        handle = _Handle(stream, source)
        try:
            return _Reader(pyfive.File(handle), source).structure()
        except FileError:
            raise
        except Exception:  # pyfive lets out what its own code meets: fourteen types were seen.
            raise FileError(
                f"{source.name} is cut off or damaged, or it links to another file, which is "
                "never opened: its HDF5 structure cannot be read."
            ) from None


class _Handle:
    """The stream that pyfive reads: never past the end, never more than the bounds."""

    #: A file that is closed would be opened again by its name.
    closed = False

    def __init__(self, stream: BinaryIO, source: Source) -> None:
        self.stream, self.source, self.left = stream, source, MOST_READ

    def seek(self, offset: int, whence: int = 0) -> int:
        if not 0 <= offset <= UNDEFINED // 2:
            raise FileError(f"{self.source.name} is damaged: an address lies outside of it.")
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def read(self, count: int = -1) -> bytes:
        self.source.check_time()
        rest = max(0, self.source.size - self.stream.tell())
        count = rest if count < 0 else min(count, rest)
        # Also a read of nothing counts: otherwise a loop of them has no end.
        self.left -= count + 64
        if self.left < 0:
            raise FileError(
                f"{self.source.name}: its structure takes more than {MOST_READ:,} bytes."
            )
        return self.stream.read(count)


class _Reader:
    """One walk over the groups of a file."""

    def __init__(self, file: Any, source: Source) -> None:
        self.file, self.base = file, int(file.userblock_size or 0)
        self.title, self.size = source.name, source.size
        self.attributes: dict[str, dict[str, str | tuple[str, ...]]] = {}
        self.notes: list[str] = []
        self.groups: list[str] = []
        self.skipped = 0

    def structure(self) -> Structure:
        """The structure of the whole file."""
        end = self.file._superblock._contents["end_of_file_address"]
        if end > self.size:
            raise FileError(f"{self.title} is cut off: it has {self.size:,} bytes of {end:,}.")
        datasets = tuple(self.datasets())
        if self.skipped:
            self.notes.append(f"{self.skipped} data sets hold no numbers, and are left out.")
        return Structure(datasets, self.attributes, tuple(self.notes), tuple(self.groups))

    def datasets(self) -> Iterator[DataSet]:
        """Every data set, each group once: a hard link can lead back to a group above."""
        waiting: list[tuple[str, Any]] = [("", self.file)]
        seen: set[int] = set()
        nodes = 0
        while waiting:
            path, group = waiting.pop()
            self.groups.append(path)
            self.attributes[path] = _texts(group.attrs)
            below = []
            for name, address in group._links.items():
                nodes += 1
                # Keras 2 wrote whole paths as one name on Windows.
                plain = name.replace("\\", "/")
                inner = f"{path}/{plain}" if path else plain
                if nodes > MOST_NODES or inner.count("/") > MOST_DEPTH:
                    raise FileError(
                        f"{self.title} has more than {MOST_NODES:,} nodes, or too deep ones."
                    )
                if not isinstance(address, int):
                    self.notes.append(
                        f"{quoted(inner)} is a link to {quoted(address)}: not followed."
                    )
                    continue
                objects = self.file._get_dataobjects(address)
                if objects.is_dataset:
                    if (found := self.dataset(inner, group, name, objects)) is not None:
                        yield found
                elif address not in seen:
                    seen.add(address)
                    below.append((inner, group[name]))
            waiting.extend(
                (inner, each) for inner, each in reversed(below) if hasattr(each, "_links")
            )

    def dataset(self, path: str, group: Any, name: str, objects: Any) -> DataSet | None:
        """A data set of numbers, or None for another, which is counted or noted."""
        _, layout, _ = objects.get_id_storage_params()
        if objects.find_msg_type(EXTERNAL):
            self.notes.append(f"{quoted(path)} keeps its values in another file: not opened.")
            return None
        if layout not in (COMPACT, CONTIGUOUS, CHUNKED):
            self.notes.append(f"{quoted(path)} is a virtual data set of other files: not opened.")
            return None
        texts = _texts(objects.get_attributes())
        named = _dtype(objects, texts)
        if named is None or objects.shape is None:
            self.skipped += 1
            return None
        shape = dtypes.checked_shape(f"{self.title}: {quoted(path)}", tuple(objects.shape))
        place = self.place(group[name], layout, objects)
        fill = objects.fillvalue if objects.find_msg_type(5) else 0
        number = float(fill) if isinstance(fill, int | float) or hasattr(fill, "dtype") else 0.0
        return DataSet(path, shape, *named, place, number)

    def place(self, dataset: Any, layout: int, objects: Any) -> int | bytes | Chunked | None:
        """Where the values lie."""
        if layout == COMPACT:
            return bytes(dataset.id._data or b"")
        if layout == CONTIGUOUS:
            offset = dataset.id.data_offset
            return None if offset == UNDEFINED else offset + self.base
        filters = tuple(each["filter_id"] for each in objects.filter_pipeline or ())
        chunks = tuple(
            Chunk(tuple(start), info.filter_mask, info.byte_offset + self.base, info.size)
            for start, info in dataset.id.index.items()
        )
        return Chunked(tuple(dataset.chunks), filters, chunks) if chunks else None


def _dtype(objects: Any, texts: dict[str, Any]) -> tuple[str, dtypes.Order] | None:
    """NumPy's name of a type of numbers, and its byte order."""
    try:
        ptype = objects.ptype
    except NotImplementedError:
        return None
    kind = type(ptype).__name__
    if kind == "P5EnumType":
        return ("bool", "<") if set(ptype.mapping) == {"FALSE", "TRUE"} else None
    dtype = ptype.dtype
    # Keras writes bfloat16 as two bytes without a meaning, and says so beside them.
    if texts.get("dtype") == "bfloat16" and dtype.itemsize == 2:
        return "bfloat16", "<"
    if kind not in ("P5FloatType", "P5IntegerType"):
        return None
    name = f"{KINDS[dtype.kind]}{8 * dtype.itemsize}"
    return (name, ">" if dtype.str[0] == ">" else "<") if name in dtypes.BITS else None


def _texts(attributes: Any) -> dict[str, str | tuple[str, ...]]:
    """The attributes that are text, or lists of it."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, value in attributes.items():
        items = value.ravel().tolist() if getattr(value, "ndim", 0) else value
        if isinstance(items, list):
            texts = [_text(each) for each in items]
            if all(each is not None for each in texts):
                found[name] = tuple(str(each) for each in texts)
        elif (text := _text(items)) is not None:
            found[name] = text
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else None
