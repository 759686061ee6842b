"""The tests in a browser are there where a browser is, and in continuous integration."""

from __future__ import annotations

import os
import shutil

HAS_BROWSER = all(shutil.which(name) for name in ("chromium", "chromedriver"))

collect_ignore = [] if HAS_BROWSER or os.environ.get("CI") else ["test_lesson_in_a_browser.py"]
