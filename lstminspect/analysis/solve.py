"""The inverse: from a number of parameters to the size that gives it, or comes nearest.

A count grows with every size, so the search is one of integers on the count itself: exact for any
number, and right for every cell, convention, direction and stack that can be counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

from lstminspect import cells, conventions
from lstminspect.analysis.bisection import largest
from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.layer import MOST_LAYERS, Layer
from lstminspect.sizes import size

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lstminspect.names import CellName, ConventionName, SizedOptions

__all__ = ["Solution", "solve", "step_of"]

#: What can be searched for, apart from the sizes that a cell has of its own.
FINDABLE = ("units", "features", "layers")


@dataclass(frozen=True)
class Solution(Answer):
    """The largest value of one size whose count is within the budget, and the next one above.

    `value` is None where even the smallest is too much, `above` where there is no larger one.
    """

    cell: str
    convention: ConventionName
    find: str
    budget: int
    value: int | None
    parameters: int | None
    above: int | None
    parameters_above: int | None

    @property
    def exact(self) -> bool:
        """True if `value` uses the budget up, to the last parameter."""
        return self.parameters == self.budget


def solve(
    parameters: int,
    cell: CellName | str | Cell = "lstm",
    convention: ConventionName | None = None,
    find: str = "units",
    **options: Unpack[SizedOptions],
) -> Solution:
    """The largest `find` (units, features, layers or a cell's own size) within `parameters`.

    `options` are the other options of `Layer`; `convention` is the layer's own if it is None.
    Raises SizeError, OptionError or UnknownConvention as Layer does.

    >>> solve(17408, "lstm", features=3).value
    64
    >>> solution = solve(17408, "gru", features=3)
    >>> solution.value, solution.parameters, solution.above, solution.parameters_above
    (73, 17082, 74, 17538)
    """
    budget = size("parameters", parameters)
    if not isinstance(budget, int):
        raise OptionError("parameters must be one whole number to solve for.")
    cell = cells.get(cell)
    others: dict[str, Any] = {**options}
    _check_findable(cell, find, others)
    step, most = step_of(cell, find, others), MOST_LAYERS if find == "layers" else None

    def layer(steps: int) -> Layer:
        return Layer(cell, **(others | {find: steps * step}))

    convention = conventions.chosen(convention, options.get("framework"))
    convention = layer(1).stored(convention).name

    def count(steps: int) -> int:
        parameters = layer(steps).parameters_in(convention)
        if not isinstance(parameters, int):
            raise OptionError("solving needs numbers. Give whole numbers for the other sizes.")
        return parameters

    below = largest(lambda steps: count(steps) <= budget, most)
    above = below + 1 if most is None or below < most else None
    return Solution(
        cell.name,
        convention,
        find,
        budget,
        below * step if below else None,
        count(below) if below else None,
        above * step if above else None,
        count(above) if above else None,
    )


def _check_findable(cell: Cell, find: str, options: dict[str, Any]) -> None:
    able = [*FINDABLE, *cell.own_sizes]
    if cell.ties_features:
        able.remove("features")
    if not isinstance(find, str) or find not in able:
        near = did_you_mean(find, able) if isinstance(find, str) else ""
        known = f"{near} Only {', '.join(able)}."
        raise OptionError(f"cannot solve for {quoted(find)} of {cell.name}.{known}")
    if options.get(find) is not None:
        raise OptionError(f"{find} is what is to be found. Leave it out, or solve for another.")


def step_of(cell: Cell, find: str, options: dict[str, Any]) -> int:
    """Units that are cut into parts come in multiples of the parts."""
    if find != "units":
        return 1
    parts = {block.parts for block in cell.blocks if block.structure and "units" in block.shape}
    for name in parts:
        if isinstance(options.get(name), list | tuple):
            message = f"the widths in {name} say what units is. Give {name} as a number of parts"
            raise OptionError(f"{message}, or solve for features.")
    return lcm(*(size(name, options[name]) for name in parts if name in options))
