"""`lstminspect memory`: how fast the influence of a state decays, and along which path."""

from __future__ import annotations

import argparse
from dataclasses import replace

from lstminspect import cells
from lstminspect.analysis.memory import MOST_SEEDS, Memory, memory
from lstminspect.cli.commands.convert import chosen
from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    shown,
    speaks_of_a_layer,
    whole,
)
from lstminspect.cli.parser import add_plot, plotted
from lstminspect.errors import OptionError
from lstminspect.files.model_file import open_file
from lstminspect.layer import Layer
from lstminspect.views.render import FORMATS
from lstminspect.weights.starts import STARTS

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect memory --units 32 --features 3
  lstminspect memory --cell lstm,gru,rnn --units 32 --features 3 --start keras,pytorch
  lstminspect memory --units 32 --features 3 --start chrono --timesteps 200 --plot memory.svg
  lstminspect memory --units 32 --features 3 --layers 2 --cell gru
  lstminspect memory model.safetensors --layer encoder --timesteps 50
"""
IDLE = (
    "batch", "return_sequences", "return_state", "go_backwards", "stateful", "merge_mode",
    "batch_first",
)  # fmt: skip


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect memory",
        description=(
            "How fast the influence of a state decays over random input, in half-lives, and along "
            "which path of the equations it travels, beside closed forms. --timesteps is how long "
            "it is followed, 100 steps if it is not given."
        ),
        epilog=EXAMPLES,
    )
    text = "a model file, whose recurrent layer has the weights"
    parser.add_argument("path", metavar="PATH", nargs="?", help=text)
    text = "which recurrent layer, where the file has several: `lstminspect file PATH` names them"
    parser.add_argument("--layer", metavar="LAYER", help=text)
    text = f"the weights to start from, one or several: {', '.join(STARTS)}"
    parser.add_argument("--start", metavar="NAME,NAME", help=text)
    text = "draws of weights and input, for the spread (default 5)"
    parser.add_argument("--seeds", metavar="N", help=text)
    add_layer_options(parser, IDLE)
    add_plot(parser)
    add_format(parser, FORMATS)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """A row for each cell and start in `words`, or for the layer of a file."""
    options = arguments().read(words)
    seeds = 5 if options.seeds is None else whole("--seeds", options.seeds, 1, MOST_SEEDS)
    if options.path is not None:
        answer = _of_file(options, seeds)
    elif options.layer is not None:
        raise OptionError("--layer names a layer of a file. Give the file, or leave --layer out.")
    else:
        starts = None if options.start is None else options.start.replace(" ", "").split(",")
        answer = memory(*_layers(options), start=starts, seeds=seeds)
    plotted(answer, options)
    return shown(answer, options), FINE


def _of_file(options: argparse.Namespace, seeds: int) -> Memory:
    """A recurrent layer of a file, with its weights."""
    if cells.named(options.path):
        raise OptionError(f"a cell goes with --cell. Write --cell {options.path}.")
    steps, options.timesteps = options.timesteps, None  # The file does not say how long to follow.
    if speaks_of_a_layer(options) or options.framework is not None or options.start is not None:
        raise OptionError("a model file has the layer and its weights. Leave their options out.")
    each = chosen(open_file(options.path), options.layer)
    layer = each.layer
    if steps is not None:
        layer = replace(layer, timesteps=whole("--timesteps", steps, 2))
    return memory(layer, seeds=seeds, weights=each.weights(), convention=each.convention)


def _layers(options: argparse.Namespace) -> list[Layer]:
    """A layer for each cell that is named."""
    if options.cell is None or "," not in options.cell:
        return [read_layer(options)]
    return [read_layer(options, name.strip()) for name in options.cell.split(",")]
