"""Validation: what lstminspect says about a layer against the real layer of a framework.

The file of a framework builds the real layer and measures it. What is measured has a name
(`parameters`, `weight kernel`, `output 1`), and the same name is claimed here. A name that only one
side has counts as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.errors import OptionError, UnknownConvention, quoted
from lstminspect.layer import SIZES, Layer, checked_layer
from lstminspect.runtime.runner import Runner
from lstminspect.sizes import Quantity
from lstminspect.validation.case import Case, numbered
from lstminspect.validation.cases import (
    FRAMEWORKS,
    CallOptions,
    case_of,
    framework_named,
    module_of,
)
from lstminspect.wording import options_of

if TYPE_CHECKING:
    from lstminspect.names import FrameworkName

__all__ = ["Check", "Clock", "Validation", "command", "course", "validate", "validate_course"]

# A real layer takes real memory: more than this many weights are not built just to be counted.
MOST_PARAMETERS = 50_000_000
# The largest difference of two outputs after no step; each step adds half of it. At eight steps
# that is 1e-5 and 1e-12.
TOLERANCES = {"float32": 2e-6, "float64": 2e-13}

# The Dense of the course, which turns the last output into ten scores.
DENSE = Cell("h = W_h @ x + b_h", name="dense")


class Check(NamedTuple):
    """One thing that both sides say, `what`. A side that says nothing of it has None.

    Where it is about values, `ours` is the allowed difference and `theirs` the largest one.
    """

    what: str
    ours: Any
    theirs: Any
    of_values: bool = False

    @property
    def agrees(self) -> bool:
        """True if both sides are equal."""
        return bool(self.theirs <= self.ours if self.of_values else self.ours == self.theirs)


class Clock:
    """The seconds of each phase, in `seconds`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def counts(self, phase: str) -> Iterator[None]:
        """Count the time of this block as that of `phase`."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = perf_counter() - start


@dataclass(frozen=True, repr=False)
class Validation(Answer):
    """The checks of one configuration, and the command line that repeats them."""

    subject: str
    cell: str
    framework: str
    checks: tuple[Check, ...]
    command: str
    #: Seconds that the framework took to "start", then to "build", "measure" and "run" its layer.
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        verdict = "agrees" if self.agrees else f"{len(self.differences)} differ"
        return f"<Validation of {self.subject} with {self.framework}: {verdict}>"

    @property
    def agrees(self) -> bool:
        """True if every check agrees."""
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
        for name in ("output", "returned"):
            if shapes := [str(c.theirs) for c in self.checks if c.what.startswith(name)]:
                return " ".join(shapes)
        return ""


def validate(
    layer: Layer,
    framework: FrameworkName = "keras",
    seed: int = 0,
    calling: CallOptions | None = None,
) -> Validation:
    """`layer` against the real layer of `framework`, built, with the same weights, and called.

    Compared are the parameter count, the name and shape of every weight, the shape of every output
    and state as the framework infers them where it does, and the shape and the values of every
    tensor that a call returns. Weights and input are random and drawn from `seed`; `calling` says
    how the layer is called. A difference of values is relative to the largest of them, or to 1, and
    may be 1e-6 (2 + timesteps) in float32, 1e-13 (2 + timesteps) in float64.

    Raises MissingFramework if the framework is not installed, UnknownConvention if it has no such
    layer, OptionError if it cannot be called in this way, or if the layer has letters or
    arrays for sizes or is too large to build.
    """
    calling = CallOptions() if calling is None else calling
    if not isinstance(calling, CallOptions):
        raise OptionError(f"calling must be CallOptions, got {quoted(calling)}.")
    framework = framework_named(framework)
    layer = checked_layer(layer)
    _check_runnable(layer, framework)
    if layer.batch_first is not None:  # The order of the axes is one of the call.
        turned = calling.time_major or not layer.batch_first
        layer, calling = replace(layer, batch_first=None), replace(calling, time_major=turned)
    layer = replace(layer, framework=None)  # The measured shapes are those that `run` returns.
    module = module_of(framework)
    clock = Clock()
    with clock.counts("start"):
        version = module.version()
    case = case_of(layer, framework, seed, calling)
    ours = _claims(case, infers=module.INFERS)
    theirs: dict[str, Any] = {}
    values: list[Check] = []
    try:
        with clock.counts("build"):
            real = module.build(case)
        with clock.counts("measure"):
            theirs = module.measure(case, real)
        with clock.counts("run"):
            returned = module.values(case, real)
    except Exception as error:  # Whatever a framework does to a layer it should run is a finding.
        ours = {"runs": "runs"} | (ours if theirs else {})
        theirs["runs"] = f"{type(error).__name__}: {error}"
    else:
        ours |= numbered("returned", [_as_called(case, s) for s in case.called.output_shapes])
        theirs |= numbered("returned", [tuple(each.shape) for each in returned])
        values = _values(case, returned)
    subject = " ".join([layer.cell.name, *options_of(layer), *calling.options])
    checks = (*_checks(ours, theirs), *values)
    again = command(layer, framework, seed, calling)
    return Validation(subject, layer.cell.name, version, checks, again, clock.seconds)


def _values(case: Case, theirs: list[Any]) -> list[Check]:
    """The largest difference of every output and state."""
    runner = Runner(case.called, case.weights, case.convention, case.dtype)
    options: dict[str, Any] = {
        "mask": case.mask,
        "lengths": case.lengths,
        "time_major": case.time_major,
        "unbatched": case.unbatched,
        "keep_order": case.keep_order,
    }
    ours = runner(case.x, case.initial_state, **options)
    if case.layer.stateful:  # A second call goes on from the states of the first.
        ours = runner(case.x, **options)
    ours = ours if isinstance(ours, tuple) else (ours,)
    allowed = TOLERANCES[case.dtype] * (1 + case.called.timesteps / 2)
    return [
        Check(f"values {number}", allowed, _difference(mine, other), of_values=True)
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), start=1)
    ]


def _difference(ours: Any, theirs: Any) -> float:
    """The largest difference, over the largest of `theirs` if that is above 1."""
    if ours.shape != theirs.shape or (np.isnan(ours) != np.isnan(theirs)).any():
        return float("inf")
    if not theirs.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # Infinity less infinity is no difference.
        difference = np.nan_to_num(np.abs(ours - theirs))
    return float(difference.max() / max(1.0, float(np.nan_to_num(np.abs(theirs)).max())))


def _checks(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Check, ...]:
    names = dict.fromkeys([*ours, *theirs])
    return tuple(Check(name, ours.get(name), theirs.get(name)) for name in names)


def _check_runnable(layer: Layer, framework: str) -> None:
    if reason := layer.why_unsupported(framework):
        raise UnknownConvention(f"{reason}, so there is nothing to validate against.")
    if any(not isinstance(getattr(layer, name), int | None) for name in SIZES):
        raise OptionError("a real layer needs numbers. Give whole numbers for all sizes.")
    memory = layer.stored(framework).parameters
    held = (layer.batch or 1) * (layer.timesteps or 1) * (layer.units + layer.features)
    if max(memory, held * layer.layers) > MOST_PARAMETERS:
        raise OptionError(
            f"the real layer would hold {memory:,} weights and about {held:,} values a call; "
            f"at most {MOST_PARAMETERS:,} are built. Validate a smaller one: the rule is the same."
        )


def _claims(case: Case, infers: bool) -> dict[str, Any]:
    layer = case.layer
    stored = layer.stored(case.convention)
    claims: dict[str, Any] = {"parameters": stored.parameters}
    for weight in stored.weights:
        claims[f"weight {weight.name}"] = weight.shape
    if infers:
        for name, shape in layer.state_shapes.items():
            claims[f"state {name}"] = shape
        claims |= numbered("output", layer.output_shapes)
    return claims


def _as_called(case: Case, shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape as the call gives it: without a batch, or time first."""
    if case.unbatched:
        return shape[1:]
    return (shape[1], shape[0], shape[2]) if case.time_major and len(shape) == 3 else shape


