"""The lines of a text that can make a layer: they call what does, or a function that does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

__all__ = ["Relevance"]


class Relevance:
    """The names in a text whose calls make layers; `makes_layers` knows those of the framework."""

    def __init__(self, tree: ast.Module, makes_layers: Callable[[str], bool]) -> None:
        self.makes_layers = makes_layers
        self.calls: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self.held: list[object] = []
        bodies: dict[str, set[str]] = {}
        for node in _definitions(tree.body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                bodies.setdefault(node.name, set()).update(self.names_in(node))
            elif isinstance(node, ast.ClassDef):
                inside = [
                    self.names_in(each) for each in node.body if not isinstance(each, ast.ClassDef)
                ]
                bodies.setdefault(node.name, set()).update(*inside)
        self.makers = {name for name, found in bodies.items() if any(map(makes_layers, found))}
        grows = True
        while grows:
            more = {name for name, found in bodies.items() if found & self.makers} - self.makers
            self.makers |= more
            grows = bool(more)

    def names_in(self, node: ast.AST) -> frozenset[str]:
        """The names that a function, or another node, calls or mentions."""
        called, mentioned = self._known(node)
        return called | mentioned

    def _known(self, node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
        if id(node) not in self.calls:
            self.held.append(node)
            self.calls[id(node)] = self._names(node)
        return self.calls[id(node)]

    def _names(self, node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
        """The names that are called in `node`, and the plain ones that are mentioned."""
        called: set[str] = set()
        mentioned: set[str] = set()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                func = inner.func
                if isinstance(func, ast.Attribute):
                    called.add(func.attr)
                    if isinstance(func.value, ast.Name) and func.value.id in ("self", "cls"):
                        called.add("self.")
                elif isinstance(func, ast.Subscript):
                    called.add("self.")
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                mentioned.add(inner.id)
        return frozenset(called), frozenset(mentioned)

    def matters(
        self,
        node: ast.AST | Sequence[ast.stmt],
        names: dict[str, Any],
        is_made: Callable[[Any], bool],
    ) -> bool:
        """True if `node` calls what makes layers, or mentions what is a layer by now."""
        for each in node if isinstance(node, Sequence) else (node,):
            called, mentioned = self._known(each)
            if any(name == "self." or self.is_maker(name) for name in called):
                return True
            for name in mentioned:
                if self.is_maker(name) or (name in names and is_made(names[name])):
                    return True
        return False

    def is_maker(self, name: str) -> bool:
        """True if a call of this name makes layers."""
        return name in self.makers or self.makes_layers(name)


def _definitions(
    statements: Iterable[ast.AST],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The functions and classes in statements and inside each other; expressions have none."""
    waiting = [*statements]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                waiting.extend(inner)
