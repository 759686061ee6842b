"""`lstminspect validate`: the same figures from real layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

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
from lstminspect.errors import OptionError
from lstminspect.validation.cases import (
    FRAMEWORKS,
    CallOptions,
    framework_named,
    module_of,
    random_cases,
)
from lstminspect.validation.validate import Clock, Validation, validate, validate_course

__all__ = ["arguments", "run"]

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


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect validate",
        description=(
            "Build the real layers, give them the same random weights, and compare counts, "
            "weights, shapes, outputs and states. Without options: the figures of a published "
            "course. With a layer's options: that layer. Exit code 1 if any differs."
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
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The validations that `words` ask for; 1 if any of them differs."""
    options = arguments().read(words)
    clock = Clock()
    with clock.counts("all"):
        validations = tuple(_validations(options, clock))
    code = FINE if all(each.agrees for each in validations) else DISAGREEMENT
    text = shown(validations, options)
    if isinstance(text, str) and options.format == "text":
        text = f"{text}\n{_time(validations, clock.seconds)}"
    return text, code


PHASES = {"start": "starting", "build": "building", "measure": "measuring", "run": "running"}


def _time(validations: tuple[Validation, ...], seconds: Mapping[str, float]) -> str:
    """Where the time went: in the framework by phase, and here."""
    clocks = [seconds, *(each.seconds for each in validations)]
    spent = {phase: sum(each.get(phase, 0.0) for each in clocks) for phase in PHASES}
    parts = ", ".join(f"{spent[phase]:.1f} s {words}" for phase, words in PHASES.items())
    rest = max(0.0, seconds["all"] - sum(spent.values()))
    rate = len(validations) / (seconds["all"] - spent["start"])
    return (
        f"{seconds['all']:.1f} s: {parts} {validations[0].framework}, {rest:.1f} s for the rest. "
        f"Once started, {rate:.1f} a second."
    )


def _validations(options: argparse.Namespace, clock: Clock) -> Iterable[Validation]:
    framework, options.framework = framework_named(options.framework), None
    calling = _calling(options)
    single = speaks_of_a_layer(options)
    seed = whole("--seed", options.seed or "0", least=0)
    if options.random is None and single:
        return [validate(read_layer(options), framework, seed, calling)]
    if calling != CallOptions():
        raise OptionError(
            "how to call goes with one layer: add --cell lstm --units 4 --features 3."
        )
    if options.random is None:
        if options.seed is not None:
            raise OptionError("--seed belongs to --random. Add --random 100, or leave --seed out.")
        return list(validate_course(framework))
    if single:
        raise OptionError(
            "--random chooses the layers. Leave the layer's options out, or --random."
        )
    number = whole("--random", options.random, least=1)
    with clock.counts("start"):
        module_of(framework).load()
    cases = random_cases(number, seed, framework)
    return [
        validate(layer, framework, own, calling)
        for layer, calling, own in progress(cases, number, "layer")
    ]


def _calling(options: argparse.Namespace) -> CallOptions:
    names = [name.replace("-", "_") for name in CALLS]
    chosen = {name: True for name in names if getattr(options, name)}
    return CallOptions(**chosen, dtype=options.dtype or "float32")
