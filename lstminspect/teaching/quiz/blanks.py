"""Blanks: what a machine can mark of an answer: numbers, shapes, true or false, a choice."""

from __future__ import annotations

from typing import Any, NamedTuple

from lstminspect.layer import Shape
from lstminspect.teaching.quiz.misconceptions import MISTAKES
from lstminspect.teaching.quiz.question import Question

__all__ = ["Blank", "blanks"]


class Blank(NamedTuple):
    """One thing to fill in, behind its label, for so many of the question's points.

    `answer` is a number, a shape, a truth, or one of `choices`.
    """

    label: str
    answer: int | bool | str | Shape
    points: int
    choices: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """The ways to write the answer that count as right.

        >>> Blank("Shape", (3, 64), 1).spellings
        ('(3, 64)', '(3,64)', '3, 64', '3,64')
        >>> Blank("Parameters", 17408, 1).spellings
        ('17408',)
        """
        if not isinstance(self.answer, tuple):
            return (str(self.answer),)
        wide, tight = (sign.join(map(str, self.answer)) for sign in (", ", ","))
        comma = "," * (len(self.answer) == 1)
        ways = (f"({wide}{comma})", f"({tight}{comma})", f"({wide})", wide, tight)
        return tuple(dict.fromkeys(ways))


def blanks(question: Question) -> tuple[Blank, ...]:
    """The blanks of `question`, worth its points together."""
    value: Any = question.value
    match question.topic:
        case "weights":
            names = [weight.name for weight in question.layer.weights]
            shapes = [(f"Shape of {name}", shape) for name, shape in zip(names, value, strict=True)]
            named = [("Tensors", len(value)), *shapes[:3]]
        case "shapes":
            ends = [("Shape of the first", value[0]), ("Shape of the last", value[-1])]
            named = [("Tensors", len(value)), *ends[: len(value)]]
        case "reset_after":
            named = [("With reset_after=True", value[0]), ("With reset_after=False", value[1])]
        case "bias":
            named = [("Parameters in Keras", value[0]), ("Parameters in PyTorch", value[1])]
        case "mistake":
            named = [("What went wrong", _mistake(question)), ("Right is", value[1])]
        case "myth":
            named = [("True or false", value)]
        case "bytes":
            named = [("Bytes", value)]
        case "units":
            named = [("Units", value)]
        case "change":
            named = [("Parameters more", value)]
        case _:
            named = [("Parameters", value)]
    share, rest = divmod(question.points, len(named))
    choices = tuple(each.what for each in MISTAKES)
    return tuple(
        Blank(label, answer, share + (at < rest), choices if isinstance(answer, str) else ())
        for at, (label, answer) in enumerate(named)
    )


def _mistake(question: Question) -> str:
    return next(each.what for each in MISTAKES if question.answer.startswith(each.what))
