"""`lstminspect compare`: cells of the same sizes side by side."""

from __future__ import annotations

from lstminspect.analysis.compare import compare
from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    shown,
)
from lstminspect.errors import OptionError

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect compare lstm gru cifg --units 64 --features 3
  lstminspect compare lstm projected --units 64 --features 3 --size projection=16
  lstminspect compare lstm projected --units 64 --features 3 --size projection=16 \\
      --convention pytorch
  lstminspect compare lstm ./mycell.txt --units 64 --features 3
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect compare",
        description="Parameters and shapes of several cells of the same sizes, side by side.",
        epilog=EXAMPLES,
    )
    parser.add_argument("names", metavar="CELL", nargs="+", help="the cells; a file by its path")
    idle = ("go_backwards", "stateful", "activation", "recurrent_activation", "output_activation")
    add_layer_options(parser, idle, without=("cell", "equations"))
    text = "count every cell as this framework stores it, or by its equations"
    parser.add_argument("--convention", metavar="NAME", help=text)
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str, int]:
    """The cells that `words` name, counted alike, the first as the measure of the others."""
    options = arguments().read(words)
    if options.cell is not None:
        raise OptionError("the cells are named without --cell: lstminspect compare lstm gru ...")
    if options.equations is not None:
        raise OptionError("a cell of your own is named by its file: compare lstm ./mycell.txt ...")
    layers = [read_layer(options, name) for name in options.names]
    return shown(compare(*layers, convention=options.convention), options), FINE
