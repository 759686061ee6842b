"""An export: what the code of a layer has in it, and the bytes that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.conventions import EQUATIONS
from lstminspect.exports.export import LANGUAGES, Export
from lstminspect.sizes import product
from lstminspect.wording import describe

__all__ = ["data", "document", "rows"]


def document(made: Export) -> Document:
    """The parameters and the bytes; the code itself is `text`."""
    lines = len(made.text.splitlines())
    table = list(_blocks(made))
    parts: list[Part] = []
    if table:
        parts.append(Table("parameters, as the equations name them", HEADERS, table))
    if made.weights is not None:
        needs = [("weights", made.weights), ("states", made.states), ("stack", made.stack)]
        parts.append(Table("bytes", ("of", "bytes"), needs))
    values = "with" if made.has_values else "without"
    what = f"The code has {lines:,} lines, {values} the values of the parameters"
    parts.append(Sentence(f"{what}: `text` is the code, `check` a text that checks it."))
    title = f"{describe(made.layer)}, in {LANGUAGES[made.language][0]} as {made.name}"
    return Document(f"{title}, {made.dtype}", parts)


HEADERS = ("parameter", "shape", "numbers")


def _blocks(made: Export) -> Iterator[tuple[Any, ...]]:
    """The parameters of every layer and direction, each matrix whole."""
    stored, blocks = made.layer.stored(EQUATIONS), made.layer.running_cell.blocks
    every = [(block, each.sizes) for each in stored.by_direction() for block in blocks]
    for weight, (block, sizes) in zip(stored.weights, every, strict=True):
        shape = tuple(sizes[size] for size in block.shape)
        yield (weight.name, shape, product([1, *shape]))


def data(made: Export) -> dict[str, Any]:
    """The code, the text that checks it, its parameters without their values, and the bytes."""
    names = ("name", "shape", "numbers")
    return {
        "cell": made.layer.cell.name,
        "language": made.language,
        "name": made.name,
        "dtype": made.dtype,
        "has_values": made.has_values,
        "parameters": [dict(zip(names, each, strict=True)) for each in _blocks(made)],
        "bytes": {"weights": made.weights, "states": made.states, "stack": made.stack},
        "text": made.text,
        "check": made.check,
    }


def rows(made: Export) -> Iterator[tuple[Any, ...]]:
    """One row per parameter."""
    yield HEADERS
    yield from _blocks(made)
