"""`lstminspect patterns`: the patterns of sequence problems, with models of each."""

from __future__ import annotations

from lstminspect.cli.layer_options import FINE, Parser, add_format, shown
from lstminspect.models.patterns import patterns
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "run"]


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect patterns",
        description="One-to-one, many-to-one and the others: pictures, Keras lines, shapes, uses.",
        epilog="examples:\n  lstminspect patterns\n  lstminspect patterns many-to-one\n",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one pattern alone")
    add_format(parser, FORMATS, looks=("all", "color"))
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """All patterns, or the one that `words` name."""
    options = arguments().read(words)
    return shown(patterns(options.name), options), FINE
