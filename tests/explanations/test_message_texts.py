"""Messages as people quote them: old wordings, excerpts, whole tracebacks; and unknown ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lstminspect import Explanation, OptionError, explain

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "messages.json").read_text("utf-8")
)


def explained(message: str) -> str:
    """All words of the explanation of `message`."""
    explanation = explain(message)
    assert isinstance(explanation, Explanation)
    findings = (f"{each.what}: {each.why}" for each in explanation.findings)
    return "\n".join([explanation.answer, *findings])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_message_from_a_public_thread_is_explained(case: dict[str, Any]) -> None:
    text = explained(case["message"])
    assert [words for words in case["says"] if words not in text] == []
    assert [words for words in case["never"] if words in text] == []


TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 31, in <module>
    model.fit(x, y, epochs=3)
  File "keras/engine/training.py", line 141, in _standardize_input_data
    str(data_shape))
{error}
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_whole_traceback_is_explained_as_its_message(case: dict[str, Any]) -> None:
    message = case["message"].partition("Error: ")[2] or case["message"]
    whole = TRACEBACK.format(error=f"ValueError: {message}")
    assert explained(whole) == explained(case["message"])
    assert explained(whole.replace("\n", "\r\n")) == explained(case["message"])


def test_of_several_errors_in_a_traceback_the_last_is_explained() -> None:
    first = TRACEBACK.format(error="ValueError: expected ndim=3, found ndim=2")
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    last = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x640 and 64x10)"
    assert "640 = 10 x 64" in explained(first + between + TRACEBACK.format(error=last))


def test_a_message_broken_by_a_test_runner_or_coloured_is_read() -> None:
    plain = explained("ValueError: expected ndim=3, found ndim=2. Full shape received: (None, 4)")
    marked = (
        "E       ValueError: expected ndim=3,\nE       found ndim=2. Full shape received: (None, 4)"
    )
    assert explained(marked) == plain
    assert (
        explained("\x1b[1mexpected ndim=3, found ndim=2. Full shape received: (None, 4)\x1b[0m")
        == plain
    )


@pytest.mark.parametrize(
    "message",
    [
        "ModuleNotFoundError: No module named 'keras'",
        "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "KeyError: 'accuracy'",
        "ValueError: Shapes (64, 256) and (32, 256) are incompatible",
        "TypeError: MyLayer.__init__() missing 1 required positional argument: 'units'",
        "IndexError: index 1 is out of bounds for dimension 0 with size 0",
    ],
)
def test_a_message_that_is_not_known_is_said_to_be_unknown(message: str) -> None:
    with pytest.raises(OptionError, match="nothing is known of"):
        explain(message)
