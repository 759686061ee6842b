"""`lstminspect explain`: a count, a shape, an error message, or a word such as units."""

from __future__ import annotations

import argparse

from lstminspect.cli.layer_options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    own_sizes,
    read_cell,
    read_layer,
    read_options,
    shown,
    speaks_of_a_layer,
    text_of_file,
    whole,
)
from lstminspect.errors import OptionError
from lstminspect.explanations.explain import LONGEST, explain
from lstminspect.teaching.lesson import Lesson
from lstminspect.teaching.topics import topics
from lstminspect.views.lesson import PICTURES
from lstminspect.views.render import FORMATS

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect explain 9600
  lstminspect explain 9600 --cell gru --units 32 --features 16 --bidirectional --no-reset-after
  lstminspect explain 522240 --units 64 --features 3 --timesteps 30
  lstminspect explain "(None, 30, 64)"
  lstminspect explain "expected ndim=3, found ndim=2"
  python train.py 2>&1 | lstminspect explain -
  lstminspect explain units
  lstminspect explain units --units 4 --features 3 --cell gru
  lstminspect explain return_state --units 64 --features 3 --timesteps 30 --bidirectional
  lstminspect explain topics
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect explain",
        description=(
            "What has this count, what this shape can be, what this error means, what this word "
            "means. With the options of a layer: why that layer was expected to have this count, "
            "or the word with the numbers of that layer."
        ),
        epilog=EXAMPLES,
    )
    text = (
        "a count, a shape, the text of an error or of model.summary(), or a topic (`explain "
        "topics` lists them); - reads a pipe"
    )
    parser.add_argument("what", metavar="WHAT", nargs="+", help=text)
    parser.add_argument("--most", metavar="N", help="how many configurations to list (default 12)")
    add_layer_options(parser)
    add_format(parser, FORMATS, ("all", "color"), PICTURES)
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The explanation of what `words` give."""
    options = arguments().read(words)
    options.what = " ".join(options.what)
    if options.what == "-":
        options.what = text_of_file("-", "a message or a table", LONGEST)
    if (topic := topics.named(options.what)) and topic != topics.LISTED:
        return shown(_lesson(topic, options), options), FINE
    most = whole("--most", options.most or "12", least=1)
    layer = read_layer(options) if speaks_of_a_layer(options) else None
    framework = None if layer is not None else options.framework
    return shown(explain(options.what, layer, most, framework), options), FINE


def _lesson(topic: str, options: argparse.Namespace) -> Lesson:
    """The lesson on `topic`; a size that is not given is that of a lesson."""
    if options.most is not None:
        raise OptionError("--most goes with a count. Leave it out.")
    cell = read_cell(options.cell, options.equations)
    sizes = own_sizes(options.size or [])
    layer, assumed = topics.example(cell=cell, **read_options(options), **sizes)
    return topics.lesson(topic, layer, assumed)
