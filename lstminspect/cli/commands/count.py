"""`lstminspect --units 64 --features 3`: the report of one layer."""

from __future__ import annotations

from lstminspect.analysis.report import report
from lstminspect.cli.catalogue import listed
from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    read_range,
    shown,
)
from lstminspect.errors import OptionError
from lstminspect.version import __version__
from lstminspect.views.render import FORMATS
from lstminspect.views.report import PICTURES

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect --units 64 --features 3
  lstminspect --units u --features f
  lstminspect --units 64 --features 3 --timesteps 30 --return-sequences --return-state
  lstminspect --cell gru --units 32 --features 16 --bidirectional --no-reset-after
  lstminspect --units 64 --features 3 --convention pytorch --format json
  lstminspect --hidden-size 64 --input-size 3 --batch-first --framework pytorch
  lstminspect --units 64 --features 3 --timesteps 30 -o lstm.svg
  lstminspect --units 64 --features 3 --picture weights -o slide.png
  lstminspect --cell projected --units 64 --features 3 --size projection=16
  lstminspect --equations mycell.txt --units 64 --features 3
  lstminspect --units 64 --features 3 --timesteps 30 --batch 8 --cost
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect",
        description=(
            "Parameters and shapes of a recurrent layer, and why they are what they are. With a "
            "command, of which each has a --help of its own: lstminspect COMMAND [OPTION ...]\n\n"
            f"commands:\n{listed()}"
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"lstminspect {__version__}")
    add_layer_options(parser)
    parser.add_argument(
        "--convention",
        metavar="NAME",
        help="whose storage to count: keras (default), flax, nnx, pytorch, onnx, or equations",
    )
    parser.add_argument(
        "--cost", action="store_true", help="work, bytes and training memory in place of the report"
    )
    text = "real time steps of each sequence of the batch, for example 30,12,7; with --cost"
    parser.add_argument("--lengths", metavar="N,N", help=text)
    add_format(parser, FORMATS, pictures=PICTURES)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The report of the layer that `words` describe."""
    options = arguments().read(words)
    layer = read_layer(options)
    if options.cost:
        from lstminspect.costs.cost import cost  # A report does without it.

        lengths = None if options.lengths is None else read_range("lengths", options.lengths)
        return shown(cost(layer, options.convention, lengths=lengths), options), FINE
    if options.lengths is not None:
        raise OptionError("--lengths goes with --cost. Add it, or leave the lengths out.")
    return shown(report(layer, options.convention), options), FINE
