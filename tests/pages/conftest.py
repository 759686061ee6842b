"""The tests in a browser are there where a browser is, and in continuous integration."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import lstminspect as li

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HAS_BROWSER = all(shutil.which(name) for name in ("chromium", "chromedriver"))

collect_ignore_glob = [] if HAS_BROWSER or os.environ.get("CI") else ["test_*_in_a_browser.py"]
# The Python inside the laboratory comes from npm.
if not (shutil.which("npm") or os.environ.get("CI")):
    collect_ignore_glob.append("test_laboratory_in_a_browser.py")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from chromium import chromium

    driver = chromium(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "lesson.html"
    li.page().save(path)
    return path.as_uri()
