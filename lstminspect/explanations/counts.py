"""From a count to the configurations that have it.

Every count here is u·(A·u + B·f + C) with whole numbers A, B, C that follow from the blocks, so u
divides it: the divisors of the number are tried, and f follows. No float is involved.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from heapq import nsmallest
from math import isqrt
from typing import NamedTuple

from lstminspect import cells, conventions
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError
from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.plausible import oddness, rarity
from lstminspect.layer import Layer
from lstminspect.wording import title

__all__ = ["explain_count", "plausible"]

MOST = 10**18
# Up to here divisors are found by trial division at once; above, SymPy factors the number.
SMALL = 10**10
MOST_STACKED = 4


class Form(NamedTuple):
    """A cell as it is stored: a·u² + b·u·f + c·u parameters, under these conventions."""

    cell: str
    conventions: tuple[str, ...]
    use_bias: bool
    squares: int
    products: int
    units: int


def explain_count(count: int, most: int) -> Explanation:
    """The configurations with `count` parameters, the plausible first."""
    if not 1 <= count <= MOST:
        raise OptionError(f"a count is from 1 to {MOST:,}. Give a smaller one.")
    found = list(_found(count))
    first = nsmallest(most, found, key=lambda each: each[0])
    findings = tuple(_finding(*each[1:]) for each in first)
    number = f"{len(found):,} configurations have" if len(found) != 1 else "1 configuration has"
    listed = f" The {most} most plausible come first." if len(found) > most else ""
    answer = f"{number} {count:,} parameters.{listed}"
    return Explanation(f"{count:,} parameters", answer, findings, len(found))


def plausible(count: int, most: int = 2) -> list[tuple[int, Finding]]:
    """The most plausible recurrent layers with `count` parameters, with and without bias.

    Each comes with its rank.
    """
    if not 1 <= count <= SMALL:
        return []
    layers = list(_found(count))
    return [
        (each[0], _finding(*each[1:]))
        for use_bias in (True, False)
        for each in nsmallest(
            most,
            (each for each in layers if each[1].use_bias == use_bias),
            key=lambda each: each[0],
        )
    ]


@cache
def _forms() -> tuple[Form, ...]:
    """Every way to store a cell that has no sizes of its own; equal ones of a cell are one."""
    merged: dict[tuple[str, bool, int, int, int], tuple[str, ...]] = {}
    for name in cells.names():
        cell = cells.get(name)
        one_number = any(not block.shape for block in cell.blocks)
        if cell.own_sizes or "x" in cell.declared or one_number:
            continue
        for convention in conventions.CONVENTIONS:
            layout = conventions.get(convention)
            if layout.why_unsupported(cell) or (
                convention == conventions.EQUATIONS and name in conventions.get("keras").cells
            ):
                continue
            for use_bias in (True, False) if layout.bias_is_optional else (True,):
                key = (name, use_bias, *_coefficients(layout.blocks(cell, use_bias)))
                merged[key] = (*merged.get(key, ()), convention)
    return tuple(Form(key[0], names, *key[1:]) for key, names in merged.items())


def _coefficients(blocks: tuple[Block, ...]) -> tuple[int, int, int]:
    kinds = [tuple(sorted(block.shape, reverse=True)) for block in blocks]
    return (
        kinds.count((UNITS, UNITS)),
        kinds.count((UNITS, FEATURES)),
        kinds.count((UNITS,)),
    )


def _found(count: int) -> Iterator[tuple[int, Form, int, int, int, int]]:
    """Plausibility, form, units, features, directions and layers of each configuration."""
    divisors = _divisors(count)
    for form in _forms():
        for directions in (1, 2):
            for layers in range(1, MOST_STACKED + 1):
                squares = directions * (form.squares * layers)
                squares += directions * (layers - 1) * form.products * directions
                products, rest = directions * form.products, directions * form.units * layers
                for units in divisors:
                    left = count // units - squares * units - rest
                    if left < products:
                        break
                    if left % products == 0:
                        features = left // products
                        rank = _rank(form, units, features, directions, layers)
                        yield (rank, form, units, features, directions, layers)


def _divisors(count: int) -> list[int]:
    """The divisors of `count`, ascending."""
    if count > SMALL:
        from sympy import divisors

        return [int(each) for each in divisors(count)]
    low = [each for each in range(1, isqrt(count) + 1) if count % each == 0]
    high = [count // each for each in reversed(low)]
    return low + (high[1:] if low[-1] == high[0] else high)


def _rank(form: Form, units: int, features: int, directions: int, layers: int) -> int:
    """Smaller is more plausible: round sizes, few layers, a common cell in a common form."""
    rank = rarity(form.cell) + (0 if "keras" in form.conventions else 1)
    rank += 0 if form.use_bias else 4
    rank += (directions - 1) + 2 * (layers - 1)
    rank += (
        3 * (units < 8) + 3 * (units > 4096) + 2 * (features > 4 * units) + 3 * (features > 1000)
    )
    return rank + oddness(units) + oddness(features, small=True)


def _finding(form: Form, units: int, features: int, directions: int, layers: int) -> Finding:
    layer = Layer(
        form.cell,
        units=units,
        features=features,
        use_bias=form.use_bias,
        bidirectional=directions == 2,
        layers=layers,
    )
    return Finding(
        title(layer), f"{_derivation(layer, form)} in {_named(form)}", _check(layer, form)
    )


def _derivation(layer: Layer, form: Form) -> str:
    from lstminspect.formula import written

    sizes = {name: str(value) for name, value in layer.sizes.items()}
    return written(layer.formula(form.conventions[0]), sizes)


def _named(form: Form) -> str:
    return ", ".join(conventions.get(name).title for name in form.conventions)


def _check(layer: Layer, form: Form) -> str:
    options = [f"--cell {layer.cell.name} --units {layer.units} --features {layer.features}"]
    options += ["--bidirectional"] * layer.bidirectional
    options += [f"--layers {layer.layers}"] * (layer.layers > 1)
    options += ["--no-use-bias"] * (not layer.use_bias)
    if form.conventions[0] != layer.convention:
        options.append(f"--convention {form.conventions[0]}")
    return f"lstminspect {' '.join(options)}"
