"""Loops of PyTorch code whose number of passes depends on a letter, for example over time."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.values import Unknown
from lstminspect.sizes import plain

__all__ = ["TorchInterpreter"]


class TorchInterpreter(Interpreter):
    """Statements; a list that grows in a loop of unknown length is as long as the loop."""

    semantics: Any

    def _loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]
    ) -> None:
        """A loop; one that trains many times gives the same shapes each time, and is read once."""
        found = self.values.value(each) if _trains(then) else None
        if isinstance(found, list | tuple | range) and len(found) > 2:
            self.values.assign(target, found[0])
            self._once(then)
            return
        super()._loop(target, each, then, otherwise)

    def _open_loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], found: object
    ) -> None:
        before = self._lists()
        super()._open_loop(target, each, then, found)
        passes = 1 + self.choices.fixed.get((each.lineno, each.col_offset), 0)
        many = self.many(found)
        for key, (held, length) in self._lists().items():
            grown = length - before[key][1] if key in before else 0
            if grown and key in before:
                once = grown // passes
                total = None if many is None else plain(before[key][1] + many * once)
                self.semantics.grown[key] = held, total

    def many(self, found: Any, depth: int = 0) -> Any:
        """The passes of a loop over something open: a size, None where that is not known."""
        if isinstance(found, TensorValue):
            return found.shape[0] if found.shape else None
        operation = list(found.operation) if isinstance(found, Unknown) else []
        if operation[:1] == ["range"] and operation[2] == 1:
            stop = self.semantics.size(operation[3])
            return None if stop is None else plain(stop - operation[1])
        if operation[:1] in (["enumerate"], ["zip"]) and depth < 5:
            return self.many(operation[1], depth + 1)
        return None

    def _lists(self) -> dict[int, tuple[list[Any], int]]:
        names = self.values.names.values()
        return {id(each): (each, len(each)) for each in names if isinstance(each, list)}


def _trains(statements: list[ast.stmt]) -> bool:
    """True for the body of a loop that trains a model."""
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in ("backward", "zero_grad", "step")
        for statement in statements
        for each in ast.walk(statement)
    )
