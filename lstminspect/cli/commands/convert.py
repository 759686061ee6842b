"""`lstminspect convert`: the weights of a layer in a file, as another framework stores them."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from lstminspect.cli.layer_options import FINE, Parser, add_format, shown
from lstminspect.cli.output import say
from lstminspect.cli.parser import WITHOUT_PICTURE
from lstminspect.conventions.catalogue import EVERY
from lstminspect.errors import OptionError
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.model_file import ModelFile, open_file
from lstminspect.weights.convert import Conversion, convert
from lstminspect.weights.saved import WRITERS
from lstminspect.wording import title

__all__ = ["arguments", "chosen", "run"]

EXAMPLES = """\
examples:
  lstminspect convert model.h5 --to pytorch -o lstm.safetensors
  lstminspect convert model.safetensors --to keras --layer encoder.lstm -o lstm.npz
  lstminspect convert checkpoint.pt --to onnx
  lstminspect convert weights.npz --from haiku --to flax -o lstm.npz
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect convert",
        description=(
            "The weights of a recurrent layer in a model file as another framework stores them: "
            "the same function afterwards. With -o and the ending .safetensors or .npz they are "
            "written there, whole or not at all, in place of a file of that name; what the new "
            "form does not keep apart is said on the error stream. Without it: their names, "
            "shapes and notes. Exit code 2: the framework cannot hold the function."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("path", metavar="PATH", help="a model file")
    text = f"whose form the weights get: {', '.join(EVERY)}"
    parser.add_argument("--to", metavar="NAME", help=text)
    text = "whose form they have, where the file does not show it: all of its tensors are one layer"
    parser.add_argument("--from", metavar="NAME", dest="source", help=text)
    text = "which recurrent layer, where the file has several: `lstminspect file PATH` names them"
    parser.add_argument("--layer", metavar="LAYER", help=text)
    add_format(parser, WITHOUT_PICTURE)
    parser.endings = tuple(WRITERS)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The converted weights of the layer that `words` name: the bytes of a file, or what they are.

    Nothing is written before everything is converted.
    """
    options = arguments().read(words)
    if options.to is None:
        raise OptionError(f"--to is missing. Choose one of {', '.join(EVERY)}.")
    _check_target(options)
    file = open_file(options.path)
    if options.source is not None:
        if options.layer is not None:
            raise OptionError("--from takes all tensors of the file. Leave --layer out.")
        arrays = {each.name: each.values() for each in file.tensors}
        made = convert(arrays, options.source, options.to)
    else:
        made = _converted(chosen(file, options.layer), options.to)
    ending = os.path.splitext(options.output or "")[1].lower()
    named = any(word.partition("=")[0] == "--format" for word in words)
    if named or ending not in WRITERS:
        return shown(made, options), FINE
    for note in made.notes:
        say(UserWarning(f"{note}."))
    return WRITERS[ending](made.weights), FINE


def _check_target(options: argparse.Namespace) -> None:
    """Raise OptionError where the answer would take the place of the file that is read."""
    target = options.output
    both = target and os.path.exists(target) and os.path.exists(options.path)
    if both and os.path.samefile(target, options.path):
        raise OptionError(f"{target!r} is the file that is read. Give -o another name.")


def chosen(file: ModelFile, name: str | None) -> FileLayer:
    """The recurrent layer called `name`, or the only one."""
    if name is not None:
        return file.layer(name)
    if not file.layers:
        raise OptionError(
            "no recurrent layer is recognised in the file. If all of its tensors are one, say "
            "whose they are: --from keras."
        )
    if len(file.layers) > 1:
        names = ", ".join(repr(each.name) for each in file.layers)
        raise OptionError(f"the file has several recurrent layers: {names}. Choose with --layer.")
    return file.layers[0]


def _converted(layer: FileLayer, target: str) -> Conversion:
    """The weights under another convention; a note says which other layers they can be of."""
    made = convert(layer.weights(), layer.convention, target, layer.layer)  # type: ignore[arg-type]
    others = [title(each.layer) for each in layer.alternatives]
    if not others:
        return made
    note = f"taken as {title(layer.layer)}: the tensors can be those of {' or '.join(others)} too"
    return replace(made, notes=(note, *made.notes))
