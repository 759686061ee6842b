"""`lstminspect fits`: whether a layer or a model fits a small machine, and what fits best."""

from __future__ import annotations

import argparse
from math import lcm
from typing import Any

from lstminspect.analysis.fit import Fit, bytes_in, fits
from lstminspect.cli.commands.model import model_text, shape_of, sizes_of
from lstminspect.cli.layer_options import (
    DISAGREEMENT,
    FINE,
    Parser,
    add_format,
    add_layer_options,
    own_sizes,
    read_layer,
    shown,
    speaks_of_a_layer,
    whole,
)
from lstminspect.display import Answers
from lstminspect.errors import ModelError, OptionError

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect fits --flash 256K --ram 64K --dtype int8 --units 64 --features 3 --timesteps 30
  lstminspect fits --flash 1M --cell gru --features 40
  lstminspect fits lstm gru min_gru --features 40 --flash 256K --ram 64K
  lstminspect fits lstm gru --features 40 --flash 64K --runtime c
  lstminspect fits --model "Input((49, 40)), LSTM(64), Dense(12)" --flash 256K --ram 64K
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect fits",
        description=(
            "Whether a layer or a model fits into flash and RAM, the largest units that do, and "
            "the kernels that run it. Several cells are sorted by what fits."
        ),
        epilog=EXAMPLES,
    )
    text = "several cells, each at --units or at the most that fit; a file by its path"
    parser.add_argument("names", metavar="CELL", nargs="*", help=text)
    parser.add_argument("--flash", metavar="BYTES", help="for the weights, for example 256K or 1M")
    parser.add_argument("--ram", metavar="BYTES", help="for states and buffers, for example 64K")
    text = "int8 (default), float16, bfloat16, float32, float64"
    parser.add_argument("--dtype", metavar="NAME", default="int8", help=text)
    text = "what runs it: tflite (default), or c for the code that `lstminspect export` writes"
    parser.add_argument("--runtime", metavar="NAME", default="tflite", help=text)
    text = "a whole model in place of a layer: Keras code, its JSON, or a file of either"
    parser.add_argument("--model", metavar="MODEL", help=text)
    text = "what the first layer of the model takes, without the batch"
    parser.add_argument("--input-shape", metavar="N,N", help=text)
    text = "a number for a size that the model leaves open; may be given again"
    parser.add_argument("--set", metavar="NAME=N", action="append", default=[], help=text)
    add_layer_options(parser, idle=("batch_first",))
    add_format(parser)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The verdict for what `words` describe: exit 1 if it does not fit, or if none of several."""
    options = arguments().read(words)
    if options.flash is None and options.ram is None:
        raise OptionError("fits needs a bound: --flash 256K, --ram 64K, or both.")
    bounds = {
        name: None if text is None else bytes_in(f"--{name}", text)
        for name, text in (("flash", options.flash), ("ram", options.ram))
    }
    found = _fits(options, bounds | {"dtype": options.dtype, "runtime": options.runtime})
    does = any(each.does for each in found) if isinstance(found, Answers) else found.does
    return shown(found, options), FINE if does else DISAGREEMENT


def _fits(options: argparse.Namespace, bounds: dict[str, Any]) -> Fit | Answers[Fit]:
    if options.model is not None:
        of_model: Fit = fits(_model(options), **bounds)
        return of_model
    for option, value in (("--input-shape", options.input_shape), ("--set", options.set)):
        if value:
            raise OptionError(f"{option} is for a model. Give one: --model model.py.")
    if options.names and (options.cell or options.equations):
        raise OptionError("the cells are named without --cell: lstminspect fits lstm gru ...")
    asked = options.units is not None
    if not asked:
        # The smallest units that every cut of a cell divides: heads=4 asks for 4, 8, 12, ...
        own = own_sizes(options.size or []).values()
        options.units = str(lcm(*(size for size in own if isinstance(size, int))))
    if not options.names:
        found = fits(read_layer(options), **bounds)
        return found if asked else found.at_largest()
    several = fits([read_layer(options, name) for name in options.names], **bounds)
    return several if asked else Answers(each.at_largest() for each in several)


def _model(options: argparse.Namespace) -> Any:
    """The model that is asked about; the options of a layer are refused beside it."""
    from lstminspect.models.reading.read import model

    text, steps = options.timesteps, None
    options.timesteps = None
    if options.names or speaks_of_a_layer(options):
        raise OptionError("--model stands alone: its layers have their own cells and sizes.")
    if text is not None:
        steps = whole("--timesteps", text, least=1)
    shape = None if options.input_shape is None else shape_of(options.input_shape)
    sizes = sizes_of(options.set)
    found = model(model_text(options.model), shape, timesteps=steps, sizes=sizes)
    for letter in found.letters:
        raise ModelError(
            f"the model leaves {letter.name} open. Give a number: --set {letter.name}=7."
        )
    return found
