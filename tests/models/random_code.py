"""Random Keras texts in the styles that people write, each with the model that it means.

`python tests/models/random_code.py 300` compares 300 of them with real Keras. A text is never run:
Keras builds the same layers from the same list. Names of Keras 1 stand for what Keras makes of them
now.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

#: One layer: its class, its sizes by name, its other arguments, the layer in it.
Part = tuple[str, dict[str, int], dict[str, Any], Any]

OLD_NAMES = {
    "LSTM": {"units": "output_dim"}, "GRU": {"units": "output_dim"},
    "SimpleRNN": {"units": "output_dim"}, "Dense": {"units": "output_dim"},
    "Conv1D": {"filters": "nb_filter", "kernel_size": "filter_length", "padding": "border_mode"},
    "MaxPooling1D": {"pool_size": "pool_length"},
}  # fmt: skip
OLD_MORE = {
    "LSTM": "inner_init='orthogonal', consume_less='gpu'", "GRU": "dropout_W=0.2, dropout_U=0.1",
    "SimpleRNN": "init='uniform'", "Dense": "init='normal', W_regularizer=l2(0.01)",
    "Conv1D": "init='he_normal'",
}  # fmt: skip
NAMED = ("literal", "constants", "argparse", "dict", "dataclass", "flags", "letters")
BUILT = ("list", "add", "functional", "uncalled", "method", "subclass", "loop")
WRAPPED = ("plain", "notebook 4", "notebook 3", "console", "ipython", "fence")


class Sample(NamedTuple):
    """A text, the sizes that it leaves open, the input shape and the layers that it means."""

    text: str
    sizes: dict[str, int]
    shape: tuple[int, ...]
    parts: list[Part]
    style: str


class Writer:
    """The text of one model in one style."""

    def __init__(self, chance: random.Random, named: str, old: bool) -> None:
        self.chance, self.named, self.old = chance, named, old
        self.values: dict[str, int] = {}

    def size(self, value: int) -> str:
        """The expression of a size in the style."""
        if self.named == "literal" or self.chance.random() < 0.3:
            return str(value)
        name = next((n for n, each in self.values.items() if each == value), "")
        if not name or self.named == "letters":
            name = f"n{len(self.values)}"
            self.values[name] = value
        return {
            "constants": name, "argparse": f"args.{name}", "dict": f"cfg['{name}']",
            "dataclass": f"opt.{name}", "flags": f"FLAGS.{name}", "letters": name,
        }[self.named]  # fmt: skip

    def head(self) -> str:
        """The lines that define the sizes."""
        pairs = self.values.items()
        match self.named:
            case "constants":
                return "".join(f"{name} = {value}\n" for name, value in pairs)
            case "argparse":
                lines = "".join(
                    f"p.add_argument('--{name}', type=int, default={value})\n"
                    for name, value in pairs
                )
                head = "import argparse\np = argparse.ArgumentParser()\n"
                return f"{head}{lines}args = p.parse_args()\n"
            case "dict":
                return f"cfg = {dict(pairs)!r}\n"
            case "dataclass":
                fields = "".join(f"    {name}: int = {value}\n" for name, value in pairs)
                return f"@dataclass\nclass Options:\n{fields or '    pass'}\nopt = Options()\n"
            case "flags":
                return "".join(
                    f"tf.app.flags.DEFINE_integer('{name}', {value}, 'a size')\n"
                    for name, value in pairs
                ) + "FLAGS = tf.app.flags.FLAGS\n"  # fmt: skip
            case _:
                return ""

    def layer(self, part: Part, more: str = "") -> str:
        """A layer as code."""
        kind, sizes, others, inner = part
        names = OLD_NAMES.get(kind, {}) if self.old else {}
        texts = [] if inner is None else [self.layer(inner)]
        texts += [f"{names.get(name, name)}={self.size(value)}" for name, value in sizes.items()]
        texts += [f"{names.get(name, name)}={value!r}" for name, value in others.items()]
        if self.old and kind in OLD_MORE:
            texts.append(OLD_MORE[kind])
        if more:
            texts.append(more)
        return f"{'Convolution1D' if self.old and kind == 'Conv1D' else kind}({', '.join(texts)})"

    def shape(self, shape: tuple[int, ...]) -> str:
        """A shape as code."""
        inner = ", ".join(self.size(each) for each in shape)
        return f"({inner},)" if len(shape) == 1 else f"({inner})"


def parts_of(chance: random.Random) -> tuple[tuple[int, ...], list[Part]]:
    """An input shape and layers that fit behind each other."""
    parts: list[Part] = []
    steps = chance.randint(6, 12)
    shape: tuple[int, ...] = (steps, chance.randint(2, 9))
    if chance.random() < 0.3:
        shape = (steps,)
        parts.append(
            ("Embedding", {"input_dim": chance.randint(20, 90), "output_dim": 7}, {}, None)
        )
    rank = 3
    for _ in range(chance.randint(1, 4)):
        units = chance.randint(2, 40)
        if rank == 2:
            if chance.random() < 0.25:
                parts.append(("RepeatVector", {"n": chance.randint(2, 6)}, {}, None))
                rank = 3
            else:
                parts.append(("Dense", {"units": units}, {"activation": "relu"}, None))
            continue
        kind = chance.choice(("LSTM", "GRU", "SimpleRNN", "both", "time", "conv", "drop", "norm"))
        sequence = {"return_sequences": True} if chance.random() < 0.5 else {}
        if kind in ("LSTM", "GRU", "SimpleRNN"):
            parts.append((kind, {"units": units}, dict(sequence), None))
        elif kind == "both":
            inner = (chance.choice(("LSTM", "GRU")), {"units": units}, dict(sequence), None)
            parts.append(("Bidirectional", {}, {}, inner))
        elif kind == "time":
            parts.append(("TimeDistributed", {}, {}, ("Dense", {"units": units}, {}, None)))
        elif kind == "conv":
            sizes = {"filters": units, "kernel_size": chance.randint(1, 3)}
            parts.append(("Conv1D", sizes, {"padding": "same"}, None))
        else:
            parts.append(("Dropout", {}, {"rate": 0.2}, None) if kind == "drop"
                         else ("BatchNormalization", {}, {}, None))  # fmt: skip
        if kind in ("LSTM", "GRU", "SimpleRNN", "both") and not sequence:
            rank = 2
    parts.append(("Dense", {"units": chance.randint(1, 9)}, {}, None))
    return shape, parts


def sample(seed: int) -> Sample:
    """A random text, the same for the same seed."""
    chance = random.Random(seed)
    shape, parts = parts_of(chance)
    old = chance.random() < 0.3
    built, wrapped = chance.choice(BUILT), chance.choice(WRAPPED)
    writer = Writer(chance, chance.choice(NAMED), old and built in ("list", "add", "method"))
    body = STRUCTURES[built](writer, shape, parts)
    text = f"{writer.head()}{body}"
    sizes = writer.values if writer.named == "letters" else {}
    age = "Keras 1" if writer.old else "now"
    style = f"{writer.named}, {built}, {wrapped}, {age}"
    return Sample(_wrapped(text, wrapped), dict(sizes), shape, parts, style)


def _list(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    first = writer.layer(parts[0], f"input_shape={writer.shape(shape)}")
    rest = [writer.layer(each) for each in parts[1:]]
    return f"model = Sequential([\n    {', '.join([first, *rest])}\n])\n"


def _add(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    lines = ["model = Sequential()", f"model.add(Input({writer.shape(shape)}))"]
    lines += [f"model.add({writer.layer(each)})" for each in parts]
    if writer.chance.random() < 0.5:
        lines += ["model.compile(loss='mse', optimizer='adam')", "model.fit(x, y, epochs=3)",
                  "for batch in data:", "    print(model.predict(batch))"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _functional(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    lines = [f"inputs = Input(shape={writer.shape(shape)})", "x = inputs"]
    lines += [f"x = {writer.layer(each)}(x)" for each in parts]
    return "\n".join([*lines, "model = Model(inputs, x)", ""])


def _indented(text: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in text.splitlines())


def _uncalled(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    body = _functional(writer, shape, parts)
    names = ", ".join(writer.values) if writer.named == "letters" else ""
    return f"def build({names}):\n{_indented(body, 4)}    return model\n"


def _method(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    body = _add(writer, shape, parts).replace("model", "self.model")
    head = (
        "class Trainer:\n    def __init__(self):\n        self.rate = 0.1\n\n    def make(self):\n"
    )
    return f"{head}{_indented(body, 8)}"


def _subclass(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    made = "".join(f"        self.l{n} = {writer.layer(each)}\n" for n, each in enumerate(parts))
    call = "".join(f"        x = self.l{n}(x)\n" for n in range(len(parts)))
    build = f"net = Net()\nnet.build((None, *{writer.shape(shape)}))\n"
    return (
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        f"{made}\n    def call(self, x, training=None):\n{call}        return x\n\n{build}"
    )


def _loop(writer: Writer, shape: tuple[int, ...], parts: list[Part]) -> str:
    layers = ", ".join(f"lambda: {writer.layer(each)}" for each in parts)
    return (
        f"makers = [{layers}]\nmodel = Sequential([Input({writer.shape(shape)})])\n"
        "for number, make in enumerate(makers):\n    model.add(make())\n"
    )


STRUCTURES: dict[str, Callable[[Writer, tuple[int, ...], list[Part]], str]] = {
    "list": _list, "add": _add, "functional": _functional, "uncalled": _uncalled,
    "method": _method, "subclass": _subclass, "loop": _loop,
}  # fmt: skip


def _wrapped(text: str, form: str) -> str:
    lines = text.splitlines()
    match form:
        case "notebook 4":
            cells = [["%matplotlib inline\n", "!pip install keras\n", "import keras"], text]
            content = {
                "nbformat": 4, "nbformat_minor": 5, "metadata": {},
                "cells": [{"cell_type": "markdown", "source": ["# A model"]},
                          *({"cell_type": "code", "source": each} for each in cells)],
            }  # fmt: skip
            return json.dumps(content)
        case "notebook 3":
            code = [f"{line}\n" for line in lines]
            sheet = {"cells": [{"cell_type": "code", "input": code, "language": "python"}]}
            return json.dumps({"nbformat": 3, "worksheets": [sheet], "metadata": {}})
        case "console":
            shown = [
                f"{'... ' if line.startswith((' ', ')', ']')) else '>>> '}{line}" for line in lines
            ]
            return "\n".join([*shown, "<keras.src.models.Model object at 0x7f>"])
        case "ipython":
            shown = [
                f"   ...: {line}" if line.startswith((" ", ")", "]")) else f"In [{n}]: {line}"
                for n, line in enumerate(lines)
            ]
            return "\n".join([*shown, "Out[9]: 3"])
        case "fence":
            return f"```python\n{text}```\n"
        case _:
            return text


def real(keras: Any, drawn: Sample) -> Any:
    """The model that real Keras makes of the layers of a sample."""

    def made(part: Part) -> Any:
        kind, sizes, others, inner = part
        cls = getattr(keras.layers, kind)
        return cls(*([] if inner is None else [made(inner)]), **sizes, **others)

    return keras.Sequential([keras.Input(drawn.shape), *map(made, drawn.parts)])


def difference(keras: Any, drawn: Sample) -> str:
    """A sentence on what lstminspect says otherwise than Keras; empty where both agree."""
    import lstminspect as li

    model = real(keras, drawn)
    try:
        found = li.model(drawn.text, sizes=drawn.sizes)
    except li.LstmInspectError as error:
        return f"{drawn.style}: {error}\n{drawn.text}"
    output = tuple(model.output_shape)
    same = found.parameters == model.count_params() and found.outputs == (output,)
    if same and found.complete:
        return ""
    says = f"{found.parameters} {found.outputs} for {model.count_params()} {output}"
    return f"{drawn.style}: {says} {found.doubts}\n{drawn.text}"


if __name__ == "__main__":
    import keras as real_keras

    number = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    wrong = [found for seed in range(number) if (found := difference(real_keras, sample(seed)))]
    print(*wrong[:5], f"{number - len(wrong)} of {number} agree", sep="\n\n")
    sys.exit(bool(wrong))
