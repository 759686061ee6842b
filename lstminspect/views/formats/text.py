"""Plain text for a terminal or a pipe. The same at any width: a long line is the terminal's."""

from __future__ import annotations

from lstminspect.answer import table
from lstminspect.formula import written
from lstminspect.views.document import Derivation, Part, Prose, Section, Sentence, Verbatim
from lstminspect.views.view import Answer, outline

__all__ = ["derivation", "document"]

#: The columns of what is to be read as a text.
WIDTH = 79


def document(thing: Answer) -> str:
    """`thing` as plain text, without a final line end."""
    title, parts = outline(thing)
    return "\n\n".join([title, *(_part(part) for part in parts)])


def _part(part: Part) -> str:
    if isinstance(part, Sentence):
        return part.text
    if isinstance(part, Prose):
        from textwrap import fill  # Few answers are texts: the others wait for nothing.

        return fill(part.text, WIDTH, break_long_words=False, break_on_hyphens=False)
    if isinstance(part, Section):
        return f"{part.title}\n{'=' * len(part.title)}"
    if isinstance(part, Derivation):
        return derivation(part)
    if isinstance(part, Verbatim):
        return part.text
    return f"{part.title}\n{table(part.headers, part.rows, part.right)}"


def derivation(part: Derivation) -> str:
    """`formula = formula with sizes = result`, without a step that says nothing new."""
    steps = [written(part.formula), written(part.formula, part.sizes), part.result]
    return " = ".join(dict.fromkeys(step for step in steps if step))
