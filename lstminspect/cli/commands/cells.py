"""`lstminspect cells`: the catalogue, or one cell."""

from __future__ import annotations

import argparse

from lstminspect import cells
from lstminspect.cells import TAGS
from lstminspect.cli.layer_options import FINE, Parser, add_format, read_cell, shown
from lstminspect.errors import OptionError
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "run"]


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect cells",
        description="The catalogue of cells, or one cell: equations, lengths, parameters, source.",
        epilog="examples:\n  lstminspect cells\n  lstminspect cells peephole --format latex\n"
        "  lstminspect cells --search cho\n  lstminspect cells --tag minimal --year 2016:2020\n"
        "  lstminspect cells lstm -o lstm.svg\n"
        "  lstminspect cells lstm --numpy > lstm.py\n"
        "  lstminspect cells gru --numpy --backward -o gru.py\n",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the cell to show")
    text = "the cells with these words: names, authors, papers, years, tags"
    parser.add_argument("--search", metavar="TEXT", help=text)
    parser.add_argument("--tag", metavar="NAME", help=f"the cells with this tag: {', '.join(TAGS)}")
    text = "the cells of this year, or of 2010:2020, 2010: or :2020"
    parser.add_argument("--year", metavar="YEAR", help=text)
    parser.add_argument("--equations", metavar="FILE", help="show the cell in a file of your own")
    text = "print the cell as a NumPy module that stands alone: prepare(blocks), run(...)"
    parser.add_argument("--numpy", action="store_true", help=text)
    text = "with --numpy: the function backward(...) too, back-propagation through time"
    parser.add_argument("--backward", action="store_true", help=text)
    add_format(parser, FORMATS)
    parser.endings = (".py",)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The catalogue, or the one cell that `words` name."""
    options = arguments().read(words)
    asked = [name for name in ("search", "tag", "year") if getattr(options, name) is not None]
    single = options.name is not None or options.equations is not None
    if asked and (single or options.numpy):
        raise OptionError(f"--{asked[0]} is for the catalogue. Leave it out, or the cell.")
    if asked and options.backward:
        raise OptionError(f"--{asked[0]} is for the catalogue. Leave it out, or --backward.")
    if asked:
        found = cells.search(options.search or "", tag=options.tag, year=options.year)
        return shown(found, options), FINE
    if options.numpy:
        return _module(options), FINE
    if options.backward:
        raise OptionError("--backward is a function of the module that --numpy prints. Add it.")
    if (options.output or "").endswith(".py"):
        raise OptionError("a file .py is for --numpy. Add it, or give another ending.")
    if not single:
        return shown(tuple(cells.get(name) for name in cells.names()), options), FINE
    return shown(read_cell(options.name, options.equations), options), FINE


def _module(options: argparse.Namespace) -> str:
    if options.format != "text":
        raise OptionError("--numpy prints a module of Python. Leave --format out.")
    if options.all or options.color:
        raise OptionError("--numpy prints a module of Python. Leave --all and --color out.")
    if options.name is None and options.equations is None:
        raise OptionError("--numpy prints one cell: lstminspect cells lstm --numpy.")
    from lstminspect.runtime.codegen import numpy_source

    cell = read_cell(options.name, options.equations)
    return numpy_source(cell, backward=options.backward).rstrip()
