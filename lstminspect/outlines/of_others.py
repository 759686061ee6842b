"""The outline of everything but a report, by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lstminspect.cell import Cell
from lstminspect.cost import Cost
from lstminspect.cost.fits import Fit
from lstminspect.explain import Explanation
from lstminspect.explain.lesson import Lesson
from lstminspect.layer import Layer
from lstminspect.outlines import Thing, every
from lstminspect.outlines.of_answers import of_explanation, of_solutions
from lstminspect.outlines.of_cell import of_cell, of_cells
from lstminspect.outlines.of_cost import of_cost, of_fit
from lstminspect.outlines.of_lesson import of_lesson
from lstminspect.outlines.of_model import of_patterns
from lstminspect.outlines.of_sizes import of_algebra, of_layers, of_windows
from lstminspect.outlines.of_worksheet import of_worksheet
from lstminspect.outlines.parts import Outline
from lstminspect.patterns import Pattern
from lstminspect.quiz import Worksheet
from lstminspect.solve import Solution
from lstminspect.sweep import Window
from lstminspect.symbolic import Algebra

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["of_others"]


def of_others(thing: Thing) -> Outline:
    """What `thing` says, part by part."""
    if isinstance(thing, Cell):
        return of_cell(thing)
    if isinstance(thing, Algebra):
        return of_algebra(thing)
    if isinstance(thing, Explanation):
        return of_explanation(thing)
    if isinstance(thing, Cost):
        return of_cost(thing)
    if isinstance(thing, Fit):
        return of_fit(thing)
    if patterns := every(Pattern, thing):
        return of_patterns(patterns)
    if isinstance(thing, Lesson):
        return of_lesson(thing)
    if isinstance(thing, Worksheet):
        return of_worksheet(thing)
    if cells := every(Cell, thing):
        return of_cells(cells)
    if solutions := every(Solution, thing):
        return of_solutions(solutions)
    if layers := every(Layer, thing):
        return of_layers(layers)
    if windows := every(Window, thing):
        return of_windows(windows)
    from lstminspect.outlines.of_comparisons import of_comparisons

    return of_comparisons(cast("tuple[Comparison, ...]", thing))
