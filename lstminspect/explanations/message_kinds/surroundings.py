"""Messages about what surrounds a layer: versions, devices, scalers, arguments left out."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape, stated
from lstminspect.explanations.shapes import written

__all__ = ["KINDS"]

#: Functions of TensorFlow 1 that are elsewhere now.
TF1 = r"placeholder|Session|get_variable|variable_scope|global_variables_initializer|contrib"
#: Arguments that say the width of a layer.
WIDTH = r"units|hidden_size|features|input_size"


def _flat(match: re.Match[str]) -> Answered:
    """A matrix where dynamic_rnn takes a sequence."""
    got = read_sizes(match["got"])
    if len(got) != 2:
        return None
    batch, width = got
    return f"dynamic_rnn takes (batch, timesteps, features), and {written(got)} has rank 2.", [
        Finding(
            f"tf.reshape(x, [-1, {width}, 1])", f"{width} time steps of one feature in each row"
        ),
        Finding(f"tf.reshape(x, [-1, 1, {width}])", f"one time step of {width} features"),
        Finding("tf.expand_dims(x, 0)", f"one sequence of {batch or 'all'} time steps"),
    ]


def _biases(match: re.Match[str]) -> Answered:
    """The biases of a GRU with reset_after, which are two rows, and of one without."""
    one, other = read_sizes(match["one"]), read_sizes(match["other"])
    pair, single = (one, other) if len(one) == 2 else (other, one)
    width = single[0] if len(single) == 1 else None
    if pair != (2, width) or width is None or width % 3:
        return None
    units = width // 3
    return f"The biases of two GRUs of {units} units: {written(pair)} with reset_after.", [
        Finding(
            f"GRU({units}, reset_after={len(one) == 2})",
            f"to have {written(one)}; the other GRU has {written(other)}",
        ),
        Finding("reset_after=True", "the default of Keras since TensorFlow 2: two biases per gate"),
        Finding("reset_after=False", "GRU of Keras 1, 2.0 and TensorFlow 1: one bias per gate"),
    ]


def _scaler(match: re.Match[str]) -> Answered:
    got, fitted = read_sizes(match["got"]), read_sizes(match["fitted"])
    if len(got) != 2 or len(fitted) != 2 or got[0] != fitted[0]:
        return None
    return f"A scaler that was fitted on {fitted[1]} columns is given {got[1]}.", [
        Finding(
            "a second scaler, fitted on the target alone", "its inverse_transform takes (n, 1)"
        ),
        Finding(
            f"an array of {fitted[1]} columns with the predictions in their place",
            "inverse_transform of it, and then that column",
        ),
    ]


KINDS = (
    stated(
        r"The last dimension of the inputs to (?:a )?`?Dense`?(?: layer)? should be defined",
        "A Dense layer is built on an input whose features are None: its kernel would have no "
        "size.",
        ("keras.Input((None, features))", "time steps may be open, features may not"),
        ("keras.layers.Reshape((timesteps, features))", "after operations that lose the size"),
    ),
    stated(
        r"dropout option adds dropout after all but last recurrent layer.{0,120}"
        r"got dropout=(?P<rate>[0-9.]+) and num_layers=1",
        "A warning: dropout={rate} has no effect, since it acts between the layers of a stack, and "
        "there is one layer.",
        ("num_layers=2", "then the first layer's outputs are dropped"),
        ("nn.Dropout({rate}) on the output of the layer", "for dropout behind one layer"),
        ("dropout=0", "the same as now, without the warning"),
    ),
    stated(
        r"The first argument to `?Layer\.call`? must always be passed",
        "A layer is called without its input, or with it under another name than its call has.",
        ("layer(inputs, ...)", "the input first, by its place: layer(x), layer([q, v])"),
        ("one Keras", "the layer is made from keras and the model from tensorflow.keras, or "
         "the other way round"),
    ),
    MessageKind(rf"Shape {shape('got')} must have rank at least 3", _flat),
    MessageKind(rf"Shapes {shape('one')} and {shape('other')} are incompatible", _biases),
    MessageKind(
        rf"non-broadcastable output operand with shape {shape('got')} doesn't match the broadcast "
        rf"shape {shape('fitted')}",
        _scaler,
    ),
    stated(
        rf"module '(?:tensorflow|tf)' has no attribute '(?P<name>{TF1})'|"
        r"No module named '(?P<module>tensorflow\.contrib)[\w.]*'",
        "The code is of TensorFlow 1, and TensorFlow 2 has no {name}{module}.",
        ("import tensorflow.compat.v1 as tf; tf.disable_v2_behavior()", "for all but tf.contrib"),
        ("tf.compat.v1.nn.rnn_cell.LSTMCell(64)", "in place of tf.contrib.rnn.BasicLSTMCell"),
        ("keras.layers.LSTM(64)", "the layer of Keras: the same count for the same sizes"),
    ),
    stated(
        r"will not use cuDNN kernels?",
        "The layer works, and runs by the slower general kernel: its options are not those of "
        "cuDNN.",
        ("activation='tanh', recurrent_activation='sigmoid'", "the defaults, which cuDNN needs"),
        ("recurrent_dropout=0, unroll=False, use_bias=True", "and reset_after=True for a GRU"),
        ("a mask with the padding behind the data", "where a mask is used"),
    ),
    stated(
        r"cudnn RNN backward can only be called in training mode",
        "The module is in evaluation mode, and its gradients are asked for.",
        ("module.train()", "before the forward pass whose loss is differentiated"),
        ("with torch.backends.cudnn.flags(enabled=False):", "if dropout must stay off"),
    ),
    stated(
        r"RNN module weights are not part of single contiguous chunk of memory",
        "A warning: the result is right, and each call copies the weights together first.",
        ("self.lstm.flatten_parameters()", "in forward, before the layer is called"),
        ("after DataParallel, deepcopy or a changed weight", "where it comes from"),
    ),
    stated(
        r"(?:Input and hidden tensors are not at the same device|"
        r"Input and parameter tensors are not at the same device|"
        r"Expected all tensors to be on the same device)"
        r"(?:.{0,40}?found (?P<one>.{0,60}?) at (?P<place>[\w:]+) and (?P<other>.{0,60}?) at "
        r"(?P<elsewhere>[\w:]+))?",
        "The tensors are on different devices: one on the GPU, one on the CPU.",
        ("torch.zeros(layers, batch, hidden_size, device=x.device)", "a state beside its input"),
        ("module.to(device), x.to(device), y.to(device)", "all of them on one"),
    ),
    stated(
        r"Input and parameter tensors are not the same dtype, found input tensor with "
        r"(?P<got>\w+) and parameter tensor with (?P<wanted>\w+)",
        "The input has numbers of type {got}, the weights of the layer {wanted}.",
        ("x.float()", "data of NumPy are float64 (Double); weights of PyTorch are float32 (Float)"),
        ("module.double()", "or all weights in float64, twice the memory"),
    ),
    stated(
        r"forward\(\) missing \d+ required positional arguments?: '(?P<name>\w+)'",
        "The module is called without '{name}', which its forward takes.",
        ("model(x, {name})", "what is called must be what forward takes"),
        ("def forward(self, x, {name}=None)", "if it may be left out, as the states of nn.LSTM"),
    ),
    stated(
        r"(?:\b(?:LSTM|GRU|SimpleRNN|RNN|Dense|\w{1,20}Cell)\.|(?<![\w.]))"
        rf"__init__\(\) missing \d+ required positional arguments?: '(?P<name>{WIDTH})'",
        "The layer is made without {name}, the size that it cannot guess.",
        ("{name}=64", "a whole number; the first argument of the layer"),
    ),
    stated(
        r"Expected input to be (?:2-D or 3-D|2D or 3D),? but (?:received|got) "
        r"(?P<rank>\d+)-?D(?: tensor)?",
        "The input has rank {rank}, and a recurrent layer of PyTorch takes 2 (one sequence) or 3.",
        ("x.flatten(2)", "(batch, timesteps, ...) with one vector for each step"),
        ("x.squeeze(axis)", "if an axis is 1: print x.shape"),
    ),
    stated(
        r"Expected (?P<wanted>\d)-dimensional input for (?P=wanted)-dimensional weight "
        r"\[(?P<out>\d+), (?P<channels>\d+)[0-9, ]*\], but got (?P<rank>\d)-dimensional input",
        "The convolution takes rank {wanted}, and the input has rank {rank}: its batch, or its "
        "channels, are missing.",
        ("x.unsqueeze(0)", "one sample without its batch"),
        ("x.unsqueeze(1)", "a batch without its channels; the layer takes {channels}"),
    ),
    stated(
        r"last dimension of the inputs to an? `?Dense`? (?:layer )?should be defined\.",
        "A Dense has one weight for each feature, and the last axis is open (None).",
        ("keras.Input((timesteps, features))", "a number on the last axis; the steps may be None"),
        ("GlobalAveragePooling1D() or return_sequences=False", "in place of a Flatten"),
    ),
    stated(
        r"tuple index out of range",
        "An axis is asked for that the shape has not: shape[2] needs rank 3.",
        ("print(x.shape)", "a table (rows, columns) has no axis 2"),
        ("x.reshape(x.shape[0], timesteps, features)", "before x.shape[2] is the features"),
    ),
    stated(
        r"Found array with dim (?P<rank>\d)\. (?P<name>\w+) expected <= 2",
        "{name} takes a table (rows, columns), and the array has rank {rank}.",
        ("scaler.fit_transform(x.reshape(-1, x.shape[-1])).reshape(x.shape)", "each feature alone"),
        ("scale first, then make windows", "the same numbers, with less memory"),
    ),
    stated(
        r"Invalid input shape - Layer expects input ndim=(?P<wanted>\d), was provided with input "
        r"shape (?P<got>\([^)]*\))",
        "The layer takes rank {wanted}, and {got} has another rank.",
        ("return_sequences=True on the layer below", "if that is recurrent: (batch, steps, units)"),
        ("input_shape=(timesteps, features)", "of the first layer, without the batch"),
    ),
    stated(
        r"Input tensor must have rank 3",
        "A recurrent layer takes rank 3: (batch, timesteps, features).",
        ("x.reshape(batch, timesteps, 1)", "rows of single numbers: one feature a step"),
        ("x[None]", "one sequence without its batch"),
    ),
)  # fmt: skip
