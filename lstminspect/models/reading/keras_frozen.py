"""Layers that the text freezes after it has made them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect.models.graph import Graph
from lstminspect.models.reading.objects import (
    LayerObject,
    ModelObject,
)
from lstminspect.models.reading.values import (
    Instance,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["Freezing"]


class Freezing:
    """The changes of `trainable` after a layer is made, put into the graphs at the end."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        #: What the text says of `trainable` after a layer was made, by the identity of the layer.
        self.frozen: dict[int, bool] = {}
        #: Graphs with that in them, by the identity of the graph, which is held with it.
        self.finals: dict[int, tuple[Graph, Graph]] = {}

    def model_of(self, spec: LayerSpec) -> ModelObject | None:
        """The model that is used as this layer, if it is one."""
        if spec.graph is None:
            return None
        return next((each for each in self.semantics.models if each.is_layer(spec)), None)

    def final(self, graph: Graph) -> Graph:
        """`graph` with what the text says of its layers after it has made them."""
        if id(graph) not in self.finals:
            layers = {name: self.final_layer(each) for name, each in graph.layers.items()}
            self.finals[id(graph)] = graph, replace(graph, layers=layers)
        return self.finals[id(graph)][1]

    def final_layer(self, layer: LayerSpec) -> LayerSpec:
        """`layer` with what the text says of it, or of the model that it is, afterwards."""
        if layer.graph is not None:
            owner = self.model_of(layer)
            config = {} if owner is None or owner.trainable else {"trainable": False}
            return replace(layer, graph=self.final(layer.graph), config=config, key=_key(layer))
        frozen = self.frozen.get(id(layer))
        if frozen is None:
            return layer
        config = {**layer.config, "trainable": frozen}
        for name in ("layer", "backward_layer", "cell"):
            inner = config.get(name)
            if isinstance(inner, LayerSpec):
                config[name] = replace(inner, config={**inner.config, "trainable": frozen})
        return replace(layer, config=config, key=_key(layer))

    def freeze(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `layer.trainable = False`, for everything in a model once."""
        if name != "trainable" or not isinstance(value, bool):
            return
        owner = owner.native if isinstance(owner, Instance) else owner
        open_layers, seen = [owner], set()
        while open_layers:
            each = open_layers.pop()
            if isinstance(each, LayerObject):
                self.frozen[id(each.spec)] = value
                each = self.model_of(each.spec)
            if isinstance(each, ModelObject) and id(each) not in seen:
                seen.add(id(each))
                each.trainable = value
                open_layers.extend(self.semantics.attribute(each, "layers"))


def _key(layer: LayerSpec) -> object:
    """The identity of a layer, kept when it is written again."""
    return layer.key if layer.key is not None else id(layer)
