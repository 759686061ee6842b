"""Terms: how a framework writes a layer, what it takes and returns, and what it does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from lstminspect.answer import Snippet
from lstminspect.layer import Layer, Shape

__all__ = ["InTerms", "Lack", "Tensor", "Terms", "example"]

#: The batch and the steps of code that runs, where the layer leaves them open.
CALLED = {"batch": 2, "timesteps": 5}


class Tensor(NamedTuple):
    """One tensor of a call, by the framework's name for it.

    An axis that is not known is None, or the letter that the framework's documentation has.
    """

    name: str
    shape: Shape


class Lack(NamedTuple):
    """An option of which a framework has these values alone, and a sentence that says so."""

    option: str
    has: tuple[object, ...]
    why: str


class Terms(NamedTuple):
    """The terms of one framework, as functions of a layer that it has.

    `written` is the layer as an expression, or an empty text. `lines` print the count and then the
    shapes of `returned`; there are none where such code would not run. `remark` says what a reader
    of these shapes should know. `lacks` are options beside those that a convention answers for.
    """

    title: str
    written: Callable[[Layer], str]
    inputs: Callable[[Layer], tuple[Tensor, ...]]
    outputs: Callable[[Layer], tuple[Tensor, ...]]
    states: Callable[[Layer], tuple[Tensor, ...]]
    returned: Callable[[Layer], tuple[Tensor, ...]]
    lines: Callable[[Layer], tuple[str, ...]]
    remark: Callable[[Layer], str]
    lacks: tuple[Lack, ...] = ()
    #: What the framework calls the subject of a lesson, and what is particular in it. LAYER is
    #: the layer as it is written.
    topics: Mapping[str, str] = MappingProxyType({})
    #: Whether the output of every step comes back, whatever return_sequences says.
    every_step: bool = False
    #: Whether the directions of the last layer come back side by side on an axis, never merged.
    apart: bool = False
    #: Why it has no bidirectional layer that goes backwards, where it has none.
    one_way: str = ""


@dataclass(frozen=True)
class InTerms:
    """A layer in the terms of `framework`: see `in_terms`.

    `written` is the layer as the framework writes it, `check` lines that run and what they print.
    """

    framework: str
    title: str
    written: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    states: tuple[Tensor, ...]
    remark: str
    check: Snippet | None


def example(layer: Layer) -> Layer:
    """`layer` with a batch and time steps that code can have."""
    batch = CALLED["batch"] if layer.batch is None else layer.batch
    steps = CALLED["timesteps"] if layer.timesteps is None else layer.timesteps
    return replace(layer, batch=batch, timesteps=steps, reset_after=None)
