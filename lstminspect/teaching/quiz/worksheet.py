"""Worksheets: random configurations, a question about each, and the answer worked out.

A seed gives the same worksheet in every version: only `random.Random.random` is used, whose
numbers Python promises not to change; the cells and sizes that are drawn stand in `sampler`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, NamedTuple, overload

from lstminspect import conventions
from lstminspect.display import Answer, Answers
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.sampler import CELLS, LEVELS, Sampler

if TYPE_CHECKING:
    from lstminspect.names import Difficulty, QuizTopic, TermsName

__all__ = ["CELLS", "DIFFICULTIES", "MOST", "TOPICS", "VERSIONS", "Question", "Worksheet", "quiz"]


class Topic(NamedTuple):
    """A type of questions: the file beside this one that asks it, its points, the cells asked."""

    file: str
    points: int
    cells: tuple[str, ...] = CELLS
    #: The frameworks in whose words it can be asked.
    frameworks: tuple[str, ...] = ("keras", "pytorch")


KERAS = ("keras",)
#: The types of questions, each a function of its own name in the file that stands beside it.
TOPICS = {
    "count": Topic("counts", 3),
    "weights": Topic("counts", 4),
    "bytes": Topic("counts", 4),
    "units": Topic("counts", 4, frameworks=KERAS),
    "reset_after": Topic("differences", 4, ("gru",), KERAS),
    "bias": Topic("differences", 4, ("lstm", "lstm", "rnn", "gru"), KERAS),
    "change": Topic("differences", 4),
    "shapes": Topic("shapes", 3),
    "mistake": Topic("misconceptions", 4, ("lstm", "gru", "gru_reset_before"), KERAS),
    "myth": Topic("misconceptions", 2, ("lstm", "lstm", "gru", "rnn"), KERAS),
}
#: The topics that a difficulty asks where none are named.
DIFFICULTIES = {
    "easy": ("count", "weights", "bytes", "shapes", "myth"),
    "medium": tuple(TOPICS),
    "hard": ("count", "units", "reset_after", "bias", "change", "shapes", "mistake"),
}
MOST = 500
MOST_SEED = 10**9
VERSIONS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: A question that stands there already is drawn again so many times before it is taken.
DRAWS = 50
#: Draws of other numbers for one question, and of those the draws from the place of the first one.
TRIES, NEAR = 5000, 50


@dataclass(frozen=True)
class Worksheet(Answer):
    """Questions with their answers, and the seed that gives them again.

    `shows` says what is printed: "both", the "questions" alone, or the "key" alone. Versions of a
    worksheet, "A", "B" and so on, ask the same questions with other numbers.
    """

    seed: int
    questions: tuple[Question, ...] = field(repr=False)
    shows: str = "both"
    title: str = ""
    version: str = ""
    difficulty: str = "medium"

    @property
    def heading(self) -> str:
        """The title and the version: `Worksheet 7, version B`."""
        title = self.title or f"Worksheet {self.seed}"
        return f"{title}, version {self.version}" if self.version else title

    @property
    def points(self) -> int:
        """The points of all questions."""
        return sum(question.points for question in self.questions)

    def without_key(self) -> Worksheet:
        """The same questions, to be given out: answers are not printed."""
        return replace(self, shows="questions")

    def key_only(self) -> Worksheet:
        """The answers alone, to be kept."""
        return replace(self, shows="key")


@overload
def quiz(
    seed: int = 0,
    questions: int = 10,
    topics: Iterable[QuizTopic] | None = None,
    *,
    difficulty: Difficulty = "medium",
    cells: Iterable[str] | None = None,
    title: str = "",
    version: str | None = None,
    versions: None = None,
    framework: TermsName | None = None,
) -> Worksheet: ...


@overload
def quiz(
    seed: int = 0,
    questions: int = 10,
    topics: Iterable[QuizTopic] | None = None,
    *,
    difficulty: Difficulty = "medium",
    cells: Iterable[str] | None = None,
    title: str = "",
    version: None = None,
    versions: int,
    framework: TermsName | None = None,
) -> Answers[Worksheet]: ...


def quiz(
    seed: int = 0,
    questions: int = 10,
    topics: Iterable[QuizTopic] | None = None,
    *,
    difficulty: Difficulty = "medium",
    cells: Iterable[str] | None = None,
    title: str = "",
    version: str | None = None,
    versions: int | None = None,
    framework: TermsName | None = None,
) -> Worksheet | Answers[Worksheet]:
    """The worksheet of `seed`, with so many questions of the `topics`; of all topics if None.

    Every topic comes once before any comes again. `difficulty` is "easy", "medium" or "hard": it
    decides the sizes, and the topics where none are named. `cells` are those that are asked about.
    `version` "B" asks the same questions with other numbers; `versions` 2 gives A and B.
    `framework` "pytorch" asks in PyTorch's words, on the topics that it has.
    Raises OptionError for another topic, cell or difficulty, and for numbers out of bounds.

    >>> sheet = quiz(seed=1, questions=2, topics=["count"])
    >>> len(sheet.questions), sheet.points, sheet == quiz(1, 2, ["count"])
    (2, 6, True)
    """
    _check("seed", seed, 0, MOST_SEED)
    _check("questions", questions, 1, MOST)
    _known("difficulty", [difficulty], DIFFICULTIES)
    if not isinstance(title, str):
        raise OptionError(f"title must be a text, got {quoted(title)}.")
    wanted = _listed("cells", cells)
    asked_in = None if framework is None else _framework(framework)
    asked = _topics(topics, difficulty, wanted, asked_in or "keras")
    letters = _versions(version, versions)
    chance = Sampler(seed, LEVELS[difficulty])
    chance.framework = asked_in
    drawing = _Drawing(chance, asked, wanted)
    first = drawing.questions(questions)
    sheets = Answers(
        Worksheet(
            seed,
            first if letter in ("", "A") else drawing.varied(seed, letter),
            title=title,
            version=letter,
            difficulty=difficulty,
        )
        for letter in letters
    )
    return sheets if versions is not None else sheets[0]


class _Drawing:
    """The draws of one worksheet, kept so that they can be made again with other numbers."""

    def __init__(self, chance: Sampler, topics: Sequence[str], cells: Sequence[str]) -> None:
        self.chance, self.topics, self.cells = chance, topics, cells
        #: Each question, and where the stream stood when it was drawn.
        self.drawn: list[tuple[Question, object]] = []

    def questions(self, number: int) -> tuple[Question, ...]:
        order: list[str] = []
        while len(self.drawn) < number:
            order = order or self.chance.shuffled(self.topics)
            self.drawn.append(self._another(order.pop(0)))
        return tuple(question for question, _ in self.drawn)

    def _cells_of(self, topic: str) -> tuple[str, ...]:
        return _cells_of(topic, self.cells, self.chance.framework or "keras")

    def _another(self, topic: str) -> tuple[Question, object]:
        asked = {question.text for question, _ in self.drawn}
        self.chance.cells = self._cells_of(topic)
        for _ in range(DRAWS):
            place = self.chance.place()
            question = _ask(topic, self.chance)
            if question.text not in asked:
                break
        return question, place

    def varied(self, seed: int, version: str) -> tuple[Question, ...]:
        others = Random(len(VERSIONS) * seed + VERSIONS.index(version))
        return tuple(self._varied(question, place, others) for question, place in self.drawn)

    def _varied(self, question: Question, place: object, others: Random) -> Question:
        """`question` with other numbers: drawn until it is the same question."""
        self.chance.cells = self._cells_of(question.topic)
        for number in range(TRIES):
            if number >= NEAR:  # The numbers decide what is drawn next: other draws then.
                place = Random(int(others.random() * 2**53)).getstate()
            other = _ask(question.topic, self.chance.varied(place, others))
            same = _without_numbers(other) == _without_numbers(question)
            if same and other.text != question.text:
                return other
        raise AssertionError(f"no other numbers for {question.text!r}")


def _ask(topic: str, chance: Sampler) -> Question:
    module = import_module(f"{__package__}.{TOPICS[topic].file}")
    ask: Callable[[Sampler], Question] = getattr(module, topic)
    return replace(ask(chance), points=TOPICS[topic].points)


def _without_numbers(question: Question) -> str:
    """The question and its answer, whatever the numbers are."""
    text = f"{question.text} {question.answer}".replace("features", "feature")
    return re.sub(r"\d[\d,]*", "#", text)


def _cells_of(topic: str, wanted: Sequence[str], framework: str = "keras") -> tuple[str, ...]:
    """The cells that a topic asks about, of those that are wanted and that the framework has."""
    able = conventions.get(framework).cells
    if framework not in TOPICS[topic].frameworks:
        return ()
    return tuple(
        cell for cell in TOPICS[topic].cells if cell in able and (not wanted or cell in wanted)
    )


def _framework(name: str) -> TermsName:
    framework, able = (
        conventions.framework(name),
        {f for t in TOPICS.values() for f in t.frameworks},
    )
    if framework not in able:
        title = conventions.get(framework).title
        what = f"worksheets are in the words of Keras or PyTorch, not of {title}"
        raise OptionError(f"{what}. Choose keras or pytorch.")
    return framework


def _topics(
    topics: Iterable[str] | None, difficulty: str, cells: Sequence[str], framework: str
) -> list[str]:
    """The topics that are asked: those that are named, all of which the cells must suit."""
    named = _listed("topics", topics)
    _known("cell", cells, dict.fromkeys(CELLS))
    if topics is None:
        return [topic for topic in DIFFICULTIES[difficulty] if _cells_of(topic, cells, framework)]
    _known("topic", named, TOPICS)
    for topic in named:
        if framework not in TOPICS[topic].frameworks:
            title = conventions.get(framework).title
            able = [name.replace("_", "-") for name in TOPICS if _cells_of(name, cells, framework)]
            raise OptionError(
                f"the topic {topic.replace('_', '-')} is not asked in {title}'s words. Those are "
                f"{', '.join(able)}."
            )
        if not _cells_of(topic, cells, framework):
            suited = ", ".join(dict.fromkeys(TOPICS[topic].cells))
            raise OptionError(
                f"the topic {topic.replace('_', '-')} asks about {suited}, not about "
                f"{', '.join(cells)}. Add one of them to cells, or leave the topic out."
            )
    return named


def _listed(what: str, names: Iterable[str] | None) -> list[str]:
    """The names, each once, with `_` for `-` and in small letters; none for None."""
    if names is None:
        return []
    if not isinstance(names, Iterable) or getattr(names, "ndim", 1) != 1:
        raise OptionError(f"{what} must be names of {what}, got {quoted(names)}.")
    listed = [names] if isinstance(names, str) else list(names)
    plain = [name.lower().replace("-", "_") for name in listed if isinstance(name, str)]
    if len(plain) != len(listed):
        raise OptionError(f"{what} must be names of {what}, got {quoted(names)}.")
    if not plain:
        one = what.removesuffix("s")
        raise OptionError(f"a worksheet needs a {one}. Name one, or leave {what} out for all.")
    return list(dict.fromkeys(plain))


def _known(what: str, names: Iterable[object], allowed: Iterable[str]) -> None:
    every = ", ".join(allowed)
    for name in names:
        if not isinstance(name, str) or name not in allowed:
            near = did_you_mean(name, allowed) if isinstance(name, str) else ""
            listed = every.replace("_", "-") if what == "topic" else every
            start = "no questions on" if what != "difficulty" else "no difficulty"
            raise OptionError(f"{start} {quoted(name)}.{near} There are {listed}.")


def _versions(version: str | None, versions: int | None) -> list[str]:
    if version is not None and versions is not None:
        raise OptionError("version names one version and versions a number of them. Choose one.")
    if versions is not None:
        _check("versions", versions, 1, len(VERSIONS))
        return list(VERSIONS[:versions])
    if version is None:
        return [""]
    letter = version.upper() if isinstance(version, str) else ""
    if len(letter) != 1 or letter not in VERSIONS:
        raise OptionError(f"version must be a letter from A to Z, got {quoted(version)}.")
    return [letter]


def _check(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise OptionError(
            f"{name} must be a whole number from {least} to {most:,}, got {quoted(value)}."
        )
