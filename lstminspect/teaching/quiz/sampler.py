"""Draws for a question: sizes that can be counted by hand, and the cells of Keras."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lstminspect.layer import Layer

if TYPE_CHECKING:
    from lstminspect.names import MergeMode, TermsName

__all__ = ["LEVELS", "Level", "Sampler"]

Kind = TypeVar("Kind")

# These stand here, not in the catalogue: a new cell must not change an old worksheet.
CELLS = ("lstm", "lstm", "gru", "gru_reset_before", "rnn")
UNITS = (2, 3, 4, 5, 8, 10, 12, 16, 20, 25, 32, 50, 64)
FEATURES = (1, 2, 3, 4, 6, 8, 10, 16)
#: No other size has one of these values, so that a number betrays where it comes from.
TIMESTEPS = (7, 9, 14, 15, 30)
BATCHES = (24, 36, 48)
MERGES: tuple[MergeMode | None, ...] = ("concat", "concat", "sum", "ave", None)


class Level(NamedTuple):
    """The sizes of a difficulty, and how much more often than usual a layer is bidirectional."""

    units: tuple[int, ...] = UNITS
    features: tuple[int, ...] = FEATURES
    both_ways: float = 1.0


#: The difficulties: sizes to count in the head, on paper, and with care.
LEVELS = {
    "easy": Level((2, 3, 4, 5, 8, 10), (1, 2, 3, 4), both_ways=0),
    "medium": Level(),
    "hard": Level((12, 16, 20, 25, 32, 50, 64, 96, 100, 128), (3, 5, 6, 8, 10, 16, 40), 2.0),
}


class Sampler:
    """A stream of draws that is the same for a seed with every version of Python.

    `cells` are those that a layer may have. With `others`, a second stream, numbers are other ones
    than the first stream gives, and everything else is as the first stream gives it.
    """

    def __init__(self, seed: int, level: Level = LEVELS["medium"]) -> None:
        self._stream = Random(seed)
        self._others: Random | None = None
        self.level = level
        self.cells: Sequence[str] = CELLS
        #: The framework whose layers are drawn; Keras' if None.
        self.framework: TermsName | None = None

    def place(self) -> object:
        """Where the stream stands, for `varied`."""
        return self._stream.getstate()

    def varied(self, place: Any, others: Random) -> Sampler:
        """A sampler that draws again from `place` of this stream, with other numbers."""
        again = Sampler(0, self.level)
        again._stream.setstate(place)
        again._others, again.cells, again.framework = others, self.cells, self.framework
        return again

    def pick(self, choices: Sequence[Kind]) -> Kind:
        """One of `choices`."""
        return choices[int(self._stream.random() * len(choices))]

    def number(self, choices: Sequence[int]) -> int:
        """One of `choices`, which are sizes: what another version of a question may change."""
        first = self.pick(choices)
        if self._others is None:
            return first
        left = [each for each in choices if each != first]
        return left[int(self._others.random() * len(left))]

    def often(self, share: float) -> bool:
        """True in that share of the draws."""
        return self._stream.random() < share

    def shuffled(self, things: Sequence[Kind]) -> list[Kind]:
        """`things` in another order."""
        left = list(things)
        return [left.pop(int(self._stream.random() * len(left))) for _ in things]

    def layer(self, both_ways: float = 0.0, **options: Any) -> Layer:
        """A layer of one of the cells, bidirectional in the share `both_ways` of the draws."""
        return Layer(
            self.pick(self.cells),
            units=self.number(self.level.units),
            features=self.number(self.level.features),
            bidirectional=self.often(both_ways * self.level.both_ways),
            framework=self.framework,
            **options,
        )
