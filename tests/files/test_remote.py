"""Files on another machine: a server here counts the bytes that it sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.model_file import open_file

GIGABYTE = 1 << 30
VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


class Server(ThreadingHTTPServer):
    """A server of one large file whose bytes, after the first ones, are zeros."""

    sent = 0
    head = b""
    size = 4 * GIGABYTE
    ranges = True


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        server = self.server
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        if not self.path.startswith("/model"):
            self.send_error(404)
            return
        first, last = 0, server.size - 1
        asked = self.headers.get("Range") if server.ranges else None
        if asked:
            start, _, end = asked.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or last), last)
        self.send_response(206 if asked else 200)
        if server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{server.size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if with_body:
            body = server.head[first : last + 1]
            body += bytes(min(last - first + 1, 1 << 20) - len(body))
            server.sent += len(body)
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    entry = {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}
    rest = {
        "dtype": "U8",
        "shape": [4 * GIGABYTE - 1048],
        "data_offsets": [48, 4 * GIGABYTE - 1000],
    }
    text = json.dumps({"w": entry, "rest": rest}).encode().ljust(992)
    running = Server(("127.0.0.1", 0), Handler)
    running.head = len(text).to_bytes(8, "little") + text + VALUES.tobytes()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def address(server: Server, path: str = "model.safetensors") -> str:
    return f"http://127.0.0.1:{server.server_port}/{path}"


def test_the_header_of_4_gigabytes_costs_kilobytes(server: Server) -> None:
    file = open_file(address(server))
    assert file.size == 4 * GIGABYTE
    np.testing.assert_array_equal(file.tensors[0].values(), VALUES)
    assert 0 < server.sent < 200_000


def test_a_server_without_ranges_is_refused_before_the_file_is_sent(server: Server) -> None:
    server.ranges = False
    with pytest.raises(FileError, match="does not give parts of a file"):
        open_file(address(server))
    assert server.sent < 3_000_000


def test_a_redirection_to_a_local_file_is_refused(server: Server) -> None:
    with pytest.raises(FileError, match=r"cannot be read|no such file|does not give parts"):
        open_file(address(server, "moved"))


def test_a_file_that_is_not_there_is_refused(server: Server) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        open_file(address(server, "none"))


def test_the_password_of_an_address_is_in_no_message(server: Server) -> None:
    url = address(server, "none?signature=secret").replace("127", "user:secret@127")
    with pytest.raises(FileError) as caught:
        open_file(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "local:///etc/passwd", "simplecache::file:///etc/passwd",
            "zip://a::file:///etc/x.zip", "memory://x"]
)  # fmt: skip
def test_a_protocol_that_opens_local_files_is_refused(url: str) -> None:
    with pytest.raises(FileError, match="only files on other machines are opened by an address"):
        open_file(url)


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(FileError, match=r"'http://127.0.0.1:9/m.onnx' cannot be read"):
        open_file("http://127.0.0.1:9/m.onnx")


def test_a_path_is_opened_without_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    np.save(tmp_path / "m.npy", VALUES)
    assert open_file(tmp_path / "m.npy").tensors[0].shape == (3, 4)
