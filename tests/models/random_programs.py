"""Random whole Keras programs: data, a model, compile and fit; right, or with one fault.

`python tests/models/random_programs.py 300` runs 300 of them by real Keras, each also with one
fault put in, and compares: a program that Keras runs must not be blamed, and one that Keras stops
at must be refused at that line.
"""

from __future__ import annotations

import os
import random
import re
import sys
import traceback
import warnings
from dataclasses import dataclass, field, replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HEAD = """\
import numpy as np
from keras.models import Sequential, Model
from keras.layers import (Input, LSTM, GRU, SimpleRNN, Dense, Embedding, Dropout, Flatten, Conv1D,
                          TimeDistributed, Bidirectional, RepeatVector, concatenate)
from keras.utils import to_categorical, pad_sequences
"""
FAULTS = (
    "rank of x", "features of x", "axes of x", "more axes of x", "steps of x", "samples",
    "loss", "units", "sequences", "rank of y", "width of y", "one sample", "batch", "inputs",
    "outputs", "list", "steps of y",
)  # fmt: skip


@dataclass
class Plan:
    """A program before it is written: sizes, the model, the data, the loss, and the fault."""

    chance: random.Random
    style: str
    build: str
    use: str
    task: str
    cell: str
    samples: int
    steps: int
    features: int
    units: int
    outputs: int
    batch: int
    body: str
    fault: str = ""
    names: dict[str, int] = field(default_factory=dict)


def plan(seed: int) -> Plan:
    """A random plan, the same for the same seed."""
    chance = random.Random(seed)
    task = chance.choice(
        ("number", "number", "numbers", "classes", "one-hot", "yes-no", "each step", "tags",
         "words", "windows", "two inputs", "two outputs", "stateful", "autoencoder")
    )  # fmt: skip
    samples = chance.randint(7, 20)
    return Plan(
        chance, chance.choice(("literal", "named", "shape")),
        chance.choice(("list", "add", "functional", "function")),
        chance.choice(("fit", "fit", "fit", "validation", "train_on_batch", "evaluate", "predict")),
        task, chance.choice(("LSTM", "GRU", "SimpleRNN", "Bidirectional", "Conv")),
        samples, chance.randint(3, 6), chance.randint(2, 4), chance.randint(2, 5),
        chance.randint(2, 5), chance.randint(2, 6), chance.choice(("", "drop", "deep", "dense")),
    )  # fmt: skip


