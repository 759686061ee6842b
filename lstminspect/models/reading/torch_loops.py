"""Loops of PyTorch code whose number of passes depends on a letter, for example over time."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.models.reading.interpreter import Interpreter
from lstminspect.models.reading.values import Unknown
from lstminspect.sizes import plain

__all__ = ["TorchInterpreter"]


class TorchInterpreter(Interpreter):
    """Statements; a list that grows in a loop of unknown length is as long as the loop."""

    semantics: Any

    def _open_loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], found: object
    ) -> None:
        before = self._lists()
        super()._open_loop(target, each, then, found)
        passes = 1 + self.choices.fixed.get((each.lineno, each.col_offset), 0)
        many: Any = None
        operation = list(found.operation) if isinstance(found, Unknown) else []
        if operation[:3] == ["range", 0, 1]:
            many = self.semantics.size(operation[3])
        for key, (held, length) in self._lists().items():
            grown = length - before[key][1] if key in before else 0
            if grown and key in before:
                once = grown // passes
                total = None if many is None else plain(before[key][1] + many * once)
                self.semantics.grown[key] = held, total

    def _lists(self) -> dict[int, tuple[list[Any], int]]:
        names = self.values.names.values()
        return {id(each): (each, len(each)) for each in names if isinstance(each, list)}
