"""The arguments of Keras' layers, in order: those of `keras.json`, and those that are older.

`python tests/models/keras_signatures.py` writes the file from the installed Keras (now 3.15.1), and
a test asks Keras whether it still says the same.
"""

from __future__ import annotations

import json
import os

__all__ = ["ALIASES", "COMMON", "LEGACY", "OLD", "OTHERS", "SIGNATURES", "layer_type_of"]

with open(os.path.join(os.path.dirname(__file__), "keras.json"), encoding="utf-8") as _file:
    _TABLES = json.load(_file)

#: Other names of the same classes.
ALIASES: dict[str, str] = _TABLES["aliases"]
#: Classes of Keras that have no rule here: opaque, and not misspelled.
OTHERS = frozenset(_TABLES["others"])
#: The arguments of a class, without those that every layer takes.
SIGNATURES: dict[str, str] = _TABLES["signatures"]

#: What every layer takes. Those of the input made an input layer in Keras 1 and 2.
COMMON = (
    "name", "dtype", "trainable", "autocast", "activity_regularizer", "input_shape",
    "batch_input_shape", "batch_size", "input_dim", "input_length", "weights",
)  # fmt: skip
#: Arguments of Keras 2 that its files still carry; none changes a shape or a count.
LEGACY = ("implementation", "time_major", "ragged", "sparse", "use_cudnn", "unit_forget_bias")

#: Classes of Keras 2 that Keras 3 has no longer.
OLD = {
    "CuDNNLSTM": "units return_sequences return_state go_backwards stateful",
    "CuDNNGRU": "units return_sequences return_state go_backwards stateful",
}


def layer_type_of(name: str) -> str:
    """The name of a class without its module, as Keras calls it now.

    >>> layer_type_of("tf.keras.layers.GlobalAvgPool1D")
    'GlobalAveragePooling1D'
    """
    last = name.rpartition(".")[2].rpartition(">")[2]
    return ALIASES.get(last, last)
