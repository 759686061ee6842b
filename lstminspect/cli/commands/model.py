"""`lstminspect model`: the layers of a whole model, from its code, its JSON or a file of either."""

from __future__ import annotations

import argparse
import os
import re

from lstminspect import conventions, terms
from lstminspect.cli.layer_options import (
    DISAGREEMENT,
    FINE,
    Parser,
    add_format,
    shown,
    text_of_file,
    whole,
)
from lstminspect.cli.output import BAD_INPUT, say
from lstminspect.errors import ModelError, OptionError
from lstminspect.explanations.explanation import Explanation
from lstminspect.layer import Shape
from lstminspect.models.reading.read import MOST_CHARACTERS, model
from lstminspect.models.summary import Model, Summary
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "model_text", "run", "shape_of", "sizes_of"]

LONGEST_PATH = 1000

EXAMPLES = """\
examples:
  lstminspect model "Input((5, 10)), LSTM(25), Dense(10, activation='softmax')"
  lstminspect model model.py --formulas
  lstminspect model model.json --weights --cost --timesteps 30
  lstminspect model notebook.ipynb --set n=7 --set "x_train.shape[1]=30"
  lstminspect model "GRU(32), Dense(1)" --input-shape 30,8 --convention pytorch
  cat model.py | lstminspect model -
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect model",
        description=(
            "The layers of a model: shapes, parameters, work. Code of Keras, PyTorch and Flax is "
            "read, never run: layers, for example `LSTM(25), Dense(10)`, a program, a notebook; so "
            "are the JSON that model.to_json() writes and tables that summary() or print() wrote. "
            "All models of a file are shown. Sizes that it leaves open are letters. The data of "
            "fit and the loss are compared with the model. Exit code 0: the totals are "
            "complete; 1: something of the model is not known, or another model of the file has a "
            "fault; 2: shapes stop at a layer, or there is no model."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("source", metavar="MODEL", help="the text, a file of it, or - for a pipe")
    _add_options(parser)
    add_format(parser, FORMATS)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The summary of the model that `words` give; what stands above a layer that shapes stop at."""
    options = arguments().read(words)
    if options.framework is not None:
        raise OptionError(_of_a_layer(options.framework))
    shape = None if options.input_shape is None else shape_of(options.input_shape)
    batch, steps = (_whole(options, name) for name in ("batch", "timesteps"))
    try:
        sizes = sizes_of(options.set)
        built = model(model_text(options.source), shape, batch, steps, options.convention, sizes)
    except ModelError as error:
        if not isinstance(error.model, Model) or not error.model.rows:
            raise
        say(error)
        return _above(error, error.model, options), BAD_INPUT
    wanted = (options.weights, options.formulas, options.cost, options.dtype)
    fine = built.complete and not any(each.fault for each in built.others)
    return shown(Summary(built, *wanted), options), FINE if fine else DISAGREEMENT


def _add_options(parser: argparse.ArgumentParser) -> None:
    text = "what the first layer takes, without the batch, where the model does not say it"
    parser.add_argument("--input-shape", metavar="N,N", help=text)
    parser.add_argument("--batch", metavar="N", help="sequences at a time, where it is left open")
    parser.add_argument("--timesteps", metavar="N", help="time steps, where they are left open")
    text = "a number for a size that the text leaves open; may be given again"
    parser.add_argument("--set", metavar="NAME=N", action="append", default=[], help=text)
    text = "count recurrent layers as another framework stores them: pytorch, flax, ..."
    parser.add_argument("--convention", metavar="NAME", help=text)
    parser.add_argument("--framework", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--weights", action="store_true", help="every stored tensor")
    parser.add_argument("--formulas", action="store_true", help="how the counts come about")
    parser.add_argument("--cost", action="store_true", help="MACs and other work, layer by layer")
    text = "for the bytes: float32 (default), float64, float16, bfloat16, int8"
    parser.add_argument("--dtype", metavar="NAME", default="float32", help=text)


def _of_a_layer(framework: str) -> str:
    """Why a model has no `--framework`, and what to type in its place."""
    name, title = conventions.framework(framework), terms.get(framework).title
    return (
        f"--framework {framework} is for one layer, and a model has the shapes of its own code. "
        f"--convention {name} counts its recurrent layers as {title} stores them; for one layer "
        f"in the terms of {title}: `lstminspect --units 64 --features 3 --framework {name}`."
    )


def sizes_of(words: list[str]) -> dict[str, int]:
    """`n=7` as a size and its number; a name may hold `=` itself, for example in a call."""
    found = {}
    for word in words:
        name, sign, text = word.rpartition("=")
        if not sign or not name.strip():
            raise OptionError(f"--set takes a name and a number, for example n=7, got {word!r}.")
        found[name.strip()] = whole(f"--set {name.strip()}", text.strip(), least=1)
    return found


def _whole(options: argparse.Namespace, name: str) -> int | None:
    text = getattr(options, name)
    return None if text is None else whole(f"--{name}", text, least=1)


def shape_of(text: str) -> Shape:
    """`5,10` or `(None, 10)` as sizes."""
    parts = [part.strip() for part in text.strip("()[] ").split(",") if part.strip()]
    if not parts or not all(re.fullmatch("[0-9]{1,15}|None", part) for part in parts):
        raise OptionError(
            f"--input-shape takes sizes without the batch, for example 5,10 or None,10, got "
            f"{text!r}."
        )
    return tuple(None if part == "None" else int(part) for part in parts)


def model_text(source: str) -> str:
    """The text itself, that of the file of this name, or that of the pipe."""
    is_path = "\n" not in source and len(source) < LONGEST_PATH
    if source == "-" or (is_path and os.path.exists(source)):
        return text_of_file(source, "Keras code or JSON", MOST_CHARACTERS)
    if is_path and source.endswith((".json", ".py", ".ipynb", ".keras", ".h5")):
        raise OptionError(f"there is no file {source!r}. Give a file, or the text itself.")
    return source


def _above(error: ModelError, above: Model, options: argparse.Namespace) -> str | bytes:
    """The layers above an error, and the words of `explain` on the shape."""
    if options.format != "text" or error.explanation is None:
        return shown(Summary(above), options)
    assert isinstance(error.explanation, Explanation)
    both = (shown(Summary(above), options), shown(error.explanation, options))
    return "\n\n".join(map(str, both))
