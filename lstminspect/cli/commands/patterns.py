"""`lstminspect patterns`: the patterns of sequence problems, with models of each."""

from __future__ import annotations

from lstminspect.cli.layer_options import FINE, Parser, add_format, shown
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.models.patterns import PATTERNS

__all__ = ["run"]


def run(words: list[str]) -> tuple[str, int]:
    """All patterns, or the one that `words` name."""
    parser = Parser(
        prog="lstminspect patterns",
        description="One-to-one, many-to-one and the others: pictures, Keras lines, shapes, uses.",
        epilog="examples:\n  lstminspect patterns\n  lstminspect patterns many-to-one\n",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one pattern alone")
    add_format(parser)
    options = parser.read(words)
    if options.name is None:
        return shown(PATTERNS, options.format), FINE
    names = [pattern.name for pattern in PATTERNS]
    name = options.name.lower().replace("_", "-")
    chosen = tuple(pattern for pattern in PATTERNS if pattern.name == name)
    if not chosen:
        near = did_you_mean(options.name, names)
        raise OptionError(
            f"no pattern is named {options.name!r}.{near} There are {', '.join(names)}."
        )
    return shown(chosen, options.format), FINE
