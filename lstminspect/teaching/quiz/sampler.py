"""Draws for a question: sizes that can be counted by hand, and the cells of Keras."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from lstminspect.layer import Layer

__all__ = ["Sampler"]

Kind = TypeVar("Kind")

# These stand here, not in the catalogue: a new cell must not change an old worksheet.
CELLS = ("lstm", "lstm", "gru", "gru_reset_before", "rnn")
UNITS = (2, 3, 4, 5, 8, 10, 12, 16, 20, 25, 32, 50, 64)
FEATURES = (1, 2, 3, 4, 6, 8, 10, 16)
#: No other size has one of these values, so that a number betrays where it comes from.
TIMESTEPS = (7, 9, 14, 15, 30)
BATCHES = (24, 36, 48)
MERGES = ("concat", "concat", "sum", "ave", None)


class Sampler:
    """A stream of draws that is the same for a seed with every version of Python."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def pick(self, choices: Sequence[Kind]) -> Kind:
        """One of `choices`."""
        return choices[int(self._random() * len(choices))]

    def often(self, share: float) -> bool:
        """True in that share of the draws."""
        return self._random() < share

    def shuffled(self, things: Sequence[Kind]) -> list[Kind]:
        """`things` in another order."""
        left = list(things)
        return [left.pop(int(self._random() * len(left))) for _ in things]

    def layer(self, cells: Sequence[str] = CELLS, both_ways: float = 0.0, **options: Any) -> Layer:
        """A layer of one of `cells`, bidirectional in the share `both_ways` of the draws."""
        return Layer(
            self.pick(cells),
            units=self.pick(UNITS),
            features=self.pick(FEATURES),
            bidirectional=self.often(both_ways),
            **options,
        )
