"""Algebra with counts: differences, the cost of one more unit, growth, limits of ratios.

SymPy does the algebra; what it works on is the same count as everywhere, with positive whole
letters for sizes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.stored import Stored

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lstminspect.names import CellName, ConventionName, LayerOptions, Size


__all__ = ["Algebra", "AlgebraResult", "symbols"]


class AlgebraResult(NamedTuple):
    """One thing that follows: what it is, the SymPy expression, the same in a person's words."""

    what: str
    expression: Any
    text: str


@dataclass(frozen=True)
class Algebra(Answer):
    """The consequences of the count of one layer, or of one against another."""

    subject: str
    results: tuple[AlgebraResult, ...] = field(repr=False)

    def at(self, **sizes: Size) -> dict[str, Any]:
        """The value of every result with `sizes` put in for its letters."""
        numbers = {letter(name): value for name, value in sizes.items()}
        return {result.what: result.expression.subs(numbers) for result in self.results}


def letter(name: str) -> Any:
    """The SymPy symbol for the size called `name`: positive and whole."""
    from sympy import Symbol

    return Symbol(name, positive=True, integer=True)


def symbols(
    cell: CellName | str | Cell,
    other: CellName | str | Cell | None = None,
    convention: ConventionName | None = None,
    **options: Unpack[LayerOptions],
) -> Algebra:
    """The consequences of the count of `cell`, or of `cell` against `other`, in letters.

    `options` are those of Layer, without sizes. Raises OptionError for a cell whose sizes cannot
    all be letters, UnknownConvention for a framework that does not store a cell.

    >>> {each.what: each.text for each in symbols("lstm").results}["one more unit"]
    '4·features + 8·units + 8'
    >>> {each.what: each.text for each in symbols("gru_chung", "cifg").results}["difference"]
    '0'
    """
    first = _lettered(cell, {**options})
    convention = conventions.chosen(convention, first.framework)
    if other is None:
        return Algebra(first.cell.name, tuple(_of_one(first.stored(convention))))
    second = _lettered(other, {**options})
    results = _of_two(first.stored(convention), second.stored(convention))
    return Algebra(f"{first.cell.name} - {second.cell.name}", tuple(results))


def _lettered(cell: str | Cell, options: dict[str, Any]) -> Layer:
    from lstminspect import cells

    cell = cells.get(cell)
    for name in (UNITS, FEATURES):
        if name in options:
            raise OptionError(f"{name} is a letter here. Put a number in with at({name}=...).")
    own = {name: letter(name) for name in cell.own_sizes}
    features = letter(UNITS) if cell.ties_features else letter(FEATURES)
    return Layer(cell, units=letter(UNITS), features=features, **own, **options)


def _of_one(stored: Stored) -> list[AlgebraResult]:
    from sympy import Poly, expand, factor

    units, features = letter(UNITS), letter(FEATURES)
    count = stored.parameters
    results = [
        AlgebraResult("parameters", count, written(stored.formula)),
        _result("expanded", expand(count)),
        _result("one more unit", expand(count.subs(units, units + 1) - count)),
    ]
    if features in count.free_symbols:
        results.append(
            _result("one more feature", factor(count.subs(features, features + 1) - count))
        )
    leading = Poly(count, units).LT()
    grows = leading[1] * units ** leading[0].exponents[0]
    results.append(_result("dominates for many units", grows))
    return results


def _of_two(one: Stored, other: Stored) -> list[AlgebraResult]:
    from sympy import cancel, factor, limit, oo

    first, second = one.parameters, other.parameters
    ratio = cancel(first / second)
    results = [
        AlgebraResult(f"parameters of {one.cell.name}", first, written(one.formula)),
        AlgebraResult(f"parameters of {other.cell.name}", second, written(other.formula)),
        _result("difference", factor(first - second)),
        _result("ratio", factor(ratio)),
    ]
    for name in (UNITS, FEATURES):
        results.append(_result(f"ratio for many {name}", limit(ratio, letter(name), oo)))
    return results


def _result(what: str, expression: Any) -> AlgebraResult:
    text = str(expression).replace("**", "^").replace("*", "·")
    return AlgebraResult(what, expression, text)
