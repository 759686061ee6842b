"""Work, in the columns that a cost and a model share."""

from __future__ import annotations

from dataclasses import fields

from lstminspect.costs.work import Work
from lstminspect.sizes import Quantity

__all__ = ["HEADERS", "LEAST", "columns", "named"]

#: The columns to leave out where there is no room, behind one of names: MACs and FLOPs stay.
LEAST = (4, 2, 3)
HEADERS = ("MACs", "bias additions", "element-wise", "functions", "FLOPs")


def columns(work: Work | None) -> tuple[Quantity, ...]:
    """The numbers below HEADERS; None where the work is not known."""
    if work is None:
        return (None,) * len(HEADERS)
    return (work.macs, work.bias_adds, work.elementwise, work.functions, work.flops)


def named(work: Work | None) -> dict[str, Quantity] | None:
    """The same numbers by the names that programs read."""
    if work is None:
        return None
    return {each.name: getattr(work, each.name) for each in fields(Work)} | {"flops": work.flops}
