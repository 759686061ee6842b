"""From lines of Keras code to a graph: read by syntax tree, never run.

Understood are the lines that make layers, call them and add them to models, with the constants,
loops and functions around them. What else stands in the text (data, training, prints) is passed
over; a layer's argument that depends on it is an error that says so.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

from lstminspect.errors import ModelError, did_you_mean
from lstminspect.kinds import SIGNATURES, Described, plain_kind
from lstminspect.kinds.signatures import COMMON, LEGACY
from lstminspect.model import INPUT, Graph, Ref, sequential
from lstminspect.readers.python import Bound, Reading
from lstminspect.readers.values import (
    RECURRENT,
    Array,
    Built,
    Calls,
    Dotted,
    Made,
    Symbolic,
    Unknown,
    each_described,
)

__all__ = ["graph_of_code"]

#: Functions that merge at once, as `concatenate([a, b])`.
MERGES = {name.lower(): name for name in (
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
}  # fmt: skip
OPERATIONS = {"Add": "Add", "Sub": "Subtract", "Mult": "Multiply", "Div": "Divide"}
MODELS = ("Sequential", "Model", "Functional")
#: Functions that make numbers of a shape that their first argument says.
ARRAYS = ("zeros", "ones", "random", "normal", "uniform", "randn", "rand", "random_sample", "empty")


def graph_of_code(text: str) -> Graph:
    """The graph of the model that `text` makes.

    Raises ModelError, with the line, for a text that is no model.

    >>> graph = graph_of_code("LSTM(25, input_shape=(5, 10)), Dense(10)")
    >>> [call.layer for call in graph.calls]
    ['input_layer', 'lstm', 'dense']
    """
    reader = _Reader()
    try:
        reader.reading.body(_parsed(text).body)
        return reader.found()
    except RecursionError:
        raise ModelError("the text is nested too deep. Give the model alone.") from None


def _parsed(text: str) -> ast.Module:
    lines = textwrap.dedent(text).strip("\n")
    if re.match(r"\s*>>> ", lines):
        lines = "\n".join(re.sub(r"^\s*(>>>|\.\.\.) ?", "", line) for line in lines.split("\n"))
    try:
        return ast.parse(lines.strip())
    except SyntaxError as error:
        shown = (error.text or "").strip()[:60]
        message = f"line {error.lineno}: {shown!r} is not Python: {error.msg}"
        raise ModelError(f"{message}. Give lines of Keras code.") from None
    except (ValueError, MemoryError, RecursionError):
        raise ModelError("the text is not Python code. Give lines of Keras code.") from None


class _Reader:
    """What a text makes, while it is read: layers, calls, models."""

    def __init__(self) -> None:
        self.reading = Reading(self.called, self.combined, self.subscripted, self.line)
        self.calls = Calls()
        self.models: list[Built] = []
        self.loose: list[Made | Built] = []
        self.results: list[Symbolic] = []
        self.as_layers: dict[int, Described] = {}

    def line(self, value: Any) -> None:
        """A line that is only a value: layers that stand there are a model."""
        values = value if isinstance(value, list | tuple) else (value,)
        layers = [self.layer_of(each) for each in values]
        known = [each for each in layers if each is not None]
        if len(known) == len(layers) and any(isinstance(each, Made) for each in values):
            self.loose.extend(known)

    def layer_of(self, value: Any) -> Made | Built | None:
        """The layer that stands in a list of layers; an Input stands for its layer."""
        if isinstance(value, Symbolic):
            described = self.calls.made[value.ref.call][0]
            return Made(described) if described.kind == INPUT else None
        return value if isinstance(value, Made | Built) else None

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """What a call gives: a layer, a model, a result of a layer, or nothing that is known."""
        match callee:
            case Bound(owner=Built() as model, name=name):
                return self.method(model, name, arguments, options, node)
            case Bound():
                return Unknown(ast.unparse(node.func))
            case Made() | Built():
                return self.apply(callee, arguments, options, node)
            case Dotted(name):
                return self.make(callee, name.rpartition(".")[2], arguments, options, node)
            case _:
                return Unknown(ast.unparse(node.func))

    def make(
        self,
        callee: Dotted,
        last: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """What a call of a name that the text does not define gives."""
        kind = plain_kind(last)
        if kind in MODELS:
            return self.model(kind, arguments, options, node)
        if kind == "Input":
            return self.result(self.layer(INPUT, arguments, options, node).described, (), {})
        if kind in SIGNATURES:
            return self.layer(kind, arguments, options, node)
        if last in MERGES and arguments and _symbols(arguments[0]):
            own = {name: value for name, value in options.items() if name != "inputs"}
            layer = self.layer(MERGES[last], arguments[1:], own, node)
            return self.apply(layer, arguments[:1], {}, node)
        if last in ARRAYS and arguments:
            shape = arguments if all(isinstance(each, int) for each in arguments) else arguments[0]
            if isinstance(shape, list | tuple) and all(isinstance(each, int) for each in shape):
                return Array(tuple(shape))
        if last[:1].isupper():
            return self.own_layer(callee, last, options, node)
        return Unknown(ast.unparse(node.func))

    def own_layer(self, callee: Dotted, kind: str, options: dict[str, Any], node: ast.Call) -> Made:
        """A class that is not Keras': opaque, unless it is a misspelled one of Keras'."""
        near = did_you_mean(kind, SIGNATURES)
        known = callee.imported and "keras" not in callee.name
        place = f"line {node.lineno}"
        config: dict[str, Any] = {"output_shape": None}
        if near and not known:
            config["misspelled"] = f"{place}: no layer called {kind!r}.{near}"
        name = options.get("name")
        given = name if isinstance(name, str) else self.calls.named(kind)
        return Made(Described(kind, config, given, place))

    def layer(
        self, kind: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Made:
        """A layer from its arguments, each under its name."""
        place = f"line {node.lineno}"
        names = SIGNATURES[kind].split()
        if len(arguments) > len(names):
            raise ModelError(
                f"{place}: {kind} takes {len(names)} arguments, got {len(arguments)}. "
                f"They are {', '.join(names) or 'none'}."
            )
        config = dict(zip(names, arguments, strict=False))
        for name, value in options.items():
            if name in config:
                raise ModelError(f"{place}: {kind} is given {name} twice. Leave one out.")
            if name not in (*names, *COMMON, *LEGACY):
                near = did_you_mean(name, [*names, *COMMON])
                hint = near or f" It takes {', '.join(names)}."
                raise ModelError(f"{place}: {kind} has no argument {name!r}.{hint}")
            config[name] = value
        for name, value in config.items():
            config[name] = self.argument(kind, name, value, place)
        own = config.get("name")
        given = own if isinstance(own, str) else self.calls.named(kind)
        return Made(Described(kind, config, given, place))

    def argument(self, kind: str, name: str, value: Any, place: str) -> Any:
        """A value that a layer can be given; refused if reading the text does not tell it."""
        match value:
            case Made():
                _check_spelling(value.described)
                return value.described
            case Built():
                value.used = True
                return value.described()
            case list() | tuple() if name in ("cell", "cells"):
                return [self.argument(kind, "cell", each, place) for each in value]
            case list() | tuple():
                return tuple(self.argument(kind, name, each, place) for each in value)
            case Unknown(text) | Dotted(text) if name in _MATTER:
                raise ModelError(
                    f"{place}: {name} of {kind} is {text!r}, which the text does not say. "
                    f"Write its value, as {name}={_MATTER[name]}."
                )
            case Dotted(text) if name in ("activation", "recurrent_activation"):
                return text.rpartition(".")[2]
            case _:
                return value

    def model(
        self, kind: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Built:
        """A Sequential, or a Model between tensors."""
        name = options.get("name")
        built = Built(name if isinstance(name, str) else self.calls.named(kind))
        self.models.append(built)
        names = ("layers",) if kind == "Sequential" else ("inputs", "outputs")
        options = dict(zip(names, arguments, strict=False)) | options
        if kind == "Sequential":
            layers = options.get("layers") or []
            for each in layers if isinstance(layers, list | tuple) else [layers]:
                self.add(built, each, node)
            return built
        outputs = _symbols(options.get("outputs"))
        inputs = _symbols(options.get("inputs"))
        if not outputs:
            raise ModelError(
                f"line {node.lineno}: Model needs outputs that layers return, as "
                "Model(inputs=x, outputs=y)."
            )
        built.graph = self.calls.graph(built.name, outputs, inputs)
        return built

    def method(
        self,
        model: Built,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """A method of a model: those that add layers or give a shape have a meaning."""
        if name == "add" and arguments:
            self.add(model, arguments[0], node)
        elif name == "pop" and model.layers:
            model.layers.pop()
        elif name == "build":
            shape = arguments[0] if arguments else options.get("input_shape")
            model.shape = tuple(shape) if isinstance(shape, list | tuple) else None
        elif name == "summary":
            model.summed_up = True
        return None

    def add(self, model: Built, value: Any, node: ast.Call) -> None:
        """One more layer on top of a Sequential."""
        layer = self.layer_of(value)
        if isinstance(layer, Built):
            layer.used = True
        elif isinstance(layer, Made):
            _check_spelling(layer.described)
        else:
            text = value.text if isinstance(value, Unknown) else getattr(value, "name", repr(value))
            raise ModelError(
                f"line {node.lineno}: {text} is no layer that the text makes. "
                "Add layers, as model.add(LSTM(25))."
            )
        model.layers.append(layer)

    def apply(
        self, callee: Made | Built, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """What a layer or a model returns when it is called on tensors."""
        if isinstance(callee, Built):
            callee.used = True
        described = self.once(callee)
        _check_spelling(described)
        inputs = [ref for each in arguments for ref in self.tensors(each)]
        named = {name: self.tensors(value) for name, value in options.items()}
        kept: dict[str, Any] = {
            name: value for name, value in options.items() if name == "return_attention_scores"
        }
        states = named.pop("initial_state", [])
        if described.kind in RECURRENT and len(inputs) > 1:
            inputs, states = inputs[:1], [*inputs[1:], *states]
        if states:
            kept["initial_state"] = tuple(states)
        named.pop("mask", None)
        for name in ("inputs", "query", "value", "key", "sequence"):
            inputs += named.get(name, [])
        if not inputs:
            raise ModelError(
                f"line {node.lineno}: {described.kind} is called on nothing that the text makes. "
                "Call it on an Input, as LSTM(25)(Input((5, 10)))."
            )
        return self.result(described, tuple(inputs), kept)

    def once(self, callee: Made | Built) -> Described:
        """The layer itself, the same at every call."""
        if isinstance(callee, Made):
            return callee.described
        return self.as_layers.setdefault(id(callee), callee.described())

    def tensors(self, value: Any) -> list[Ref]:
        """The tensors in an argument; an array is an input of its own."""
        match value:
            case Symbolic(ref):
                return [ref]
            case Array(shape):
                name = self.calls.named(INPUT)
                made = Described(INPUT, {"batch_shape": shape}, name)
                return [self.calls.call(made, (), {})[0].ref]
            case list() | tuple():
                return [ref for each in value for ref in self.tensors(each)]
            case _:
                return []

    def result(self, layer: Described, inputs: tuple[Ref, ...], options: dict[str, Any]) -> Any:
        """One tensor, or a list of them."""
        found = self.calls.call(layer, inputs, options)
        self.results.extend(found)
        return found[0] if len(found) == 1 else found

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """Arithmetic on tensors: entry by entry."""
        symbols = [each for each in (left, right) if isinstance(each, Symbolic)]
        if not symbols:
            return Unknown(ast.unparse(node)[:60])
        kind = OPERATIONS.get(operation, operation)
        kind = kind if len(symbols) == 2 and kind in SIGNATURES else "Operation"
        made = Described(kind, {}, self.calls.named(kind), f"line {node.lineno}")
        return self.result(made, tuple(each.ref for each in symbols), {})

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """A part of a tensor, as `x[:, -1]`."""
        if not isinstance(owner, Symbolic):
            return Unknown(ast.unparse(node)[:60])
        name = self.calls.named("GetItem")
        made = Described("GetItem", {"keys": tuple(keys)}, name, f"line {node.lineno}")
        return self.result(made, (owner.ref,), {})

    def found(self) -> Graph:
        """The model that a text is about: the one it sums up, else the last it makes."""
        summed = [each for each in self.models if each.summed_up]
        top = [each for each in self.models if not each.used]
        if chosen := (summed or top or self.models)[-1:]:
            return chosen[0].whole()
        if self.loose:
            for each in self.loose:
                _check_spelling(each_described(each))
            return sequential("model", [each_described(each) for each in self.loose])
        return self.implicit()

    def implicit(self) -> Graph:
        """Layers called on tensors, without a Model around them: what nothing reads comes out."""
        made = self.calls.made
        read = {ref for _, inputs, _ in made for ref in inputs}
        outputs = [
            each for each in self.results
            if each.ref not in read and made[each.ref.call][0].kind != INPUT
        ]  # fmt: skip
        if outputs:
            return self.calls.graph("model", outputs, None)
        raise ModelError(
            'no model is made in the text. Give layers, as "LSTM(25, input_shape=(5, 10)), '
            'Dense(10)", or the lines that make a Sequential or a Model.'
        )


#: Arguments that decide shapes and counts, with a value to show: one that is not known is refused.
_MATTER = {
    "units": "32", "filters": "32", "kernel_size": "3", "input_shape": "(5, 10)", "n": "5",
    "batch_input_shape": "(8, 5, 10)", "batch_shape": "(8, 5, 10)", "shape": "(5, 10)",
    "input_dim": "10", "output_dim": "8", "input_length": "5", "target_shape": "(5, 10)",
    "pool_size": "2", "strides": "1", "num_heads": "2", "key_dim": "8", "value_dim": "8",
    "return_sequences": "True", "return_state": "True", "use_bias": "True", "reset_after": "True",
    "padding": "'same'", "axis": "-1", "axes": "1", "dims": "(2, 1)", "merge_mode": "'concat'",
    "layer": "LSTM(32)", "cell": "LSTMCell(32)", "cells": "[LSTMCell(32)]", "batch_size": "8",
    "dilation_rate": "1", "groups": "1", "cropping": "1", "size": "2", "go_backwards": "True",
    "stateful": "True", "trainable": "False", "use_scale": "True", "keepdims": "True",
    "backward_layer": "LSTM(32, go_backwards=True)",
}  # fmt: skip


def _check_spelling(described: Described) -> None:
    """Refuse a class that Keras has not, whose name is nearly one of Keras'."""
    if text := described.config.get("misspelled"):
        raise ModelError(text)


def _symbols(value: Any) -> list[Symbolic]:
    if isinstance(value, Symbolic):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [symbol for each in value for symbol in _symbols(each)]
    return []
