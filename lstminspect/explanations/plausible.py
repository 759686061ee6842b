"""Plausibility of a cell or a size: of many explanations the usual ones come first."""

from __future__ import annotations

__all__ = ["RARE", "oddness", "rarity"]

#: How far a cell is from what people mostly have.
RARITY = {"lstm": 0, "gru": 1, "rnn": 2, "gru_reset_before": 3, "projected": 5}
RARE = 8


def rarity(cell: str) -> int:
    """The rarity of the cell of that name: 0 for the LSTM."""
    return RARITY.get(cell, RARE)


def oddness(size: int, small: bool = False) -> int:
    """The oddness of a number as a size: powers of two and round numbers are not.

    >>> oddness(64), oddness(50), oddness(67), oddness(7, small=True)
    (0, 1, 4, 0)
    """
    if size & (size - 1) == 0 or (small and size <= 10):
        return 0
    if size % 10 == 0 or size % 32 == 0:
        return 1
    if size % 8 == 0 or size % 25 == 0:
        return 2
    return 4 if size < 100 else 6
