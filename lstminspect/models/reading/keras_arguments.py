"""The arguments of a Keras layer in a text: each under its name, refused if it is not known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from lstminspect.activations import ACTIVATIONS
from lstminspect.errors import ModelError, did_you_mean
from lstminspect.models.layers.signatures import COMMON, LEGACY, OLD, OTHERS, SIGNATURES
from lstminspect.models.reading.keras_names import renamed
from lstminspect.models.reading.objects import LayerObject, ModelObject
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    Instance,
    Unknown,
    opened,
    text_of,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["KNOWN", "WHOLE", "ArgumentReader", "layer_config", "misspelled", "without_none"]

KNOWN = SIGNATURES | OLD
#: Arguments that are sizes, or hold them: one that is not known is a letter.
SIZES = frozenset((
    "units", "filters", "kernel_size", "input_shape", "n", "batch_input_shape", "batch_shape",
    "shape", "input_dim", "output_dim", "input_length", "target_shape", "pool_size", "strides",
    "num_heads", "key_dim", "value_dim", "dims", "batch_size", "dilation_rate", "groups",
    "cropping", "size",
))  # fmt: skip
#: Arguments that are True or False and decide shapes or counts, as they are where nothing is said.
FLAGS = {
    "return_sequences": False, "return_state": False, "use_bias": True, "reset_after": True,
    "go_backwards": False, "stateful": False, "trainable": True, "use_scale": False,
    "keepdims": False, "center": True, "scale": True,
}  # fmt: skip
#: Other arguments that decide shapes and counts, with a value to show.
MATTER = {
    "padding": "'same'", "axis": "-1", "axes": "1", "merge_mode": "'concat'",
    "layer": "LSTM(32)", "cell": "LSTMCell(32)", "cells": "[LSTMCell(32)]",
    "backward_layer": "LSTM(32, go_backwards=True)", "data_format": "'channels_last'",
}  # fmt: skip
NEEDED = ("layer", "cell", "cells", "backward_layer")
#: Sizes without which there is no layer: one that is None is the default of a function.
NEEDED_SIZES = ("units", "filters", "input_dim", "output_dim")
#: Layers of 2015 that are given what they take, then what they return: `LSTM(10, 25)`.
FIRST_KERAS = ("LSTM", "GRU", "SimpleRNN", "Dense")
#: Shapes whose number of sizes is not known stay as they are, until a layer reads them.
WHOLE = ("input_shape", "batch_input_shape", "batch_shape", "shape")


class ArgumentReader(NamedTuple):
    """The meanings of an argument that is open (a letter, a choice, a note), and its place."""

    size: Callable[[Any], Any]
    flag: Callable[[Any, bool], bool]
    note: Callable[[str], None]
    place: str


def layer_config(
    layer_type: str, arguments: list[Any], options: dict[str, Any], reader: ArgumentReader
) -> dict[str, Any]:
    """The arguments of a layer by name. Raises ModelError for one that it does not have."""
    place, names = reader.place, KNOWN[layer_type].split()
    if len(arguments) > len(names):
        raise ModelError(
            f"{place}: {layer_type} takes {len(names)} arguments, got {len(arguments)}. "
            f"They are {', '.join(names) or 'none'}."
        )
    if layer_type in FIRST_KERAS and len(arguments) > 1 and _is_size(arguments[1]):
        names = ["input_dim", *names[:1], *names[2:]]
    config = dict(zip(names, arguments, strict=False))
    options = renamed(layer_type, options)
    more = options.pop("**", None)
    for name, value in options.items():
        if name in config:
            raise ModelError(f"{place}: {layer_type} is given {name} twice. Leave one out.")
        if name not in (*names, *COMMON, *LEGACY):
            near = did_you_mean(name, [*names, *COMMON])
            hint = near or f" It takes {', '.join(names)}."
            raise ModelError(f"{place}: {layer_type} has no argument {name!r}.{hint}")
        config[name] = value
    if more is not None:
        config = _more(layer_type, config, more, reader)
    return {name: _argument(layer_type, name, value, reader) for name, value in config.items()}


def _is_size(value: Any) -> bool:
    """True for a whole number, and for `len(...)`: no activation, which stands there otherwise."""
    text = value.text if isinstance(value, Unknown) else ""
    return (isinstance(value, int) and not isinstance(value, bool)) or text.startswith("len(")


def without_none(
    layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call, place: str
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments with letters for sizes that a function has as None, its default.

    A layer needs them, so who calls the function passes them.
    """

    def filled(name: str, value: Any, tree: ast.expr | None) -> Any:
        if name == "shape" and isinstance(tree, ast.Tuple) and isinstance(value, tuple):
            if len(value) == len(tree.elts) > 1:
                return (*value[:-1], filled("units", value[-1], tree.elts[-1]))
        elif name in NEEDED_SIZES and value is None and isinstance(tree, ast.Name | ast.Attribute):
            text = ast.unparse(tree)
            return Unknown(text.rpartition(".")[2], text, f"an argument, {place}")
        return value

    trees = {each.arg: each.value for each in node.keywords}
    options = {name: filled(name, value, trees.get(name)) for name, value in options.items()}
    if any(isinstance(each, ast.Starred) for each in node.args):
        return arguments, options
    names = KNOWN[layer_type].split()
    positional = zip(names, arguments, node.args, strict=False)
    first = [filled(name, value, tree) for name, value, tree in positional]
    return [*first, *arguments[len(first) :]], options


