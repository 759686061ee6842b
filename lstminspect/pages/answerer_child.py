"""The process that answers questions of the laboratory, for a server that stays free meanwhile.

A question comes on its input and its answer goes to its output, each after a line with its length.
An answer that takes too long is ended from outside, and from here if nobody is there any more.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from importlib import import_module
from typing import Any

from lstminspect.pages.answering import answer

#: What an answer may need, loaded before the first question: the time of an answer is its own.
WARM = ("numpy", "sympy", "lstminspect.views.render", "lstminspect.models.reading.read")
FINE, UNREADABLE, FAILED = 200, 400, 500


def main(seconds: float) -> None:
    """Answer until there is no more question; an answer takes at most `seconds`."""
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What is printed meanwhile is not an answer.
    for name in WARM:
        import_module(name)
    answers.write(b"ready\n")
    answers.flush()
    with open(os.devnull, "w") as nowhere:
        while line := questions.readline(32):
            text = questions.read(int(line))
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
            status, reply = answered(text)
            faulthandler.cancel_dump_traceback_later()
            answers.write(b"%d %d\n" % (status, len(reply)) + reply)
            answers.flush()


def answered(text: bytes) -> tuple[int, bytes]:
    """The status of HTTP and the answer, as JSON."""
    try:
        question = json.loads(text)
    except (ValueError, RecursionError):
        question = None
    if not isinstance(question, dict):
        return UNREADABLE, _json(refused("a question is an object in JSON. Send one."))
    try:
        return FINE, _json(answer(question))
    except MemoryError:
        return FAILED, _json(refused("the answer needs too much memory. Give smaller sizes."))
    except Exception as error:
        hint = "This is a fault of lstminspect. Please report the question."
        return FAILED, _json(refused(f"the answer failed: {type(error).__name__}. {hint}"))


def refused(message: str) -> dict[str, Any]:
    """The answer to what cannot be answered."""
    return {"error": {"message": message}, "warnings": []}


def _json(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply, allow_nan=False).encode("ascii")
