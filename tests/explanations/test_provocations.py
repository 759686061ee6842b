"""Messages caused in the real frameworks: a new version's new wording shows as a failing test.

Each line of `provocations/` is code that raises, and the words that the explanation must have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import frameworks_to_provoke as frameworks
import pytest

from lstminspect import Explanation, explain

WHERE = Path(__file__).parent / "provocations"


class Provocation(NamedTuple):
    framework: str
    code: str
    words: tuple[str, ...]


def table() -> list[Provocation]:
    return [
        Provocation(path.stem, code.strip(), tuple(words.strip().split("; ")))
        for path in sorted(WHERE.glob("*.txt"))
        for code, _, words in (
            line.rpartition("#") for line in path.read_text("utf-8").splitlines()
        )
    ]


def raised(provocation: Provocation) -> str:
    """The text of what the framework raises."""
    names: dict[str, Any] = getattr(frameworks, provocation.framework)()
    with pytest.raises(Exception, match=r"(?s).+") as caught:
        exec(provocation.code, dict(names))
    return str(caught.value)


@pytest.mark.parametrize(
    "provocation", table(), ids=lambda each: f"{each.framework}: {each.code[:90]}"
)
@pytest.mark.filterwarnings("ignore")
def test_the_axis_or_the_option_is_named(provocation: Provocation) -> None:
    explanation = explain(raised(provocation))
    assert isinstance(explanation, Explanation)
    findings = (f"{each.what}: {each.why}" for each in explanation.findings)
    text = "\n".join([explanation.answer, *findings])
    assert [words for words in provocation.words if words not in text] == [], text


def test_there_are_many_provocations_of_each_framework() -> None:
    count = dict.fromkeys(("flax", "keras", "onnx", "pytorch"), 0)
    for provocation in table():
        count[provocation.framework] += 1
    assert sum(count.values()) >= 250
    assert min(count.values()) >= 28
