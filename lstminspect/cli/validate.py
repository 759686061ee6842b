"""`lstminspect validate`: the same figures from real layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from lstminspect.cli.options import (
    DISAGREEMENT,
    FINE,
    Parser,
    add_format,
    add_layer_options,
    progress,
    read_layer,
    shown,
    speaks_of_a_layer,
    whole,
)
from lstminspect.compare import compare, compare_lecture, random_layers
from lstminspect.errors import OptionError
from lstminspect.render import check_format

__all__ = ["run"]

EXAMPLES = """\
examples:
  lstminspect validate
  lstminspect validate --cell gru --units 5 --features 4 --bidirectional --merge-mode sum
  lstminspect validate --random 1000 --seed 7 --format json

Needs Keras: pip install 'lstminspect[keras]'
"""


def run(words: list[str]) -> tuple[str, int]:
    """The comparisons that `words` ask for; 1 if any of them differs."""
    parser = Parser(
        prog="lstminspect validate",
        description=(
            "Build the real layers and compare counts, weights and shapes. Without options: the "
            "lecture's figures. With a layer's options: that layer. Exit code 1 if any differs."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("--framework", metavar="NAME", default="keras", help="keras (default)")
    parser.add_argument("--random", metavar="N", help="N random configurations over all options")
    parser.add_argument("--seed", metavar="S", help="which random ones (default 0)")
    add_layer_options(parser)
    add_format(parser)
    found = parser.read(words)
    check_format(found.format)  # Before a long run, not after it.
    comparisons = tuple(_comparisons(found))
    code = FINE if all(each.agrees for each in comparisons) else DISAGREEMENT
    return shown(comparisons, found.format), code


def _comparisons(found: argparse.Namespace) -> Iterable[Any]:
    single = speaks_of_a_layer(found)
    if found.random is None:
        if found.seed is not None:
            raise OptionError("--seed belongs to --random. Add --random 100, or leave --seed out.")
        if single:
            return [compare(read_layer(found), found.framework)]
        return list(compare_lecture(found.framework))
    if single:
        raise OptionError(
            "--random chooses the layers. Leave the layer's options out, or --random."
        )
    number = whole("--random", found.random, least=1)
    seed = whole("--seed", found.seed or "0", least=0)
    layers = random_layers(number, seed)
    return [compare(layer, found.framework) for layer in progress(layers, number, "layer")]
