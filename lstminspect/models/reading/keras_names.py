"""Names of Keras: which names are its layers, and what Keras 1 and 2 called their arguments.

Source: keras/legacy/interfaces.py of Keras 2.0 to 2.3, which maps the arguments of Keras 1.
"""

from __future__ import annotations

from typing import Any

from lstminspect.models.layers.signatures import SIGNATURES
from lstminspect.models.reading.values import DottedName

__all__ = ["is_backend", "is_framework", "is_keras", "is_other_thing", "renamed"]

#: The first parts of the modules that have Keras' layers.
FRAMEWORKS = frozenset((
    "keras", "tensorflow", "tf", "tf_keras", "tensorflow_core", "keras_core", "tensorflow_addons",
))  # fmt: skip
#: Modules of Keras that have no layers: a name there is another thing.
OTHER_MODULES = frozenset((
    "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics", "callbacks",
    "activations", "utils", "preprocessing", "datasets", "backend", "ops", "random", "np_utils",
    "initializations", "applications", "distributions", "data", "summary", "train", "saving",
    "math",
))  # fmt: skip

#: Arguments of Keras 1, as Keras calls them now.
EVERY = {
    "init": "kernel_initializer", "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint", "bias": "use_bias", "border_mode": "padding",
    "dim_ordering": "data_format", "input_dtype": "dtype",
}  # fmt: skip
OF_RECURRENT = {
    "output_dim": "units", "num_units": "units", "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation", "forget_bias_init": "unit_forget_bias",
    "U_regularizer": "recurrent_regularizer", "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout", "consume_less": "implementation",
}  # fmt: skip
OF_CONVOLUTION = {
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample_length": "strides",
    "subsample": "strides", "atrous_rate": "dilation_rate", "inner_activation":
    "recurrent_activation", "dropout_W": "dropout", "dropout_U": "recurrent_dropout",
}  # fmt: skip
OF_POOLING = {"pool_length": "pool_size", "stride": "strides"}
OF_TYPE = {
    "Dense": {"output_dim": "units"},
    "Embedding": {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
                  "W_constraint": "embeddings_constraint", "dropout": ""},
    "Dropout": {"p": "rate"}, "SpatialDropout1D": {"p": "rate"}, "SpatialDropout2D": {"p": "rate"},
    "GaussianDropout": {"p": "rate"}, "GaussianNoise": {"sigma": "stddev"},
    "UpSampling1D": {"length": "size"},
    "BatchNormalization": {"mode": "", "gamma_init": "gamma_initializer",
                           "beta_init": "beta_initializer"},
    "Bidirectional": {}, "Concatenate": {"concat_axis": "axis"}, "Dot": {"dot_axes": "axes"},
}  # fmt: skip
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "LSTMCell", "GRUCell",
             "SimpleRNNCell")  # fmt: skip
ORDERS = {"th": "channels_first", "tf": "channels_last"}


def is_keras(callee: DottedName) -> bool:
    """True if a name of the text can be a layer of Keras: it is its own, or nobody's.

    >>> is_keras(DottedName("keras.initializers.Identity", True)), is_keras(DottedName("LSTM"))
    (False, True)
    >>> is_keras(DottedName("mylayers.Attention", imported=True))
    False
    """
    modules = callee.name.split(".")[:-1]
    if any(each in OTHER_MODULES for each in modules):
        return False
    return not callee.imported or not modules or modules[0] in FRAMEWORKS


def is_framework(callee: DottedName) -> bool:
    """True for a name that the text does not import from elsewhere than Keras or TensorFlow."""
    first = callee.name.partition(".")[0]
    return not callee.imported or first in FRAMEWORKS


def is_backend(callee: DottedName) -> bool:
    """True for a function of tensors, `K.dot` or `tf.add`, where layers have one of that name."""
    module = callee.name.rpartition(".")[0].rpartition(".")[2]
    return module in ("K", "tf", "tensorflow", "backend", "math", "ops", "nn", "linalg", "T")


def is_other_thing(callee: DottedName) -> bool:
    """True for a name of a framework that stands for no layer: an initializer, an optimizer.

    >>> is_other_thing(DottedName("keras.optimizers.Adam", True))
    True
    """
    return any(each in OTHER_MODULES for each in callee.name.split(".")[:-1])


def renamed(layer_type: str, options: dict[str, Any]) -> dict[str, Any]:
    """Options under the names that Keras has now; those of Keras 1 have other names.

    >>> renamed("LSTM", {"output_dim": 5, "inner_init": "glorot_uniform", "consume_less": "gpu"})
    {'units': 5, 'recurrent_initializer': 'glorot_uniform', 'implementation': 'gpu'}
    """
    names = SIGNATURES.get(layer_type, "").split()
    table = dict(EVERY)
    if layer_type in RECURRENT:
        table |= OF_RECURRENT
    if "Conv" in layer_type:
        table |= OF_CONVOLUTION
        options = _kernel(options)
    if "Pooling" in layer_type:
        table |= OF_POOLING
    table |= OF_TYPE.get(layer_type, {})
    found: dict[str, Any] = {}
    for name, value in options.items():
        new = name if name in names or name == "**" else table.get(name, name)
        if new == "data_format" and isinstance(value, str):
            value = ORDERS.get(value, value)
        if new == "unit_forget_bias":
            value = True
        if new and new not in found:
            found[new] = value
    return found


def _kernel(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a convolution with its rows and columns as one kernel size."""
    sides = [options[name] for name in ("kernel_dim1", "kernel_dim2", "kernel_dim3", "nb_row",
                                        "nb_col") if name in options]  # fmt: skip
    if not sides:
        return options
    rest = {
        name: value
        for name, value in options.items()
        if not name.startswith(("kernel_dim", "nb_row", "nb_col"))
    }
    return {**rest, "kernel_size": tuple(sides)}
