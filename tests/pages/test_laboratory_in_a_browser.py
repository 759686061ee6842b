"""The laboratory in Chromium, from a disk: it answers as CPython does, and never hangs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from chromium import chromium
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_answering import ASKED

import lstminspect as li
from lstminspect.pages.answering import answer
from lstminspect.pages.questions import QUESTIONS

MOST_BYTES = 10_000_000
#: A version whose files are known; npm checks what it gets.
PYODIDE = "pyodide@314.0.7"
OWN = "f = sigmoid(W_f @ x + U_f @ h + b_f)\nh = f * h + (1 - f) * tanh(W_h @ x)\n"
ABLE = [each for each in ASKED if not QUESTIONS[each["about"]].needs and each.get("units") != "u"]
#: More than two seconds of work, on any machine.
ENDLESS = {"about": "compare", "cells": ",".join(["lstm"] * 9000), "units": 3, "features": 3}
LOOP = "model = keras.Sequential()\nwhile True:\n    model.add(keras.layers.LSTM(3))\n"
ASK = "const [asked, done] = arguments; lab.ask(asked).then(done)"
OPEN = """
document.getElementById("answer").setAttribute("aria-busy", "true");
history.replaceState(null, "", `#${new URLSearchParams(arguments[0])}`);
dispatchEvent(new HashChangeEvent("hashchange"));
"""
STAGE = "return document.documentElement.dataset.stage"
BUSY = "return document.getElementById('answer').getAttribute('aria-busy')"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pyodide")
    subprocess.run(["npm", "pack", "--silent", PYODIDE], cwd=folder, check=True, timeout=300)
    (archive,) = folder.glob("*.tgz")
    subprocess.run(["tar", "xf", archive.name], cwd=folder, check=True)
    li.page(lab=True, pyodide=folder).save(folder / "lab.html")
    return folder / "lab.html"


@pytest.fixture(scope="module")
def lab(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page in a browser of its own, opened once: Python in it is ready."""
    driver = chromium(tmp_path_factory.mktemp("chromium"))
    driver.set_script_timeout(120)
    driver.get(path.as_uri())
    until(driver, lambda: driver.execute_script(STAGE) == "ready")
    yield driver
    driver.quit()


def until(lab: Chrome, true: Any) -> None:
    WebDriverWait(lab, 120, poll_frequency=0.1).until(lambda _: true())


def ask(lab: Chrome, question: dict[str, Any]) -> Any:
    return lab.execute_async_script(ASK, question)


def show(lab: Chrome, about: str, **values: str) -> None:
    """Open a question by its address, and wait for its answer."""
    lab.execute_script(OPEN, {"about": about, **values})
    answered(lab)


def answered(lab: Chrome) -> None:
    until(lab, lambda: lab.execute_script(BUSY) == "false")


def text(lab: Chrome, id: str) -> str:
    found = lab.execute_script("return document.getElementById(arguments[0]).textContent", id)
    return str(found)


def look(lab: Chrome, width: int = 1280, scheme: str = "light") -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    lab.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    lab.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def test_the_page_has_at_most_ten_megabytes(path: Path) -> None:
    assert path.stat().st_size <= MOST_BYTES


def test_the_python_in_the_page_answers_as_cpython_does(lab: Chrome) -> None:
    for question in ABLE:
        assert ask(lab, question) == answer(question), question


def test_pictures_have_the_same_bytes_as_in_cpython(lab: Chrome) -> None:
    asked = [{"about": "cell", "name": name} for name in li.cells.names()[::5]]
    own = {"about": "equations", "equations": OWN, "units": 7, "features": 3}
    asked += [{**own, "picture": name} for name in ("cell", "layer", "weights", "all")]
    for question in asked:
        assert ask(lab, question)["svg"] == answer(question)["svg"], question


def test_no_request_leaves_the_page(lab: Chrome, path: Path) -> None:
    for about in QUESTIONS:
        ask(lab, {"about": about, **QUESTIONS[about].example})
    events = [json.loads(each["message"])["message"] for each in lab.get_log("performance")]
    sent = [each for each in events if each["method"] == "Network.requestWillBeSent"]
    addresses = {each["params"]["request"]["url"].partition("#")[0] for each in sent}
    inside = {each for each in addresses if each.startswith(("blob:null/", "data:", "chrome://"))}
    assert addresses - inside == {path.as_uri()}


def test_an_error_in_equations_shows_its_place_and_leads_there(lab: Chrome) -> None:
    wrong = "f = sigmoid(W_f @ x)\nh = tanh(W_h @ y)"
    show(lab, "equations", equations=wrong, units="4", features="3")
    assert text(lab, "message").startswith("Line 2, column 16: ")
    assert text(lab, "caret") == "    h = tanh(W_h @ y)\n                   ^"
    field = lab.find_element(By.NAME, "equations")
    assert field.get_attribute("aria-invalid") == "true"
    lab.find_element(By.ID, "goto").click()
    assert lab.switch_to.active_element == field
    chosen = "const each = document.activeElement; return each.selectionStart"
    assert lab.execute_script(chosen) == wrong.index("y)")
    assert "No answer" in text(lab, "says")


def test_a_megabyte_of_text_is_refused(lab: Chrome) -> None:
    show(lab, "code", source="LSTM(3)")
    field = lab.find_element(By.NAME, "source")
    lab.execute_script("arguments[0].value = 'x'.repeat(1000001)", field)
    lab.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    answered(lab)
    assert "more than 1,000,000 characters" in text(lab, "message")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"about": "code", "source": LOOP}, "makes layers without an end"),
        ({"about": "code", "source": "(" * 100}, "line 1"),
        ({"about": "equations", "equations": "h = " + "(" * 900 + "x"}, "60 deep"),
        ({"about": "explain", "what": "9" * 90_000}, "a count is from 1"),
    ],
)
def test_a_hostile_text_is_refused_by_python_itself(
    lab: Chrome, question: dict[str, Any], message: str
) -> None:
    assert message in ask(lab, question)["error"]["message"]


