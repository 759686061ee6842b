"""The outlines of what a layer costs, and of whether it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lstminspect.analysis.fit import Fit
from lstminspect.costs.cost import DTYPES, Cost, cost
from lstminspect.explanations.other_counters import other_counters
from lstminspect.teaching.snippets import counted
from lstminspect.views.document import Document, Part, Sentence, Table
from lstminspect.views.model import WORK, work_row
from lstminspect.wording import describe, number

__all__ = ["of_cost", "of_fit"]

CONVENTION = (
    "MACs are the multiply-accumulates of matrix products alone. Bias additions, other "
    "element-wise operations and functions are counted beside them, one an entry. "
    "FLOPs = 2 x MACs + the rest."
)


def of_cost(found: Cost) -> Document:
    """Work by step, sequence and batch; bytes by type; training; what other counters say."""
    layer = found.layer
    count = number(layer.parameters_in(found.convention))
    title = f"{describe(layer)}: {count} parameters, {number(found.step.macs)} MACs a step"
    parts: list[Part] = [_work(found), Sentence(CONVENTION), _bytes(found), Sentence(_kept(found))]
    if others := other_counters(found):
        rows = [(each.what, each.text, each.why) for each in others]
        parts.append(Table("what other counters say", ("counter", "number", "why"), rows, (1,)))
    return Document(f"{title} ({found.convention} convention)", parts)


def _work(found: Cost) -> Table:
    layer = found.layer
    steps = "?" if layer.timesteps is None else number(layer.timesteps)
    batch = "?" if layer.batch is None else number(layer.batch)
    rows = [("one step", *work_row(found.step))]
    if found.sequence is not None:
        rows.append((f"a sequence of {steps} steps", *work_row(found.sequence)))
    if found.batch is not None:
        rows.append((f"a batch of {batch} sequences", *work_row(found.batch)))
    if found.packed is not None:
        real = f"the {number(found.real_steps)} real steps of the batch"
        rows.append((real, *work_row(found.packed)))
    return Table("work", ("", *WORK), rows, right=tuple(range(1, 1 + len(WORK))))


def _bytes(found: Cost) -> Table:
    rows = []
    for name in DTYPES:
        held = cost(found.layer, found.convention, name).bytes
        numbers = (held.weights, held.states, held.step, held.sequences)
        rows.append((name, *("?" if each is None else number(each) for each in numbers)))
    title = (
        "bytes" if found.layer.batch is None else f"bytes, a batch of {number(found.layer.batch)}"
    )
    headers = ("type", "weights", "states", "values of a step", "input and output")
    return Table(title, headers, rows, right=(1, 2, 3, 4))


def _kept(found: Cost) -> str:
    training = found.training
    names = ", ".join(training.names)
    text = f"Training keeps {number(training.per_step)} numbers a step and sequence ({names})"
    if training.kept is None:
        return f"{text}, so the memory grows with the time steps; the parameters do not."
    together = training.bytes()
    many = "sequence" if found.layer.batch is None else "batch"
    return (
        f"{text}: {number(training.kept)} for the {many}. With weights, gradients and two more "
        f"numbers each for Adam that is {number(together)} bytes."
    )


def of_fit(found: Fit) -> Document:
    """What is needed, what there is, and the largest that fits."""
    verdict = "fits" if found.does else "does not fit"
    rows = list(_needs(found))
    parts: list[Part] = [
        Table("bytes", ("memory", "needed", "there is", ""), rows, right=(1, 2)),
    ]
    if found.largest is None:
        parts.append(Sentence("Not even one unit fits."))
    else:
        steps = found.layer.timesteps
        command = _command(found)
        parts.append(
            Sentence(
                f"The largest that fits has {number(found.largest)} units (`{command}`). Flash "
                "holds the weights, RAM the states, one value of each line of the equations, and "
                f"input and output of {number(steps)} {'step' if steps == 1 else 'steps'}; the "
                "program and other layers are not counted."
            )
        )
    if found.dtype == "int8":
        parts.append(
            Sentence(
                "int8 as microcontroller kernels have it: weights, input and h in 8 bits, biases "
                "in 32, cell state and gates in 16."
            )
        )
    return Document(f"{describe(found.layer)}, {found.dtype}: {verdict}", parts)


def _command(found: Fit) -> str:
    """The line that shows what the largest layer costs."""
    tied: dict[str, Any] = {"features": None} if "x" in found.layer.cell.declared else {}
    largest = replace(found.layer, units=found.largest, batch=None, **tied)
    checks = counted(largest, "--cost")
    return checks[0].lines[0] if checks else "lstminspect --equations FILE --cost"


def _needs(found: Fit) -> Iterator[tuple[str, str, str, str]]:
    for name, needed, bound in (
        ("flash", found.needs_flash, found.flash),
        ("RAM", found.needs_ram, found.ram),
    ):
        if bound is None:
            yield name, number(needed), "-", ""
        else:
            left = bound - needed
            verdict = f"{number(left)} left" if left >= 0 else f"{number(-left)} too many"
            yield name, number(needed), number(bound), verdict
