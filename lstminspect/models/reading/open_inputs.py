"""The shape of an input that a text leaves open: as long as its first reader wants it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, TensorRef, input_of
from lstminspect.models.reading.keras_arguments import (
    WHOLE,
)
from lstminspect.models.reading.objects import (
    SymbolicTensor,
    spec_of,
)
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    Unknown,
    opened,
    text_of,
    unknown_member,
)
from lstminspect.models.spec import LayerSpec

__all__ = ["LETTERS_OF_INPUT", "OpenInputs", "input_axes", "keeps_shape", "part_of"]


#: The axes of a sequence: batch, time, features.
SEQUENCE = 3
#: Axes that weights depend on: these are letters where nothing at all is said of the input.
LETTERS_OF_INPUT = ("features", "channels")
KEEPS_SHAPE = ("Dropout", "Masking", "Activation", "BatchNormalization", "LayerNormalization",
               "ReLU", "LeakyReLU", "ELU", "Softmax", "Identity")  # fmt: skip
IN_TIME = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "CuDNNLSTM", "CuDNNGRU")


def input_axes(reader: LayerSpec) -> tuple[str | None, ...] | None:
    """The axes behind the batch that a layer reads, by name; None where any number of them can be.

    >>> input_axes(LayerSpec("LSTM", {})), input_axes(LayerSpec("Dropout", {}))
    (('timesteps', 'features'), None)
    """
    name = reader.layer_type
    if name in IN_TIME:
        return ("timesteps", "features")
    if name == "Embedding":
        return ("timesteps",)
    if name == "Dense":
        return ("features",)
    if name == "TimeDistributed":
        inner = reader.config.get("layer")
        below = input_axes(inner) if isinstance(inner, LayerSpec) else None
        return None if below is None else ("timesteps", *below)
    if name.startswith("ConvLSTM"):
        return ("timesteps", *("height", "width", "depth")[: int(name[8])], "channels")
    if name == "TextVectorization":
        return ()
    if name == "GetItem":
        # `x[:, :, 0:2]`: an axis of a batch, one of time, one of features.
        return ("timesteps", "features") if len(layer_keys(reader)) == SEQUENCE else None
    pooled = "Pooling" in name and not name.startswith("Global")
    if (name.startswith("Conv") and name[4:5].isdigit()) or pooled:
        rank = int(name[4] if name.startswith("Conv") else name[-2])
        return ("timesteps", "channels") if rank == 1 else (*("height", "width", "depth")[:rank],
                                                            "channels")  # fmt: skip
    return None


def layer_keys(layer: LayerSpec) -> tuple[Any, ...]:
    """The keys of `x[keys]` that stand for an axis; none where one stands for several."""
    keys = layer.config.get("keys") or ()
    return () if Ellipsis in keys else tuple(each for each in keys if each is not None)


def keeps_shape(layer: LayerSpec) -> bool:
    """True for a layer that takes inputs of any shape and returns it: dropout, an activation."""
    name = layer.layer_type
    return name.startswith(("Gaussian", "SpatialDropout", "Alpha")) or name in KEEPS_SHAPE


def part_of(whole: Any, number: int) -> Any:
    """Entry `number` of a shape that is not known.

    >>> part_of(Unknown("x.shape[1:]", operation=("slice", Unknown("x.shape"), 1)), 0).text
    'x.shape[1]'
    """
    if isinstance(whole, Unknown) and whole.operation[:1] == ("slice",):
        _, inner, start = whole.operation
        text = getattr(inner, "text", "") or getattr(inner, "name", "")
        identity = getattr(inner, "identity", text)
        return _entry(text, identity, start + number, whole.origin)
    return _entry(whole.text, whole.identity, number, whole.origin)


def _entry(text: str, identity: str, number: int, origin: str) -> Unknown:
    name = f"{text}[{number}]"
    # Made as the interpreter makes it (`Evaluator.part`), so that it is the same letter.
    return Unknown(name, f"{name}|{identity}|{number}", origin)


class OpenInputs:
    """Inputs that the text leaves open, for the KerasSemantics they belong to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        #: Inputs that the text does not make, by what they are.
        self.open_tensors: dict[str, SymbolicTensor] = {}
        #: True if an input that has no shape takes one of letters.
        self.opens = True

    def open_input(self, holder: LayerSpec, reader: LayerSpec) -> None:
        """Give an input that has no shape one of letters, as long as its reader wants it."""
        config: Any = holder.config
        named = next((name for name in WHOLE if isinstance(config.get(name), Unknown)), "")
        whole = config.pop(named, None) if named else config.get("open")
        if whole is not None:
            config["open"] = whole
        try:
            if input_of(holder) is not None or (holder is reader and holder.layer_type == INPUT):
                return
        except LstmInspectError:
            return  # Shape inference says so at its place.
        axes = input_axes(reader)
        if axes is None:
            return
        if whole is None:
            axes = tuple(each if each in LETTERS_OF_INPUT else None for each in axes)
            where = Unknown("", "", f"no input shape, {holder.location}")
        elif named.startswith("batch"):
            axes = ("batch", *axes)
        entries = [
            None if axis is None else part_of(whole, number) if whole is not None
            else replace(where, text=axis)
            for number, axis in enumerate(axes)
        ]  # fmt: skip
        shape = self.semantics.letters.shape(entries)
        self.semantics.functions.shapes.clear()
        config["batch_shape"] = shape if named.startswith("batch") else (None, *shape)

    def open_source(self, ref: TensorRef, reader: LayerSpec) -> None:
        """Give the input that a layer reads a shape, also through layers that keep it."""
        if not self.opens:
            return
        made = self.semantics.calls.made
        source, reads, _ = made[ref.call]
        while reads and keeps_shape(source):
            source, reads, _ = made[reads[0].call]
        if source.layer_type == INPUT:
            self.open_input(source, reader)

    def open_shape(self, chain: Sequence[LayerSpec]) -> Shape | None:
        """The shape of letters that a chain takes, if its first layer says none."""
        if not chain:
            return None
        first, *rest = chain
        if first.layer_type == INPUT:
            for each in rest:
                if input_of(first) is None:
                    self.open_input(first, each)
                if not keeps_shape(each):
                    break
            return None
        if input_of(first) is not None:
            return None
        if first.graph is not None:
            return None
        asked = LayerSpec(INPUT, {"open": first.config.get("open")}, "", first.location)
        for each in chain:
            if each.layer_type != "Embedding":
                self.open_input(asked, each)
            if not keeps_shape(each):
                break
        return input_of(asked)

    def open_models(self) -> None:
        """Give every model that says no input shape one of letters."""
        for each in self.semantics.models:
            if each.graph is not None or not each.layers:
                continue
            try:
                self.semantics.own.trace_chain(each)
                if each.shape is None and not each.used:
                    each.shape = self.open_shape([spec_of(layer) for layer in each.layers])
            except ShapeError:
                pass  # Shape inference says so, with the layer.

    def opened_input(self, value: Any, spec: LayerSpec, node: ast.Call) -> Any:
        """An argument of a layer: one that nobody knows is an input of the model."""
        value = unknown_member(value)
        declined = isinstance(value, Unknown) and value.declined
        if isinstance(value, BoundMethod) and isinstance(value.owner, SymbolicTensor):
            return self.semantics.subscripted(value.owner, [value.name], node)
        reads = input_axes(spec) is not None or keeps_shape(spec)
        if not opened(value) or declined or not self.opens or not reads:
            return value
        value = self.semantics.interpreter.values.open(value)
        if not isinstance(value, Unknown | DottedName):
            return value
        text = text_of(value) or "input"
        identity = value.identity if isinstance(value, Unknown) else text
        if identity not in self.open_tensors:
            name = self.semantics.calls.named(INPUT, text if text.isidentifier() else None)
            shape = Unknown(
                f"{text}.shape", f"{text}.shape|{identity}|'shape'", self.semantics.place(node)
            )
            if isinstance(value, DottedName):
                shape = Unknown(f"{text}.shape", f"{text}.shape", self.semantics.place(node))
            config = {"open": replace(shape, operation=("slice", shape, 1))}
            made = LayerSpec(INPUT, config, name, self.semantics.place(node))
            self.open_tensors[identity] = self.semantics.calls.call(made, (), {})[0]
        return self.open_tensors[identity]
