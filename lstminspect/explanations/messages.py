"""The meaning of an error message of a framework: which axis or option differs, and what fits.

The kinds of messages stand in `message_kinds/`, a table for each subject. Their patterns were met
by causing the messages (tests/explanations/test_provocations.py), old wordings in public threads.
"""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Explanation
from lstminspect.explanations.message_kinds import (
    arguments,
    attention,
    building,
    dtypes,
    exporting,
    flax,
    indices,
    inputs,
    joining,
    loading,
    merging,
    model_files,
    onnx,
    pytorch,
    saving,
    state_dict,
    states,
    surroundings,
    targets,
    tensorflow,
    torch_losses,
    torch_tensors,
    usage,
    values,
    windows,
)

__all__ = ["MESSAGES", "explain_message"]

#: Of two kinds that fit a message the first explains it: the narrower pattern stands first.
MESSAGES = (
    *state_dict.KINDS,
    *model_files.KINDS,
    *inputs.KINDS,
    *merging.KINDS,
    *targets.KINDS,
    *torch_losses.KINDS,
    *states.KINDS,
    *loading.KINDS,
    *arguments.KINDS,
    *pytorch.KINDS,
    *torch_tensors.KINDS,
    *onnx.KINDS,
    *flax.KINDS,
    *tensorflow.KINDS,
    *surroundings.KINDS,
    *exporting.KINDS,
    *joining.KINDS,
    *attention.KINDS,
    *indices.KINDS,
    *dtypes.KINDS,
    *windows.KINDS,
    *values.KINDS,
    *usage.KINDS,
    *building.KINDS,
    *saving.KINDS,
    *building.LAST,
    *model_files.LAST,
)

#: The line that names an exception: `ValueError: ...`, `flax.errors.ScopeParamShapeError: ...`.
RAISED = re.compile(r"^[\w.]{0,120}?(?:Error|Exception|InvalidArgument|Fail)\b.*:", re.M)


def explain_message(text: str) -> Explanation | None:
    """The meaning of the message in `text`, a traceback or a part of it, or None if it is unknown.

    Of several errors in a traceback the last one is explained, if it is known.
    """
    clean = re.sub(r"\x1b\[[0-9;]*m|^E {2,}", "", text, flags=re.MULTILINE)
    *_, last = [0, *(match.start() for match in RAISED.finditer(clean))]
    for part in dict.fromkeys((clean[last:], clean)):
        # Python 2 writes a long number as 640L.
        plain = re.sub(r"(?<=\d)L(?=[,)\]])", "", re.sub(r"\s+", " ", part))
        for pattern, explain in MESSAGES:
            match = re.search(pattern, plain, flags=re.IGNORECASE)
            answered = explain(match) if match else None
            if match and answered:
                answer, findings = answered
                subject = match[0] if len(match[0]) <= 300 else f"{match[0][:297]}..."
                return Explanation(subject, answer, tuple(findings), len(findings))
    return None
