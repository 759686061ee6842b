"""Errors and answers word for word, in `golden/sentences.txt` and `golden/replies.txt`.

The files list calls: those of the first fail, those of the second answer. `pytest
tests/test_sentences.py --write-golden` writes below each call what comes back: read the difference
as a user would. The numbers among the answers are derived in other tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

import lstminspect as li
from lstminspect import cells, convert, run
from lstminspect.display import Answer
from lstminspect.runtime import onnx_node
from lstminspect.weights.convert import infer
from lstminspect.weights.initial import initial_weights

GOLDEN = Path(__file__).parent / "golden"

LSTM = li.Layer("lstm", units=4, features=3)
RNN = li.Layer("rnn", units=4, features=3)


def drawn(layer: li.Layer) -> dict[str, numpy.ndarray]:
    """Weights of 64 bits: five decimals of what they give are the same on every machine."""
    return li.random_weights(layer, dtype=numpy.float64)


NAMES = {
    **{
        name: getattr(li, name)
        for name in ("Cell", "Layer", "model", "random_weights", "render", "trace")
    },
    "array": numpy.array,
    "nan": numpy.nan,
    "ones": numpy.ones,
    "ramp": lambda *shape: numpy.linspace(-1, 1, int(numpy.prod(shape))).reshape(shape),
    "zeros": numpy.zeros,
    "cells": cells,
    "convert": convert,
    "run": run,
    "infer": infer,
    "initial_weights": initial_weights,
    "read_node": onnx_node.read_node,
    "run_node": onnx_node.run_node,
    "lstm": LSTM,
    "rnn": RNN,
    "x": numpy.zeros((2, 5, 3)),
    "drawn": drawn,
    "weights": drawn(LSTM),
    "rnn_weights": drawn(RNN),
    "node": {
        "X": numpy.zeros((5, 2, 3)),
        "W": numpy.zeros((1, 16, 3)),
        "R": numpy.zeros((1, 16, 4)),
    },
}


def replies(path: Path, fails: bool) -> Iterator[str]:
    """Each call of a file with what comes back now."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            yield f"{line}\n"
        if line.startswith(">>> "):
            reply, failed = reply_to(line.removeprefix(">>> "))
            assert failed == fails, f"{line} gives {reply}"
            yield f"{line}\n{reply}\n"


def reply_to(call: str) -> tuple[str, bool]:
    try:
        answer = eval(call, dict(NAMES))
    except (li.LstmInspectError, Warning) as error:
        return f"{type(error).__name__}: {error}", True
    return text_of(answer), False


def text_of(answer: object) -> str:
    """An answer as text, its numbers with five decimals."""
    if isinstance(answer, float):
        return f"{answer:.5f}"
    if isinstance(answer, numpy.ndarray):
        rounded = numpy.round(answer.astype(float), 5) + 0.0
        return f"{answer.dtype} {answer.shape} {' '.join(f'{each:.5f}' for each in rounded.flat)}"
    if isinstance(answer, dict):
        return "\n".join(f"{name}: {text_of(each)}" for name, each in answer.items())
    if isinstance(answer, tuple | list):
        return "\n".join(map(text_of, answer)) or "nothing"
    return repr(answer) if isinstance(answer, Answer) else str(answer)


@pytest.mark.parametrize(("name", "fails"), [("sentences.txt", True), ("replies.txt", False)])
def test_every_reply_is_the_one_that_was_read_and_approved(
    name: str, fails: bool, write_golden: bool
) -> None:
    path = GOLDEN / name
    text = "\n".join(replies(path, fails))
    if write_golden:
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
