"""`lstminspect quiz`: a worksheet with its key, the same for the same seed."""

from __future__ import annotations

from typing import Any

from lstminspect.cli.layer_options import FINE, Parser, add_format, shown, whole
from lstminspect.cli.parser import WITHOUT_PICTURE
from lstminspect.errors import OptionError
from lstminspect.teaching.quiz.worksheet import DIFFICULTIES, MOST, TOPICS, Worksheet, quiz
from lstminspect.views.render import TESTS

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect quiz
  lstminspect quiz --seed 7 --questions 12 --title "Week 5" --no-answers -o sheet.html
  lstminspect quiz --seed 7 --questions 12 --title "Week 5" --key -o key.html
  lstminspect quiz --difficulty easy --cells lstm,gru --versions 2 -o both.tex
  lstminspect quiz --topics count,myth,shapes --version B
  lstminspect quiz --seed 7 --framework pytorch
  lstminspect quiz --seed 7 -o week5.xml
  lstminspect quiz --seed 7 -o week5.gift
  lstminspect quiz --seed 7 --format qti -o week5.xml
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect quiz",
        description=(
            "Questions on parameters and shapes of random layers, with answers worked out. The "
            "same seed gives the same worksheet. moodle (.xml), gift and qti (QTI 1.2) are for "
            "systems that mark answers: numbers are marked exactly."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("--seed", metavar="S", default="0", help="which worksheet (default 0)")
    text = f"how many, up to {MOST} (default 10)"
    parser.add_argument("--questions", metavar="N", default="10", help=text)
    every = ", ".join(TOPICS).replace("_", "-")
    parser.add_argument("--topics", metavar="NAME,NAME", help=f"of {every}")
    text = f"{', '.join(DIFFICULTIES)} (default medium): sizes and topics"
    parser.add_argument("--difficulty", metavar="NAME", default="medium", help=text)
    text = "ask about these alone, of lstm, gru, gru_reset_before, rnn"
    parser.add_argument("--cells", metavar="NAME,NAME", help=text)
    text = "ask in the words of keras (default) or pytorch"
    parser.add_argument("--framework", metavar="NAME", help=text)
    parser.add_argument("--title", metavar="TEXT", default="", help="the heading of the sheet")
    text = "A, B, ...: the same questions with other numbers"
    parser.add_argument("--version", metavar="LETTER", help=text)
    text = "so many versions, one after the other: 2 for A and B"
    parser.add_argument("--versions", metavar="N", help=text)
    text = "the questions alone, with space to write"
    parser.add_argument("--no-answers", "--no-key", action="store_true", help=text)
    text = "the answers alone, to keep"
    parser.add_argument("--key", "--key-only", action="store_true", help=text)
    add_format(parser, (*WITHOUT_PICTURE, *TESTS), looks=("color",))
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The worksheet that `words` ask for."""
    options = arguments().read(words)
    if options.no_answers and options.key:
        raise OptionError("--no-answers and --key leave nothing. Choose one.")
    if options.format in TESTS and (options.no_answers or options.key):
        raise OptionError(f"{options.format} has questions with answers. Leave the key in.")
    versions = None if options.versions is None else whole("--versions", options.versions, least=1)
    topics: Any = _names(options.topics)
    made = quiz(
        whole("--seed", options.seed, least=0),
        whole("--questions", options.questions, least=1),
        topics,
        difficulty=options.difficulty.lower(),
        cells=_names(options.cells),
        title=options.title,
        version=options.version,
        versions=versions,
        framework=options.framework,
    )
    sheets: tuple[Worksheet, ...] = made if isinstance(made, tuple) else (made,)
    if options.no_answers:
        sheets = tuple(sheet.without_key() for sheet in sheets)
    if options.key:
        sheets = tuple(sheet.key_only() for sheet in sheets)
    return shown(sheets, options), FINE


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]
