"""Lesson: what a word such as `units` means, told with the numbers of one layer.

A lesson is raw: sentences, rows of numbers and shapes, pictures as lines of text, and checks, which
are lines that run and the answer they give. How it looks is decided by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from lstminspect.answer import as_html
from lstminspect.formula import Formula

__all__ = ["Check", "Content", "Lesson", "Picture", "Rows", "Said", "Told", "Worked"]

#: What may stand in a row: a text, a count, a shape, or several shapes.
Value: TypeAlias = "str | int | tuple[object, ...]"


class Said(NamedTuple):
    """A paragraph."""

    text: str


class Rows(NamedTuple):
    """A table: `right` are the columns of numbers."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    right: tuple[int, ...] = ()


class Picture(NamedTuple):
    """A drawing in characters, at most 78 columns wide, with a sentence that says it in words."""

    text: str
    caption: str


class Worked(NamedTuple):
    """A count step by step: its formula, the sizes to put in, the result."""

    formula: Formula
    sizes: Mapping[str, str]
    result: int


class Check(NamedTuple):
    """Lines to run, and what they give.

    A `command` is one line for a shell, whose answer contains `gives`. `python` lines print `gives`
    and nothing else, as an interactive session does.
    """

    kind: str
    lines: tuple[str, ...]
    gives: str


Content: TypeAlias = Said | Rows | Picture | Worked | Check


class Told(NamedTuple):
    """What a topic says of a layer; of another one than was asked for, if `subject` names it."""

    answer: str
    parts: list[Content]
    subject: str = ""


@dataclass(frozen=True)
class Lesson:
    """One topic: the answer in a sentence, then what supports it.

    `subject` is the layer that the numbers are of. `assumed` are the sizes that nobody gave.
    """

    topic: str
    subject: str
    answer: str
    parts: tuple[Content, ...]
    assumed: tuple[tuple[str, int], ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The parts that run."""
        return tuple(part for part in self.parts if isinstance(part, Check))

    _repr_html_ = as_html
