"""Gradients of layers beside those of Keras and PyTorch: masks, lengths, stacks, directions."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import lstminspect as li
from lstminspect.optional import load_keras

CELLS = ["lstm", "gru", "rnn"]
TORCH = CELLS if find_spec("torch") else []
FLAX = CELLS if find_spec("flax") else []


def of_keras(keras: Any, name: str, **options: Any) -> Any:
    """A layer of Keras in float64, with weights that are all different."""
    makers = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
    return makers[name](4, dtype="float64", **options)


def gradients_of_keras(layer: Any, x: Any, weight: Any, mask: Any) -> list[Any]:
    import tensorflow as tf

    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        loss = tf.reduce_sum(layer(tensor, mask=mask) * weight)
    found = tape.gradient(loss, [tensor, *layer.trainable_variables])
    return [np.asarray(each) for each in found]


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("wrapped", ["", "concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("name", CELLS)
def test_gradients_agree_with_keras(name: str, wrapped: str, masked: bool) -> None:
    keras = load_keras()
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3, 6, 3))
    mask = rng.random((3, 6)) < 0.6 if masked else None
    theirs = of_keras(keras, name, return_sequences=True, go_backwards=not wrapped)
    if wrapped:
        theirs = keras.layers.Bidirectional(theirs, merge_mode=wrapped, dtype="float64")
    theirs.build(x.shape)
    theirs.set_weights([rng.normal(size=each.shape) * 0.5 for each in theirs.get_weights()])
    ours = li.Layer(
        name,
        units=4,
        features=3,
        return_sequences=True,
        go_backwards=not wrapped,
        bidirectional=bool(wrapped),
        merge_mode=wrapped or "concat",
    )
    weight = rng.normal(size=theirs(x).shape)
    first, *others = gradients_of_keras(theirs, x, weight, mask)
    found = li.gradients(ours, theirs.get_weights(), x, weight, mask=mask)
    assert np.abs(found.inputs["x"] - first).max() < 1e-10
    assert len(others) == len(found.weights)
    for mine, other in zip(found.weights.values(), others, strict=True):
        assert np.abs(mine - other).max() < 1e-10


@pytest.mark.parametrize("lengths", [None, [5, 2, 3]], ids=["", "lengths"])
@pytest.mark.parametrize("both", [False, True], ids=["", "bidirectional"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", TORCH)
def test_gradients_agree_with_pytorch(
    name: str, layers: int, both: bool, lengths: list[int] | None
) -> None:
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    torch.manual_seed(3)
    maker = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[name]
    module = maker(3, 4, layers, bidirectional=both, batch_first=True).double()
    x = torch.randn(3, 5, 3, dtype=torch.float64, requires_grad=True)
    states = [
        torch.randn(layers * (1 + both), 3, 4, dtype=torch.float64, requires_grad=True)
        for _ in range(1 + (name == "lstm"))
    ]
    first = tuple(states) if name == "lstm" else states[0]
    if lengths:
        packed = pack_padded_sequence(x, torch.tensor(lengths), True, enforce_sorted=False)
        output, last = module(packed, first)
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=5)
    else:
        output, last = module(x, first)
    last = last if name == "lstm" else (last,)
    weight, after = torch.randn_like(output), [torch.randn_like(each) for each in last]
    loss = (output * weight).sum()
    for state, its_weight in zip(last, after, strict=True):
        loss = loss + (state * its_weight).sum()
    loss.backward()
    starts = [each.detach().numpy() for each in states]
    ends = [each.numpy() for each in after]
    ours = li.Layer(
        name, units=4, features=3, layers=layers, bidirectional=both, return_sequences=True
    )
    found = li.gradients(
        ours,
        {key: value.detach().numpy() for key, value in module.state_dict().items()},
        x.detach().numpy(),
        weight.numpy(),
        ends if name == "lstm" else ends[0],
        starts if name == "lstm" else starts[0],
        lengths=lengths,
        convention="pytorch",
    )
    assert np.abs(found.inputs["x"] - x.grad.numpy()).max() < 1e-10
    for key, parameter in module.named_parameters():
        assert np.abs(found.weights[key] - parameter.grad.numpy()).max() < 1e-10
    wanted = np.stack([each.grad.numpy() for each in states], 1).reshape(-1, 3, 4)
    mine = np.stack(list(found.initial_state.values()))
    assert np.abs(mine - wanted).max() < 1e-10


@pytest.mark.parametrize("name", CELLS)
def test_gradients_of_states_agree_with_keras(name: str) -> None:
    import tensorflow as tf

    keras = load_keras()
    rng = np.random.default_rng(6)
    x = rng.normal(size=(3, 6, 3))
    theirs = of_keras(keras, name, return_state=True)
    theirs.build(x.shape)
    theirs.set_weights([rng.normal(size=each.shape) * 0.5 for each in theirs.get_weights()])
    starts = [rng.normal(size=(3, 4)) for _ in range(1 + (name == "lstm"))]
    ends = [rng.normal(size=(3, 4)) for _ in starts]
    weight = rng.normal(size=(3, 4))
    tensors = [tf.constant(each) for each in starts]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output, *last = theirs(tf.constant(x), initial_state=tensors)
        loss = tf.reduce_sum(output * weight)
        for state, end in zip(last, ends, strict=True):
            loss = loss + tf.reduce_sum(state * end)
    wanted = tape.gradient(loss, tensors)
    found = li.gradients(li.Layer(name, 4, 3), theirs.get_weights(), x, weight, ends, starts)
    for mine, other in zip(found.initial_state.values(), wanted, strict=True):
        assert np.abs(mine - np.asarray(other)).max() < 1e-10


@pytest.mark.parametrize("lengths", [None, [5, 2, 3]], ids=["", "lengths"])
@pytest.mark.parametrize("name", FLAX)
def test_gradients_agree_with_flax(name: str, lengths: list[int] | None) -> None:
    import jax
    from flax import linen

    cell = {"lstm": linen.OptimizedLSTMCell, "gru": linen.GRUCell, "rnn": linen.SimpleCell}[name]
    rng = np.random.default_rng(7)
    x, weight = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 4))
    inside = np.ones((3, 5, 1)) if lengths is None else np.arange(5) < np.array(lengths)[:, None]
    weight = weight * inside.reshape(3, 5, 1)
    with jax.enable_x64(True):
        made = linen.RNN(cell(4, param_dtype=np.float64))
        drawn = made.init(jax.random.key(0), x)["params"]
        drawn = jax.tree.map(lambda each: rng.normal(size=each.shape) * 0.5, drawn)
        counts = None if lengths is None else np.array(lengths)

        def loss(params: Any, inputs: Any) -> Any:
            return (made.apply({"params": params}, inputs, seq_lengths=counts) * weight).sum()

        by_weights, by_x = jax.grad(loss, (0, 1))(drawn, x)
    layer = li.Layer(name, 4, 3, return_sequences=True, framework="flax")
    found = li.gradients(layer, drawn, x, weight, lengths=lengths)
    assert np.abs(found.inputs["x"] - np.asarray(by_x)).max() < 1e-10
    for path, wanted in jax.tree_util.tree_leaves_with_path(by_weights):
        key = "/".join(each.key for each in path).removeprefix("cell/")
        (mine,) = [each for own, each in found.weights.items() if own.endswith(key)]
        assert np.abs(mine - np.asarray(wanted)).max() < 1e-10, key
