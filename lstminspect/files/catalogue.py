"""The containers, and which of them a file is: its bytes decide, and its name where they cannot."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lstminspect.errors import FileError, LstmInspectError, quoted
from lstminspect.files.contents import Contents
from lstminspect.files.source import Source

__all__ = ["CONTAINERS", "container_of", "contents_of"]

#: The files of `containers/`, in the order in which they are asked.
CONTAINERS = (
    "directory",
    "safetensors",
    "npy",
    "keras",
    "hdf5",
    "pytorch",
    "pytorch_legacy",
    "pickle",
    "onnx",
    "tflite",
    "json",
)
#: The formats for a reader.
KNOWN = (
    "Keras (.keras, .h5), PyTorch (.pt, .pth, .bin, TorchScript), safetensors, ONNX, TensorFlow "
    "Lite, NumPy (.npz, .npy), pickles of arrays, and JSON"
)


def contents_of(source: Source) -> Contents:
    """Contents of the file. Raises FileError where no container knows its first bytes."""
    container = container_of(source)
    if container is not None:
        return _read(container, source)
    raise FileError(f"{source.name} is not a model file that is known here. Known are {KNOWN}.")


def container_of(source: Source) -> Any:
    """The module of `containers/` that knows the first bytes of the file, or None."""
    for name in CONTAINERS:
        container: Any = import_module(f"lstminspect.files.containers.{name}")
        if container.matches(source):
            return container
    return None


def _read(container: Any, source: Source) -> Contents:
    """Contents of a container, whose libraries may raise anything: it comes out as FileError."""
    try:
        contents: Contents = container.contents(source)
    except LstmInspectError:
        raise
    except Exception as error:
        raise FileError(f"{source.name} is damaged: {quoted(error)}.") from error
    return contents
