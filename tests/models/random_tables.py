"""Random models, each printed by its framework: is their configuration read from the table?

`python tests/models/random_tables.py 100` prints for how many every configuration is recovered,
for how many what the table leaves open is named, and how many are wrong.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import printed_texts

__all__ = ["STYLES", "Printed", "draw", "verdict"]

Layer = dict[str, Any]


class Printed(NamedTuple):
    """A printed table, the total of the real model, and what its recurrent rows were made of."""

    style: str
    text: str
    total: int
    layers: tuple[Layer, ...]


def keras_model(draw: random.Random, keras: Any) -> tuple[Any, list[Layer]]:
    """A Sequential or a functional model, and the arguments of its recurrent layers."""
    layers = keras.layers
    x = inputs = keras.Input((draw.choice([None, 12]), draw.randint(1, 20)))
    if draw.random() < 0.3:
        x = inputs = keras.Input((12,))
        x = layers.Embedding(draw.randint(5, 90), draw.randint(2, 16))(x)
    truth = []
    for number in range(many := draw.randint(1, 3)):
        kind = draw.choice(["LSTM", "GRU", "SimpleRNN"])
        made: Layer = {"class": kind, "units": draw.randint(1, 40), "features": x.shape[-1]}
        made["use_bias"] = draw.random() < 0.8
        options: dict[str, Any] = {"return_sequences": number < many - 1 or draw.random() < 0.3}
        if kind == "GRU":
            options["reset_after"] = made["reset_after"] = draw.random() < 0.7
        layer = getattr(layers, kind)(made["units"], use_bias=made["use_bias"], **options)
        if draw.random() < 0.3:
            merge = draw.choice(["concat", "sum"])
            layer = layers.Bidirectional(layer, merge_mode=merge)
            made["both"] = True
        x = layer(x)
        truth.append(made)
        if draw.random() < 0.3:
            x = layers.Dropout(0.1)(x)
        if draw.random() < 0.2:
            x = layers.LayerNormalization()(x)
        if len(x.shape) == 3 and draw.random() < 0.2:
            x = layers.Conv1D(draw.randint(2, 9), draw.randint(1, 5), padding="same")(x)
    x = layers.Dense(draw.randint(1, 9), use_bias=draw.random() < 0.8)(x)
    if draw.random() < 0.3:
        other = keras.Input((draw.randint(1, 5),))
        end = layers.Flatten()(x) if x.shape[1] and len(x.shape) == 3 else x
        if len(end.shape) == 2:
            x = layers.Dense(2)(layers.Concatenate()([end, other]))
            return keras.Model([inputs, other], x), truth
    if draw.random() < 0.5:
        model = keras.Model(inputs, x)
        return keras.Sequential([inputs_of(keras, inputs), *model.layers[1:]]), truth
    return keras.Model(inputs, x), truth


def inputs_of(keras: Any, tensor: Any) -> Any:
    return keras.Input(tensor.shape[1:])


def keras_3(draw: random.Random) -> Printed:
    import keras

    model, truth = keras_model(draw, keras)
    lines: list[str] = []
    model.summary(
        line_length=draw.choice([None, 80, 70, 60, 46]),
        print_fn=lambda line, **_: lines.append(line),
        show_trainable=draw.random() < 0.2,
    )
    return Printed("keras_3", "\n".join(lines), model.count_params(), tuple(truth))


def keras_2(draw: random.Random) -> Printed:
    import tf_keras

    model, truth = keras_model(draw, tf_keras)
    lines: list[str] = []
    model.summary(line_length=draw.choice([None, 90, 60]), print_fn=lines.append)
    return Printed("keras_2", "\n".join(lines), model.count_params(), tuple(truth))


def _rows_of(model: Any) -> Iterator[tuple[str, str, Any, int, list[str]]]:
    before = ""
    for layer in model.layers:
        shape = getattr(layer, "output_shape", None)
        shape = shape[0] if isinstance(shape, list) else shape
        name = type(layer).__name__
        yield layer.name, name, shape, layer.count_params(), [f"{before}[0][0]"] if before else []
        before = layer.name


def _chain(draw: random.Random) -> tuple[Any, list[Layer]]:
    """A chain, which older versions print in one column of layers."""
    import tf_keras

    while True:
        model, truth = keras_model(draw, tf_keras)
        if len(model.inputs) == 1:
            return model, truth


def keras_1(draw: random.Random) -> Printed:
    model, truth = _chain(draw)
    text = printed_texts.keras_1(list(_rows_of(model)))
    return Printed("keras_1", text, model.count_params(), tuple(truth))


def keras_2_cut(draw: random.Random) -> Printed:
    model, truth = _chain(draw)
    text = printed_texts.keras_2_cut([row[:4] for row in _rows_of(model)])
    return Printed("keras_2_cut", text, model.count_params(), tuple(truth))


def torch_module(draw: random.Random) -> tuple[Any, tuple[int, ...], bool, list[Layer]]:
    """A module, the shape of its input, whether that is of words, and its recurrent layers."""
    from torch import nn

    words = draw.random() < 0.4
    features = draw.randint(1, 20)
    truth: list[Layer] = []

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = features
            if words:
                width = draw.randint(2, 16)
                self.embed = nn.Embedding(draw.randint(5, 90), width)
            self.many = draw.randint(1, 2)
            for number in range(self.many):
                kind = draw.choice(["LSTM", "GRU", "RNN"])
                made = {
                    "class": kind, "units": draw.randint(1, 40), "features": width,
                    "num_layers": draw.randint(1, 3), "bidirectional": draw.random() < 0.4,
                    "use_bias": draw.random() < 0.8,
                }  # fmt: skip
                options = {"num_layers": made["num_layers"], "bias": made["use_bias"]}
                options |= {"bidirectional": made["bidirectional"], "batch_first": True}
                layer = getattr(nn, kind)(width, made["units"], **options)
                setattr(self, f"rnn{number}", layer)
                width = made["units"] * (1 + made["bidirectional"])
                truth.append(made)
            self.drop = nn.Dropout(0.1)
            self.head = nn.Sequential(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, 2))
            if draw.random() < 0.3:
                self.norm = nn.LayerNorm(width)

        def forward(self, x: Any) -> Any:
            x = self.embed(x) if words else x
            for number in range(self.many):
                x, _ = getattr(self, f"rnn{number}")(x)
            x = self.norm(x) if hasattr(self, "norm") else x
            return self.head(self.drop(x[:, -1]))

    module = Net()
    return module, (2, 7) if words else (2, 7, features), words, truth


def torchinfo(draw: random.Random) -> Printed:
    import torch
    from torchinfo import summary

    module, shape, words, truth = torch_module(draw)
    columns = draw.choice([
        ("output_size", "num_params"),
        ("input_size", "output_size", "num_params", "mult_adds"),
        ("kernel_size", "input_size", "output_size", "num_params", "trainable"),
    ])  # fmt: skip
    rows = draw.choice([("depth",), ("var_names", "depth"), ("ascii_only", "depth")])
    found = summary(
        module, input_size=shape, dtypes=[torch.long if words else torch.float], verbose=0,
        col_names=columns, row_settings=rows,
    )  # fmt: skip
    total = sum(each.numel() for each in module.parameters())
    return Printed("torchinfo", str(found), total, tuple(truth))


def printed_module(draw: random.Random) -> Printed:
    module, *_, truth = torch_module(draw)
    total = sum(each.numel() for each in module.parameters())
    return Printed("printed_module", f">>> print(model)\n{module}", total, tuple(truth))


STYLES: dict[str, Callable[[random.Random], Printed]] = {
    "keras_1": keras_1,
    "keras_2_cut": keras_2_cut,
    "keras_2": keras_2,
    "keras_3": keras_3,
}
if find_spec("torch") is not None:
    STYLES |= {"torchinfo": torchinfo, "printed_module": printed_module}


def draw(seed: int) -> Printed:
    """The table of a seed."""
    styles = list(STYLES)
    return STYLES[styles[seed % len(styles)]](random.Random(seed))


def _made(option: Any, size: int | None) -> Layer:
    """A configuration that was read, in the words of the truth."""
    name, config = option.inner or (option.layer_type, option.config)
    made = {"class": name, "units": config.get("units", config.get("hidden_size"))}
    made["features"] = size
    made["use_bias"] = config.get("use_bias", config.get("bias", True))
    made["reset_after"] = config.get("reset_after", True)
    made["num_layers"] = config.get("num_layers", 1)
    made["bidirectional"] = config.get("bidirectional", False)
    return made


def _agree(truth: Layer, made: Layer) -> bool:
    names = [name for name in truth if name != "both"]
    if not truth["use_bias"]:
        names = [name for name in names if name != "reset_after"]  # The count has no trace of it.
    return all(truth[name] == made[name] for name in names)


def verdict(printed: Printed) -> str:
    """`recovered`, `named` where the table leaves a choice open, or `wrong: ...`."""
    import lstminspect as li
    from lstminspect.explanations.printed.explained import tables_of
    from lstminspect.explanations.printed.options import RECURRENT
    from lstminspect.explanations.printed.solved import solved_rows

    model = li.model(printed.text)
    if model.parameters != printed.total or not model.complete:
        return f"wrong: {model.parameters} of {printed.total} parameters, {model.doubts}"
    if printed.style == "printed_module":
        found = [row.part.layer for row in model.rows if row.part.layer is not None]
        made = [
            {"class": type_, "units": each.units, "features": each.features,
             "num_layers": each.layers, "bidirectional": each.bidirectional,
             "use_bias": each.use_bias}
            for each, type_ in zip(found, (row.layer_type for row in model.rows
                                           if row.part.layer is not None), strict=True)
        ]  # fmt: skip
        return "recovered" if list(printed.layers) == made else f"wrong: {made}"
    table, *_ = tables_of(printed.text)
    rows = [each for each in solved_rows(table) if each.row.layer_type in RECURRENT]
    if len(rows) != len(printed.layers):
        return f"wrong: {len(rows)} recurrent rows"
    for each, truth in zip(rows, printed.layers, strict=True):
        if each.fault or not any(_agree(truth, _made(fit.option, fit.size)) for fit in each.fits):
            return f"wrong: {truth} is not among {[fit.text for fit in each.fits]} {each.fault}"
    if all(each.is_sure for each in rows):
        return "recovered"
    named = all("does not say which" in each.sentence for each in rows if not each.is_sure)
    return "named" if named else "wrong: what is open is not named"


if __name__ == "__main__":
    import lstminspect as li

    counts: dict[tuple[str, str], int] = {}
    for seed in range(int(sys.argv[1])):
        table = draw(seed)
        try:
            answer = verdict(table)
        except li.LstmInspectError as error:
            answer = f"wrong: {error}"
        key = table.style, answer.partition(":")[0]
        counts[key] = counts.get(key, 0) + 1
        if answer.startswith("wrong"):
            print(seed, table.style, answer)
            print(table.text)
    for (style, answer), count in sorted(counts.items()):
        print(f"{style:16} {answer:10} {count}")
