"""`lstminspect fits`: whether a layer fits a small machine, and the largest that does."""

from __future__ import annotations

from lstminspect.analysis.fit import fits, memory
from lstminspect.cli.layer_options import (
    DISAGREEMENT,
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
  lstminspect fits --flash 256K --ram 64K --dtype int8 --units 64 --features 3 --timesteps 30
  lstminspect fits --flash 1M --cell gru --features 40
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect fits",
        description="Whether a layer fits into flash and RAM, and the largest units that do.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--flash", metavar="BYTES", help="for the weights, for example 256K or 1M")
    parser.add_argument("--ram", metavar="BYTES", help="for states and buffers, for example 64K")
    text = "int8 (default), float16, bfloat16, float32, float64"
    parser.add_argument("--dtype", metavar="NAME", default="int8", help=text)
    add_layer_options(parser, idle=("batch", "stateful", "batch_first"))
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str, int]:
    """The verdict for the layer that `words` describe: exit 1 if it does not fit."""
    options = arguments().read(words)
    if options.flash is None and options.ram is None:
        raise OptionError("fits needs a bound: --flash 256K, --ram 64K, or both.")
    asked = options.units is not None
    options.units = options.units if asked else "1"
    bounds = {
        name: None if text is None else memory(f"--{name}", text)
        for name, text in (("flash", options.flash), ("ram", options.ram))
    }
    verdict = fits(read_layer(options), bounds["flash"], bounds["ram"], options.dtype)
    if not asked and verdict.largest is not None:
        options.units = str(verdict.largest)
        verdict = fits(read_layer(options), bounds["flash"], bounds["ram"], options.dtype)
    return shown(verdict, options), FINE if verdict.does else DISAGREEMENT
