"""`lstminspect quiz`: a worksheet with its key, the same for the same seed."""

from __future__ import annotations

from lstminspect.cli.layer_options import FINE, Parser, add_format, shown, whole
from lstminspect.errors import OptionError
from lstminspect.teaching.quiz.worksheet import MOST, TOPICS, quiz

__all__ = ["arguments", "run"]

EXAMPLES = """\
examples:
  lstminspect quiz
  lstminspect quiz --seed 7 --questions 12 -o worksheet.html
  lstminspect quiz --seed 7 --questions 12 --no-key
  lstminspect quiz --seed 7 --questions 12 --key-only
  lstminspect quiz --topics count,myth,shapes
"""


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect quiz",
        description=(
            "Questions on parameters and shapes of random layers, with answers worked out. The "
            "same seed gives the same worksheet."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("--seed", metavar="S", default="0", help="which worksheet (default 0)")
    text = f"how many, up to {MOST} (default 10)"
    parser.add_argument("--questions", metavar="N", default="10", help=text)
    every = ", ".join(TOPICS).replace("_", "-")
    parser.add_argument("--topics", metavar="NAME,NAME", help=f"of {every}")
    parser.add_argument("--no-key", action="store_true", help="the questions alone, to give out")
    parser.add_argument("--key-only", action="store_true", help="the answers alone, to keep")
    add_format(parser, looks=("color",))
    return parser


def run(words: list[str]) -> tuple[str, int]:
    """The worksheet that `words` ask for."""
    options = arguments().read(words)
    if options.no_key and options.key_only:
        raise OptionError("--no-key and --key-only leave nothing. Choose one.")
    topics = (
        None if options.topics is None else [name.strip() for name in options.topics.split(",")]
    )
    seed = whole("--seed", options.seed, least=0)
    sheet = quiz(seed, whole("--questions", options.questions, least=1), topics)
    if options.no_key:
        sheet = sheet.without_key()
    return shown(sheet.key_only() if options.key_only else sheet, options), FINE
