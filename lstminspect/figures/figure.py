"""Pictures as SVG: the data flow of a cell, a layer unrolled in time, its weights to scale.

Everything is drawn from the same equations and shapes as the figures, so a cell of your own has its
picture too. A picture is text, needs no other program, and says in words what it shows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.figures.cell import cell_in_words, drawing_of_cell, svg_of_cell
from lstminspect.figures.svg import Drawing, stacked, svg
from lstminspect.figures.theme import NOTEBOOK_STYLE
from lstminspect.figures.unrolled import drawing_of_layer, layer_in_words, svg_of_layer
from lstminspect.figures.weights import drawing_of_weights, svg_of_weights, weights_in_words
from lstminspect.layer import Layer
from lstminspect.sizes import is_array, is_letter

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, PictureName, Size

__all__ = [
    "WHATS",
    "Picture",
    "picture",
    "svg_of_cell",
    "svg_of_layer",
    "svg_of_weights",
]

#: What can be drawn of a layer.
WHATS = ("all", "cell", "layer", "weights")


@dataclass(frozen=True)
class Picture(Answer):
    """A picture: its SVG text, its title, and in words what it shows. A notebook shows it."""

    svg: str = field(repr=False)
    title: str
    description: str = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG text to a file."""
        Path(path).write_text(self.svg + "\n", "utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    @property
    def in_notebook(self) -> str:
        """The SVG text for a notebook, whose own light or dark wins over the system's."""
        return self.svg.replace("</style>", f"{NOTEBOOK_STYLE}</style>", 1)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.in_notebook}</div>'


def picture(
    thing: Cell | Layer,
    what: PictureName = "all",
    convention: ConventionName | None = None,
    sizes: Mapping[str, Size] | None = None,
) -> Picture:
    """The picture of a Cell, which is its data flow, or of a Layer.

    `what` chooses of a layer its "cell", the "layer" unrolled in time, or its "weights" to scale as
    `convention` stores them; "all" is the last two, or the second alone if a size is a letter.
    `sizes` stand in place of their names in the picture of a Cell.

    Raises OptionError for anything else, and SizeError for weights whose sizes are not numbers.

    >>> picture(Layer("gru", units=4, features=3), "weights").title
    'The weights of gru, 4 units on 3 features'
    """
    if not isinstance(what, str) or what not in WHATS:
        near = did_you_mean(what, WHATS) if isinstance(what, str) else ""
        raise OptionError(f"no picture called {quoted(what)}.{near} There are {', '.join(WHATS)}.")
    if isinstance(thing, Layer):
        convention = conventions.chosen(convention, thing.framework)
        return _of_layer(thing, what, thing.stored(convention).name)
    if not isinstance(thing, Cell):
        kind = type(thing).__name__
        raise OptionError(f"a Cell or a Layer has a picture, {kind} has none. Give one of those.")
    if what not in ("all", "cell"):
        raise OptionError(f"the {what} is that of a Layer, and a Cell has no sizes. Give a Layer.")
    return _drawn(
        drawing_of_cell(thing, sizes), f"{thing.name}: {thing.title}", cell_in_words(thing, sizes)
    )


def _of_layer(layer: Layer, what: str, convention: str) -> Picture:
    from lstminspect.wording import describe

    if what == "cell":
        return picture(layer.running_cell, sizes=layer.sizes)
    weights = f"The weights of {describe(layer)}"
    if what == "weights":
        drawing = drawing_of_weights(layer, convention)
        return _drawn(drawing, weights, weights_in_words(layer, convention))
    drawing, words = drawing_of_layer(layer, convention), layer_in_words(layer)
    if what == "all" and _has_numbers(layer):
        below = drawing_of_weights(layer, convention)
        drawing = stacked([drawing.shapes, below.shapes], 30)
        words += " " + weights_in_words(layer, convention)
    return _drawn(drawing, describe(layer), words)


def _has_numbers(layer: Layer) -> bool:
    return not any(is_letter(size) or is_array(size) for size in layer.sizes.values())


def _drawn(drawing: Drawing, title: str, description: str) -> Picture:
    return Picture(svg(drawing, title, description), title, description)
