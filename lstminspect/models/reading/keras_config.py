"""From the configuration of a Keras model, as `model.to_json()` writes it, to a graph.

Keras 2 and 3; Sequential and functional; nested models and shared layers. Code that a file
carries (a Lambda) is never touched.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, Node, TensorRef, sequential, sizes_of
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.reading.objects import RECURRENT, is_cell, printable, results_of
from lstminspect.models.spec import LayerSpec

__all__ = ["MODELS", "graph_of_config", "graph_of_json", "spec_of_config"]

MOST_NESTED = 20
MODELS = ("Sequential", "Functional", "Model")
WRAPPED = ("layer", "backward_layer", "forward_layer", "cell")
#: Operations that only move numbers: no rule, no arithmetic.
ENTRYWISE = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Power", "Negative", "Absolute",
             "Maximum", "Minimum", "Sigmoid", "Tanh", "Relu", "Exp", "Sqrt", "Square")  # fmt: skip
MOVES = ("GetItem", "Reshape", "Transpose", "Squeeze", "ExpandDims", "Stack")


def graph_of_json(text: str) -> Graph:
    """The graph in a JSON text. Raises ModelError for a text that is not a model."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise ModelError("the JSON is nested too deep to be a model. Write it again.") from None
    except ValueError as error:
        raise ModelError(
            f"the text is not JSON: {error}. Give what model.to_json() writes."
        ) from None
    return graph_of_config(content)


def graph_of_config(content: object) -> Graph:
    """The graph of a configuration: a mapping with `class_name` and `config`.

    >>> graph_of_config({"class_name": "Sequential", "config": {"name": "m", "layers": []}})
    Traceback (most recent call last):
    lstminspect.errors.ModelError: m has no layers.
    """
    try:
        spec = spec_of_config(content)
    except LstmInspectError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError):
        raise ModelError(
            "the configuration is not one that Keras writes: an entry is of another type than it "
            "should be. Write it again with model.to_json()."
        ) from None
    if spec.graph is None:
        raise ModelError(
            f"{spec.layer_type} is a layer, not a model. Give what model.to_json() writes."
        )
    graph: Graph = spec.graph
    return graph


def spec_of_config(content: object, depth: int = 0) -> LayerSpec:
    """The layer or the model that an entry with `class_name` and `config` describes."""
    if depth > MOST_NESTED:
        raise ModelError(f"layers are nested more than {MOST_NESTED} deep. Take some apart.")
    if not isinstance(content, Mapping) or not isinstance(content.get("class_name"), str):
        raise ModelError(
            "this is not a model: an entry with class_name and config is missing. "
            "Give what model.to_json() writes."
        )
    layer_type = printable(layer_type_of(content["class_name"]))
    config = content.get("config", {})
    if layer_type in MODELS:
        return _model(layer_type, config, depth)
    if not isinstance(config, Mapping):
        raise ModelError(
            f"the config of {layer_type} is not a mapping. Give what model.to_json() writes."
        )
    own = {name: _argument(name, value, depth) for name, value in config.items()}
    if layer_type == "GRU" and "reset_after" not in own:
        own["reset_after"] = False  # Before Keras 2.1.3 there was no other GRU.
    if ".ops." in str(content.get("module")):
        layer_type, own = _operation(layer_type), {}
    name = str(content.get("name") or own.get("name") or layer_type.lower())
    return LayerSpec(layer_type, own, printable(name))


def _operation(layer_type: str) -> str:
    """An operation of Keras 3 on tensors, for example that of `x + y` or `x[:, -1]`."""
    if layer_type in MOVES:
        return "GetItem"
    return "Operation" if layer_type in ENTRYWISE else f"ops.{layer_type}"


def _argument(name: str, value: Any, depth: int) -> Any:
    """A value in a config: a wrapped layer is described, a list of sizes is a tuple."""
    if name in WRAPPED and isinstance(value, Mapping):
        return spec_of_config(value, depth + 1)
    if name in ("cell", "cells") and isinstance(value, list):
        return [spec_of_config(each, depth + 1) for each in value]
    return tuple(value) if isinstance(value, list) else value


