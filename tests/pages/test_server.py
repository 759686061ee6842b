"""The server of the laboratory, by real sockets: what it refuses, and that it stays free."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from select import select
from threading import Thread
from typing import Any

import pytest

import lstminspect as li
from lstminspect.pages import server as room
from lstminspect.pages.answerer import Answerer
from lstminspect.pages.answering import answer
from lstminspect.pages.server import HEADERS, MOST_BYTES, Server

PAGE = "<!DOCTYPE html><title>A page</title><script>document.title = 'It ran';</script>"
QUESTION = {"about": "layer", "units": "4", "features": "3"}
#: Questions that only the tests ask, in the process that answers.
HOSTILE = """
import os
real = answerer_child.answer
def hostile(question):
    match question["about"]:
        case "loop":
            while True: pass
        case "power":
            return 7 ** 10 ** 9
        case "end":
            os._exit(3)
        case "fault":
            raise TypeError
        case "print":
            print("200 1", flush=True)
    return real({**question, "about": "layer"})
answerer_child.answer = hostile
"""
SECONDS = 3.0

#: Hosts, paths and methods that are none of the server's.
HOSTS = (
    "evil.example",
    "evil.example:80",
    "127.0.0.1",
    "127.0.0.1.evil.example:PORT",
    "0.0.0.0:PORT",
    "127.0.0.1:1",
    "[::1]:PORT",
    "",
    None,
)
PATHS = (
    "/x",
    "/answer/",
    "/answer?x=1",
    "/../etc/passwd",
    "/%2e%2e/etc/passwd",
    "http://evil.example/answer",
    "*",
)
NOT_ALLOWED = (
    ("POST", "/", "GET"),
    ("GET", "/answer", "POST"),
    ("OPTIONS", "/answer", "POST"),
    ("PUT", "/answer", "POST"),
    ("DELETE", "/", "GET"),
    ("TRACE", "/", "GET"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(PAGE, 0, Answerer(SECONDS, HOSTILE)) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


class Response:
    """What came back: the status, the headers, the body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def message(self) -> str:
        """The sentence of a refusal."""
        return str(json.loads(self.body)["error"]["message"])


def asked(
    server: Server,
    question: Any = None,
    method: str = "POST",
    path: str = "/answer",
    **headers: str | None,
) -> Response:
    """The response to a request as the page sends it, but for `headers`; None leaves one out."""
    own = {"Host": f"127.0.0.1:{server.port}", "Origin": f"http://127.0.0.1:{server.port}"}
    own |= {"Content_Type": "application/json", "Sec_Fetch_Site": "same-origin"}
    body = question if isinstance(question, bytes) else json.dumps(question or QUESTION).encode()
    own |= {"Content_Length": str(len(body))}
    lines = {**own, **headers}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in lines.items():
        if value is not None:
            connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body)
    response = Response(connection.getresponse())
    connection.close()
    return response


