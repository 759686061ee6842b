"""Every rule of shape inference, by literals that real Keras 3.15.1 gave; seconds, no framework.

Shapes, parameters and what is trained are Keras'; the work was counted by hand: products of
matrices, bias additions, element-wise operations, functions, for one sequence.
"""

from __future__ import annotations

import pytest

import lstminspect as li
from lstminspect.models.graph import Graph, Node, TensorRef
from lstminspect.models.inference import infer_shapes
from lstminspect.models.spec import LayerSpec

#: Code: the shapes that come out, parameters, those that are trained, work.
RULES = {
    "a, b = Input((5, 8)), Input((1, 8))\nm = Model([a, b], Add()([a, b]))":
        (((None, 5, 8),), 0, 0, (0, 0, 40, 0)),
    "a, b = Input((5, 8)), Input((8,))\nm = Model([a, b], Multiply()([a, b]))":
        (((None, 5, 8),), 0, 0, (0, 0, 40, 0)),
    "a, b = Input((8,)), Input((5, 8))\nm = Model([a, b], Subtract()([a, b]))":
        (((None, 5, 8),), 0, 0, (0, 0, 40, 0)),
    "a, b = Input((1, 8)), Input((5, 1))\nm = Model([a, b], Maximum()([a, b]))":
        (((None, 5, 8),), 0, 0, (0, 0, 40, 0)),
    "a, b = Input((None, 8)), Input((5, 8))\nm = Model([a, b], Minimum()([a, b]))":
        (((None, None, 8),), 0, 0, None),
    "a, b = Input((5, 8)), Input((None, 1))\nm = Model([a, b], Add()([a, b]))":
        (((None, None, 8),), 0, 0, None),
    "a, b, c = Input((5, 8)), Input((5, 8)), Input((5, 8))\n"
    "m = Model([a, b, c], Average()([a, b, c]))": (((None, 5, 8),), 0, 0, (0, 0, 120, 0)),
    "a, b, c = Input((5, 8)), Input((5, 8)), Input((5, 8))\n"
    "m = Model([a, b, c], Add()([a, b, c]))": (((None, 5, 8),), 0, 0, (0, 0, 80, 0)),
    "a, b = Input((5, 8)), Input((5, 3))\nm = Model([a, b], Concatenate()([a, b]))":
        (((None, 5, 11),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((2, 8))\nm = Model([a, b], Concatenate(axis=1)([a, b]))":
        (((None, 7, 8),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((2, 8))\nm = Model([a, b], Concatenate(axis=-2)([a, b]))":
        (((None, 7, 8),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((None, 8)), Input((2, 8))\nm = Model([a, b], Concatenate(axis=1)([a, b]))":
        (((None, None, 8),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((None, 8)), Input((2, 3))\nm = Model([a, b], Concatenate(axis=2)([a, b]))":
        (((None, None, 11),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((4, 5, 8)), Input((4, 5, 3))\n"
    "m = Model([a, b], Concatenate(axis=3)([a, b]))": (((None, 4, 5, 11),), 0, 0, (0, 0, 0, 0)),
    "a, b = Input((7,)), Input((7,))\nm = Model([a, b], Dot(axes=1)([a, b]))":
        (((None, 1),), 0, 0, (7, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((3, 8))\nm = Model([a, b], Dot(axes=2)([a, b]))":
        (((None, 5, 3),), 0, 0, (120, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((8, 3))\nm = Model([a, b], Dot(axes=(2, 1))([a, b]))":
        (((None, 5, 3),), 0, 0, (120, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((5, 3))\nm = Model([a, b], Dot(axes=1)([a, b]))":
        (((None, 8, 3),), 0, 0, (120, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((3, 8))\nm = Model([a, b], Dot(axes=(-1, -1))([a, b]))":
        (((None, 5, 3),), 0, 0, (120, 0, 0, 0)),
    "a, b = Input((5, 8)), Input((8,))\nm = Model([a, b], Dot(axes=(2, 1))([a, b]))":
        (((None, 5),), 0, 0, (40, 0, 0, 0)),
    "Conv1D(6, 3, input_shape=(10, 4))": (((None, 8, 6),), 78, 78, (576, 48, 0, 0)),
    "Conv1D(6, 3, strides=2, input_shape=(10, 4))": (((None, 4, 6),), 78, 78, (288, 24, 0, 0)),
    "Conv1D(6, 3, padding='same', strides=3, input_shape=(10, 4))":
        (((None, 4, 6),), 78, 78, (288, 24, 0, 0)),
    "Conv1D(6, 3, padding='causal', input_shape=(10, 4))":
        (((None, 10, 6),), 78, 78, (720, 60, 0, 0)),
    "Conv1D(6, 3, dilation_rate=2, use_bias=False, input_shape=(10, 4))":
        (((None, 6, 6),), 72, 72, (432, 0, 0, 0)),
    "Conv1D(6, 3, groups=2, activation='relu', input_shape=(10, 4))":
        (((None, 8, 6),), 42, 42, (288, 48, 0, 48)),
    "Conv2D(6, (3, 2), strides=(2, 1), input_shape=(9, 7, 4))":
        (((None, 4, 6, 6),), 150, 150, (3456, 144, 0, 0)),
    "Conv2D(6, 3, data_format='channels_first', padding='same', input_shape=(4, 9, 7))":
        (((None, 6, 9, 7),), 222, 222, (13608, 378, 0, 0)),
    "Conv3D(2, 2, input_shape=(4, 5, 6, 3))": (((None, 3, 4, 5, 2),), 50, 50, (2880, 120, 0, 0)),
    "MaxPooling1D(input_shape=(10, 4))": (((None, 5, 4),), 0, 0, (0, 0, 40, 0)),
    "MaxPooling1D(3, strides=2, input_shape=(10, 4))": (((None, 4, 4),), 0, 0, (0, 0, 48, 0)),
    "AveragePooling1D(3, padding='same', input_shape=(10, 4))":
        (((None, 4, 4),), 0, 0, (0, 0, 48, 0)),
    "MaxPooling2D((2, 3), input_shape=(9, 7, 4))": (((None, 4, 2, 4),), 0, 0, (0, 0, 192, 0)),
    "MaxPooling3D(input_shape=(4, 4, 4, 2))": (((None, 2, 2, 2, 2),), 0, 0, (0, 0, 128, 0)),
    "AveragePooling2D(2, data_format='channels_first', padding='same', input_shape=(4, 9, 7))":
        (((None, 4, 5, 4),), 0, 0, (0, 0, 320, 0)),
    "GlobalMaxPooling1D(input_shape=(10, 4))": (((None, 4),), 0, 0, (0, 0, 40, 0)),
    "GlobalAveragePooling1D(keepdims=True, input_shape=(10, 4))":
        (((None, 1, 4),), 0, 0, (0, 0, 40, 0)),
    "GlobalMaxPooling2D(input_shape=(9, 7, 4))": (((None, 4),), 0, 0, (0, 0, 252, 0)),
    "GlobalAveragePooling2D(keepdims=True, data_format='channels_first', input_shape=(4, 9, 7))":
        (((None, 4, 1, 1),), 0, 0, (0, 0, 252, 0)),
    "ConvLSTM1D(3, 2, input_shape=(6, 8, 2))": (((None, 7, 3),), 132, 132, (5040, 504, 504, 630)),
    "ConvLSTM1D(3, 3, padding='same', return_sequences=True, input_shape=(6, 8, 2))":
        (((None, 6, 8, 3),), 192, 192, (8640, 576, 576, 720)),
    "ConvLSTM2D(3, 2, strides=2, use_bias=False, input_shape=(6, 8, 7, 2))":
        (((None, 4, 3, 3),), 240, 240, (17280, 0, 864, 1080)),
    "x = Input((6, 8, 2))\ny, h, c = ConvLSTM1D(3, 2, return_state=True)(x)\n"
    "m = Model(x, [y, h, c])":
        (((None, 7, 3), (None, 7, 3), (None, 7, 3)), 132, 132, (5040, 504, 504, 630)),
    "Flatten(input_shape=(3, 4, 5))": (((None, 60),), 0, 0, (0, 0, 0, 0)),
    "Reshape((-1, 6), input_shape=(3, 4))": (((None, 2, 6),), 0, 0, (0, 0, 0, 0)),
    "Reshape((12,), input_shape=(3, 4))": (((None, 12),), 0, 0, (0, 0, 0, 0)),
    "RepeatVector(7, input_shape=(3,))": (((None, 7, 3),), 0, 0, (0, 0, 0, 0)),
    "Permute((2, 1), input_shape=(3, 4))": (((None, 4, 3),), 0, 0, (0, 0, 0, 0)),
    "Permute((3, 1, 2), input_shape=(3, 4, 5))": (((None, 5, 3, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping1D(2, input_shape=(9, 4))": (((None, 5, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping1D((1, 2), input_shape=(9, 4))": (((None, 6, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping1D(input_shape=(9, 4))": (((None, 7, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping2D(((1, 2), (0, 3)), input_shape=(9, 7, 4))": (((None, 6, 4, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping2D(input_shape=(9, 7, 4))": (((None, 9, 7, 4),), 0, 0, (0, 0, 0, 0)),
    "Cropping2D((1, 2), data_format='channels_first', input_shape=(4, 9, 7))":
        (((None, 4, 7, 3),), 0, 0, (0, 0, 0, 0)),
    "Cropping3D(1, input_shape=(4, 5, 6, 2))": (((None, 2, 3, 4, 2),), 0, 0, (0, 0, 0, 0)),
    "ZeroPadding1D(2, input_shape=(9, 4))": (((None, 13, 4),), 0, 0, (0, 0, 0, 0)),
    "ZeroPadding1D(input_shape=(9, 4))": (((None, 11, 4),), 0, 0, (0, 0, 0, 0)),
    "ZeroPadding2D(((1, 2), (0, 3)), input_shape=(9, 7, 4))":
        (((None, 12, 10, 4),), 0, 0, (0, 0, 0, 0)),
    "UpSampling1D(3, input_shape=(9, 4))": (((None, 27, 4),), 0, 0, (0, 0, 0, 0)),
    "UpSampling1D(input_shape=(9, 4))": (((None, 18, 4),), 0, 0, (0, 0, 0, 0)),
    "UpSampling2D((2, 3), input_shape=(9, 7, 4))": (((None, 18, 21, 4),), 0, 0, (0, 0, 0, 0)),
    "UpSampling2D(2, data_format='channels_first', input_shape=(4, 9, 7))":
        (((None, 4, 18, 14),), 0, 0, (0, 0, 0, 0)),
    "LSTM(6, input_shape=(5, 3))": (((None, 6),), 240, 240, (1080, 120, 120, 150)),
    "LSTM(6, use_bias=False, return_sequences=True, input_shape=(5, 3))":
        (((None, 5, 6),), 216, 216, (1080, 0, 120, 150)),
    "GRU(6, input_shape=(5, 3))": (((None, 6),), 198, 198, (810, 180, 150, 90)),
    "GRU(6, reset_after=False, input_shape=(5, 3))": (((None, 6),), 180, 180, (810, 90, 150, 90)),
    "SimpleRNN(6, activation='relu', input_shape=(5, 3))": (((None, 6),), 60, 60, (270, 30, 0, 30)),
    "RNN(LSTMCell(6), input_shape=(5, 3))": (((None, 6),), 240, 240, (1080, 120, 120, 150)),
    "RNN([LSTMCell(6), GRUCell(4)], return_sequences=True, input_shape=(5, 3))":
        (((None, 5, 4),), 384, 384, (1680, 240, 220, 210)),
    "RNN(SimpleRNNCell(6), input_shape=(5, 3))": (((None, 6),), 60, 60, (270, 30, 0, 30)),
    "x = Input((5, 3))\nm = Model(x, RNN([LSTMCell(6), GRUCell(4)], return_state=True)(x))":
        (((None, 4), (None, 6), (None, 6), (None, 4)), 384, 384, (1680, 240, 220, 210)),
    "x = Input((5, 3))\nm = Model(x, LSTM(6, return_sequences=True, return_state=True)(x))":
        (((None, 5, 6), (None, 6), (None, 6)), 240, 240, (1080, 120, 120, 150)),
    "x = Input((5, 3))\nm = Model(x, GRU(6, return_state=True)(x))":
        (((None, 6), (None, 6)), 198, 198, (810, 180, 150, 90)),
    "Bidirectional(LSTM(6), input_shape=(5, 3))": (((None, 12),), 480, 480, (2160, 240, 240, 300)),
    "Bidirectional(LSTM(6, return_sequences=True), merge_mode='sum', input_shape=(5, 3))":
        (((None, 5, 6),), 480, 480, (2160, 240, 240, 300)),
    "Bidirectional(GRU(6), merge_mode='ave', input_shape=(5, 3))":
        (((None, 6),), 396, 396, (1620, 360, 300, 180)),
    "Bidirectional(GRU(6), merge_mode='mul', input_shape=(5, 3))":
        (((None, 6),), 396, 396, (1620, 360, 300, 180)),
    "x = Input((5, 3))\nm = Model(x, Bidirectional(LSTM(6, return_state=True))(x))":
        (((None, 12), (None, 6), (None, 6), (None, 6), (None, 6)), 480, 480, (2160, 240, 240, 300)),
    "x = Input((5, 3))\nm = Model(x, Bidirectional(LSTM(6), merge_mode=None)(x))":
        (((None, 6), (None, 6)), 480, 480, (2160, 240, 240, 300)),
    "x = Input((5, 3))\n_, h, c, k, d = Bidirectional(LSTM(6, return_state=True))(x)\n"
    "m = Model(x, Bidirectional(LSTM(6))(x, initial_state=[h, c, k, d]))":
        (((None, 12),), 960, 960, (4320, 480, 480, 600)),
    "TimeDistributed(Dense(4), input_shape=(5, 3))": (((None, 5, 4),), 16, 16, (60, 20, 0, 0)),
    "TimeDistributed(LSTM(4), input_shape=(2, 5, 3))":
        (((None, 2, 4),), 128, 128, (1120, 160, 160, 200)),
    "BatchNormalization(input_shape=(5, 3))": (((None, 5, 3),), 12, 6, (0, 0, 60, 0)),
    "BatchNormalization(axis=1, scale=False, input_shape=(5, 3))":
        (((None, 5, 3),), 15, 5, (0, 0, 60, 0)),
    "LayerNormalization(input_shape=(5, 3))": (((None, 5, 3),), 6, 6, (0, 0, 60, 0)),
    "LayerNormalization(axis=[1, 2], center=False, input_shape=(5, 3))":
        (((None, 5, 3),), 15, 15, (0, 0, 60, 0)),
    "GroupNormalization(groups=3, input_shape=(5, 3))": (((None, 5, 3),), 6, 6, (0, 0, 60, 0)),
    "RMSNormalization(input_shape=(5, 3))": (((None, 5, 3),), 3, 3, (0, 0, 60, 0)),
    "UnitNormalization(input_shape=(5, 3))": (((None, 5, 3),), 0, 0, (0, 0, 60, 0)),
    "Dense(4, use_bias=False, input_shape=(5, 3))": (((None, 5, 4),), 12, 12, (60, 0, 0, 0)),
    "PReLU(input_shape=(5, 3))": (((None, 5, 3),), 15, 15, (0, 0, 0, 15)),
    "PReLU(shared_axes=[1], input_shape=(5, 3))": (((None, 5, 3),), 3, 3, (0, 0, 0, 15)),
    "Activation('relu', input_shape=(5, 3))": (((None, 5, 3),), 0, 0, (0, 0, 0, 15)),
    "Dropout(0.5, input_shape=(5, 3))": (((None, 5, 3),), 0, 0, (0, 0, 0, 0)),
    "LeakyReLU(input_shape=(5, 3))": (((None, 5, 3),), 0, 0, (0, 0, 0, 15)),
    "x = Input((6, 5))\ny = Input((9, 5))\n"
    "m = Model([x, y], Attention(use_scale=True)([x, y]))":
        (((None, 6, 5),), 1, 1, (540, 0, 0, 54)),
    "x = Input((6, 5))\ny = Input((9, 8))\n"
    "m = Model([x, y], MultiHeadAttention(2, 3, value_dim=4)(x, y))":
        (((None, 6, 5),), 207, 207, (2184, 192, 108, 108)),
    "x = Input((6, 5))\ny = Input((9, 5))\nm = Model([x, y], AdditiveAttention()([x, y]))":
        (((None, 6, 5),), 5, 5, (270, 0, 540, 324)),
    "x = Input((5, 3))\nm = Model(x, x[:, 1:4])": (((None, 3, 3),), 0, 0, (0, 0, 0, 0)),
    "x = Input((5, 3))\nm = Model(x, x[:, -1])": (((None, 3),), 0, 0, (0, 0, 0, 0)),
    "x = Input((5, 3))\nm = Model(x, x[..., 0])": (((None, 5),), 0, 0, (0, 0, 0, 0)),
    "x = Input((5, 3))\nm = Model(x, x[:, ::2])": (((None, 3, 3),), 0, 0, (0, 0, 0, 0)),
    "x = Input((5, 3))\nm = Model(x, x[:, None])": (((None, 1, 5, 3),), 0, 0, (0, 0, 0, 0)),
    "x = Input((5, 3))\nm = Model(x, 2 * x + 1)": (((None, 5, 3),), 0, 0, (0, 0, 30, 0)),
}  # fmt: skip


@pytest.mark.parametrize("code", RULES)
def test_a_rule_gives_the_numbers_of_keras(code: str) -> None:
    outputs, parameters, trainable, work = RULES[code]
    model = li.model(code)
    assert model.outputs == outputs
    assert (model.parameters, model.trainable) == (parameters, trainable)
    if work is None:
        assert model.work is None
    else:
        assert model.work is not None
        found = model.work
        assert (found.macs, found.bias_adds, found.elementwise, found.functions) == work


PAIR = "a, b = Input((5, 8)), Input({})\n{}([a, b])"
REFUSED = {
    PAIR.format("(4, 8)", "Add()"):
        r"Add cannot put \(None, 5, 8\) and \(None, 4, 8\) together: 5 is not 4\. ",
    "a = Input((5, 8))\nAdd()([a])": r"Add merges two or more inputs, got 1: Add\(\)\(\[a, b\]\)\.",
    PAIR.format("(5,)", "Concatenate()"):
        r"Concatenate needs inputs of one rank, got \(None, 5, 8\) and \(None, 5\)\.",
    PAIR.format("(4, 8)", "Concatenate()"):
        r"along axis 2 needs every other axis equal, got \(None, 5, 8\) and \(None, 4, 8\)\.",
    PAIR.format("(5, 8)", "Concatenate(axis=0)"): r"from 1 to 2, got 0\.",
    PAIR.format("(5, 8)", "Concatenate(axis=-3)"): r"from 1 to 2, got -3\.",
    PAIR.format("(5, 8)", "Concatenate(axis=3)"): r"from 1 to 2, got 3\.",
    PAIR.format("(5, 8)", "Concatenate(axis='a')"): r"from 1 to 2, got 'a'\.",
    PAIR.format("(4, 8)", "Dot(axes=1)"): r"got axis 1 of \(None, 5, 8\) and axis 1 of \(None, 4",
    PAIR.format("(5, 8)", "Dot(axes=0)"): "two axes of one size behind the batch, got axis 0",
    PAIR.format("(8, 5)", "Dot(axes=(0, 0))"): "got axis 0 of",
    "a, b = Input((5, 8), batch_size=5), Input((8, 5), batch_size=5)\nDot(axes=(1, 0))([a, b])":
        "got axis 1 of .* and axis 0 of",
    "a, b = Input((5, 8), batch_size=5), Input((8, 5), batch_size=5)\nDot(axes=(0, 2))([a, b])":
        "got axis 0 of .* and axis 2 of",
    PAIR.format("(5, 8)", "Dot(axes='a')"): "axes must be one axis, or one of each input, got 'a'",
    "a = Input((5, 8))\nDot(axes=1)([a])": "Dot takes two inputs, got 1",
    "Conv1D(6, 3, groups=3, input_shape=(10, 4))": "groups must divide 4 channels and 6 filters",
    "Conv1D(5, 3, groups=2, input_shape=(10, 4))": "groups must divide 4 channels and 5 filters",
    "Conv1D(6, 3, groups=4, input_shape=(10, 4))": "groups must divide 4 channels and 6 filters",
    "Conv2D(6, 3, padding='causal', input_shape=(9, 9, 4))": "padding must be one of valid, same,",
    "Conv1D(6, 3, input_shape=(10, None))": "Conv1D needs the channels of its input",
    "MaxPooling1D(9, input_shape=(5, 3))": "a window of 9 on an axis of 5: nothing is left",
    "Conv1D(6, (3, 3), input_shape=(10, 4))": r"kernel_size must hold 1 numbers, got \(3, 3\)",
    "Bidirectional(LSTM(3), backward_layer=LSTM(3), input_shape=(5, 3))":
        r"must read backward where the layer reads forward\. Write backward_layer=LSTM\(",
    "Bidirectional(3, input_shape=(5, 3))": "Bidirectional needs a layer",
    "Bidirectional(LSTM(3), merge_mode='add', input_shape=(5, 3))": "merge_mode must be one of",
    "Bidirectional(LSTM(3), merge_mode='sum', backward_layer=LSTM(4, go_backwards=True), "
    "input_shape=(5, 3))": r"merge_mode 'sum' needs two outputs of one shape.*Choose 'concat'",
    "x, h, c = Input((5, 3)), Input((4,)), Input((5,))\nLSTM(4)(x, initial_state=[h, c])":
        r"LSTM takes 2 initial states of 4 units, got \(None, 4\) and \(None, 5\)",
    "x, h = Input((5, 3)), Input((4,))\nLSTM(4)(x, initial_state=[h])": "takes 2 initial states",
    "x, h = Input((5, 3)), Input((4,))\nGRU(4)(x, h, h)": "takes 1 initial states",
    "RNN(3, input_shape=(5, 3))": "RNN needs a cell",
    "RNN([], input_shape=(5, 3))": "RNN needs a cell",
    "RNN([LSTMCell(3), 4], input_shape=(5, 3))": "RNN needs a cell",
    "LSTM(3, return_sequences=1, input_shape=(5, 3))": "must be True or False, got 1",
    "TimeDistributed(3, input_shape=(5, 3))": "TimeDistributed needs a layer",
    "TimeDistributed(Dense(3), input_shape=(5,))": "expected min_ndim=3, found ndim=2",
    "Cropping1D(5, input_shape=(9, 4))": "leaves nothing of axis 1",
    "Cropping1D((1, 2, 3), input_shape=(9, 4))": "one or two for an axis",
    "ZeroPadding1D(-1, input_shape=(9, 4))": "numbers from 0",
    "Reshape((-1, -1), input_shape=(3, 4))": "do not fit in",
    "Reshape((-1, 5), input_shape=(3, 4))": "do not fit in",
    "Permute((1, 1), input_shape=(3, 4))": "once each",
    "RepeatVector(3, input_shape=(3, 4))": "expected ndim=2, found ndim=3",
    "LayerNormalization(axis=3, input_shape=(5, 3))": "axis must be an axis of",
    "BatchNormalization(input_shape=(5, None))": "has weights along axis -1, which must be known",
    "BatchNormalization(renorm=True, input_shape=(5, 3))": "with renorm has weights that are not",
    "x = Input((5, 3))\ny = x[:, 3:3]": "a slice leaves nothing of an axis of 5",
    "x = Input((5, 3))\ny = x[:, -6]": "index -6 is out of an axis of 5",
    "x = Input((5, 3))\ny = x[0, 0, 0, 0]": "more indices than axes",
    "x, y = Input((6, 5)), Input((9, 4))\nAttention()([x, y])": "query and key of one width",
    "x = Input((6, 5))\nAttention()([x])": "takes a list of query and value",
}  # fmt: skip


@pytest.mark.parametrize("code", REFUSED)
def test_a_rule_refuses_what_keras_refuses(code: str) -> None:
    with pytest.raises(li.ModelError, match=REFUSED[code]):
        li.model(code)


def dense(units: int = 2, name: str = "dense") -> LayerSpec:
    return LayerSpec("Dense", {"units": units}, name)


def graph(*layers: LayerSpec, refs: tuple[TensorRef, ...] = ()) -> Graph:
    """Layers one behind the other, not as a chain; `refs` are what comes out."""
    named = {"x": LayerSpec("InputLayer", {"batch_shape": (None, 3)}, "x")}
    named |= {each.name: each for each in layers}
    nodes = [Node(name, (TensorRef(n - 1),) if n else (), {}) for n, name in enumerate(named)]
    return Graph("m", named, tuple(nodes), refs or (TensorRef(len(nodes) - 1),))


def test_a_result_that_a_layer_does_not_return_is_refused_by_its_number() -> None:
    for result, number in ((1, "number 2"), (-1, "number 0")):
        asked = graph(dense(), refs=(TensorRef(1, result),))
        with pytest.raises(li.LstmInspectError, match=f"returns 1 tensors, and {number} is asked"):
            infer_shapes(asked)


def test_every_result_of_a_layer_that_is_not_known_is_not_known() -> None:
    unknown = LayerSpec("Own", {}, "own")
    refs = (TensorRef(1, 0), TensorRef(1, 3))
    assert infer_shapes(graph(unknown, refs=refs)).outputs == (None, None)
    after = infer_shapes(graph(unknown, dense()))
    assert [row.part.opaque for row in after.rows] == [False, True, True]
    assert (after.work, after.outputs) == (None, (None,))


def test_shapes_that_are_written_down_stand_for_those_that_no_rule_knows() -> None:
    own = LayerSpec("Own", {}, "own", outputs=((None, 7),))
    model = infer_shapes(graph(own, dense()))
    assert [row.part.outputs for row in model.rows[1:]] == [((None, 7),), ((None, 2),)]
    assert model.parameters == 7 * 2 + 2
    # A rule knows better than what is written down, but for operations on tensors.
    ruled = LayerSpec("Dense", {"units": 2}, "dense", outputs=((None, 9),))
    assert infer_shapes(graph(ruled)).outputs == ((None, 2),)
    for layer_type in ("Operation", "GetItem"):
        moved = LayerSpec(layer_type, {"keys": (slice(None),)}, "moved", outputs=((None, 9),))
        assert infer_shapes(graph(moved)).outputs == ((None, 9),)


def test_models_and_wrappers_are_nested_twenty_deep() -> None:
    def models(depth: int) -> Graph:
        inner = graph(dense())
        for number in range(depth):
            inner = graph(LayerSpec("Functional", {}, f"m{number}", graph=inner))
        return inner

    assert infer_shapes(models(20)).parameters == 8
    with pytest.raises(li.ModelError, match="nested more than 20 deep"):
        infer_shapes(models(21))
    wrapped = dense()
    for _ in range(21):
        wrapped = LayerSpec("TimeDistributed", {"layer": wrapped}, "wrapped")
    shape = {"batch_shape": (None, *[2] * 21, 3)}
    deep = Graph(
        "m",
        {"x": LayerSpec("InputLayer", shape, "x"), "wrapped": wrapped},
        (Node("x", (), {}), Node("wrapped", (TensorRef(0),), {})),
        (TensorRef(1),),
    )
    with pytest.raises(li.ModelError, match="nested more than 20 deep"):
        infer_shapes(deep)


def test_a_layer_in_two_models_brings_its_weights_once() -> None:
    layer = dense(3, "shared")
    first, second = graph(layer), graph(layer, dense(2, "after"))
    nested = [
        LayerSpec("Functional", {}, f"m{n}", graph=each) for n, each in enumerate((first, second))
    ]
    model = infer_shapes(graph(*nested))
    assert model.parameters == (3 * 3 + 3) + (3 * 2 + 2)
    assert [row.part.parameters for row in model.rows] == [0, 12, 8]


def test_a_frozen_wrapper_freezes_only_itself_and_a_frozen_model_all() -> None:
    inner = LayerSpec("Functional", {"trainable": False}, "m", graph=graph(dense()))
    assert infer_shapes(graph(inner)).trainable == 0
    frozen = LayerSpec("Dense", {"units": 2, "trainable": False}, "dense")
    assert infer_shapes(graph(frozen)).trainable == 0
    text = "Bidirectional(LSTM(4), trainable=False, input_shape=(5, 3)), Dense(1)"
    assert li.model(text).trainable == li.model(text).parameters == 2 * 128 + 9


def test_the_error_of_an_argument_shows_what_matters_of_it() -> None:
    text = "Permute(dims=(2, 1), name='p', kernel_initializer='ones', input_shape=(2, 3))"
    with pytest.raises(li.ModelError, match="no argument 'kernel_initializer'"):
        li.model(text)
    with pytest.raises(li.ModelError, match=r"cannot be read with shared_axes='a', input_shape=\("):
        li.model("PReLU(shared_axes='a', name='p', alpha_initializer='one', input_shape=(2, 3))")


def test_what_is_given_beside_a_model_must_find_a_place() -> None:
    text = "LSTM(4, input_shape=(5, 3))"
    for name, value in (("batch", 4), ("timesteps", 9), ("input_shape", (5, 3))):
        options = {name: value}
        if name == "batch":
            assert li.model(text, **options).inputs == ((4, 5, 3),)
            text_of_4 = "LSTM(4, batch_input_shape=(4, 5, 3))"
            with pytest.raises(li.ModelError, match=r"says its batch itself\. Leave batch out"):
                li.model(text_of_4, **options)
            continue
        words = name.replace("_", " ")
        with pytest.raises(li.ModelError, match=f"says its {words} itself. Leave {name} out"):
            li.model(text, **options)
    with pytest.raises(li.LstmInspectError, match="batch must hold positive whole numbers"):
        li.model("Dense(3)", (3,), batch=0)
    with pytest.raises(li.LstmInspectError, match="timesteps must hold positive whole numbers"):
        li.model("Dense(3)", (3, 3), timesteps=-1)


def test_a_first_layer_says_its_input_as_keras_lets_it() -> None:
    for text, shape in {
        "LSTM(4, input_dim=3)": (None, None, 3),
        "Conv1D(4, 2, input_dim=3, input_length=7)": (None, 7, 3),
        "Bidirectional(LSTM(4), input_dim=3)": (None, None, 3),
        "Bidirectional(LSTM(4, input_shape=(5, 3)))": (None, 5, 3),
        "Bidirectional(LSTM(4, input_shape=(5, 3)), input_shape=(6, 3))": (None, 6, 3),
        "GRU(4, batch_size=2, input_shape=(5, 3))": (2, 5, 3),
        "SimpleRNN(4, batch_input_shape=(2, 5, 3))": (2, 5, 3),
        "Dense(4, input_dim=3)": (None, 3),
        "Embedding(50, 4, input_length=7)": (None, 7),
        "Embedding(50, 4, batch_size=2)": (2, None),
        "RNN(LSTMCell(4), input_dim=3)": (None, None, 3),
    }.items():
        assert li.model(text).inputs == (shape,), text


def test_two_layers_of_one_name_say_which_way_they_are_two() -> None:
    with pytest.raises(li.ModelError, match=r"named 'a'\. Give each a name of its own"):
        li.model("Dense(3, name='a', input_shape=(3,)), Dense(3, name='a')")
    with pytest.raises(li.ModelError, match="A chain has each layer once"):
        li.model("d = Dense(3, input_shape=(3,))\nm = Sequential([d, d])")


def test_a_model_in_a_model_takes_the_shapes_of_its_call() -> None:
    text = "z, x = Input((None, 3)), Input((7, 3))\n"
    text += "inner = Model(z, LSTM(4, return_sequences=True)(z))\n"
    model = li.model(f"{text}m = Model(x, inner(x))")
    assert model.outputs == ((None, 7, 4),)
    assert model.work is not None
    unknown = LayerSpec("Functional", {}, "inner", graph=graph(LayerSpec("Own", {}, "own")))
    model = infer_shapes(graph(unknown))
    assert (model.outputs, model.rows[-1].part.opaque) == ((None,), True)


def test_an_error_inside_a_model_names_the_layer_once() -> None:
    inner = LayerSpec(
        "Functional", {}, "inner", graph=graph(LayerSpec("LSTM", {"units": 2}, "deep"))
    )
    with pytest.raises(li.ModelError, match=r"^deep: LSTM expected ndim=3") as error:
        infer_shapes(graph(inner))
    assert error.value.layer == "deep"
    with pytest.raises(li.ModelError, match=r"^dense: Dense needs units"):
        infer_shapes(graph(LayerSpec("Dense", {}, "dense")))


def test_a_chain_hands_on_one_tensor() -> None:
    with pytest.raises(li.ModelError, match="returns 3 tensors, and a Sequential hands on one"):
        li.model("LSTM(4, return_state=True, input_shape=(5, 3)), Dense(2)")


def test_listed_layers_hold_each_what_they_hold() -> None:
    layers = {
        name: LayerSpec("Own", {"tensors": (("w", (3, 4), True), ("k", (2,), False))}, name)
        for name in ("a", "b")
    }
    nodes = tuple(Node(name, (), {"listed": True}) for name in layers)
    model = infer_shapes(Graph("m", layers, nodes, (TensorRef(1),)))
    assert (model.parameters, model.trainable) == (28, 24)


def test_options_that_are_no_tensors_stay_as_they_are() -> None:
    text = "x = Input((6, 5))\ny, s = {}(x, x, return_attention_scores=True)\nm = Model(x, [y, s])"
    assert li.model(text.format("MultiHeadAttention(2, 3)")).outputs[1] == (None, 2, 6, 6)
    pair = text.replace("x, x,", "[x, x],")
    assert li.model(pair.format("Attention()")).outputs == ((None, 6, 5), (None, 6, 6))


def test_the_work_of_an_open_axis_is_not_known() -> None:
    for code in (
        "a, b = Input((5, None)), Input((3, None))\nDot(axes=2)([a, b])",
        "Conv1D(6, 3, input_shape=(None, 4))",
        "LSTM(6, input_shape=(None, 3))",
        "ConvLSTM1D(3, 2, input_shape=(None, 8, 2))",
        "TimeDistributed(Dense(4), input_shape=(None, 3))",
        "LSTM(6, return_sequences=True, input_shape=(None, 3)), GlobalMaxPooling1D()",
    ):
        assert li.model(code).work is None, code


def test_the_layers_in_a_wrapper_keep_their_names() -> None:
    cells = "RNN([LSTMCell(3, name='one'), GRUCell(4)], input_shape=(5, 3))"
    assert [name for name, _ in li.model(cells).rows[1].part.inner] == ["one", "gru_cell"]
    sides = li.model("Bidirectional(LSTM(3, name='read'), input_shape=(5, 3))").rows[1].part.inner
    assert [name for name, _ in sides] == ["forward_read", "backward_read"]


def test_a_wrapper_of_a_layer_that_is_not_known_is_opaque() -> None:
    for text in ("Bidirectional(Own(3), input_shape=(5, 3))", "RNN(Own(3), input_shape=(5, 3))"):
        row = li.model(text).rows[1]
        assert (row.part.outputs, row.part.work, row.part.opaque) == (None, None, True), text


def test_a_layer_that_reads_backward_wants_one_that_reads_forward() -> None:
    for other in ("", ", backward_layer=LSTM(3, go_backwards=True)"):
        text = f"Bidirectional(LSTM(3, go_backwards=True){other}, input_shape=(5, 3))"
        with pytest.raises(li.ModelError, match="needs one that reads forward beside it"):
            li.model(text)


def test_a_batch_multiplies_the_work() -> None:
    for code in ("ConvLSTM1D(3, 2, {})", "Conv1D(3, 2, {})", "LSTM(3, {})", "Dense(3, {})"):
        shape = "(6, 8, 2)" if "LSTM1D" in code else "(8, 2)"
        one = li.model(code.format(f"input_shape={shape}")).work
        several = li.model(code.format(f"input_shape={shape}"), batch=7).work
        assert one is not None
        assert one * 7 == several, code


def test_the_formula_of_a_layer_gives_its_parameters() -> None:
    formulas = {
        "Conv1D(6, 3, input_shape=(10, 4))": "window·channels·filters + filters",
        "ConvLSTM1D(3, 2, input_shape=(6, 8, 2))": "4·filters·window·(filters + channels) + "
        "4·filters",
    }
    for code, formula in formulas.items():
        text = li.render(li.model(code).summary(formulas=True))
        assert formula in text
        assert f"= {li.model(code).parameters}" in text
