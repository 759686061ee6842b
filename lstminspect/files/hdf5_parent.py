"""The structure of an HDF5 file by h5py in a process of its own, with an end in time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files import dtypes, hdf5_child
from lstminspect.files.hdf5 import Chunk, Chunked, DataSet, Structure
from lstminspect.files.source import Source

__all__ = ["structure_by_h5py"]

#: Seconds that the process may take with its imports, and bytes that it may send.
MOST_SECONDS, MOST_ANSWER = 5.0, 1 << 27


def structure_by_h5py(source: Source) -> Structure:
    """Groups, data sets and attributes. Raises FileError if the process ends without an answer."""
    command = [sys.executable, str(Path(hdf5_child.__file__)), str(source.size)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            answer = _answered(process, source)
        finally:
            process.kill()
    if answer is None:
        raise FileError(f"{source.name} is cut off or damaged: its HDF5 structure cannot be read.")
    datasets = tuple(_dataset(each) for each in answer["datasets"])
    attributes = {
        path: {name: tuple(each) if isinstance(each, list) else each for name, each in own.items()}
        for path, own in answer["attributes"].items()
    }
    return Structure(datasets, attributes, tuple(answer["notes"]), tuple(attributes))


def _answered(process: subprocess.Popen[bytes], source: Source) -> Any:
    """Send the ranges that the process asks for, until it answers; None if it does not."""
    assert process.stdin is not None
    assert process.stdout is not None
    end = threading.Timer(MOST_SECONDS, process.kill)
    end.start()
    try:
        while line := process.stdout.readline(64):
            first, _, second = line.decode("ascii").partition(" ")
            if first == "done":
                return json.loads(process.stdout.read(min(int(second), MOST_ANSWER)))
            process.stdin.write(source.read(int(first), int(second)))
            process.stdin.flush()
    except FileError:
        raise
    except (OSError, ValueError):
        pass
    finally:
        end.cancel()
    return None


def _dataset(entry: list[Any]) -> DataSet:
    path, shape, dtype, order, place, fill = entry
    if isinstance(place, str):
        place = bytes.fromhex(place)
    elif isinstance(place, list):
        size, filters, chunks = place
        parts = tuple(Chunk(tuple(start), mask, at, count) for start, mask, at, count in chunks)
        place = Chunked(tuple(size), tuple(filters), parts)
    return DataSet(path, dtypes.checked_shape(repr(path), shape), dtype, order, place, fill)
