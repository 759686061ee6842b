"""The laboratory on this machine alone: a page, and answers by the Python that runs here.

It listens on 127.0.0.1. A page of another site can send requests there through the reader's own
browser, so each request has to name this host, and a question has to come from this origin, in a
form that no page of another site can send without asking first. Nothing here is a secret and no
answer opens a file, so that a password would add nothing.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import socket
import webbrowser
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

from lstminspect.errors import OptionError
from lstminspect.pages.answerer import BUSY, Answerer, Reply, refused

__all__ = ["ANSWER", "MOST_PORT", "PORT", "Server"]

HOST, PORT, MOST_PORT = "127.0.0.1", 8642, 65535
#: The path of answers; the page is at the root.
ANSWER = "/answer"
METHODS = {"/": "GET", ANSWER: "POST"}
MOST_BYTES = 1_000_000
#: Seconds in which a request has to be there whole, and in which a reply has to be taken.
MOST_SECONDS = 10.0
#: Requests at once; one more is sent away.
MOST_REQUESTS = 256
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
}
SCRIPT = re.compile(r"<script(?! type=\"application/json\")[^>]*>(.*?)</script>", re.DOTALL)
JSON, HTML = "application/json", "text/html; charset=utf-8"


class InTime(io.RawIOBase):
    """The bytes of a connection, until a moment after which nothing is waited for."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection, self._end = connection, monotonic() + seconds

    def readable(self) -> bool:
        """True: it is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next bytes. Raises TimeoutError if they do not come in time."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """One request, checked before anything of it is used."""

    server: Server
    rfile: Any

    def setup(self) -> None:
        """Give the request its time."""
        super().setup()
        self.rfile = io.BufferedReader(InTime(self.connection, MOST_SECONDS))

    def _handle(self) -> None:
        reply = self._why_refused()
        if reply is None and self.command == "GET":
            self._send(200, self.server.page, HTML, self.server.policy)
            return
        self._send_reply(reply or self._answered())

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle  # noqa: N815
    do_CONNECT = do_TRACE = _handle  # noqa: N815

    def _why_refused(self) -> Reply | None:
        """The reply to a request that is not from the page of this server; None if it is."""
        hosts, here = self.headers.get_all("Host", []), self.server.hosts
        if len(hosts) != 1 or hosts[0].lower() not in here:
            return refused(403, f"this server answers as {self.server.address} alone. Open that.")
        origins = self.headers.get_all("Origin", [])
        if any(each.lower() not in {f"http://{host}" for host in here} for each in origins):
            return refused(403, f"a page of another site asked. Open {self.server.address}.")
        if self.path not in METHODS:
            return refused(404, f"there is nothing at this path. Open {self.server.address}.")
        if self.command != METHODS[self.path]:
            return refused(405, f"{self.path} takes {METHODS[self.path]} alone. Use that.")
        return None

    def _answered(self) -> Reply:
        """The answer to the question in the body."""
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return refused(403, f"a page of another site asked. Open {self.server.address}.")
        if self.headers.get_content_type() != JSON or "Content-Type" not in self.headers:
            return refused(415, f"a question is JSON. Send it as {JSON}.")
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            return refused(411, "a question is sent whole. Give its one Content-Length.")
        if not re.fullmatch("[0-9]{1,20}", lengths[0]):
            return refused(400, "Content-Length is a whole number. Give the bytes of the question.")
        length = int(lengths[0])
        if length > MOST_BYTES:
            return refused(413, f"a question has at most {MOST_BYTES:,} bytes. Ask a shorter one.")
        try:
            question = self.rfile.read(length)
        except TimeoutError:
            return refused(408, f"a question is sent within {MOST_SECONDS:g} seconds. Ask again.")
        if len(question) < length:
            return refused(400, "the question was cut off. Ask again.")
        return self.server.answerer.answer(question)

    def _send_reply(self, reply: Reply) -> None:
        self._send(reply.status, reply.text, JSON, "default-src 'none'; frame-ancestors 'none'")

    def _send(self, status: int, text: bytes, type: str, policy: str) -> None:
        self.connection.settimeout(MOST_SECONDS)
        self.send_response(status)
        headers = {"Content-Type": type, "Content-Length": str(len(text))}
        if status == 405:
            headers["Allow"] = METHODS[self.path]
        for name, value in (headers | HEADERS | {"Content-Security-Policy": policy}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def send_error(self, code: int, message: str | None = None, *_: Any) -> None:
        """Refuse what is not a request of HTTP, in the same form as the rest."""
        self.command = self.command or ""
        what = f"{message or 'this is not a request'}. Open {self.server.address}."
        self._send_reply(refused(code, what))

    def version_string(self) -> str:
        """The name of the server, which says nothing of what it runs on."""
        return "lstminspect"

    def log_message(self, format: str, *values: Any) -> None:
        """Write nothing: the terminal is the reader's."""


class Server(ThreadingHTTPServer):
    """A server of one page and of answers. Raises OptionError if it cannot have the port."""

    daemon_threads = True
    request_queue_size = 128
    #: Elsewhere it would take the port from a program that has it.
    allow_reuse_address = os.name == "posix"

    def __init__(self, page: str, port: int = PORT, answerer: Answerer | None = None) -> None:
        if not 0 <= port <= MOST_PORT:
            hint = f"Give another one, for example --port {PORT}, or --port 0 for any."
            raise OptionError(f"a port is a whole number up to {MOST_PORT}, got {port}. {hint}")
        self.page, self.policy = page.encode("utf-8"), policy_of(page)
        self.answerer = answerer or Answerer()
        self._room = BoundedSemaphore(MOST_REQUESTS)
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            reason = (error.strerror or "the system does not say why").lower()
            other = port + 1 if port < MOST_PORT else PORT
            hint = f"Give another one, for example --port {other}, or --port 0 for any."
            raise OptionError(f"port {port} cannot be used: {reason}. {hint}") from None
        self.port = int(self.server_address[1])
        self.address = f"http://{HOST}:{self.port}/"
        names = (HOST, "localhost")
        self.hosts = {f"{name}:{self.port}" for name in names}
        if self.port == 80:  # Which a browser does not name.
            self.hosts |= {*names}

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name."""
        super(ThreadingHTTPServer, self).server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a request in a thread, if there is room for it."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.settimeout(1)
            request.sendall(b"HTTP/1.0 %d Busy\r\nRetry-After: 1\r\n\r\n" % BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a request, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection after the reply has arrived, whatever else was still to come."""
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            rest = io.BufferedReader(InTime(request, 1.0))
            while rest.read1(1 << 16):
                pass
        self.close_request(request)

    def open_browser(self) -> None:
        """Open the page in the reader's browser, which may take as long as it likes."""
        Thread(target=webbrowser.open, args=[self.address], daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing where the other side has gone away."""

    def server_close(self) -> None:
        """Close the port, and end the process that answers."""
        super().server_close()
        self.answerer.close()


def policy_of(page: str) -> str:
    """The Content-Security-Policy of a page: its own scripts run, and it may ask this server."""
    hashes = (
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in SCRIPT.findall(page)
    )
    scripts = " ".join(f"'sha256-{each}'" for each in hashes)
    none = "'none'"
    return (
        f"default-src 'none'; script-src {scripts or none}; "
        "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
