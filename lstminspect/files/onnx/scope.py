"""Scope: what a name means inside of a graph, a graph inside of a node, or a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lstminspect.errors import FileError
from lstminspect.files.onnx.graph import Graph, Node, OnnxModel, Reference
from lstminspect.files.source import Source

__all__ = ["Scope", "scopes"]

#: Graphs and calls of functions that are looked into, and calls inside of calls.
MOST_SCOPES, MOST_CALLS = 5_000, 16


@dataclass(eq=False)
class Scope:
    """A graph where it stands: names that it does not have are those of `outer`.

    For a call of a function `arguments` says which name of the `caller` each input is, and
    `attributes` are those of the call.
    """

    graph: Graph
    outer: Scope | None = None
    prefix: str = ""
    caller: Scope | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    calls: int = 0

    @cached_property
    def producers(self) -> dict[str, tuple[Node, int]]:
        """The node that gives each name, and which of its outputs it is."""
        return {
            name: (node, number)
            for node in self.graph.nodes
            for number, name in enumerate(node.outputs)
            if name
        }

    def place(self, name: str) -> tuple[Scope, str] | None:
        """The scope that has a name, and the name there. None for one that nobody has."""
        scope: Scope | None = self
        while scope is not None:
            graph = scope.graph
            if name in graph.tensors or name in scope.producers:
                return scope, name
            if name in scope.arguments and scope.caller is not None:
                scope, name = scope.caller, scope.arguments[name]
                continue
            if name in graph.inputs:
                return scope, name
            scope = scope.outer
        return None

    def attribute(self, node: Node, name: str, default: Any = None) -> Any:
        """An attribute of a node, also where it stands for one of the call."""
        value = node.attributes.get(name, default)
        if isinstance(value, Reference):
            return self.attributes.get(value.name, default)
        return value


def scopes(model: OnnxModel, source: Source) -> Iterator[Scope]:
    """Every graph of a model where it stands, the outer ones first."""
    waiting, count = [Scope(model.graph)], 0
    while waiting:
        scope = waiting.pop(0)
        count += 1
        source.check_time()
        if count > MOST_SCOPES:
            raise FileError(
                f"{source.name} has more than {MOST_SCOPES:,} graphs and calls of functions."
            )
        yield scope
        for node in scope.graph.nodes:
            for _, graph in node.graphs:
                waiting.append(
                    Scope(graph, scope, scope.prefix, None, {}, scope.attributes, scope.calls)
                )
            function = model.functions.get((node.domain, node.operator))
            if function is not None and scope.calls < MOST_CALLS:
                arguments = dict(zip(function.inputs, node.inputs, strict=False))
                prefix = f"{scope.prefix}{node.name or node.operator}/"
                given = {key: scope.attribute(node, key) for key in node.attributes}
                called = Scope(
                    function.graph, None, prefix, scope, arguments, given, scope.calls + 1
                )
                waiting.append(called)
