"""Semantics: what a framework means by calls, attributes and operators; the interpreter's joint."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Protocol

from lstminspect.models.reading.relevance import Relevance
from lstminspect.models.reading.source import SourceText

__all__ = ["Semantics", "TextSemantics"]


class Semantics(Protocol):
    """The meaning of calls, attributes and operators on layers, tensors and models."""

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call."""

    def made(self, instance: Any, options: dict[str, Any]) -> None:
        """Take note of an object of a class of the text, before its `__init__` is read."""

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""

    def compared(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The answer of a comparison, or of `~left`, where the text does not give it."""

    def entry(self, owner: Any, number: int, node: ast.expr) -> Any:
        """An entry of a value that the text does not give."""

    def note(self, text: str, matters: bool = True) -> None:
        """Take note of what is not understood, or of what is taken as true."""

    def looped(self, several: list[Any], over: Any) -> None:
        """Take note of a list that a comprehension over something open makes."""

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`, NOTHING if it has no meaning."""

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `owner.name = value`."""

    def line(self, value: Any) -> None:
        """Take note of a line that is only a value."""

    def progress(self) -> int:
        """A number that grows with every layer, call and addition to a model."""

    def entries(self, value: Any) -> list[Any] | None:
        """The entries of a value that a loop goes through; None where they are not known."""

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name, which is not read, could make a layer."""

    def is_made(self, value: Any) -> bool:
        """True for a layer, a model, a tensor, or what makes one."""

    def matters(self, node: ast.AST | Sequence[ast.stmt], names: dict[str, Any]) -> bool:
        """True if reading `node` could make a layer or use one."""

    def cannot_unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Refuse a value that has more or fewer entries than names are given."""


class TextSemantics:
    """The beginning of the semantics of every framework: the text, and what is noted of it."""

    def __init__(self, source: SourceText, tree: ast.Module, interpreter: Any) -> None:
        self.source = source
        self.relevance = Relevance(tree, self.makes_layers)
        self.interpreter = interpreter
        self.letters = interpreter.letters

    def makes_layers(self, name: str) -> bool:
        """True if a call of this name, which is not read, could make a layer."""
        raise NotImplementedError

    def is_made(self, value: Any) -> bool:
        """True for a layer, a model, a tensor, or what makes one."""
        raise NotImplementedError

    def place(self, node: ast.AST) -> str:
        """The line of a node."""
        return self.source.place(node)

    def note(self, text: str, matters: bool = True) -> None:
        """Take note of what is not understood."""
        self.interpreter.note(text, matters)

    def compared(self, _left: Any, _right: Any, _operation: str, node: ast.expr) -> Any:
        """The answer of a comparison, or of `~left`, where the text does not give it."""
        return self.interpreter.values.unknown(node)

    def entry(self, _owner: Any, _number: int, node: ast.expr) -> Any:
        """An entry of a value that the text does not give."""
        return self.interpreter.values.unknown(node)

    def looped(self, several: list[Any], over: Any) -> None:
        """Take note of a list that a comprehension over something open makes."""

    def matters(self, node: ast.AST | Sequence[ast.stmt], names: dict[str, Any]) -> bool:
        """True if reading `node` could make a layer or use one."""
        return self.relevance.matters(node, names, self.is_made)
