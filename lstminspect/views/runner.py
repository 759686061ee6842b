"""A runner: the layer that it runs, and the blocks of its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.layer import DIRECTIONS
from lstminspect.runtime.runner import Runner
from lstminspect.wording import describe

__all__ = ["data", "document", "rows"]


def document(runner: Runner) -> Document:
    """The blocks of every layer and direction, and whether states are kept."""
    table = list(_blocks(runner))
    headers = ("layer", "direction", "block", "shape", "numbers")
    parts: list[Part] = [Table("weights, as the equations name them", headers, table)]
    if runner.layer.stateful:
        kept = "none yet" if runner.kept is None else "those of the last call"
        parts.append(Sentence(f"States that are kept: {kept}. reset() forgets them."))
    return Document(f"{describe(runner.layer)}, ready to run in {runner.dtype}", parts)


def _blocks(runner: Runner) -> Iterator[tuple[Any, ...]]:
    directions = runner.layer.directions
    for place, held in enumerate(runner.blocks):
        level, side = divmod(place, directions)
        for name, array in held.items():
            yield (level + 1, DIRECTIONS[side], name, array.shape, array.size)


def data(runner: Runner) -> dict[str, Any]:
    """The layer, the type of its numbers, and its blocks without their values."""
    names = ("layer", "direction", "name", "shape", "numbers")
    return {
        "cell": runner.layer.cell.name,
        "dtype": str(runner.dtype),
        "blocks": [dict(zip(names, each, strict=True)) for each in _blocks(runner)],
    }


def rows(runner: Runner) -> Iterator[tuple[Any, ...]]:
    """One row per block."""
    yield ("layer", "direction", "block", "shape", "numbers")
    yield from _blocks(runner)
