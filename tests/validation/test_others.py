"""The conventions that `validate` does not run, each held against what it describes.

Equinox, Haiku, OpenVINO and the cells of TensorFlow 1 are run. cuDNN is held through PyTorch, which
hands it its weights in the order of the linLayerIDs. CoreML is written out from the text of its
operators, because its runtime is that of macOS alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy
import pytest

from lstminspect import Layer, cells, conventions
from lstminspect.conventions.catalogue import EQUATIONS, EVERY
from lstminspect.conventions.convention import Convention, PackedTensor
from lstminspect.runtime.run import run
from lstminspect.weights.initial import random_weights

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:.*is deprecated and will be removed in a future version:UserWarning"
    ),
    pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning"),
]

Array = Any
Weights = dict[str, Array]

UNITS, FEATURES, STEPS = 4, 3, 5


def equinox(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of a real cell of Equinox."""
    eqx, jax = pytest.importorskip("equinox"), pytest.importorskip("jax")
    make = {"lstm": eqx.nn.LSTMCell, "gru": eqx.nn.GRUCell}[cell]
    real = make(FEATURES, UNITS, key=jax.random.key(0))
    names = list(weights)
    assert {name: getattr(real, name).shape for name in names} == {
        name: value.shape for name, value in weights.items()
    }
    real = eqx.tree_at(
        lambda tree: [getattr(tree, name) for name in names], real, list(weights.values())
    )
    outputs = []
    for sequence in x:
        h = numpy.zeros(UNITS, x.dtype)
        state = (h, h) if cell == "lstm" else h
        for step in sequence:
            state = real(step, state)
            outputs.append(numpy.asarray(state[0] if cell == "lstm" else state))
    return numpy.reshape(outputs, (*x.shape[:2], UNITS))


