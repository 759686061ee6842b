"""An answer of every type, for the tests that go over all of them: small, and always the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from small_files import safetensors

import lstminspect as li
from lstminspect.files.many import FileRow
from lstminspect.models.summary import Summary
from lstminspect.teaching.topics.topics import TOPICS, lesson, listed
from lstminspect.validation.validate import Check

MODEL = (
    "Embedding(50, 12, input_shape=(7,)), Bidirectional(LSTM(16, return_sequences=True)), "
    "GRU(8), Dense(1)"
)

SMALL = "Input((49, 40)), Bidirectional(LSTM(64)), Dropout(0.2), Dense(12)"


def of_frameworks() -> tuple[li.Validation, ...]:
    """Two validations as a framework could give them, one of which differs."""
    checks = (
        Check("parameters", 17408, 17408),
        Check("weight kernel", (3, 256), (3, 256)),
        Check("output 1", (None, 64), (None, 64)),
        Check("values of returned 1", 2e-6, 1.25e-7, of_values=True),
    )
    wrong = (Check("parameters", 13120, 13248), Check("state h", (None, 64), None))
    command = "lstminspect validate --cell"
    return (
        li.Validation("lstm, 64 units on 3 features", "lstm", "Keras 3.0", checks, f"{command} x"),
        li.Validation("gru, 64 units on 3 features", "gru", "Keras 3.0", wrong, f"{command} gru"),
    )


def costs() -> li.Cost:
    layer = li.Layer("lstm", units=64, features=3, timesteps=30, batch=3)
    return li.cost(layer, lengths=[30, 12, 7])


def fit() -> li.Fit:
    layer = li.Layer("gru", units=64, features=3, timesteps=30)
    return li.fits(layer, flash=16 * 1024, ram=None)


def converted() -> li.Conversion:
    layer = li.Layer("gru", units=2, features=3)
    return li.convert(li.random_weights(layer, "keras"), "keras", "pytorch")


def ones() -> li.Layer:
    return li.Layer("rnn", units=1, features=1, stateful=True, batch=1)


def solutions() -> list[li.Solution]:
    none = li.solve(5, "lstm", features=3)
    return [li.solve(17408, "lstm", features=3), li.solve(17408, "gru", features=3), none]


#: Where the files of the answers are, until the tests end.
FOLDER = tempfile.TemporaryDirectory(prefix="lstminspect-")


def file_called(name: str, layer: li.Layer, **more: tuple[int, ...]) -> li.ModelFile:
    """A file of random weights of a layer of PyTorch called `rnn`, and of other shapes."""
    path = Path(FOLDER.name, name)
    weights = {f"rnn.{key}": each for key, each in li.random_weights(layer, "pytorch").items()}
    path.write_bytes(safetensors(weights, more))
    before = os.getcwd()
    os.chdir(FOLDER.name)  # A path that is always the same.
    try:
        return li.open_file(name)
    finally:
        os.chdir(before)


def model_file() -> li.ModelFile:
    layer = li.Layer("lstm", units=8, features=3, bidirectional=True, framework="pytorch")
    return file_called("model.safetensors", layer, **{"fc.weight": (5, 16), "fc.bias": (5,)})


def one_way() -> li.ModelFile:
    layer = li.Layer("lstm", units=4, features=3, framework="pytorch")
    return file_called("one_way.safetensors", layer)


#: Code whose layer differs from that of the file in its name, its size and its directions.
CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 16)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(self.lstm(x)[0])
"""


def model_files() -> tuple[FileRow, ...]:
    """Three rows, one of which has a problem."""
    words = ("encoder: GRU(8) on 3 features",)
    return (
        FileRow("models/a.onnx", "ONNX", words, 336, 2048),
        FileRow("models/b.npz", "npz", (), 12, 512, "", ("It declares 16 units and holds 20.",)),
        FileRow("models/c.pt", nbytes=100, problem="c.pt is cut off."),
    )


ANSWERS: dict[str, Callable[[], object]] = {
    "report": lambda: li.report(li.Layer("gru", units=32, features=16, bidirectional=True)),
    "letters": lambda: li.report(li.Layer("lstm", units="u", features="f", layers=2)),
    "cell": lambda: li.cells.get("peephole"),
    "cells": lambda: [li.cells.get(name) for name in ("lstm", "slstm", "clockwork")],
    "model": lambda: Summary(li.model(MODEL), weights=True, formulas=True, costs=True),
    "cost": costs,
    "fit": fit,
    "fit_of_a_model": lambda: li.fits(li.model(SMALL), flash=256 * 1024, ram=64 * 1024),
    "fits": lambda: li.fits(
        [li.Layer(name, units=64, features=40) for name in ("lstm", "gru", "min_gru")],
        flash=24 * 1024,
        ram=64 * 1024,
    ),
    "validations": of_frameworks,
    "solutions": solutions,
    "explanation_of_a_count": lambda: li.explain("9600", most=3),
    "explanation_of_a_shape": lambda: li.explain("(None, 30, 64)"),
    "side_by_side": lambda: li.compare("lstm", "gru", "cifg", units=64, features=3),
    "equal_budgets": lambda: li.compare(
        "lstm", "gru:64", "min_gru", features=32, parameters=100_000, timesteps=30
    ),
    "layers": lambda: [li.Layer(name, units=64, features=3) for name in ("lstm", "gru", "rnn")],
    "sweep": lambda: li.sweep(["lstm", "gru"], range(16, 49, 16), [3, 5]),
    "rows_of_a_sweep": lambda: li.sweep(["lstm", "gru"], range(16, 49, 16), [3, 5])[:3],
    "windows": lambda: li.window(li.Layer("lstm", units=64, features=3), [1, 10, 100]),
    "stored": lambda: li.Layer("gru", units=32, features=16, layers=2).stored("pytorch"),
    "conversion": converted,
    "export": lambda: li.export(li.Layer("rnn", units=2, features=3), "c"),
    "runner": lambda: li.Runner(ones(), [[[1.0]], [[0.5]], [0.0]]),
    "memory": lambda: li.memory(
        *(li.Layer(name, units=4, features=3, timesteps=20) for name in ("lstm", "rnn")),
        start=["keras", "pytorch"],
        seeds=2,
    ),
    "gradients": lambda: li.gradients(ones(), [[[1.0]], [[0.0]], [0.0]], [[[0.0], [0.0]]]),
    "trace": lambda: li.trace(ones(), [[[1.0]], [[0.0]], [0.0]], [[[0.0], [0.0]]]),
    "picture": lambda: li.picture(ones(), "cell"),
    "formula": lambda: li.Layer("gru", units=32, features=16).formula(),
    "algebra": lambda: li.symbols("lstm"),
    "difference": lambda: li.symbols("lstm", "gru"),
    "patterns": lambda: li.patterns()[:3],
    "model_file": model_file,
    "file_difference": lambda: model_file().against(CODE),
    "tensors_of_a_file": lambda: model_file().summary(tensors=True),
    "model_files": model_files,
    "worksheet": lambda: li.quiz(seed=7, questions=5),
    "handout": lambda: li.quiz(seed=7, questions=4, title="Week 5 & 6").without_key(),
    "versions": lambda: li.quiz(seed=7, questions=2, versions=2),
    "lesson_topics": listed,
    **{f"lesson_{topic}": lambda topic=topic: lesson(topic) for topic in TOPICS},
}


@cache
def answer(name: str) -> object:
    """The answer called `name`, made once."""
    return ANSWERS[name]()
