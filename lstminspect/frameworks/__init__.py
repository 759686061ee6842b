"""Frameworks that can be run: one file each, which imports its framework when it is first used."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lstminspect.quantity import Quantity

__all__ = ["numbered", "quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what native code writes to the error stream while a framework is imported."""
    with tempfile.TemporaryFile() as kept:
        saved = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def numbered(what: str, shapes: Iterable[tuple[Quantity, ...]]) -> dict[str, tuple[Quantity, ...]]:
    """`shapes` by name: `output 1`, `output 2`, ..."""
    return {f"{what} {number}": shape for number, shape in enumerate(shapes, start=1)}
