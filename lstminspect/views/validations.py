"""Validations with a framework: one row per configuration, and every difference in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.validation.validate import Check, Validation
from lstminspect.wording import number

__all__ = ["data", "document", "rows"]

# A run of more validations than this is summed up by cell, with every difference in full.
MOST_ROWS = 25


def document(validations: tuple[Validation, ...]) -> Document:
    """One row per configuration (per cell for a long run), then every difference in full."""
    wrong = [validation for validation in validations if not validation.agrees]
    checks = sum(len(validation.checks) for validation in validations)
    versions = sorted({validation.framework for validation in validations})
    verdict = f"{number(len(wrong))} differ" if wrong else "none differs"
    noun = "configuration" if len(validations) == 1 else "configurations"
    title = (
        f"{number(len(validations))} {noun} against {', '.join(versions)}, "
        f"{number(checks)} checks: {verdict}"
    )
    many = len(validations) > MOST_ROWS
    parts: list[Part] = [_by_cell(validations) if many else _by_configuration(validations)]
    differences = [c.theirs for each in validations for c in each.checks if c.of_values]
    if differences:
        parts.append(
            Sentence(
                f"Outputs and states differ by at most {max(differences):.1e} of the largest "
                "value, or of 1; allowed are 1e-6 (2 + timesteps) in float32 and "
                "1e-13 (2 + timesteps) in float64."
            )
        )
    for validation in wrong:
        headers = ("what", "lstminspect", validation.framework)
        table = [(each.what, str(each.ours), str(each.theirs)) for each in validation.differences]
        parts.append(Table(validation.subject, headers, table))
        parts.append(Sentence(f"To see it again: {validation.command}"))
    return Document(title, parts)


def _by_configuration(validations: tuple[Validation, ...]) -> Table:
    headers = ("configuration", "parameters", "returns", "checks", "verdict")
    table = [
        (each.subject, each.parameters, each.returns, len(each.checks), _verdict(each))
        for each in validations
    ]
    return Table("configurations", headers, table, right=(1, 3))


def _verdict(validation: Validation) -> str:
    return "agrees" if validation.agrees else f"{len(validation.differences)} DIFFER"


def _by_cell(validations: tuple[Validation, ...]) -> Table:
    seen, wrong, checks = Counter[str](), Counter[str](), Counter[str]()
    for validation in validations:
        seen[validation.cell] += 1
        wrong[validation.cell] += not validation.agrees
        checks[validation.cell] += len(validation.checks)
    headers = ("cell", "configurations", "checks", "differ")
    table = [(cell, seen[cell], checks[cell], wrong[cell]) for cell in sorted(seen)]
    return Table("by cell", headers, table)


def data(validations: tuple[Validation, ...]) -> dict[str, Any]:
    """Every check of every validation."""
    return {
        "agrees": all(each.agrees for each in validations),
        "configurations": len(validations),
        "comparisons": [
            {
                "subject": each.subject,
                "framework": each.framework,
                "agrees": each.agrees,
                "command": each.command,
                "checks": [_check(check) for check in each.checks],
            }
            for each in validations
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


def rows(validations: tuple[Validation, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per check."""
    yield ("configuration", "framework", "what", "lstminspect", "theirs", "agrees", "command")
    for each in validations:
        for check in each.checks:
            verdict = "yes" if check.agrees else "no"
            row = (each.subject, each.framework, check.what, check.ours, check.theirs)
            yield (*row, verdict, each.command)
