"""Messages about arguments that a layer does not take: other versions, other frameworks."""

from __future__ import annotations

import re
from difflib import get_close_matches

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind

__all__ = ["KINDS"]

#: What to write in Keras 3 instead of an argument of Keras 1 and 2, or of another framework.
IN_KERAS = {
    "time_major": ("leave time_major out", "False was the default: (batch, timesteps, features)"),
    "input_length": ("keras.Input((input_length, features))", "the length is part of the Input"),
    "input_shape": ("keras.Input(input_shape)", "the first element of the model"),
    "input_dim": ("keras.Input((timesteps, input_dim))", "the features are part of the Input"),
    "batch_input_shape": ("keras.Input(batch_shape=...)", "with the batch: for stateful layers"),
    "output_dim": ("units", "the name since Keras 2"),
    "init": ("kernel_initializer", "the name since Keras 2"),
    "inner_init": ("recurrent_initializer", "the name since Keras 2"),
    "inner_activation": ("recurrent_activation", "the name since Keras 2"),
    "forget_bias_init": ("unit_forget_bias=True", "the bias of the forget gate starts at 1"),
    "consume_less": ("leave consume_less out", "it chose an implementation, not another result"),
    "implementation": ("leave implementation out", "it chooses how the layer is computed"),
    "W_regularizer": ("kernel_regularizer", "the name since Keras 2"),
    "U_regularizer": ("recurrent_regularizer", "the name since Keras 2"),
    "b_regularizer": ("bias_regularizer", "the name since Keras 2"),
    "dropout_W": ("dropout", "the name since Keras 2"),
    "dropout_U": ("recurrent_dropout", "the name since Keras 2"),
    "weights": ("layer.set_weights([...])", "after the layer is built"),
    "hidden_size": ("units", "Keras' name; hidden_size is PyTorch's"),
    "num_units": ("units", "Keras' name; num_units is TensorFlow 1's"),
    "num_layers": ("several layers, return_sequences=True on all but the last", "no stack inside"),
    "batch_first": ("leave batch_first out", "Keras always has the batch first"),
    "bidirectional": ("Bidirectional(LSTM(units))", "a wrapper in Keras"),
    "bias": ("use_bias", "Keras' name"),
    "input_size": ("keras.Input((timesteps, input_size))", "the features are part of the Input"),
}
#: The same for PyTorch.
IN_PYTORCH = {
    "return_sequences": ("output[:, -1], or output", "nn.LSTM always returns every time step"),
    "return_state": ("output, (h_n, c_n) = lstm(x)", "nn.LSTM always returns its states"),
    "units": ("hidden_size", "PyTorch's name"),
    "input_shape": ("input_size", "the features alone: PyTorch does not fix the steps"),
    "use_bias": ("bias", "PyTorch's name"),
    "activation": ("nn.LSTM has tanh only", "nn.RNN takes nonlinearity='tanh' or 'relu'"),
    "recurrent_dropout": ("dropout, between layers", "PyTorch has none inside a layer"),
    "stateful": ("keep the states yourself: output, state = lstm(x, state)", "and detach them"),
    "merge_mode": ("both directions are concatenated", "bidirectional=True"),
}
#: The same for Flax.
IN_FLAX = {
    "hidden_size": ("features", "Flax's name"),
    "units": ("features", "Flax's name"),
    "return_sequences": ("nn.RNN always returns every time step", "take [:, -1] of it"),
    "return_state": ("return_carry=True", "Flax's name"),
    "go_backwards": ("reverse=True", "Flax's name"),
    "bidirectional": ("nn.Bidirectional(nn.RNN(cell), nn.RNN(cell))", "a module in Flax"),
}


def _keras(match: re.Match[str]) -> Answered:
    name = match["name"]
    answer = f"Keras 3 has no argument {name} for {match['layer']}."
    found = _instead(name, IN_KERAS) or _near(name, OF_KERAS)
    if name in {"time_major", "implementation"}:
        value = f"{name}={match['value']}"
        found = [
            *found,
            Finding("tf_keras", f"Keras 2, if the file must be read as it is: {value}"),
        ]
    return answer, found


def _instead(name: str, table: dict[str, tuple[str, str]]) -> list[Finding]:
    return [Finding(*table[name])] if name in table else []


