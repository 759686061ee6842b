"""Question: what is asked, the answer, how to get there, a line that checks it, its points."""

from __future__ import annotations

from dataclasses import dataclass

from lstminspect.answer import Snippet
from lstminspect.layer import Layer
from lstminspect.terms import get
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["Question", "asked_of", "coded", "phrase", "reads"]


@dataclass(frozen=True)
class Question:
    """One question about one layer.

    `value` is the answer as a raw number, shapes or truth; `answer` says it in a sentence, and
    `steps` are the lines by which a person gets there. `check` is a command line that shows it.
    """

    topic: str
    text: str
    answer: str
    steps: tuple[str, ...]
    check: Snippet
    value: object
    layer: Layer
    points: int = 1


def phrase(layer: Layer) -> str:
    """The layer as its framework writes it, Keras if none is named, and what it reads.

    >>> phrase(Layer("lstm", 12, 5))
    'keras.layers.LSTM(12) on 5 features'
    """
    return f"{coded(layer)} {reads(layer)}"


def coded(layer: Layer) -> str:
    """The layer as its framework writes it; Keras if none is named."""
    return get(layer.framework or "keras").written(layer)


def reads(layer: Layer) -> str:
    """Features of a step of the input: `on 1 feature`."""
    return f"on {layer.features} {'feature' if layer.features == 1 else 'features'}"


def asked_of(layer: Layer) -> str:
    """The name of the class of `layer`: LSTM, GRU or SimpleRNN."""
    return written_in_keras(layer).partition("keras.layers.")[2].partition("(")[0]
