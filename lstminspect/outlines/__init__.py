"""From raw numbers to what a person reads, whatever the medium: titles, sentences, tables.

What is said is decided here, once; how it looks is up to the file of each medium in `render`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from lstminspect.cell import Cell
from lstminspect.explain import Explanation
from lstminspect.layer import Layer
from lstminspect.outlines.parts import Outline
from lstminspect.report import Report
from lstminspect.solve import Solution
from lstminspect.sweep import Window
from lstminspect.symbolic import Algebra

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = ["Thing", "every", "outline"]

Thing: TypeAlias = (
    "Report | Cell | Explanation | Algebra | tuple[Cell, ...] | tuple[Solution, ...] "
    "| tuple[Layer, ...] | tuple[Window, ...] | tuple[Comparison, ...]"
)
Kind = TypeVar("Kind")


def outline(thing: Thing) -> Outline:
    """What `thing` says, part by part."""
    # Each kind of thing is worded in a file of its own, imported when there is one.
    if isinstance(thing, Report):
        from lstminspect.outlines.of_report import of_report

        return of_report(thing)
    if isinstance(thing, Cell):
        from lstminspect.outlines.of_cell import of_cell

        return of_cell(thing)
    if isinstance(thing, Algebra):
        from lstminspect.outlines.of_sizes import of_algebra

        return of_algebra(thing)
    if isinstance(thing, Explanation):
        from lstminspect.outlines.of_answers import of_explanation

        return of_explanation(thing)
    if cells := every(Cell, thing):
        from lstminspect.outlines.of_cell import of_cells

        return of_cells(cells)
    if solutions := every(Solution, thing):
        from lstminspect.outlines.of_answers import of_solutions

        return of_solutions(solutions)
    if layers := every(Layer, thing):
        from lstminspect.outlines.of_sizes import of_layers

        return of_layers(layers)
    if windows := every(Window, thing):
        from lstminspect.outlines.of_sizes import of_windows

        return of_windows(windows)
    from lstminspect.outlines.of_comparisons import of_comparisons

    return of_comparisons(cast("tuple[Comparison, ...]", thing))


def every(kind: type[Kind], things: object) -> tuple[Kind, ...]:
    """`things` if they are a tuple of one `kind`, else nothing."""
    if not isinstance(things, tuple):
        return ()
    found = tuple(each for each in things if isinstance(each, kind))
    return found if len(found) == len(things) else ()
