"""A cost: work by step, sequence and batch; bytes by type; training; other counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.costs.cost import DTYPES, Cost
from lstminspect.costs.cost import cost as cost_of
from lstminspect.costs.work import Work
from lstminspect.explanations.other_counters import other_counters
from lstminspect.views import work
from lstminspect.wording import describe, number

__all__ = ["data", "document", "rows"]

CONVENTION = (
    "MACs are the multiply-accumulates of matrix products alone. Bias additions, other "
    "element-wise operations and functions are counted beside them, one per entry. "
    "FLOPs = 2 x MACs + the rest."
)
WORKS = ("step", "sequence", "batch", "packed")


def document(cost: Cost) -> Document:
    """Work by step, sequence and batch; bytes by type; training; what other counters say."""
    layer = cost.layer
    count = number(layer.parameters_in(cost.convention))
    title = f"{describe(layer)}: {count} parameters, {number(cost.step.macs)} MACs per step"
    parts: list[Part] = [_work(cost), Sentence(CONVENTION), _bytes(cost), Sentence(_kept(cost))]
    if others := other_counters(cost):
        table = [(each.what, each.text, each.why) for each in others]
        parts.append(
            Table("what other counters say", ("counter", "number", "why"), table, (1,), least=())
        )
    return Document(f"{title} ({cost.convention} convention)", parts)


def _work(cost: Cost) -> Table:
    layer = cost.layer
    steps = "?" if layer.timesteps is None else number(layer.timesteps)
    batch = "?" if layer.batch is None else number(layer.batch)
    names = {
        "step": "one step",
        "sequence": f"a sequence of {steps} steps",
        "batch": f"a batch of {batch} sequences",
        "packed": f"the {number(cost.real_steps)} real steps of the batch",
    }
    works = {name: getattr(cost, name) for name in WORKS}
    table = [(names[name], *work.columns(each)) for name, each in works.items() if each is not None]
    return Table("work", ("", *work.HEADERS), table, least=work.LEAST)


def _bytes(cost: Cost) -> Table:
    table = []
    for name in DTYPES:
        held = cost_of(cost.layer, cost.convention, name).bytes
        table.append((name, held.weights, held.states, held.step, held.sequences))
    batch = cost.layer.batch
    title = "bytes" if batch is None else f"bytes, a batch of {number(batch)}"
    headers = ("type", "weights", "states", "values of a step", "input and output")
    return Table(title, headers, table, right=(1, 2, 3, 4))


def _kept(cost: Cost) -> str:
    training = cost.training
    names = ", ".join(training.names)
    text = f"Training keeps {number(training.per_step)} numbers per step and sequence ({names})"
    if training.kept is None:
        return f"{text}, so the memory grows with the time steps; the parameters do not."
    together = training.bytes()
    many = "sequence" if cost.layer.batch is None else "batch"
    return (
        f"{text}: {number(training.kept)} for the {many}. With weights, gradients and two more "
        f"numbers each for Adam that is {number(together)} bytes."
    )


def data(cost: Cost) -> dict[str, Any]:
    """Work, bytes and training memory."""
    training = cost.training
    return {
        "cell": cost.layer.cell.name,
        "convention": cost.convention,
        "dtype": cost.dtype,
        "parameters": cost.layer.parameters_in(cost.convention),
        "macs_convention": "matrix products alone; flops = 2 x macs + the rest",
        **{name: work.named(getattr(cost, name)) for name in WORKS},
        "real_steps": cost.real_steps,
        "bytes": asdict(cost.bytes),
        "training": {
            "keeps": training.names,
            "per_step": training.per_step,
            "kept": training.kept,
            "bytes_with_adam": training.bytes(),
        },
    }


def rows(cost: Cost) -> Iterator[tuple[Any, ...]]:
    """The work, one row for each of step, sequence, batch and real steps that is known."""
    yield ("of", *(each.name for each in fields(Work)), "flops")
    for name in WORKS:
        if numbers := work.named(getattr(cost, name)):
            yield (name, *numbers.values())
