"""`return_sequences` and `return_state`: which tensors come back."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from lstminspect.answer import Part, Prose, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import (
    calls,
    outputs_of,
    returned_of,
    shaped,
    states_of,
    tensors_of,
)
from lstminspect.wording import NAMES, shape

__all__ = ["return_sequences", "return_state"]


def return_sequences(layer: Layer) -> TopicAnswer:
    """Every output, or the last one."""
    last, every = (replace(layer, return_sequences=flag) for flag in (False, True))
    if not _chosen(layer, "return_sequences"):
        answer = f"The output of every time step comes back, always: {_shape(every)}."
        return TopicAnswer(answer, [_returned(layer), *shaped(every), *calls(every)])
    answer = (
        f"With return_sequences the output of every time step comes back, "
        f"{_shape(every)}. Without it only the last one does, {_shape(last)}."
    )
    parts: list[Part] = [
        _returned(layer),
        Prose(
            f"The parameters are the same: {layer.parameters:,}. The outputs are computed either "
            "way; the option says whether they are kept."
        ),
        Prose(
            "Choose it where another recurrent layer follows, which needs a sequence, or where "
            "every step has an answer of its own. Leave it out for one answer per sequence."
        ),
        *shaped(every),
        *calls(every),
    ]
    return TopicAnswer(answer, parts)


def return_state(layer: Layer) -> TopicAnswer:
    """The final states, behind the output."""
    returning = replace(layer, return_state=True)
    parts: list[Part] = [_returned(layer)]
    if layer.bidirectional:
        parts.append(Prose("The output is made of both directions, each state is of one alone."))
    elif "h" in layer.cell.states and layer.layers == 1 and _chosen(layer, "return_sequences"):
        parts.append(
            Prose(
                "Without return_sequences the output and the state h are equal: both are h after "
                "the last step. With return_sequences the output is h after every step."
            )
        )
    parts += [
        Prose(
            "The states are never merged: a bidirectional layer gives those of both directions, "
            "forward first. Give them to another layer as initial_state, as a decoder takes them."
        ),
        *shaped(returning),
        *calls(returning),
    ]
    return TopicAnswer(_states_answer(returning), parts)


def _states_answer(returning: Layer) -> str:
    states = ", ".join(states_of(returning)) or "nothing, for it has no state"
    if not _chosen(returning, "return_state"):
        return f"The final states come back always: the output, then {states}."
    name = NAMES.get(returning.cell.name, f"layer of {returning.cell.name}")
    both = "bidirectional " if returning.bidirectional else ""
    article = "An" if not both and name == NAMES["lstm"] else "A"
    number = len(returned_of(returning))
    tensors = "1 tensor" if number == 1 else f"{number} tensors"
    return (
        f"With return_state the final states come back too. {article} {both}{name} returns "
        f"{tensors}: the output, then {states}."
    )


def _shape(layer: Layer) -> str:
    return " ".join(map(shape, outputs_of(layer)))


def _chosen(layer: Layer, option: str) -> bool:
    """Say whether the framework of `layer` leaves it to that option what comes back."""
    if layer.framework is None:
        return True
    choices: list[dict[str, Any]] = [{option: flag} for flag in (False, True)]
    off, on = (replace(layer, **choice) for choice in choices)
    return returned_of(off) != returned_of(on)


def _returned(layer: Layer) -> Table:
    """The tensors that come back, for every choice that the framework leaves."""
    options = [name for name in ("return_sequences", "return_state") if _chosen(layer, name)]
    if not options:
        return Table("always", ("tensor", "shape"), tuple(tensors_of(layer)))
    rows = []
    for values in product((False, True), repeat=len(options)):
        choice: dict[str, Any] = dict(zip(options, values, strict=True))
        each = replace(layer, **choice)
        rows.append((*("yes" if value else "no" for value in values), returned_of(each)))
    headers = (*options, "what comes back")
    title = "all four" if len(options) > 1 else "both"
    return Table(title, headers, tuple(rows))
