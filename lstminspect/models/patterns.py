"""The kinds of sequence problem, each with Keras lines that are such a model.

A kind is a matter of time steps, not of features: how many go in, how many come out. `pattern_of`
names that of any model from its shapes and its layers.
"""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.layer import Shape
from lstminspect.models.spec import LayerResult
from lstminspect.models.summary import Model

__all__ = ["PATTERNS", "Application", "Pattern", "pattern_of"]


class Application(NamedTuple):
    """What a kind is used for, and Keras lines of such a model."""

    what: str
    code: str


class Pattern(NamedTuple):
    """One kind: its name, what goes in and comes out, a picture in text, what it is used for."""

    name: str
    what: str
    picture: str
    applications: tuple[Application, ...]


ONE_TO_ONE = """\
   y
   ^
  [A]
   ^
   x"""
ONE_TO_MANY = """\
   y   y   y
   ^   ^   ^
  [A]>[A]>[A]
   ^   ^   ^
   x   x   x    the same vector at every step"""
MANY_TO_ONE = """\
           y
           ^
  [A]>[A]>[A]
   ^   ^   ^
   x   x   x"""
MANY_TO_MANY = """\
   y   y   y
   ^   ^   ^
  [A]>[A]>[A]
   ^   ^   ^
   x   x   x"""
SEQUENCE_TO_SEQUENCE = """\
               y   y
               ^   ^
  [A]>[A]>[A]>[B]>[B]    A reads, B writes: two sets of weights
   ^   ^   ^
   x   x   x"""

ENCODER = """\
words = Input((None,))
_, h, c = LSTM(64, return_state=True)(Embedding(5000, 32)(words))
before = Input((None,))
y = LSTM(64, return_sequences=True)(Embedding(4000, 32)(before), initial_state=[h, c])
model = Model([words, before], Dense(4000, activation='softmax')(y))"""

PATTERNS = (
    Pattern(
        "one-to-one",
        "one step in, one step out; what was before is in the state",
        ONE_TO_ONE,
        (
            Application(
                "the next value of a series, from the one before",
                "Input((1, 1), batch_size=1), LSTM(32, stateful=True), Dense(1)",
            ),
            Application(
                "the next word of a sentence, from the one before",
                "Input((1,), batch_size=1), Embedding(5000, 32), LSTM(64, stateful=True), "
                "Dense(5000, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "one-to-many",
        "one vector in, a sequence out",
        ONE_TO_MANY,
        (
            Application(
                "captioning: words from one image, here from its 512 features",
                "Input((512,)), RepeatVector(20), LSTM(128, return_sequences=True), "
                "Dense(5000, activation='softmax')",
            ),
            Application(
                "a series of observations forecast from one event",
                "Input((8,)), RepeatVector(12), GRU(32, return_sequences=True), Dense(1)",
            ),
        ),
    ),
    Pattern(
        "many-to-one",
        "a sequence in, one vector out",
        MANY_TO_ONE,
        (
            Application(
                "univariate forecasting: the next value of one series",
                "LSTM(50, input_shape=(30, 1)), Dense(1)",
            ),
            Application(
                "multivariate forecasting: each series is one more feature",
                "LSTM(50, input_shape=(30, 8)), Dense(1)",
            ),
            Application(
                "classification of a time series",
                "Bidirectional(LSTM(32), input_shape=(128, 9)), Dense(6, activation='softmax')",
            ),
            Application(
                "sentiment of a text",
                "Input((None,)), Embedding(10000, 64), LSTM(64), Dense(1, activation='sigmoid')",
            ),
            Application(
                "the echo problem: which number stood at one step",
                "LSTM(25, input_shape=(5, 10)), Dense(10, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "many-to-many",
        "a sequence in, one output for each of its steps",
        MANY_TO_MANY,
        (
            Application(
                "speech: a letter or none for every frame of sound",
                "Bidirectional(LSTM(64, return_sequences=True), input_shape=(None, 26)), "
                "TimeDistributed(Dense(29, activation='softmax'))",
            ),
            Application(
                "video: a label for every image, here from its 512 features",
                "GRU(64, return_sequences=True, input_shape=(40, 512)), "
                "Dense(20, activation='softmax')",
            ),
        ),
    ),
    Pattern(
        "sequence-to-sequence",
        "a sequence in, another out, whose length is its own",
        SEQUENCE_TO_SEQUENCE,
        (
            Application(
                "multi-step forecasting: the next 12 values from the last 30",
                "LSTM(50, input_shape=(30, 1)), RepeatVector(12), "
                "LSTM(50, return_sequences=True), TimeDistributed(Dense(1))",
            ),
            Application("translation", ENCODER),
            Application(
                "summary of a document",
                "Input((400,)), Embedding(20000, 64), GRU(96), RepeatVector(30), "
                "GRU(96, return_sequences=True), Dense(20000, activation='softmax')",
            ),
            Application(
                "description of a video in words",
                "LSTM(128, input_shape=(80, 512)), RepeatVector(20), "
                "LSTM(128, return_sequences=True), Dense(5000, activation='softmax')",
            ),
        ),
    ),
)


def pattern_of(model: Model) -> str:
    """The kind of sequence problem that `model` is made for; empty if nothing in it is recurrent.

    >>> from lstminspect.models.reading.read import model
    >>> pattern_of(model("LSTM(25, input_shape=(5, 10)), Dense(10)"))
    'many-to-one'
    """
    recurrent = any(_is_recurrent(row.part) for row in model.rows)
    if not recurrent or not model.outputs or not model.inputs:
        return ""
    given = [_steps(model, shape) for shape in model.inputs]
    # An image beside words is no step: the words are read.
    takes = next((steps for steps in given if steps != 1), 1)
    gives = _steps(model, model.outputs[0])
    if takes == 1:
        return "one-to-one" if gives == 1 else "one-to-many"
    if gives == 1:
        return "many-to-one"
    own_length = takes != gives or len(model.inputs) > 1 or _folds(model)
    return "sequence-to-sequence" if own_length else "many-to-many"


def _is_recurrent(part: LayerResult) -> bool:
    own = part.layer is not None or part.layer_type.startswith("ConvLSTM")
    return own or any(_is_recurrent(inner) for _, inner in part.inner)


def _steps(model: Model, shape: Shape | None) -> int | None:
    """Time steps of an input or an output: 1 for a vector, None for any number.

    An input of rank 2 is words, a step each, if an embedding reads it, else one vector.
    """
    if shape is None or len(shape) < 2:
        return 1
    words = any(row.layer_type == "Embedding" and row.inputs[:1] == (shape,) for row in model.rows)
    steps: int | None = shape[1] if len(shape) > 2 or words else 1
    return steps


def _folds(model: Model) -> bool:
    """Whether a sequence is folded into one vector and unfolded again."""
    folded = False
    for row in model.rows:
        shapes = row.part.outputs or ()
        folded = folded or (_is_recurrent(row.part) and len((shapes or ((),))[0]) == 2)
        if folded and row.layer_type == "RepeatVector":
            return True
    return False
