"""Choices: what a text leaves open and a reading has to decide, a branch or the passes of a loop.

A reading takes the default of every choice and keeps a list; another reading takes one of them the
other way, and shows what that changes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from lstminspect.models.reading.source import SourceText

__all__ = ["Choice", "Choices", "Key"]

Key: TypeAlias = "tuple[int, int]"


class Choice(NamedTuple):
    """A place of a text that is open: the text there, the line, what was taken (0 or 1).

    `form` is "branch", "passes" (0 for one pass, 1 for two), "flag" (1 for True) or "key" (the
    entry of a dict).
    """

    key: Key
    text: str
    place: str
    form: str
    taken: int


class Choices:
    """The choices of one reading, by their places; `fixed` are those that are taken as it says."""

    def __init__(self, fixed: Mapping[Key, int] | None = None) -> None:
        self.fixed = dict(fixed or {})
        self.met: dict[Key, Choice] = {}
        #: Conditions that are taken as true or false, by what they are about.
        self.taken: dict[str, bool] = {}

    def drop(self, node: ast.expr) -> None:
        """Forget a choice that has made no layer: it changes nothing, whichever way it is taken."""
        self.met.pop((node.lineno, node.col_offset), None)

    def decide(self, source: SourceText, node: ast.expr, default: int, form: str = "branch") -> int:
        """0 or 1: the default, or what this reading takes at this place."""
        key = (node.lineno, node.col_offset)
        taken = self.fixed.get(key, default)
        shown = source.shown(node, 40)
        self.met.setdefault(key, Choice(key, shown, source.place(node), form, taken))
        return taken
