"""`batch` and `stateful`: sequences side by side, and states kept between calls."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import (
    calls,
    counted,
    in_code,
    input_of,
    outputs_of,
    shaped,
    states_of,
)

__all__ = ["batch", "stateful"]

#: The batch of a lesson, where the layer has none, and the samples of its example.
BATCH, SAMPLES = 4, 100


def batch(layer: Layer) -> TopicAnswer:
    """The meaning of a batch, and what it changes."""
    one = replace(layer, batch=1)
    many = replace(layer, batch=layer.batch if layer.batch not in (None, 1) else BATCH)
    answer = (
        f"batch is how many sequences go through side by side. It never changes the parameters: "
        f"{layer.parameters:,} for any batch."
    )
    rows = tuple(
        (each.batch, each.parameters, input_of(each), outputs_of(each)[0], _states(each))
        for each in (one, many)
    )
    headers = ("batch", "parameters", "input", "output", "each state")
    parts: list[Part] = [
        Table("one sequence, and several", headers, rows),
        Prose(
            "Every sequence has a state of its own and does not see the others."
            + " Keras writes None for a batch that is not decided yet." * _speaks_of_keras(layer)
        ),
        *shaped(many),
        *in_code(many),
        *calls(replace(layer, batch=None, stateful=False)),
    ]
    return TopicAnswer(answer, parts)


def _speaks_of_keras(layer: Layer) -> bool:
    return layer.framework in (None, "keras")


def _states(layer: Layer) -> tuple[object, ...] | str:
    shapes = tuple(dict.fromkeys(states_of(layer).values()))
    return shapes or "none"


def stateful(layer: Layer) -> TopicAnswer:
    """The states that a stateful layer keeps, and the batches that are legal."""
    size = BATCH if layer.batch is None else layer.batch
    kept = replace(layer, batch=size, stateful=True)
    if not kept.state_shapes:
        answer = f"{layer.cell.name} has no state, so there is nothing that stateful could keep."
        return TopicAnswer(answer, [*counted(layer)])
    answer = (
        "A stateful layer goes on from the states of the last batch, where others start from "
        f"zeros. It keeps one state for each sequence, so the batch is fixed: here {size:,}."
    )
    rows = tuple((name, shape, shape[0] * shape[1]) for name, shape in kept.state_shapes.items())
    legal = [number for number in range(1, SAMPLES + 1) if SAMPLES % number == 0]
    fits = "fits" if size in legal else "does not fit"
    parts: list[Part] = [
        Table("what is kept", ("state", "shape", "numbers"), rows),
        Prose(
            "The states are not parameters: they are not learned, and the count stays "
            f"{layer.parameters:,}. Sequence 1 of a batch goes on where sequence 1 of the batch "
            "before ended: do not shuffle."
        ),
        Prose(
            f"No batch may be smaller than the others, so the batch must divide the number of "
            f"samples. {SAMPLES} samples allow {', '.join(map(str, legal))}; {size:,} {fits}."
        ),
        *counted(kept),
        *in_code(kept),
        *calls(kept),
    ]
    return TopicAnswer(answer, parts)
