"""From raw numbers to what a person reads, whatever the medium: titles, sentences, tables.

What is said is decided here, once; how it looks is up to the file of each medium in `render`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from lstminspect.cell import Cell
from lstminspect.explain import Explanation
from lstminspect.outlines.parts import Outline
from lstminspect.report import Report
from lstminspect.solve import Solution

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["Thing", "cells_in", "outline", "solutions_in"]

Thing: TypeAlias = (
    "Report | Cell | Explanation | tuple[Cell, ...] | tuple[Solution, ...] | tuple[Comparison, ...]"
)


def outline(thing: Thing) -> Outline:
    """What `thing` says, part by part."""
    # Each kind of thing is worded in a file of its own, imported when there is one.
    if isinstance(thing, Report):
        from lstminspect.outlines.of_report import of_report

        return of_report(thing)
    if isinstance(thing, Cell):
        from lstminspect.outlines.of_cell import of_cell

        return of_cell(thing)
    if isinstance(thing, Explanation):
        from lstminspect.outlines.of_answers import of_explanation

        return of_explanation(thing)
    if cells := cells_in(thing):
        from lstminspect.outlines.of_cell import of_cells

        return of_cells(cells)
    if solutions := solutions_in(thing):
        from lstminspect.outlines.of_answers import of_solutions

        return of_solutions(solutions)
    from lstminspect.outlines.of_comparisons import of_comparisons

    return of_comparisons(cast("tuple[Comparison, ...]", thing))


def cells_in(things: tuple[object, ...]) -> tuple[Cell, ...]:
    """The cells in `things`, which are all cells or none."""
    return tuple(each for each in things if isinstance(each, Cell))


def solutions_in(things: tuple[object, ...]) -> tuple[Solution, ...]:
    """The solutions in `things`, which are all solutions or none."""
    return tuple(each for each in things if isinstance(each, Solution))
