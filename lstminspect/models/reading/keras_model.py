"""From a live Keras model to a graph: its own configuration, and what its own layers hold.

The model is asked through its methods; nothing of Keras is imported, and nothing is called on data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, Node, TensorRef, sequential
from lstminspect.models.inference import SEEN
from lstminspect.models.layers.rules import RULES
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.reading.keras_config import MODELS, graph_of_config, spec_of_config
from lstminspect.models.spec import LayerSpec

__all__ = ["graph_of_model"]


def graph_of_model(source: Any) -> Graph:
    """The graph of a `keras.Model` or of one `keras.layers.Layer`.

    A model of the user's own class keeps its order in its code: its layers are listed with what
    they hold, without shapes.
    """
    layer_type = type(source).__name__
    if layer_type in MODELS and hasattr(source, "layers"):
        return _with_live(graph_of_config(json.loads(source.to_json())), source)
    if hasattr(source, "layers") and hasattr(source, "to_json"):
        return _listed(source)
    content = {"class_name": layer_type, "config": source.get_config()}
    return sequential(source.name, [_live(spec_of_config(content), source)])


def _with_live(graph: Graph, source: Any) -> Graph:
    """`graph` with what is known of its opaque layers from the live ones."""
    # Operations, for example `x[:, -1]`, are not layers.
    alive = {layer.name: layer for layer in getattr(source, "operations", source.layers)}
    layers: Mapping[str, LayerSpec] = {
        name: _live(each, alive[name]) if name in alive else each
        for name, each in graph.layers.items()
    }
    return replace(graph, layers=layers)


def _live(spec: LayerSpec, layer: Any) -> LayerSpec:
    """A layer with what only the live one tells: what it is, what an unknown one holds."""
    found = replace(spec, key=id(layer))
    if spec.graph is not None:
        return replace(found, graph=_with_live(spec.graph, layer))
    inner = spec.config.get("layer")
    alive = getattr(layer, "layer", None)
    if spec.layer_type == "TimeDistributed" and isinstance(inner, LayerSpec) and alive is not None:
        found = replace(found, config={**found.config, "layer": _live(inner, alive)})
        return found if _is_known(inner) or inner.graph is not None else _opaque(found, layer)
    if spec.layer_type in SEEN:
        return replace(found, outputs=spec.outputs or _outputs(layer))
    return found if _is_known(spec) else _opaque(found, layer)


def _is_known(spec: LayerSpec) -> bool:
    """True if there is a rule for a layer, and for every layer and cell in it."""
    if spec.layer_type == INPUT or spec.graph is not None:
        return True
    inner = [spec.config.get(name) for name in ("layer", "backward_layer", "cell", "cells")]
    flat = [each for value in inner for each in (value if isinstance(value, list) else [value])]
    return (
        spec.layer_type in RULES
        and spec.layer_type != "Lambda"
        and all(_is_known(each) for each in flat if isinstance(each, LayerSpec))
    )


def _opaque(spec: LayerSpec, layer: Any) -> LayerSpec:
    """A layer that has no rule, with the tensors that the live one holds."""
    shown = spec.config.get("output_shape")
    # An operation, as keras.ops make it, has no weights.
    weights = getattr(layer, "weights", ())
    config = {"tensors": _tensors(weights), "output_shape": shown}
    layer_type = (
        spec.layer_type if spec.layer_type not in RULES else f"{spec.layer_type} of its own"
    )
    return replace(
        spec,
        layer_type=layer_type if spec.layer_type != "Lambda" else "Lambda",
        config=config,
        outputs=spec.outputs or _outputs(layer),
    )


def _tensors(weights: Any) -> tuple[tuple[str, Shape, bool], ...]:
    return tuple(
        (weight.path.rpartition("/")[2], tuple(weight.shape), bool(weight.trainable))
        for weight in weights
    )


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
    held = {id(weight) for layer in source.layers for weight in layer.weights}
    own = [weight for weight in source.weights if id(weight) not in held]
    parts = [(type(layer).__name__, layer.name, layer.weights) for layer in source.layers]
    parts += [(type(source).__name__, source.name, own)] * bool(own)
    for layer_type, name, weights in parts:
        config = {"tensors": _tensors(weights)}
        layers[name] = LayerSpec(layer_type_of(layer_type), config, name)
        calls.append(Node(name, (), {"listed": True}))
    return Graph(source.name, layers, tuple(calls), (TensorRef(len(calls) - 1),))
