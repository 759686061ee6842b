"""A real Chromium for the tests of pages, and what they do with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

READY = "return Boolean(window.lesson)"


def chromium(profile: Path) -> Chrome:
    """A browser without a window, which logs what it asks for and what went wrong."""
    options = Options()
    options.binary_location = shutil.which("chromium")
    for each in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{each}")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    # Keys that a test presses reach the page, which a browser without a window need not have.
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
    return driver


def opened(
    browser: Chrome, address: str, state: str = "", width: int = 1280, scheme: str = "light"
) -> None:
    """Open the lesson, and wait until its script has its data."""
    loaded(browser, address + state, width, scheme)
    begun(browser)


def loaded(browser: Chrome, address: str, width: int = 1280, scheme: str = "light") -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    # Another address than before, so that the page is loaded again and not only moved.
    browser.get("about:blank")
    browser.get(address)


def begun(browser: Chrome) -> None:
    WebDriverWait(browser, 30, 0.05).until(lambda now: now.execute_script(READY))


@contextmanager
def framed(browser: Chrome, place: Path, html: str) -> Iterator[None]:
    """A page that holds the lesson `html` in an iframe, as in a notebook; within, the lesson."""
    frame = f'<!DOCTYPE html><iframe srcdoc="{escape(html)}" width="900" height="700"></iframe>'
    place.write_text(frame, "utf-8")
    loaded(browser, place.as_uri())
    browser.switch_to.frame(0)
    try:
        begun(browser)
        yield
    finally:
        browser.switch_to.default_content()


def clicked(browser: Chrome, which: str) -> None:
    """Click everything that the selector `which` finds."""
    script = "for (const each of document.querySelectorAll(arguments[0])) each.click()"
    browser.execute_script(script, which)
