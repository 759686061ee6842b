"""Colours of a text on a terminal: the names of blocks in the colours of their gates.

A gate has the colour that it has in the pictures, and as there it is the ground of dark letters,
which can be read on a light and on a dark terminal alike. On a terminal of 256 colours it is the
nearest of their cube of 6 x 6 x 6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lstminspect.figures.theme import GATES
from lstminspect.views.formats.terminal import has_true_colours

__all__ = ["coloured"]

END = "\033[0m"


def coloured(text: str, gates: Sequence[str]) -> str:
    """`text` with every name of a block, for example `W_i` or `b_f`, in the colour of its gate."""
    if not gates:
        return text
    colours = {gate: _code(GATES[at % len(GATES)]) for at, gate in enumerate(gates)}
    names = "|".join(map(re.escape, gates))
    return re.sub(
        rf"(?<![\w\\])[A-Za-z]_({names})\b", lambda name: f"{colours[name[1]]}{name[0]}{END}", text
    )


def _code(colour: str) -> str:
    """The sequence that begins a colour, given as `#e69f00`."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    if has_true_colours():
        return f"\033[38;5;16;48;2;{red};{green};{blue}m"
    steps = [_step(value) for value in (red, green, blue)]
    return f"\033[38;5;16;48;5;{16 + 36 * steps[0] + 6 * steps[1] + steps[2]}m"


def _step(value: int) -> int:
    """The nearest of the six steps 0, 95, 135, 175, 215, 255."""
    return min(range(6), key=lambda step: abs((0, 95, 135, 175, 215, 255)[step] - value))
