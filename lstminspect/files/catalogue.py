"""The containers, and which of them a file is: its bytes decide, and its name where they cannot."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents
from lstminspect.files.source import Source

__all__ = ["CONTAINERS", "contents_of"]

#: The files of `containers/`, in the order in which they are asked.
CONTAINERS = ("safetensors",)


def contents_of(source: Source) -> Contents:
    """Contents of the file. Raises FileError where no container knows its first bytes."""
    for name in CONTAINERS:
        container: Any = import_module(f"lstminspect.files.containers.{name}")
        if container.matches(source):
            contents: Contents = container.contents(source)
            return contents
    raise FileError(
        f"{source.name} is not a model file that is known here. Known are {', '.join(CONTAINERS)}."
    )
