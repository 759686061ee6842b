"""The terminal that a text is written for: its width, and whether it has colours.

Of `COLUMNS`, `TERM`, `NO_COLOR` (no-color.org), `FORCE_COLOR` and `CLICOLOR_FORCE`
(bixense.com/clicolors) and the stream; `shutil` and `curses` would load more than an answer does.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["has_colours", "has_true_colours", "is_terminal", "width_of"]

#: The narrowest page that is written for; on a narrower terminal lines are the terminal's to break.
NARROWEST = 40


def width_of(stream: Any) -> int | None:
    """The columns of the terminal behind `stream`, or COLUMNS; None for a pipe or a file."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(NARROWEST, int(columns))
    if not is_terminal(stream):
        return None
    try:
        return max(NARROWEST, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return 80


def has_colours(stream: Any, when: str = "auto") -> bool:
    """Say whether to write colours: "always", "never", or "auto" by stream and environment."""
    if when != "auto":
        return when == "always"
    asked = (os.environ.get(name, "") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    if os.environ.get("NO_COLOR"):
        return False
    if any(value not in ("", "0") for value in asked):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def has_true_colours() -> bool:
    """Say whether the terminal has every colour, not 256 of them."""
    return os.environ.get("COLORTERM") in ("truecolor", "24bit")


def is_terminal(stream: Any) -> bool:
    """Say whether `stream` writes to a terminal; one that is closed does not."""
    try:
        return stream is not None and bool(stream.isatty())
    except ValueError:
        return False
