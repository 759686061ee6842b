"""Sizes that are equal by chance, which feeds a misbelief: the same layer with them moved apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lstminspect.answer import Part, Prose, Table
from lstminspect.layer import Layer
from lstminspect.teaching.snippets import counted, input_of, outputs_of

__all__ = ["coincidences"]

#: The topics that a misbelief about sizes is about.
TOPICS = {
    "units", "features", "timesteps", "unrolling", "return_sequences", "return_state",
    "input_shape", "look_back", "how_many_units", "neurons",
}  # fmt: skip
#: Two sizes that people take for one; the second is moved.
PAIRS = (("units", "timesteps"), ("features", "timesteps"), ("units", "features"))


def coincidences(topic: str, layer: Layer, assumed: tuple[tuple[str, int], ...]) -> Iterator[Part]:
    """A remark on every two equal sizes that a reader gave, with the second moved apart."""
    own = {"units": layer.units, "features": layer.features, "timesteps": layer.timesteps}
    if topic not in TOPICS or layer.cell.ties_features:
        return
    for first, second in PAIRS:
        size = own[first]
        if size is None or size != own[second] or {first, second} & {name for name, _ in assumed}:
            continue
        moved: dict[str, Any] = {second: size + 1}
        other = replace(layer, **moved)
        yield Prose(
            f"{first} and {second} are both {size:,} here by chance: they have nothing to do with "
            f"each other. Moved apart, {second} {size + 1:,}:"
        )
        yield Table(
            f"{first} and {second} apart",
            (first, second, "parameters", "input", "output"),
            tuple(
                (size, getattr(each, second), each.parameters, input_of(each), outputs_of(each)[0])
                for each in (layer, other)
            ),
        )
        yield from counted(other)
