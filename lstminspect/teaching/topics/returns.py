"""`return_sequences` and `return_state`: which tensors come back."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import keras_calls, shaped
from lstminspect.wording import NAMES

__all__ = ["return_sequences", "return_state"]


def return_sequences(layer: Layer) -> TopicAnswer:
    """Every output, or the last one."""
    last, every = (replace(layer, return_sequences=flag) for flag in (False, True))
    answer = (
        f"With return_sequences the output of every time step comes back, "
        f"{_shape(every)}. Without it only the last one does, {_shape(last)}."
    )
    parts: list[Part] = [
        _four(layer),
        Prose(
            f"The parameters are the same: {layer.parameters:,}. The outputs are computed either "
            "way; the option says whether they are kept."
        ),
        Prose(
            "Choose it where another recurrent layer follows, which needs a sequence, or where "
            "every step has an answer of its own. Leave it out for one answer per sequence."
        ),
        *shaped(every),
        *keras_calls(every),
    ]
    return TopicAnswer(answer, parts)


def return_state(layer: Layer) -> TopicAnswer:
    """The final states, behind the output."""
    returning = replace(layer, return_state=True)
    name = NAMES.get(layer.cell.name, f"layer of {layer.cell.name}")
    both = "bidirectional " if layer.bidirectional else ""
    article = "An" if not both and name == NAMES["lstm"] else "A"
    number = len(returning.output_shapes)
    tensors = "1 tensor" if number == 1 else f"{number} tensors"
    states = ", ".join(returning.state_shapes)
    answer = (
        f"With return_state the final states come back too. {article} {both}{name} returns "
        f"{tensors}: the output, then {states or 'nothing, for it has no state'}."
    )
    parts: list[Part] = [_four(layer)]
    if layer.bidirectional:
        parts.append(Prose("The output is made of both directions, each state is of one alone."))
    elif "h" in layer.cell.states and layer.layers == 1:
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
        *keras_calls(returning),
    ]
    return TopicAnswer(answer, parts)


def _shape(layer: Layer) -> str:
    return " ".join(str(shape) for shape in layer.output_shapes[: 1 + (layer.merge_mode is None)])


def _four(layer: Layer) -> Table:
    """The tensors that come back, for both options on and off."""
    rows = []
    for sequences in (False, True):
        for state in (False, True):
            each = replace(layer, return_sequences=sequences, return_state=state)
            flags = ("yes" if sequences else "no", "yes" if state else "no")
            rows.append((*flags, each.output_shapes))
    headers = ("return_sequences", "return_state", "what comes back")
    return Table("all four", headers, tuple(rows))
