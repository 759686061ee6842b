"""Flax code, linen and NNX: modules and `__call__`, read and never run; mixtures of frameworks."""

from __future__ import annotations

import pytest

import lstminspect as li

LINEN = (
    "from flax import linen as nn\nimport jax, jax.numpy as jnp\n\n"
    "class Net(nn.Module):\n    units: int = 4\n\n    @nn.compact\n    def __call__(self, x):\n"
)
NNX = (
    "from flax import nnx\nimport jax.numpy as jnp\nclass Net(nnx.Module):\n"
    "    def __init__(self, rngs):\n"
    "        self.lstm = nnx.RNN(nnx.LSTMCell(10, 20, rngs=rngs))\n"
    "        self.fc = nnx.Linear(20, 3, rngs=rngs)\n\n    def __call__(self, x):\n"
)
LSTM = 4 * 4 * (6 + 4 + 1)


def _linen(*lines: str, after: str = "") -> str:
    return LINEN + "".join(f"        {line}\n" for line in lines) + after


def test_linen_counts_its_input_as_letters_until_they_are_numbers() -> None:
    text = _linen("return nn.RNN(nn.LSTMCell(self.units))(x)")
    assert str(li.model(text).parameters) == "16*features + 80"
    found = li.model(text, sizes={"features": 6})
    assert (found.parameters, str(found.outputs)) == (LSTM, "((batch, time, 4),)")


def test_the_array_that_init_is_given_is_the_input() -> None:
    more = "\nparams = Net().init(jax.random.key(0), jnp.ones((2, 7, 6)))['params']\n"
    found = li.model(_linen("return nn.RNN(nn.LSTMCell(self.units))(x)", after=more))
    assert (found.parameters, found.outputs, found.complete) == (LSTM, ((2, 7, 4),), True)


def test_a_field_that_is_passed_replaces_its_default() -> None:
    more = "\nmodel = Net(units=5)\n"
    text = _linen("return nn.Dense(self.units)(x)", after=more)
    assert li.model(text, input_shape=(2, 3)).parameters == 3 * 5 + 5


def test_a_layer_of_setup_that_is_not_called_has_no_parameters() -> None:
    text = (
        "import flax.linen as nn\nclass Net(nn.Module):\n    def setup(self):\n"
        "        self.a = nn.Dense(3)\n        self.b = nn.Dense(99)\n\n"
        "    def __call__(self, x):\n        return self.a(self.a(x))\n"
    )
    assert li.model(text, input_shape=(2, 3)).parameters == 12
    with pytest.raises(li.ModelError, match=r'line 8: For parameter "kernel" in "/a"'):
        li.model(text, input_shape=(2, 5))


def test_layers_have_the_names_that_flax_gives_them() -> None:
    text = _linen("x = nn.Dense(3)(x)", "x = nn.Dense(4, name='head')(x)", "return nn.Dense(5)(x)")
    found = li.model(text, input_shape=(2, 6))
    assert [row.name for row in found.rows] == ["x", "Dense_0", "head", "Dense_1"]


def test_return_carry_gives_the_carry_first() -> None:
    take = "(c, h), y = nn.RNN(nn.LSTMCell(self.units), return_carry=True)(x)"
    found = li.model(_linen(take, "return h"), input_shape=(2, 7, 6))
    assert found.outputs == ((2, 4),)


def test_an_rnn_with_its_carry_is_not_taken_for_an_array() -> None:
    take = "y = nn.RNN(nn.GRUCell(self.units), return_carry=True)(x)"
    with pytest.raises(li.ModelError, match=r"line 10: Dense .* is given a tuple, not"):
        li.model(_linen(take, "return nn.Dense(2)(y)"), input_shape=(2, 7, 6))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("return x.reshape(-1, 5)", "cannot reshape array of shape .2, 7, 6. .size 84."),
        ("return x + jnp.ones((2, 7, 5))", "add got incompatible shapes for broadcasting"),
        ("return jnp.concatenate([x, x[:1]], axis=2)", "concatenating along dimension 2"),
        ("return x @ x", "dot_general requires contracting dimensions"),
        ("return x[0, 0, 0, 0]", "Too many indices: array is 3-dimensional, but 4"),
        ("return x.mean(axis=3)", "axis 3 is out of bounds for array of dimension 3"),
        ("return nn.Dense(units=3)(x)", "unexpected keyword argument 'units'"),
    ],
)
def test_a_fault_is_said_at_its_line_in_the_words_of_jax(line: str, words: str) -> None:
    with pytest.raises(li.ModelError, match=f"line 9: .*{words}"):
        li.model(_linen(line), input_shape=(2, 7, 6))


def test_shapes_end_at_the_line_that_is_not_known() -> None:
    found = li.model(_linen("x = mystery(nn.Dense(3)(x))", "return nn.Dense(2)(x)"))
    assert not found.complete
    assert "line 9: mystery is not known" in found.doubts[0]


def test_nnx_has_its_parameters_whatever_is_called() -> None:
    found = li.model(NNX + "        return self.lstm(x)\n")
    assert (found.parameters, found.source) == (4 * 20 * 31 + 63, "Flax NNX")
    assert found.rows[-1].part.note == "never called"


