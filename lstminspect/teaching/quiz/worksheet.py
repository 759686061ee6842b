"""Worksheets: random configurations, a question about each, and the answer worked out.

A seed gives the same worksheet in every version: only `random.Random.random` is used, whose
numbers Python promises not to change; the cells and sizes that are drawn stand in `sampler`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from importlib import import_module

from lstminspect.display import Answer
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.sampler import Sampler

__all__ = ["MOST", "TOPICS", "Question", "Worksheet", "quiz"]

#: The kinds of questions, each a function of its own name in the file that stands beside it.
TOPICS = {
    "count": "counts",
    "weights": "counts",
    "bytes": "counts",
    "units": "counts",
    "reset_after": "differences",
    "bias": "differences",
    "change": "differences",
    "shapes": "shapes",
    "mistake": "misconceptions",
    "myth": "misconceptions",
}
MOST = 500
MOST_SEED = 10**9
# A question that stands there already is drawn again so many times before it is taken.
DRAWS = 50


@dataclass(frozen=True)
class Worksheet(Answer):
    """Questions with their answers, and the seed that gives them again.

    `shows` says what is printed: "both", the "questions" alone, or the "key" alone.
    """

    seed: int
    questions: tuple[Question, ...] = field(repr=False)
    shows: str = "both"

    def without_key(self) -> Worksheet:
        """The same questions, to be given out: answers are not printed."""
        return replace(self, shows="questions")

    def key_only(self) -> Worksheet:
        """The answers alone, to be kept."""
        return replace(self, shows="key")


def quiz(seed: int = 0, questions: int = 10, topics: Iterable[str] | None = None) -> Worksheet:
    """The worksheet of `seed`, with so many questions of the `topics`; of all kinds if None.

    Every topic comes once before any comes again. Raises OptionError for another topic, and for
    numbers that are out of bounds.

    >>> sheet = quiz(seed=1, questions=2, topics=["count"])
    >>> len(sheet.questions), sheet == quiz(seed=1, questions=2, topics=["count"])
    (2, True)
    """
    _check("seed", seed, 0, MOST_SEED)
    _check("questions", questions, 1, MOST)
    chosen = _chosen(topics)
    chance = Sampler(seed)
    order: list[str] = []
    drawn: list[Question] = []
    while len(drawn) < questions:
        order = order or chance.shuffled(chosen)
        drawn.append(_another(order.pop(0), chance, {each.text for each in drawn}))
    return Worksheet(seed, tuple(drawn))


def _another(topic: str, chance: Sampler, asked: set[str]) -> Question:
    module = import_module(f"{__package__}.{TOPICS[topic]}")
    ask: Callable[[Sampler], Question] = getattr(module, topic)
    for _ in range(DRAWS):
        question = ask(chance)
        if question.text not in asked:
            break
    return question


def _chosen(topics: Iterable[str] | None) -> list[str]:
    if not (topics is None or isinstance(topics, Iterable)) or getattr(topics, "ndim", 1) != 1:
        raise OptionError(f"topics must be names of topics, got {quoted(topics)}.")
    names = [topics] if isinstance(topics, str) else list(TOPICS if topics is None else topics)
    known = [name.replace("-", "_") if isinstance(name, str) else name for name in names]
    every = ", ".join(TOPICS).replace("_", "-")
    for name in known:
        if not isinstance(name, str) or name not in TOPICS:
            near = did_you_mean(name, TOPICS) if isinstance(name, str) else ""
            raise OptionError(f"no questions on {quoted(name)}.{near} There are {every}.")
    if not known:
        raise OptionError(f"a worksheet needs a topic. There are {every}.")
    return list(dict.fromkeys(known))


def _check(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise OptionError(
            f"{name} must be a whole number from {least} to {most:,}, got {quoted(value)}."
        )
