"""The outlines of layers side by side, of windows, and of algebra with counts."""

from __future__ import annotations

from fractions import Fraction

from lstminspect.analysis.algebra import Algebra
from lstminspect.analysis.sweep import Window
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.sizes import is_array, is_letter
from lstminspect.views.document import Document, Sentence, Table
from lstminspect.wording import number, shape

__all__ = ["of_algebra", "of_layers", "of_windows", "share"]


def of_layers(layers: tuple[Layer, ...]) -> Document:
    """One row a cell, the first as the measure of the others."""
    first = layers[0]
    headers = ("cell", "parameters", "of the first", "formula", "returns", "convention")
    rows = [
        (
            layer.cell.name,
            number(layer.parameters),
            share(layer, first),
            written(layer.formula()),
            " ".join(shape(sizes) for sizes in layer.output_shapes),
            layer.convention,
        )
        for layer in layers
    ]
    sizes = f"{number(first.units)} units on {number(first.features)} features"
    return Document(
        f"{len(layers)} cells of {sizes}", [Table("side by side", headers, rows, (1, 2))]
    )


def share(layer: Layer, first: Layer) -> str:
    """The count of `layer` in counts of `first`, as a fraction and a percentage."""
    one, other = layer.parameters, first.parameters
    if any(is_letter(each) or is_array(each) for each in (one, other)):
        return ""
    exact = Fraction(one, other)
    tenths = round(exact * 1000)
    return f"{exact} ({tenths // 10}.{tenths % 10} %)"


def of_windows(found: tuple[Window, ...]) -> Document:
    """Parameters that grow with the window, beside parameters that do not."""
    rows = [(number(each.steps), number(each.perceptron), number(each.recurrent)) for each in found]
    headers = ("steps", "window network", "recurrent layer")
    why = (
        "A network that sees a window has a weight for every number in it: its count grows with "
        "the window. A recurrent layer uses the same weights at every step."
    )
    return Document(
        "a window or a memory", [Table("parameters", headers, rows, (0, 1, 2)), Sentence(why)]
    )


def of_algebra(found: Algebra) -> Document:
    """One row a result."""
    rows = [(result.what, result.text) for result in found.results]
    return Document(found.subject, [Table("in letters", ("what", "expression"), rows)])
