"""Directory: a model whose parts are files of one directory: shards, or an Orbax checkpoint.

Only files of the directory itself are opened, and no link but those of a cache (`parts.py`).
Sources: Hugging Face's sharded checkpoints; Keras' `save_weights(..., max_shard_size)`; Orbax.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.containers.json import orbax_leaves, shards_of, zarr_tensor
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.json_text import read_json
from lstminspect.files.parts import ORBAX, index_of, place_of
from lstminspect.files.source import Source, local_source

__all__ = ["contents", "matches"]

#: Files of one model, and arrays of a checkpoint.
MOST_SHARDS, MOST_ARRAYS = 500, 100_000


def matches(source: Source) -> bool:
    """True for a directory."""
    return source.is_directory


def contents(source: Source) -> Contents:
    """Contents of the model in a directory: its shards together, or the tree of a checkpoint.

    Raises FileError where a part is missing, damaged or a link.
    """
    path = source.path
    index = index_of(path)
    if index is None:
        raise FileError(f"{quoted(path)} changed while it was read. Open it again.")
    value = _json(path, index)
    if index == ORBAX:
        return _orbax(path, value)
    shards = shards_of(index, value)
    if len(shards) > MOST_SHARDS:
        raise FileError(
            f"{quoted(path)}: {len(shards):,} shards; at most {MOST_SHARDS:,} are read."
        )
    parts = []
    for name in shards:
        source.check_time()
        parts.append(_shard(_file(path, name)))
    return _merged(index, value["weight_map"], shards, parts)


def _shard(source: Source) -> Contents:
    """Contents of one shard."""
    from lstminspect.files.containers import hdf5, pytorch, pytorch_legacy, safetensors

    for container in (safetensors, pytorch, pytorch_legacy, hdf5):
        if container.matches(source):
            found: Contents = container.contents(source)
            return found
    raise FileError(f"{source.name} is not a shard of safetensors, PyTorch or Keras.")


def _merged(
    index: str, weights: dict[str, object], shards: list[str], contents: list[Contents]
) -> Contents:
    """One contents of several shards, held against the index."""
    tensors: dict[str, FileTensor] = {}
    for shard, each in zip(shards, contents, strict=True):
        for tensor in each.tensors:
            if tensor.name in tensors and not shard.endswith(".h5"):
                raise FileError(f"{index}: {quoted(tensor.name)} is in two shards.")
            tensors[tensor.name] = replace(tensor, place=f"{shard}: {tensor.place}")
    notes = [f"{len(shards)} shards"] + [note for each in contents for note in each.notes]
    missing = [name for name in weights if name not in tensors]
    if missing and not shards[0].endswith(".h5"):
        notes.append(f"{len(missing)} tensors of the index are in no shard: {missing[0]}")
    first = contents[0] if contents else Contents("", ())
    return replace(
        first,
        format=f"{first.format} in shards",
        tensors=tuple(tensors.values()),
        declared=tuple(layer for each in contents for layer in each.declared),
        notes=tuple(dict.fromkeys(notes)),
        users={name: user for each in contents for name, user in each.users.items()},
    )


def _orbax(path: str, value: Any) -> Contents:
    """An Orbax checkpoint: its tree, with the shapes from zarr's metadata beside it."""
    if not isinstance(value, dict) or "tree_metadata" not in value:
        raise FileError(f"{quoted(path)} is damaged: {ORBAX} has no tree.")
    tensors: list[FileTensor] = []
    unknown: list[str] = []
    for name, _ in orbax_leaves(ORBAX, value):
        if len(tensors) + len(unknown) > MOST_ARRAYS:
            raise FileError(f"{quoted(path)} has more than {MOST_ARRAYS:,} arrays.")
        plain = "/" not in name and name not in ("", ".", "..")
        metadata = f"{name}/.zarray"
        if plain and os.path.lexists(os.path.join(path, metadata)):
            if os.path.islink(os.path.join(path, name)):
                raise FileError(
                    f"{quoted(name)} in {quoted(path)} is a link, which is not followed."
                )
            entry = _json(path, metadata)
            if not isinstance(entry, dict):
                raise FileError(f"{quoted(metadata)} is damaged: it is not an object of JSON.")
            tensors.append(zarr_tensor(metadata, name, entry))
        else:
            unknown.append(name)
    notes = ["only metadata is read: the values are in chunks"]
    if unknown:
        notes.append(
            f"{len(unknown)} arrays whose shapes are in a database: {', '.join(unknown[:5])}"
        )
    return Contents("orbax", tuple(tensors), "Orbax", notes=tuple(notes))


def _json(path: str, name: str) -> Any:
    """The value of a JSON text in the directory."""
    source = _file(path, name)
    try:
        return read_json(f"{quoted(path)}: its {name}", source.read(0, source.size))
    finally:
        source.close()


def _file(path: str, name: str) -> Source:
    """A file of the directory. Raises FileError for a link, which may lead out of it."""
    place = place_of(path, name)
    if place is None or os.path.islink(place):
        raise FileError(f"{quoted(name)} in {quoted(path)} is a link, which is not followed.")
    return local_source(place)
