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
from lstminspect.layer import SIZES, Layer, Shape
from lstminspect.pages.packer import Table
from lstminspect.sizes import Quantity
from lstminspect.wording import options_of

__all__ = ["CHOICES", "CODED", "Calls", "is_written", "layer_of"]

#: The options that decide shapes and code, in the order of the bits of a choice.
CHOICES = ("use_bias", "bidirectional", "return_sequences", "return_state")
#: The frameworks in whose code the page can be copied.
CODED = ("keras", "pytorch")

#: The shapes of a layer that no framework names are those of the equations.
ITSELF = conventions.EQUATIONS


def layer_of(cell: Cell, **options: Any) -> Layer:
    """A layer of `cell` whose sizes are letters, each called as the size."""
    letters: dict[str, Any] = {name: name for name in (*SIZES, *cell.own_sizes)}
    if "x" in cell.declared:
        del letters[FEATURES]  # They are as many as the units.
    return Layer(cell, **letters, **options)


class Calls:
    """The tables of tensors, calls, lines and codes, each entry once and called by its number."""

    def __init__(self) -> None:
        self.tensors, self.shapes, self.lines, self.code = Table(), Table(), Table(), Table()

    def of_cell(self, cell: Cell) -> dict[str, Any]:
        """For each framework the numbers of the shapes, and of the code, choice by choice."""
        layers = [
            layer_of(cell, **dict(zip(CHOICES, choice, strict=True)))
            for choice in product((False, True), repeat=len(CHOICES))
        ]
        return {
            "shapes": {
                name: [self.shapes.number(self._shapes(each, name)) for each in layers]
                for name in (ITSELF, *conventions.FRAMEWORKS)
                if name == ITSELF or not conventions.get(name).why_unsupported(cell)
            },
            "code": {
                name: [self.code.number(self._code(each, name)) for each in layers]
                for name in (*CODED, "command")
                if is_written(cell, name)
            },
        }

    def _shapes(self, layer: Layer, framework: str) -> list[list[int]] | None:
        """The input, what comes back and the states; None if the framework has no such layer."""
        if framework != ITSELF and terms.why_not(layer, framework):
            return None
        # The equations have no framework: their shapes are those of a Layer, which are Keras'.
        own = terms.get("keras" if framework == ITSELF else framework)
        return [
            [self.tensors.number([each.name, _axes(each.shape)]) for each in tensors]
            for tensors in (own.inputs(layer), own.returned(layer), own.states(layer))
        ]

    def _code(self, layer: Layer, name: str) -> list[int]:
        if name == "command":
            lines: tuple[str, ...] = (f"lstminspect --cell CELL {' '.join(options_of(layer))}",)
        else:
            lines = () if terms.why_not(layer, name) else terms.get(name).lines(layer)
        return [self.lines.number(line) for line in lines]


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
