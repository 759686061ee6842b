"""Messages about how a layer is used: its attributes, names that have moved, what it is given."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS"]

#: Names that Keras 3 no longer has, and what to write instead.
MOVED = {
    "CuDNNLSTM": ("keras.layers.LSTM", "it uses cuDNN by itself on a GPU, with its defaults"),
    "CuDNNGRU": ("keras.layers.GRU", "it uses cuDNN by itself on a GPU, with its defaults"),
    "np_utils": ("keras.utils.to_categorical", "the functions stand in keras.utils itself"),
    "to_categorical": ("keras.utils.to_categorical", "where it is now"),
    "pad_sequences": ("keras.utils.pad_sequences", "where it is now"),
    "sequence": ("keras.utils.pad_sequences", "where pad_sequences is now"),
    "text": ("keras.layers.TextVectorization", "in place of Tokenizer, which Keras 3 has dropped"),
    "Tokenizer": ("keras.layers.TextVectorization", "or tf_keras, which is Keras 2"),
    "multi_gpu_model": ("keras.distribution", "in place of it"),
    "plot_model": ("keras.utils.plot_model", "where it is now"),
    "TimeseriesGenerator": ("keras.utils.timeseries_dataset_from_array", "in place of it"),
    "ImageDataGenerator": ("keras.utils.image_dataset_from_directory", "in place of it"),
    "merge": ("keras.layers.Concatenate, Add, ...", "a layer for each way of merging"),
    "Merge": ("keras.layers.Concatenate, Add, ...", "a layer for each way of merging"),
    "KerasClassifier": ("scikeras.wrappers.KerasClassifier", "pip install scikeras"),
    "KerasRegressor": ("scikeras.wrappers.KerasRegressor", "pip install scikeras"),
    "ModelCheckpoint": ("keras.callbacks.ModelCheckpoint", "where it is"),
}


def _moved(match: re.Match[str]) -> Answered:
    """A name that is imported from where it was in Keras 1 or 2."""
    name = match["name"]
    if name not in MOVED:
        return None
    return f"This Keras has no {name} in {match['module']}.", [
        Finding(*MOVED[name]),
        Finding("pip install tf_keras, import tf_keras", "Keras 2, for code of that time"),
    ]


def _module_gone(match: re.Match[str]) -> Answered:
    name = match["name"].rpartition(".")[2]
    found = [Finding(*MOVED[name])] if name in MOVED else []
    return f"This Keras has no module {match['name']}: it is of an older version.", [
        *found,
        Finding("from keras import layers, models, utils", "all that is public stands there"),
        Finding("pip install tf_keras, import tf_keras", "Keras 2, for code of that time"),
    ]


def _weight(match: re.Match[str]) -> Answered:
    """An attribute that a recurrent module of PyTorch does not have."""
    layer, name = match["layer"], match["name"]
    if name not in ("weight", "bias", "weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        return None
    which = name if "_" in name else f"{name}_ih"
    return f"{layer} has no {name}: it has tensors for each of its layers and directions.", [
        Finding(f"lstm.{which}_l0", "what it reads from the input, layer 0; _hh from the state"),
        Finding(f"lstm.{which}_l0_reverse", "of the second direction, with bidirectional=True"),
        Finding("for name, value in lstm.named_parameters()", "all of them, by name"),
    ]


KINDS = (
    MessageKind(
        r"cannot import name '(?P<name>\w+)' from '(?P<module>(?:tensorflow\.|tf_)?keras[\w.]*)'",
        _moved,
    ),
    MessageKind(
        r"No module named '(?P<name>(?:tensorflow\.(?:python\.)?)?keras\.[\w.]+)'",
        _module_gone,
    ),
    MessageKind(
        r"'(?P<layer>LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell)' object has no attribute "
        r"'(?P<name>\w+)'",
        _weight,
    ),
    stated(
        r"Iterating over a symbolic KerasTensor is not supported|"
        r"Cannot iterate over a Tensor with unknown first dimension",
        "One tensor is unpacked, or looped over: the layer returns only its output.",
        ("return_state=True", "then LSTM returns output, h, c; GRU and SimpleRNN output, h"),
        ("h, c = layer(x)[1:]", "with return_state=True, the states alone"),
        ("x[:, step]", "one step of a sequence, where a loop over the steps is meant"),
    ),
    stated(
        r"A KerasTensor cannot be used as input to a TensorFlow function",
        "A function of TensorFlow is called on the tensor of a keras.Input, which has no numbers.",
        ("keras.ops.mean(x, axis=1)", "keras.ops has the functions, for symbols too"),
        ("a Layer of your own with the function in call", "or keras.layers.Lambda(function)"),
    ),
    stated(
        r"`validation_split` is only supported for tensors or NumPy arrays",
        "validation_split cuts arrays, and a data set or a generator was given.",
        ("validation_data=other", "a second data set, made apart: data.skip(n), data.take(n)"),
        ("arrays x and y", "then validation_split works"),
    ),
    stated(
        r"Invalid dtype: (?P<dtype>str\w*|string)",
        "The data are texts ({dtype}), and a layer takes numbers.",
        ("keras.layers.TextVectorization()", "words to numbers, before an Embedding"),
        ("np.asarray(x).astype('float32')", "if the texts are numbers"),
    ),
    stated(
        r"`sequences` must be a list of iterables\. Found non-iterable: (?P<got>\S+)",
        "pad_sequences takes a list of sequences, and an entry is {got}, one number.",
        ("pad_sequences([sequence])", "one sequence: a list with one list in it"),
    ),
    stated(
        r"one of the variables needed for gradient computation has been modified by an inplace "
        r"operation: \[.*?(?P<shape>\[[0-9, ]*\])\]",
        "A tensor of shape {shape} is changed in place after the graph has used it.",
        ("h = h + 1, not h += 1", "and torch.stack of a list, not out[step] = h"),
        ("x = x.clone() before the change", "the graph keeps the old numbers"),
        ("torch.autograd.set_detect_anomaly(True)", "names the line of the forward pass"),
    ),
    stated(
        r"optimizer got an empty parameter list",
        "The module has no parameters: its layers are not registered.",
        ("nn.ModuleList([nn.LSTM(3, 4)])", "in place of a Python list; nn.ModuleDict for a dict"),
        ("self.lstm = nn.LSTM(3, 4) in __init__", "and super().__init__() before it"),
    ),
    stated(
        r"cannot assign (?P<what>module|parameters?|buffer)s? before Module\.__init__\(\) call",
        "A layer is assigned before the Module is there.",
        ("super().__init__()", "as the first line of __init__"),
    ),
    stated(
        r"(?P<name>\w+)\(\) is missing value for argument '(?P<argument>\w+)'",
        "{name} of the scripted module needs {argument}, which was not given.",
        ("module(x, {argument})", "all arguments of forward, in order"),
        ("{argument}: Optional[Tensor] = None", "in forward, if it can be left out"),
    ),
    stated(
        r"needs PRNG for \"(?P<name>\w+)\"",
        "A layer draws random numbers of the stream {name}, and apply got no key for it.",
        ("apply(variables, x, rngs={{'{name}': key}})", "a new key for each step of training"),
        ("deterministic=True", "for Dropout, when the model is only asked"),
    ),
    stated(
        r"Submodule (?P<name>\w+) must be defined in `setup\(\)` or in a method wrapped in "
        r"`@compact`",
        "{name} is made in a method that is not compact.",
        ("@nn.compact", "above __call__, if its layers are made in it"),
        ("def setup(self): self.layer = ...", "or all layers in setup"),
    ),
    stated(
        r"Unexpected input data type\. Actual: \(tensor\((?P<got>\w+)\)\) ?, expected: "
        r"\(tensor\((?P<wanted>\w+)\)\)",
        "The model reads {wanted}, and the array is {got}.",
        ("x.astype(np.float32)", "float is float32, double float64 (NumPy's default), int64 long"),
        ("session.get_inputs()[0].type", "the type of each input"),
    ),
    stated(
        r"Invalid (?P<what>output|input|feed input) ?name:? ?(?P<name>\w+)",
        "The model has no {what} named {name}.",
        ("[each.name for each in session.get_outputs()]", "its outputs; get_inputs() its inputs"),
        ("session.run(None, feed)", "None gives all outputs"),
    ),
)