class Writer:
    """The text of a plan."""

    def __init__(self, drawn: Plan) -> None:
        self.plan, self.chance = drawn, random.Random(drawn.samples * 31 + drawn.steps)
        self.head: list[str] = []

    def size(self, name: str, value: int) -> str:
        """A size as a number, or by a name that the program gives it."""
        if self.plan.style == "literal" or self.chance.random() < 0.3:
            return str(value)
        if name not in self.plan.names:
            self.plan.names[name] = value
            self.head.append(f"{name} = {value}")
        return name if self.plan.names[name] == value else str(value)

    def array(self, name: str, shape: tuple[int, ...]) -> list[str]:
        """Lines that make an array of numbers of this shape, in one of many ways."""
        text = ", ".join(map(str, shape))
        tuple_text = f"({text},)" if len(shape) == 1 else f"({text})"
        many = 1
        for each in shape:
            many *= each
        ways = [
            [f"{name} = np.random.random({tuple_text})"],
            [f"{name} = np.random.rand({text})"],
            [f"{name} = np.zeros({tuple_text}, dtype='float32')"],
            [f"{name} = np.random.randn({many}).reshape({text})"],
            [f"{name} = np.arange({many}).reshape({tuple_text}) / {many}.0"],
            [f"{name} = np.random.normal(size={tuple_text}).astype('float32')"],
            [f"{name} = np.ones({tuple_text})[:, ...] * 0.5"],
            ["rng = np.random.default_rng(0)", f"{name} = rng.normal(size={tuple_text})"],
            [f"{name} = np.array(np.random.random({tuple_text}), dtype=np.float32)"],
        ]
        if shape[-1] == 1 and len(shape) > 1:
            inner = ", ".join(map(str, shape[:-1]))
            ways += [
                [f"{name} = np.random.rand({inner})", f"{name} = np.expand_dims({name}, -1)"],
                [f"{name} = np.random.rand({inner})", f"{name} = {name}[..., np.newaxis]"],
                [f"{name} = np.random.rand({inner})",
                 f"{name} = {name}.reshape({name}.shape + (1,))"],
            ]  # fmt: skip
        if len(shape) == 3:
            a, b, c = shape
            ways += [
                [f"{name} = np.random.rand({a}, {b * c})",
                 f"{name} = {name}.reshape({name}.shape[0], {b}, {c})"],
                [f"{name} = np.random.rand({a}, {c}, {b})", f"{name} = {name}.transpose(0, 2, 1)"],
                [f"{name} = np.random.rand({a}, {c}, {b})", f"{name} = np.swapaxes({name}, 1, 2)"],
                [f"{name} = np.array([np.random.rand({b}, {c}) for _ in range({a})])"],
                [f"{name} = []", f"for i in range({a}):",
                 f"    {name}.append(np.random.rand({b}, {c}))", f"{name} = np.array({name})"],
                [f"{name} = np.stack([np.random.rand({a}, {b})] * {c}, axis=-1)"],
                [f"{name} = np.concatenate([np.random.rand({a}, {b}, 1)] * {c}, axis=2)"],
            ]  # fmt: skip
        return self.chance.choice(ways)


def source(drawn: Plan) -> str:
    """The program of a plan, with its fault if it has one."""
    return _Program(drawn).text()


