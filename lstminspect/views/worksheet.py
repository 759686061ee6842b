"""The outline of a worksheet: the questions, and on a page of their own the answers."""

from __future__ import annotations

from lstminspect.teaching.quiz.worksheet import Worksheet
from lstminspect.views.document import Document, Part, Prose, Section, Verbatim
from lstminspect.views.lesson import session

__all__ = ["of_worksheet"]


def of_worksheet(sheet: Worksheet) -> Document:
    """The questions, the answers, or both."""
    number = len(sheet.questions)
    noun = "question" if number == 1 else "questions"
    title = f"Worksheet {sheet.seed}: {number} {noun}"
    parts: list[Part] = []
    if sheet.shows != "key":
        asked = enumerate(sheet.questions, 1)
        parts += [Prose(f"{place}. {question.text}") for place, question in asked]
    if sheet.shows == "both":
        parts.append(Section(f"Worksheet {sheet.seed}: answers"))
    if sheet.shows == "key":
        title = f"Worksheet {sheet.seed}: answers"
    if sheet.shows != "questions":
        for place, question in enumerate(sheet.questions, 1):
            parts.append(Prose(f"{place}. {question.answer}."))
            lines = [*question.steps, session(question.check)]
            parts.append(Verbatim("\n".join(f"   {row}" for row in "\n".join(lines).split("\n"))))
    return Document(title, parts)
