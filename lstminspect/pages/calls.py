"""Calls of a layer, what they take and return, and its code, for every choice of the page.

Sizes are letters called as the sizes, so that one text stands for all numbers. Equal tables are
kept once: a cell has their numbers.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from lstminspect import cells, conventions, terms
from lstminspect.cell import Cell
from lstminspect.equations.shapes import FEATURES
from lstminspect.layer import MERGE_MODES, SIZES, Layer, Shape
from lstminspect.sizes import Quantity

__all__ = ["CHOICES", "CODED", "DIRECTIONS", "Calls", "choices", "is_written", "layer_of"]

#: The options, on or off, that decide shapes and code.
CHOICES = ("use_bias", "bidirectional", "return_sequences", "return_state")
#: One direction, or two that are merged in one of the modes.
DIRECTIONS: tuple[dict[str, Any], ...] = (
    {"bidirectional": False},
    *({"bidirectional": True, "merge_mode": mode} for mode in MERGE_MODES),
)
#: The frameworks in whose code the page can be copied.
CODED = ("keras", "pytorch")

#: The shapes of a layer that no framework names are those of the equations.
ITSELF = conventions.EQUATIONS


def choices() -> list[dict[str, Any]]:
    """Every choice of options, in the order in which the page numbers them."""
    return [
        {"use_bias": bias, "return_sequences": sequences, "return_state": state, **directions}
        for bias, directions, sequences, state in product(
            (False, True), DIRECTIONS, (False, True), (False, True)
        )
    ]


def layer_of(cell: Cell, **options: Any) -> Layer:
    """A layer of `cell` whose sizes are letters, each called as the size."""
    letters: dict[str, Any] = {name: name for name in (*SIZES, *cell.own_sizes)}
    if cell.ties_features:
        del letters[FEATURES]  # They are as many as the units.
    return Layer(cell, **letters, **options)


class Table:
    """Entries, each once and called by its number.

    >>> table = Table()
    >>> [table.number(each) for each in ("a", "b", "a")], table.entries
    ([0, 1, 0], ['a', 'b'])
    """

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def number(self, entry: Any) -> int:
        """The number of `entry`, which is new or known."""
        if entry not in self.entries:
            self.entries.append(entry)
        return self.entries.index(entry)


class Calls:
    """The tables of shapes and codes, each entry once and called by its number."""

    def __init__(self) -> None:
        self.shapes, self.code = Table(), Table()
        self._alike: dict[Any, dict[str, Any]] = {}

    def of_cell(self, cell: Cell) -> dict[str, Any]:
        """For each framework the numbers of the shapes, and of the code, choice by choice."""
        having = [
            name
            for name in (ITSELF, *conventions.FRAMEWORKS)
            if name == ITSELF or not conventions.get(name).why_unsupported(cell)
        ]
        # Without a framework, only the widths of a cell decide the shapes of its calls.
        alike = (
            tuple(cell.own_sizes),
            cell.ties_features,
            tuple(cell.states.items()),
            cell.width,
        )
        if len(having) == 1 and alike in self._alike:
            return self._alike[alike]
        layers = [layer_of(cell, **choice) for choice in choices()]
        calls = {
            "shapes": {
                name: [self.shapes.number(_shapes(each, name)) for each in layers]
                for name in having
            },
            "code": {
                name: [self.code.number(_code(each, name)) for each in layers]
                for name in CODED
                if is_written(cell, name)
            },
        }
        if len(having) == 1:
            self._alike[alike] = calls
        return calls


def _shapes(layer: Layer, framework: str) -> list[Any] | None:
    """The input, what comes back and the states; None if the framework has no such layer."""
    if framework != ITSELF and terms.why_not(layer, framework):
        return None
    # The equations have no framework: their shapes are those of a Layer, which are Keras'.
    own = terms.get("keras" if framework == ITSELF else framework)
    return [
        [[each.name, _axes(each.shape)] for each in tensors]
        for tensors in (own.inputs(layer), own.returned(layer), own.states(layer))
    ]


def _code(layer: Layer, name: str) -> list[str]:
    return [] if terms.why_not(layer, name) else list(terms.get(name).lines(layer))


def is_written(cell: Cell, name: str) -> bool:
    """True if a framework, or the command line, can write a layer of `cell`."""
    if name == "command":
        return cell.name in cells.names() and cells.get(cell.name) == cell
    return not conventions.get(name).why_unsupported(cell)


def _axes(shape: Shape) -> list[Any]:
    return [_axis(each) for each in shape]


def _axis(size: Quantity) -> Any:
    """An axis, which is a number, a letter or a number times a letter."""
    if isinstance(size, int | str):
        return size
    ((letter, times),) = size.as_coefficients_dict().items()
    return str(letter) if times == 1 else ["*", int(times), str(letter)]
