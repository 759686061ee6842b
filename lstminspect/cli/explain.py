"""`lstminspect explain`: a count, a shape or an error message."""

from __future__ import annotations

from lstminspect.cli.options import (
    FINE,
    Parser,
    add_format,
    add_layer_options,
    read_layer,
    shown,
    speaks_of_a_layer,
    whole,
)
from lstminspect.explain import explain

__all__ = ["run"]

EXAMPLES = """\
examples:
  lstminspect explain 9600
  lstminspect explain 9600 --cell gru --units 32 --features 16 --bidirectional --no-reset-after
  lstminspect explain 522240 --units 64 --features 3 --timesteps 30
  lstminspect explain "(None, 30, 64)"
  lstminspect explain "expected ndim=3, found ndim=2"
"""


def run(words: list[str]) -> tuple[str, int]:
    """The explanation of what `words` give."""
    parser = Parser(
        prog="lstminspect explain",
        description=(
            "What has this count, what this shape can be, what this error means. With the options "
            "of a layer: why that layer was expected to have this count."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("what", metavar="WHAT", help="a count, a shape or the text of an error")
    parser.add_argument("--most", metavar="N", help="how many configurations to list (default 12)")
    add_layer_options(parser)
    add_format(parser)
    found = parser.read(words)
    most = whole("--most", found.most or "12", least=1)
    layer = read_layer(found) if speaks_of_a_layer(found) else None
    return shown(explain(found.what, layer, most), found.format), FINE
