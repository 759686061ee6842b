"""Solutions: what uses a budget up, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from typing import Any

from lstminspect.analysis.solve import Solution
from lstminspect.answer import Document, Table
from lstminspect.wording import number

__all__ = ["data", "document", "rows"]


def document(solutions: tuple[Solution, ...]) -> Document:
    """One row per solution: what fits, and what comes next."""
    budgets = sorted({each.budget for each in solutions})
    size = solutions[0].find
    title = f"{size} for {' or '.join(map(number, budgets))} parameters"
    headers = ("cell", "convention", size, "parameters", "", "next", "its parameters")
    table = [
        (
            each.cell,
            each.convention,
            each.value,
            each.parameters,
            "exact" if each.exact else _left(each),
            each.above,
            each.parameters_above,
        )
        for each in solutions
    ]
    right = (2, 3, 4, 5, 6)
    return Document(title, [Table("the largest that fits", headers, table, right, missing="-")])


def _left(solution: Solution) -> str:
    if solution.parameters is None:
        return "none fits"
    return f"{number(solution.budget - solution.parameters)} left"


def data(solutions: tuple[Solution, ...]) -> dict[str, Any]:
    """Every solution, and whether it uses its budget up."""
    return {"solutions": [asdict(each) | {"exact": each.exact} for each in solutions]}


def rows(solutions: tuple[Solution, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per solution."""
    yield tuple(each.name for each in fields(Solution))
    yield from map(astuple, solutions)