class _Program:
    """The parts of a program while they are written."""

    def __init__(self, drawn: Plan) -> None:
        self.p = drawn
        self.w = Writer(drawn)

    def text(self) -> str:
        p = self.p
        data = self.data()
        model = self.model()
        uses = self.uses()
        first = p.style == "shape" or self.w.chance.random() < 0.6
        order = [*self.w.head, *(data if first else model), *(model if first else data)]
        return HEAD + "\n".join([*order, *uses]) + "\n"

    def loss(self) -> str:
        """The loss of the task; another one if that is the fault."""
        losses = {
            "number": "mse", "numbers": "mae", "classes": "sparse_categorical_crossentropy",
            "one-hot": "categorical_crossentropy", "yes-no": "binary_crossentropy",
            "each step": "mean_squared_error", "tags": "sparse_categorical_crossentropy",
            "words": "binary_crossentropy", "windows": "mse", "two inputs": "mse",
            "two outputs": "mse", "stateful": "mse", "autoencoder": "mse",
        }  # fmt: skip
        found = losses[self.p.task]
        if self.p.fault == "loss":
            swap = {"categorical_crossentropy": "sparse_categorical_crossentropy",
                    "sparse_categorical_crossentropy": "categorical_crossentropy"}  # fmt: skip
            return swap.get(found, "sparse_categorical_crossentropy")
        return found

    def y_shape(self) -> tuple[int, ...]:
        p = self.p
        n, t = p.samples, p.steps
        shape = {
            "number": (n, 1), "numbers": (n, p.outputs), "classes": (n,), "one-hot": (n, p.outputs),
            "yes-no": (n,), "each step": (n, t, 1), "tags": (n, t), "words": (n, 1),
            "windows": (n, 1), "two inputs": (n, 1), "two outputs": (n, 1), "stateful": (n, 1),
            "autoencoder": (n, t, p.features),
        }[p.task]  # fmt: skip
        if p.fault == "samples":
            shape = (shape[0] - 1, *shape[1:])
        if p.fault == "rank of y":
            shape = (*shape, 2) if len(shape) == 1 else (shape[0], 2, *shape[1:])
        if p.fault == "width of y":
            shape = (*shape[:-1], shape[-1] + 1) if len(shape) > 1 else (*shape, 3)
        if p.fault == "steps of y" and len(shape) == 3:
            shape = (shape[0], shape[1] + 1, shape[2])
        return shape

    def x_shape(self) -> tuple[int, ...]:
        p = self.p
        n, t, f = p.samples, p.steps, p.features
        if p.task == "words":
            shape: tuple[int, ...] = (n, t)
        elif p.task == "windows":
            shape = (n, t, 1)
        else:
            shape = (n, t, f)
        match p.fault:
            case "rank of x":
                return shape[:-1]
            case "features of x":
                return (*shape[:-1], shape[-1] + 1)
            case "axes of x":
                return (shape[0], *reversed(shape[1:]))
            case "more axes of x":
                return (*shape, 2)
            case "steps of x":
                return (shape[0], shape[1] + 1, *shape[2:])
        return shape

    def data(self) -> list[str]:
        p, n = self.p, self.p.samples
        x, y = self.x_shape(), self.y_shape()
        lines: list[str] = []
        if p.task == "words":
            rows = f"[[1, 2, 3], [4, 5]] * {n}"
            if len(x) == 2 and self.w.chance.random() < 0.5:
                lines += [f"X = pad_sequences({rows}, maxlen={x[1]})[:{n}]"]
            else:
                lines += [f"X = np.random.randint(0, 9, {x})"]
        elif p.task == "windows" and not p.fault.endswith("x"):
            t = p.steps
            lines += [f"series = np.sin(np.arange({n + t}) / 10)", "X, y = [], []",
                      f"for i in range(len(series) - {t}):",
                      f"    X.append(series[i:i + {t}])", f"    y.append(series[i + {t}])",
                      "X, y = np.array(X), np.array(y)",
                      "X = X.reshape((X.shape[0], X.shape[1], 1))"]  # fmt: skip
        else:
            lines += self.w.array("X", x)
        if p.task == "two inputs":
            lines += self.w.array("X2", (n, 3))
        if p.task == "two outputs":
            lines += self.w.array("y2", (n, p.outputs))
        if p.task == "windows" and "y = np.array" in " ".join(lines) and not p.fault:
            return lines
        return lines + self.targets(y)

    def targets(self, y: tuple[int, ...]) -> list[str]:
        p = self.p
        text = f"({', '.join(map(str, y))}{',' * (len(y) == 1)})"
        if p.fault == "list":
            return ["y = [0, 1] * 3"]
        if p.task == "one-hot" and p.fault not in ("rank of y", "width of y"):
            return [f"y = to_categorical(np.random.randint(0, {y[1]}, {y[0]}), num_classes={y[1]})"]
        if p.task in ("classes", "tags", "yes-no"):
            return [f"y = np.random.randint(0, 2, size={text})"]
        return self.w.array("y", y)

    def shape(self) -> str:
        """The input shape of the model as text."""
        p = self.p
        features = 1 if p.task == "windows" else p.features
        if p.task == "words":
            return f"({self.w.size('maxlen', p.steps)},)"
        if p.style == "shape" and not p.fault.endswith("x") and not p.fault:
            return self.w.chance.choice(("(X.shape[1], X.shape[2])", "X.shape[1:]"))
        steps = "None" if self.w.chance.random() < 0.1 and p.task not in ("autoencoder",) \
            and p.body != "dense" else self.w.size("timesteps", p.steps)  # fmt: skip
        return f"({steps}, {self.w.size('n_features', features)})"

    def layers(self) -> list[str]:
        """The layers behind the input."""
        p = self.p
        units = self.w.size("units", p.units)
        each = p.task in ("each step", "tags", "autoencoder")
        wrong = p.fault == "sequences"
        sequences = (each and p.task != "autoencoder") != wrong
        layers = []
        if p.task == "words":
            layers.append(f"Embedding(9, {p.features})")
        if p.cell == "Conv" and p.task not in ("stateful",):
            layers.append("Conv1D(4, 2, padding='same')")
        cell = p.cell if p.cell in ("GRU", "SimpleRNN") else "LSTM"
        more = ", return_sequences=True" if sequences else ""
        if p.task == "stateful":
            more += ", stateful=True"
        if p.body == "deep" and p.task != "stateful":
            layers.append(f"{cell}({units}, return_sequences=True)")
        inner = f"{cell}({units}{more})"
        layers.append(f"Bidirectional({inner})" if p.cell == "Bidirectional" and
                      p.task != "stateful" else inner)  # fmt: skip
        if p.task == "autoencoder":
            layers += [f"RepeatVector({p.steps})", f"{cell}({units}, return_sequences=True)",
                       f"TimeDistributed(Dense({p.features}))"]  # fmt: skip
            return layers
        if p.body == "drop":
            layers.append("Dropout(0.2)")
        if p.body == "dense":
            layers.append(f"Dense({self.w.size('hidden', 6)}, activation='relu')")
        out = {"number": 1, "numbers": p.outputs, "classes": p.outputs, "one-hot": p.outputs,
               "yes-no": 1, "each step": 1, "tags": p.outputs, "words": 1, "windows": 1,
               "two inputs": 1, "two outputs": 1, "stateful": 1}[p.task]  # fmt: skip
        if p.fault == "units":
            out = out + 1
        activation = {"classes": ", activation='softmax'", "one-hot": ", activation='softmax'",
                      "tags": ", activation='softmax'", "yes-no": ", activation='sigmoid'",
                      "words": ", activation='sigmoid'"}.get(p.task, "")  # fmt: skip
        last = f"Dense({out}{activation})"
        layers.append(f"TimeDistributed({last})" if each and sequences and
                      self.w.chance.random() < 0.4 else last)  # fmt: skip
        return layers

    def model(self) -> list[str]:
        p = self.p
        layers, shape = self.layers(), self.shape()
        compiled = f"model.compile(loss='{self.loss()}', optimizer='sgd')"
        if p.task in ("classes", "one-hot", "yes-no") and self.w.chance.random() < 0.5:
            compiled = f"model.compile('sgd', '{self.loss()}', metrics=['accuracy'])"
        if p.task == "stateful":
            head = f"Input(batch_shape=({p.batch}, {p.steps}, {p.features}))"
        else:
            head = f"Input({shape})"
        if p.task in ("two inputs", "two outputs"):
            return [*self.functional(head, layers), compiled]
        if p.build == "functional":
            lines = [f"inputs = {head}", "x = inputs"]
            lines += [f"x = {each}(x)" for each in layers]
            return [*lines, "model = Model(inputs, x)", compiled]
        if p.build == "list":
            return [f"model = Sequential([{head}, {', '.join(layers)}])", compiled]
        if p.build == "function":
            body = "".join(f"    model.add({each})\n" for each in layers)
            return [f"def build():\n    model = Sequential()\n    model.add({head})\n{body}"
                    "    return model", "model = build()", compiled]  # fmt: skip
        lines = ["model = Sequential()"]
        if p.task not in ("words", "stateful") and self.w.chance.random() < 0.4:
            first, *rest = layers
            if first.startswith(("LSTM", "GRU", "SimpleRNN", "Conv")):
                layers = [f"{first[:-1]}, input_shape={shape})", *rest]
                head = ""
        lines += [f"model.add({head})"] if head else []
        return [*lines, *(f"model.add({each})" for each in layers), compiled]

    def functional(self, head: str, layers: list[str]) -> list[str]:
        p = self.p
        *inner, last = layers
        lines = [f"first = {head}", "x = first", *(f"x = {each}(x)" for each in inner)]
        if p.task == "two inputs":
            return [*lines, "second = Input((3,))", "x = concatenate([x, second])",
                    f"model = Model([first, second], {last}(x))"]  # fmt: skip
        return [*lines, f"model = Model(first, [{last}(x), Dense({p.outputs})(x)])"]

    def uses(self) -> list[str]:
        p = self.p
        x = "[X, X2]" if p.task == "two inputs" and p.fault != "inputs" else "X"
        if p.fault == "inputs" and p.task != "two inputs":
            x = "[X, X]"
        y = "[y, y2]" if p.task == "two outputs" and p.fault != "outputs" else "y"
        if p.fault == "outputs" and p.task != "two outputs":
            y = "[y, y]"
        if p.task == "stateful":
            return self.stateful(x, y)
        if p.fault == "one sample":
            return [f"model.fit({x}, {y}, verbose=0)", "model.predict(X[0], verbose=0)"]
        more = f", batch_size={p.batch}" if p.fault == "batch" else ""
        match p.use:
            case "validation":
                return [f"model.fit({x}, {y}, epochs=1, verbose=0{more}, "
                        f"validation_data=({x}, {y}))"]  # fmt: skip
            case "train_on_batch":
                return [f"model.train_on_batch({x}, {y})"]
            case "evaluate":
                return [f"model.evaluate({x}, {y}, verbose=0)"]
            case "predict":
                lines = [f"history = model.fit({x}, {y}, verbose=0, batch_size=4)"]
                return [*lines, f"scores = model.predict({x}, verbose=0)"]
        return [f"model.fit({x}, {y}, epochs=1, verbose=0{more})"]

    def stateful(self, x: str, y: str) -> list[str]:
        p = self.p
        whole = p.samples - p.samples % p.batch
        batch = p.batch + (1 if p.fault == "batch" else 0)
        if p.fault == "one sample":
            return ["model.predict(X[:1], verbose=0)"]
        cut = "" if p.fault in ("samples", "inputs", "outputs", "list") else f"[:{whole}]"
        return [f"model.fit({x}{cut}, {y}{cut}, batch_size={batch}, verbose=0, shuffle=False)"]


