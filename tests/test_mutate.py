"""The mutation command, on a house of one room: seconds instead of hours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

COMMAND = Path(__file__).with_name("mutate.py")

ROOM = '''
def half(size):
    """
    >>> half(4)
    2
    """
    if size < 0:
        raise ValueError("negative")
    return size // 2
'''
TEST = """
import pytest
from lstminspect.sizes import half

def test_a_negative_size_is_an_error():
    with pytest.raises(ValueError, match="^negative$"):
        half(-1)
"""
EQUIVALENT = {
    "file": "lstminspect/sizes.py",
    "old": "if size < 0:",
    "new": "if size <= 0:",
    "reason": "nobody halves 0",
}


def test_the_command_prints_the_mutants_that_no_test_notices_and_the_score(tmp_path: Path) -> None:
    for file, text in {
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--doctest-modules"',
        "lstminspect/__init__.py": "",
        "lstminspect/sizes.py": ROOM,
        "tests/test_sizes.py": TEST,
        "tests/equivalent_mutants.json": json.dumps([EQUIVALENT]),
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, "utf-8")
    command = [sys.executable, shutil.copy(COMMAND, tmp_path / "tests"), "--sample", "99"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "9 mutants of 1 files, 1 equivalent",
        "lstminspect/sizes.py:7  if size < 0: -> if size < 1:",
        "sizes                 7 of    8 killed  87.5%",
        "all                   7 of    8 killed  87.5%",
    ]
    assert (tmp_path / "lstminspect/sizes.py").read_text("utf-8") == ROOM