def test_a_linear_that_does_not_fit_is_a_fault_with_both_lines() -> None:
    text = NNX.replace("Linear(20", "Linear(21") + "        return self.fc(self.lstm(x))\n"
    with pytest.raises(li.ModelError, match=r"line 9: .* \(20,\) and \(21,\).* made at line 6"):
        li.model(text)


def test_a_scan_of_a_cell_goes_through_its_axis() -> None:
    text = _linen(
        "Cell = nn.scan(nn.LSTMCell, variable_broadcast='params',"
        " split_rngs={'params': False}, in_axes=1, out_axes=1)",
        "cell = Cell(self.units)",
        "carry = cell.initialize_carry(jax.random.key(0), x[:, 0].shape)",
        "return cell(carry, x)[1]",
    )
    found = li.model(text, input_shape=(2, 7, 6))
    assert (found.parameters, found.outputs) == (LSTM, ((2, 7, 4),))


def test_every_model_of_a_mixture_is_read_with_its_own_framework() -> None:
    text = (
        "import torch\nimport torch.nn as tnn\nclass T(tnn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.l = tnn.LSTM(3, 4)\n\n"
        "    def forward(self, x):\n        return self.l(x)[0]\n\n"
    ) + _linen("return nn.RNN(nn.LSTMCell(self.units))(x)")
    found = li.model(text)
    assert (found.parameters, found.source) == (4 * 4 * (3 + 4 + 2), "PyTorch")
    assert [str(each.parameters) for each in found.others] == ["16*features + 80"]
    assert "words of both PyTorch and Flax; that of PyTorch is read" in found.notes[-1]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("import equinox as eqx\ncell = eqx.nn.LSTMCell(3, 4)", "Equinox"),
        ("import haiku as hk\ncore = hk.LSTM(65)", "Haiku"),
        ("from mxnet.gluon import rnn\nlayer = rnn.LSTM(20)", "MXNet"),
        ("import paddle\nlayer = paddle.nn.LSTM(3, 4)", "PaddlePaddle"),
        ("library(keras)\nm <- keras_model_sequential() %>% layer_lstm(32)", "Keras code of R"),
        ("using Flux\nm = Chain(LSTM(3 => 4), Dense(4 => 1))", "Flux code of Julia"),
    ],
)
def test_a_framework_that_is_not_read_is_named(text: str, title: str) -> None:
    with pytest.raises(li.ModelError, match=f"the text is {title}"):
        li.model(text)


@pytest.mark.parametrize(
    "head",
    [
        "from tensorflow.keras import *\nfrom tensorflow.keras.layers import *\n",
        "import keras as K\nfrom keras import Sequential\nfrom keras.layers import LSTM, Dense\n",
        "import keras_core as keras\nfrom keras_core import Sequential\n"
        "from keras_core.layers import LSTM, Dense\n",
        "import tf_keras\nfrom tf_keras import Sequential\n"
        "from tf_keras.layers import LSTM, Dense\n",
    ],
)
def test_keras_is_read_under_each_of_its_names(head: str) -> None:
    text = head + "m = Sequential([LSTM(4, input_shape=(5, 3)), Dense(1)])"
    assert li.model(text).parameters == 4 * 4 * 8 + 5


def test_a_scanned_method_goes_through_the_time_of_its_input() -> None:
    text = (
        "import functools\nfrom flax import linen as nn\nimport jax, jax.numpy as jnp\n"
        "class Step(nn.Module):\n    @functools.partial(nn.scan, variable_broadcast='params',\n"
        "        in_axes=1, out_axes=1, split_rngs={'params': False})\n    @nn.compact\n"
        "    def __call__(self, carry, x):\n        state, done = carry\n"
        "        new, y = nn.LSTMCell(state[0].shape[-1])(state, x)\n"
        "        kept = tuple(jnp.where(done[:, jnp.newaxis], a, b) for a, b in zip(state, new))\n"
        "        return (kept, done), y\n\n"
        "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, xs):\n"
        "        cell = nn.LSTMCell(4, parent=None)\n"
        "        start = cell.initialize_carry(jax.random.key(0), (xs.shape[0], 4))\n"
        "        (state, _), ys = Step()((start, jnp.zeros(xs.shape[0])), xs)\n"
        "        return ys, state[1]\n"
    )
    found = li.model(text, sizes={"features": 6})
    assert (found.parameters, found.complete) == (LSTM, True)
    assert str(found.outputs) == "((batch, time, 4), (batch, 4))"


def test_attention_by_hand_divides_by_a_root() -> None:
    found = li.model(
        _linen(
            "q, k = jnp.split(nn.Dense(8)(x), 2, axis=-1)",
            "w = nn.softmax(jnp.einsum('bqd,bkd->bqk', q, k) / jnp.sqrt(self.units))",
            "x = nn.Dense(3)(w @ x)",
            "return nn.Embed(9, 3).attend(x)",
        ),
        input_shape=(2, 7, 6),
    )
    assert (found.parameters, found.outputs) == (6 * 8 + 8 + 6 * 3 + 3 + 27, ((2, 7, 9),))
