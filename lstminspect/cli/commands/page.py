"""`lstminspect page`: the lesson on units as one HTML file."""

from __future__ import annotations

import os
import sys

from lstminspect.cli.layer_options import FINE, Parser
from lstminspect.errors import OptionError
from lstminspect.pages.page import page
from lstminspect.views.formats.terminal import is_terminal

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect page -o lesson.html
  lstminspect page --language de -o lektion.html
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect page",
        description=(
            "A lesson to open in a browser: move units, features or time steps, and see which "
            "weights, counts and shapes move. One file, which needs no network."
        ),
        epilog=EXAMPLES,
    )
    text = "the language that it begins in: en (default), de or zh; its reader can change it"
    parser.add_argument("--language", metavar="CODE", default="en", help=text)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The page as HTML."""
    options = arguments().read(words)
    path = options.output
    ending = os.path.splitext(path or "")[1].lower()
    if ending not in ("", ".html", ".htm"):
        raise OptionError(f"a page is HTML, got {path!r}. Give a name that ends in .html.")
    if path is None and is_terminal(sys.stdout):
        hint = "Write it to a file: lstminspect page -o lesson.html."
        raise OptionError(f"a page is HTML for a browser, got a terminal. {hint}")
    return page(language=options.language).html, FINE
