"""Messages of Keras about weights: `set_weights`, `load_weights`, `assign`."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.keras_weights import keras_weight, variables, weight_list
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind

__all__ = ["KINDS"]


def _layers(match: re.Match[str]) -> Answered:
    saved, built = match["saved"], match["built"]
    layers = f"layer{'s' * (saved != '1')}"
    return f"The file has {saved} {layers} with weights, the model {built}.", [
        Finding(f"the file: {saved} {layers} with weights", "another number of layers was saved"),
        Finding(f"the model: {built}", "a recurrent layer or a Dense is one, a Dropout is none"),
        Finding("build the model that was saved", "the same layers in the same order"),
        Finding("load_weights(path, by_name=True)", "if only some layers of Keras 2 shall be read"),
    ]


KINDS = (
    MessageKind(
        r"weight shape \((?P<built>[0-9, ]+)\) is not compatible with provided weight shape "
        r"\((?P<saved>[0-9, ]+)\)",
        keras_weight,
    ),
    MessageKind(
        r"variable\.shape=\((?P<built>[0-9, ]+)\), Received: value\.shape=\((?P<saved>[0-9, ]+)\)",
        keras_weight,
    ),
    MessageKind(
        r"Weight expects shape \((?P<built>[0-9, ]+)\)\. Received saved weight with shape "
        r"\((?P<saved>[0-9, ]+)\)",
        keras_weight,
    ),
    MessageKind(
        r"weight list of length (?P<first>[0-9]+), but the layer was expecting "
        r"(?P<second>[0-9]+) weights",
        weight_list,
    ),
    MessageKind(
        r"expects (?P<second>[0-9]+) weight(?:s|\(s\))?"
        r"(?:, but the saved weights have|\. Received) (?P<first>[0-9]+)",
        weight_list,
    ),
    MessageKind(
        r"Layer '(?P<name>\w+)' expected (?P<wanted>[0-9]+) variables?, but received "
        r"(?P<got>[0-9]+) variables? during loading",
        variables,
    ),
    MessageKind(
        r"load a weight file containing (?P<saved>[0-9]+) layers into a model with "
        r"(?P<built>[0-9]+) layers",
        _layers,
    ),
    MessageKind(
        r"Model expected (?P<built>[0-9]+) layers, found (?P<saved>[0-9]+) saved layers", _layers
    ),
)
