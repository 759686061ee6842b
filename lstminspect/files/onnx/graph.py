"""The graphs of an ONNX file: nodes, stored tensors, inputs and outputs, graphs inside of nodes.

Source: onnx/onnx.proto of ONNX 1.22 (IR version 13); the numbers are those of its fields.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.onnx.stored import StoredTensor, read_tensor
from lstminspect.files.onnx.wire import FIXED32, LENGTH, VARINT, Span, Wire

__all__ = ["Function", "Graph", "Node", "OnnxModel", "Reference", "read_model"]

#: Graphs inside of graphs, and nodes of all of them.
MOST_DEPTH, MOST_NODES = 32, 300_000
#: Sizes of a shape: whole numbers, and letters or nothing for those that are open.
Sizes = tuple[int | str | None, ...]


@dataclass(frozen=True)
class Reference:
    """An attribute of a node in a function: the attribute of the call, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its operator, the names of tensors that it takes and gives, its attributes."""

    operator: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def graphs(self) -> Iterator[tuple[str, Graph]]:
        """The graphs inside of it, by the names of their attributes."""
        for name, value in self.attributes.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Graph):
                    yield name, each


@dataclass(eq=False)
class Graph:
    """A graph: its nodes, its stored tensors, its inputs and outputs with their shapes."""

    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, StoredTensor] = field(default_factory=dict)
    inputs: dict[str, Sizes | None] = field(default_factory=dict)
    outputs: dict[str, Sizes | None] = field(default_factory=dict)
    sparse: int = 0


@dataclass(eq=False)
class Function:
    """A function of the file, which nodes call by its domain and name."""

    name: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    graph: Graph = field(default_factory=Graph)


@dataclass(eq=False)
class OnnxModel:
    """The file: what wrote it, its versions of operators, the outer graph and the functions."""

    producer: str = ""
    version: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)
    functions: dict[tuple[str, str], Function] = field(default_factory=dict)


def read_model(wire: Wire) -> OnnxModel:
    """Model that the whole source is. Raises FileError where it is not a protobuf."""
    model, reader = OnnxModel(), _Reader(wire)
    graphs = 0
    for number, form, _, span in wire.fields(Span(0, wire.source.size)):
        if form != LENGTH:
            continue
        if number == 2:
            model.producer = wire.text(span)
        elif number == 3:
            model.version = wire.text(span)
        elif number == 7:
            graphs += 1
            reader.graph(span, model.graph, 0)
        elif number == 8:
            domain, version = "", 0
            for inner, inner_form, value, place in wire.fields(span):
                if inner == 1 and inner_form == LENGTH:
                    domain = wire.text(place)
                elif inner == 2 and inner_form == VARINT:
                    version = value
            model.opsets[domain] = version
        elif number == 25:
            function = reader.function(span)
            model.functions[function.domain, function.name] = function
    if not graphs:
        raise FileError(f"{wire.source.name} is not a model of ONNX: it has no graph.")
    return model


class _Reader:
    """The messages inside of a model."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.nodes = wire, MOST_NODES

    def graph(self, span: Span, graph: Graph, depth: int) -> Graph:
        """The fields of a GraphProto, put into `graph`."""
        if depth > MOST_DEPTH:
            raise FileError(f"{self.wire.source.name} has graphs more than {MOST_DEPTH} deep.")
        for number, form, _, place in self.wire.fields(span):
            if form != LENGTH:
                continue
            if number == 1:
                graph.nodes.append(self.node(place, depth))
            elif number == 5:
                tensor = read_tensor(self.wire, place)
                if tensor.name in graph.tensors:
                    raise FileError(
                        f"{self.wire.source.name} is damaged: two stored tensors are named "
                        f"{tensor.name!r}."
                    )
                graph.tensors[tensor.name] = tensor
            elif number in (11, 12):
                name, sizes = self.value(place)
                (graph.inputs if number == 11 else graph.outputs)[name] = sizes
            elif number == 15:
                graph.sparse += 1
        return graph

    def function(self, span: Span) -> Function:
        """A FunctionProto."""
        function = Function()
        for number, form, _, place in self.wire.fields(span):
            if form != LENGTH:
                continue
            if number == 1:
                function.name = self.wire.text(place)
            elif number == 4:
                function.inputs.append(self.wire.text(place))
            elif number == 5:
                function.outputs.append(self.wire.text(place))
            elif number == 7:
                function.graph.nodes.append(self.node(place, 1))
            elif number == 10:
                function.domain = self.wire.text(place)
        return function

    def node(self, span: Span, depth: int) -> Node:
        """A NodeProto."""
        self.nodes -= 1
        if self.nodes < 0:
            raise FileError(f"{self.wire.source.name} has more than {MOST_NODES:,} nodes.")
        inputs: list[str] = []
        outputs: list[str] = []
        attributes: dict[str, Any] = {}
        operator = domain = name = ""
        text = self.wire.text
        for number, form, _, place in self.wire.fields(span):
            if form != LENGTH:
                continue
            if number == 1:
                inputs.append(text(place))
            elif number == 2:
                outputs.append(text(place))
            elif number == 3:
                name = text(place)
            elif number == 4:
                operator = text(place)
            elif number == 5:
                key, value = self.attribute(place, depth)
                attributes[key] = value
            elif number == 7:
                domain = text(place)
        return Node(operator, domain, name, tuple(inputs), tuple(outputs), attributes)

    def attribute(self, span: Span, depth: int) -> tuple[str, Any]:
        """An AttributeProto: its name and its value, the last one that it has."""
        wire = self.wire
        name, value = "", None
        several: list[Any] = []
        for number, form, whole, place in wire.fields(span):
            if number == 1 and form == LENGTH:
                name = wire.text(place)
            elif number == 2 and form == FIXED32:
                value = struct.unpack("<f", wire.data(place))[0]
            elif number == 3 and form == VARINT:
                value = whole - (1 << 64) if whole >> 63 else whole
            elif number == 4 and form == LENGTH:
                value = wire.text(place)
            elif number == 5 and form == LENGTH:
                value = read_tensor(wire, place)
            elif number == 6 and form == LENGTH:
                value = self.graph(place, Graph(), depth + 1)
            elif number == 7:
                several += wire.floats(place)
            elif number == 8:
                signed = whole - (1 << 64) if whole >> 63 else whole
                several += wire.varints(place) if form == LENGTH else [signed]
            elif number == 9 and form == LENGTH:
                several.append(wire.text(place))
            elif number == 10 and form == LENGTH:
                several.append(read_tensor(wire, place))
            elif number == 11 and form == LENGTH:
                several.append(self.graph(place, Graph(), depth + 1))
            elif number == 21 and form == LENGTH and wire.text(place):
                value = Reference(wire.text(place))
        return name, several or ([] if value is None else value)

    def value(self, span: Span) -> tuple[str, Sizes | None]:
        """A ValueInfoProto: its name, and its shape where it says one."""
        name, sizes = "", None
        for number, form, _, place in self.wire.fields(span):
            if number == 1 and form == LENGTH:
                name = self.wire.text(place)
            elif number == 2 and form == LENGTH:
                for path in self._inside(place, 1, 2):
                    sizes = tuple(self._size(each) for each in self._inside(path, 1))
        return name, sizes

    def _inside(self, span: Span, first: int, *more: int) -> Iterator[Span]:
        """The messages at the end of a path of field numbers."""
        for number, form, _, place in self.wire.fields(span):
            if number == first and form == LENGTH:
                if more:
                    yield from self._inside(place, *more)
                else:
                    yield place

    def _size(self, span: Span) -> int | str | None:
        size: int | str | None = None
        for number, form, value, place in self.wire.fields(span):
            if number == 1 and form == VARINT:
                size = value - (1 << 64) if value >> 63 else value
            elif number == 2 and form == LENGTH:
                size = self.wire.text(place) or None
        return size
