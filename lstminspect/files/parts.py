"""Parts of a model that is a directory: the file that lists them, and the bytes of all."""

from __future__ import annotations

import os
import re
import stat

__all__ = ["ORBAX", "index_of", "place_of", "size_of"]

#: The names of an index of shards, what they end on, and the tree of an Orbax checkpoint.
INDEX_NAMES, INDEX_ENDS = ("model.weights.json",), (".safetensors.index.json", ".bin.index.json")
ORBAX = "_METADATA"
#: The name of a file in the cache of Hugging Face: a hash of what is in it.
BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
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


def place_of(path: str, name: str) -> str | None:
    """The path of a file of a directory, and None for a link, which may lead out of it.

    A snapshot in the cache of Hugging Face holds links to the blobs of its own model:
    `models--ORG--NAME/snapshots/COMMIT/FILE -> ../../blobs/HASH`. These alone are followed, each
    to a plain file of that name.
    Source: huggingface_hub, "Understand caching", 2026.
    """
    place = os.path.join(path, name)
    if not os.path.islink(place):
        return place
    snapshots, commit = os.path.split(os.path.realpath(path))
    root, folder = os.path.split(snapshots)
    blob = os.path.basename(os.readlink(place))
    blobs = os.path.join(root, "blobs")
    is_own = os.readlink(place) == os.path.join("..", "..", "blobs", blob)
    if folder != "snapshots" or not commit or not is_own or not BLOB.fullmatch(blob):
        return None
    return os.path.join(blobs, blob) if not os.path.islink(blobs) else None


def _entries(path: str) -> list[tuple[str, int]]:
    """The names of the files, links aside, and their bytes. Nothing where it cannot be listed."""
    found = []
    try:
        with os.scandir(path) as entries:
            for each, _ in zip(entries, range(MOST_ENTRIES), strict=False):
                place = place_of(path, each.name)
                state = None if place is None else os.lstat(place)
                if state is not None and stat.S_ISREG(state.st_mode):
                    found.append((each.name, state.st_size))
    except OSError:
        return []
    return found
