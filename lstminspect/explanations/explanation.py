"""Explanation: an answer in a sentence, and the findings behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from lstminspect.display import Answer

__all__ = ["Explanation", "Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that explains: what it is, how it adds up, and a command line that checks it."""

    what: str
    why: str
    check: str = ""


@dataclass(frozen=True)
class Explanation(Answer):
    """The question, a sentence that answers it, and the findings, the most plausible first.

    `found` is the number of findings there are; `findings` may hold the first of them only.
    """

    subject: str
    answer: str = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    found: int
