"""`lstminspect solve`: the size that uses a budget up."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lstminspect.analysis.solve import Solution, solve
from lstminspect.cell import Cell
from lstminspect.cli.layer_options import (
    FINE,
    UNCOUNTED,
    Parser,
    add_format,
    add_layer_options,
    budget,
    named_cell,
    named_cells,
    own_sizes,
    read_options,
    shown,
)
from lstminspect.conventions.catalogue import EQUATIONS, named, storing
from lstminspect.errors import OptionError
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect solve --parameters 17408 --features 3
  lstminspect solve --parameters 1e6 --features 3 --cell lstm,gru,cifg --convention all
  lstminspect solve --parameters 17408 --units 64 --find features
  lstminspect solve --like lstm --units 64 --features 3 --cell gru
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect solve",
        description="The largest units, or another size, whose count is within a budget.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--parameters", metavar="N", help="the budget, for example 17408, 17,408 or 1e6"
    )
    parser.add_argument("--like", metavar="CELL", help="the budget is what this cell has")
    parser.add_argument(
        "--find", metavar="NAME", default="units", help="units (default), features, ..."
    )
    text = "whose storage to count, several with commas, or all (default: the cell's own)"
    parser.add_argument("--convention", metavar="NAME", help=text)
    add_layer_options(parser, UNCOUNTED)
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The sizes that fit the budget in `words`."""
    options = arguments().read(words)
    if (options.parameters is None) == (options.like is None):
        raise OptionError("give the budget: --parameters 17408, or --like lstm --units 64.")
    return shown(tuple(_solutions(options)), options), FINE


def _solutions(options: argparse.Namespace) -> Iterable[Solution]:
    layer_options, own = read_options(options), own_sizes(options.size or [])
    like = None
    if options.like:
        measure = named_cell(options.like)
        like = Layer(measure, **layer_options, **_fitting(measure, own))
    if like:
        layer_options.pop(options.find, None)
    for cell in named_cells(options):
        for convention in _conventions(
            cell, options.convention, layer_options.get("use_bias", True)
        ):
            parameters = like.stored(convention or like.convention).parameters if like else None
            parameters = parameters or budget(options.parameters)
            sizes = layer_options | _fitting(cell, own)
            yield solve(parameters, cell, convention, options.find, **sizes)


def _fitting(cell: Cell, sizes: dict[str, Quantity]) -> dict[str, Quantity]:
    return {name: value for name, value in sizes.items() if name in cell.size_names}


def _conventions(cell: Cell, text: str | None, use_bias: bool) -> tuple[ConventionName | None, ...]:
    """The conventions of `--convention NAME,NAME`; of `all`, those that store the cell."""
    if text is None:
        return (None,)
    if text != "all":
        return tuple(named(name.strip()) for name in text.split(","))
    return (*storing(cell, use_bias), EQUATIONS)
