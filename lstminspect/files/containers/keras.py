"""Keras 3's .keras: a zip of metadata.json, config.json and the weights as HDF5.

Source: keras/src/saving/saving_lib.py, Keras 3.15.1.
"""

from __future__ import annotations

from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.archive import MOST_INFLATED, Archive, archive, is_zip
from lstminspect.files.contents import Contents
from lstminspect.files.hdf5_structure import structure
from lstminspect.files.json_text import read_json
from lstminspect.files.keras_files import contents_of_structure
from lstminspect.files.source import Source

__all__ = ["contents", "matches"]

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


def matches(source: Source) -> bool:
    """True for a zip that holds the config of a Keras model."""
    return is_zip(source) and {CONFIG, METADATA} <= archive(source).members.keys()


def contents(source: Source) -> Contents:
    """Contents of the three parts."""
    opened = archive(source)
    config, metadata = _json(opened, CONFIG), _json(opened, METADATA)
    version = metadata.get("keras_version")
    version = version[:40] if isinstance(version, str) else ""
    if WEIGHTS not in opened.members:
        shards = [quoted(name) for name in opened.members if "weights" in name]
        raise FileError(
            f"{source.name} has no {WEIGHTS}. It has {', '.join(shards[:3]) or 'no weights'}: save "
            "the model again with Keras, without max_shard_size."
        )
    inner, base = _weights(opened)
    return contents_of_structure(structure(inner), inner, config, version, base, "Keras 3 archive")


def _json(opened: Archive, name: str) -> dict[str, Any]:
    member = opened.member(name)
    value = read_json(member.where, member.read())
    if not isinstance(value, dict):
        raise FileError(f"{member.where} is not an object of JSON, so it is damaged.")
    return value


def _weights(opened: Archive) -> tuple[Source, int | str]:
    """The HDF5 file inside: a range of the archive, or inflated in memory."""
    member = opened.member(WEIGHTS)
    if not member.deflated:
        start = member.start()
        return opened.source.part(start, member.size), start
    data = member.read(MOST_INFLATED)
    inner = Source(opened.source.path, len(data), lambda at, count: data[at : at + count])
    return inner, WEIGHTS
