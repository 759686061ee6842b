"""Messages of Keras about weights: `set_weights`, `load_weights`, `assign`."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind
from lstminspect.explanations.weight_messages import keras_weight, weight_list

__all__ = ["KINDS"]


def _variables(match: re.Match[str]) -> Answered:
    wanted, got = int(match["wanted"]), int(match["got"])
    answer = f"{match['name']} has {wanted} arrays, and the file has {got} at that place."
    if got == 0:
        return answer, [
            Finding(
                "another layer or another structure of the model in the file",
                "another kind of layer (GRU, LSTM), a Bidirectional around it, or a class of its "
                "own: Keras 3 looks for the arrays under the names of the layers",
            ),
            Finding(
                "build the model with the same code as the one that was saved", "and load again"
            ),
        ]
    if (wanted, got) in {(3, 2), (2, 3)}:
        return answer, [
            Finding(f"use_bias={got == 3}", "kernel and recurrent_kernel, and with a bias three")
        ]
    return answer, [Finding("another kind of layer in the file", f"{got} arrays, not {wanted}")]


def _layers(match: re.Match[str]) -> Answered:
    saved, built = match["saved"], match["built"]
    return f"The file has {saved} layers with weights, the model {built}.", [
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
        _variables,
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
