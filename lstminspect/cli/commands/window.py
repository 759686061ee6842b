"""`lstminspect window`: a network that sees a window, against a layer that remembers."""

from __future__ import annotations

from lstminspect.analysis.sweep import window
from lstminspect.cli.layer_options import (
    FINE,
    UNCOUNTED,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    read_range,
    shown,
)

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect window --units 64 --features 3
  lstminspect window --units 64 --features 3 --steps 1,5,10,30,100
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect window",
        description="A hidden layer that sees a window of steps, against a recurrent layer.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--steps", metavar="N,N", default="1,5,10,30,100", help="windows to take")
    add_layer_options(parser, (*UNCOUNTED, "output_activation", "clip"))
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """Parameters of a window network for each window, and of the recurrent layer."""
    options = arguments().read(words)
    steps = read_range("steps", options.steps)
    return shown(tuple(window(read_layer(options), steps)), options), FINE
