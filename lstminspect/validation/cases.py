"""Cases: a layer with weights, an input and a way to call it, all drawn from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect import cells, conventions
from lstminspect.cell import Cell
from lstminspect.errors import (
    MissingFramework,
    OptionError,
    UnknownConvention,
    did_you_mean,
    quoted,
)
from lstminspect.layer import MERGE_MODES, Layer
from lstminspect.validation.case import Case
from lstminspect.weights.initial import random_weights

if TYPE_CHECKING:
    from lstminspect.names import FrameworkName

__all__ = ["FRAMEWORKS", "CallOptions", "case_of", "framework_named", "module_of", "random_cases"]

#: Frameworks that can be run, each with the file under `frameworks` that runs it.
FRAMEWORKS: dict[FrameworkName, str] = {
    "keras": "keras",
    "pytorch": "pytorch",
    "onnx": "onnx",
    "flax": "flax",
    "nnx": "flax",
    "torchrecurrent": "torchrecurrent",
}

# Where a layer leaves the batch or the time steps open, it is called with these.
CALLED_WITH = {"batch": 2, "timesteps": 3}
# Gates of other functions leave 0 to 1, and a state that they keep can grow with each step until
# rounding decides what it is: such cases are one layer of at most two steps.
WITHIN_ONE = {"hard_sigmoid", "sigmoid", "softmax", "sparse_sigmoid"}
# The sizes that random cells of their own sizes take.
OWN_SIZES = {"projection": (1, 12)}


@dataclass(frozen=True)
class CallOptions:
    """The way to call a layer: the arguments beside the input, and their form.

    Masks, lengths and initial states are drawn from the case's seed.
    """

    mask: bool = False
    lengths: bool = False
    initial_state: bool = False
    time_major: bool = False
    unbatched: bool = False
    keep_order: bool = False
    dtype: str = "float32"

    @property
    def options(self) -> list[str]:
        """The options of the command line that say the same."""
        flags = [
            f"--{each.name.replace('_', '-')}"
            for each in fields(self)
            if getattr(self, each.name) is True
        ]
        return [*flags, *([f"--dtype {self.dtype}"] if self.dtype != "float32" else [])]


def framework_named(name: Any) -> FrameworkName:
    """The framework that `name` means, of those that can be run. Raises OptionError for another."""
    known = conventions.named(name) if _is_known(name) else name
    if not isinstance(known, str) or known not in FRAMEWORKS:
        near = did_you_mean(name, FRAMEWORKS) if isinstance(name, str) else ""
        what = f"no framework called {quoted(name)} to validate against"
        raise OptionError(f"{what}.{near} There are {', '.join(FRAMEWORKS)}.")
    return known


def _is_known(name: Any) -> bool:
    with suppress(UnknownConvention):
        return bool(conventions.named(name))
    return False


def module_of(framework: FrameworkName) -> Any:
    """The file that runs `framework`."""
    return import_module(f"{__package__}.{FRAMEWORKS[framework]}")


def case_of(layer: Layer, framework: FrameworkName, seed: int, calling: CallOptions) -> Case:
    """`layer` with random weights and input, to be called as `calling` says.

    Raises OptionError if the framework cannot be called in this way.
    """
    if calling.dtype not in ("float32", "float64"):
        raise OptionError(f"dtype must be float32 or float64, got {calling.dtype!r}.")
    if calling.time_major and calling.unbatched:
        raise OptionError("an unbatched input has no batch to be second. Leave one of them out.")
    dtype, sampler = np.dtype(calling.dtype), np.random.default_rng(seed)
    batch = 1 if calling.unbatched else layer.batch or CALLED_WITH["batch"]
    steps = layer.timesteps or CALLED_WITH["timesteps"]
    called = replace(layer, batch=batch, timesteps=steps)
    x = sampler.normal(size=called.input_shape).astype(dtype)
    mask = sampler.random((batch, steps)) < 0.6 if calling.mask else None
    lengths = sampler.integers(1, steps, batch, endpoint=True) if calling.lengths else None
    initial = None
    if calling.initial_state:
        initial = [sampler.normal(size=s).astype(dtype) for s in called.state_shapes.values()]
    if calling.unbatched:
        x = x[0]
        initial = initial and [each[0] for each in initial]
    if calling.time_major:
        x = np.ascontiguousarray(x.swapaxes(0, 1))
    weights = random_weights(called, framework, seed, dtype)
    case = Case(
        layer, called, framework, weights, x, initial, mask, lengths,
        calling.time_major, calling.unbatched, calling.keep_order,
    )  # fmt: skip
    if reason := module_of(framework).why_unsupported(case):
        raise OptionError(f"{reason}. Leave the option out.")
    return case


def random_cases(
    number: int, seed: int, framework: FrameworkName
) -> Iterator[tuple[Layer, CallOptions, int]]:
    """`number` layers with a way to call each and a seed, over all options of `framework`.

    The same ones for a `seed`. Raises MissingFramework if the framework is not installed.
    """
    sampler = random.Random(f"{framework} {seed}")
    module_of(framework).load()
    names = [name for name in cells.names() if _can_be_drawn(cells.get(name), framework)]
    for _ in range(number):
        name, own = sampler.choice(names), sampler.randrange(10**9)
        while True:
            try:
                layer = _random_layer(sampler, name, framework)
                calling = _random_calling(sampler, layer)
                case_of(layer, framework, own, calling)
            except MissingFramework:
                raise
            except ValueError:  # A draw that does not go together: draw again.
                continue
            break
        if not layer.why_unsupported(framework):
            yield layer, calling, own


def _can_be_drawn(cell: Cell, framework: str) -> bool:
    return not conventions.get(framework).why_unsupported(cell) and not cell.further_inputs


def _random_calling(sampler: random.Random, layer: Layer) -> CallOptions:
    ends = sampler.choice(["", "", "mask", "lengths"])
    return CallOptions(
        mask=ends == "mask",
        lengths=ends == "lengths",
        initial_state=sampler.random() < 0.5 and not layer.stateful,
        time_major=sampler.random() < 0.5,
        unbatched=sampler.random() < 0.2,
        keep_order=layer.go_backwards and sampler.random() < 0.5,
        dtype=sampler.choice(["float32", "float32", "float64"]),
    )


def _random_layer(sampler: random.Random, cell: str, framework: FrameworkName) -> Layer:
    def maybe(value: Any, otherwise: Any = None) -> Any:
        return sampler.choice([otherwise, value])

    module = module_of(framework)
    stateful = sampler.random() < 0.15
    bidirectional = sampler.random() < 0.5
    layers = sampler.choice([1, 1, 2, 3])
    batch = sampler.randint(1, 6)
    units = sampler.randint(2, 40)
    texts = module.ACTIVATIONS
    chosen: dict[str, Any] = {
        name: maybe(sampler.choice(texts)) for name in ("activation", "recurrent_activation")
    }
    if framework == "onnx":
        chosen["output_activation"] = maybe(sampler.choice(texts))
        chosen["clip"] = maybe(sampler.choice([0.5, 2.0]))
    chosen = {name: text for name, text in chosen.items() if sampler.random() < 0.4}
    text = chosen.get("recurrent_activation") or "sigmoid"
    grows = text.partition("(")[0] not in WITHIN_ONE
    layers = 1 if grows else layers
    modes = [mode for mode in MERGE_MODES if mode is not None or layers == 1]
    own: dict[str, Any] = {
        name: min(units - 1, sampler.randint(*OWN_SIZES[name]))
        for name in cells.get(cell).own_sizes
    }
    return Layer(
        cell,
        units=units,
        features=sampler.randint(1, 40),
        timesteps=sampler.randint(1, 2) if grows else maybe(sampler.randint(1, 8)),
        batch=batch if stateful else maybe(batch),
        use_bias=sampler.random() < 0.7,
        return_sequences=sampler.random() < 0.5,
        # Keras 3.15.1 raises a TypeError of its own (Bidirectional.compute_mask multiplies a
        # generator) for every stateful bidirectional layer that returns its states.
        return_state=sampler.random() < 0.5 and not (stateful and bidirectional),
        go_backwards=sampler.random() < 0.3,
        stateful=stateful,
        bidirectional=bidirectional,
        merge_mode=sampler.choice(modes) if bidirectional else "concat",
        layers=layers,
        **chosen,
        **own,
    )
