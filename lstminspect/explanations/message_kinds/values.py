"""Messages about values that an argument cannot have: sizes, modes, names of functions."""

from __future__ import annotations

import re
from difflib import get_close_matches

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS"]

#: The sizes that the constructor of a recurrent module of PyTorch checks.
SIZES = {
    "input_size": "the features of one time step: the last size of the input",
    "hidden_size": "the units: the length of h and c",
    "num_layers": "the layers of a stack: 1 where there is no stack",
}


def _torch_size(match: re.Match[str]) -> Answered:
    name = match["name"]
    return f"{name} must be a whole number from 1.", [
        Finding("nn.LSTM(input_size, hidden_size, num_layers)", SIZES[name]),
        Finding(f"print({name}) before the module is made", "a size may come from empty data"),
    ]


def _torch_type(match: re.Match[str]) -> Answered:
    name, got = match["name"], match["got"]
    how = "int(value)" if got in ("float", "str") else "one whole number"
    return f"{name} must be a whole number, and a {got} was given.", [
        Finding(how, f"{SIZES.get(name, name)}; `//` divides whole numbers, `/` gives a float")
    ]


#: Names in Keras 3 that are written as texts, for one that is misspelled.
LOSSES = ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
          "mean_squared_logarithmic_error", "binary_crossentropy", "categorical_crossentropy",
          "sparse_categorical_crossentropy", "kl_divergence", "poisson", "cosine_similarity",
          "huber", "hinge", "squared_hinge", "categorical_hinge", "log_cosh", "ctc", "mse",
          "mae")  # fmt: skip
KNOWN = {
    "loss": LOSSES,
    "metric": (*LOSSES, "accuracy", "binary_accuracy", "categorical_accuracy",
               "sparse_categorical_accuracy", "auc", "precision", "recall"),
    "optimizer": ("adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "nadam",
                  "ftrl", "lion"),
    "activation": ("tanh", "sigmoid", "relu", "softmax", "linear", "elu", "selu", "softplus",
                   "softsign", "hard_sigmoid", "gelu", "silu", "leaky_relu", "exponential"),
    "initializer": ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal",
                    "zeros", "ones", "random_normal", "random_uniform", "lecun_uniform",
                    "lecun_normal", "identity", "truncated_normal"),
}  # fmt: skip


def _identifier(match: re.Match[str]) -> Answered:
    kind, name = match["kind"], match["name"]
    near = get_close_matches(name, KNOWN.get(kind.partition(" ")[0], ()), 1, 0.6)
    meant = [Finding(f"{each!r}", f"is spelled nearly as {name!r}") for each in near]
    return f"Keras has no {kind} named {name!r}.", [
        *meant,
        Finding(f"check the spelling of {name!r}", f"keras.{_plural(kind)} lists them"),
        Finding(
            f"custom_objects={{{name!r}: {name}}}", "where it is a function of your own, and saved"
        ),
    ]


def _plural(kind: str) -> str:
    return {"loss": "losses", "metric": "metrics"}.get(kind, f"{kind.partition(' ')[0]}s")


