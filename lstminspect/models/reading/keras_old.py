"""Layers of Keras 1 that Keras has no longer, made of those that it has.

Source: keras/legacy/layers.py of Keras 2.0: Merge; keras/layers/core.py of Keras 1.0:
TimeDistributedDense.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["MODES", "is_keras_1", "kernel_of"]

#: The layer that merges as a mode of Keras 1 does.
MODES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average",
         "dot": "Dot", "cos": "Dot", "max": "Maximum"}  # fmt: skip
WORDS = re.compile(
    r"border_mode|nb_epoch|nb_filter|dim_ordering|init=|output_dim=|samples_per_epoch|W_regularizer"
    r"|keras\.layers\.(core|convolutional|recurrent|embeddings)|TimeDistributedDense|Merge\("
)


def is_keras_1(text: str) -> bool:
    """True for a text with words that only Keras 1 and the first files of Keras 2 have."""
    return bool(WORDS.search(text))


def kernel_of(name: str, arguments: list[Any]) -> list[Any]:
    """The arguments of `Convolution2D(32, 3, 3)` of Keras 1, as Keras takes them now.

    >>> kernel_of("Convolution2D", [32, 3, 3])
    [32, (3, 3)]
    """
    rank = int(name[-2]) if name[-2:-1].isdigit() else 0
    if rank < 2 or len(arguments) < 1 + rank or isinstance(arguments[1], tuple | list):
        return arguments
    return [arguments[0], tuple(arguments[1 : 1 + rank]), *arguments[1 + rank :]]
