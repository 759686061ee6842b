"""A worksheet: the questions, and on a page of their own the answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Prose, Section, Verbatim
from lstminspect.teaching.quiz.worksheet import Worksheet

__all__ = ["data", "document", "rows"]


def document(sheet: Worksheet) -> Document:
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
            lines = [*question.steps, question.check.session]
            parts.append(Verbatim("\n".join(f"   {row}" for row in "\n".join(lines).split("\n"))))
    return Document(title, parts)


def data(sheet: Worksheet) -> dict[str, Any]:
    """The questions with what is to be shown of them."""
    questions = []
    for number, each in enumerate(sheet.questions, 1):
        question: dict[str, Any] = {"number": number, "topic": each.topic}
        if sheet.shows != "key":
            question["question"] = each.text
        if sheet.shows != "questions":
            question |= {"answer": each.answer, "value": each.value, "steps": each.steps}
            question["check"] = {"line": each.check.lines[0], "gives": each.check.gives}
        questions.append(question)
    return {"seed": sheet.seed, "shows": sheet.shows, "questions": questions}


def rows(sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
    """One row per question; of the columns only those that are to be shown."""
    asked = ("question",) if sheet.shows != "key" else ()
    key = ("answer", "steps", "check", "gives") if sheet.shows != "questions" else ()
    yield ("number", "topic", *asked, *key)
    for number, each in enumerate(sheet.questions, 1):
        steps = "\n".join(each.steps)
        answers = (each.answer, steps, each.check.lines[0], each.check.gives)
        yield (number, each.topic, *(each.text for _ in asked), *(answers if key else ()))
