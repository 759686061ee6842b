"""Explaining: a count, a shape or an error message, to the configurations behind it; or a word.

- `counts`: which configurations have this many parameters, the plausible first
- `differences`: why a given configuration was expected to have another number, term by term
- `shapes`: what a shape can be the input or the output of
- `messages`: what the common errors of Keras and PyTorch mean, and what fits
- `topics`: what a word such as `units` means, with the numbers of a layer
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from lstminspect import cells, conventions
from lstminspect.errors import OptionError
from lstminspect.explanations.explanation import Explanation

if TYPE_CHECKING:
    from lstminspect.layer import Layer
    from lstminspect.names import TermsName
    from lstminspect.teaching.lesson import Lesson

__all__ = ["explain"]


LONGEST = 100_000


@overload
def explain(
    what: int, layer: Layer | None = None, most: int = 12, framework: TermsName | None = None
) -> Explanation: ...
@overload
def explain(
    what: str, layer: Layer | None = None, most: int = 12, framework: TermsName | None = None
) -> Explanation | Lesson: ...


def explain(
    what: int | str, layer: Layer | None = None, most: int = 12, framework: TermsName | None = None
) -> Explanation | Lesson:
    """The explanation of a count, a shape as text, or an error message; the lesson on a topic.

    With a `layer`, a count is explained as that layer's: what differs, term by term; and a topic
    such as `units` is shown with its numbers. At most `most` configurations are listed for a count.
    With a `framework`, or a layer that has one, a topic is explained in its words, and a count is
    one of its layers.
    Raises OptionError for a text that is none of these.

    >>> explain(17408).findings[0].what
    'LSTM(64) on 3 features'
    >>> explain("hidden_size").answer.partition(":")[0]
    'units is the length of h and c'
    """
    from lstminspect.explanations import counts, differences, messages, shapes
    from lstminspect.teaching.topics import topics

    text = str(what).strip()
    if len(text) > LONGEST:
        raise OptionError(f"a text has at most {LONGEST:,} characters. Give the error line alone.")
    if framework is not None:
        framework = conventions.framework(framework)
        layer = layer and replace(layer, framework=framework)
    number = re.fullmatch(r"([0-9][0-9,_]*)(?: (?:trainable )?(?:params|parameters))?", text)
    if number and not isinstance(what, bool):
        count = int(re.sub("[,_]", "", number[1])) if len(text) <= 60 else 10**40
        if layer is not None:
            return differences.explain_count(count, layer)
        return counts.explain_count(count, most, framework)
    if topic := topics.named(text):
        if topic != topics.LISTED:
            if layer is None and framework is not None:
                return topics.lesson(topic, *topics.example(framework=framework))
            return topics.lesson(topic, layer)
        if layer is None and framework is None:
            return topics.listed()
    near = _elsewhere(text) or topics.near(text)
    if layer is not None:
        message = "a layer's options go with a count, or with a topic such as units"
        raise OptionError(f"{message}.{near} Leave them out.")
    if framework is not None:
        message = "a framework goes with a count, or with a topic such as units"
        raise OptionError(f"{message}.{near or ' Leave it out.'}")
    explanation = shapes.explain_shape(text)
    if explanation is None and (len(text.split("\n")) > 1 or "(None" in text):
        explanation = _explained_table(text)
    explanation = explanation or messages.explain_message(text)
    if explanation is None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise OptionError(
            f"nothing is known of {shown!r}.{near} Give a count such as 9600, a shape "
            "such as '(None, 30, 64)', the text of a shape error of a framework, or a topic: "
            "lstminspect.explain('topics') lists them."
        )
    return explanation


def _explained_table(text: str) -> Explanation | None:
    """The meaning of a printed table; an error that stands beside one is explained first."""
    from lstminspect.explanations.messages import RAISED, explain_message
    from lstminspect.explanations.printed.explained import explain_table

    return (RAISED.search(text) and explain_message(text)) or explain_table(text)


#: The longest text in which a word of another command is looked for.
WORDS = 60


def _elsewhere(text: str) -> str:
    """A sentence for words that another command shows, with a leading space, or nothing."""
    if len(text) > WORDS:
        return ""
    if way := re.fullmatch(r"(one|many)[-_ ]to[-_ ](one|many)", text.lower()):
        return f" It is a pattern: `lstminspect patterns {way[1]}-to-{way[2]}`."
    if re.search(r"seq2seq|encoder", text.lower()):
        return " It is a pattern: `lstminspect patterns sequence-to-sequence`."
    words = re.split(r"[\s,/]+", text.rstrip("?"))
    names = list(dict.fromkeys(name for word in words if (name := cells.named(word))))
    if len(names) == 1:
        return f" {names[0]} is a cell: `lstminspect cells {names[0]}` has its equations."
    if names:
        line = f"lstminspect compare {' '.join(names)} --units 64 --features 3"
        return f" `{line}` puts the cells side by side."
    return ""
