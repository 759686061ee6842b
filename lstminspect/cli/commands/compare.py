"""`lstminspect compare`: cells side by side, of the same units or with as many parameters each."""

from __future__ import annotations

import re

from lstminspect.analysis.compare import compare
from lstminspect.analysis.curves import AGAINST
from lstminspect.cell import Cell
from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    budget,
    named_cell,
    own_sizes,
    read_options,
    shown,
)
from lstminspect.cli.parser import add_plot, plotted
from lstminspect.errors import OptionError
from lstminspect.views.layers import PICTURES
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect compare lstm gru cifg --units 64 --features 3
  lstminspect compare lstm gru peephole min_gru --features 32 --parameters 100000
  lstminspect compare lstm gru --features 32 --parameters 100000 --plot curves.pdf
  lstminspect compare lstm:64 gru:73 --features 3 --timesteps 30
  lstminspect compare lstm projected --units 64 --features 3 --size projection=16 \\
      --convention pytorch
  lstminspect compare lstm ./mycell.txt --units 64 --features 3
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect compare",
        description="Cells side by side: parameters, MACs, state, bytes and training memory.",
        epilog=EXAMPLES,
    )
    text = "the cells; one with units of its own as gru:73; one of your own by its file"
    parser.add_argument("names", metavar="CELL", nargs="+", help=text)
    text = "a budget in place of --units: each cell has the most units within it"
    parser.add_argument("--parameters", metavar="N", help=text)
    text = "the units whose count is nearest to the budget, even if above it"
    parser.add_argument("--nearest", action="store_true", help=text)
    text = "count every cell as this framework stores it, or by its equations"
    parser.add_argument("--convention", metavar="NAME", help=text)
    text = "of the bytes: float32 (default), float64, float16, bfloat16, int8"
    parser.add_argument("--dtype", metavar="NAME", default="float32", help=text)
    idle = ("go_backwards", "stateful", "activation", "recurrent_activation", "batch_first")
    add_layer_options(parser, idle, without=("cell", "equations"))
    add_plot(parser)
    text = f"what the curves of --plot are against: {', '.join(AGAINST)} (default: as is given)"
    parser.add_argument("--against", metavar="AXIS", help=text)
    add_format(parser, FORMATS, pictures=PICTURES)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The cells that `words` name, counted alike."""
    options = arguments().read(words)
    if options.cell is not None:
        raise OptionError("the cells are named without --cell: lstminspect compare lstm gru ...")
    if options.equations is not None:
        raise OptionError("a cell of your own is named by its file: compare lstm ./mycell.txt ...")
    answer = compare(
        *map(_entry, options.names),
        parameters=None if options.parameters is None else budget(options.parameters),
        nearest=options.nearest,
        convention=options.convention,
        dtype=options.dtype,
        **read_options(options),
        **own_sizes(options.size or []),
    )
    if options.against is not None and options.plot is None:
        raise OptionError("--against goes with --plot FILE. Add it, or leave --against out.")
    plotted(answer, options, options.against)
    return shown(answer, options), FINE


def _entry(text: str) -> str | Cell | tuple[Cell, str]:
    """The cell that `text` names, a file as its cell: `gru`, `gru:73`, `./mycell.txt:73`."""
    if re.fullmatch(r"\w+(:[^/\\]*)?", text):
        return text
    path, _, units = text.rpartition(":")
    if not re.fullmatch(r"\w+", units) or not path:  # No colon, or one of the path.
        return named_cell(text)
    return named_cell(path), units
