"""Words around a layer: look_back, batch_first, layers, time_distributed, repeat_vector."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.errors import LstmInspectError
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code, shaped
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["batch_first", "layers", "look_back", "repeat_vector", "time_distributed"]

#: The shortest series of a lesson, and the longest for which lines to run are given.
SERIES, MOST_SERIES = 100, 10**6
#: Neurons of the Dense layer in a lesson.
DENSE = 1


def look_back(layer: Layer) -> TopicAnswer:
    """The steps of a window that is cut from a series."""
    steps, width = layer.timesteps, layer.input_shape[-1]
    series = max(SERIES, 10 * steps)
    samples = series - steps
    answer = (
        f"look_back, the window, is how many past steps one sample holds: here {steps:,}. It is "
        "the timesteps of the input, not a size of the layer, and adds no parameters."
    )
    rows = (
        ("x", (samples, steps, width), "each sample: the steps before"),
        ("y", (samples, width), "each sample: the step to be predicted"),
    )
    parts: list[Part] = [
        Prose(
            f"A series of {series:,} steps gives {series:,} - {steps:,} = {samples:,} samples. "
            "Neighbours share all of their steps but one."
        ),
        Table("what is cut from the series", ("array", "shape", "what it holds"), rows),
        Prose(
            "A layer with these weights can read a longer window too. With look_back 1 it sees one "
            "step and, unless it is stateful, remembers nothing from one sample to the next. Split "
            "the series into training and test before you cut it."
        ),
        Prose(
            "Source: keras.io/api/data_loading/timeseries (timeseries_dataset_from_array, "
            "sequence_length)."
        ),
        *counted(layer),
        *shaped(layer),
    ]
    if series <= MOST_SERIES:
        lines = (
            "import numpy",
            f"series = numpy.zeros(({series}, {width}))",
            f"x = numpy.stack([series[at : at + {steps}] for at in range({samples})])",
            f"y = series[{steps}:]",
            "print(x.shape, y.shape)",
        )
        gives = f"{(samples, steps, width)} {(samples, width)}"
        parts.append(Snippet("python", lines, gives))
    return TopicAnswer(answer, parts)


def batch_first(layer: Layer) -> TopicAnswer:
    """The order of two axes in PyTorch."""
    answer = (
        "batch_first is PyTorch's: it says whether the batch or the time is the first axis of the "
        "input and the output. It changes neither the states nor the parameters."
    )
    batch, steps, features = layer.batch or "batch", layer.timesteps, layer.input_shape[-1]
    width, many = layer.width, layer.layers * layer.directions
    rows = (
        ("input", (steps, batch, features), (batch, steps, features)),
        ("output", (steps, batch, width), (batch, steps, width)),
        *((f"{name}_n", *2 * ((many, batch, layer.units),)) for name in layer.cell.states),
    )
    headers = ("tensor", "batch_first=False (default)", "batch_first=True")
    parts: list[Part] = [
        Table("the shapes", headers, rows),
        Prose(
            "An input with both axes the wrong way round runs all the same, and reads the batch as "
            "time: PyTorch cannot know. Keras has the batch first, always (time_major was an "
            "option of Keras 2)."
        ),
        Prose("Source: docs.pytorch.org, torch.nn.LSTM (batch_first, and Outputs)."),
        *counted(layer),
        *_first(layer),
    ]
    return TopicAnswer(answer, parts)


def _first(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of PyTorch that show the output with the batch first."""
    name = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}.get(layer.cell.name)
    if name is None or layer.framework not in (None, "pytorch"):
        return ()
    batch, sizes = layer.batch or 8, f"{layer.features}, {layer.units}"
    lines = (
        "import torch",
        f"layer = torch.nn.{name}({sizes}, batch_first=True)",
        f"y, states = layer(torch.zeros({batch}, {layer.timesteps}, {layer.features}))",
        "print(tuple(y.shape))",
    )
    return (Snippet("python", lines, str((batch, layer.timesteps, layer.units))),)


