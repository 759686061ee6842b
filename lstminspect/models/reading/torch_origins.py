"""From a tensor that a layer takes back to the input of `forward` that it was made of.

An input has no shape until a layer takes it, or something that was made of it: an entry, a
permutation, a part of a concatenation. The shape that the layer needs is followed back to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.sizes import is_letter, plain

__all__ = ["is_same", "origins", "root_of"]

#: How far back a tensor is followed.
MOST_STEPS = 12
Letter = Callable[[str], Any]


def origins(
    tensor: TensorValue, shape: Shape, letter: Letter, depth: int = 0
) -> Iterator[tuple[TensorValue, Shape]]:
    """The inputs that a tensor of this shape was made of, each with its shape."""
    if tensor.name and tensor.made_of is None:
        yield tensor, shape
    if tensor.made_of is None or depth > MOST_STEPS:
        return
    step, source, values = tensor.made_of
    if step == "cat":
        for part, own in _parts(source, shape, values[0]):
            yield from origins(part, own, letter, depth + 1)
        return
    before = _before(step, shape, values, letter)
    if before is not None:
        yield from origins(source, before, letter, depth + 1)


def is_same(tensor: TensorValue) -> bool:
    """True for an input, and for what has the shape of one for certain."""
    for _ in range(MOST_STEPS):
        if tensor.made_of is None:
            return True
        if tensor.made_of[0] != "same":
            return False
        tensor = tensor.made_of[1]
    return False


def root_of(tensor: TensorValue) -> str:
    """The name of the input that a tensor was made of, where it is one."""
    for _ in range(MOST_STEPS):
        if tensor.made_of is None or tensor.made_of[0] == "cat":
            break
        tensor = tensor.made_of[1]
    return tensor.name


def _before(step: str, shape: Shape, values: list[Any], letter: Letter) -> Shape | None:
    """The shape before a step that made this one; None where that does not follow."""
    rank = len(shape)
    axis = values[0] if values and isinstance(values[0], int) else None
    if step == "same":
        return shape
    if step == "index":
        return _indexed(shape, values, letter)
    if step == "unsqueeze" and axis is not None and -rank <= axis < rank:
        at = axis % rank
        return (*shape[:at], *shape[at + 1 :])
    if step == "squeeze" and axis is not None and -rank - 1 <= axis <= rank:
        at = axis % (rank + 1)
        return (*shape[:at], 1, *shape[at:])
    whole = all(isinstance(each, int) and -rank <= each < rank for each in values)
    if step == "transpose" and len(values) == 2 and whole:
        one, other = (each % rank if rank else 0 for each in values)
        found = list(shape)
        found[one], found[other] = found[other], found[one]
        return tuple(found)
    if step == "permute" and len(values) == rank and whole:
        found = [None] * rank
        for place, each in enumerate(values):
            found[each % rank] = shape[place]
        return tuple(found)
    return None


def _indexed(shape: Shape, keys: list[Any], letter: Letter) -> Shape | None:
    """The shape of which `tensor[keys]` has this one."""
    rest, found = list(shape), []
    for key in keys:
        if key is Ellipsis or isinstance(key, tuple):
            return None
        if key is None:
            if not rest:
                return None
            rest.pop(0)
        elif isinstance(key, slice):
            if not rest:
                return None
            size = rest.pop(0)
            found.append(size if key == slice(None) else letter("time"))
        else:
            found.append(letter("time"))
    return (*found, *rest)


def _parts(several: list[TensorValue], shape: Shape, axis: int) -> list[tuple[TensorValue, Shape]]:
    """The open tensors of a concatenation of this shape, each with its own."""
    if not -len(shape) <= axis < len(shape):
        return []
    at = axis % len(shape)
    known = [each.shape for each in several if each.shape is not None]
    if any(len(each) != len(shape) for each in known):
        return []
    rest = plain(shape[at] - sum(each[at] for each in known))
    rows = list(known[0]) if known else list(shape)
    opened = [each for each in several if each.shape is None]
    sizes = _shared(rest, opened)
    if sizes is None:
        return []
    return [
        (each, (*rows[:at], size, *rows[at + 1 :]))
        for each, size in zip(opened, sizes, strict=True)
    ]


def _shared(total: Any, several: list[TensorValue]) -> list[Any] | None:
    """The widths of open tensors, together `total`: its terms, by the words that names share."""
    if len(several) == 1:
        return [total] if is_letter(total) or total > 0 else None
    terms = list(total.args) if is_letter(total) and total.is_Add else []
    if len(terms) != len(several):
        return None
    found: list[Any] = []
    for each in several:
        words = set(re.findall(r"[a-z]+", root_of(each).lower()))
        alike = [term for term in terms if words & set(re.findall(r"[a-z]+", str(term).lower()))]
        if len(alike) > 1:
            return None
        found.append(alike[0] if alike else None)
        if alike:
            terms.remove(alike[0])
    if len(terms) > 1:
        return None
    return [terms[0] if each is None else each for each in found]
