"""The arguments of a Keras layer in a text: each under its name, refused if it is not known."""

from __future__ import annotations

from functools import cache
from typing import Any

from lstminspect.activations import ACTIVATIONS
from lstminspect.errors import ModelError, did_you_mean
from lstminspect.models.layers.signatures import COMMON, LEGACY, OLD, OTHERS, SIGNATURES
from lstminspect.models.reading.objects import DottedName, LayerObject, ModelObject

__all__ = ["KNOWN", "layer_config", "misspelled"]

KNOWN = SIGNATURES | OLD
#: Arguments that decide shapes and counts, with a value to show: one that is not known is refused.
MATTER = {
    "units": "32", "filters": "32", "kernel_size": "3", "input_shape": "(5, 10)", "n": "5",
    "batch_input_shape": "(8, 5, 10)", "batch_shape": "(8, 5, 10)", "shape": "(5, 10)",
    "input_dim": "10", "output_dim": "8", "input_length": "5", "target_shape": "(5, 10)",
    "pool_size": "2", "strides": "1", "num_heads": "2", "key_dim": "8", "value_dim": "8",
    "return_sequences": "True", "return_state": "True", "use_bias": "True", "reset_after": "True",
    "padding": "'same'", "axis": "-1", "axes": "1", "dims": "(2, 1)", "merge_mode": "'concat'",
    "layer": "LSTM(32)", "cell": "LSTMCell(32)", "cells": "[LSTMCell(32)]", "batch_size": "8",
    "dilation_rate": "1", "groups": "1", "cropping": "1", "size": "2", "go_backwards": "True",
    "stateful": "True", "trainable": "False", "use_scale": "True", "keepdims": "True",
    "backward_layer": "LSTM(32, go_backwards=True)", "**": "the arguments themselves",
}  # fmt: skip


def layer_config(
    layer_type: str, arguments: list[Any], options: dict[str, Any], location: str
) -> dict[str, Any]:
    """The arguments of a layer by name. Raises ModelError for one that it does not have."""
    names = KNOWN[layer_type].split()
    if len(arguments) > len(names):
        raise ModelError(
            f"{location}: {layer_type} takes {len(names)} arguments, got {len(arguments)}. "
            f"They are {', '.join(names) or 'none'}."
        )
    config = dict(zip(names, arguments, strict=False))
    for name, value in options.items():
        if name in config:
            raise ModelError(f"{location}: {layer_type} is given {name} twice. Leave one out.")
        if name not in (*names, *COMMON, *LEGACY, "**"):
            near = did_you_mean(name, [*names, *COMMON])
            hint = near or f" It takes {', '.join(names)}."
            raise ModelError(f"{location}: {layer_type} has no argument {name!r}.{hint}")
        config[name] = value
    return {name: _argument(layer_type, name, value, location) for name, value in config.items()}


def _argument(layer_type: str, name: str, value: Any, location: str) -> Any:
    """A value that a layer can take; refused if reading the text does not give it."""
    match value:
        case LayerObject():
            return value.checked().spec
        case ModelObject():
            value.used = True
            return value.spec()
        case list() | tuple() if name in ("cell", "cells"):
            return [_argument(layer_type, "cell", each, location) for each in value]
        case list() | tuple():
            return tuple(_argument(layer_type, name, each, location) for each in value)
        case DottedName(text) if name.endswith("activation"):
            last = text.rpartition(".")[2]
            return last if last in ACTIVATIONS else value
        case bool() | int() | float() | str() | None | dict() | slice():
            return value
        case _ if name in MATTER:
            text = getattr(value, "text", getattr(value, "name", "a value of another kind"))
            raise ModelError(
                f"{location}: {name} of {layer_type} is {text!r}, which the text does not say. "
                f"Write its value, for example {name}={MATTER[name]}."
            )
        case _:
            return value


def misspelled(layer_type: str, callee: DottedName, location: str) -> str:
    """The error for a class that is nearly one of Keras'; empty for any other."""
    near = _nearest(layer_type)
    known = layer_type in OTHERS or (callee.imported and "keras" not in callee.name)
    return f"{location}: no layer type is named {layer_type!r}.{near}" if near and not known else ""


@cache
def _nearest(layer_type: str) -> str:
    names = [name for name in KNOWN if abs(len(name) - len(layer_type)) < 2]
    return did_you_mean(layer_type, names)
