"""GIFT, the text format of Moodle: https://docs.moodle.org/en/GIFT_format.

It has no points and one blank for each question: a question with several blanks is several here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lstminspect.teaching.quiz.blanks import Blank, blanks
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.worksheet import Worksheet

__all__ = ["written"]


def written(sheets: Iterable[Worksheet]) -> str:
    """The questions of all versions, a category for each, without a final line end."""
    return "\n\n".join(each for sheet in sheets for each in _sheet(sheet))


def _sheet(sheet: Worksheet) -> Iterator[str]:
    yield f"$CATEGORY: $course$/top/{sheet.heading.replace('/', '//')}"
    for number, question in enumerate(sheet.questions, 1):
        filled = blanks(question)
        for letter, blank in zip("abcdefgh", filled, strict=False):
            part = letter if len(filled) > 1 else ""
            yield _question(question, blank, f"{sheet.heading}, question {number}{part}")


def _question(question: Question, blank: Blank, name: str) -> str:
    label = "" if isinstance(blank.answer, bool) else f" {blank.label}:"
    solution = ". ".join([question.answer, *question.steps])
    return (
        f"::{_escaped(name)}::{_escaped(question.text + label)} {{{_answer(blank)}\n"
        f"####{_escaped(solution)}\n}}"
    )


def _answer(blank: Blank) -> str:
    if isinstance(blank.answer, bool):
        return "T" if blank.answer else "F"
    if blank.choices:
        signs = ("=" if each == blank.answer else "~" for each in blank.choices)
        return "".join(f"\n{s}{_escaped(e)}" for s, e in zip(signs, blank.choices, strict=True))
    if isinstance(blank.answer, tuple):
        return "".join(f"\n={_escaped(each)}" for each in blank.spellings)
    return f"#{blank.answer}:0"


def _escaped(text: str) -> str:
    r"""`text` with the signs that GIFT reads behind a backslash: `units\=3`."""
    return re.sub(r"([~=#{}:\\])", r"\\\1", text)
