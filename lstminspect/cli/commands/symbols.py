"""`lstminspect symbols`: algebra with the count of one cell, or of one against another."""

from __future__ import annotations

from lstminspect.analysis.algebra import symbols
from lstminspect.cli.layer_options import (
    FINE,
    UNCOUNTED,
    Parser,
    add_format,
    add_layer_options,
    named_cell,
    read_options,
    shown,
)
from lstminspect.errors import OptionError
from lstminspect.layer import SIZES

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect symbols lstm
  lstminspect symbols lstm gru --bidirectional
  lstminspect symbols lstm --convention pytorch --format latex
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect symbols",
        description="The closed form of a count, its growth, and the difference of two cells.",
        epilog=EXAMPLES,
    )
    parser.add_argument("first", metavar="CELL", help="the cell")
    parser.add_argument("second", metavar="CELL", nargs="?", help="another to take from it")
    parser.add_argument("--convention", metavar="NAME", help="whose storage to count")
    without = ("cell", "equations", "size", *SIZES)
    add_layer_options(parser, (*UNCOUNTED, "output_activation"), without)
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The closed form of `words`' cell, what one more unit costs, or the difference of two."""
    options = arguments().read(words)
    for name in (*SIZES, "cell", "equations", "size"):
        if getattr(options, name) is not None:
            raise OptionError(f"sizes are letters here. Leave --{name} out.")
    second = options.second and named_cell(options.second)
    first = named_cell(options.first)
    answer = symbols(first, second, options.convention, **read_options(options))
    return shown(answer, options), FINE
