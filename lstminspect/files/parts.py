"""Parts of a model that is a directory: the file that lists them, and the bytes of all."""

from __future__ import annotations

import os

__all__ = ["ORBAX", "index_of", "size_of"]

#: The names of an index of shards, what they end on, and the tree of an Orbax checkpoint.
INDEX_NAMES, INDEX_ENDS = ("model.weights.json",), (".safetensors.index.json", ".bin.index.json")
ORBAX = "_METADATA"
#: Entries of a directory that are looked at.
MOST_ENTRIES = 100_000


def index_of(path: str) -> str | None:
    """The name of the file in a directory that lists the parts of a model. None without one."""
    found = [name for name, _ in _entries(path) if _is_index(name)]
    return min(found, default=None)


def size_of(path: str) -> int:
    """The bytes of the files in a directory, those of its folders left out."""
    return sum(size for _, size in _entries(path))


def _is_index(name: str) -> bool:
    return name.endswith(INDEX_ENDS) or name in (*INDEX_NAMES, ORBAX)


def _entries(path: str) -> list[tuple[str, int]]:
    """The names of files that are not links, and their bytes. Nothing where it cannot be listed."""
    try:
        with os.scandir(path) as entries:
            return [
                (each.name, each.stat(follow_symlinks=False).st_size)
                for each, _ in zip(entries, range(MOST_ENTRIES), strict=False)
                if each.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []
