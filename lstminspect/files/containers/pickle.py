"""Pickles of arrays: `pickle.dump` of a dict or a list of NumPy's arrays, of any protocol.

A tensor of PyTorch stands in such a pickle as bytes, which are a file of its legacy form.
"""

from __future__ import annotations

from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.checkpoints import Held, checkpoint
from lstminspect.files.containers import pytorch_legacy
from lstminspect.files.contents import Contents
from lstminspect.files.numpy_objects import content_of
from lstminspect.files.pickle_nodes import Chunk, Object
from lstminspect.files.pickles import read_pickle
from lstminspect.files.source import Source
from lstminspect.files.torch_objects import Region, Storage, storage_of

__all__ = ["contents", "matches"]

SUFFIXES = (".pkl", ".pickle", ".p")
#: First bytes of protocols 0 and 1, which have no sign of their own: the name has to agree.
OLD = b"(]}ldc"


def matches(source: Source) -> bool:
    """True for the first bytes of a pickle."""
    head = source.head
    if head[:1] == b"\x80":
        return head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return head[:1] != b"" and head[0] in OLD and source.name.lower().endswith(SUFFIXES)


def contents(source: Source) -> Contents:
    """Contents that the pickle describes; the bytes of its arrays stay where they are."""
    with source.stream() as stream:
        pickle = read_pickle(stream, source.size, source.name, source.check_time)
    inside = _Inside(source)
    held = Held(
        inside.regions,
        lambda chunk: source.values(chunk.offset, chunk.count),
        0,
        storage=inside.storage,
    )
    return checkpoint(pickle, held, "pickle", source.name, source.check_time)


class _Inside:
    """Storages of PyTorch that stand in a pickle, each as a file of its own."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.regions: dict[str, Region] = {}
        self.known: dict[int, Storage | None] = {}

    def storage(self, node: Any) -> Storage | None:
        """The storage that a call of `torch.storage._load_from_bytes` would give."""
        if not isinstance(node, Object) or node.path != "torch.storage._load_from_bytes":
            return None
        if id(node) not in self.known:
            self.known[id(node)] = self._storage(node)
        return self.known[id(node)]

    def _storage(self, node: Object) -> Storage | None:
        content = content_of(node.arguments[0]) if node.arguments else None
        if isinstance(content, Chunk):
            inner = self.source.part(content.offset, content.count)
        elif content:
            data = content
            inner = Source(self.source.path, len(data), lambda at, count: data[at : at + count])
        else:
            return None
        if not pytorch_legacy.matches(inner):
            raise FileError(
                f"{self.source.name}: a storage inside is not of PyTorch's legacy form."
            )
        main, regions, _ = pytorch_legacy.parts(inner)
        found = storage_of(main.root)
        if found is None or found.key not in regions:
            raise FileError(f"{self.source.name}: a storage inside is damaged.")
        key = f"storage {len(self.known)}"
        region = regions[found.key]
        # Its place is one of the file where its bytes stand as they are.
        place = key
        if isinstance(content, Chunk) and isinstance(region.place, int):
            self.regions[key] = region._replace(place=content.offset + region.place)
        else:
            self.regions[key] = region._replace(place=place)
        return Storage(key, found.dtype)
