"""A lesson: the answer first, then tables, drawings, and lines that check it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lstminspect.answer import (
    Derivation,
    Detail,
    Document,
    Part,
    Prose,
    Sketch,
    Snippet,
    Table,
    Verbatim,
)
from lstminspect.errors import OptionError, quoted
from lstminspect.formula import written
from lstminspect.teaching.lesson import Lesson

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture
    from lstminspect.names import PictureName

__all__ = ["data", "document", "picture", "rows"]

#: What a lesson draws of its layer, where it is not the layer in time.
DRAWN: dict[str, PictureName] = {
    **dict.fromkeys(("units", "features", "bias", "reset_after", "neurons"), "weights"),
    **dict.fromkeys(("gates", "cell_state", "forget_gate"), "cell"),
}

#: The parts of a lesson that are shown where there is room for few.
FIRST = 4
#: Sizes to try next, by their options.
OWN = {"units": 64, "features": 8, "timesteps": 30}


def document(lesson: Lesson) -> Document:
    """The answer, the parts, and the checks as they are typed."""
    subject = f", for {lesson.subject}" if lesson.subject else ""
    shown = [part for part in lesson.parts if not isinstance(part, Snippet)]
    parts: list[Part] = [Prose(lesson.answer), *shown[:FIRST]]
    if more := shown[FIRST:]:
        titles = [part.title for part in more if isinstance(part, Table)]
        parts.append(Detail(", ".join(titles) or "the rest of the text", more))
    if lesson.assumed:
        sizes = ", ".join(f"{name} {value}" for name, value in lesson.assumed)
        options = " ".join(f"--{name} {OWN[name]}" for name, _ in lesson.assumed if name in OWN)
        hint = f" Your own: {options}." if options else ""
        parts.append(Prose(f"Sizes for teaching, where none were given: {sizes}.{hint}"))
    if lesson.checks:
        typed = Verbatim("\n\n".join(check.session for check in lesson.checks))
        parts.append(Detail("how to check it", [Prose("To check it:"), typed]))
    return Document(f"{lesson.topic.replace('_', ' ')}{subject}", parts)


def data(lesson: Lesson) -> dict[str, Any]:
    """The answer and the parts, each with the word for what it is."""
    head = {"topic": lesson.topic, "subject": lesson.subject, "answer": lesson.answer}
    return head | {"assumed": dict(lesson.assumed), "parts": [_data(each) for each in lesson.parts]}


def _data(part: Part) -> dict[str, Any]:
    match part:
        case Table():
            table = {"title": part.title, "headers": part.headers, "rows": part.lines}
            return {"kind": "rows"} | table | {"right": part.aligned}
        case Derivation(formula, sizes, result):
            texts = {"formula": written(formula), "derivation": written(formula, sizes)}
            return {"kind": "worked"} | texts | {"result": result}
        case Snippet(language, lines, gives):
            return {"kind": "check", "lines": lines, "gives": gives, "language": language}
        case Sketch():
            return {"kind": "picture"} | part._asdict()
        case _:
            return {"kind": "said"} | part._asdict()


def rows(lesson: Lesson) -> Iterator[tuple[Any, ...]]:
    """One row per value: of which part it is, where in the part it stands, and what it is."""
    yield ("part", "item", "title", "row", "column", "value")
    yield (0, "answer", lesson.topic, "", "", lesson.answer)
    for number, part in enumerate(lesson.parts, 1):
        yield from ((number, *each) for each in _rows(part))


def _rows(part: Part) -> Iterator[tuple[Any, ...]]:
    match part:
        case Table(title, headers, table):
            for row, values in enumerate(table, 1):
                for header, value in zip(headers, values, strict=True):
                    yield ("table", title, row, header, value)
        case Derivation(formula, sizes, result):
            yield ("sum", "", "", "formula", written(formula))
            yield ("sum", "", "", "derivation", written(formula, sizes))
            yield ("sum", "", "", "result", result)
        case Snippet(language, lines, gives):
            yield from (("check", language, row, "line", text) for row, text in enumerate(lines, 1))
            yield ("check", language, "", "gives", gives)
        case Sketch(text, caption):
            yield ("picture", caption, "", "", text)
        case Prose(text):
            yield ("sentence", "", "", "", text)


#: What can be drawn of the layer of a lesson; the first is what most of them draw.
PICTURES = ("layer", "cell", "weights", "all")


def picture(lesson: Lesson, what: PictureName | None = None) -> Picture:
    """The layer of the lesson: its weights, its cell or the layer in time, as the topic asks."""
    from lstminspect.figures.figure import picture

    if lesson.layer is None:
        raise OptionError(f"the lesson on {quoted(lesson.topic)} has no picture. Choose text.")
    return picture(lesson.layer, what or DRAWN.get(lesson.topic, "layer"))
