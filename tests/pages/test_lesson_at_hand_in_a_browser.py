"""What readers do with the lesson in Chromium: by keyboard, in their language, to take along."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from chromium import clicked, loaded, opened
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import lstminspect as li
from lstminspect import cells, conventions
from lstminspect.equations.block import Block, count_of
from lstminspect.formula import terms_of
from lstminspect.pages.lesson import ASSETS, LANGUAGES
from lstminspect.pages.numbers import counted, decimal, numbers
from lstminspect.pages.start import LIMITS, OWN_LIMITS
from lstminspect.pages.traces import inputs, traced

CODED = [name for name in ("keras", "torch") if importlib.util.find_spec(name)]
FIGURES = ("weights", "strip", "trace")


def text(browser: Chrome, place: str) -> str:
    return str(browser.find_element(By.ID, place).text)


def pressed(browser: Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


def reached(browser: Chrome, which: str) -> None:
    """Press Tab until the focus is on what the selector `which` finds."""
    for _ in range(150):
        if browser.execute_script("return document.activeElement.matches(arguments[0])", which):
            return
        pressed(browser, Keys.TAB)
    raise AssertionError(f"Tab does not reach {which}")


def state_of(browser: Chrome) -> dict[str, Any]:
    state: dict[str, Any] = browser.execute_script("return lesson.state")
    return state


def test_a_whole_lesson_is_held_by_the_keyboard_alone(browser: Chrome, address: str) -> None:
    opened(browser, address)
    browser.execute_script(
        "window.saved = []; URL.createObjectURL = (b) => saved.push(b) && 'data:,'"
    )
    reached(browser, "#language")
    reached(browser, "#units-slider")
    pressed(browser, Keys.ARROW_RIGHT)
    assert text(browser, "count") == "180"
    reached(browser, "#timesteps-number")
    pressed(browser, "50")
    assert "No weight moved" in text(browser, "says")
    reached(browser, "#cell")
    pressed(browser, Keys.ARROW_DOWN)
    assert state_of(browser)["cell"] != "lstm"
    reached(browser, "#bidirectional")
    pressed(browser, Keys.SPACE)
    reached(browser, "#merge_mode")
    pressed(browser, Keys.ARROW_DOWN)
    assert state_of(browser)["merge_mode"] == "sum"
    reached(browser, "#more")
    pressed(browser, Keys.SPACE)
    assert browser.find_elements(By.CSS_SELECTOR, "#lesson-hatch")
    reached(browser, "[data-svg=strip]")
    pressed(browser, Keys.ENTER)
    assert browser.execute_script("return saved.length") == 1
    reached(browser, "[data-walk='1']")
    pressed(browser, Keys.ENTER)
    assert "each W has one more column" in text(browser, "steps")
    reached(browser, "[data-number='5'][data-says=false]")
    pressed(browser, Keys.ENTER)
    assert text(browser, "reply-5").startswith("Right, it is not true.")
    reached(browser, "#worksheet-key")
    pressed(browser, Keys.SPACE)
    assert browser.find_elements(By.CSS_SELECTOR, "#sheet .key")
    reached(browser, "[data-copy=command]")
    pressed(browser, Keys.ENTER)
    WebDriverWait(browser, 5).until(lambda now: text(now, "copy-says") == "Command line copied.")


@pytest.mark.parametrize("name", ["keras", "pytorch", "command", "link"])
def test_what_is_copied_is_in_the_clipboard(browser: Chrome, address: str, name: str) -> None:
    granted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", granted)
    opened(browser, address, "#units=7")
    clicked(browser, f"[data-copy={name}]")
    WebDriverWait(browser, 5).until(lambda now: text(now, "copy-says"))
    copied = browser.execute_script("return navigator.clipboard.readText()")
    shown = browser.find_element(By.ID, f"copy-{name}").get_attribute("textContent")
    assert copied == shown
    assert "7" in copied


@pytest.mark.parametrize("package", CODED)
def test_the_copied_code_runs_and_counts_the_same(
    browser: Chrome, address: str, package: str
) -> None:
    framework = {"torch": "pytorch"}.get(package, package)
    opened(browser, address, f"#cell=gru&convention={framework}&units=6&bidirectional=1")
    code = browser.find_element(By.ID, f"copy-{framework}").get_attribute("textContent")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code or "", {})
    assert printed.getvalue().split()[0].strip("(),") == text(browser, "count")


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_saved_as_svg_that_stands_alone(
    browser: Chrome, address: str, tmp_path: Path, figure: str
) -> None:
    settings = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", settings)
    opened(browser, address, "#units=3")
    clicked(browser, f"[data-svg={figure}]")
    path = tmp_path / f"lstm-3-units-{figure}.svg"
    WebDriverWait(browser, 10).until(lambda _: path.exists() and path.stat().st_size)
    svg = ElementTree.fromstring(path.read_text("utf-8"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.get("aria-label")
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}text"))) > 3


def any_state(chance: random.Random) -> dict[str, Any]:
    cell = cells.get(chance.choice(cells.names()))
    own = dict.fromkeys(cell.own_sizes, 2)
    flags = ("use_bias", "bidirectional", "return_sequences", "return_state")
    state: dict[str, Any] = {name: chance.random() < 0.5 for name in flags}
    able = [
        name
        for name in conventions.EVERY
        if not conventions.get(name).why_unsupported(cell, state["use_bias"])
    ]
    state |= {"cell": cell.name, "convention": chance.choice(able), "merge_mode": "concat"}
    if state["bidirectional"]:
        state["merge_mode"] = chance.choice(["concat", "sum", "mul", "ave", None])
    state |= {"units": 2 * chance.randint(1, 40), "features": chance.randint(1, 30)}
    state |= {"timesteps": chance.randint(1, 200), "batch": chance.randint(1, 90)}
    if "x" in cell.declared:
        state["features"] = state["units"]
    return state | own


def test_an_address_brings_every_control_back(browser: Chrome, address: str) -> None:
    chance = random.Random(5)
    for _ in range(8):
        state, language = any_state(chance), chance.choice(LANGUAGES)
        opened(browser, address, f"#language={language}")
        browser.execute_script("lesson.set(arguments[0])", state)
        last = (
            f"units={state['units']}&features={state['features']}&timesteps={state['timesteps']}&"
        )
        WebDriverWait(browser, 5).until(lambda now, last=last: last in now.current_url)
        opened(browser, browser.current_url)
        assert state_of(browser) == state
        assert browser.execute_script("return document.documentElement.lang") == language


def test_an_address_is_followed_while_the_page_is_open(browser: Chrome, address: str) -> None:
    opened(browser, address)
    browser.execute_script("location.hash = '#units=9&language=de'")
    WebDriverWait(browser, 5).until(lambda now: text(now, "count") == "468")
    assert browser.title.startswith("Was bedeutet units?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_a_language_are_the_engines(
    browser: Chrome, address: str, language: str
) -> None:
    texts = json.loads((ASSETS / f"{language}.json").read_text("utf-8"))
    chance = random.Random(8)
    opened(browser, address, f"#language={language}")
    for _ in range(12):
        state = any_state(chance)
        options = {name: value for name, value in state.items() if name != "convention"}
        layer = li.Layer(**options)
        words = browser.execute_script("return lesson.words(arguments[0])", state)
        seen = {name: "" if value is None else str(value) for name, value in words.items()}
        assert seen == numbers(layer, state["convention"], texts), state


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_chosen_in_the_page(browser: Chrome, address: str, language: str) -> None:
    texts = json.loads((ASSETS / f"{language}.json").read_text("utf-8"))
    opened(browser, address, "#units=64&features=3&language=de")
    clicked(browser, "[data-says=true]")
    browser.find_element(By.CSS_SELECTOR, f"#language option[value={language}]").click()
    assert browser.title == texts["title"]
    count = counted(li.Layer("lstm", 64, 3).parameters, texts)
    assert text(browser, "count") == count
    assert text(browser, "weights-title") == texts["weights"]
    assert texts["wrong"] in text(browser, "reply-5")
    assert count in text(browser, "reply-5")
    box = browser.find_element(By.ID, "units-slider")
    assert box.get_attribute("aria-valuetext") == f"64 {texts['units']}"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_language_has_no_barrier(browser: Chrome, address: str, language: str) -> None:
    opened(browser, address, f"#language={language}&bidirectional=1", 320, "dark")
    clicked(browser, "[data-says],[data-walk],#worksheet-key,#more")
    found = [each["id"] for each in Axe().run(browser)["violations"]]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_reads_without_a_script(browser: Chrome, tmp_path: Path, language: str) -> None:
    path = tmp_path / "lesson.html"
    li.page(language=language).save(path)  # type: ignore[arg-type]
    texts = json.loads((ASSETS / f"{language}.json").read_text("utf-8"))
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        loaded(browser, path.as_uri(), 320)
        shown = browser.find_element(By.TAG_NAME, "body").text
        assert texts["no_script"] in shown
        assert texts["strip_note"] in shown
        assert texts["copy_button"] not in [
            each.text for each in browser.find_elements(By.CSS_SELECTOR, "button")
        ]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def table_of(browser: Chrome, number: int) -> list[list[str]]:
    script = """
    const table = document.querySelectorAll("#trace table")[arguments[0]];
    const texts = (row) => [...row.cells].slice(1).map((each) => each.textContent);
    return [...table.tBodies[0].rows].map(texts);
    """
    rows: list[list[str]] = browser.execute_script(script, number)
    return rows


@pytest.mark.parametrize(
    ("name", "units", "features"), [("lstm", 7, 2), ("gru", 1, 4), ("mgu", 5, 3)]
)
def test_a_sequence_has_the_readers_sizes(
    browser: Chrome, address: str, name: str, units: int, features: int
) -> None:
    opened(browser, address, f"#cell={name}&units={units}&features={features}&timesteps=9")
    texts = {"decimal": "."}
    rows = {"x": inputs()[:features], **traced(cells.get(name), units, features)}
    for number, each in enumerate(rows.values()):
        wanted = [[decimal(value, texts) for value in row[:9]] for row in each]
        assert table_of(browser, number) == wanted
    assert "It has your sizes" in text(browser, "trace-own")


def test_a_sequence_of_other_sizes_says_so(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=30&features=9&timesteps=40&use_bias=0&bidirectional=1")
    assert len(table_of(browser, 1)) == 8
    said = text(browser, "trace-own")
    assert "the nearest is shown: units = 8, features = 4." in said
    assert "Shown are the first 12 of your 40 time steps." in said
    assert "It has biases, which your layer does not have." in said
    assert "It is the forward direction." in said


def test_a_sequence_is_played_step_by_step(browser: Chrome, address: str) -> None:
    opened(browser, address, "#timesteps=3")
    clicked(browser, "#trace-play")
    hidden = "return document.querySelectorAll('#trace .later').length"
    assert browser.execute_script(hidden) > 0
    assert text(browser, "trace-play") == "Stop"
    WebDriverWait(browser, 10).until(lambda now: text(now, "trace-play") == "Play")
    assert browser.execute_script(hidden) == 0


def test_a_sliders_end_stays_where_a_typed_value_moved_it(browser: Chrome, address: str) -> None:
    opened(browser, address)
    box = browser.find_element(By.ID, "units-number")
    box.send_keys(Keys.CONTROL, "a", Keys.NULL, "200", Keys.TAB)
    slider = browser.find_element(By.ID, "units-slider")
    slider.send_keys(Keys.HOME)
    assert (slider.get_attribute("max"), slider.get_attribute("value")) == ("200", "1")
    clicked(browser, "#reset")
    assert slider.get_attribute("max") == str(LIMITS["units"][2])


@pytest.mark.parametrize("typed", ["", "-3", "0", "99999999", "2.6", "1e3"])
def test_any_typed_size_becomes_one_that_can_be(browser: Chrome, address: str, typed: str) -> None:
    opened(browser, address, "#cell=projected")
    for name, (least, most, _) in {**LIMITS, "projection": OWN_LIMITS}.items():
        box = browser.find_element(By.ID, f"{name}-number")
        box.send_keys(Keys.CONTROL, "a", Keys.NULL, typed or Keys.DELETE, Keys.TAB)
        value = state_of(browser)[name]
        assert least <= value <= most
        assert box.get_attribute("value") == str(value)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_the_merging_of_directions_moves_the_output(
    browser: Chrome, address: str, mode: str | None
) -> None:
    words = "#cell=gru&bidirectional=1&return_sequences=1&return_state=1&merge_mode="
    opened(browser, address, f"{words}{mode or 'none'}")
    layer = li.Layer(
        "gru", 4, 3, timesteps=5, batch=2, bidirectional=True, merge_mode=mode,  # type: ignore[arg-type]
        return_sequences=True, return_state=True,
    )  # fmt: skip
    shapes = browser.find_elements(By.CSS_SELECTOR, "[data-shape=returned]")
    assert [each.text for each in shapes] == [str(shape) for shape in layer.output_shapes]


def test_one_more_unit_shows_what_it_adds(browser: Chrome, address: str) -> None:
    opened(browser, address)
    clicked(browser, "#more")
    added = browser.find_elements(By.CSS_SELECTOR, "#weights-figure [fill='url(#lesson-hatch)']")
    # A row in each W, a row and a column in each U, a number in each b.
    assert len(added) == 4 * (1 + 2 + 1)
    assert "Δ = 52 more" in text(browser, "delta")


def test_a_worksheet_is_printed_alone_with_its_answers(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=7")
    browser.execute_script("window.print = () => { window.printed = document.body.className; }")
    clicked(browser, "#worksheet-key,#print")
    assert browser.execute_script("return printed") == "sheet"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find_element(By.ID, "weights-figure").is_displayed()
        assert not browser.find_element(By.ID, "worksheet-number").is_displayed()
        assert str(li.Layer("lstm", 7, 3).parameters) in text(browser, "sheet")
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_whole_page_is_printed_with_its_figures(browser: Chrome, address: str) -> None:
    opened(browser, address, "#timesteps=40")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        # Without the cell and its options nobody knows whose numbers these are.
        for place in ("cell", "weights-figure", "strip-figure", "sum", "trace", "sheet"):
            assert browser.find_element(By.ID, place).is_displayed(), place
        assert not browser.find_element(By.ID, "download").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_lecturer_asks_first_and_shows_the_answer_then(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=4&features=3")
    browser.find_element(By.ID, "asking").click()
    box = browser.find_element(By.ID, "timesteps-number")
    box.send_keys(Keys.CONTROL, "a", Keys.NULL, "50")
    question = "time steps goes from 5 to 50. What happens to the number of parameters"
    assert text(browser, "question").startswith(question)
    for place in ("count", "says", "sentence", "weights-figure", "sum"):
        assert not browser.find_element(By.ID, place).is_displayed(), place
    browser.find_element(By.ID, "show").click()
    assert text(browser, "count") == "128"
    answer = "time steps is now 50. No weight moved: still 128 parameters."
    WebDriverWait(browser, 5).until(lambda now: text(now, "says") == answer)
    assert browser.find_element(By.ID, "weights-figure").is_displayed()


def test_an_address_shows_one_more_unit(browser: Chrome, address: str) -> None:
    opened(browser, address, "#more=1")
    assert browser.find_element(By.ID, "more").is_selected()
    assert browser.find_elements(By.CSS_SELECTOR, "#lesson-hatch")


def test_sizes_and_weights_stand_on_one_screen_of_a_phone(browser: Chrome, address: str) -> None:
    opened(browser, address, width=390)
    script = "return document.getElementById(arguments[0]).getBoundingClientRect()"
    first = browser.execute_script(script, "sizes")["top"]
    last = browser.execute_script(script, "weights-figure")["bottom"]
    assert last - first < 844


def before_the_script(browser: Chrome, source: str) -> str:
    """Run `source` in every page that is opened, until the number that this returns is removed."""
    made = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    return str(made["identifier"])


def test_a_browser_that_cannot_inflate_shows_the_page_as_written(
    browser: Chrome, address: str
) -> None:
    number = before_the_script(browser, "delete window.DecompressionStream")
    try:
        loaded(browser, address)
        assert browser.find_element(By.CSS_SELECTOR, "p.no-script").is_displayed()
        assert not browser.find_element(By.ID, "form").is_displayed()
        assert text(browser, "count") == "128"
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": number})


@pytest.mark.parametrize(("motion", "moves"), [("reduce", 0), ("no-preference", 1)])
def test_nothing_moves_where_motion_is_unwanted(
    browser: Chrome, address: str, motion: str, moves: int
) -> None:
    opened(browser, address)
    media = {"features": [{"name": "prefers-reduced-motion", "value": motion}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_script("lesson.set({units: 5}, 'units')")
    assert browser.execute_script("return document.getAnimations().length") == moves


SUM = """
const text = (each) => each.textContent;
const every = (where, which) => [...where.querySelectorAll(which)];
const rows = every(document, "#sum tbody tr");
const chips = every(document, "#sum .steps .gate, #sum .under .gate, #sum th .gate");
return {
  gates: rows.map((row) => [text(row.cells[0]), Number(text(row.cells[3]))]),
  steps: every(document, "#sum .steps").map(text),
  under: every(document, "#sum .under").map((each) => every(each, ".gate").map(text)),
  looks: chips.map((each) => [text(each).split(":")[0], getComputedStyle(each).backgroundColor]),
  drawn: every(document, "#weights-figure rect").map((each) => getComputedStyle(each).fill),
};
"""


@pytest.mark.parametrize(
    "layer",
    [
        li.Layer("lstm", 4, 3),
        li.Layer("gru", 5, 2, framework="pytorch"),
        li.Layer("peephole", 4, 3),
        li.Layer("rnn", 4, 3, framework="pytorch", bidirectional=True),
        li.Layer("projected", 6, 5, projection=3, framework="pytorch", bidirectional=True),
    ],
    ids=lambda layer: layer.cell.name,
)
def test_the_sum_leads_from_the_gates_to_the_count_in_their_colours(
    browser: Chrome, tmp_path: Path, layer: li.Layer
) -> None:
    li.page(layer).save(tmp_path / "lesson.html")
    opened(browser, (tmp_path / "lesson.html").as_uri())
    seen = browser.execute_script(SUM)
    by_gate: dict[str, list[Block]] = {}
    for block in layer.cell.blocks:
        by_gate.setdefault(block.gate or block.name, []).append(block)
    counts = {gate: count_of(blocks, layer.sizes) for gate, blocks in by_gate.items()}
    assert dict(seen["gates"]) == counts
    if len(counts) > 1:
        every = " + ".join(f"{gate}: {count}" for gate, count in counts.items())
        assert seen["steps"][0].endswith(f": {every} = {sum(counts.values())}")
    assert seen["steps"][-1].endswith(f"= {layer.parameters}")
    terms = terms_of(layer.stored().blocks)
    held = [{block.gate or block.name for block in blocks} for _, blocks in terms]
    assert [set(each) for each in seen["under"]] == held
    looks = {(gate, colour) for gate, colour in seen["looks"]}
    assert sorted(gate for gate, _ in looks) == sorted(counts)  # One colour each.
    assert {colour for _, colour in looks} <= {*seen["drawn"]}


def test_the_link_to_the_controls_moves_no_size(browser: Chrome, address: str) -> None:
    opened(browser, address, "#units=9&features=2")
    browser.find_element(By.CSS_SELECTOR, ".skip").send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda now: "units=9" in now.current_url)
    assert browser.execute_script("return document.activeElement.id") == "controls"
    assert browser.execute_script("return lesson.state.units") == 9
    assert text(browser, "says") == ""


@pytest.mark.parametrize("name", ['x" onclick="window.hit=1', "</script><script>", "__proto__"])
def test_a_cell_of_ones_own_may_have_any_name(browser: Chrome, tmp_path: Path, name: str) -> None:
    cell = li.Cell("h = tanh(W_h @ x + U_h @ h)", name=name)
    li.page(li.Layer(cell, 4, 3)).save(tmp_path / "own.html")
    opened(browser, (tmp_path / "own.html").as_uri())
    chosen = browser.find_element(By.ID, "cell")
    assert chosen.get_property("value") == name
    option = chosen.find_element(By.CSS_SELECTOR, "option:checked")
    attributes = browser.execute_script("return arguments[0].getAttributeNames()", option)
    assert attributes == ["value"]
    assert text(browser, "count") == "28"
    assert "lstminspect --equations FILE" in text(browser, "copy-command")
