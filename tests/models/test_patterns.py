"""The pattern of a sequence problem: the time axis, followed through the layers."""

from __future__ import annotations

import pytest

import lstminspect as li
from lstminspect.models.patterns import pattern_of

VIDEO = "input_shape=(10, 32, 32, 1)"
TWO = "x, y = Input((9, 3)), Input((9, 2))\n"
PATTERNS = {
    f"ConvLSTM2D(8, 3, {VIDEO}), Conv2D(1, 3, padding='same')": "many-to-one",
    f"ConvLSTM2D(8, 3, {VIDEO}), Flatten(), Dense(3)": "many-to-one",
    f"ConvLSTM2D(8, 3, padding='same', return_sequences=True, {VIDEO}), "
    "Conv3D(1, 3, padding='same')": "many-to-many",
    "x = Input((9, 32, 32, 3))\ny = ConvLSTM2D(4, 3, return_sequences=True)(x)\n"
    "m = Model(x, Conv2D(2, 3)(y[:, -1]))": "many-to-one",
    f"TimeDistributed(Conv2D(4, 3), {VIDEO}), TimeDistributed(Flatten()), "
    "LSTM(4, return_sequences=True)": "many-to-many",
    f"TimeDistributed(Conv2D(4, 3), {VIDEO}), TimeDistributed(Flatten()), LSTM(4)": "many-to-one",
    "LSTM(8, return_sequences=True, input_shape=(9, 3)), GlobalMaxPooling1D()": "many-to-one",
    "LSTM(8, return_sequences=True, input_shape=(9, 3)), Flatten(), Dense(3)": "many-to-one",
    "LSTM(8, input_shape=(10, 3)), Dense(12), Reshape((4, 3))": "many-to-one",
    "Permute((2, 1), input_shape=(8, 30)), LSTM(4)": "many-to-one",
    "Embedding(9, 3), Bidirectional(LSTM(4, return_sequences=True))": "many-to-many",
    "Input((64, 64, 3)), Conv2D(4, 3), Flatten(), RepeatVector(9), "
    "LSTM(3, return_sequences=True)": "one-to-many",
    "Input((64,)), Reshape((8, 8)), LSTM(3, return_sequences=True)": "one-to-many",
    "Input((64,)), Reshape((8, 8)), LSTM(3)": "one-to-one",
    "Conv1D(4, 3, strides=2, input_shape=(30, 3)), LSTM(4, return_sequences=True)":
        "sequence-to-sequence",
    "LSTM(8, input_shape=(30, 2)), RepeatVector(30), LSTM(8, return_sequences=True)":
        "sequence-to-sequence",
    f"{TWO}m = Model([x, y], LSTM(4, return_sequences=True)(Concatenate()([x, y])))":
        "many-to-many",
    f"{TWO}a, b = LSTM(4, return_sequences=True)(x), LSTM(4, return_sequences=True)(y)\n"
    "m = Model([x, y], Attention()([b, a]))": "sequence-to-sequence",
    "x, y = Input((9, 3)), Input((2,))\nm = Model([x, y], Concatenate()([LSTM(3)(x), y]))":
        "many-to-one",
    "x, y = Input((9, 3)), Input((1,))\n"
    "m = Model([x, y], Concatenate()([LSTM(3)(x), Flatten()(Embedding(5, 2)(y))]))": "many-to-one",
    "x, h, c = Input((5, 3)), Input((4,)), Input((4,))\ny, s = LSTMCell(4)(x[:, 0], [h, c])\n"
    "m = Model([x, h, c], y)": "many-to-one",
    "x = Input((5, 3))\nm = Model(x, LSTM(4, return_sequences=True)(x)[:, -1])": "many-to-one",
    "x = Input((5, 3))\nm = Model(x, LSTM(4, return_sequences=True)(x)[:, :])": "many-to-many",
    "x = Input((5, 3))\ns, h, c = LSTM(4, return_sequences=True, return_state=True)(x)\n"
    "m = Model(x, [h, s])": "many-to-many",
    "x, z = Input((9, 3)), Input((4,))\ne = Model(x, LSTM(4)(x))\n"
    "d = Model(z, LSTM(2, return_sequences=True)(RepeatVector(9)(z)))\nm = Model(x, d(e(x)))":
        "sequence-to-sequence",
    "Sequential([LSTM(4, return_sequences=True, input_shape=(9, 3))]), Dense(2)": "many-to-many",
    "Sequential([LSTM(4, input_shape=(9, 3))]), Dense(2)": "many-to-one",
    "Conv1D(4, 3, input_shape=(30, 3))": "",
}  # fmt: skip


@pytest.mark.parametrize("code", PATTERNS)
def test_the_time_axis_is_followed_through_the_layers(code: str) -> None:
    assert pattern_of(li.model(code)) == PATTERNS[code]


MODULE = """
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.{layer}
        self.fc = nn.Linear(8, 1)
    def forward(self, x):
        {forward}
"""
HIDDEN = {
    "a loop over time": ("LSTMCell(3, 8)", "h = c = None\n        for each in range(9):"
                         "\n            h, c = self.rnn(x[:, each], (h, c))\n"
                         "        return self.fc(h)"),
    "a batch of 1 behind the steps": ("LSTM(3, 8)", "y, _ = self.rnn(x.view(len(x), 1, -1))\n"
                                      "        return self.fc(y.view(len(x), -1))"),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_no_pattern_is_named_where_a_module_hides_its_steps(name: str) -> None:
    layer, forward = HIDDEN[name]
    assert pattern_of(li.model(MODULE.format(layer=layer, forward=forward))) == ""


@pytest.mark.parametrize(("part", "pattern"), [("", "many-to-many"), ("[-1]", "many-to-one")])
def test_the_pattern_of_a_module_is_that_of_its_steps(part: str, pattern: str) -> None:
    forward = f"y, _ = self.rnn(x)\n        return self.fc(y{part})"
    assert pattern_of(li.model(MODULE.format(layer="LSTM(3, 8)", forward=forward))) == pattern