def raw(server: Server, text: bytes) -> bytes:
    """Everything that comes back for some bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(text)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_question_is_answered_as_python_answers_it(server: Server) -> None:
    response = asked(server)
    assert response.status == 200
    assert json.loads(response.body) == json.loads(json.dumps(answer(QUESTION)))


def test_a_question_that_cannot_be_answered_has_its_sentence(server: Server) -> None:
    response = asked(server, {**QUESTION, "units": "0"})
    assert response.status == 200
    assert response.message.startswith("units must be a positive whole number")


def test_the_page_is_at_the_root(server: Server) -> None:
    response = asked(server, method="GET", path="/", Sec_Fetch_Site="none", Origin=None)
    assert (response.status, response.body.decode()) == (200, PAGE)


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/answer")])
def test_a_foreign_host_is_refused(
    server: Server, host: str | None, method: str, path: str
) -> None:
    """A name that an attacker leads to 127.0.0.1 is the host of what a browser then sends."""
    host = host and host.replace("PORT", str(server.port))
    response = asked(server, method=method, path=path, Host=host)
    assert response.status == 403
    assert response.message == f"this server answers as {server.address} alone. Open that."


def test_two_hosts_are_refused(server: Server) -> None:
    here = b"Host: 127.0.0.1:%d\r\n" % server.port
    head = b"GET / HTTP/1.1\r\n"
    assert raw(server, head + here + b"\r\n").startswith(b"HTTP/1.0 200")
    assert raw(server, head + here + here + b"\r\n").startswith(b"HTTP/1.0 403")


def test_localhost_is_this_host(server: Server) -> None:
    here = f"LocalHost:{server.port}"
    assert asked(server, Host=here, Origin=f"http://localhost:{server.port}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1:PORT", "http://127.0.0.1:1", "null", ""]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/answer")])
def test_a_foreign_origin_is_refused(server: Server, origin: str, method: str, path: str) -> None:
    origin = origin.replace("PORT", str(server.port))
    response = asked(server, method=method, path=path, Origin=origin)
    assert response.status == 403
    assert response.message.startswith("a page of another site asked")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_calls_foreign_is_refused(server: Server, site: str) -> None:
    assert asked(server, Sec_Fetch_Site=site, Origin=None).status == 403


@pytest.mark.parametrize(
    "type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None]
)
def test_a_type_that_a_form_can_send_is_refused(server: Server, type: str | None) -> None:
    response = asked(server, Content_Type=type)
    assert response.status == 415
    assert "application/json" in response.message


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_no_meaning_is_refused(server: Server, path: str) -> None:
    for method in ("GET", "POST"):
        assert asked(server, method=method, path=path).status == 404


@pytest.mark.parametrize(("method", "path", "allowed"), NOT_ALLOWED)
def test_another_method_is_refused(server: Server, method: str, path: str, allowed: str) -> None:
    response = asked(server, method=method, path=path)
    assert (response.status, response.headers["Allow"]) == (405, allowed)
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_method_of_no_meaning_is_refused(server: Server) -> None:
    assert asked(server, method="BREW").status == 501


def test_a_body_over_a_megabyte_is_refused_before_it_is_read(server: Server) -> None:
    # Nothing of the body is sent: a server that wants to read it would wait.
    response = asked(server, b"", Content_Length=str(MOST_BYTES + 1))
    assert response.status == 413
    assert "at most 1,000,000 bytes" in response.message


def test_a_refusal_reaches_who_sends_a_large_body_all_the_same(server: Server) -> None:
    assert asked(server, b"x" * 20_000_000).status == 413


def test_a_body_of_a_megabyte_is_read(server: Server) -> None:
    text = json.dumps({"about": "layer", "units": "4", "features": "3" * (MOST_BYTES // 2)})
    question = text.ljust(MOST_BYTES).encode()
    assert asked(server, question).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer_Encoding": "chunked"}, 411),
        ({"Transfer_Encoding": "chunked", "Content_Length": None}, 411),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 400),
        ({"Content_Length": "+9"}, 400),
        ({"Content_Length": "1_0"}, 400),
        ({"Content_Length": "٣"}, 400),
        ({"Content_Length": "9" * 5000}, 400),
    ],
)
def test_a_body_without_a_plain_length_is_refused(
    server: Server, headers: dict[str, str | None], status: int
) -> None:
    lines = {
        name: value and value.encode("utf-8").decode("latin-1") for name, value in headers.items()
    }
    assert asked(server, **lines).status == status


def test_two_lengths_are_refused(server: Server) -> None:
    head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "
    assert raw(server, head.encode()).startswith(b"HTTP/1.0 411")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[1]", b"null", b"\xff", b"[" * 900_000, b'{"a":' * 100_000, b"9" * 9000]
)
def test_what_is_no_question_in_json_is_refused(server: Server, text: bytes) -> None:
    response = asked(server, text)
    assert response.status == 400
    assert response.message == "a question is an object in JSON. Send one."


@pytest.mark.parametrize("text", [b"\r\n", b"\x16\x03\x01\x00\xa5", b"GET\r\n\r\n", b"x" * 70_000])
def test_what_is_no_request_is_refused(server: Server, text: bytes) -> None:
    assert raw(server, text + b"\r\n\r\n")[:9] in (b"HTTP/1.0 ", b'{"error":', b"")
    assert asked(server).status == 200


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SECONDS", 0.4)


@pytest.mark.usefixtures("in_a_hurry")
def test_a_body_that_comes_slowly_is_not_waited_for(server: Server) -> None:
    head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head.encode())
        for _ in range(40):  # Each byte comes in time, and all of them do not.
            connection.sendall(b" ")
            if select([connection], [], [], 0.1)[0]:
                break
        connection.setblocking(False)
        assert connection.recv(100).startswith(b"HTTP/1.0 408")


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("text", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127"])
def test_a_head_that_does_not_end_is_not_waited_for(server: Server, text: bytes) -> None:
    assert raw(server, text) == b""


def test_a_body_that_is_cut_off_is_refused(server: Server) -> None:
    head = f"POST /answer HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.0 400")


def test_a_hundred_at_once_are_answered_each_with_its_own(server: Server) -> None:
    def units(number: int) -> int:
        response = asked(server, {**QUESTION, "units": str(number)})
        return int(json.loads(response.body)["json"]["options"]["units"])

    with ThreadPoolExecutor(100) as threads:
        assert list(threads.map(units, range(1, 101))) == list(range(1, 101))


def test_more_requests_than_there_is_room_for_are_sent_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_REQUESTS", 2)
    with Server(PAGE, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        held = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in "12"]
        assert asked(server).status == 503
        for each in held:
            each.close()
        for _ in range(50):
            if asked(server).status == 200:
                break
            time.sleep(0.1)
        assert asked(server).status == 200
        server.shutdown()


@pytest.mark.parametrize("about", ["loop", "power"])
def test_an_answer_without_end_is_ended(server: Server, about: str) -> None:
    assert asked(server).status == 200  # The process is there.
    start = time.monotonic()
    response = asked(server, {**QUESTION, "about": about})
    assert response.status == 504
    assert response.message.startswith("an answer may take 3 seconds.")
    assert time.monotonic() - start >= SECONDS
    assert asked(server).status == 200


def test_an_answer_without_end_is_ended_from_outside_and_from_inside() -> None:
    question = json.dumps({**QUESTION, "about": "loop"}).encode()
    answerer = Answerer(1, HOSTILE)
    looping = answerer.process
    assert answerer.answer(question).status == 504
    assert looping.returncode == -signal.SIGKILL
    answerer.close()
    # Nobody ends this one, as where the server itself was killed.
    alone = Answerer(1, HOSTILE).process
    assert alone.stdin is not None
    with alone:
        alone.stdin.write(b"%d\n" % len(question) + question)
        alone.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            alone.wait(60)
        alone.kill()
    assert alone.returncode == 1


def test_a_process_that_ends_is_started_again(server: Server) -> None:
    response = asked(server, {**QUESTION, "about": "end"})
    assert response.status == 500
    assert response.message == "the process that answers ended without an answer. Ask again."
    assert asked(server).status == 200


def test_a_fault_of_an_answer_is_said(server: Server) -> None:
    response = asked(server, {**QUESTION, "about": "fault"})
    assert response.status == 500
    assert response.message.startswith("the answer failed: TypeError.")


def test_what_is_printed_meanwhile_is_not_the_answer(server: Server) -> None:
    response = asked(server, {**QUESTION, "about": "print"})
    assert json.loads(response.body)["json"]["parameters"] == 128


@pytest.mark.parametrize(
    ("method", "path", "host"),
    [("GET", "/", "127.0.0.1:PORT"), ("POST", "/answer", "127.0.0.1:PORT"), ("GET", "/x", "evil")],
)
def test_every_response_is_guarded(server: Server, method: str, path: str, host: str) -> None:
    response = asked(server, method=method, path=path, Host=host.replace("PORT", str(server.port)))
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert response.headers["Server"] == "lstminspect"


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(li.OptionError, match=f"a whole number up to 65535, got {port}. Give"):
        Server(PAGE, port)


def test_a_port_that_is_taken_is_refused_with_the_next_step(server: Server) -> None:
    message = rf"port {server.port} cannot be used: .* in use\. .* --port 0 for any"
    with pytest.raises(li.OptionError, match=message):
        Server(PAGE, server.port)
