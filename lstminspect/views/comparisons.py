"""Comparisons with a framework: one row per configuration, and every difference in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.validation.compare import Check, Comparison
from lstminspect.wording import number

__all__ = ["data", "document", "rows"]

# A run of more comparisons than this is summed up by cell, with every difference in full.
MOST_ROWS = 25


def document(comparisons: tuple[Comparison, ...]) -> Document:
    """One row per configuration (per cell for a long run), then every difference in full."""
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
    differences = [c.theirs for each in comparisons for c in each.checks if c.of_values]
    if differences:
        parts.append(
            Sentence(
                f"Outputs and states differ by at most {max(differences):.1e} of the largest "
                "value, or of 1; allowed are 1e-6 (2 + timesteps) in float32 and "
                "1e-13 (2 + timesteps) in float64."
            )
        )
    for comparison in wrong:
        headers = ("what", "lstminspect", comparison.framework)
        table = [(each.what, str(each.ours), str(each.theirs)) for each in comparison.differences]
        parts.append(Table(comparison.subject, headers, table))
        parts.append(Sentence(f"To see it again: {comparison.command}"))
    return Document(title, parts)


def _by_configuration(comparisons: tuple[Comparison, ...]) -> Table:
    headers = ("configuration", "parameters", "returns", "checks", "verdict")
    table = [
        (each.subject, each.parameters, each.returns, len(each.checks), _verdict(each))
        for each in comparisons
    ]
    return Table("configurations", headers, table, right=(1, 3))


def _verdict(comparison: Comparison) -> str:
    return "agrees" if comparison.agrees else f"{len(comparison.differences)} DIFFER"


def _by_cell(comparisons: tuple[Comparison, ...]) -> Table:
    seen, wrong, checks = Counter[str](), Counter[str](), Counter[str]()
    for comparison in comparisons:
        seen[comparison.cell] += 1
        wrong[comparison.cell] += not comparison.agrees
        checks[comparison.cell] += len(comparison.checks)
    headers = ("cell", "configurations", "checks", "differ")
    table = [(cell, seen[cell], checks[cell], wrong[cell]) for cell in sorted(seen)]
    return Table("by cell", headers, table)


def data(comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
    """Every check of every comparison."""
    return {
        "agrees": all(each.agrees for each in comparisons),
        "configurations": len(comparisons),
        "comparisons": [
            {
                "subject": each.subject,
                "framework": each.framework,
                "agrees": each.agrees,
                "command": each.command,
                "checks": [_check(check) for check in each.checks],
            }
            for each in comparisons
        ],
    }


def _check(check: Check) -> dict[str, Any]:
    if not check.of_values:
        return {
            "what": check.what,
            "lstminspect": check.ours,
            "framework": check.theirs,
            "agrees": check.agrees,
        }
    return {
        "what": check.what,
        # The largest difference of one output; JSON has no infinity, so it is null there.
        "difference": check.theirs if isfinite(check.theirs) else None,
        "allowed": check.ours,
        "agrees": check.agrees,
    }


def rows(comparisons: tuple[Comparison, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per check."""
    yield ("configuration", "framework", "what", "lstminspect", "theirs", "agrees", "command")
    for each in comparisons:
        for check in each.checks:
            verdict = "yes" if check.agrees else "no"
            row = (each.subject, each.framework, check.what, check.ours, check.theirs)
            yield (*row, verdict, each.command)
