"""Grouping: from the names of tensors to those that can be of one layer.

A name is a scope, the place of the layer in its model, and an ending that a naming knows. The scope
says the direction and the number of the layer too, where the ending does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from lstminspect.files.contents import FileTensor
from lstminspect.files.namings import endings

__all__ = [
    "Group",
    "Side",
    "groups",
    "is_letter",
    "is_of_training",
    "plain_name",
    "words_of_recurrence",
]

#: What an optimizer and an average of the weights keep beside them.
_TRAINING = re.compile(
    r"(?i)(^|[/.])(optimizer|optimizer_weights|optim(izer)?_states?|opt_state)([/.]|$)|exp_avg|"
    r"\.OPTIMIZER_SLOT|[/.](m|v|adam|adam_\d+|momentum|rmsprop|velocity|exponentialmovingaverage)"
    r"(:0)?$|_(momentum|velocity)$"
)
_WORDS = re.compile(r"(?i)lstm|(?<![a-z])(?:bi)?gru|rnn|recurrent")
#: Tails that are the same on every tensor of their format.
_TAIL = re.compile(
    r"(:\d+|/\.ATTRIBUTES/VARIABLE_VALUE|/ReadVariableOp(/resource)?|(?<=kernel)/value|(?<=bias)/value)$"
)
#: The layer and the direction behind an ending: `_l1_reverse`, `_back`.
_BEHIND = re.compile(r"(?:(?<=_l)(\d+))?(_reverse|_back)?$")
_DIRECTION = re.compile(
    r"(?:(.*[_a-z0-9])_)?(?:(forward|fwd|fw)|(backward|bwd|bw|reverse))(?:_(?:layer|rnn|cell))?(_.*)?"
)
_CELLS = re.compile(r"(?i)cells|stacked_rnn_cells\w*")
_NUMBERED = re.compile(r"(.*?)[_.]?(\d+)")

#: The longest name that is read, so that no name takes long.
LONGEST = 1000
#: The most underscores in an ending.
UNDERSCORES = 4


class Side(NamedTuple):
    """One layer of a stack in one direction: 0 for forward, 1 for backward."""

    layer: int
    direction: int


@dataclass
class Group:
    """Tensors of one scope by their endings, for each layer and direction of it."""

    scope: str
    sides: dict[Side, dict[str, FileTensor]] = field(default_factory=dict)
    #: The scope of each side, where it has one of its own.
    scopes: dict[Side, str] = field(default_factory=dict)
    #: True where layers are counted in the scope, and not by the endings.
    counted: bool = False

    @property
    def tensors(self) -> Iterator[FileTensor]:
        """All of them, side by side."""
        return (tensor for side in self.sides.values() for tensor in side.values())

    def part(self, sides: Iterable[Side]) -> Group:
        """The group of some of its sides, with the layers counted again from 0."""
        chosen = sorted(sides)
        layers = sorted({side.layer for side in chosen})
        directions = sorted({side.direction for side in chosen})
        renamed = {
            side: Side(layers.index(side.layer), directions.index(side.direction))
            for side in chosen
        }
        scope = self.scopes[chosen[0]] if len(chosen) == 1 else self.scope
        return Group(
            scope,
            {renamed[side]: self.sides[side] for side in chosen},
            {renamed[side]: self.scopes[side] for side in chosen},
            self.counted and len(layers) > 1,
        )


def plain_name(name: str) -> str:
    """`name` without what its format puts behind every name.

    >>> plain_name("rnn/lstm_cell/kernel:0")
    'rnn/lstm_cell/kernel'
    """
    while match := _TAIL.search(name):
        name = name[: match.start()]
    return name


def is_of_training(name: str) -> bool:
    """True for what an optimizer keeps, or a moving average."""
    return _TRAINING.search(plain_name(name)) is not None


def words_of_recurrence(scope: str) -> tuple[str, ...]:
    """The words in the last part of `scope` that only recurrent layers have: lstm, gru, rnn."""
    return tuple(word.lower() for word in _WORDS.findall(re.split(r"[/.]", scope)[-1]))


def groups(tensors: Iterable[FileTensor]) -> list[Group]:
    """The groups of the tensors whose endings are known, in the order of the tensors."""
    made: dict[str, Group] = {}
    for tensor in tensors:
        if len(tensor.name) > LONGEST or (split := _split(plain_name(tensor.name))) is None:
            continue
        if is_of_training(tensor.name):
            continue
        scope, (_, ending, layer, direction) = split
        if layer is None:
            common, above, side_there = _reduced(scope)
            side = Side(above or 0, side_there if direction is None else direction)
        else:  # The ending says all of it, and scopes of two directions are two layers.
            common, above, side = scope, None, Side(layer, direction or 0)
        group = made.setdefault(common, Group(_shown(scope, common)))
        group.counted |= above is not None
        if group.scopes.setdefault(side, scope) != scope or ending in group.sides.get(side, {}):
            group = made.setdefault(f"{common}\0{scope}", Group(scope))
            group.scopes.setdefault(side, scope)
        group.sides.setdefault(side, {}).setdefault(ending, tensor)
    return [each.part(each.sides) for each in made.values()]


class _Ending(NamedTuple):
    """Where an ending starts in the last parts of a name, and what stands behind it."""

    start: int
    text: str
    layer: int | None
    direction: int | None


def _split(name: str) -> tuple[str, _Ending] | None:
    """The scope of a name and its ending, or None if no naming knows its end."""
    plain = name.replace(".", "/")
    cut = plain.rfind("/", 0, max(plain.rfind("/"), 0)) + 1
    ending = _ending(plain[cut:])
    return None if ending is None else (name[: cut + ending.start].rstrip("/._"), ending)


@lru_cache(maxsize=4096)
def _ending(tail: str) -> _Ending | None:
    """The ending in the last parts of a name, the longest that is known.

    >>> _ending("lstm/weight_ih_l1_reverse")
    _Ending(start=5, text='weight_ih_l', layer=1, direction=1)
    """
    known = endings()
    parts = tail.split("/")
    for number in range(len(parts), 0, -1):
        text = "/".join(parts[-number:])
        size = len(text)
        layer = direction = None
        if text not in known and (match := _BEHIND.search(text)) and match[0]:
            text = text[: match.start()]
            layer = None if match[1] is None else int(match[1])
            direction = int(match[2] is not None)
        first = text.partition("/")[0]
        underscores = [place.end() for place in re.finditer("_", first)][-UNDERSCORES:]
        for start in dict.fromkeys((0, *underscores)):
            ending = text[start:]
            if ending in known or (number == 1 and is_letter(ending) and start == 0):
                return _Ending(len(tail) - size + start, ending, layer, direction)
    return None


@cache
def is_letter(ending: str) -> bool:
    """True for what can be a block of the equations, as `W_f` is."""
    return re.fullmatch(r"[A-Za-z]_[a-z]|P|alpha|beta|nu|zeta", ending) is not None


@lru_cache(maxsize=4096)
def _reduced(scope: str) -> tuple[str, int | None, int]:
    """The scope without its direction and its number, the layer if it has one, the direction.

    >>> _reduced("bidirectional/backward_lstm/lstm_cell_2")
    ('bidirectional/*lstm/*', None, 1)
    """
    parts = re.split(r"[/.]", scope)
    layer, direction = None, 0
    for place, part in enumerate(parts):
        if (match := _DIRECTION.fullmatch(part)) and (match[2] or match[3]):
            direction = int(match[3] is not None)
            words = "".join(filter(None, (match[1], "*", match[4] and match[4].lstrip("_"))))
            after = (
                ("*" for _ in parts[place + 1 :]) if place + 2 >= len(parts) else parts[place + 1 :]
            )
            parts = [*parts[:place], words, *after]
            break
    for place, part in enumerate(parts):
        inside = place and _CELLS.fullmatch(parts[place - 1])
        match = _NUMBERED.fullmatch(part)
        if inside or (match and match[1].lower() in ("cell", "layer", "l")):
            layer = int(match[2]) if match else 0
            parts[place] = "#"
            break
        if place == len(parts) - 1 and (match := re.fullmatch(r"(.*_)([lr])(\d+)", part)):
            layer, direction = int(match[3]), int(match[2] == "r")  # MXNet: lstm0_l0, lstm0_r0.
            parts[place] = f"{match[1]}#"
    return "/".join(parts), layer, direction


def _shown(scope: str, common: str) -> str:
    """The part of `scope` that every side of its group has, as it is written there."""
    steady = common.partition("*")[0].partition("#")[0]
    return scope if "*" not in common and "#" not in common else scope[: len(steady)].rstrip("/._")
