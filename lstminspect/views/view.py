"""From raw numbers to what a person reads, whatever the medium: titles, sentences, tables.

What is said is decided here, once; how it looks is up to the file of each medium in `render`.
Each kind of thing is worded in a file of its own, imported when there is one to word.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from lstminspect.analysis.report import Report
from lstminspect.views.document import Document

if TYPE_CHECKING:
    from lstminspect.analysis.algebra import Algebra
    from lstminspect.analysis.fit import Fit
    from lstminspect.analysis.solve import Solution
    from lstminspect.analysis.sweep import Window
    from lstminspect.cell import Cell
    from lstminspect.costs.cost import Cost
    from lstminspect.explanations.explanation import Explanation
    from lstminspect.layer import Layer
    from lstminspect.models.patterns import Pattern
    from lstminspect.models.summary import Model, Summary
    from lstminspect.teaching.lesson import Lesson
    from lstminspect.teaching.quiz.worksheet import Worksheet
    from lstminspect.validation.compare import Comparison

__all__ = ["Answer", "every", "outline"]

Answer: TypeAlias = (
    "Report | Cell | Explanation | Lesson | Worksheet | Algebra | tuple[Cell, ...] "
    "| tuple[Solution, ...] | tuple[Layer, ...] | tuple[Window, ...] | tuple[Comparison, ...] "
    "| Cost | Fit | Model | Summary | tuple[Pattern, ...]"
    "| tuple[Solution, ...] | tuple[Layer, ...] | tuple[Window, ...] | tuple[Comparison, ...]"
)
Kind = TypeVar("Kind")


def outline(thing: Answer) -> Document:
    """What `thing` says, part by part."""
    if isinstance(thing, Report):
        from lstminspect.views.report import of_report

        return of_report(thing)
    # A model's summary waits for as little.
    module = sys.modules.get("lstminspect.models.summary")
    if module is not None and isinstance(thing, (module.Model, module.Summary)):
        from lstminspect.views.model import of_summary

        return of_summary(thing if isinstance(thing, module.Summary) else module.Summary(thing))
    # Apart, so that the report of a layer waits for nothing that it does not need.
    from lstminspect.views.others import of_others

    return of_others(thing)


def every(kind: type[Kind], things: object) -> tuple[Kind, ...]:
    """`things` if they are a tuple of one `kind`, else nothing."""
    if not isinstance(things, tuple):
        return ()
    found = tuple(each for each in things if isinstance(each, kind))
    return found if len(found) == len(things) else ()
