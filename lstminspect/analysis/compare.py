"""Layers side by side, counted under one convention, so that their counts can be compared."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lstminspect import answer, cells
from lstminspect.cell import Cell
from lstminspect.conventions import EQUATIONS
from lstminspect.display import Answer
from lstminspect.errors import OptionError, quoted
from lstminspect.layer import Layer
from lstminspect.stored import Stored

__all__ = ["SideBySide", "compare"]


@dataclass(frozen=True)
class SideBySide(Answer):
    """Layers, and each as one and the same convention stores it."""

    layers: tuple[Layer, ...]
    stored: tuple[Stored, ...] = field(repr=False)


def compare(
    *layers: Layer | Cell | str, convention: str | None = None, **options: Any
) -> SideBySide:
    """Layers, or cells with the sizes and options that are given, side by side.

    All are counted under `convention`; if None, under their own, or the equations' if those differ.
    Of the sizes that cells have of their own, each takes those it knows. Raises UnknownConvention
    if the framework does not store one of them, SizeError and OptionError as Layer does.

    >>> [each.parameters for each in compare("lstm", "gru", units=64, features=3).stored]
    [17408, 13248]
    >>> compared = compare(Layer("lstm", 64, 3), Layer("cifg", 64, 3))
    >>> [(each.name, each.parameters) for each in compared.stored]
    [('equations', 17408), ('equations', 13056)]
    """
    if _is_of_earlier_versions(layers, options):
        validated: SideBySide = _validated(layers, options)
        return validated
    if not layers:
        raise OptionError("compare needs layers, or cells: compare('lstm', 'gru', units=64, ...).")
    built = _built(layers, options)
    if convention is None:
        own = {layer.convention for layer in built}
        convention = own.pop() if len(own) == 1 else EQUATIONS
    return SideBySide(tuple(built), tuple(layer.stored(convention) for layer in built))


def _built(layers: Sequence[Layer | Cell | str], options: dict[str, Any]) -> list[Layer]:
    whole = [isinstance(each, Layer) for each in layers]
    if any(whole) and (options or not all(whole)):
        raise OptionError(
            "compare takes layers that are whole, or cells with sizes for all of them: "
            "compare('lstm', 'gru', units=64, features=3). Do not mix the two."
        )
    if all(whole):
        return [each for each in layers if isinstance(each, Layer)]
    chosen = [cells.get(each) for each in layers]  # type: ignore[arg-type]
    own = {name for cell in chosen for name in cell.own_sizes}
    built = []
    for cell in chosen:
        strange = own.difference(cell.own_sizes)
        fitting = {name: value for name, value in options.items() if name not in strange}
        built.append(Layer(cell, **fitting))
    return built


#: The other arguments of `compare` in earlier versions.
FORMER = {"layer", "framework", "seed", "calling"}


def _is_of_earlier_versions(layers: Sequence[Any], options: dict[str, Any]) -> bool:
    """True for `compare(layer, "keras")` and `compare(layer)`, which validate now does."""
    if FORMER.intersection(options):
        return True
    if not layers or not isinstance(layers[0], Layer):
        return False
    second = layers[1] if len(layers) == 2 else None
    return len(layers) == 1 or (isinstance(second, str) and second not in cells.names())


def _validated(layers: Sequence[Any], options: dict[str, Any]) -> Any:
    framework = options.get("framework", layers[1] if len(layers) > 1 else "keras")
    text = f"compare compares layers. Write lstminspect.validate(layer, {quoted(framework)})."
    warnings.warn(text, DeprecationWarning, stacklevel=3)
    assert answer.validate is not None, "lstminspect/__init__.py fills the slot"
    return answer.validate(*layers, **options)
