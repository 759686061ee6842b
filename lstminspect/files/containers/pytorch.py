"""PyTorch's files since version 1.6, and TorchScript: a zip with a pickle and the storages.

`data.pkl` is the object, `data/N` the bytes of storage N, `byteorder` their order. TorchScript adds
`constants.pkl`, and its functions as text in `code/`, which is never run.
Source: torch/serialization.py and caffe2/serialize/inline_container.h, PyTorch 2.13.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.archive import MOST_STRUCTURE, Archive, Member, archive, is_zip
from lstminspect.files.checkpoints import Held, checkpoint
from lstminspect.files.contents import Contents
from lstminspect.files.dtypes import Order
from lstminspect.files.pickle_nodes import Chunk
from lstminspect.files.pickles import read_pickle
from lstminspect.files.source import Source
from lstminspect.files.torch_objects import Region
from lstminspect.files.torchscript import module_classes

__all__ = ["contents", "matches"]


def matches(source: Source) -> bool:
    """True for a zip that holds the pickle of PyTorch."""
    return is_zip(source) and _top(archive(source).members) is not None


def contents(source: Source) -> Contents:
    """Contents that the pickle describes; the storages stay where they are."""
    opened = archive(source)
    top = _top(opened.members) or ""
    script = f"{top}constants.pkl" in opened.members
    form = "TorchScript" if script else "PyTorch"
    found = _pickled(opened, top, "data", form)
    if not script:
        return found
    constants = _pickled(opened, top, "constants", form).tensors
    named = [replace(each, name=f"constants.c{each.name}", role="constant") for each in constants]
    return replace(found, tensors=(*found.tensors, *named))


def _top(members: Mapping[str, Any]) -> str | None:
    """The folder of the zip in which everything stands, or None if there is no pickle."""
    tops = [name[: -len("data.pkl")] for name in members if name.endswith("data.pkl")]
    tops = [top for top in tops if top.count("/") <= 1 and (not top or top.endswith("/"))]
    return min(tops, key=len) if tops else None


def _pickled(opened: Archive, top: str, part: str, form: str) -> Contents:
    """Contents of one pickle of the archive, with the storages in the folder beside it."""
    source, folder = opened.source, f"{top}{part}/"
    # The checksum is not asked: PyTorch can be told to write none, and nothing is run anyway.
    data = _all(opened.member(f"{top}{part}.pkl"))
    pickle = read_pickle(io.BytesIO(data), len(data), source.name, source.check_time)
    regions = {
        name[len(folder) :]: Region(member.size, name, member.values)
        for name, member in opened.members.items()
        if name.startswith(folder)
    }
    held = Held(
        regions,
        lambda chunk: _slice(data, chunk),
        order=_order(opened, top),
        classes=module_classes(opened, top, pickle.names),
    )
    return checkpoint(pickle, held, form, source.name, source.check_time)


def _all(member: Member) -> bytes:
    if member.size > MOST_STRUCTURE:
        raise FileError(f"{member.where} has {member.size:,} bytes, more than a structure takes.")
    return member.values(0, member.size)


def _slice(data: bytes, chunk: Chunk) -> bytes:
    return data[chunk.offset : chunk.offset + chunk.count]


def _order(opened: Archive, top: str) -> Order:
    """NumPy's sign of the byte order of the storages: files without the member are little."""
    member = opened.members.get(f"{top}byteorder")
    return ">" if member and _all(member).strip() == b"big" else "<"
