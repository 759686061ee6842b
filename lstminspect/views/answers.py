"""The outlines of what was searched for: an explanation, solutions."""

from __future__ import annotations

from lstminspect.analysis.solve import Solution
from lstminspect.explanations.explanation import Explanation
from lstminspect.views.document import Document, Part, Sentence, Table
from lstminspect.wording import number

__all__ = ["of_explanation", "of_solutions"]


def of_explanation(found: Explanation) -> Document:
    """The answer, then one row a finding."""
    parts: list[Part] = [Sentence(found.answer)]
    if found.findings:
        rows = [(each.what, each.why) for each in found.findings]
        parts.append(Table("what it can be", ("what", "why"), rows))
    if checks := [each.check for each in found.findings if each.check]:
        parts.append(Sentence(f"To check the first: {checks[0]}"))
    return Document(found.subject, parts)


def of_solutions(found: tuple[Solution, ...]) -> Document:
    """One row an answer: what fits, and what comes next."""
    budgets = sorted({each.budget for each in found})
    title = f"{found[0].find} for {' or '.join(map(number, budgets))} parameters"
    headers = ("cell", "convention", found[0].find, "parameters", "", "next", "parameters")
    rows = [
        (
            each.cell,
            each.convention,
            _or_dash(each.value),
            _or_dash(each.parameters),
            "exact" if each.exact else _left(each),
            _or_dash(each.above),
            _or_dash(each.parameters_above),
        )
        for each in found
    ]
    return Document(title, [Table("the largest that fits", headers, rows, right=(2, 3, 4, 5, 6))])


def _or_dash(value: int | None) -> str:
    return "-" if value is None else number(value)


def _left(found: Solution) -> str:
    if found.parameters is None:
        return "none fits"
    return f"{number(found.budget - found.parameters)} left"
