"""An explanation: the answer, then one row per finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.explanations.explanation import Explanation

__all__ = ["data", "document", "rows"]


def document(explanation: Explanation) -> Document:
    """The answer, then one row per finding."""
    parts: list[Part] = [Sentence(explanation.answer)]
    if explanation.findings:
        table = [(each.what, each.why) for each in explanation.findings]
        parts.append(Table("what it can be", ("what", "why"), table))
    if checks := [each.check for each in explanation.findings if each.check]:
        parts.append(Sentence(f"To check the first: {checks[0]}"))
    return Document(explanation.subject, parts)


def data(explanation: Explanation) -> dict[str, Any]:
    """The question, the answer, the findings."""
    return asdict(explanation)


def rows(explanation: Explanation) -> Iterator[tuple[Any, ...]]:
    """One row per finding."""
    yield ("what", "why", "check")
    for finding in explanation.findings:
        yield (finding.what, finding.why, finding.check)
