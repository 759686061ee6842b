"""Recognition: from the tensors of a file to its recurrent layers.

It is the inverse of the tables of `conventions`: tensors of one scope are a group (`grouping`), and
a layer is what stores tensors of these names and shapes, all of them together (`fitting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from operator import itemgetter

from lstminspect.explanations.plausible import RARE, rarity
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.declared import declared_layers, with_declared
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.fitting import Fit, fits
from lstminspect.files.grouping import Group, groups, words_of_recurrence
from lstminspect.files.nameless import nameless_groups
from lstminspect.files.uncertain import open_questions
from lstminspect.layer.layer import MOST_LAYERS

__all__ = ["MOST_FOUND", "recognise"]

#: The most sets of names and shapes that are looked at in one file.
MOST_FORMS = 1000
#: The most layers that are recognised in one file by their tensors alone.
MOST_FOUND = 5000

#: The fits of a set of names and shapes.
Known = dict[tuple[object, ...], list[Fit]]


def recognise(contents: Contents) -> tuple[FileLayer, ...]:
    """The recurrent layers whose tensors `contents` has, in the order of their first tensors."""
    known: Known = {}
    layers = list(declared_layers(contents))
    taken = {tensor.name for layer in layers for tensor in layer.tensors}
    left = [tensor for tensor in contents.tensors if tensor.name not in taken]
    every = (layer for group in groups(left) for layer in _layers_of(group, known))
    shown = list(islice(every, MOST_FOUND))
    layers += with_declared(shown, contents)
    taken |= {tensor.name for layer in shown for tensor in layer.tensors}
    left = [tensor for tensor in left if tensor.name not in taken]
    for group, fitted in nameless_groups(left, lambda group: _fits(group, known)):
        layers.append(replace(_made(group, fitted), certain=False))
    place = {tensor.name: number for number, tensor in enumerate(contents.tensors)}
    return tuple(sorted(layers, key=lambda each: min(place[t.name] for t in each.tensors)))


def _layers_of(group: Group, known: Known) -> Iterator[FileLayer]:
    """The layers of a group: one, or one for each layer of a stack, direction or side of it."""
    for parts in _partitions(group):
        fitted = [_fits(part, known) for part in parts]
        if all(fitted):
            yield from (_made(part, each) for part, each in zip(parts, fitted, strict=True))
            return
    if len(group.sides) > 1:  # Some of them are layers.
        for side in group.sides:
            if each := _fits(part := group.part([side]), known):
                yield _made(part, each)


def _fits(group: Group, known: Known) -> list[Fit]:
    """The fits of `group`, those of a group of the same names and shapes if there was one."""
    key = (
        words_of_recurrence(group.scope),
        *(
            (side, ending, tensor.shape)
            for side, tensors in sorted(group.sides.items())
            for ending, tensor in sorted(tensors.items(), key=itemgetter(0))
        ),
    )
    if key not in known:
        known[key] = fits(group) if len(known) < MOST_FORMS else []
    return known[key]


def _partitions(group: Group) -> Iterator[list[Group]]:
    """The ways to see a group: a whole, its layers alone, its directions alone, its sides alone."""
    if len(group.sides) <= 2 * MOST_LAYERS:
        yield [group]
    for axis in (0, 1) if len(group.sides) <= 2 * MOST_LAYERS else ():
        values = sorted({side[axis] for side in group.sides})
        if 1 < len(values) < len(group.sides):
            yield [
                group.part(side for side in group.sides if side[axis] == each) for each in values
            ]
    if len(group.sides) > 1:
        yield [group.part([side]) for side in sorted(group.sides)]


def _made(group: Group, fitted: list[Fit]) -> FileLayer:
    best, *others = fitted
    held = {name: group.sides[side][ending] for name, (side, ending) in best.places.items()}
    return FileLayer(
        group.scope,
        best.layer,
        best,
        held,
        tuple(held.values()),
        open_questions(best, others, held, group.counted),
        tuple(_left_over(group, best, held)),
        tuple(others),
        best.certain and not (others and rarity(best.layer.cell.name) >= RARE),
    )


def _left_over(group: Group, fit: Fit, held: Mapping[str, FileTensor]) -> Iterator[str]:
    """A sentence for each tensor that is named as one of the layer's, and is of no such shape."""
    used = {id(tensor) for tensor in held.values()}
    for tensors in group.sides.values():
        for ending, tensor in tensors.items():
            if ending in fit.naming.spelled and id(tensor) not in used:
                layer = f"{fit.layer.cell.name} of {fit.layer.units} units"
                yield (
                    f"{tensor.name} of {tensor.shape} is named as a tensor of this layer, and "
                    f"the {layer} that the other tensors make has none of that shape."
                )
