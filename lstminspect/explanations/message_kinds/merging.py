"""Messages of Keras about layers that merge or reshape: Concatenate, Add, Reshape."""

from __future__ import annotations

import re
from math import prod

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import (
    differing,
    read_sizes,
)
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written
from lstminspect.layer import Shape

__all__ = ["KINDS"]


def _merged(match: re.Match[str]) -> Answered:
    shapes = [read_sizes(each) for each in re.findall(r"\([^()]*\)", match["shapes"])]
    if len(shapes) != 2:
        return None
    return _two(
        shapes[0], shapes[1], "Concatenate joins on the last axis, and all other axes must agree"
    )


def _added(match: re.Match[str]) -> Answered:
    # Keras leaves the batch out of this message.
    one, other = ((None, *read_sizes(match[name])) for name in ("one", "other"))
    return _two(one, other, "Add and its kind take equal shapes")


def _two(one: Shape, other: Shape, rule: str) -> Answered:
    answer = f"{rule}: {written(one)} and {written(other)}."
    if len(one) != len(other):
        return f"{answer} Their ranks differ.", [
            Finding(
                "return_sequences", "True gives (batch, timesteps, units), False (batch, units)"
            ),
            Finding("RepeatVector(timesteps)", "makes a sequence of one vector"),
        ]
    findings = []
    for axis in differing(one, other):
        names = {0: "the batch", len(one) - 1: "the last axis: units or features"}
        where = names.get(axis, "the time steps")
        findings.append(Finding(f"axis {axis}: {one[axis]} against {other[axis]}", where))
    return answer, findings


def _reshaped(match: re.Match[str]) -> Answered:
    got, wanted = read_sizes(match["got"]), read_sizes(match["wanted"])
    numbers = [prod(size or 1 for size in sizes) for sizes in (got, wanted)]
    answer = f"{numbers[0]} numbers cannot be laid out as {match['wanted']}"
    if None not in wanted and len(wanted) > 1:
        answer += f", which has {numbers[1]}"
    return f"{answer}.", [
        Finding(
            "the same number of numbers before and after", "the batch aside: timesteps x features"
        ),
        Finding("-1 for one size", "it is computed from the others, if they divide the number"),
    ]


KINDS = (
    MessageKind(
        r"requires inputs with matching shapes except for the concatenation axis\. Received: "
        r"input_shape=\[(?P<shapes>[0-9None, ()]+)\]",
        _merged,
    ),
    MessageKind(
        rf"Inputs have incompatible shapes\. Received shapes {shape('one')} and {shape('other')}",
        _added,
    ),
    MessageKind(
        r"total size of the tensor must be unchanged\. Received: "
        rf"input_shape={shape('got')}, target_shape={shape('wanted')}",
        _reshaped,
    ),
    MessageKind(
        r"Input to reshape is a tensor with (?P<got>[0-9]+) values, but the requested shape has "
        r"(?P<wanted>[0-9]+)",
        _reshaped,
    ),
    MessageKind(
        rf"cannot reshape array of (?:size (?P<got>[0-9]+) into shape {shape('wanted')})", _reshaped
    ),
)
