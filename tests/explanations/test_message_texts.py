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


SURROUNDINGS = {
    "ValueError: Shape (128, 28) must have rank at least 3": "tf.reshape(x, [-1, 28, 1])",
    "ValueError: Shapes (2, 96) and (96,) are incompatible": "GRU(32, reset_after=True)",
    "ValueError: Shapes (30,) and (2, 30) are incompatible": "GRU(10, reset_after=False)",
    "ValueError: non-broadcastable output operand with shape (30,1) doesn't match the broadcast "
    "shape (30,5)": "A scaler that was fitted on 5 columns is given 1.",
    "AttributeError: module 'tensorflow' has no attribute 'placeholder'": "tensorflow.compat.v1",
    "ModuleNotFoundError: No module named 'tensorflow.contrib'": "LSTMCell(64)",
    "RuntimeError: Expected all tensors to be on the same device, but found at least two devices":
    "device=x.device",
    "TypeError: forward() missing 1 required positional argument: 'hidden'": "model(x, hidden)",
    "IndexError: tuple index out of range": "shape[2] needs rank 3",
    "ValueError: Found array with dim 3. MinMaxScaler expected <= 2.": "has rank 3",
    'Initializer expected to generate shape (16, 64) but got shape (8, 64) instead for parameter '
    '"kernel" in "/ii"': "an input of 8 features",
    "ValueError: Error when checking : expected lstm_1_input to have 3 dimensions, but got array "
    "with shape (10, 4)": "(10, 4, 1)",
}  # fmt: skip


@pytest.mark.parametrize("message", SURROUNDINGS)
def test_a_message_about_what_surrounds_a_layer_is_explained(message: str) -> None:
    assert SURROUNDINGS[message] in explained(message)