def haiku(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of a real core of Haiku."""
    hk = pytest.importorskip("haiku")
    pytest.importorskip("jax")

    def unrolled(sequence: Array) -> Array:
        core = {"lstm": hk.LSTM, "gru_reset_before": hk.GRU}[cell](UNITS)
        return hk.dynamic_unroll(core, sequence, core.initial_state(len(x)))[0]

    module = {"lstm": "lstm", "gru_reset_before": "gru"}[cell]
    tree: dict[str, dict[str, Array]] = {}
    for name, value in weights.items():
        *path, last = name.split("/")
        tree.setdefault("/".join([module, *path]), {})[last] = value
    apply = hk.without_apply_rng(hk.transform(unrolled)).apply
    return numpy.asarray(apply(tree, x.swapaxes(0, 1))).swapaxes(0, 1)


def openvino(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of a real operation of OpenVINO."""
    ov = pytest.importorskip("openvino")
    opset = pytest.importorskip("openvino.opset13")
    start = numpy.zeros((len(x), 1, UNITS), x.dtype)
    lengths = numpy.full(len(x), STEPS, numpy.int32)
    parameter = opset.parameter(x.shape, numpy.float32)
    tensors = [weights[name] for name in "WRB"]
    if cell == "lstm":
        node = opset.lstm_sequence(parameter, start, start, lengths, *tensors, UNITS, "FORWARD")
    elif cell == "rnn":
        node = opset.rnn_sequence(parameter, start, lengths, *tensors, UNITS, "FORWARD")
    else:
        after = {"linear_before_reset": cell == "gru"}
        node = opset.gru_sequence(parameter, start, lengths, *tensors, UNITS, "FORWARD", **after)
    model = ov.Model([node.output(0)], [parameter])
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    return ov.Core().compile_model(model, "CPU", exact)([x])[0][:, 0]


def tf1(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of a real cell of TensorFlow 1, which TensorFlow 2 still has in its source."""
    pytest.importorskip("tensorflow")
    import tensorflow as tf
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as source

    options: dict[str, Any] = {
        "peephole": {"use_peepholes": True},
        "projected": {"num_proj": 2},
    }.get(cell, {})
    make = {"gru_reset_before": source.GRUCell, "rnn": source.BasicRNNCell}
    real = make.get(cell, source.LSTMCell)(UNITS, **options)
    real.build(tf.TensorShape(x[:, 0].shape))
    own = {each.name.partition("/")[2].removesuffix(":0"): each for each in real.variables}
    assert {name: tuple(each.shape) for name, each in own.items()} == {
        name: value.shape for name, value in weights.items()
    }
    for name, value in weights.items():
        own[name].assign(value)
    state, outputs = real.zero_state(len(x), tf.float32), []
    for t in range(STEPS):
        output, state = real(tf.constant(x[:, t]), state)
        outputs.append(output.numpy())
    return numpy.stack(outputs, axis=1)


def cudnn(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of PyTorch, whose weights are the matrices of cuDNN, one below the other.

    aten/src/ATen/native/cudnn/RNN.cpp, get_parameters and _viewOrCopyParams: each weight of PyTorch
    is copied to the address of its first linLayerID, as one block with the next ones.
    """
    torch = pytest.importorskip("torch")
    options = {"proj_size": 2} if cell == "projected" else {}
    make = {"gru": torch.nn.GRU, "rnn": torch.nn.RNN}.get(cell, torch.nn.LSTM)
    real = make(FEATURES, UNITS, batch_first=True, **options)
    gates = real.weight_ih_l0.shape[0] // UNITS
    parts = {
        f"{'weight' if name == 'matrix' else 'bias'}_{side}_l0": [
            weights[f"{name}_{number}"] for number in range(first, first + gates)
        ]
        for name in ("matrix", "bias")
        for side, first in (("ih", 0), ("hh", gates))
    }
    if cell == "projected":
        parts["weight_hr_l0"] = [weights["matrix_8"]]
    real.load_state_dict(
        {name: torch.as_tensor(numpy.concatenate(each)) for name, each in parts.items()}
    )
    with torch.no_grad():
        outputs: Array = real(torch.as_tensor(x))[0].numpy()
    return outputs


def coreml(cell: str, weights: Weights, x: Array) -> Array:
    """The outputs of a CoreML operator, from the docstrings of coremltools 9.0.

    mil/ops/defs/iOS15/recurrent.py. lstm: "Weight tensor should be in order of [input_gate,
    forget_gate, output_gate, cell_gate]", peephole "[input_gate, forget_gate, output_gate]"; gru:
    "weigh_ih = [W_{ir} | W_{io} | W_{iz}]", o_t = activation(W_{io} x_t + b_{io} + r_t * W_{ho}
    h_{t-1} + b_{ho}), h_t = (1 - z_t) * o_t + z_t * h_{t-1}; rnn: one gate, tanh.
    """

    def sigmoid(v: Array) -> Array:
        return 1 / (1 + numpy.exp(-v))

    h, c, outputs = numpy.zeros((len(x), UNITS)), numpy.zeros((len(x), UNITS)), []
    names = {"gru": "roz", "rnn": "h"}.get(cell, "ifoz")

    def split(name: str, axis: int = 0) -> dict[str, Array]:
        return dict(zip(names, numpy.split(weights[name], len(names), axis), strict=True))

    w, u, b = split("weight_ih"), split("weight_hh"), split("bias")
    for t in range(STEPS):
        into = {gate: x[:, t] @ w[gate].T + b[gate] for gate in names}
        back = {gate: h @ u[gate].T for gate in names}
        if cell == "rnn":
            h = numpy.tanh(into["h"] + back["h"])
        elif cell == "gru":
            r, z = (sigmoid(into[gate] + back[gate]) for gate in "rz")
            o = numpy.tanh(into["o"] + r * back["o"])
            h = (1 - z) * o + z * h
        else:
            p = numpy.split(weights.get("peephole", numpy.zeros(3 * UNITS)), 3)
            i = sigmoid(into["i"] + back["i"] + p[0] * c)
            f = sigmoid(into["f"] + back["f"] + p[1] * c)
            c = f * c + i * numpy.tanh(into["z"] + back["z"])
            h = sigmoid(into["o"] + back["o"] + p[2] * c) * numpy.tanh(c)
        outputs.append(h)
    return numpy.stack(outputs, axis=1)


REAL: dict[str, Callable[[str, Weights, Array], Array]] = {
    "equinox": equinox,
    "haiku": haiku,
    "openvino": openvino,
    "tf1": tf1,
    "cudnn": cudnn,
    "coreml": coreml,
}
# Chung's GRU keeps with 1 - z: the same real GRU of Haiku, without the negatives.
SAME = {("haiku", "gru_chung"): "gru_reset_before"}
STORED = [(name, cell) for name in REAL for cell in conventions.get(name).cells]


def layer_of(cell: str) -> Layer:
    own = {"projection": 2} if cell == "projected" else {}
    return Layer(cell, UNITS, FEATURES, return_sequences=True, **own)


def furthest(convention: str, cell: str, table: Convention) -> float:
    """The largest difference of the real outputs from ours, with our weights read by `table`."""
    layer = layer_of(cell)
    weights = random_weights(layer, convention, seed=5)
    x = numpy.random.default_rng(6).normal(size=(2, STEPS, FEATURES)).astype("float32")
    theirs = REAL[convention](SAME.get((convention, cell), cell), weights, x)
    tables = __import__(f"lstminspect.conventions.{convention}", fromlist=["TABLES"]).TABLES
    whole = tables[convention]
    tables[convention] = table
    try:
        ours = run(layer, weights, x, convention=convention)
    finally:
        tables[convention] = whole
    assert ours.shape == theirs.shape
    return float(numpy.abs(ours - theirs).max())


def test_every_convention_is_run_somewhere() -> None:
    run_by_validate = {"keras", "pytorch", "onnx", "flax", "nnx", "torchrecurrent"}
    assert set(EVERY) == run_by_validate | set(REAL) | {EQUATIONS}


@pytest.mark.parametrize(("convention", "cell"), STORED)
def test_the_real_layer_returns_what_ours_does(convention: str, cell: str) -> None:
    assert furthest(convention, cell, conventions.get(convention)) < 2e-6


@pytest.mark.parametrize(
    ("convention", "cell"),
    [(name, cell) for name, cell in STORED if cell != "rnn"],
)
def test_any_two_gates_exchanged_in_a_table_are_seen(convention: str, cell: str) -> None:
    table = conventions.get(convention)
    blocks = [block for block in cells.get(cell).blocks if len(block.shape) == 2]
    gates = sorted({block.name[-1] for block in blocks if block.name.startswith("W_")})
    for one, other in combinations(gates, 2):
        names = {one: other, other: one}

        def exchanged(tensor: PackedTensor, names: dict[str, str] = names) -> PackedTensor:
            changed = tuple(
                text[:-1] + names.get(text[-1], text[-1]) if text.lstrip("-")[0] in "WUb" else text
                for text in tensor.blocks
            )
            return replace(tensor, blocks=changed)

        wrong = {**table.cells, cell: tuple(map(exchanged, table.cells[cell]))}
        assert furthest(convention, cell, replace(table, cells=wrong)) > 1e-3
