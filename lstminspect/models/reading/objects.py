"""Layers, tensors and models that Keras code makes while it is read, and the log of all calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lstminspect import cells
from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, Node, TensorRef, sequential, tensor_refs
from lstminspect.models.layers.recurrent import CELLS
from lstminspect.models.layers.tf1 import PREFIX, STATES
from lstminspect.models.spec import LayerSpec

__all__ = [
    "RECURRENT",
    "CallLog",
    "LayerObject",
    "ModelObject",
    "SymbolicTensor",
    "cells_of",
    "flat",
    "is_cell",
    "printable",
    "results_of",
    "snake",
    "spec_of",
    "states_of",
    "symbols_in",
]


@dataclass(eq=False)
class LayerObject:
    """A layer that the text makes. The same object called twice is a shared layer."""

    spec: LayerSpec
    misspelled: str = ""

    def checked(self) -> LayerObject:
        """The layer itself. Raises ModelError if its class is a misspelled one of Keras'."""
        if self.misspelled:
            raise ModelError(self.misspelled)
        return self


@dataclass(frozen=True)
class SymbolicTensor:
    """One result of one call: what a layer is called on."""

    ref: TensorRef


@dataclass(eq=False)
class ModelObject:
    """A model: layers one above the other, or what lies between tensors.

    `wanted` says how much the text shows that it is the one that is meant: 1 for a model that is
    summed up, 2 for one that is compiled or trained.
    """

    name: str
    layers: list[LayerObject | ModelObject] = field(default_factory=list)
    graph: Graph | None = None
    shape: Shape | None = None
    inputs: list[SymbolicTensor] = field(default_factory=list)
    outputs: list[SymbolicTensor] = field(default_factory=list)
    trainable: bool = True
    wanted: int = 0
    used: bool = False
    #: The function that makes it, if it is made in one, and the one that is read for that.
    maker: str = ""
    root: str = ""
    #: The class of the text that it is an object of; True if that is made from a Layer.
    layer_type: str = ""
    is_layer_only: bool = False
    instance: Any = None
    _spec: LayerSpec | None = None

    def spec(self) -> LayerSpec:
        """The model as a layer of another, the same at every call."""
        if self._spec is None:
            usual = "Sequential" if self.graph is None else "Functional"
            layer_type = self.layer_type or usual
            self._spec = LayerSpec(layer_type, {}, self.name, graph=self.whole())
        return self._spec

    @property
    def is_built(self) -> bool:
        """True if it has layers."""
        return self.graph is not None or bool(self.layers)

    @property
    def is_own(self) -> bool:
        """True if it is not a part of another model."""
        return not self.used and self.is_built and not self.is_layer_only

    def is_layer(self, spec: LayerSpec) -> bool:
        """True if `spec` is this model as a layer of another."""
        return self._spec is spec

    def whole(self) -> Graph:
        """The graph of the model."""
        if self.graph is not None:
            return self.graph
        if not self.layers:
            raise ModelError(
                f"{self.name} has no layers. Add one, for example {self.name}.add(LSTM(25))."
            )
        return sequential(self.name, [spec_of(each) for each in self.layers], self.shape)


def spec_of(layer: LayerObject | ModelObject) -> LayerSpec:
    """The layer as it was written down."""
    return layer.spec if isinstance(layer, LayerObject) else layer.spec()


