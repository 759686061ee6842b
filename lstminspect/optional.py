"""Packages that may not be there: one sentence with the line that installs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

from lstminspect.errors import MissingFramework

__all__ = ["load_keras", "present", "quiet"]


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


def present(title: str, extra: str, *modules: str, purpose: str = "") -> None:
    """Raise MissingFramework, with the command that installs it, unless all `modules` are there.

    `purpose` is what needs it: comparing with it, if nothing else is said.
    """
    if not all(find_spec(module) for module in modules):
        hint = f"pip install 'lstminspect[{extra}]'"
        needs = f"{purpose} needs {title}" if purpose else f"comparing with {title} needs it"
        raise MissingFramework(f"{needs}: {hint}")


def load_keras(purpose: str = "") -> Any:
    """The module keras, imported without its log. Raises MissingFramework if it is not there."""
    present("Keras", "keras", "keras", "tensorflow", purpose=purpose)
    return _started_keras()


@cache
def _started_keras() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with quiet():
            import keras

            keras.ops.zeros(1)  # The first tensor sets up the devices, which logs as well.
    except Exception as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise MissingFramework(f"Keras is there but does not start: {reason}.") from error
    return keras
