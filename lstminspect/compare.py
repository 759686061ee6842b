"""Comparison: what lstminspect says about a layer against the real layer of a framework.

A framework's file under `frameworks/` builds the real thing and measures it; what is measured has
a name (`parameters`, `weight kernel`, `output 1`), and the same name is claimed here. Every name
that only one side has counts as a difference.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any, NamedTuple

from lstminspect import cells, layouts
from lstminspect.cell import Cell
from lstminspect.errors import OptionError, UnknownConvention, did_you_mean
from lstminspect.frameworks import numbered
from lstminspect.layer import MERGE_MODES, SIZES, Layer
from lstminspect.quantity import Quantity

__all__ = ["FRAMEWORKS", "Check", "Comparison", "command", "compare", "lecture", "random_layers"]

#: Frameworks that can be run here.
FRAMEWORKS = ("keras",)

# A real layer takes real memory: more than this many weights are not built just to be counted.
MOST_PARAMETERS = 50_000_000
# Where a layer leaves the batch or the time steps open, the real one is called with these.
CALLED_WITH = {"batch": 2, "timesteps": 3}

# What the lecture calls Dense: the network that turns the last output into ten scores.
DENSE = Cell("h = W_h @ x + b_h", name="dense")


class Check(NamedTuple):
    """One thing that both sides say. None means that a side says nothing of it."""

    what: str
    ours: Any
    theirs: Any

    @property
    def agrees(self) -> bool:
        """Whether both sides say the same."""
        return bool(self.ours == self.theirs)


@dataclass(frozen=True)
class Comparison:
    """The checks of one configuration, and the command line that repeats them."""

    subject: str
    cell: str
    framework: str
    checks: tuple[Check, ...]
    command: str

    @property
    def agrees(self) -> bool:
        """Whether every check agrees."""
        return not self.differences

    @property
    def differences(self) -> tuple[Check, ...]:
        """The checks that do not agree."""
        return tuple(check for check in self.checks if not check.agrees)

    @property
    def parameters(self) -> str:
        """The count, as the framework gives it."""
        return next((f"{c.theirs:,}" for c in self.checks if c.what == "parameters"), "")

    @property
    def returns(self) -> str:
        """The shapes of what the framework returns."""
        return " ".join(str(c.theirs) for c in self.checks if c.what.startswith("output"))


def compare(layer: Layer, framework: str = "keras") -> Comparison:
    """`layer` against the real layer of `framework`, built and called.

    Compared are the parameter count, the name and shape of every weight, the shape of every output
    and state as the framework infers them, and of every tensor that a call on zeros returns.
    Raises MissingFramework if the framework is not installed, UnknownConvention if it has no such
    layer, OptionError if the layer has letters or arrays for sizes or is too large to build.
    """
    _check_comparable(layer, framework)
    module = import_module(f"lstminspect.frameworks.{framework}")
    timesteps = layer.timesteps or CALLED_WITH["timesteps"]
    called = replace(layer, batch=layer.batch or CALLED_WITH["batch"], timesteps=timesteps)
    version = module.version()
    ours = _claims(layer, called, framework)
    theirs: Mapping[str, Any]
    try:
        theirs = module.measure(layer, called)
    except Exception as error:  # Whatever a framework does to a layer it should run is a finding.
        ours, theirs = {"runs": "runs"}, {"runs": f"{type(error).__name__}: {error}"}
    return Comparison(
        _subject(layer), layer.cell.name, version, _checks(ours, theirs), command(layer)
    )


def _checks(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Check, ...]:
    names = dict.fromkeys([*ours, *theirs])
    return tuple(Check(name, ours.get(name), theirs.get(name)) for name in names)


def _check_comparable(layer: Layer, framework: str) -> None:
    if not isinstance(layer, Layer):
        raise OptionError(f"a Layer is compared, got {layer!r}. Make one: Layer('lstm', ...).")
    if framework not in FRAMEWORKS:
        near = did_you_mean(str(framework), FRAMEWORKS)
        known = ", ".join(FRAMEWORKS)
        raise OptionError(
            f"no framework called {framework!r} to compare with.{near} There is {known}."
        )
    if reason := layer.refusal(framework):
        raise UnknownConvention(f"{reason}, so there is nothing to compare with.")
    if any(not isinstance(getattr(layer, name), int | None) for name in SIZES):
        raise OptionError("a real layer needs numbers. Give whole numbers for all sizes.")
    memory = layer.parameters_in(framework)
    held = (layer.batch or 1) * (layer.timesteps or 1) * (layer.units + layer.features)
    if max(memory, held * layer.layers) > MOST_PARAMETERS:
        raise OptionError(
            f"the real layer would hold {memory:,} weights and about {held:,} values a call; "
            f"at most {MOST_PARAMETERS:,} are built. Compare a smaller one: the rule is the same."
        )


def _claims(layer: Layer, called: Layer, framework: str) -> dict[str, Any]:
    claims: dict[str, Any] = {"parameters": layer.parameters_in(framework)}
    for weight in layer.weights_in(framework):
        claims[f"weight {weight.name}"] = weight.shape
    for name, shape in layer.state_shapes.items():
        claims[f"state {name}"] = shape
    claims |= numbered("output", layer.output_shapes)
    claims |= numbered("returned", called.output_shapes)
    return claims


def lecture() -> Iterator[tuple[Layer, int | None]]:
    """The figures of the lecture and of the questions around it: a layer and its printed count."""
    yield Layer("lstm", units=25, features=10, timesteps=5), 3600
    yield Layer("lstm", 64, 3, timesteps=30, return_sequences=True, return_state=True), 17408
    yield Layer("lstm", units=4, features=8, timesteps=10, batch=32), None
    yield Layer("lstm", units=3, features=10, timesteps=2), None
    yield Layer("lstm", units=3, features=10, timesteps=2, batch=8), None
    yield Layer("gru", units=32, features=16, bidirectional=True), 9600
    yield Layer("gru_reset_before", units=32, features=16, bidirectional=True), 9408
    yield Layer("rnn", units=32, features=32), 2080


def compare_lecture(framework: str = "keras") -> Iterator[Comparison]:
    """Every configuration of `lecture`, then the lecture's whole model, LSTM(25) and Dense(10)."""
    for layer, printed in lecture():
        found = compare(layer, framework)
        if printed is not None:
            found = replace(found, checks=(*found.checks, _as_printed(layer.parameters, printed)))
        yield found
    module = import_module(f"lstminspect.frameworks.{framework}")
    lstm = Layer("lstm", units=25, features=10).parameters
    dense = DENSE.count(units=10, features=25)
    ours = {"parameters": lstm + dense, "parameters of LSTM": lstm, "parameters of Dense": dense}
    theirs = module.measure_lecture_model()
    checks = (*_checks(ours, theirs), _as_printed(lstm + dense, 3860))
    subject = "LSTM(25) on (5, 10), then Dense(10)"
    yield Comparison(subject, "lstm", module.version(), checks, "lstminspect validate")


