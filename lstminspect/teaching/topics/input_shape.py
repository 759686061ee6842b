"""`input_shape`: three axes, the batch left out, and the two ways to reshape a table."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import calls, counted, in_code, input_of, shaped
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["input_shape"]

#: The rows of the table that is reshaped.
SAMPLES = 8


def input_shape(layer: Layer) -> TopicAnswer:
    """The shape of the input, and how a table gets it."""
    steps, width = layer.timesteps, layer.features
    keras = layer.framework in (None, "keras")
    answer = (
        "The input has three axes: the sequences of a batch, the time steps, the features. Here it "
        f"is {input_of(layer)}."
    )
    if keras:
        answer = (
            "The input has three axes, (batch, timesteps, features): here "
            f"{layer.input_shape}. Keras' input_shape leaves the batch out: ({steps}, {width})."
        )
    parts: list[Part] = [
        Prose(
            f"PyTorch puts the time first, ({steps}, batch, {width}), unless the layer has "
            f"batch_first=True: (batch, {steps}, {width})."
        )
    ] * keras
    if not layer.cell.ties_features:
        parts += _reshaped(layer)
    parts += [
        Prose(
            "Read a shape error with lstminspect: "
            'lstminspect explain "expected ndim=3, found ndim=2"'
        ),
        *shaped(layer),
        *calls(layer),
    ]
    return TopicAnswer(answer, parts)


def _reshaped(layer: Layer) -> list[Part]:
    """A table of one row a sample is a sequence of one step, or of many."""
    columns = layer.timesteps
    one, many = (
        replace(layer, timesteps=steps, features=width, batch=SAMPLES, reset_after=None)
        for steps, width in ((1, columns), (columns, 1))
    )
    rows = tuple(
        (f"x.reshape({SAMPLES}, {each.timesteps}, {each.features})", text, each.parameters)
        for each, text in (
            (one, f"1 step of {columns:,} features: no memory is used"),
            (many, f"{columns:,} steps of 1 feature: a time series"),
        )
    )
    heading = f"a table x of {SAMPLES} rows and {columns:,} columns, two ways"
    return [
        Table(heading, ("reshape", "what it means", "parameters"), rows),
        Prose(
            "Both run, and they are not the same. Choose by what a column is: a moment in time, or "
            "one of several things measured at once."
        ),
        *counted(one),
        *counted(many),
        *_called(many),
    ]


def _called(layer: Layer) -> tuple[Snippet, ...]:
    if layer.framework not in (None, "keras"):
        return in_code(layer)
    text = written_in_keras(layer)
    if not text or layer.return_state or layer.merge_mode is None:
        return ()
    lines = (
        "import keras, numpy",
        f"x = numpy.zeros(({SAMPLES}, {layer.timesteps}))",
        f"x = x.reshape({SAMPLES}, {layer.timesteps}, 1)",
        f"print(tuple({text}(x).shape))",
    )
    return (Snippet("python", lines, str(layer.output_shapes[0])),)
