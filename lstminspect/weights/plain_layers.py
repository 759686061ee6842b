"""Layers beside the recurrent ones, by the shape of their matrix: Linear, Dense, Embedding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["PlainLayer", "meaning", "plain_layer", "plain_pairs"]

Shapes = Mapping[str, tuple[int, ...] | None]


class PlainLayer(NamedTuple):
    """A layer of one matrix: the line that makes it, and the options that its sizes are.

    `options` are by the framework's names; what each is in words is the text behind it.
    """

    line: str
    options: dict[str, int]


#: What another number means.
MEANINGS = {
    "num_embeddings": "another vocabulary",
    "input_dim": "another vocabulary",
    "out_features": "another number of outputs (classes)",
    "units": "another number of outputs (classes)",
    "in_features": "the layer below is of another width",
    "features": "the layer below is of another width",
}


def plain_layer(path: str, tensor: str, shape: tuple[int, ...]) -> PlainLayer | None:
    """The layer whose `tensor` is a matrix of this shape, by the names of PyTorch or Keras.

    >>> plain_layer("fc", "weight", (7, 4))
    PlainLayer(line='nn.Linear(4, 7)', options={'in_features': 4, 'out_features': 7})
    """
    if len(shape) != 2:
        return None
    one, other = shape
    if tensor == "embeddings":
        return PlainLayer(f"Embedding({one}, {other})", {"input_dim": one, "output_dim": other})
    if tensor == "kernel":
        return PlainLayer(f"Dense({other}) on {one} features", {"features": one, "units": other})
    if tensor != "weight":
        return None
    if "emb" in path.lower():
        options = {"num_embeddings": one, "embedding_dim": other}
        return PlainLayer(f"nn.Embedding({one}, {other})", options)
    return PlainLayer(f"nn.Linear({other}, {one})", {"in_features": other, "out_features": one})


def plain_pairs(one: Shapes, other: Shapes) -> Iterator[tuple[str, PlainLayer, PlainLayer]]:
    """The layers that both sides have with other sizes, each by its path."""
    for name, here in one.items():
        there = other.get(name)
        if here is None or there is None or here == there:
            continue
        path, _, tensor = name.rpartition(".")
        pair = plain_layer(path, tensor, here), plain_layer(path, tensor, there)
        if pair[0] is not None and pair[1] is not None:
            yield path, pair[0], pair[1]


def meaning(option: str) -> str:
    """The meaning of another number of `option`, behind a colon; or nothing."""
    return f": {MEANINGS[option]}" if option in MEANINGS else ""
