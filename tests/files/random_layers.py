"""Random layers of the real frameworks, as tensors of a file: recognised and run.

    python tests/files/random_layers.py 200

For each framework that is installed so many layers are made, with random options. Their tensors,
by the names that the framework gives them, go through `recognise`. A layer is recovered if it is
the one that was made, ambiguous if it is among the alternatives that are named, and wrong if not.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from lstminspect import Layer, run
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.recognition import recognise

STEPS = 4


class Made(NamedTuple):
    """A layer of a framework: its options, its tensors by name, and what it returns for `x`."""

    options: dict[str, Any]
    tensors: Mapping[str, Any]
    x: Any
    output: Any


def contents_of(tensors: Mapping[str, Any]) -> Contents:
    """Arrays by name, as a file holds them."""
    return Contents("test", tuple(file_tensor(name, np.asarray(a)) for name, a in tensors.items()))


def file_tensor(name: str, array: Any) -> FileTensor:
    """One array as a tensor of a file."""
    dtype = str(array.dtype)
    return FileTensor(name, array.shape, dtype, array.nbytes, name, lambda: array)


def _numbers(draw: random.Random) -> tuple[int, int]:
    """Units and features, with those that are equal by chance among them."""
    units = draw.choice([1, 2, 3, 4, 6, 8, 12])
    return units, draw.choice([units, 2 * units, 3 * units, draw.randint(1, 20)])


def _x(draw: random.Random, features: int) -> Any:
    return np.random.default_rng(draw.randint(0, 99)).normal(size=(2, STEPS, features)).astype("f4")


def pytorch(draw: random.Random) -> Made:
    """A random module of PyTorch: a layer or a cell, inside a model or alone."""
    import torch

    units, features = _numbers(draw)
    cell = draw.choice(["lstm", "gru", "rnn"])
    options: dict[str, Any] = {
        "units": units,
        "features": features,
        "use_bias": draw.random() < 0.7,
    }
    single = draw.random() < 0.25
    torch.manual_seed(draw.randint(0, 99))
    x = _x(draw, features)
    name = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[cell]
    if single:
        module = getattr(torch.nn, f"{name}Cell")(features, units, bias=options["use_bias"])
        state, outputs = None, []
        for step in range(STEPS):
            state = module(torch.tensor(x[:, step]), state)
            outputs.append(state[0] if cell == "lstm" else state)
        output = torch.stack(outputs, 1)
    else:
        options |= {"layers": draw.randint(1, 3), "bidirectional": draw.random() < 0.4}
        projection = draw.randint(1, units - 1) if cell == "lstm" and units > 1 else 0
        projection *= draw.random() < 0.3
        if projection:
            cell, options["projection"] = "projected", projection
        more = {"proj_size": projection} if projection else {}
        module = getattr(torch.nn, name)(
            features, units, options["layers"], bias=options["use_bias"], batch_first=True,
            bidirectional=options["bidirectional"], **more,
        )  # fmt: skip
        output = module(torch.tensor(x))[0]
    place = draw.choice(["", "encoder.rnn.", "module.model.decoder."])
    tensors = {f"{place}{key}": value.numpy() for key, value in module.state_dict().items()}
    tensors |= {"fc.weight": np.zeros((5, units)), "fc.bias": np.zeros(5)}
    return Made({"cell": cell, **options}, tensors, x, output.detach().numpy())


def keras(draw: random.Random) -> Made:
    """A random layer of Keras, by the paths of its variables."""
    import keras as framework

    units, features = _numbers(draw)
    cell = draw.choice(["lstm", "gru", "gru_reset_before", "rnn"])
    framework.utils.set_random_seed(draw.randint(0, 99))
    use_bias, both = draw.random() < 0.7, draw.random() < 0.4
    more = {"reset_after": cell == "gru"} if cell.startswith("gru") else {}
    name = {"lstm": "LSTM", "rnn": "SimpleRNN"}.get(cell, "GRU")
    layer = getattr(framework.layers, name)(
        units, use_bias=use_bias, bias_initializer="normal", return_sequences=True, **more
    )
    model = framework.Sequential([framework.layers.Bidirectional(layer) if both else layer,
                                  framework.layers.Dense(3)])  # fmt: skip
    x = _x(draw, features)
    model(x)
    output = np.asarray(model.layers[0](x))
    tensors = {each.path: np.asarray(each) for each in model.variables}
    options = {"cell": cell, "units": units, "features": features, "use_bias": use_bias}
    return Made({**options, "bidirectional": both}, tensors, x, output)


def onnx(draw: random.Random) -> Made:
    """A random node of ONNX: its initializers, and what ONNX Runtime returns."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    units, features = _numbers(draw)
    cell = draw.choice(["lstm", "peephole", "gru", "gru_reset_before", "rnn"])
    use_bias, both = draw.random() < 0.7, draw.random() < 0.4
    layer = Layer(cell, units, features, use_bias=use_bias, bidirectional=both)
    values = np.random.default_rng(draw.randint(0, 99))
    place = draw.choice(["", "lstm.", "model/rnn/"])
    arrays = {
        weight.name: values.normal(size=weight.shape).astype("f4")
        for weight in layer.weights_in("onnx")
    }
    operator = {"lstm": "LSTM", "peephole": "LSTM", "rnn": "RNN"}.get(cell, "GRU")
    inputs = ["X", *(f"{place}{n}" if n in arrays else "" for n in ("W", "R", "B"))]
    inputs += ["", "", "", f"{place}P"] if cell == "peephole" else []
    attributes = {"hidden_size": units, "direction": "bidirectional" if both else "forward"}
    attributes |= {"linear_before_reset": int(cell == "gru")} if operator == "GRU" else {}
    node = helper.make_node(operator, inputs, ["Y"], **attributes)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("X", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, f"{place}{name}") for name, array in arrays.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = _x(draw, features)
    (y,) = session.run(None, {"X": x.swapaxes(0, 1)})  # (timesteps, directions, batch, units)
    output = y.transpose(2, 0, 1, 3).reshape(2, STEPS, -1)
    tensors = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    options = {"cell": cell, "units": units, "features": features, "use_bias": use_bias}
    return Made({**options, "bidirectional": both}, tensors, x, output)