KINDS = (
    stated(
        r"Received an invalid value for (?:argument )?`?(?P<name>units|filters)`?, expected a "
        r"positive integer(?:, got|\. Received: \w+=) ?(?P<got>-?\w+(?:\.\d+)?)",
        "{name} must be a positive whole number, and {got} was given.",
        ("LSTM(64), Dense(10)", "{name}: how many numbers the layer returns for each time step"),
        ("print({name}) before the layer is made", "a size may come from data that are empty"),
    ),
    stated(
        r"Cannot convert '(?P<shape>\([^']*\))' to a shape\. Found invalid (?:dimension|entry) "
        r"'(?P<got>[^']*)' of type '?<class '(?P<type>\w+)'>",
        "A size is {got}, a {type}: sizes of weights are whole numbers.",
        ("LSTM(int(units))", "`//` divides whole numbers, `/` gives a float"),
    ),
    stated(
        r"'<=' not supported between instances of '(?P<type>str|NoneType|list|tuple)' and 'int'",
        "A size is a {type}, where a whole number is wanted.",
        ("LSTM(64)", "units is a number; int(...) makes one of a text"),
    ),
    stated(
        r"`?(?P<name>input_dim|output_dim)`? must be a positive integer\.? Received: "
        r"\w+=(?P<got>[^ ]*)",
        "Embedding needs a positive {name}, and {got} was given.",
        ("Embedding(vocabulary, width)", "vocabulary = largest index + 1, width as you choose"),
    ),
    stated(
        r"Invalid merge mode\. Received: (?P<got>\w+)",
        "Bidirectional has no merge_mode {got!r}: it takes 'concat', 'sum', 'mul', 'ave' or None.",
        ("merge_mode='concat'", "the usual one: the output is 2 x units wide"),
        ("merge_mode='sum'", "'sum', 'mul' and 'ave' keep the width at units"),
        ("merge_mode=None", "two outputs, one for each direction"),
    ),
    stated(
        r"Invalid permutation argument `dims` for Permute Layer.*?Received dims="
        r"(?P<dims>\([^)]*\))",
        "Permute counts the axes after the batch from 1, each once, and {dims} was given.",
        ("Permute((2, 1))", "exchanges time steps and features; the batch, axis 0, stays"),
    ),
    stated(
        r"Expected an integer value for `n`, got <class '(?P<type>\w+)'>",
        "RepeatVector takes a whole number of time steps, and a {type} was given.",
        ("RepeatVector(30)", "how often the vector is repeated: (batch, 30, units)"),
    ),
    MessageKind(
        r"Could not interpret (?P<kind>activation function|activation|loss|initializer|optimizer|"
        r"metric|regularizer)(?: function)? identifier: '?(?P<name>[\w.-]+)",
        _identifier,
    ),
    MessageKind(
        r"Unknown (?P<kind>activation|loss|initializer|optimizer|metric|regularizer)"
        r"(?: function)?: ?'?(?P<name>[\w.-]+)",
        _identifier,
    ),
    stated(
        r"Argument\(s\) not recognized: \{'(?P<name>lr|decay)': (?P<value>[^}]*)\}",
        "An optimizer of Keras 3 has no argument {name}.",
        ("learning_rate={value}", "the name since TensorFlow 2, for lr"),
        ("a schedule: keras.optimizers.schedules.ExponentialDecay(...)", "in place of decay"),
    ),
    stated(
        r"Argument `cell` should have a `call` method|(?:RNN|cell) should have a `?call`? method",
        "RNN wraps a cell, and what was given is none.",
        ("RNN(LSTMCell(64))", "a cell: one time step"),
        ("LSTM(64)", "the layer, which has its cell inside"),
    ),
    stated(
        r"KeyError: 'go_backwards'|has no attribute 'go_backwards'",
        "Bidirectional wraps a recurrent layer, which can go backwards; a cell cannot.",
        ("Bidirectional(GRU(64))", "the layer, not GRUCell(64)"),
        ("Bidirectional(RNN(GRUCell(64)))", "a cell, wrapped into a layer first"),
    ),
    stated(
        r"Please initialize `(?P<layer>\w+)` layer with a `?(?:[\w.]*\.)?Layer`? instance",
        "{layer} wraps a layer, and what was given is none.",
        ("TimeDistributed(Dense(10)), Bidirectional(LSTM(64))", "the layer inside the parentheses"),
    ),
    stated(
        r"Cannot convert '(?P<got>\d+)' to a shape",
        "A shape is a tuple, and the number {got} was given.",
        ("keras.Input(shape=({got},))", "with a comma: a tuple of one size"),
        ("keras.Input(shape=(timesteps, features))", "what a recurrent layer takes"),
    ),
    MessageKind(
        r"(?P<name>input_size|hidden_size|num_layers) must be greater than zero", _torch_size
    ),
    MessageKind(
        r"(?P<name>input_size|hidden_size|num_layers) should be of type int, got:? (?P<got>\w+)",
        _torch_type,
    ),
    stated(
        r"dropout should be a number in range \[0, 1\]",
        "dropout is a probability, from 0 to 1.",
        ("nn.LSTM(..., num_layers=2, dropout=0.2)", "between layers only: one layer has none"),
    ),
    stated(
        r"Unknown nonlinearity '(?P<name>\w+)'",
        "nn.RNN has no nonlinearity {name!r}: it takes 'tanh' or 'relu'.",
        ("nn.RNN(3, 4, nonlinearity='tanh')", "the usual one; nn.LSTM and nn.GRU take none"),
    ),
    stated(
        r"Padding_idx must be within num_embeddings",
        "padding_idx is not a row of the table: it must be smaller than num_embeddings.",
        ("nn.Embedding(vocabulary + 1, width, padding_idx=0)", "a row of its own for the padding"),
    ),
    stated(
        r"all elements of input should be between 0 and 1",
        "nn.BCELoss takes probabilities, from 0 to 1, and the model returns other numbers.",
        ("nn.BCEWithLogitsLoss()", "takes the output of a Linear as it is"),
        ("torch.sigmoid(output)", "before nn.BCELoss; also where the output is nan"),
    ),
    stated(
        r"(?P<name>\w+)\.__init__\(\) takes from \d+ to (?P<most>\d+) positional arguments but "
        r"(?P<got>\d+) were given",
        "{name} has fewer arguments: {got} were given, and at most {most}, self among them.",
        ("nn.LSTM(input_size, hidden_size, num_layers, bias, batch_first)", "the order of PyTorch"),
        ("names: batch_first=True, bidirectional=True", "then the order does not matter"),
    ),
    stated(
        r"num_heads must divide|embed_dim must be divisible by num_heads",
        "Every head has the same width, so that embed_dim is a multiple of num_heads.",
        ("embed_dim = num_heads x width of a head", "for example 64 = 8 x 8"),
    ),
)
