"""Every answer as a page in Chromium: axe-core finds no barrier, and nothing is off the page.

In light and dark, as wide as a telephone, a tablet and a screen. `tests/views/conftest.py` leaves
this file out where there is no Chromium.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import ANSWERS, answer
from axe_core_python.selenium import Axe
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from lstminspect import render

#: Width and colours. Every answer is looked at in the first of them, some in all.
LOOKS = [(320, "dark"), (320, "light"), (768, "light"), (768, "dark"), (1280, "light")]
IN_ALL = ("report", "cell", "model", "cost", "fit", "worksheet", "lesson_units", "patterns")
CASES = [(name, *look) for name in ANSWERS for look in LOOKS[: None if name in IN_ALL else 1]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = Options()
    options.binary_location = shutil.which("chromium")
    profile = tmp_path_factory.mktemp("chromium")
    for each in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{each}")
    options.add_argument(f"--user-data-dir={profile}")
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def opened(browser: Chrome, page: str, folder: Path, width: int, colours: str) -> None:
    """Show `page` in a window of `width` pixels, in the system's light or dark."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    browser.get(path.as_uri())


def violations(browser: Chrome) -> list[str]:
    """What axe-core objects to, with the element."""
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in Axe().run(browser)["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("name", "width", "colours"), CASES)
def test_a_page_has_no_barrier(
    browser: Chrome, tmp_path: Path, name: str, width: int, colours: str
) -> None:
    opened(browser, render(answer(name), "html"), tmp_path, width, colours)
    assert violations(browser) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_axe_objects_to_what_is_wrong(browser: Chrome, tmp_path: Path) -> None:
    page = render(answer("cell"), "html").replace(' tabindex="0"', "").replace("main>", "div>")
    opened(browser, page, tmp_path, 320, "light")
    found = {each.partition(":")[0] for each in violations(browser)}
    assert {"landmark-one-main", "scrollable-region-focusable"} <= found


def test_the_colours_follow_the_system(browser: Chrome, tmp_path: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        opened(browser, render(answer("cell"), "html"), tmp_path, 768, scheme)
        colours.append(browser.execute_script("return getComputedStyle(document.body).color"))
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