def crash(text: str) -> tuple[int, str] | None:
    """The line at which real Keras stops, and what it says; None if the program runs."""
    import keras

    keras.utils.clear_session()
    code = compile(text, "<program>", "exec")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, {"__name__": "__main__"})
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [each.lineno for each in frames if each.filename == "<program>"]
        return (lines[-1] or 0, f"{type(error).__name__}: {str(error)[:200]}")
    return None


def blamed(text: str) -> str:
    """The sentence of lstminspect on a fault; empty if it has none."""
    import lstminspect as li

    try:
        found = li.model(text)
    except li.LstmInspectError as error:
        return str(error)
    return found.fault


def judged(text: str) -> tuple[bool, str]:
    """True if Keras stops at a program, and a sentence on what lstminspect says otherwise."""
    real, ours = crash(text), blamed(text)
    if real is None:
        return False, f"false alarm: {ours}\n{text}" if ours else ""
    if not ours:
        return True, f"missed: line {real[0]}, {real[1]}\n{text}"
    if not re.search(rf"line {real[0]}\b", ours):
        return True, f"another line than {real[0]}, {real[1]}: {ours}\n{text}"
    return True, ""


def difference(text: str) -> str:
    """A sentence on what lstminspect says otherwise than Keras; empty where both agree."""
    return judged(text)[1]


def faulty(drawn: Plan, seed: int) -> Plan:
    """A plan with a fault in it."""
    return replace(drawn, fault=FAULTS[seed % len(FAULTS)], names={})


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    counts = {"runs": 0, "false alarms": 0, "stops": 0, "missed": 0, "broken": 0}
    for seed in range(start, start + number):
        for wrong in (False, True):
            drawn = faulty(plan(seed), seed) if wrong else plan(seed)
            text = source(drawn)
            stops, found = judged(text)
            counts["stops" if stops else "runs"] += 1
            counts["broken"] += stops and not wrong
            if found:
                counts["missed" if stops else "false alarms"] += 1
                print(f"--- seed {seed} {drawn.task} {drawn.fault}: {found}", flush=True)
    print(counts)
    sys.exit(bool(counts["false alarms"] or counts["missed"] * 20 > counts["stops"]))
