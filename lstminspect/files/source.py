"""Source: the bytes of one file, by ranges. It opens nothing but the file that was named.

Every container reads through a Source, so that what a file may cost is bounded in one place: a
range past the end, more bytes than the budget, or a read after the time is a FileError.
"""

from __future__ import annotations

import io
import os
import stat
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.parts import index_of, size_of
from lstminspect.files.remote import is_url, open_remote

__all__ = ["Source", "local_source"]

#: The bytes that the structure of a file may take (never the values of its tensors), and seconds.
MOST_BYTES, MOST_SECONDS = 256 * 1024 * 1024, 4.0
#: Seconds for a file on another machine.
REMOTE_SECONDS = 60.0
#: The bytes at the start that a container is known by.
HEAD = 4096


class Source:
    """The bytes of a file: `path` and `name` for messages, `size` in bytes.

    `head` is its first bytes. `fetch` gives the bytes of a range inside the file, by its offset and
    count.
    """

    def __init__(
        self,
        path: str,
        size: int,
        fetch: Callable[[int, int], bytes],
        close: Callable[[], None] = lambda: None,
        seconds: float = MOST_SECONDS,
        is_directory: bool = False,
    ) -> None:
        self.path, self.size, self.is_directory = path, size, is_directory
        #: The list of members where it is a zip file, kept by `archive`.
        self.archive: Any = None
        name = path.rstrip("/").rpartition("/")[2]
        # A name may hold line breaks, or bytes that are no text at all.
        self.name = name if name.isprintable() else ascii(name)[1:-1]
        #: Closed by a call, and without one when nothing reads from it any more.
        self.close = weakref.finalize(self, close)
        self._fetch, self._left, self._seconds = fetch, MOST_BYTES, seconds
        self._end = time.monotonic() + seconds
        self.head = b"" if is_directory else self.read(0, min(HEAD, size))

    def read(self, offset: int, count: int) -> bytes:
        """The `count` bytes from `offset`, for the structure. Raises FileError past a bound."""
        self.check_time()
        self._left -= count
        if self._left < 0:
            raise FileError(f"{self.name}: its structure takes more than {MOST_BYTES:,} bytes.")
        return self.values(offset, count)

    def values(self, offset: int, count: int) -> bytes:
        """The `count` bytes from `offset`, for the values of a tensor that was asked for."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise FileError(
                f"{self.name} is cut off or damaged: bytes {offset:,} to {offset + count:,} are "
                f"asked for, and it has {self.size:,}."
            )
        if not self.close.alive:
            raise FileError(f"{self.name} is closed. Open it again.")
        data = self._fetch(offset, count)
        if len(data) != count:
            raise FileError(f"{self.name} became shorter while it was read. Open it again.")
        return data

    def part(self, offset: int, count: int) -> Source:
        """A range as a file of its own, for one that stands inside: its time is the same."""
        inner = Source(self.path, count, lambda start, size: self.values(offset + start, size))
        inner._end = self._end
        return inner

    def check_time(self) -> None:
        """Raise FileError if reading the structure has taken too long."""
        if time.monotonic() > self._end:
            raise FileError(f"{self.name}: reading it took more than {self._seconds:g} seconds.")

    def stream(self, most: int = MOST_BYTES) -> io.BufferedReader:
        """The file as a stream to read and seek in, `most` bytes of it, through the same bounds."""
        return io.BufferedReader(_Stream(self, most), 1 << 16)


class _Stream(io.RawIOBase):
    """A Source as a stream, for libraries that read one."""

    def __init__(self, source: Source, most: int) -> None:
        self._source, self._place, self._left = source, 0, most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self._place, self._source.size)[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), max(0, self._source.size - self._place))
        self._left -= count
        if self._left < 0:
            raise FileError(f"{self._source.name}: its structure is too large to be a model's.")
        buffer[:count] = self._source.read(self._place, count)
        self._place += count
        return count


def local_source(path: str) -> Source:
    """The Source of a file, of a directory that is a model in parts, or of an address.

    Raises FileError for what cannot be opened, and for what is none of them.
    """
    if is_url(path):
        return Source(*open_remote(path), REMOTE_SECONDS)
    if os.path.isdir(path):
        if index_of(path) is None:
            raise FileError(
                f"{quoted(path)} is a directory, without an index of shards and no checkpoint of "
                "Orbax. Give a model file of it."
            )
        return Source(path, size_of(path), lambda *_: b"", is_directory=True)
    try:
        # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{quoted(path)} cannot be opened: {reason}.") from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise FileError(f"{quoted(path)} is not a regular file. Give a model file.")
    return Source(path, state.st_size, partial(_bytes, descriptor), partial(os.close, descriptor))


def _bytes(descriptor: int, offset: int, count: int) -> bytes:
    """The bytes of a range; one call of the system gives 2 GiB at most."""
    parts = []
    try:
        while count and (part := os.pread(descriptor, min(count, 1 << 30), offset)):
            parts.append(part)
            offset, count = offset + len(part), count - len(part)
    except OSError as error:
        # A disk or a network that fails, or a file of the system's own.
        raise FileError(f"reading the file failed: {error.strerror or error}.") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)
