"""From raw numbers to what a person reads, whatever the medium: titles, sentences, tables.

What is said is decided here, once; how it looks is up to the file of each medium in `render`.
Each kind of thing is worded in a file of its own, imported when there is one to word.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from lstminspect.outlines.parts import Outline
from lstminspect.report import Report

if TYPE_CHECKING:
    from lstminspect.cell import Cell
    from lstminspect.compare import Comparison
    from lstminspect.cost import Cost
    from lstminspect.cost.fits import Fit
    from lstminspect.explain import Explanation
    from lstminspect.explain.lesson import Lesson
    from lstminspect.layer import Layer
    from lstminspect.model import Model, Summary
    from lstminspect.patterns import Pattern
    from lstminspect.quiz import Worksheet
    from lstminspect.solve import Solution
    from lstminspect.sweep import Window
    from lstminspect.symbolic import Algebra

__all__ = ["Thing", "every", "outline"]

Thing: TypeAlias = (
    "Report | Cell | Explanation | Lesson | Worksheet | Algebra | tuple[Cell, ...] "
    "| tuple[Solution, ...] | tuple[Layer, ...] | tuple[Window, ...] | tuple[Comparison, ...] "
    "| Cost | Fit | Model | Summary | tuple[Pattern, ...]"
    "| tuple[Solution, ...] | tuple[Layer, ...] | tuple[Window, ...] | tuple[Comparison, ...]"
)
Kind = TypeVar("Kind")


def outline(thing: Thing) -> Outline:
    """What `thing` says, part by part."""
    if isinstance(thing, Report):
        from lstminspect.outlines.of_report import of_report

        return of_report(thing)
    # A model's summary waits for as little.
    module = sys.modules.get("lstminspect.model")
    if module is not None and isinstance(thing, (module.Model, module.Summary)):
        from lstminspect.outlines.of_model import of_summary

        return of_summary(thing if isinstance(thing, module.Summary) else module.Summary(thing))
    # Apart, so that the report of a layer waits for nothing that it does not need.
    from lstminspect.outlines.of_others import of_others

    return of_others(thing)


def every(kind: type[Kind], things: object) -> tuple[Kind, ...]:
    """`things` if they are a tuple of one `kind`, else nothing."""
    if not isinstance(things, tuple):
        return ()
    found = tuple(each for each in things if isinstance(each, kind))
    return found if len(found) == len(things) else ()
