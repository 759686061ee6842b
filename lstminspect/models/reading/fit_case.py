"""One use of a model on data, and the fault that a check of it finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lstminspect.models.graph import Graph
from lstminspect.models.reading.training import Data, Use
from lstminspect.models.summary import Model
from lstminspect.sizes import product

__all__ = ["ON_BATCH", "TRAINS", "FitCase", "FitFault", "holds", "written"]

ON_BATCH = ("train_on_batch", "test_on_batch")
TRAINS = ("fit", "evaluate", *ON_BATCH)


class FitFault(Exception):
    """A fault of one use: the words of Keras, and what to write instead."""

    def __init__(self, words: str, advice: str = "", layer: str = "") -> None:
        super().__init__(words)
        self.words, self.advice, self.layer = words, advice, layer


class FitCase(NamedTuple):
    """A use with the graph that it is about and the shapes of that."""

    use: Use
    graph: Graph
    model: Model


def holds(data: Data, most: Any) -> bool:
    """True if random whole numbers below `high` hold one from `most` on, but for 1 in 1,000."""
    shape = data.shapes[0]
    if shape is None or data.high is None or not isinstance(most, int) or most >= data.high:
        return False
    sizes = [each for each in shape if isinstance(each, int)]
    return len(sizes) == len(shape) and (most / data.high) ** min(product(sizes), 10_000) < 0.001


def written(shape: Sequence[Any]) -> str:
    """`(None, 5, 3)`: a shape as Python writes it."""
    return str(tuple(shape))