def _model(layer_type: str, config: Any, depth: int) -> LayerSpec:
    entries = config if isinstance(config, list) else None
    config = {} if entries is not None else config
    if not isinstance(config, Mapping):
        raise ModelError(
            f"the config of {layer_type} is not a mapping. Give what model.to_json() writes."
        )
    name = printable(str(config.get("name") or layer_type.lower()))
    entries = config.get("layers") if entries is None else entries
    if not isinstance(entries, list) or not entries:
        raise ModelError(f"{name} has no layers.")
    own = {"trainable": False} if config.get("trainable") is False else {}
    if layer_type == "Sequential":
        layers = [spec_of_config(each, depth + 1) for each in entries]
        shape = config.get("build_input_shape")
        known = tuple(shape) if isinstance(shape, list) else None
        graph = sequential(name, layers, known if layers[0].layer_type != INPUT else None)
    else:
        graph = _Functional(name, entries, config, depth).graph()
    return LayerSpec(layer_type, own, name, graph=graph)


@dataclass
class _InboundNode:
    """One call that a config tells of: the tensors it reads, each as (layer, node, result)."""

    layer: str
    number: int
    inputs: list[tuple[str, int, int]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


class _Functional:
    """A functional model: layers that name the results they are called on."""

    def __init__(
        self, name: str, entries: list[Any], config: Mapping[str, Any], depth: int
    ) -> None:
        self.name, self.config = name, config
        self.shapes: dict[tuple[str, int, int], Shape] = {}
        self.layers: dict[str, LayerSpec] = {}
        self.nodes: dict[tuple[str, int], _InboundNode] = {}
        self.is_3 = False
        for entry in entries:
            spec = spec_of_config(entry, depth + 1)
            name = printable(str(entry.get("name") or spec.name))
            if name in self.layers:
                raise ModelError(f"two layers are named {name!r}. Write the model again.")
            self.layers[name] = spec
            calls = entry.get("inbound_nodes") or []
            for number, node in enumerate(calls if isinstance(calls, list) else []):
                self.nodes[name, number] = self.node(name, number, node)
            if not calls:
                self.nodes[name, 0] = _InboundNode(name, 0)

    def node(self, layer: str, number: int, content: Any) -> _InboundNode:
        """A call, as Keras 3 writes it (args, kwargs) or as Keras 1 and 2 did (lists)."""
        node = _InboundNode(layer, number)
        if isinstance(content, Mapping):
            self.is_3 = True
            node.inputs = list(self.tensors(content.get("args", [])))
            for name, value in dict(content.get("kwargs") or {}).items():
                found = list(self.tensors(value))
                if name in ("query", "value", "key", "inputs", "sequence"):
                    node.inputs += found
                elif found and name != "mask":
                    node.options[name] = tuple(found)
                elif name == "return_attention_scores":
                    node.options[name] = value
        else:
            for reference, options in _listed(content):
                node.inputs.append(reference)
                for name, value in options.items():
                    several = _several(value) if _is_reference(value) else []
                    if name in ("query", "value", "key"):
                        node.inputs += several
                    elif several and name != "mask":
                        node.options[name] = tuple(several)
        spec = self.layers[layer]
        if is_cell(spec):
            states = (*node.inputs[1:], *node.options.pop("states", ()))
            # Arrays among them are no results of layers: then nothing is checked.
            node.options["initial_state"] = states if len(states) == results_of(spec) - 1 else ()
            node.inputs = node.inputs[:1]
        elif spec.layer_type in RECURRENT and len(node.inputs) > 1:
            node.options["initial_state"] = tuple(node.inputs[1:])
            node.inputs = node.inputs[:1]
        return node

    def tensors(self, value: Any, depth: int = 0) -> Iterator[tuple[str, int, int]]:
        """The results that an argument of Keras 3 names, wherever they stand in it."""
        if depth > MOST_NESTED:
            raise ModelError("the arguments of a call are nested too deep. Write the model again.")
        if isinstance(value, list):
            for each in value:
                yield from self.tensors(each, depth + 1)
        elif isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
            inner = value.get("config") or {}
            found = _reference(inner.get("keras_history"))
            shape = inner.get("shape")
            if isinstance(shape, list):
                self.shapes[found] = sizes_of(shape, "a recorded shape")
            yield found
        elif isinstance(value, Mapping):
            for each in value.values():
                yield from self.tensors(each, depth + 1)

    def graph(self) -> Graph:
        """The graph, its calls in an order in which they can be made."""
        self.renumber()
        order = self.ordered()
        position = {(node.layer, node.number): number for number, node in enumerate(order)}

        def ref(found: tuple[str, int, int], is_output: bool = False) -> TensorRef:
            layer, number, result = self.numbered(found, is_output) if is_output else found
            if (layer, number) not in position:
                raise ModelError(
                    f"{self.name} returns {layer!r}, call {number}, which is not in it. "
                    "Write the model again."
                )
            return TensorRef(position[layer, number], result)

        calls = tuple(
            Node(
                node.layer,
                tuple(ref(each) for each in node.inputs),
                {
                    name: tuple(ref(each) for each in value) if isinstance(value, tuple) else value
                    for name, value in node.options.items()
                },
            )
            for node in order
        )
        outputs = tuple(
            ref(each, is_output=True) for each in _several(self.config.get("output_layers"))
        )
        return Graph(self.name, self.known(), calls, outputs or (TensorRef(len(calls) - 1),))

    def numbered(self, found: tuple[str, int, int], is_output: bool) -> tuple[str, int, int]:
        """A result with its call counted from 0.

        A functional model has a call that it was made with, which is not written and yet counted:
        by Keras 3 where outputs are said, by Keras 2 everywhere.
        """
        layer, number, result = found
        spec = self.layers.get(layer)
        nested = spec is not None and spec.graph is not None
        counted = nested and (is_output or not self.is_3)
        sequential = spec is not None and spec.layer_type == "Sequential"
        if counted and not sequential and (layer, number - 1) in self.nodes:
            return layer, number - 1, result
        return found

    def renumber(self) -> None:
        """Count the calls of every reference from 0."""
        for node in self.nodes.values():
            node.inputs = [self.numbered(each, is_output=False) for each in node.inputs]
            for name, value in node.options.items():
                if isinstance(value, tuple):
                    moved = tuple(self.numbered(each, is_output=False) for each in value)
                    node.options[name] = moved

    def known(self) -> dict[str, LayerSpec]:
        """The layers, each with the shapes that others write down of its results."""
        found = {}
        for name, layer in self.layers.items():
            results = range(max(1, results_of(layer)))
            shapes = tuple(self.shapes.get((name, 0, result)) for result in results)
            known = tuple(shape for shape in shapes if shape is not None)
            complete = len(known) == len(shapes)
            found[name] = LayerSpec(
                layer.layer_type,
                layer.config,
                name,
                layer.location,
                layer.graph,
                known if complete else None,
            )
        return found

    def ordered(self) -> list[_InboundNode]:
        """Every call behind those it reads. Raises ModelError for a circle or a missing layer."""
        waits: dict[tuple[str, int], int] = {}
        readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for key, node in self.nodes.items():
            options = [each for value in node.options.values() if isinstance(value, tuple)
                       for each in value]  # fmt: skip
            sources = {each[:2] for each in (*node.inputs, *options)}
            for source in sources:
                if source not in self.nodes:
                    raise ModelError(
                        f"{node.layer} reads {source[0]!r}, call {source[1]}, which is not in the "
                        "model. Write the model again."
                    )
                readers.setdefault(source, []).append(key)
            waits[key] = len(sources)
        ready = deque(key for key, number in waits.items() if not number)
        order = []
        while ready:
            key = ready.popleft()
            order.append(self.nodes[key])
            for reader in readers.get(key, ()):
                waits[reader] -= 1
                if not waits[reader]:
                    ready.append(reader)
        if len(order) < len(self.nodes):
            circle = sorted({key[0] for key, number in waits.items() if number})
            raise ModelError(
                f"{', '.join(circle[:5])} read each other in a circle. A layer can only read "
                "layers before it."
            )
        return order


def _listed(content: Any) -> Iterator[tuple[tuple[str, int, int], Mapping[str, Any]]]:
    """The results in a call of Keras 2, with options: [[layer, node, result, {}], ...]."""
    several = [content] if _is_reference(content) and isinstance(content[0], str) else content
    for each in several if isinstance(several, list) else []:
        options = each[3] if isinstance(each, list) and len(each) > 3 else {}
        yield _reference(each), options if isinstance(options, Mapping) else {}


def _is_reference(value: Any) -> bool:
    """True if a value names a result, or is a list of such."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, str) or (isinstance(first, list) and _is_reference(first))


def _several(value: Any, depth: int = 0) -> list[tuple[str, int, int]]:
    """One reference, or a list or a mapping of them, however deep."""
    if depth > MOST_NESTED:
        raise ModelError("the outputs are nested too deep. Write the model again.")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [_reference(value)]
    found = value if isinstance(value, list) else []
    return [each for inner in found for each in _several(inner, depth + 1)]


def _reference(value: Any) -> tuple[str, int, int]:
    """A result as (layer, node, result), whatever options stand behind."""
    if isinstance(value, list) and len(value) >= 3:
        layer, node, result = value[:3]
        if isinstance(layer, str) and isinstance(node, int) and isinstance(result, int):
            return printable(layer), node, result
    raise ModelError(f"{str(value)[:60]!r} names no result of a layer. Write the model again.")
