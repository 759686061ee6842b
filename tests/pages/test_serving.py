"""`lstminspect page --serve` as a real process: its words, its answers, and how it ends."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_server import QUESTION

from lstminspect.cli.main import main
from lstminspect.pages.answerer import Answerer
from lstminspect.pages.answering import answer
from lstminspect.pages.server import Server

SERVE = [sys.executable, "-m", "lstminspect", "page", "--serve", "--port", "0"]
FIRST = re.compile(
    r"The laboratory is at http://127\.0\.0\.1:(\d+)/ until Ctrl-C is pressed here\.\n"
)


@pytest.fixture
def opened_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file in which the reader's browser keeps the address that it was asked to open."""
    place, browser = tmp_path / "opened", tmp_path / "browser.py"
    text = f"import pathlib, sys\npathlib.Path({str(place)!r}).write_text(sys.argv[1])\n"
    browser.write_text(text, "utf-8")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    return place


class Serving:
    """A process that serves, and its port."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [*SERVE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        first = FIRST.fullmatch(self.process.stdout.readline())
        assert first, self.process.communicate(timeout=60)
        self.port = int(first[1])

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8")

    def interrupted(self) -> tuple[int, str, str]:
        """The exit code after Ctrl-C, and what was printed since."""
        self.process.send_signal(signal.SIGINT)
        out, error = self.process.communicate(timeout=60)
        return self.process.returncode, out, error


@pytest.fixture
def serving() -> Iterator[Serving]:
    made = Serving("--no-browser")
    yield made
    made.process.kill()
    made.process.communicate()


def test_it_serves_the_page_and_answers(serving: Serving) -> None:
    status, page = serving.ask("GET", "/")
    assert status == 200
    assert '"by":"server"' in page
    status, text = serving.ask("POST", "/answer", json.dumps(QUESTION))
    assert (status, json.loads(text)) == (200, json.loads(json.dumps(answer(QUESTION))))


def test_ctrl_c_ends_it_without_a_word(serving: Serving) -> None:
    assert serving.interrupted() == (0, "", "")


def test_ctrl_c_ends_it_while_somebody_is_connected(serving: Serving) -> None:
    assert serving.ask("GET", "/")[0] == 200
    with socket.create_connection(("127.0.0.1", serving.port)):
        assert serving.interrupted() == (0, "", "")


def test_its_port_is_free_afterwards(serving: Serving) -> None:
    assert serving.ask("GET", "/")[0] == 200
    serving.interrupted()
    with Server("", serving.port) as server:
        assert server.port == serving.port


def test_the_process_that_answers_ends_with_the_server() -> None:
    with Server("", 0) as server:
        process = server.answerer.process
        assert process.poll() is None
    assert process.returncode is not None


def test_the_process_that_answers_ends_where_nobody_asks_any_more() -> None:
    process = Answerer().process
    with process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def test_the_browser_opens_the_address(opened_in: Path) -> None:
    serving = Serving()
    # The browser is a program of its own, for which the question that is asked here gives time.
    while not (opened_in.exists() and opened_in.read_text("utf-8")):
        assert serving.ask("POST", "/answer", json.dumps(QUESTION))[0] == 200
    assert serving.interrupted() == (0, "", "")
    assert opened_in.read_text("utf-8") == f"http://127.0.0.1:{serving.port}/"


def test_no_browser_opens_where_none_is_wanted(opened_in: Path) -> None:
    serving = Serving("--no-browser")
    assert serving.ask("POST", "/answer", json.dumps(QUESTION))[0] == 200
    serving.interrupted()
    assert not opened_in.exists()


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["page", "--serve", "--no-browser", "--port", str(port)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"lstminspect: port {port} cannot be used: ")
    assert error.endswith("--port 0 for any.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--serve", "-o", "page.html"], "-o has no meaning beside it"),
        (["--serve", "--lab"], "--lab has no meaning beside it"),
        (["--serve", "--pyodide", "package"], "--pyodide has no meaning beside it"),
        (["--serve", "--language", "de"], "--language has no meaning beside it"),
        (["--port", "8000"], "--port goes with --serve"),
        (["--no-browser"], "--no-browser goes with --serve"),
        (
            ["--serve", "--port", "65536"],
            "a whole number from 0 to 65535, got '65536'",
        ),
        (["--serve", "--port", "web"], "--port takes a whole number from 0 to 65535, got 'web'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["page", *words]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert message in " ".join(error.split())
    assert list(tmp_path.iterdir()) == []


def test_no_other_page_and_no_count_loads_the_server() -> None:
    code = (
        "import io, sys, contextlib\n"
        "from lstminspect.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['page']); main(['--units', '64', '--features', '3'])\n"
        "print({'http.server', 'webbrowser', 'lstminspect.pages.server'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