def layers(layer: Layer) -> TopicAnswer:
    """Layers on top of each other."""
    rows = []
    for number in (1, 2, 3):
        with suppress(LstmInspectError):
            rows.append((number, replace(layer, layers=number).parameters))
    answer = (
        "num_layers is how many recurrent layers stand on top of each other. Each has weights of "
        f"its own, and reads what the one below gives: {layer.width:,} numbers a step."
    )
    more = [(number, total, total - before) for (_, before), (number, total) in _pairs(rows)]
    table = ((rows[0][0], rows[0][1], rows[0][1]), *more) if rows else ()
    parts: list[Part] = [
        Table("one more layer", ("layers", "parameters", "of the last"), tuple(table)),
        Prose(
            "It is not the number of units and not the number of time steps. In Keras you write "
            "one layer below the other, each but the last with return_sequences=True, so that the "
            "next one has steps to read; PyTorch's num_layers does that inside one layer."
        ),
        Prose(
            "Source: docs.pytorch.org, torch.nn.LSTM (num_layers); Graves et al. 2013, arXiv "
            "1303.5778 (deep recurrent networks)."
        ),
        *counted(replace(layer, layers=1)),
        *in_code(replace(layer, layers=1)),
    ]
    if len(rows) > 1:
        parts.extend(counted(replace(layer, layers=2)))
    return TopicAnswer(answer, parts)


def _pairs(rows: list[tuple[int, int]]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return list(pairwise(rows))


def time_distributed(layer: Layer) -> TopicAnswer:
    """The same layer for every step."""
    width, steps = layer.width, layer.timesteps
    number = width * DENSE + DENSE
    answer = (
        "TimeDistributed(layer) uses one layer, with one set of weights, for every time step: "
        f"TimeDistributed(Dense({DENSE})) has {number:,} parameters for 1 step and for {steps:,}."
    )
    text = _written(layer, return_sequences=True)
    parts: list[Part] = [
        Prose(
            f"One weight for each of the {width:,} numbers of a step and one bias: "
            f"{width:,} + {DENSE} = {number:,}. Around Dense it changes nothing at all: Dense "
            "works on the last axis alone, so that Dense and TimeDistributed(Dense) are the same "
            "here. It is needed around layers that read a whole sample, for example Conv2D."
        ),
        Prose("The layer before must keep its steps: return_sequences=True."),
        Prose("Source: keras.io/api/layers/recurrent_layers/time_distributed."),
        *counted(layer),
        *_model(layer, text, f"TimeDistributed(Dense({DENSE}))", number),
        *_model(layer, text, f"Dense({DENSE})", number),
    ]
    return TopicAnswer(answer, parts)


def repeat_vector(layer: Layer) -> TopicAnswer:
    """One vector as a sequence."""
    steps, width = layer.timesteps, layer.width
    answer = (
        f"RepeatVector({steps}) writes one vector {steps:,} times: (batch, {width}) becomes "
        f"(batch, {steps}, {width}). It has no parameters."
    )
    text = _written(layer, return_sequences=False)
    parts: list[Part] = [
        Prose(
            "It stands between an encoder, which gives one vector for a whole sequence, and a "
            "decoder, which needs an input at every step. Its number is the length of the output, "
            "which may differ from that of the input."
        ),
        Prose(
            "Source: keras.io/api/layers/reshaping_layers/repeat_vector; Cho et al. 2014, arXiv "
            "1406.1078 (the decoder reads the vector at every step)."
        ),
        *counted(layer),
        *_model(layer, text, f"RepeatVector({steps})", 0),
    ]
    return TopicAnswer(answer, parts)


def _written(layer: Layer, return_sequences: bool) -> str:
    """The layer as a model has it in Keras; nothing if it is more than one layer there."""
    if layer.layers > 1 or layer.merge_mode is None or layer.framework not in (None, "keras"):
        return ""
    alone = replace(
        layer, return_sequences=return_sequences, return_state=False, stateful=False, batch=None
    )
    return written_in_keras(alone).replace("keras.layers.", "")


def _model(layer: Layer, text: str, above: str, more: int) -> tuple[Snippet, ...]:
    """The command that counts a model of the layer and one more above it."""
    if not text:
        return ()
    shape = f"({layer.timesteps}, {layer.features})"
    line = f'lstminspect model "Input({shape}), {text}, {above}"'
    return (Snippet("command", (line,), f"{layer.parameters + more:,}"),)
