"""ModelFile: a model file that is open, and `open_file`, the one door."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lstminspect.files.catalogue import contents_of
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.source import local_source

__all__ = ["ModelFile", "open_file"]


@dataclass(frozen=True)
class ModelFile:
    """A model file: its `path`, its `size` in bytes, and what it holds."""

    path: str
    size: int
    contents: Contents

    @property
    def tensors(self) -> tuple[FileTensor, ...]:
        """Every tensor of the file, in its order."""
        return self.contents.tensors


def open_file(path: str | os.PathLike[str]) -> ModelFile:
    """Open a model file: its tensors and recurrent layers. Nothing in it is run.

    Raises FileError for a file that cannot be opened, is damaged, or is of no known format.
    """
    source = local_source(os.fspath(path))
    return ModelFile(source.path, source.size, contents_of(source))
