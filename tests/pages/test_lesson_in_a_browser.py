"""The lesson in Chromium: its numbers are the engine's, no request leaves, no barrier is found."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_core_python.selenium import Axe
from chromium import clicked, framed, loaded, opened
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import lstminspect as li
from lstminspect import cells, conventions, terms
from lstminspect.layer import MERGE_MODES
from lstminspect.pages.calls import CHOICES
from lstminspect.pages.numbers import numbers
from lstminspect.wording import number, shape

WIDTHS = (320, 768, 1280)
SCHEMES = ("light", "dark")
ENGLISH = {"thousands": ",", "decimal": "."}


def states(chance: random.Random) -> Iterator[dict[str, Any]]:
    """One state for every cell in every convention that stores it, with options by chance."""
    for name in cells.names():
        cell = cells.get(name)
        for convention in conventions.EVERY:
            flags = {option: chance.random() < 0.5 for option in CHOICES}
            table = conventions.get(convention)
            if table.why_unsupported(cell, flags["use_bias"]):
                continue
            state = {"cell": name, "convention": convention, **flags}
            state |= {"units": 2 * chance.randint(1, 32), "features": chance.randint(1, 16)}
            state |= {"timesteps": chance.randint(1, 60), "batch": chance.randint(1, 40)}
            state |= dict.fromkeys(cell.own_sizes, 2)
            if flags["bidirectional"]:
                state["merge_mode"] = chance.choice(MERGE_MODES)
            if "x" in cell.declared:
                state["features"] = state["units"]
            yield state


def layer_of(state: dict[str, Any]) -> li.Layer:
    options = {name: value for name, value in state.items() if name != "convention"}
    return li.Layer(**options)


def expected(state: dict[str, Any]) -> dict[str, Any]:
    """The numbers of the page for one state, by the engine."""
    layer, convention = layer_of(state), state["convention"]
    stored = [each for each in conventions.EVERY if not layer.why_unsupported(each)]
    answer: dict[str, Any] = {
        "words": numbers(layer, convention, ENGLISH),
        "counts": {each: layer.stored(each).parameters for each in stored},
        "tensors": [[each.name, list(each.shape)] for each in layer.stored(convention).weights],
        "code": {},
    }
    whose = convention if convention in conventions.FRAMEWORKS else None
    own = terms.get(whose or "keras")
    if whose is None or not terms.why_not(layer, whose):
        answer["returned"] = [[each.name, list(each.shape)] for each in own.returned(layer)]
        answer["states"] = [[each.name, list(each.shape)] for each in own.states(layer)]
    for framework in ("keras", "pytorch"):
        if not layer.why_unsupported(framework):
            able = not terms.why_not(layer, framework)
            lines = terms.get(framework).lines(layer) if able else ()
            answer["code"][framework] = "\n".join(lines)
    return answer


ASKED = """
const [states] = arguments;
return states.map((state) => {
  const now = lesson.answer(state);
  const counts = Object.entries(now.counts).filter(([, each]) => each.count !== null);
  const { command, ...code } = now.code;
  const calls = now.calls ? { returned: now.calls.returned, states: now.calls.states } : {};
  const words = Object.entries(lesson.words(state));
  return {
    words: Object.fromEntries(words.map(([name, value]) => [name, String(value ?? "")])),
    counts: Object.fromEntries(counts.map(([name, each]) => [name, each.count])),
    tensors: now.tensors.map((each) => [each.name, each.shape]),
    code,
    ...calls,
  };
});
"""


def test_every_number_of_the_page_is_the_engines(browser: Chrome, address: str) -> None:
    opened(browser, address)
    asked = list(states(random.Random(14)))
    assert len(asked) > len(cells.names())
    answers = browser.execute_script(ASKED, asked)
    for state, answer in zip(asked, answers, strict=True):
        assert answer == expected(state), state


COUNTED = """
const [state, units, features] = arguments;
return units.map((each, number) => {
  const tied = lesson.data.cells[state.cell].ties;
  const asked = { ...state, units: each, features: tied ? each : features[number] };
  const now = lesson.answer(asked);
  return [now.count, ...now.tensors.flatMap((tensor) => tensor.shape)];
});
"""


def test_counts_and_tensors_of_all_sizes_are_the_engines(browser: Chrome, address: str) -> None:
    """Every cell in every convention, 64 units by 16 features, with and without bias."""
    opened(browser, address)
    grid = [(units, features) for units in range(1, 65) for features in range(1, 17)]
    for name, convention, use_bias in product(cells.names(), conventions.EVERY, (True, False)):
        cell = cells.get(name)
        if conventions.get(convention).why_unsupported(cell, use_bias):
            continue
        # Heads and groups are two here, and cut the units into equal parts.
        cut = any(block.structure for block in cell.blocks)
        pairs = [(u, f) for u, f in grid if not (cut and u % 2)]
        units, features = np.array(pairs).T
        both = use_bias == (len(name) % 2 == 0)
        own = dict.fromkeys(cell.own_sizes, 2)
        options = {"use_bias": use_bias, "bidirectional": both}
        tied = "x" in cell.declared
        layer = li.Layer(cell, units, units if tied else features, **options, **own)
        stored = layer.stored(convention)
        columns = [stored.parameters, *(size for each in stored.weights for size in each.shape)]
        wanted = np.stack([np.broadcast_to(each, units.shape) for each in columns], axis=1)
        state = {"cell": name, "convention": convention, **options, **own}
        seen = browser.execute_script(COUNTED, state, units.tolist(), features.tolist())
        assert np.array_equal(np.array(seen), wanted), state


def test_the_numbers_that_are_seen_are_those_of_the_layer(browser: Chrome, address: str) -> None:
    chance = random.Random(41)
    for state in chance.sample(list(states(chance)), 12):
        values = {name: "none" if v is None else v for name, v in state.items()}
        words = "&".join(f"{name}={int(v) if v in (0, 1) else v}" for name, v in values.items())
        opened(browser, address, f"#{words}")
        layer, convention = layer_of(state), state["convention"]
        seen = browser.execute_script(
            "const text = (each) => [...document.querySelectorAll(each)].map((e) => e.textContent);"
            "return [text('#count'), text('#tensors .shape'), text('[data-convention]'),"
            "text('#delta')[0]];"
        )
        stored = layer.stored(convention)
        assert seen[0] == [number(stored.parameters)], state
        assert seen[1] == [shape(each.shape) for each in stored.weights], state
        counts = [
            "–" if layer.why_unsupported(each) else number(layer.stored(each).parameters)
            for each in conventions.EVERY
            if not conventions.get(each).why_unsupported(layer.cell)
        ]
        assert seen[2] == counts, state
        assert f"Δ = {numbers(layer, convention, ENGLISH)['delta']} more" in seen[3], state


def test_the_command_of_the_page_counts_the_same(
    browser: Chrome, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from lstminspect.cli import main

    opened(browser, address)
    asked = random.Random(7).sample(list(states(random.Random(7))), 6)
    for state in asked:
        line = browser.execute_script("return lesson.answer(arguments[0]).code.command", state)
        assert main([*line.split()[1:], "--format", "json"]) == 0, line
        report = json.loads(capsys.readouterr().out)
        count = layer_of(state).stored(state["convention"]).parameters
        assert number(count).replace(",", "") in json.dumps(report), line


def test_no_request_leaves_the_page(browser: Chrome, address: str) -> None:
    browser.get_log("performance")
    opened(browser, address)
    clicked(browser, "[data-walk]")
    entries = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    sent = [each["params"] for each in entries if each["method"] == "Network.requestWillBeSent"]
    addresses = {each["request"]["url"].partition("#")[0] for each in sent}
    assert addresses - {address, "data:,", "about:blank"} == set()
    assert address in addresses


def test_the_page_has_no_error(browser: Chrome, address: str) -> None:
    browser.get_log("browser")
    opened(browser, address, "#cell=slstm&units=7&convention=pytorch&heads=3&features=no&batch=-5")
    for each in browser.find_elements(By.CSS_SELECTOR, "main button"):
        if each.get_attribute("id") not in ("print", "download"):
            browser.execute_script("arguments[0].click()", each)
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_has_no_barrier(browser: Chrome, address: str, width: int, scheme: str) -> None:
    opened(browser, address, "#cell=gru&bidirectional=1", width, scheme)
    clicked(browser, "[data-says],[data-walk],#worksheet-key,#more")
    found = [
        f"{each['id']}: {node['html'][:200]}"
        for each in Axe().run(browser)["violations"]
        for node in each["nodes"]
    ]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_screen_reader_hears_every_section_wherever_it_stands(
    browser: Chrome, address: str
) -> None:
    opened(browser, address)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    heard = [
        (node["role"]["value"], node["name"]["value"]) for node in nodes if not node["ignored"]
    ]
    regions = [name for role, name in heard if role == "region"]
    assert len(regions) == len(browser.find_elements(By.CSS_SELECTOR, "main > section"))
    titles = browser.find_elements(By.CSS_SELECTOR, "h2")
    assert regions == [each.text for each in titles]
    assert {name for role, name in heard if role == "heading"} >= {*regions}
    assert "rowheader" in {role for role, name in heard if name == "Keras"}


def test_every_target_has_24_pixels(browser: Chrome, address: str) -> None:
    opened(browser, address, width=320)
    small = browser.execute_script(
        "return [...document.querySelectorAll('button,input,select')].map((each) => "
        "[each.id || each.textContent, each.getBoundingClientRect()]).filter(([, box]) => "
        "box.width && Math.min(box.width, box.height) < 24).map(([name]) => name)"
    )
    assert small == []


def test_an_address_brings_the_state_back(browser: Chrome, address: str) -> None:
    opened(browser, address)
    state = {"cell": "projected", "units": 6, "features": 5, "timesteps": 9, "batch": 3}
    state |= {"projection": 3, "convention": "pytorch", "bidirectional": True}
    browser.execute_script("lesson.set(arguments[0])", state)
    shown = "return [lesson.state, document.querySelector('#sum').innerHTML]"
    WebDriverWait(browser, 10).until(lambda now: "projection=3" in now.current_url)
    before = browser.execute_script(shown)
    link = browser.find_element(By.ID, "copy-link").get_attribute("textContent")
    assert link == browser.current_url
    opened(browser, link)
    after = browser.execute_script(shown)
    assert {name: after[0][name] for name in state} == state
    assert after == before


def test_time_steps_move_no_weight_and_the_page_says_so(browser: Chrome, address: str) -> None:
    opened(browser, address)
    picture = "return document.querySelector('#weights-figure').innerHTML"
    strip = "return document.querySelector('#strip-figure').innerHTML"
    before, steps = browser.execute_script(picture), browser.execute_script(strip)
    box = browser.find_element(By.ID, "timesteps-number")
    box.send_keys(Keys.CONTROL, "a", Keys.NULL, "50")
    assert browser.execute_script(picture) == before
    assert browser.execute_script(strip) != steps
    says = browser.find_element(By.ID, "says").text
    assert says == "time steps is now 50. No weight moved: still 128 parameters."


def test_the_page_is_moved_by_the_keyboard_alone(browser: Chrome, address: str) -> None:
    opened(browser, address)
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    slider = browser.switch_to.active_element
    assert slider.get_attribute("id") == "units-slider"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("aria-valuetext") == "5 units"
    assert browser.find_element(By.ID, "count").text == "180"
    reached = set()
    for _ in range(80):
        active = browser.switch_to.active_element
        reached.add(active.get_attribute("id") or active.text)
        active.send_keys(Keys.TAB)
    buttons = browser.find_elements(By.CSS_SELECTOR, "main button, main input, main select")
    wanted = {
        each.get_attribute("id") or each.text
        for each in buttons
        if each.is_displayed() and each.is_enabled()
    }
    assert wanted - reached == set()


def test_a_belief_is_answered_with_the_readers_numbers(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=7&timesteps=9")
    button = browser.find_elements(By.CSS_SELECTOR, "#beliefs [data-says=true]")[5]
    browser.execute_script("arguments[0].click()", button)
    reply = browser.find_elements(By.CSS_SELECTOR, "#beliefs output")[5].text
    count = li.Layer("lstm", 7, 3).parameters
    assert reply.startswith("It is not true. With 9 time steps, or with 90, ")
    assert f"there are {count} parameters" in reply


def test_the_page_reads_without_a_script_in_the_browser(browser: Chrome, address: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        loaded(browser, address, width=320)
        assert browser.find_element(By.CSS_SELECTOR, "p.no-script").is_displayed()
        assert not browser.find_element(By.ID, "form").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_picture_is_saved_as_svg(browser: Chrome, address: str, tmp_path: Path) -> None:
    settings = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", settings)
    opened(browser, address)
    text = "return new Promise((done) => { const make = URL.createObjectURL; URL.createObjectURL = "
    text += "(blob) => { blob.text().then(done); return make.call(URL, blob); };"
    saved = browser.execute_script(f"{text} document.getElementById('download').click(); }})")
    assert saved.startswith("<svg ")
    assert 'xmlns="http://www.w3.org/2000/svg"' in saved


def test_a_large_layer_is_drawn_small_and_the_page_says_so(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=4096&features=4096&timesteps=10000")
    box = browser.find_element(By.CSS_SELECTOR, "#weights-figure svg").rect
    assert box["height"] < 1000
    assert "too large to draw a square" in browser.find_element(By.ID, "weights-note").text
    count = number(li.Layer("lstm", 4096, 4096).parameters)
    assert browser.find_element(By.ID, "count").text == count


def test_two_directions_are_two_sets_of_weights(browser: Chrome, address: str) -> None:
    opened(browser, address, "#bidirectional=1")
    strip = browser.find_element(By.ID, "strip-figure").text
    assert "two sets of weights, one for each direction: 256" in strip


def test_the_page_moves_inside_another_page(browser: Chrome, tmp_path: Path) -> None:
    """As in a notebook: an iframe that holds the text of the page, without an address."""
    with framed(browser, tmp_path / "outer.html", li.page().html):
        browser.execute_script("lesson.set({units: 5}, 'units')")
        assert browser.find_element(By.ID, "count").text == "180"
        assert browser.find_element(By.ID, "says").text.startswith("units is now 5: 180 parameters")
    assert browser.current_url == (tmp_path / "outer.html").as_uri()


SAID = """
const [messages, done] = arguments;
const said = [];
const frame = document.querySelector("iframe").contentWindow;
addEventListener("message", (event) => said.push(event.data.lstminspect));
for (const each of messages) frame.postMessage(each, "*");
setTimeout(() => done(said), 300);
"""


def test_a_page_inside_another_one_says_its_state_and_takes_one(
    browser: Chrome, tmp_path: Path
) -> None:
    html = li.page(li.Layer("gru", units=6, features=2)).html
    with framed(browser, tmp_path / "outer.html", html):
        browser.switch_to.default_content()
        asked = [{"lstminspect": {"units": 5, "use_bias": False}}]
        said = browser.execute_async_script(SAID, asked)
    assert [(each["cell"], each["units"], each["use_bias"]) for each in said] == [("gru", 5, False)]


def test_a_message_that_is_no_state_moves_nothing(browser: Chrome, tmp_path: Path) -> None:
    words = {"cell": "__proto__", "units": "<b>", "features": [], "convention": "toString"}
    messages = [None, 7, {"lstminspect": 3}, {"lstminspect": words}, {"other": {"units": 9}}]
    with framed(browser, tmp_path / "outer.html", li.page().html):
        browser.switch_to.default_content()
        said = browser.execute_async_script(SAID, messages)
        assert [each["units"] for each in said] == [4]  # The answer to the one that has a state.
        browser.switch_to.frame(0)
        assert browser.execute_script("return lesson.state.units") == 4
