"""Layers of Keras 1 that Keras has no longer, made of those that it has.

Source: keras/legacy/layers.py of Keras 2.0: Merge; keras/layers/core.py of Keras 1.0:
TimeDistributedDense.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from lstminspect.models.graph import INPUT, input_of
from lstminspect.models.reading.objects import (
    LayerObject,
    ModelObject,
    SymbolicTensor,
)
from lstminspect.models.reading.open_inputs import part_of
from lstminspect.models.reading.values import DottedName, Unknown
from lstminspect.models.spec import LayerSpec

__all__ = ["MODES", "OldLayers", "is_keras_1", "kernel_of"]

#: Arguments that a layer of Keras 1 and 2 hands to the input before it.
OF_INPUT = ("input_shape", "batch_input_shape", "input_dim", "input_length", "batch_size", "name")


#: The layer that merges as a mode of Keras 1 does.
MODES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average",
         "dot": "Dot", "cos": "Dot", "max": "Maximum"}  # fmt: skip
WORDS = re.compile(
    r"border_mode|nb_epoch|nb_filter|dim_ordering|init=|output_dim=|samples_per_epoch|W_regularizer"
    r"|keras\.layers\.(core|convolutional|recurrent|embeddings)|TimeDistributedDense|Merge\("
)


def is_keras_1(text: str) -> bool:
    """True for a text with words that only Keras 1 and the first files of Keras 2 have."""
    return bool(WORDS.search(text))


def kernel_of(name: str, arguments: list[Any]) -> list[Any]:
    """The arguments of `Convolution2D(32, 3, 3)` of Keras 1, as Keras takes them now.

    >>> kernel_of("Convolution2D", [32, 3, 3])
    [32, (3, 3)]
    """
    rank = int(name[-2]) if name[-2:-1].isdigit() else 0
    if rank < 2 or len(arguments) < 1 + rank or isinstance(arguments[1], tuple | list):
        return arguments
    return [arguments[0], tuple(arguments[1 : 1 + rank]), *arguments[1 + rank :]]


class OldLayers:
    """Layers of Keras 1, and the image models of Keras, for the KerasSemantics they belong to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def body(self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.Call) -> Any:
        """A model of keras.applications without its top: an input and one layer."""
        passed = dict(zip(("include_top", "weights", "input_tensor", "input_shape", "pooling"),
                          arguments, strict=False)) | options  # fmt: skip
        image = passed.get("input_tensor")
        if passed.get("include_top", True) is not False:
            return self.semantics.own_layer(DottedName(name, imported=True), name, options, node)
        if not isinstance(image, SymbolicTensor):
            shape = passed.get("input_shape")
            if isinstance(shape, Unknown) and not shape.declined:
                shape = [part_of(shape, number) for number in range(2)]
            sizes = (
                self.semantics.letters.shape(shape)
                if isinstance(shape, list | tuple)
                else (None,) * 2
            )
            config = {"batch_shape": (None, *sizes[:2], 3)}
            image = self.semantics.calls.call(
                LayerSpec(
                    INPUT, config, self.semantics.calls.named(INPUT), self.semantics.place(node)
                ),
                (),
                {},
            )[0]
        built = self.semantics.building.new_model(name, passed.get("name"))
        layer = self.semantics.spec(name, {"pooling": passed.get("pooling")}, node)
        outputs = self.semantics.result(layer, (image.ref,), {})
        built.used = True
        built.trainable = True
        self.semantics.building.model_graph(built, {"inputs": image, "outputs": outputs}, node)
        return built

    def dense_in_time(
        self, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> LayerObject:
        """TimeDistributedDense of Keras 1: a Dense at every time step."""
        outside = {name: options[name] for name in OF_INPUT if name in options}
        inside = {name: value for name, value in options.items() if name not in outside}
        dense = self.semantics.layer("Dense", arguments, inside, node)
        found: LayerObject = self.semantics.layer("TimeDistributed", [dense], outside, node)
        return found

    def merged(self, arguments: list[Any], options: dict[str, Any], node: ast.Call) -> Any:
        """`Merge([left, right], mode="concat")` of Keras 1, of models or of tensors."""
        several = arguments[0] if isinstance(arguments[0], list | tuple) else [arguments[0]]
        mode = options.get("mode", arguments[1] if len(arguments) > 1 else "sum")
        tensors = [self.tip_of(each, node) if isinstance(each, ModelObject) else each
                   for each in several]  # fmt: skip
        if mode not in MODES:
            return self.semantics.passed(DottedName("merge"), "merge", [tensors], {}, node)
        config: dict[str, Any] = {}
        if mode == "concat":
            config["axis"] = options.get("concat_axis", -1)
        if MODES[mode] == "Dot":
            config["axes"] = options.get("dot_axes", -1)
        layer = self.semantics.layer(MODES[mode], [], config, node)
        return self.semantics.apply(layer, [tensors], {}, node)

    def tip_of(self, model: ModelObject, node: ast.Call) -> SymbolicTensor:
        """The output of a model, on an input of its own."""
        model.used = True
        if model.graph is not None:
            return model.outputs[0]
        spec = model.spec()
        first = next(iter(spec.graph.layers.values()))
        config = {"batch_shape": input_of(first)} if input_of(first) is not None else {}
        made = LayerSpec(
            INPUT, config, self.semantics.calls.named(INPUT), self.semantics.place(node)
        )
        found: SymbolicTensor = self.semantics.result(
            spec, (self.semantics.calls.call(made, (), {})[0].ref,), {}
        )
        return found
