"""Packages that may not be there: one sentence with the line that installs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from lstminspect.errors import MissingFramework

__all__ = ["present", "quiet"]


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


def present(title: str, extra: str, *modules: str) -> None:
    """Raise MissingFramework, with the command that installs it, unless all `modules` are there."""
    if not all(find_spec(module) for module in modules):
        hint = f"pip install 'lstminspect[{extra}]'"
        raise MissingFramework(f"comparing with {title} needs it: {hint}")
