"""Many model files: one row each, with what is in it or why it cannot be read."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lstminspect.display import Answer, Answers
from lstminspect.errors import LstmInspectError
from lstminspect.files.catalogue import container_of
from lstminspect.files.model_file import open_file
from lstminspect.files.source import local_source
from lstminspect.sizes import whole
from lstminspect.wording import title

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

__all__ = ["FileRow", "file_row", "file_rows", "is_folder", "open_files", "paths_in"]

#: The files that wait for each process.
AHEAD = 4


@dataclass(frozen=True)
class FileRow(Answer):
    """One file of many: what is in it in a few words, or the `problem` that it has.

    `layers` are its recurrent layers in words, `parameters` the values of all its tensors.
    """

    path: str
    format: str = ""
    layers: tuple[str, ...] = field(default=(), repr=False)
    parameters: int | None = None
    nbytes: int | None = None
    problem: str = ""
    contradictions: tuple[str, ...] = field(default=(), repr=False)


def open_files(paths: Iterable[str | os.PathLike[str]], jobs: int = 1) -> Answers[FileRow]:
    """The rows of many files, in the order of `paths`; a folder stands for the files in it.

    A file that cannot be read has its `problem` in its row. `jobs` processes read at a time; a
    script that asks for several does it below `if __name__ == "__main__":`.

    >>> [row.problem for row in open_files(["no.onnx"])]
    ["'no.onnx' cannot be opened: No such file or directory."]
    """
    return Answers(file_rows(paths_in(paths), jobs))


def paths_in(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The files of `paths`: those that are named, and the model files below a folder, by name.

    Below a folder only what is a model file by its first bytes is one of them; links to folders
    are not followed.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    return [each for path in paths for each in _below(os.fspath(path))]


def is_folder(path: str) -> bool:
    """True for a folder of files, and not for one that is itself a model in parts."""
    return os.path.isdir(path) and not _is_model(path)


def _below(path: str) -> Iterator[str]:
    if not is_folder(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in [*folders]:
            whole_name = os.path.join(folder, name)
            if _is_model(whole_name):
                folders.remove(name)
                yield whole_name
        yield from (each for name in sorted(names) if _is_model(each := os.path.join(folder, name)))


def _is_model(path: str) -> bool:
    """True for a file of a known format, and for one that cannot be opened to see it."""
    try:
        source = local_source(path)
    except LstmInspectError:
        return os.path.isfile(path) and not os.access(path, os.R_OK)
    try:
        return container_of(source) is not None
    except LstmInspectError:
        return True
    finally:
        source.close()


def file_rows(paths: Sequence[str], jobs: int = 1) -> Iterator[FileRow]:
    """A row for each path, in their order, as they are read by `jobs` processes."""
    jobs = whole("jobs", jobs, least=1)
    if jobs == 1 or len(paths) < 2:
        yield from map(file_row, paths)
        return
    done = 0
    while done < len(paths):
        for row in _until_broken(paths[done:], jobs):
            yield row
            done += 1


def _until_broken(paths: Sequence[str], jobs: int) -> Iterator[FileRow]:
    """The rows of `paths`, up to one whose process ends without a result."""
    from concurrent.futures.process import BrokenProcessPool

    pool = _pool(jobs)
    try:
        ahead = deque(pool.submit(file_row, path) for path in paths[: AHEAD * jobs])
        for at, path in enumerate(paths):
            try:
                row = ahead.popleft().result()
                if at + AHEAD * jobs < len(paths):
                    ahead.append(pool.submit(file_row, paths[at + AHEAD * jobs]))
            except BrokenProcessPool:
                yield _alone(path)
                return
            yield row
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(path: str) -> FileRow:
    """The row of a file that may end the process that reads it."""
    from concurrent.futures.process import BrokenProcessPool

    with _pool(1) as pool:
        try:
            return pool.submit(file_row, path).result()
        except BrokenProcessPool:
            problem = "the process that read it ended, which too little memory can cause."
            return FileRow(path, nbytes=_size(path), problem=problem)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Processes that leave Ctrl-C to the one that waits for them."""
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A process that is forked beside threads of NumPy can stop for ever.
    own = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(jobs, get_context("spawn"), signal.signal, own)


def file_row(path: str) -> FileRow:
    """The row of one file. It raises nothing: what is wrong is its `problem`."""
    try:
        file = open_file(path)
    except LstmInspectError as error:
        return FileRow(path, nbytes=_size(path), problem=str(error))
    except Exception as error:
        return FileRow(path, nbytes=_size(path), problem=f"{type(error).__name__}: {error}")
    words = tuple(
        f"{each.name}: {title(each.layer)}" if each.name else title(each.layer)
        for each in file.layers
    )
    return FileRow(path, file.format, words, file.parameters, file.size, "", file.contradictions)


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return None
