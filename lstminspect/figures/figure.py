"""Pictures as SVG: the data flow of a cell, a layer unrolled in time, its weights to scale.

Everything is drawn from the same equations and shapes as the figures, so a cell of your own has its
picture too. A picture is text, needs no other program, and says in words what it shows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.display import Answer, picture_of
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.figures.cell import cell_in_words, drawing_of_cell, svg_of_cell
from lstminspect.figures.svg import Drawing, stacked, svg
from lstminspect.figures.theme import NOTEBOOK_STYLE
from lstminspect.figures.unrolled import drawing_of_layer, layer_in_words, svg_of_layer
from lstminspect.figures.weights import (
    drawing_of_weights,
    drawing_side_by_side,
    svg_of_weights,
    weights_in_words,
)
from lstminspect.layer import Layer
from lstminspect.sizes import is_array, is_letter

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, PictureName, Size

__all__ = [
    "WHATS",
    "Picture",
    "drawn",
    "picture",
    "side_by_side",
    "svg_of_cell",
    "svg_of_layer",
    "svg_of_weights",
]

#: What can be drawn of a layer.
WHATS = ("all", "cell", "curves", "layer", "weights")
#: Those of a layer.
OF_LAYER = ("all", "cell", "layer", "weights")


@dataclass(frozen=True)
class Picture(Answer):
    """A picture: its SVG text, its title, and in words what it shows. A notebook shows it."""

    svg: str = field(repr=False)
    title: str
    description: str = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: as PNG or PDF if that is its ending, else as SVG."""
        ending = Path(path).suffix.lower()
        if ending in (".png", ".pdf"):
            Path(path).write_bytes(self.to_png() if ending == ".png" else self.to_pdf())
            return
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
    thing: Answer | Sequence[Answer],
    what: PictureName | None = None,
    convention: ConventionName | None = None,
    sizes: Mapping[str, Size] | None = None,
) -> Picture:
    """The picture of a Cell, which is its data flow, of a Layer, or of another answer that has one.

    `what` chooses of a layer its "cell", the "layer" unrolled in time, or its "weights" to scale as
    `convention` stores them; "all" is the last two, or the second alone if a size is a letter. Of a
    comparison it chooses its "curves" or the "weights" of all, to one scale. `sizes` stand in place
    of their names in the picture of a Cell.

    Raises OptionError for anything else, and SizeError for weights whose sizes are not numbers.

    >>> picture(Layer("gru", units=4, features=3), "weights").title
    'The weights of gru, 4 units on 3 features'
    """
    if what is not None and (not isinstance(what, str) or what not in WHATS):
        near = did_you_mean(what, WHATS) if isinstance(what, str) else ""
        raise OptionError(f"no picture called {quoted(what)}.{near} There are {', '.join(WHATS)}.")
    if isinstance(thing, Layer):
        convention = conventions.chosen(convention, thing.framework)
        return _of_layer(thing, what or "all", thing.stored(convention).name)
    if not isinstance(thing, Cell):
        if not isinstance(thing, Answer | list | tuple):
            kinds = "a Layer, a Cell or another answer"
            raise OptionError(
                f"a picture is that of {kinds}, got {quoted(thing)}. Give one of those."
            )
        if convention is not None or sizes is not None:
            raise OptionError("convention and sizes are for a Layer or a Cell. Leave them out.")
        drawn_of_other: Picture = picture_of(thing, what)
        return drawn_of_other
    if what not in (None, "all", "cell"):
        raise OptionError(f"the {what} is that of a Layer, and a Cell has no sizes. Give a Layer.")
    return drawn(
        drawing_of_cell(thing, sizes), f"{thing.name}: {thing.title}", cell_in_words(thing, sizes)
    )


def _of_layer(layer: Layer, what: str, convention: str) -> Picture:
    from lstminspect.wording import describe

    if what not in OF_LAYER:
        raise OptionError(f"a Layer has no {what}. Choose {', '.join(OF_LAYER)}.")
    if what == "cell":
        return picture(layer.running_cell, sizes=layer.sizes)
    weights = f"The weights of {describe(layer)}"
    if what == "weights":
        drawing = drawing_of_weights(layer, convention)
        return drawn(drawing, weights, weights_in_words(layer, convention))
    drawing, words = drawing_of_layer(layer, convention), layer_in_words(layer)
    if what == "all" and _has_numbers(layer):
        below = drawing_of_weights(layer, convention)
        drawing = stacked([drawing.shapes, below.shapes], 30)
        words += " " + weights_in_words(layer, convention)
    return drawn(drawing, describe(layer), words)


def side_by_side(layers: Sequence[Layer], convention: str) -> Picture:
    """The weights of several layers as `convention` stores them, to one scale."""
    from lstminspect.wording import describe

    drawing = drawing_side_by_side(layers, convention)
    words = " ".join(f"{describe(each)}: {weights_in_words(each, convention)}" for each in layers)
    return drawn(drawing, "The weights of the layers, to one scale", words)


def _has_numbers(layer: Layer) -> bool:
    return not any(is_letter(size) or is_array(size) for size in layer.sizes.values())


def drawn(drawing: Drawing, title: str, description: str) -> Picture:
    """A drawing as a Picture with its title and its description in words."""
    return Picture(svg(drawing, title, description), title, description)
