"""The laboratory from this machine, in Chromium: it answers its own page, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from lstminspect.pages.answerer import Answerer, Reply
from lstminspect.pages.laboratory import asked_over_http
from lstminspect.pages.server import ANSWER, Server

#: What a page of another site may try: none of it may be answered.
ATTACK = """
const [address, done] = arguments;
const body = JSON.stringify({ about: "layer", units: "4", features: "3" });
const json = { "content-type": "application/json" };
const tries = [
  () => fetch(address, { method: "POST", body, mode: "no-cors" }),
  () => fetch(address, { method: "POST", body, headers: json }),
  () => fetch(address, { method: "POST", body, headers: { "content-type": "text/plain" } }),
  () => fetch(new URL("/", address)),
  () => Promise.resolve(navigator.sendBeacon(address, body)),
];
Promise.allSettled(tries.map((each) => each())).then((all) => {
  const read = all.filter(({ value }) => value && value.type && value.type !== "opaque");
  const form = document.createElement("form");
  Object.assign(form, { method: "post", enctype: "text/plain", action: address, target: "inner" });
  form.innerHTML = `<input name='{"about":"layer","units":"4","features":"3","x":"' value='"}'>`;
  const frame = document.createElement("iframe");
  frame.name = "inner";
  document.body.append(frame, form);
  frame.onload = () => setTimeout(() => done(read.length), 300);
  form.submit();
});
"""


class Counted(Answerer):
    """It counts the questions that reach it."""

    asked = 0

    def answer(self, question: bytes) -> Reply:
        """The answer, and one more question."""
        self.asked += 1
        return super().answer(question)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(asked_over_http(ANSWER).html, 0, Counted()) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another site: another port is another origin."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><link rel=icon href=data:,><body>Another site")

    def log_message(self, format: str, *values: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}/"
        made.shutdown()


def test_the_page_answers_a_question(browser: Chrome, server: Server) -> None:
    browser.get_log("browser")
    browser.get(f"{server.address}#about=layer&cell=gru&units=32&features=16")
    WebDriverWait(browser, 30).until(
        lambda now: "4,800 parameters" in now.find_element(By.ID, "shown").text
    )
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_no_page_of_another_site_is_answered(
    browser: Chrome, server: Server, elsewhere: str, name: str
) -> None:
    before = server.answerer.asked
    browser.get(elsewhere.replace("127.0.0.1", name))
    assert browser.execute_async_script(ATTACK, f"{server.address}answer") == 0
    assert server.answerer.asked == before
    browser.get_log("browser")


def test_no_page_of_another_site_shows_it_in_a_frame(
    browser: Chrome, server: Server, elsewhere: str
) -> None:
    browser.get(elsewhere)
    browser.execute_async_script(
        "const [address, done] = arguments; const frame = document.createElement('iframe');"
        "frame.onload = done; frame.src = address; document.body.append(frame);",
        server.address,
    )
    browser.switch_to.frame(0)
    assert browser.find_elements(By.ID, "questions") == []
    browser.switch_to.default_content()
    browser.get_log("browser")


def test_a_server_that_has_ended_is_said_by_the_page(browser: Chrome) -> None:
    with Server(asked_over_http(ANSWER).html, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.get(f"{server.address}#about=layer&units=4&features=3")
        WebDriverWait(browser, 30).until(lambda now: now.find_element(By.ID, "shown").text)
        server.shutdown()
    browser.execute_script("document.querySelector('#form [type=submit]').click()")
    WebDriverWait(browser, 30).until(lambda now: now.find_element(By.ID, "message").text)
    assert "lstminspect page --serve" in browser.find_element(By.ID, "message").text
    browser.get_log("browser")
