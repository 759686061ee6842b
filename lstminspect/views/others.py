"""The outline of everything but a report, by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lstminspect.analysis.algebra import Algebra
from lstminspect.analysis.fit import Fit
from lstminspect.analysis.solve import Solution
from lstminspect.analysis.sweep import Window
from lstminspect.cell import Cell
from lstminspect.costs.cost import Cost
from lstminspect.explanations.explanation import Explanation
from lstminspect.layer import Layer
from lstminspect.models.patterns import Pattern
from lstminspect.teaching.lesson import Lesson
from lstminspect.teaching.quiz.worksheet import Worksheet
from lstminspect.views.answers import of_explanation, of_solutions
from lstminspect.views.cell import of_cell, of_cells
from lstminspect.views.cost import of_cost, of_fit
from lstminspect.views.document import Document
from lstminspect.views.lesson import of_lesson
from lstminspect.views.model import of_patterns
from lstminspect.views.sizes import of_algebra, of_layers, of_windows
from lstminspect.views.view import Answer, every
from lstminspect.views.worksheet import of_worksheet

if TYPE_CHECKING:
    from lstminspect.validation.compare import Comparison

__all__ = ["of_others"]


def of_others(thing: Answer) -> Document:
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
    from lstminspect.views.comparisons import of_comparisons

    return of_comparisons(cast("tuple[Comparison, ...]", thing))
