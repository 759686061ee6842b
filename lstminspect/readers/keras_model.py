"""From a live Keras model to a graph: its own configuration, and what its own layers hold.

The model is asked through its methods; nothing of Keras is imported, and nothing is called on data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.kinds import RULES, Described, plain_kind
from lstminspect.layer import Shape
from lstminspect.model import INPUT, Called, Graph, Ref, sequential
from lstminspect.readers.keras_config import MODELS, described_of, graph_of_config

__all__ = ["graph_of_model"]


def graph_of_model(source: Any) -> Graph:
    """The graph of a `keras.Model` or of one `keras.layers.Layer`.

    A model of the user's own class keeps its order in its code: its layers are listed with what
    they hold, without shapes.
    """
    kind = type(source).__name__
    if kind in MODELS and hasattr(source, "layers"):
        return _with_live(graph_of_config(json.loads(source.to_json())), source)
    if hasattr(source, "layers") and hasattr(source, "to_json"):
        return _listed(source)
    content = {"class_name": kind, "config": source.get_config()}
    return sequential(source.name, [_live(described_of(content), source)])


def _with_live(graph: Graph, source: Any) -> Graph:
    """`graph` with what is known of its opaque layers from the live ones."""
    alive = {layer.name: layer for layer in source.layers}
    layers: Mapping[str, Described] = {
        name: _live(each, alive[name]) if name in alive else each
        for name, each in graph.layers.items()
    }
    return replace(graph, layers=layers)


def _live(described: Described, layer: Any) -> Described:
    if described.graph is not None:
        return replace(described, graph=_with_live(described.graph, layer))
    if described.kind == INPUT or (described.kind in RULES and described.kind != "Lambda"):
        return described
    tensors = tuple(
        (weight.path.rpartition("/")[2], tuple(weight.shape), bool(weight.trainable))
        for weight in layer.weights
    )
    config = {"tensors": tensors, "output_shape": described.config.get("output_shape")}
    return replace(described, config=config, outputs=described.outputs or _outputs(layer))


def _outputs(layer: Any) -> tuple[Shape, ...] | None:
    """The shapes of what a layer returned when it was called first, if it was called."""
    try:
        found = layer.output
    except (AttributeError, ValueError, RuntimeError):
        return None
    several = found if isinstance(found, list | tuple) else [found]
    return tuple(tuple(each.shape) for each in several if hasattr(each, "shape"))


def _listed(source: Any) -> Graph:
    """The layers of a model whose order is in its own code."""
    if not source.layers:
        raise ModelError(f"{source.name} has no layers yet. Call it once, or build it.")
    layers, calls = {}, []
    for layer in source.layers:
        described = Described(plain_kind(type(layer).__name__), {}, layer.name)
        opaque = replace(_live(replace(described, kind="own"), layer), kind=described.kind)
        layers[layer.name] = replace(opaque, outputs=None)
        calls.append(Called(layer.name, (), {"listed": True}))
    return Graph(source.name, layers, tuple(calls), (Ref(len(calls) - 1),))
