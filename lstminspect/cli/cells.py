"""`lstminspect cells`: the catalogue, or one cell."""

from __future__ import annotations

from lstminspect import cells
from lstminspect.cli.options import FINE, Parser, add_format, read_cell, shown

__all__ = ["run"]


def run(words: list[str]) -> tuple[str, int]:
    """The catalogue, or the one cell that `words` name."""
    parser = Parser(
        prog="lstminspect cells",
        description="The catalogue of cells, or one cell: equations, lengths, parameters, source.",
        epilog="examples:\n  lstminspect cells\n  lstminspect cells peephole --format latex\n",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the cell to show")
    parser.add_argument("--equations", metavar="FILE", help="show the cell in a file of your own")
    add_format(parser)
    found = parser.read(words)
    if found.name is None and found.equations is None:
        return shown(tuple(cells.get(name) for name in cells.names()), found.format), FINE
    return shown(read_cell(found.name, found.equations), found.format), FINE
