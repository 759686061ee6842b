"""The lines of a text that can make a layer: they call what does, or a function that does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Relevance"]


class Relevance:
    """The names in a text whose calls make layers; `makes_layers` knows those of the framework."""

    def __init__(self, tree: ast.Module, makes_layers: Callable[[str], bool]) -> None:
        self.makes_layers = makes_layers
        self.calls: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self.held: list[object] = []
        bodies: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                called, mentioned = self._names(node)
                bodies.setdefault(node.name, set()).update(called | mentioned)
        self.makers = {name for name, found in bodies.items() if any(map(makes_layers, found))}
        grows = True
        while grows:
            more = {name for name, found in bodies.items() if found & self.makers} - self.makers
            self.makers |= more
            grows = bool(more)

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
            if id(each) not in self.calls:
                self.held.append(each)
                self.calls[id(each)] = self._names(each)
            called, mentioned = self.calls[id(each)]
            if any(name == "self." or self.is_maker(name) for name in called):
                return True
            for name in mentioned:
                if self.is_maker(name) or (name in names and is_made(names[name])):
                    return True
        return False

    def is_maker(self, name: str) -> bool:
        """True if a call of this name makes layers."""
        return name in self.makers or self.makes_layers(name)
