"""The lesson in notebooks, in Chromium: converted to HTML, and beside a model as anywidget's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbconvert import HTMLExporter
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_notebooks import executed, own_settings, written

import lstminspect as li
from lstminspect.pages.assembly import ASSETS
from lstminspect.pages.explorer import CONTROLS

__all__ = ["own_settings"]

LAYER = li.Layer("gru", units=6, features=2)
ABSENT = "import sys; sys.modules['anywidget'] = None\n"
SHOWN = "import lstminspect as li\nli.explore(li.Layer('lstm', units=4, features=3))"


def offline(browser: Chrome, yes: bool) -> None:
    browser.execute_cdp_cmd("Network.enable", {})
    settings = {"offline": yes, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", settings)


@pytest.fixture
def without_network(browser: Chrome) -> Iterator[None]:
    offline(browser, True)
    yield
    offline(browser, False)


@pytest.mark.usefixtures("without_network")
@pytest.mark.parametrize("first", ["", ABSENT], ids=["with anywidget", "without"])
def test_the_lesson_moves_in_a_notebook_that_was_converted_to_html(
    browser: Chrome, tmp_path: Path, first: str
) -> None:
    notebook = executed(written(first + SHOWN))
    html, _ = HTMLExporter().from_notebook_node(notebook)
    path = tmp_path / "notebook.html"
    path.write_text(html, "utf-8")
    browser.get(path.as_uri())
    browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, "iframe"))
    assert browser.find_element(By.ID, "count").text == "128"
    browser.find_element(By.ID, "units-slider").send_keys(Keys.ARROW_RIGHT)
    assert browser.find_element(By.ID, "count").text == "180"


#: A model as anywidget's front end gives one to `render`, and what was done to it.
MODEL = """<!DOCTYPE html><meta charset="utf-8"><div id="one"></div><div id="two"></div><script>
const state = STATE;
const [saved, calls] = [[], {}];
const model = {
  get: (name) => state[name],
  set(name, value) {
    state[name] = value;
    for (const call of calls[name] || []) call();
  },
  on: (event, call) => (calls[event.slice(7)] ||= []).push(call),
  off: (event, call) => calls[event.slice(7)].splice(calls[event.slice(7)].indexOf(call), 1),
  save_changes: () => saved.push(structuredClone(state)),
};
async function shown(id) {
  const module = await import(URL.createObjectURL(new Blob([TEXT], { type: "text/javascript" })));
  return module.default.render({ model, el: document.getElementById(id) });
}
</script>"""
SHOW = """
const [id, done] = arguments;
shown(id).then((end) => { (window.ends ||= {})[id] = end; done(); });
"""
SET = "for (const [name, value] of Object.entries(arguments[0])) model.set(name, value);"


def embedded(data: Any) -> str:
    return json.dumps(data).replace("<", "\\u003c")


class Notebook:
    """A browser with a model whose state Python gets and sets as in a notebook."""

    def __init__(self, browser: Chrome, path: Path, explorer: Any) -> None:
        self.browser, self.explorer = browser, explorer
        self.names = [*CONTROLS, "sizes"]
        state = embedded(explorer.get_state(["_frame", "_names", *self.names]))
        text = embedded((ASSETS / "explorer.js").read_text("utf-8"))
        path.write_text(MODEL.replace("TEXT", text).replace("STATE", state), "utf-8")
        browser.get("about:blank")
        browser.get(path.as_uri())

    def show(self, place: str = "one") -> None:
        self.browser.execute_async_script(SHOW, place)
        self.wait_for("lesson.state.units", self.explorer.units, place)

    @contextmanager
    def inside(self, place: str = "one") -> Iterator[Chrome]:
        frame = self.browser.find_element(By.CSS_SELECTOR, f"#{place} iframe")
        self.browser.switch_to.frame(frame)
        yield self.browser
        self.browser.switch_to.default_content()

    def wait_for(self, script: str, value: Any, place: str = "one") -> None:
        """Wait until the page in `place` has a value."""
        with self.inside(place):
            text = f"return window.lesson && {script}"
            WebDriverWait(self.browser, 10).until(lambda now: now.execute_script(text) == value)

    def wait_for_model(self, name: str, value: Any) -> None:
        text = f"return saved.length && saved.at(-1).{name}"
        WebDriverWait(self.browser, 10).until(lambda now: now.execute_script(text) == value)
        state = self.browser.execute_script("return saved.at(-1)")
        self.explorer.set_state({each: state[each] for each in self.names})

    def set(self, **values: Any) -> None:
        """Set controls from Python."""
        for name, value in values.items():
            setattr(self.explorer, name, value)
        self.browser.execute_script(SET, self.explorer.get_state([*values]))


@pytest.fixture
def notebook(browser: Chrome, tmp_path: Path) -> Notebook:
    return Notebook(browser, tmp_path / "model.html", li.explore(LAYER))


def test_python_reads_what_the_reader_moves(notebook: Notebook) -> None:
    notebook.show()
    with notebook.inside() as page:
        page.find_element(By.ID, "units-slider").send_keys(Keys.ARROW_RIGHT)
        page.find_element(By.ID, "bidirectional").click()
    notebook.wait_for_model("bidirectional", True)
    assert notebook.explorer.layer == li.Layer(
        "gru", units=7, features=2, timesteps=5, batch=2, bidirectional=True
    )


def test_the_page_follows_what_python_sets(notebook: Notebook) -> None:
    notebook.show()
    notebook.set(cell="projected", convention="pytorch", sizes={"projection": 4}, units=9)
    notebook.wait_for("lesson.state.units", 9)
    with notebook.inside() as page:
        count = page.find_element(By.ID, "count").text
        assert page.execute_script("return lesson.state.projection") == 4
    assert count == str(notebook.explorer.layer.parameters)


def test_what_python_set_before_the_page_was_shown_is_shown(notebook: Notebook) -> None:
    notebook.set(units=11)
    notebook.show()
    with notebook.inside() as page:
        assert page.find_element(By.ID, "units-number").get_property("value") == "11"


def test_python_reads_how_the_page_mends_what_does_not_go_together(notebook: Notebook) -> None:
    notebook.show()
    notebook.set(cell="clockwork", convention="equations", sizes={"groups": 4}, units=8)
    notebook.wait_for("lesson.state.groups", 4)
    # The units that they become are those that the page said last.
    notebook.set(units=9)
    notebook.wait_for_model("units", 8)
    assert notebook.explorer.layer.units == 8


def test_a_page_that_is_loaded_again_shows_what_it_did(notebook: Notebook) -> None:
    """As where a notebook takes an output out of the page while it is not seen."""
    notebook.show()
    notebook.set(units=9)
    notebook.wait_for("lesson.state.units", 9)
    notebook.browser.execute_script("document.body.append(document.getElementById('one'))")
    notebook.wait_for("lesson.state.units", 9)
    assert notebook.browser.execute_script("return state.units") == 9


def test_two_views_show_the_same(notebook: Notebook) -> None:
    notebook.show("one")
    notebook.show("two")
    with notebook.inside("two") as page:
        page.find_element(By.ID, "units-slider").send_keys(Keys.ARROW_LEFT)
    notebook.wait_for("lesson.state.units", 5, "one")


def test_a_move_is_saved_once_and_not_sent_back(notebook: Notebook) -> None:
    notebook.show()
    with notebook.inside() as page:
        page.execute_script(
            "window.heard = 0; addEventListener('message', () => { heard += 1; });"
            "lesson.set({ units: 5 });"
        )
    notebook.wait_for_model("units", 5)
    notebook.wait_for("heard", 0)
    assert notebook.browser.execute_script("return saved.length") == 1


def test_a_view_that_has_ended_is_heard_no_more(notebook: Notebook) -> None:
    notebook.show("one")
    notebook.show("two")
    notebook.browser.execute_script("ends.one()")
    with notebook.inside("one") as page:
        page.execute_script("lesson.set({ units: 9 })")
    with notebook.inside("two") as page:
        page.execute_script("lesson.set({ features: 5 })")
    notebook.wait_for_model("features", 5)
    assert notebook.explorer.units == 6
