"""`lstminspect validate`: the same figures from real layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from lstminspect.cli.layer_options import (
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
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.validation.cases import FRAMEWORKS, CallOptions, module_of, random_cases
from lstminspect.validation.compare import compare, compare_lecture
from lstminspect.views.render import check_format

__all__ = ["run"]

EXAMPLES = """\
examples:
  lstminspect validate
  lstminspect validate --cell gru --units 5 --features 4 --bidirectional --merge-mode sum
  lstminspect validate --framework pytorch --cell lstm --units 5 --features 4 --lengths
  lstminspect validate --random 1000 --seed 7 --format json
  lstminspect validate --framework onnx --random 500

Needs the framework: pip install 'lstminspect[keras]', or [torch], [onnx], [flax]
"""


CALLS = {
    "mask": "with a mask over the time steps, as Keras takes it",
    "lengths": "with a length for each sequence, as PyTorch and ONNX take it",
    "initial-state": "from random states, not from zeros",
    "time-major": "the time first, then the batch",
    "unbatched": "one sequence without a batch",
    "keep-order": "a backward sequence in the order of time",
}


def run(words: list[str]) -> tuple[str, int]:
    """The comparisons that `words` ask for; 1 if any of them differs."""
    parser = Parser(
        prog="lstminspect validate",
        description=(
            "Build the real layers, give them the same random weights, and compare counts, "
            "weights, shapes, outputs and states. Without options: the lecture's figures. With a "
            "layer's options: that layer. Exit code 1 if any differs."
        ),
        epilog=EXAMPLES,
    )
    text = f"{', '.join(FRAMEWORKS)} (default keras)"
    parser.add_argument("--framework", metavar="NAME", default="keras", help=text)
    parser.add_argument("--random", metavar="N", help="N random configurations over all options")
    parser.add_argument("--seed", metavar="S", help="which random ones, or values (default 0)")
    group = parser.add_argument_group("the call")
    for name, meaning in CALLS.items():
        group.add_argument(f"--{name}", action="store_true", default=None, help=meaning)
    group.add_argument("--dtype", metavar="NAME", help="float32 (default) or float64")
    add_layer_options(parser)
    add_format(parser)
    found = parser.read(words)
    check_format(found.format)  # Before a long run, not after it.
    if found.format == "svg":
        raise OptionError("a comparison has no picture. Use text, json, markdown, latex or html.")
    comparisons = tuple(_comparisons(found))
    code = FINE if all(each.agrees for each in comparisons) else DISAGREEMENT
    return shown(comparisons, found.format), code


def _comparisons(found: argparse.Namespace) -> Iterable[Any]:
    if found.framework not in FRAMEWORKS:
        near = did_you_mean(found.framework, FRAMEWORKS)
        known = ", ".join(FRAMEWORKS)
        message = f"no framework called {found.framework!r} to compare with"
        raise OptionError(f"{message}.{near} There are {known}.")
    calling = _calling(found)
    single = speaks_of_a_layer(found)
    seed = whole("--seed", found.seed or "0", least=0)
    if found.random is None and single:
        return [compare(read_layer(found), found.framework, seed, calling)]
    if calling != CallOptions():
        raise OptionError(
            "how to call goes with one layer: add --cell lstm --units 4 --features 3."
        )
    if found.random is None:
        if found.seed is not None:
            raise OptionError("--seed belongs to --random. Add --random 100, or leave --seed out.")
        return list(compare_lecture(found.framework))
    if single:
        raise OptionError(
            "--random chooses the layers. Leave the layer's options out, or --random."
        )
    number = whole("--random", found.random, least=1)
    module_of(found.framework).load()
    cases = random_cases(number, seed, found.framework)
    return [
        compare(layer, found.framework, own, calling)
        for layer, calling, own in progress(cases, number, "layer")
    ]


def _calling(found: argparse.Namespace) -> CallOptions:
    names = [name.replace("-", "_") for name in CALLS]
    given = {name: True for name in names if getattr(found, name)}
    return CallOptions(**given, dtype=found.dtype or "float32")