def _as_printed(ours: Quantity, printed: int) -> Check:
    return Check("parameters as printed", ours, printed)


def random_layers(number: int, seed: int) -> Iterator[Layer]:
    """`number` configurations over every option that Keras has; the same ones for a `seed`."""
    chance = random.Random(seed)
    names = [name for name in cells.names() if not layouts.get("keras").refusal(cells.get(name))]
    for _ in range(number):
        yield _random_layer(chance, chance.choice(names))


def _random_layer(chance: random.Random, cell: str) -> Layer:
    def maybe(value: int) -> int | None:
        return chance.choice([None, value])

    stateful = chance.random() < 0.25
    bidirectional = chance.random() < 0.5
    layers = chance.choice([1, 1, 2, 3])
    modes = [mode for mode in MERGE_MODES if mode is not None or layers == 1]
    batch = chance.randint(1, 6)
    return Layer(
        cell,
        units=chance.randint(1, 40),
        features=chance.randint(1, 40),
        timesteps=maybe(chance.randint(1, 8)),
        batch=batch if stateful else maybe(batch),
        use_bias=chance.random() < 0.7,
        return_sequences=chance.random() < 0.5,
        # Keras 3.15.1 raises a TypeError of its own (Bidirectional.compute_mask multiplies a
        # generator) for every stateful bidirectional layer that returns its states.
        return_state=chance.random() < 0.5 and not (stateful and bidirectional),
        go_backwards=chance.random() < 0.3,
        stateful=stateful,
        bidirectional=bidirectional,
        merge_mode=chance.choice(modes) if bidirectional else "concat",
        layers=layers,
    )


def command(layer: Layer) -> str:
    """The command line that compares `layer` again.

    >>> command(Layer("lstm", units=4, features=3, use_bias=False, stateful=True, batch=2))
    'lstminspect validate --cell lstm --units 4 --features 3 --batch 2 --no-use-bias --stateful'
    """
    return " ".join(["lstminspect validate --cell", layer.cell.name, *_options(layer)])


def _options(layer: Layer) -> Iterator[str]:
    plain = Layer(layer.cell, units=1, features=1)
    for each in fields(Layer):
        value, option = getattr(layer, each.name), each.name.replace("_", "-")
        if each.name in ("cell", "reset_after"):
            continue
        if isinstance(value, bool):
            if value != getattr(plain, each.name):
                yield f"--{option}" if value else f"--no-{option}"
        elif each.name in ("units", "features") or value != getattr(plain, each.name):
            yield f"--{option} {str(value).lower()}"


def _subject(layer: Layer) -> str:
    return command(layer).removeprefix("lstminspect validate --cell ")
