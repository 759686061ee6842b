"""The picture of a sequence problem: steps side by side, what each reads and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lstminspect.figures.svg import (
    Drawing,
    Label,
    Mark,
    Path,
    Rectangle,
    headed,
    stacked,
)

__all__ = ["Steps", "drawing_of_patterns"]

#: The side of a cell, from one step to the next, how long the arrows up are, the picture's width.
SIDE, STEP, RISE, WIDTH = 44.0, 84.0, 30.0, 620.0


class Steps(NamedTuple):
    """Steps side by side: the letter of the cell at each, what it reads, what it gives, a note.

    A space stands where nothing is read or given. Cells of one letter share their weights. If it is
    the `same_input`, every step reads one vector.
    """

    cells: str
    reads: str
    gives: str
    note: str = ""
    same_input: bool = False

    @property
    def text(self) -> str:
        r"""The steps in characters.

        >>> print(Steps("AA", "xx", " y").text)
               y
               ^
          [A]>[A]
           ^   ^
           x   x
        """
        note = f"    {self.note}" if self.note else ""
        one_note = note if len(set(self.cells)) > 1 else ""
        lines = [
            _row(self.gives),
            _row(self.gives, "^"),
            "  " + ">".join(f"[{each}]" for each in self.cells) + one_note,
            _row(self.reads, "^"),
            _row(self.reads) + ("" if one_note else note),
        ]
        return "\n".join(lines)

    @property
    def words(self) -> str:
        """The steps in words."""
        reads = _listed(self.reads, "an input")
        gives = _listed(self.gives, "an output")
        count = len(set(self.cells))
        sets = "one set of weights" if count == 1 else f"{count} sets of weights"
        note = f"; {self.note}" if self.note else ""
        steps = "1 step" if len(self.cells) == 1 else f"{len(self.cells)} steps"
        return f"{steps}, {sets}: {reads}, {gives}{note}"


def _row(values: str, mark: str = "") -> str:
    """The signs above or below the cells, or a mark for each of them."""
    signs = [mark if mark and each.strip() else each for each in values]
    return ("   " + "   ".join(signs)).rstrip()


def _listed(values: str, what: str) -> str:
    """Say at which steps something is: `an input at every step`, `an output at steps 4, 5`."""
    at = [str(number) for number, each in enumerate(values, 1) if each.strip()]
    steps = "every step" if len(at) == len(values) else f"step{'s' * (len(at) > 1)} {', '.join(at)}"
    return f"{what} at {steps}"


def drawing_of_patterns(patterns: Sequence[tuple[str, str, Steps]]) -> Drawing:
    """Strips one below the other, each with a name and a sentence."""
    groups: list[Sequence[Mark]] = []
    for name, text, steps in patterns:
        groups += [headed(name, text, WIDTH), list(_steps(steps))]
    return stacked(groups, 18)


def _steps(steps: Steps) -> Iterator[Mark]:
    letters = list(dict.fromkeys(steps.cells))
    for number, cell in enumerate(steps.cells):
        left, middle = number * STEP, number * STEP + SIDE / 2
        look = "copy" if letters.index(cell) == 0 else "box"
        yield Rectangle(left, 0, SIDE, SIDE, look, 6)
        yield Label(middle, SIDE / 2, cell, 14, bold=True)
        if number:
            yield Path(((left - STEP + SIDE, SIDE / 2), (left, SIDE / 2)), "state", arrow=True)
        if steps.reads[number].strip():
            yield Path(((middle, SIDE + RISE), (middle, SIDE)), "input", arrow=True)
            yield Label(
                middle,
                SIDE + RISE + 11,
                f"x_{{{1 if steps.same_input else number + 1}}}",
                14,
                bold=True,
            )
        if steps.gives[number].strip():
            yield Path(((middle, 0), (middle, -RISE)), "line", arrow=True)
            order = len(steps.gives[: number + 1].replace(" ", ""))
            yield Label(middle, -RISE - 11, f"y_{{{order}}}", 14, bold=True)
    if steps.note:
        yield Label(0, SIDE + RISE + 32, steps.note, 12, "muted", "start")
