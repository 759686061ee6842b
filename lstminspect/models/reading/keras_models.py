"""Models of Keras code while the text makes them: Sequential, Model, and their methods."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.models.graph import INPUT, Graph, TensorRef, input_of
from lstminspect.models.reading.objects import (
    LayerObject,
    ModelObject,
    SymbolicTensor,
    flat,
    spec_of,
    symbols_in,
)
from lstminspect.models.reading.values import (
    ShapedArray,
    opened,
    text_of,
    unknown_member,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["ModelBuilder"]

#: Methods of a model that show that it is the one that is meant.
WANTED = {"summary": 1, "compile": 2, "fit": 2}


class ModelBuilder:
    """Models while the text makes them, for the KerasSemantics they belong to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def model(
        self, layer_type: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> ModelObject:
        """A Sequential, or a Model between tensors."""
        built = self.new_model(layer_type, options.get("name"))
        built.trainable = options.get("trainable") is not False
        names = ("layers",) if layer_type == "Sequential" else ("inputs", "outputs")
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in options:
                options = {**options, new: options[old]}
        options = dict(zip(names, arguments, strict=False)) | options
        if layer_type == "Sequential":
            layers = options.get("layers") or []
            for each in layers if isinstance(layers, list | tuple) else [layers]:
                self.add(built, each, node)
            return built
        try:
            self.model_graph(built, options, node)
        except ModelError:
            self.semantics.models.remove(built)
            raise
        return built

    def model_graph(self, built: ModelObject, options: dict[str, Any], node: ast.Call) -> None:
        """Give a model the graph between its inputs and its outputs."""
        given = unknown_member(options.get("inputs"))
        is_open = opened(given) and not getattr(given, "declined", False)
        known = [] if is_open else [options.get("inputs")]
        self.semantics.need_known([*known, options.get("outputs")], "Model", node)
        built.outputs = symbols_in(options.get("outputs"))
        if is_open and built.outputs:
            # The inputs are those of another model, of which the text says nothing.
            built.graph = self.semantics.calls.graph(built.name, built.outputs)
            built.inputs = self.inputs_of(built.graph)
            return
        built.inputs = symbols_in(options.get("inputs"))
        if not built.outputs or not built.inputs:
            raise ModelError(
                f"{self.semantics.place(node)}: Model needs inputs, and outputs of layers, "
                f"for example "
                "Model(inputs=x, outputs=y)."
            )
        built.graph = self.semantics.calls.graph(built.name, built.outputs, built.inputs)
        self.check_inputs(built, node)

    def new_model(self, layer_type: str, name: object = None) -> ModelObject:
        """A model that the text begins, by its name or one for its type."""
        frames = self.semantics.interpreter.calls.frames
        built = ModelObject(self.semantics.calls.named(layer_type, name))
        built.maker = frames[-1].name if frames else ""
        built.root = frames[0].name if frames else ""
        self.semantics.models.append(built)
        return built

    def check_inputs(self, built: ModelObject, node: ast.Call) -> None:
        """Every input that the outputs read must be one of the model's."""
        graph = built.graph
        assert graph is not None
        arguments = {self.semantics.calls.made[each.ref.call][0].name for each in built.inputs}
        read = {call.layer for call in graph.calls if graph.layers[call.layer].layer_type == INPUT}
        if missing := read - arguments:
            raise ModelError(
                f"{self.semantics.place(node)}: the outputs of the Model read {min(missing)}, "
                "which is not "
                "one of its inputs. Add it to them."
            )

    def method(
        self,
        model: ModelObject,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> Any:
        """A method of a model: those that add layers or give a shape have a meaning."""
        if name == "add" and (arguments or options):
            self.add(model, arguments[0] if arguments else options.get("layer"), node)
        elif name == "pop" and model.layers:
            model.layers.pop()
        elif name == "build":
            shape = arguments[0] if arguments else options.get("input_shape")
            model.shape = tuple(shape) if isinstance(shape, list | tuple) else None
        elif name == "get_layer":
            wanted = arguments[0] if arguments else options.get("name")
            found = [
                each for each in self.semantics.attribute(model, "layers") if _name(each) == wanted
            ]
            return found[0] if found else self.semantics.interpreter.values.unknown(node)
        model.wanted = max(model.wanted, WANTED.get(name, 0))
        self.semantics.training.method(model, name, arguments, options, node)
        return None

    def add(self, model: ModelObject, value: Any, node: ast.Call) -> None:
        """One more layer on top of a Sequential."""
        tip = model.outputs[0] if model.outputs and not model.layers else None
        if isinstance(value, SymbolicTensor) and not model.layers and tip is None:
            tip = (
                value if self.semantics.calls.made[value.ref.call][0].layer_type != INPUT else None
            )
            if tip is not None:
                self.on_top(model, tip)
                return
        elif tip is not None and isinstance(value, LayerObject | ModelObject):
            self.on_top(model, self.semantics.apply(value, [tip], {}, node))
            return
        value = unknown_member(value)
        layer = self.semantics.layer_of(value)
        if layer is None and opened(value) and not getattr(value, "declined", False):
            layer = self.unknown_layer(value, node)
        if layer is None:
            text = getattr(value, "text", getattr(value, "name", "a value of another kind"))
            raise ModelError(
                f"{self.semantics.place(node)}: {text} is not a layer that the text makes. "
                "Add layers, for example model.add(LSTM(25))."
            )
        if isinstance(layer, ModelObject):
            layer.used = True
        else:
            layer.checked()
        model.layers.append(layer)

    def unknown_layer(self, value: Any, node: ast.Call) -> LayerObject:
        """A layer of which only the text is known: an opaque row."""
        text = text_of(value) or ""
        layer_type = text if text.replace(".", "").isidentifier() else "unknown layer"
        place = self.semantics.place(node)
        self.semantics.note(
            f"{place}: {text or self.semantics.shown(node)} is not a layer that the text makes"
        )
        name = self.semantics.calls.named(layer_type.rpartition(".")[2])
        return LayerObject(LayerSpec(layer_type, {"open": None}, name, place, own=True))

    def on_top(self, model: ModelObject, tip: SymbolicTensor) -> None:
        """Give a model that begins with several others what comes out of it now."""
        model.outputs = [tip]
        model.graph = self.semantics.calls.graph(model.name, [tip])
        model.inputs = self.inputs_of(model.graph)

    def as_graph(self, model: ModelObject) -> None:
        """Give a Sequential whose tensors are asked for a graph, if its input is known."""
        calls = self.semantics.calls
        chain = [spec_of(each) for each in model.layers]
        first = chain[0]
        if first.layer_type == INPUT:
            start, chain = first, chain[1:]
        else:
            try:
                shape = model.shape or input_of(first) or self.semantics.opening.open_shape(chain)
            except LstmInspectError:
                return  # Shape inference says so, with the layer.
            if shape is None or not chain:
                return
            start = LayerSpec(INPUT, {"batch_shape": shape}, calls.named(INPUT), first.location)
        tensor = calls.call(start, (), {})[0]
        model.inputs = [tensor]
        for each in chain:
            tensor = calls.call(each, (tensor.ref,), {})[0]
        model.outputs, model.layers = [tensor], []
        graph = calls.graph(model.name, model.outputs, model.inputs)
        model.graph = replace(graph, is_chain=True)

    def inputs_of(self, graph: Graph) -> list[SymbolicTensor]:
        """The inputs that a graph reads, in the order in which the text makes them."""
        read = {node.layer for node in graph.calls}
        made = [each for each, _, _ in self.semantics.calls.made]
        return [
            SymbolicTensor(TensorRef(number))
            for number, each in enumerate(made)
            if each.layer_type == INPUT and each.name in read
        ]

    def on_data(self, model: ModelObject, arguments: list[Any], node: ast.Call) -> Any:
        """A model that is called on data: it is used, and what comes out is data too."""
        if not any(isinstance(each, ShapedArray) or opened(each) for each in flat(arguments)):
            self.semantics.inputs(model.spec(), arguments, node)
        self.semantics.training.call(model, arguments, node)
        return self.semantics.interpreter.values.unknown(node)


def _name(layer: LayerObject | ModelObject) -> str:
    return layer.spec.name if isinstance(layer, LayerObject) else layer.name
