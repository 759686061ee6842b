"""`lstminspect page`: the lesson on units, or the laboratory, as one HTML file or from here."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_layer_options,
    read_layer,
    speaks_of_a_layer,
    whole,
)
from lstminspect.cli.output import print_answer
from lstminspect.errors import OptionError
from lstminspect.layer import OPTIONS
from lstminspect.pages.page import page
from lstminspect.pages.pyodide import HOW
from lstminspect.pages.start import BEGINS, MOVED
from lstminspect.views.formats.terminal import is_terminal

__all__ = ["arguments", "run"]

#: The options of a layer that the lesson cannot move, and refuses.
UNMOVED = tuple(each.name for each in OPTIONS if each.name not in (*MOVED, *BEGINS))
#: The line that writes the laboratory.
LAB = "lstminspect page --lab --pyodide package -o lab.html"
EXAMPLES = f"""\
examples:
  lstminspect page -o lesson.html
  lstminspect page --language de -o lektion.html
  lstminspect page --serve
  lstminspect page --cell gru --units 8 --features 2 -o gru.html
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
            "page, or with --serve by the Python that runs here. One file each, which needs no "
            "network."
        ),
        epilog=EXAMPLES,
    )
    text = "of the lesson at first: en (default), de or zh; its reader can change it"
    parser.add_argument("--language", metavar="CODE", help=text)
    text = "the laboratory in place of the lesson, about 9 MB; needs --pyodide"
    parser.add_argument("--lab", action="store_true", help=text)
    text = "the folder of Pyodide, Python for browsers, which `npm pack pyodide` packs"
    parser.add_argument("--pyodide", metavar="DIR", help=text)
    text = "open the laboratory in a browser, answered by this Python, until Ctrl-C"
    parser.add_argument("--serve", action="store_true", help=text)
    text = "of --serve: its port on 127.0.0.1, 8642 if nothing is said; 0 for any that is free"
    parser.add_argument("--port", metavar="N", help=text)
    text = "of --serve: print the address alone"
    parser.add_argument("--no-browser", action="store_true", help=text)
    add_layer_options(parser, without=UNMOVED)
    return parser


def run(words: list[str]) -> tuple[str | bytes | Iterator[str], int]:
    """The page as HTML; nothing more where it was served from here."""
    options = arguments().read(words)
    if options.serve:
        _check_serving(options)
        _serve(options)
        return iter(()), FINE
    for name, value in (("--port", options.port), ("--no-browser", options.no_browser)):
        if value not in (None, False):
            raise OptionError(f"{name} goes with --serve. Add --serve, or leave {name} out.")
    _check(options)
    if options.lab:
        return page(lab=True, pyodide=options.pyodide).html, FINE
    layer = read_layer(options) if _begins(options) else None
    return page(layer, options.language or "en").html, FINE


def _begins(options: argparse.Namespace) -> bool:
    """Say whether the lesson begins with a layer of its own."""
    return speaks_of_a_layer(options) or options.framework is not None


def _check(options: argparse.Namespace) -> None:
    """Raise OptionError for options that do not go together, before the page is made."""
    if options.pyodide is not None and not options.lab:
        raise OptionError("--pyodide is for the laboratory. Add --lab, or leave it out.")
    if options.lab and options.pyodide is None:
        lines = "\n".join(f"  {line}" for line in (*HOW.split(" && "), LAB))
        raise OptionError(f"the laboratory needs Pyodide, Python for browsers. Type:\n{lines}")
    if options.lab and options.language is not None:
        raise OptionError("--language is for the lesson. Leave it out, or --lab.")
    if options.lab and _begins(options):
        raise OptionError("a layer is for the lesson. Leave its options out, or --lab.")
    path = options.output
    ending = os.path.splitext(path or "")[1].lower()
    if ending not in ("", ".html", ".htm"):
        raise OptionError(f"a page is HTML, got {path!r}. Give a name that ends in .html.")
    if path is None and is_terminal(sys.stdout):
        line = LAB if options.lab else "lstminspect page -o lesson.html"
        raise OptionError(f"a page is HTML for a browser, got a terminal. Write a file: {line}.")


def _check_serving(options: argparse.Namespace) -> None:
    """Raise OptionError for options that a page from here does not have."""
    for name, value in (
        ("-o", options.output),
        ("--lab", options.lab),
        ("--pyodide", options.pyodide),
        ("--language", options.language),
        ("a layer", _begins(options)),
    ):
        if value not in (None, False):
            what = "--serve shows the laboratory in a browser, answered by this Python"
            raise OptionError(f"{what}, so {name} has no meaning beside it. Leave one of them out.")


def _serve(options: argparse.Namespace) -> None:
    """Print the address of the laboratory, and answer there until Ctrl-C."""
    from lstminspect.pages.laboratory import asked_over_http
    from lstminspect.pages.server import ANSWER, MOST_PORT, PORT, Server

    port = PORT if options.port is None else whole("--port", options.port, 0, MOST_PORT)
    try:
        with Server(asked_over_http(ANSWER).html, port) as server:
            print_answer(f"The laboratory is at {server.address} until Ctrl-C is pressed here.")
            if not options.no_browser:
                server.open_browser()
            server.serve_forever()
    except KeyboardInterrupt:
        pass