def test_python_that_ends_on_a_deep_nest_begins_again(lab: Chrome) -> None:
    # The stack of a browser is shorter than that of CPython, which refuses such a text itself.
    found = ask(lab, {"about": "code", "source": "(" * 200_000})
    assert found.keys() & {"ended", "late", "error"}
    assert ask(lab, {"about": "cell", "name": "lstm"})["svg"] == li.cells.get("lstm").to_svg()


def test_an_answer_that_takes_too_long_is_given_up_and_the_page_lives(lab: Chrome) -> None:
    assert ask(lab, ENDLESS)["late"] >= 2
    assert lab.execute_script(STAGE) != "ready"
    # While Python starts again, a question waits.
    assert ask(lab, {"about": "cell", "name": "gru"})["svg"] == li.cells.get("gru").to_svg()
    assert lab.execute_script(STAGE) == "ready"
    show(lab, **ENDLESS)
    assert "was given up" in text(lab, "message")
    show(lab, "layer", units="4", features="3")
    assert "4 units on 3 features" in text(lab, "shown")


def test_an_address_brings_the_question_back(lab: Chrome) -> None:
    sizes = {"units": "7", "features": "5"}
    options = {"use_bias": "false", "bidirectional": "true", "merge_mode": "sum"}
    show(lab, "layer", cell="gru", **sizes, **options)
    assert "7 units on 5 features" in text(lab, "shown")
    lab.find_element(By.NAME, "units").send_keys(Keys.BACKSPACE, "9", Keys.ENTER)
    until(lab, lambda: "9 units on 5 features" in text(lab, "shown"))
    link = text(lab, "copy-link")
    assert link == lab.current_url
    show(lab, "patterns")
    lab.execute_script("location.hash = arguments[0]", link.partition("#")[2])
    until(lab, lambda: "9 units on 5 features" in text(lab, "shown"))
    assert "bidirectional (sum), no bias" in text(lab, "shown")
    assert not lab.find_element(By.NAME, "use_bias").is_selected()
    assert lab.find_element(By.NAME, "merge_mode").get_attribute("value") == "sum"


def test_the_link_to_the_question_keeps_the_question(lab: Chrome) -> None:
    show(lab, "cell", name="gru")
    lab.execute_script("document.querySelector('.skip').click()")
    until(lab, lambda: "name=gru" in lab.current_url)
    assert text(lab, "question-title") == "A cell of the catalogue"


def test_a_question_of_the_menu_is_seen_on_a_phone(lab: Chrome) -> None:
    look(lab, 320)
    lab.execute_script("scrollTo(0, 0)")
    lab.find_element("css selector", "[data-about=explain]").click()
    until(lab, lambda: text(lab, "question-title") == "A number or an error")
    top = "return document.getElementById('question-title').getBoundingClientRect().top"
    until(lab, lambda: 0 <= lab.execute_script(top) < 400)
    look(lab)


def test_what_is_typed_is_answered_at_once(lab: Chrome) -> None:
    show(lab, "solve", parameters="17408", features="3")
    lab.find_element(By.NAME, "features").send_keys(Keys.BACKSPACE, "8")
    same = answer({"about": "solve", "parameters": 17408, "features": 8})
    until(lab, lambda: text(lab, "copy-command") == same["command"])
    until(lab, lambda: text(lab, "copy-text") == same["text"])
    assert json.loads(text(lab, "copy-json")) == same["json"]
    assert text(lab, "copy-python") == same["python"]


def test_the_whole_page_is_used_by_keyboard_alone(lab: Chrome) -> None:
    look(lab)
    show(lab, "layer", units="4", features="3")
    lab.execute_script("document.querySelector('.skip').focus()")
    reached = []
    for _ in range(80):
        lab.switch_to.active_element.send_keys(Keys.TAB)
        element = lab.switch_to.active_element
        reached.append(element.get_attribute("id") or element.get_attribute("data-about"))
        if element.get_attribute("data-copy") == "link":
            break
    for each in ("explain", "input-cell", "input-units", "example", "download", "drawing", "print"):
        assert each in reached
    lab.execute_script("document.querySelector('[data-about=worksheet]').focus()")
    lab.switch_to.active_element.send_keys(Keys.ENTER)
    until(lab, lambda: text(lab, "question-title") == "A worksheet")
    answered(lab)
    until(lab, lambda: "Worksheet" in text(lab, "shown"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_barrier_is_found_and_nothing_is_cut_off(lab: Chrome, width: int, scheme: str) -> None:
    look(lab, width, scheme)
    wide = "return document.documentElement.scrollWidth"
    for about in ("layer", "equations", "code", "explain", "worksheet", "compare", "memory"):
        show(lab, about)
        lab.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true })")
        found = Axe().run(lab)["violations"]
        assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
        assert lab.execute_script(wide) <= width
    look(lab)


def test_a_browser_that_lacks_something_is_told_in_one_sentence(path: Path, tmp_path: Path) -> None:
    browser = chromium(tmp_path)
    without = {"source": "delete globalThis.DecompressionStream"}
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", without)
    browser.get(path.as_uri())
    state = browser.find_element(By.ID, "state").text
    shown = browser.find_element(By.ID, "work").is_displayed()
    browser.quit()
    assert state.startswith("This browser lacks DecompressionStream")
    assert not shown
