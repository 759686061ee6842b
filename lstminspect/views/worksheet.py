"""A worksheet, or versions of one: the questions, and on a page of their own the answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Fields, Numbered, Part, Prose, Room, Section, Verbatim
from lstminspect.teaching.quiz.worksheet import Question, Worksheet

__all__ = ["data", "document", "exam", "rows"]

Sheets = Worksheet | tuple[Worksheet, ...]


def exam(sheets: Sheets) -> tuple[Worksheet, ...]:
    """The versions, for the formats of systems that mark answers."""
    return sheets if isinstance(sheets, tuple) else (sheets,)


def document(sheets: Sheets) -> Document:
    """The questions, the answers, or both, each version and each key on a page of its own."""
    title, *parts = [part for sheet in exam(sheets) for part in _parts(sheet)]
    assert isinstance(title, Section)
    return Document(title.title, parts)


def _parts(sheet: Worksheet) -> Iterator[Part]:
    if sheet.shows != "key":
        yield Section(sheet.heading)
        yield Fields(("Name:", "Date:", f"Points of {sheet.points}:"))
        asked = sheet.shows == "questions"
        yield Numbered(tuple(_asked(question, asked) for question in sheet.questions))
    if sheet.shows != "questions":
        yield Section(f"{sheet.heading}: answers")
        yield Prose(f"{_points(sheet.points)} in all.")
        yield Numbered(tuple(map(_answered, sheet.questions)))


def _points(number: int) -> str:
    return f"{number} {'point' if number == 1 else 'points'}"


def _asked(question: Question, room: bool) -> tuple[Part, ...]:
    text = Prose(f"{question.text} ({_points(question.points)})")
    # A line for each step, and one for the answer in words.
    return (text, Room(len(question.steps) + 1)) if room else (text,)


def _answered(question: Question) -> tuple[Part, ...]:
    lines = "\n".join([*question.steps, question.check.session])
    return Prose(f"{question.answer}. ({_points(question.points)})"), Verbatim(lines)


def data(sheets: Sheets) -> dict[str, Any]:
    """The questions with what is to be shown of them; `versions` has them where there are several.

    >>> from lstminspect.teaching.quiz.worksheet import quiz
    >>> [each["letter"] for each in data(quiz(7, versions=2))["versions"]]
    ['A', 'B']
    """
    if isinstance(sheets, tuple) and len(sheets) > 1:
        return {"versions": [data(sheet) for sheet in sheets]}
    (sheet,) = exam(sheets)
    questions = []
    for number, each in enumerate(sheet.questions, 1):
        question: dict[str, Any] = {"number": number, "topic": each.topic, "points": each.points}
        if sheet.shows != "key":
            question["question"] = each.text
        if sheet.shows != "questions":
            question |= {"answer": each.answer, "value": each.value, "steps": each.steps}
            question["check"] = {"line": each.check.lines[0], "gives": each.check.gives}
        questions.append(question)
    return {
        "seed": sheet.seed,
        "title": sheet.heading,
        "letter": sheet.version,
        "difficulty": sheet.difficulty,
        "points": sheet.points,
        "shows": sheet.shows,
        "questions": questions,
    }


def rows(sheets: Sheets) -> Iterator[tuple[Any, ...]]:
    """One row per question; of the columns only those that are to be shown."""
    shows = exam(sheets)[0].shows
    asked = ("question",) if shows != "key" else ()
    key = ("answer", "steps", "check", "gives") if shows != "questions" else ()
    yield ("version", "number", "topic", "points", *asked, *key)
    for sheet in exam(sheets):
        for number, each in enumerate(sheet.questions, 1):
            answers = (each.answer, "\n".join(each.steps), each.check.lines[0], each.check.gives)
            yield (
                *(sheet.version, number, each.topic, each.points),
                *(each.text for _ in asked),
                *(answers if key else ()),
            )
