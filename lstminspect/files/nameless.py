"""Nameless tensors: layers that shapes alone show, in the order in which frameworks list them.

`numpy.savez(path, *model.get_weights())` names its arrays arr_0, arr_1, ...; a converter may name a
tensor by a number. What is found here could be a layer, and no name says that it is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lstminspect.files.contents import FileTensor
from lstminspect.files.fitting import Fit
from lstminspect.files.grouping import Group, Side, plain_name, words_of_recurrence

__all__ = ["nameless_groups"]

_NAMELESS = re.compile(r"(?i)(arr|array|tensor|param|parameter|var|variable|const)?[_.:]*\d*")
#: Endings in the order in which a framework lists the tensors of a layer, the longest first.
LISTED = (
    ("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"),
    ("W", "R", "B", "P"),
    ("kernel", "recurrent_kernel", "bias"),
    ("W", "R", "B"),
)
#: Two matrices fit by chance too often among others.
ALONE = (("kernel", "recurrent_kernel"), ("weight_ih_l", "weight_hh_l"), ("W", "R"))

#: The number of axes of each.
RANKS = {
    endings: tuple(
        (2 if "bias" not in ending else 1) if len(ending) > 1 else (3 if ending in "WR" else 2)
        for ending in endings
    )
    for endings in (*LISTED, *ALONE)
}


def nameless_groups(
    tensors: Sequence[FileTensor], fits: Callable[[Group], list[Fit]]
) -> Iterator[tuple[Group, list[Fit]]]:
    """Groups of tensors that follow each other and have no name, with what they could be."""
    nameless = [tensor for tensor in tensors if _NAMELESS.fullmatch(plain_name(tensor.name))]
    orders = (*LISTED, *ALONE) if len(tensors) == 2 else LISTED
    start = 0
    while start < len(nameless):
        length = 1
        for endings in orders:
            part = nameless[start : start + len(endings)]
            if tuple(len(tensor.shape) for tensor in part) != RANKS[endings]:
                continue
            group = Group(_scope(part), {Side(0, 0): dict(zip(endings, part, strict=False))})
            if fitted := _all_of(group, fits):
                yield group, fitted
                length = len(endings)
                break
        start += length
    for tensor in tensors:
        if _is_stack(tensor):
            group = Group(tensor.name, {Side(0, 0): {"stacked_kernel": tensor}})
            if fitted := _all_of(group, fits):
                yield group, fitted


def _all_of(group: Group, fits: Callable[[Group], list[Fit]]) -> list[Fit]:
    number = len(group.sides[Side(0, 0)])
    return [each for each in fits(group) if len(each.places) == number and not each.turned]


def _scope(part: Sequence[FileTensor]) -> str:
    return f"{part[0].name} to {part[-1].name}"


def _is_stack(tensor: FileTensor) -> bool:
    """True for a matrix that can take the input and the state at once: integers, or so named."""
    if (
        len(tensor.shape) != 2
        or tensor.shape[1] % 4
        or not 0 < tensor.shape[1] < 4 * tensor.shape[0]
    ):
        return False
    name = plain_name(tensor.name)
    named = _NAMELESS.fullmatch(name) is None and not words_of_recurrence(name)
    return tensor.dtype.startswith(("int8", "uint8", "int4", "int16")) and not named
