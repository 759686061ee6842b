"""`features`: the numbers of one time step; one-hot vectors against an embedding."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["WORDS", "features"]

#: The vocabulary of the example.
WORDS = 1000


def features(layer: Layer) -> TopicAnswer:
    """The meaning of features, and how words become features."""
    width = layer.features
    noun = "number" if width == 1 else "numbers"
    answer = f"features is the length of x: here every time step brings {width:,} {noun}."
    parts: list[Part] = [
        Prose(
            "It is not the number of time steps and not the number of sequences. One sensor is 1 "
            "feature, 3 sensors read together are 3 features, 10 readings of one sensor are 10 "
            "time steps of 1 feature."
        )
    ]
    if layer.cell.ties_features:
        text = f"{layer.cell.name} adds x to its state, so features is as large as the state."
        return TopicAnswer(answer, [*parts, Prose(text), *counted(layer)])
    hot = replace(layer, features=WORDS, reset_after=None)
    table = WORDS * width
    both = table + layer.parameters
    rows = (
        ("one-hot", WORDS, 0, hot.parameters, hot.parameters),
        (f"embedding of {width:,}", width, table, layer.parameters, both),
    )
    headers = ("a word as", "features", "embedding", "layer", "together")
    parts += [
        Table(f"{WORDS:,} different words, two ways", headers, rows),
        Prose(
            f"One-hot: a word is a vector of {WORDS:,} numbers, one of them 1, so features is the "
            f"size of the vocabulary. Embedding: a table holds {width:,} learned {noun} for each "
            f"word ({WORDS:,} × {width:,} = {table:,} parameters), and features is {width:,}."
        ),
        *counted(hot),
        *counted(layer),
        *_in_keras(layer, both),
    ]
    return TopicAnswer(answer, parts)


def _in_keras(layer: Layer, parameters: int) -> tuple[Snippet, ...]:
    if layer.framework not in (None, "keras"):
        return in_code(layer)
    text = written_in_keras(layer)
    if not text:
        return ()
    size = "" if layer.batch is None else f", batch_size={layer.batch}"
    lines = (
        "import keras",
        f"entry = keras.Input(({layer.timesteps},){size})",
        f"vectors = keras.layers.Embedding({WORDS}, {layer.features})(entry)",
        f"returned = {text}(vectors)",
        "print(keras.Model(entry, returned).count_params())",
    )
    return (Snippet("python", lines, str(parameters)),)