def _near(name: str, names: tuple[str, ...]) -> list[Finding]:
    """The argument that is spelled nearly so."""
    near = get_close_matches(name, names, 1, 0.75)
    return [Finding(f"{each}=", f"is spelled nearly as {name}") for each in near]


def _unexpected(match: re.Match[str]) -> Answered:
    layer, name = match["layer"], match["name"]
    if layer in {"RNNBase", "LSTM", "GRU", "RNN"} and name in IN_PYTORCH:
        if layer == "RNN" and name in IN_FLAX:
            both = [*_instead(name, IN_FLAX), *_instead(name, IN_PYTORCH)]
            return f"{layer} has no argument {name}.", both
        return f"PyTorch has no argument {name}.", _instead(name, IN_PYTORCH)
    if name in IN_FLAX and layer.endswith(("Cell", "RNN")):
        return f"{layer} of Flax has no argument {name}.", _instead(name, IN_FLAX)
    if name in IN_KERAS:
        return f"{layer} has no argument {name}.", _instead(name, IN_KERAS)
    near = _near(name, OF_PYTORCH if layer in TORCH else OF_KERAS)
    return (f"{layer} has no argument {name}.", near) if near else None


#: The arguments of recurrent layers, for one that is misspelled.
OF_KERAS = ("units", "activation", "recurrent_activation", "use_bias", "kernel_initializer",
            "recurrent_initializer", "bias_initializer", "unit_forget_bias", "dropout",
            "recurrent_dropout", "return_sequences", "return_state", "go_backwards", "stateful",
            "unroll", "reset_after", "merge_mode", "initial_state", "mask", "input_shape",
            "kernel_regularizer", "recurrent_regularizer", "kernel_size", "filters",
            "padding", "input_dim", "output_dim", "mask_zero", "name")  # fmt: skip
OF_PYTORCH = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout",
              "bidirectional", "proj_size", "nonlinearity", "in_features", "out_features",
              "num_embeddings", "embedding_dim", "padding_idx", "kernel_size")  # fmt: skip
#: Classes of PyTorch whose constructors name themselves in the message.
TORCH = frozenset(("RNNBase", "LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell", "RNNCellBase",
                   "Linear", "Embedding"))  # fmt: skip
#: The argument that is missing, and what it means.
MISSING = {
    "units": ("LSTM(64)", "units: the length of h and c. Keras 1 named it output_dim"),
    "hidden_size": ("nn.LSTM(input_size, hidden_size)", "features of the input, then units"),
    "input_size": ("nn.LSTM(input_size, hidden_size)", "features of the input, then units"),
    "features": ("nn.LSTMCell(features=64)", "the units: the length of h and c"),
    "rngs": ("rngs=nnx.Rngs(0)", "nnx makes the weights at once, from random keys"),
    "inputs": ("carry, y = cell(carry, inputs)", "a cell takes its states first, then one step"),
}


def _missing(match: re.Match[str]) -> Answered:
    name = match["name"]
    if name not in MISSING or not re.search("LSTM|GRU|RNN|Cell", match["layer"]):
        return None
    return f"{match['layer']} needs {name}.", [Finding(*MISSING[name])]


def _zero_features(match: re.Match[str]) -> Answered:
    return f"A variable would have the shape {match['shape']}: a size is open.", [
        Finding(
            "a fixed number of time steps in keras.Input, if Flatten stands before Dense",
            "Flatten of (None, features) has no known width",
        ),
        Finding("GlobalAveragePooling1D, or return_sequences=False", "instead of Flatten"),
    ]


KINDS = (
    MessageKind(
        r"Unrecognized keyword arguments passed to (?P<layer>\w+): \{'(?P<name>\w+)': "
        r"(?P<value>[^,}]{0,60})",
        _keras,
    ),
    MessageKind(
        r"\b(?P<layer>\w{1,60})\.__init__\(\) got an unexpected keyword argument '(?P<name>\w+)'",
        _unexpected,
    ),
    MessageKind(
        r"\b(?P<layer>\w{1,60})\.__(?:init|call)__\(\) missing [0-9]+ required "
        r"(?:positional|keyword-only) arguments?: '(?P<name>\w+)'",
        _missing,
    ),
    MessageKind(
        r"Shapes used to initialize variables must be fully-defined \(no `None` dimensions\)\. "
        r"Received: shape=(?P<shape>\([0-9None, ]+\))",
        _zero_features,
    ),
)