def printable(text: str) -> str:
    """`text` with a question mark for every sign that a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in text)


def snake(layer_type: str) -> str:
    """The name that Keras gives a layer of this class.

    >>> snake("TimeDistributed"), snake("ConvLSTM2D"), snake("GRU")
    ('time_distributed', 'conv_lstm2d', 'gru')
    """
    broken = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", layer_type)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", broken).lower()


class CallLog:
    """Every call that a text makes, in order, and the names of its layers."""

    def __init__(self) -> None:
        self.made: list[tuple[LayerSpec, tuple[TensorRef, ...], dict[str, Any]]] = []
        self.numbers: Counter[str] = Counter()
        self.taken: set[str] = set()

    def named(self, layer_type: str, given: object = None) -> str:
        """The name that a layer is given, or one for its type: `lstm`, `lstm_1`, ..."""
        if isinstance(given, str):
            self.taken.add(given)
            return printable(given)
        name = "input_layer" if layer_type == INPUT else snake(layer_type)
        while True:
            number = self.numbers[name]
            self.numbers[name] += 1
            found = f"{name}_{number}" if number else name
            if found not in self.taken:
                return found

    def call(
        self, layer: LayerSpec, inputs: tuple[TensorRef, ...], options: dict[str, Any]
    ) -> list[SymbolicTensor]:
        """The results of `layer` on tensors."""
        self.made.append((layer, inputs, options))
        number = len(self.made) - 1
        results = results_of(layer) + (options.get("return_attention_scores") is True)
        return [SymbolicTensor(TensorRef(number, result)) for result in range(results)]

    def graph(
        self,
        name: str,
        outputs: Sequence[SymbolicTensor],
        inputs: Sequence[SymbolicTensor] | None = None,
        more: Sequence[SymbolicTensor] = (),
    ) -> Graph:
        """The graph of everything that `outputs` depend on, with its `inputs` and with `more`."""
        needed: set[int] = set()
        open_calls = [each.ref.call for each in (*outputs, *(inputs or ()), *more)]
        while open_calls:
            number = open_calls.pop()
            if number not in needed:
                needed.add(number)
                _, reads, options = self.made[number]
                refs = [*reads, *(ref for value in options.values() for ref in tensor_refs(value))]
                open_calls.extend(ref.call for ref in refs)
        order = sorted(needed)
        position = {old: new for new, old in enumerate(order)}
        layers: dict[str, LayerSpec] = {}
        calls = []
        for number in order:
            layer, reads, options = self.made[number]
            if layers.setdefault(layer.name, layer) is not layer:
                raise ModelError(
                    f"two layers are named {layer.name!r}. Give each a name of its own."
                )
            moved = tuple(TensorRef(position[ref.call], ref.result) for ref in reads)
            calls.append(Node(layer.name, moved, _moved(options, position)))
        results = tuple(TensorRef(position[each.ref.call], each.ref.result) for each in outputs)
        return Graph(name, layers, tuple(calls), results)


def _moved(options: dict[str, Any], position: dict[int, int]) -> dict[str, Any]:
    """The options of a call with its tensors at their new positions; shapes stay."""
    return {
        name: tuple(
            TensorRef(position[each.call], each.result) if isinstance(each, TensorRef) else each
            for each in value
        )
        if isinstance(value, tuple)
        else value
        for name, value in options.items()
    }


#: Layers whose further inputs are their initial states.
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D",
             "ConvLSTM3D")  # fmt: skip


def is_cell(layer: LayerSpec) -> bool:
    """True for one step of a recurrent layer, or a stack of them, which takes its states too."""
    name = layer.layer_type
    if layer.own:
        return False
    if name.startswith(PREFIX):
        return True
    return name == "StackedRNNCells" or (name.endswith("Cell") and name[:-4] in CELLS)


def results_of(layer: LayerSpec) -> int:
    """The number of tensors that a call of `layer` returns."""
    if layer.graph is not None:
        return len(layer.graph.outputs)
    config = layer.config
    if layer.layer_type == "Function":
        return int(config.get("results", 1))
    if layer.layer_type == "Bidirectional":
        inner = config.get("layer")
        other = config.get("backward_layer") or inner
        states = sum(results_of(each) - 1 for each in (inner, other) if isinstance(each, LayerSpec))
        merged = config.get("merge_mode", "concat") is not None
        return (1 if merged else 2) + states
    if is_cell(layer):
        return 1 + sum(states_of(each.layer_type) for each in cells_of(layer))
    if not config.get("return_state"):
        return 1
    if layer.layer_type == "RNN":
        return 1 + sum(states_of(each.layer_type) for each in cells_of(config.get("cell")))
    return 1 + states_of(layer.layer_type)


def states_of(layer_type: str) -> int:
    """The number of states of a layer or a cell of this type; 1 for one that is not known."""
    if layer_type.startswith(PREFIX):
        return STATES[layer_type.removeprefix(PREFIX)]
    cell = "LSTM" if layer_type.startswith("ConvLSTM") else layer_type.removesuffix("Cell")
    return len(cells.get(CELLS.get(cell, "rnn")).states)


def cells_of(value: object) -> list[LayerSpec]:
    """The cells in a stack, in a list, or one alone."""
    if isinstance(value, LayerSpec) and value.layer_type == "StackedRNNCells":
        return cells_of(value.config.get("cells"))
    listed = value if isinstance(value, list | tuple) else [value]
    return [each for each in listed if isinstance(each, LayerSpec)]


def flat(value: Any) -> Iterator[Any]:
    """The values in lists, tuples and dicts that hold each other, in order."""
    if isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from flat(each)
    else:
        yield value


def symbols_in(value: Any) -> list[SymbolicTensor]:
    """The tensors in a value, in order."""
    return [each for each in flat(value) if isinstance(each, SymbolicTensor)]
