"""Lesson: what a word such as `units` means, with the numbers of one layer.

A lesson is made of the parts of a document, all of them raw: a format decides how they look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lstminspect.answer import Part, Snippet
from lstminspect.display import Answer
from lstminspect.layer import Layer

__all__ = ["Lesson", "TopicAnswer"]


class TopicAnswer(NamedTuple):
    """The answer of a topic for one layer; of another, if it names that one."""

    answer: str
    parts: list[Part]
    layer: Layer | None = None


@dataclass(frozen=True)
class Lesson(Answer):
    """One topic: the answer in a sentence, then what supports it.

    `subject` is the layer that the numbers are of. `assumed` are the sizes that nobody gave.
    """

    topic: str
    subject: str
    answer: str = field(repr=False)
    parts: tuple[Part, ...] = field(repr=False)
    assumed: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    #: The layer that the numbers are of, for a picture; None where the text brings its own.
    layer: Layer | None = field(default=None, repr=False)

    @property
    def checks(self) -> tuple[Snippet, ...]:
        """The parts that run."""
        return tuple(part for part in self.parts if isinstance(part, Snippet))
