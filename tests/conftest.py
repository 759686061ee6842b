from __future__ import annotations

import os

import pytest

#: What type checkers read, and what stops when it is run.
collect_ignore = ["typing"]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# pytest loads GNU readline, which tells what a test starts that its terminal has 80 columns.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)
    os.unsetenv(_name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="write tests/golden, and what the pages print, again",
    )


@pytest.fixture
def write_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-golden"))
