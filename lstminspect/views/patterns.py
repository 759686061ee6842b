"""Patterns of sequence problems: each with its picture, and the models that it is used for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lstminspect.answer import Detail, Document, Part, Sentence, Table, Verbatim
from lstminspect.models.patterns import Pattern
from lstminspect.models.reading.read import model

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture

__all__ = ["data", "document", "picture", "rows"]


def document(patterns: tuple[Pattern, ...]) -> Document:
    """Each pattern with its picture, and the models that it is used for."""
    parts: list[Part] = []
    for pattern in patterns:
        parts.append(Sentence(f"{pattern.name}: {pattern.what}"))
        parts.append(Verbatim(pattern.picture))
        built = {each: model(each.code) for each in pattern.applications}
        table = [
            (each.what, layers.inputs, layers.outputs, layers.parameters)
            for each, layers in built.items()
        ]
        headers = ("used for", "takes", "returns", "parameters")
        code = "\n\n".join(f"# {each.what}\n{each.code}" for each in pattern.applications)
        models = Table(f"{pattern.name}: models", headers, table)
        what = f"the {len(pattern.applications)} models of {pattern.name}"
        parts.append(Detail(what, [models, Verbatim(code)]))
    noun = "kind" if len(patterns) == 1 else "kinds"
    return Document(f"{len(patterns)} {noun} of sequence problem, by time steps in and out", parts)


def data(patterns: tuple[Pattern, ...]) -> dict[str, Any]:
    """Every pattern whole."""
    return {
        "patterns": [
            {
                "name": each.name,
                "what": each.what,
                "picture": each.picture,
                "applications": [own._asdict() for own in each.applications],
            }
            for each in patterns
        ]
    }


def rows(patterns: tuple[Pattern, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per model."""
    yield ("kind", "application", "code")
    yield from ((each.name, *own) for each in patterns for own in each.applications)


def picture(patterns: tuple[Pattern, ...]) -> Picture:
    """The steps of every pattern, what each reads and what it gives."""
    from lstminspect.figures.figure import drawn
    from lstminspect.figures.pattern import drawing_of_patterns

    title = patterns[0].name if len(patterns) == 1 else "patterns of sequence problems"
    words = ". ".join(f"{each.name}: {each.steps.words}" for each in patterns)
    drawing = drawing_of_patterns([(each.name, each.what, each.steps) for each in patterns])
    return drawn(drawing, title, f"{words}.")
