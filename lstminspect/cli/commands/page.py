"""`lstminspect page`: the lesson on units, or the laboratory, as one HTML file."""

from __future__ import annotations

import argparse
import os
import sys

from lstminspect.cli.layer_options import FINE, Parser
from lstminspect.errors import OptionError
from lstminspect.pages.page import page
from lstminspect.pages.pyodide import HOW
from lstminspect.views.formats.terminal import is_terminal

__all__ = ["arguments", "run"]

#: The line that writes the laboratory.
LAB = "lstminspect page --lab --pyodide package -o lab.html"
EXAMPLES = f"""\
examples:
  lstminspect page -o lesson.html
  lstminspect page --language de -o lektion.html
  {LAB}
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect page",
        description=(
            "A lesson to open in a browser: move units, features or time steps, and see which "
            "weights, counts and shapes move. With --lab a laboratory: forms for your own "
            "equations, code, counts, errors and worksheets, answered by the Python inside the "
            "page. One file each, which needs no network."
        ),
        epilog=EXAMPLES,
    )
    text = "of the lesson at first: en (default), de or zh; its reader can change it"
    parser.add_argument("--language", metavar="CODE", help=text)
    text = "the laboratory in place of the lesson, about 9 MB; needs --pyodide"
    parser.add_argument("--lab", action="store_true", help=text)
    text = "the folder of Pyodide, Python for browsers, which `npm pack pyodide` packs"
    parser.add_argument("--pyodide", metavar="DIR", help=text)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The page as HTML."""
    options = arguments().read(words)
    _check(options)
    if options.lab:
        return page(lab=True, pyodide=options.pyodide).html, FINE
    return page(language=options.language or "en").html, FINE


def _check(options: argparse.Namespace) -> None:
    """Raise OptionError for options that do not go together, before the page is made."""
    if options.pyodide is not None and not options.lab:
        raise OptionError("--pyodide is for the laboratory. Add --lab, or leave it out.")
    if options.lab and options.pyodide is None:
        lines = "\n".join(f"  {line}" for line in (*HOW.split(" && "), LAB))
        raise OptionError(f"the laboratory needs Pyodide, Python for browsers. Type:\n{lines}")
    if options.lab and options.language is not None:
        raise OptionError("--language is for the lesson. Leave it out, or --lab.")
    path = options.output
    ending = os.path.splitext(path or "")[1].lower()
    if ending not in ("", ".html", ".htm"):
        raise OptionError(f"a page is HTML, got {path!r}. Give a name that ends in .html.")
    if path is None and is_terminal(sys.stdout):
        line = LAB if options.lab else "lstminspect page -o lesson.html"
        raise OptionError(f"a page is HTML for a browser, got a terminal. Write a file: {line}.")
