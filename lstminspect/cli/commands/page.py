"""`lstminspect page`: the lesson on units as one HTML file."""

from __future__ import annotations

from lstminspect.cli.layer_options import FINE, Parser
from lstminspect.pages.lesson import page

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect page -o lesson.html
"""


def arguments() -> Parser:
    """The words that the command takes."""
    return Parser(
        prog="lstminspect page",
        description=(
            "A lesson to open in a browser: move units, features or time steps, and see which "
            "weights, counts and shapes move. One file, which needs no network."
        ),
        epilog=EXAMPLES,
    )


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The page as HTML."""
    arguments().read(words)
    return page().html, FINE
