"""HDF5: .h5 and .hdf5 of Keras 1, 2 and 3, its .weights.h5, and any other file of numbers."""

from __future__ import annotations

from lstminspect.files.contents import Contents
from lstminspect.files.hdf5 import SIGNATURE
from lstminspect.files.hdf5_structure import structure
from lstminspect.files.keras_files import contents_of_structure
from lstminspect.files.source import Source

__all__ = ["contents", "matches"]


def matches(source: Source) -> bool:
    """True for the signature at the start, or behind a block of the user's own."""
    return any(source.head[at : at + 8] == SIGNATURE for at in (0, 512, 1024, 2048))


def contents(source: Source) -> Contents:
    """Contents of the data sets and attributes; nothing outside of the file is opened."""
    return contents_of_structure(structure(source), source)
