"""`lstminspect export`: a layer as code in another language."""

from __future__ import annotations

import argparse
import os

from lstminspect.cli.commands.convert import chosen
from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    shown,
    speaks_of_a_layer,
)
from lstminspect.cli.output import say
from lstminspect.cli.parser import WITHOUT_PICTURE
from lstminspect.errors import OptionError
from lstminspect.exports.export import LANGUAGES, Export, export
from lstminspect.exports.onnx import binary
from lstminspect.files.model_file import open_file
from lstminspect.wording import title

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect export lstm --units 64 --features 40 --to c -o lstm.h
  lstminspect export lstm --units 64 --features 40 --to c --test -o lstm_check.c
  lstminspect export --file model.pt --to c -o lstm.h
  lstminspect export gru --units u --features f --to pytorch
  lstminspect export gru --units 64 --features 40 --bidirectional --to onnx -o gru.onnx
"""
#: Options of a layer that its code does not depend on.
IDLE = (
    "timesteps", "batch", "return_sequences", "return_state", "stateful", "batch_first",
    "framework",
)  # fmt: skip


#: Endings of the files that are code.
ENDINGS = tuple(dict.fromkeys([each for _, *own in LANGUAGES.values() for each in own] + [".c"]))


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect export",
        description=(
            "A layer as code in another language, from the equations of its cell: with the weights "
            "of a model file, or without any. The code gives the output of every step and the last "
            "states."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("name", nargs="?", metavar="CELL", help="a cell, or a file of equations")
    titles = ", ".join(f"{name} ({language})" for name, (language, *_) in LANGUAGES.items())
    parser.add_argument("--to", metavar="NAME", help=f"the language: {titles}")
    text = "a model file with the weights, which says cell and sizes too"
    parser.add_argument("--file", metavar="FILE", help=text)
    text = "which recurrent layer, where the file has several: `lstminspect file PATH` names them"
    parser.add_argument("--layer", metavar="LAYER", help=text)
    text = "the numbers: float32 (default), float64, or in C int8 for matrices, with scales"
    parser.add_argument("--dtype", metavar="TYPE", default="float32", help=text)
    text = "what everything in the code is called after; without it the name of the cell"
    parser.add_argument("--called", metavar="WORD", help=text)
    text = "in place of the code, the text that checks it: recorded inputs and their outputs"
    parser.add_argument("--test", action="store_true", help=text)
    text = "with --to numpy: the function backward(...) too, back-propagation through time"
    parser.add_argument("--backward", action="store_true", help=text)
    add_layer_options(parser, idle=IDLE)
    add_format(parser, WITHOUT_PICTURE, ("paper",))
    parser.endings = ENDINGS
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The code that `words` ask for; in another format than text, what is in it."""
    options = arguments().read(words)
    if options.to is None:
        raise OptionError(f"--to is missing. Choose one of {', '.join(LANGUAGES)}.")
    _check_ending(options)
    made = _of_file(options) if options.file is not None else _of_options(options)
    if options.format != "text":
        if options.test:
            raise OptionError("--test is a text. Leave it out, or --format: both are in json.")
        return shown(made, options), FINE
    if options.test and not made.check:
        raise OptionError("--test needs numbers for all sizes. Give numbers for letters.")
    if os.path.splitext(options.output or "")[1].lower() == ".onnx":
        return binary(made.text), FINE
    return (made.check if options.test else made.text).rstrip("\n"), FINE


def _check_ending(options: argparse.Namespace) -> None:
    """Raise OptionError for a file whose ending is that of another language."""
    ending = os.path.splitext(options.output or "")[1].lower()
    if options.to not in LANGUAGES or ending not in ENDINGS:
        return
    language, *own = LANGUAGES[options.to]
    if options.test:
        own = [".c" if options.to == "c" else ".py"]
    if ending not in own:
        what = "the check of" if options.test else "code of"
        files = " or ".join(own)
        raise OptionError(
            f"{what} {language} is a file {files}, got {ending}. Give -o another name."
        )


def _of_options(options: argparse.Namespace) -> Export:
    if options.layer is not None:
        raise OptionError("--layer chooses in a file. Add --file FILE, or leave it out.")
    if options.name is not None and (options.cell or options.equations):
        raise OptionError("the cell is named without --cell: lstminspect export lstm ...")
    layer = read_layer(options, options.name)
    own = {"name": options.called, "backward": options.backward}
    return export(layer, options.to, dtype=options.dtype, **own)


def _of_file(options: argparse.Namespace) -> Export:
    if options.name is not None or speaks_of_a_layer(options):
        raise OptionError(
            "--file stands alone: the file says which cell it is, and its sizes. Leave the "
            "cell and its options out."
        )
    file = open_file(options.file)
    target = options.output
    if target and os.path.exists(target) and os.path.samefile(options.file, target):
        raise OptionError(f"{target!r} is the file that is read. Give -o another name.")
    if not file.layers:
        raise OptionError("no recurrent layer is recognised in the file. Give another file.")
    layer = chosen(file, options.layer)
    if layer.alternatives:
        others = " or ".join(title(each.layer) for each in layer.alternatives)
        taken = f"taken as {title(layer.layer)}: the tensors can be those of {others} too."
        say(UserWarning(taken))
    held = layer.weights()
    own = {"name": options.called, "backward": options.backward}
    return export(layer.layer, options.to, held, layer.convention, options.dtype, **own)
