"""Remote files, read by ranges through fsspec: no more is fetched than what is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lstminspect.errors import FileError, LstmInspectError, quoted
from lstminspect.optional import present

__all__ = ["Remote", "is_url", "open_remote"]

#: Protocols of fsspec that lead to other machines. Those that open local files or pack another
#: protocol into themselves are not among them.
PROTOCOLS = [
    "http",
    "https",
    "s3",
    "s3a",
    "gs",
    "gcs",
    "az",
    "abfs",
    "abfss",
    "adl",
    "hf",
    "ftp",
    "sftp",
    "ssh",
    "smb",
    "webdav",
    "webhdfs",
    "hdfs",
    "oci",
    "oss",
    "github",
    "gdrive",
    "dropbox",
]
#: Bytes that are fetched at once, and seconds to wait for a connection and for an answer.
BLOCK, CONNECT, ANSWER = 1 << 15, 10, 30


class Remote(NamedTuple):
    """A file on another machine: its address without secrets, its bytes, and how they are got."""

    path: str
    size: int
    fetch: Callable[[int, int], bytes]
    close: Callable[[], None]


def is_url(path: str) -> bool:
    """True for a text that names a protocol."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.replace("+", "").replace(":", "").isalnum()


def open_remote(url: str) -> Remote:
    """The file at an address. Raises FileError where it cannot be had by ranges."""
    present("fsspec", "remote", "fsspec", purpose="reading a file from another machine")
    protocol = url.partition("://")[0]
    if protocol.lower() not in PROTOCOLS or "::" in url:
        raise FileError(
            f"{quoted(_plain(url))}: only files on other machines are opened by an address, by "
            f"{', '.join(PROTOCOLS[:8])} and the like. Give a path for a local file."
        )
    try:
        file = _opened(protocol.lower(), url)
        size = file.size
        in_parts = isinstance(size, int) and file.seekable() and _gives_parts(file)
    except LstmInspectError:
        raise
    except Exception as error:
        raise _unreadable(url, error) from None
    if not in_parts:
        file.close()
        raise FileError(
            f"{quoted(_plain(url))}: the server does not give parts of a file. Download it first."
        )
    lock = threading.Lock()

    def fetch(offset: int, count: int) -> bytes:
        try:
            with lock:
                file.seek(offset)
                data: bytes = file.read(count)
        except Exception as error:
            raise _unreadable(url, error) from None
        return data

    return Remote(_plain(url), size, fetch, file.close)


def _opened(protocol: str, url: str) -> Any:
    """The file of fsspec, which has its size and fetches nothing yet."""
    import fsspec

    options: dict[str, Any] = {"skip_instance_cache": True}
    if protocol in ("http", "https"):
        present("aiohttp", "remote", "aiohttp", purpose="reading a file over HTTP")
        import aiohttp

        wait = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=ANSWER)
        # No compression: a range is one of the bytes that are stored.
        headers = {"Accept-Encoding": "identity"}
        options["client_kwargs"] = {"timeout": wait, "headers": headers}
    system, path = fsspec.core.url_to_fs(url, **options)
    return system.open(path, "rb", block_size=BLOCK, cache_type="readahead")


def _gives_parts(file: Any) -> bool:
    """False for a server that sends the whole file where its last byte is asked for."""
    if file.size > 1:
        file.seek(file.size - 1)
        try:
            file.read(1)
        except ValueError:
            return False
    return True


def _plain(url: str) -> str:
    """An address without what may be secret: a password, and what is asked behind `?`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _unreadable(url: str, error: Exception) -> FileError:
    where = quoted(_plain(url))
    if isinstance(error, FileNotFoundError):
        # fsspec has one error for no file, no permission and no server.
        cause = error.__cause__
        status = getattr(cause, "status", 404)
        if status != 404:
            return FileError(f"{where} cannot be read: the server answers {status}.")
        if isinstance(cause, OSError):
            return FileError(f"{where} cannot be read: no connection to the server.")
        return FileError(f"{where}: there is no such file.")
    if isinstance(error, TimeoutError):
        return FileError(f"{where}: no answer in {ANSWER} seconds.")
    reason = type(error).__name__ if "://" in str(error) or not str(error) else str(error)
    return FileError(f"{where} cannot be read: {quoted(reason)}.")