def _more(
    layer_type: str, config: dict[str, Any], more: Any, reader: ArgumentReader
) -> dict[str, Any]:
    """The arguments with those that a dict which is not known must give."""
    text = text_of(more) or "more"
    if isinstance(more, Unknown) and more.declined:
        raise _unsaid(layer_type, "**", more, "the arguments themselves", reader.place)
    first = KNOWN[layer_type].split()[:1]
    wanted = [name for name in first if name in SIZES and name not in config]
    more_text = f"{reader.place}: what {text} gives to {layer_type} besides is not known"
    reader.note(f"{more_text}; Keras' defaults are taken")
    entries = {name: Unknown(f"{text}[{name!r}]", "", reader.place) for name in wanted}
    return entries | config


def _argument(layer_type: str, name: str, value: Any, reader: ArgumentReader) -> Any:
    """A value that a layer can take: open sizes are letters, open flags are choices."""
    match value:
        case LayerObject():
            return value.checked().spec
        case ModelObject():
            value.used = True
            return value.spec()
        case Instance(cls=cls, native=native):
            if isinstance(native, ModelObject) and native.is_built:
                return _argument(layer_type, name, native, reader)
            return LayerSpec(cls.name, {}, "", reader.place, own=True)
        case list() | tuple() if name in ("cell", "cells"):
            return [_argument(layer_type, "cell", each, reader) for each in value]
        case list() | tuple():
            return tuple(
                reader.size(each)
                if name in (*WHOLE, "output_shape")
                and opened(each)
                and not getattr(each, "declined", False)
                else _argument(layer_type, name, each, reader)
                for each in value
            )
        case Unknown(declined=False) if name in WHOLE:
            return value
        case DottedName() if name in WHOLE:
            return Unknown(text_of(value) or value.name)
        case DottedName(text) if name.endswith("activation"):
            last = text.rpartition(".")[2]
            return last if last in ACTIVATIONS else value
        case int() if name == "stateful":
            return bool(value)  # It decides no shape, and Keras takes `stateful=1`.
        case bool() | int() | float() | str() | None | dict() | slice():
            return value
        case Unknown(declined=True) if name in SIZES or name in FLAGS or name in MATTER:
            shown = MATTER.get(name, "32" if name in SIZES else "True")
            raise _unsaid(layer_type, name, value, shown, reader.place)
        case BoundMethod(owner, attribute, None) if name in SIZES:
            # An attribute that is not known here, for example `layer.units`.
            return reader.size(
                Unknown(f"{text_of(owner) or 'layer'}.{attribute}", "", reader.place)
            )
        case _ if name in WHOLE and not opened(value):
            # For example the shape of a tensor that is open, on a layer that is called with it.
            return Unknown(name, f"{name}@{reader.place}", reader.place)
        case _ if not opened(value):
            if name in SIZES or name in MATTER:
                shown = MATTER.get(name, "32")
                raise _unsaid(layer_type, name, value, shown, reader.place)
            return value
        case _ if name in SIZES:
            return reader.size(value)
        case _ if name in FLAGS:
            return reader.flag(value, FLAGS[name])
        case _ if name in NEEDED:
            raise _unsaid(layer_type, name, value, MATTER[name], reader.place)
        case _ if name in MATTER:
            text = text_of(value) or "open"
            reader.note(
                f"{reader.place}: {name} of {layer_type} is {text!r}, which the text does not say; "
                "Keras' default is taken"
            )
            return None
        case _:
            return value


def _unsaid(layer_type: str, name: str, value: Any, example: str, place: str) -> ModelError:
    text = text_of(value) or "a value of another kind"
    return ModelError(
        f"{place}: {name} of {layer_type} is {text!r}, which the text does not say. "
        f"Write its value, for example {name}={example}."
    )


def misspelled(layer_type: str, callee: DottedName, location: str) -> str:
    """The error for a class that is nearly one of Keras'; empty for any other."""
    near = _nearest(layer_type)
    known = (
        layer_type in OTHERS
        or layer_type in KNOWN
        or (callee.imported and "keras" not in callee.name)
    )
    return f"{location}: no layer type is named {layer_type!r}.{near}" if near and not known else ""


@cache
def _nearest(layer_type: str) -> str:
    names = [name for name in KNOWN if abs(len(name) - len(layer_type)) < 2]
    return did_you_mean(layer_type, names)
