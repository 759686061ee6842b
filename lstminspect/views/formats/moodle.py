"""Moodle XML: a question bank to import.

What is read there: question/format/xml/format.php and question/type/multianswer/questiontype.php
of https://github.com/moodle/moodle. A question with several blanks is a cloze question, whose
points are those of its blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from lstminspect.teaching.quiz.blanks import Blank, blanks
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.worksheet import Worksheet

__all__ = ["written"]


def written(sheets: Iterable[Worksheet]) -> str:
    """The questions of all versions, a category for each, without a final line end."""
    questions = (each for sheet in sheets for each in _sheet(sheet))
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *questions, "</quiz>"])


def _sheet(sheet: Worksheet) -> Iterator[str]:
    # A slash would begin a category inside the category; two of them are one slash.
    name = f"$course$/top/{sheet.heading.replace('/', '//')}"
    yield f'<question type="category">\n<category>{_text(name)}</category>\n</question>'
    for number, question in enumerate(sheet.questions, 1):
        yield _question(question, f"{sheet.heading}, question {number}: {question.topic}")


def _question(question: Question, name: str) -> str:
    """One question; the same for a person who reads it and for Moodle, which marks it."""
    filled = blanks(question)
    (first, *others) = filled
    body = f"<p>{escape(question.text, quote=False)}</p>"
    steps = "".join(f"<br/>{escape(step, quote=False)}" for step in question.steps)
    solution = f"<p>{escape(question.answer, quote=False)}.{steps}</p>"
    if others:
        # Moodle looks for blanks in the text as it stands, so that they are no markup of its own.
        body += "".join(f"<p>{each.label}: {_cloze(each)}</p>" for each in filled)
        kind, answers = "cloze", ""
    elif isinstance(first.answer, bool):
        kind, answers = "truefalse", "".join(map(_truth, (True, False), (first.answer,) * 2))
    else:
        kind = "numerical"
        answers = (
            f'<answer fraction="100" format="moodle_auto_format">\n<text>{first.answer}</text>\n'
            "<tolerance>0</tolerance>\n</answer>\n"
        )
    return (
        f'<question type="{kind}">\n<name>{_text(name)}</name>\n'
        f'<questiontext format="html">{_text(body)}</questiontext>\n'
        f'<generalfeedback format="html">{_text(solution)}</generalfeedback>\n'
        f"<defaultgrade>{question.points}</defaultgrade>\n{answers}</question>"
    )


def _truth(this: bool, right: bool) -> str:
    share = 100 if this is right else 0
    return f'<answer fraction="{share}"><text>{str(this).lower()}</text></answer>\n'


def _text(text: str) -> str:
    return f"<text>{escape(text, quote=False)}</text>"


def _cloze(blank: Blank) -> str:
    """A blank in Moodle's own notation: `{2:NUMERICAL:=9600:0}`."""
    if blank.choices:
        ways = "~".join("=" * (each == blank.answer) + _escaped(each) for each in blank.choices)
        return f"{{{blank.points}:MULTICHOICE_V:{ways}}}"
    if isinstance(blank.answer, tuple):
        ways = "~".join(f"={_escaped(each)}" for each in blank.spellings)
        return f"{{{blank.points}:SHORTANSWER:{ways}}}"
    return f"{{{blank.points}:NUMERICAL:={blank.answer}:0}}"


def _escaped(text: str) -> str:
    r"""`text` as an answer of a cloze question: `}`, `#`, `~` and others behind a backslash."""
    return re.sub(r'([}#~/"\\])', r"\\\1", escape(text, quote=False))
