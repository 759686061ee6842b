"""The outline of a run of comparisons."""

from __future__ import annotations

from collections import Counter

from lstminspect.validation.compare import Comparison
from lstminspect.views.document import Document, Part, Sentence, Table
from lstminspect.wording import number

__all__ = ["of_comparisons"]


# A run of more comparisons than this is summed up by cell, with every difference in full.
MOST_ROWS = 25


def of_comparisons(comparisons: tuple[Comparison, ...]) -> Document:
    """One row a configuration, or one row a cell for a long run, then every difference in full."""
    wrong = [comparison for comparison in comparisons if not comparison.agrees]
    checks = sum(len(comparison.checks) for comparison in comparisons)
    versions = sorted({comparison.framework for comparison in comparisons})
    verdict = f"{number(len(wrong))} differ" if wrong else "none differs"
    noun = "configuration" if len(comparisons) == 1 else "configurations"
    title = (
        f"{number(len(comparisons))} {noun} against {', '.join(versions)}, "
        f"{number(checks)} checks: {verdict}"
    )
    many = len(comparisons) > MOST_ROWS
    parts: list[Part] = [_by_cell(comparisons) if many else _by_configuration(comparisons)]
    found = [c.theirs for each in comparisons for c in each.checks if c.of_values]
    if found:
        parts.append(
            Sentence(
                f"Outputs and states differ by at most {max(found):.1e} of the largest value, or "
                "of 1; allowed are 1e-6 (2 + timesteps) in float32 and "
                "1e-13 (2 + timesteps) in float64."
            )
        )
    for comparison in wrong:
        rows = [
            (check.what, str(check.ours), str(check.theirs)) for check in comparison.differences
        ]
        parts.append(Table(comparison.subject, ("what", "lstminspect", comparison.framework), rows))
        parts.append(Sentence(f"To see it again: {comparison.command}"))
    return Document(title, parts)


def _by_configuration(comparisons: tuple[Comparison, ...]) -> Table:
    headers = ("configuration", "parameters", "returns", "checks", "verdict")
    rows = [
        (each.subject, each.parameters, each.returns, number(len(each.checks)), _verdict(each))
        for each in comparisons
    ]
    return Table("configurations", headers, rows, right=(1, 3))


def _verdict(comparison: Comparison) -> str:
    return "agrees" if comparison.agrees else f"{len(comparison.differences)} DIFFER"


def _by_cell(comparisons: tuple[Comparison, ...]) -> Table:
    seen, wrong, checks = Counter[str](), Counter[str](), Counter[str]()
    for comparison in comparisons:
        seen[comparison.cell] += 1
        wrong[comparison.cell] += not comparison.agrees
        checks[comparison.cell] += len(comparison.checks)
    headers = ("cell", "configurations", "checks", "differ")
    rows = [(cell, number(seen[cell]), number(checks[cell]), number(wrong[cell])) for cell in seen]
    return Table("by cell", headers, sorted(rows), right=(1, 2, 3))