def flax(draw: random.Random) -> Made:
    """A random cell of Flax linen inside RNN or Bidirectional, by the paths of its parameters."""
    import jax
    from flax import linen, traverse_util

    units, features = _numbers(draw)
    cell = draw.choice(["lstm", "optimized", "gru", "rnn", "mgu_reset_after"])
    names = {"lstm": "LSTMCell", "optimized": "OptimizedLSTMCell", "gru": "GRUCell",
             "rnn": "SimpleCell", "mgu_reset_after": "MGUCell"}  # fmt: skip
    both = draw.random() < 0.4
    module: Any = linen.RNN(getattr(linen, names[cell])(units))
    if both:
        module = linen.Bidirectional(module, linen.RNN(getattr(linen, names[cell])(units)))
    x = _x(draw, features)
    variables = module.init(jax.random.key(draw.randint(0, 99)), x)
    place = draw.choice(["params", "params/encoder"])
    flat = traverse_util.flatten_dict(variables["params"], sep="/")
    tensors = {f"{place}/{name}": np.asarray(array) for name, array in flat.items()}
    options = {"cell": "lstm" if cell == "optimized" else cell, "units": units}
    options |= {"features": features, "use_bias": True, "bidirectional": both}
    return Made(options, tensors, x, np.asarray(module.apply(variables, x)))


MAKERS: dict[str, Callable[[random.Random], Made]] = {
    name: maker
    for name, maker in {"pytorch": pytorch, "keras": keras, "onnx": onnx, "flax": flax}.items()
    if find_spec({"pytorch": "torch", "onnx": "onnxruntime"}.get(name, name))
}


def verdict(made: Made, layers: tuple[FileLayer, ...]) -> str:
    """`recovered`, `ambiguous`, or what is wrong."""
    if len(layers) != 1:
        return f"wrong: {len(layers)} layers"
    layer = layers[0]
    if _is(layer.layer, made.options):
        return "recovered" if _runs(layer, made) else "wrong: another output"
    if any(_is(other.layer, made.options) for other in layer.alternatives):
        return "ambiguous" if any("cell:" in text for text in layer.open) else "wrong: not named"
    return f"wrong: {layer.layer!r}"


def _is(layer: Layer, options: Mapping[str, Any]) -> bool:
    own = {"layers": 1, "bidirectional": False, **options}
    cell = own.pop("cell")
    own_sizes = dict(layer.extra)
    here = {name: own_sizes.get(name, getattr(layer, name, None)) for name in own}
    return layer.cell.name == cell and here == own


def _runs(layer: FileLayer, made: Made) -> bool:
    from dataclasses import replace

    every = replace(layer.layer, return_sequences=True, batch_first=True)
    output = run(every, layer.weights(every.convention), made.x)
    return bool(np.allclose(output, made.output, atol=1e-4))


def wrong_ones(name: str, number: int, seed: int = 0) -> Iterator[tuple[str, Made]]:
    """The verdict for each of so many random layers of a framework."""
    draw = random.Random(f"{name}{seed}")
    for _ in range(number):
        made = MAKERS[name](draw)
        yield verdict(made, recognise(contents_of(made.tensors))), made


def main() -> int:
    """Print the verdicts by framework; 1 if any is wrong."""
    number, bad = int(sys.argv[1]) if len(sys.argv) > 1 else 200, 0
    for name in MAKERS:
        counts: Counter[str] = Counter()
        for text, made in wrong_ones(name, number):
            counts[text.partition(":")[0]] += 1
            if text.startswith("wrong"):
                shapes = {key: np.shape(value) for key, value in made.tensors.items()}
                print(f"{name}: {text}\n  made {made.options}\n  from {shapes}")
        bad += counts["wrong"]
        print(f"{name}: {dict(counts)}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
