"""PyTorch's files before version 1.6, and those of `_use_new_zipfile_serialization=False`.

Five pickles in a row (a magic number, a version, facts of the machine, the object, the keys of its
storages), then the storages: a count of eight bytes and the values. Source: torch/serialization.py.
"""

from __future__ import annotations

import struct
from functools import partial

from lstminspect.errors import FileError
from lstminspect.files import dtypes
from lstminspect.files.checkpoints import Held, checkpoint
from lstminspect.files.contents import Contents
from lstminspect.files.pickled_tree import entries
from lstminspect.files.pickles import Pickle, read_pickle
from lstminspect.files.source import Source
from lstminspect.files.torch_objects import QUANTIZED, Region, storage_of

__all__ = ["contents", "matches", "parts"]

MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")


def matches(source: Source) -> bool:
    """True for the first bytes of such a file, and of the tar archives before it."""
    return MAGIC in source.head[:32] or source.head[257:262] == b"ustar"


def contents(source: Source) -> Contents:
    """Contents that the pickles describe; the storages stay where they are."""
    if MAGIC not in source.head[:32]:
        raise FileError(
            f"{source.name} is a tar archive, as PyTorch wrote before 0.1.10. Unpack it and "
            "give a file of it, or load it with torch.load and save it again."
        )
    main, regions, order = parts(source)
    held = Held(regions, lambda chunk: source.values(chunk.offset, chunk.count), 0, order)
    return checkpoint(main, held, "PyTorch, legacy form", source.name, source.check_time)


def parts(source: Source) -> tuple[Pickle, dict[str, Region], dtypes.Order]:
    """The pickle of the object, where each storage lies, and the order of their bytes."""
    with source.stream() as stream:
        pickles = [
            read_pickle(stream, source.size, source.name, source.check_time) for _ in range(5)
        ]
    machine, main, keys = pickles[2:]
    order: dtypes.Order = ">" if entries(machine.root).get("little_endian") is False else "<"
    return main, _regions(source, main, keys, order), order


def _regions(source: Source, main: Pickle, keys: Pickle, order: dtypes.Order) -> dict[str, Region]:
    """Where each storage lies: one after the other, in the order of their keys."""
    storages = {each.key: each for each in map(storage_of, main.references) if each}
    if not isinstance(keys.root, list):
        raise FileError(f"{source.name} is damaged: the keys of its storages are not a list.")
    regions: dict[str, Region] = {}
    place = keys.end
    for key in keys.root:
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None:
            raise FileError(f"{source.name} is damaged: a storage has no type.")
        (count,) = struct.unpack(f"{order}q", source.read(place, 8))
        size = dtypes.BITS[QUANTIZED.get(storage.dtype, storage.dtype)] // 8
        start, length = place + 8, count * size
        if count < 0 or start + length > source.size:
            raise FileError(
                f"{source.name} is cut off or damaged: a storage of {count:,} values starts at "
                f"byte {start:,}, and the file has {source.size:,}."
            )
        regions[key] = Region(length, start, partial(_range, source, start))
        place = start + length
    return regions


def _range(source: Source, start: int, first: int, count: int) -> bytes:
    return source.values(start + first, count)