def course() -> Iterator[tuple[Layer, int | None]]:
    """The figures of a published course and of questions about it: a layer, its printed count."""
    yield Layer("lstm", units=25, features=10, timesteps=5), 3600
    yield Layer("lstm", 64, 3, timesteps=30, return_sequences=True, return_state=True), 17408
    yield Layer("lstm", units=4, features=8, timesteps=10, batch=32), None
    yield Layer("lstm", units=3, features=10, timesteps=2), None
    yield Layer("lstm", units=3, features=10, timesteps=2, batch=8), None
    yield Layer("gru", units=32, features=16, bidirectional=True), 9600
    yield Layer("gru_reset_before", units=32, features=16, bidirectional=True), 9408
    yield Layer("rnn", units=32, features=32), 2080


def validate_course(framework: FrameworkName = "keras") -> Iterator[Validation]:
    """Every configuration of `course` that `framework` has.

    Against Keras the printed counts are checked too, and the whole model of the course: LSTM(25),
    then Dense(10).
    """
    for layer, printed in course():
        if framework in FRAMEWORKS and layer.why_unsupported(framework):
            continue
        validation = validate(layer, framework)
        if printed is not None and framework == "keras":
            checks = (*validation.checks, _as_printed(layer.parameters, printed))
            validation = replace(validation, checks=checks)
        yield validation
    if framework != "keras":
        return
    module = module_of(framework)
    lstm = Layer("lstm", units=25, features=10).parameters
    dense = DENSE.count(units=10, features=25)
    ours = {"parameters": lstm + dense, "parameters of LSTM": lstm, "parameters of Dense": dense}
    theirs = module.measure_course_model()
    checks = (*_checks(ours, theirs), _as_printed(lstm + dense, 3860))
    subject = "LSTM(25) on (5, 10), then Dense(10)"
    yield Validation(subject, "lstm", module.version(), checks, "lstminspect validate")


def _as_printed(ours: Quantity, printed: int) -> Check:
    return Check("parameters as printed", ours, printed)


def command(
    layer: Layer,
    framework: FrameworkName = "keras",
    seed: int = 0,
    calling: CallOptions | None = None,
) -> str:
    """The command line that compares `layer` again.

    >>> command(Layer("lstm", units=4, features=3, use_bias=False, stateful=True, batch=2))
    'lstminspect validate --cell lstm --units 4 --features 3 --batch 2 --no-use-bias --stateful'
    """
    words = ["lstminspect validate"]
    words += [f"--framework {framework}"] * (framework != "keras")
    words += ["--cell", layer.cell.name, *options_of(layer)]
    words += (calling or CallOptions()).options
    return " ".join([*words, *([f"--seed {seed}"] if seed else [])])
