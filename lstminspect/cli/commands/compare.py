"""`lstminspect compare`: cells of the same sizes side by side."""

from __future__ import annotations

from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    shown,
)
from lstminspect.errors import OptionError

__all__ = ["run"]

EXAMPLES = """\
examples:
  lstminspect compare lstm gru cifg --units 64 --features 3
  lstminspect compare lstm projected --units 64 --features 3 --size projection=16
  lstminspect compare lstm ./mycell.txt --units 64 --features 3
"""


def run(words: list[str]) -> tuple[str, int]:
    """The cells that `words` name, the first as the measure of the others."""
    parser = Parser(
        prog="lstminspect compare",
        description="Parameters and shapes of several cells of the same sizes, side by side.",
        epilog=EXAMPLES,
    )
    parser.add_argument("names", metavar="CELL", nargs="+", help="the cells; a file by its path")
    add_layer_options(parser)
    add_format(parser)
    found = parser.read(words)
    if found.cell is not None:
        raise OptionError("the cells are named without --cell: lstminspect compare lstm gru ...")
    if found.equations is not None:
        raise OptionError("a cell of your own is named by its file: compare lstm ./mycell.txt ...")
    layers = tuple(read_layer(found, name) for name in found.names)
    return shown(layers, found.format), FINE
