"""A kind of message: the pattern that finds it, and the function that explains its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from lstminspect.explanations.explanation import Finding

__all__ = ["SHAPE", "Answered", "MessageKind", "shape", "stated"]

#: An answer in a sentence and the findings behind it; None where the numbers do not fit the kind.
Answered = tuple[str, list[Finding]] | None

#: A shape as any framework writes it: `(None, 3)`, `[2,8]`, `{1,8*4}`, `torch.Size([3])`, `900,31`.
SHAPE = r"(?:(?:torch\.Size\()?[\[({][0-9None?*, -]*[\])}]\)?|[0-9]+(?:,[0-9]+)*)"


class MessageKind(NamedTuple):
    """A pattern over the text of a message, its white space made single, and what explains it."""

    pattern: str
    explain: Callable[[re.Match[str]], Answered]


def shape(name: str) -> str:
    """The pattern of a shape, as the group `name`."""
    return f"(?P<{name}>{SHAPE})"


def stated(pattern: str, answer: str, *findings: tuple[str, str]) -> MessageKind:
    """A kind whose answer and findings are texts, with the groups of the pattern in braces.

    >>> kind = stated(r"got (?P<units>-?[0-9]+)", "{units} is not a size.", ("LSTM(64)", "one"))
    >>> kind.explain(re.search(kind.pattern, "got -1"))[0]
    '-1 is not a size.'
    """

    def explain(match: re.Match[str]) -> Answered:
        groups = {name: text or "" for name, text in match.groupdict().items()}
        found = [Finding(what.format(**groups), why.format(**groups)) for what, why in findings]
        return answer.format(**groups), found

    return MessageKind(pattern, explain)
