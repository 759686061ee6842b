"""The outline of a lesson: the answer first, then tables, pictures and lines that check it."""

from __future__ import annotations

from lstminspect.teaching.lesson import Check, Content, Lesson, Picture, Rows, Said, Value
from lstminspect.views.document import Derivation, Document, Part, Prose, Table, Verbatim
from lstminspect.wording import number, shape

__all__ = ["of_lesson", "session"]


def of_lesson(lesson: Lesson) -> Document:
    """The answer, the parts, and the checks as they are typed."""
    subject = f", for {lesson.subject}" if lesson.subject else ""
    parts: list[Part] = [Prose(lesson.answer)]
    for content in lesson.parts:
        if not isinstance(content, Check):
            parts += _parts(content)
    if lesson.assumed:
        sizes = ", ".join(f"{name} {value}" for name, value in lesson.assumed)
        options = " ".join(f"--{name} {OWN[name]}" for name, _ in lesson.assumed if name in OWN)
        hint = f" Your own: {options}." if options else ""
        parts.append(Prose(f"Sizes for teaching, where none were given: {sizes}.{hint}"))
    if lesson.checks:
        parts.append(Prose("To check it:"))
        parts.append(Verbatim("\n\n".join(session(check) for check in lesson.checks)))
    return Document(f"{lesson.topic.replace('_', ' ')}{subject}", parts)


#: Sizes to try next, by their options.
OWN = {"units": 64, "features": 8, "timesteps": 30}


def session(check: Check) -> str:
    """What is typed, and what it gives: a shell's `$` and the answer, or Python's `>>>`."""
    if check.kind == "python":
        return "\n".join([*(f">>> {line}" for line in check.lines), check.gives])
    return "\n".join([*(f"$ {line}" for line in check.lines), f"  ... {check.gives} ..."])


def _parts(content: Content) -> list[Part]:
    if isinstance(content, Said):
        return [Prose(content.text)]
    if isinstance(content, Picture):
        return [Verbatim(content.text), Prose(content.caption)]
    if isinstance(content, Rows):
        rows = [tuple(_text(value) for value in row) for row in content.rows]
        return [Table(content.title, content.headers, rows, content.right)]
    if isinstance(content, Check):
        return [Verbatim(session(content))]
    return [Derivation(content.formula, content.sizes, number(content.result))]


def _text(value: Value) -> str:
    if not isinstance(value, tuple):
        return value if isinstance(value, str) else number(value)
    if value and isinstance(value[0], tuple):
        return " ".join(shape(each) for each in value if isinstance(each, tuple))
    return shape(value)
