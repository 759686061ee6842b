"""`timesteps` and `unrolling`: one set of weights, used at every step."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Sketch, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code, input_of, outputs_of, shaped

__all__ = ["timesteps", "unrolling"]

# More copies than this are not drawn: the last stands behind dots.
DRAWN = 5


def timesteps(layer: Layer) -> TopicAnswer:
    """The shapes that time steps change, and the parameters that they do not."""
    longer = replace(layer, timesteps=2 * layer.timesteps)
    answer = (
        f"timesteps is how many steps a sequence has. It never changes the parameters: "
        f"{layer.parameters:,} for {layer.timesteps:,} steps and {longer.parameters:,} for "
        f"{longer.timesteps:,}."
    )
    rows = tuple(_measured(each) for each in (layer, longer))
    headers = ("steps", "parameters", "input", "last output", "all outputs", "cell runs")
    parts: list[Part] = [
        Table("twice as long", headers, rows),
        Prose(
            "The same weights are used at every step, one step after the other. A longer sequence "
            "takes more time, and more memory while training, but no more parameters."
        ),
        Prose(
            "A layer can be built without knowing the number: Keras and PyTorch take sequences of "
            "any length, as long as those of one batch are equally long."
        ),
        *counted(longer),
        *in_code(longer),
    ]
    return TopicAnswer(answer, parts)


def _measured(layer: Layer) -> tuple[str | int | tuple[object, ...], ...]:
    every = outputs_of(replace(layer, return_sequences=True))[0]
    last = outputs_of(replace(layer, return_sequences=False))[0]
    runs = layer.timesteps * layer.directions * layer.layers
    return (layer.timesteps, layer.parameters, input_of(layer), last, every, runs)


def unrolling(layer: Layer) -> TopicAnswer:
    """The meaning of the drawing with many copies."""
    steps = layer.timesteps
    answer = (
        f"An unrolled drawing shows the same cell {steps:,} times, once for every time step. There "
        f"is one cell and one set of weights: {layer.parameters:,} parameters."
    )
    apart = steps * layer.parameters
    states = " and ".join(layer.cell.states)
    goes = (
        f"From step to step {'go' if ' and ' in states else 'goes'} {states}."
        if states
        else "No state goes from step to step."
    )
    parts: list[Part] = [
        Sketch(
            _copies(steps),
            f"{goes} W, U and b are the same in every copy.",
        ),
        Prose(
            f"Copies with weights of their own would have {steps:,} × {layer.parameters:,} = "
            f"{apart:,} parameters. That is not how a recurrent layer works."
        ),
        Prose(
            "Keras' option unroll=True writes the loop over the steps out. It changes the speed, "
            "not the parameters and not the result."
        ),
        *counted(layer),
        *shaped(replace(layer, return_sequences=True)),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def _copies(steps: int) -> str:
    """The copies in a row, with dots before the last one if there are many.

    >>> print(_copies(2))
       x1        x2
       |         |
     [cell] -> [cell] -> h2
    """
    columns = [(f"x{number}", "|", "[cell]") for number in range(1, min(steps, DRAWN) + 1)]
    if steps > DRAWN:
        columns[-2:] = [("", "", "..."), (f"x{steps}", "|", "[cell]")]
    inputs, bars, copies = zip(*columns, strict=True)
    above = ["    ".join(sign.center(6) for sign in row).rstrip() for row in (inputs, bars)]
    below = " -> ".join(copy.center(6) for copy in copies)
    return "\n".join(f" {line}" for line in (*above, f"{below} -> h{steps}"))
