"""Forms: how many parameters a recurrent layer has, as a sum of products of its sizes.

Every count here is u·(A·u + B·f + P·p + C) with whole numbers that follow from the blocks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

from lstminspect import cells, conventions
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.layer import Layer

__all__ = ["Configuration", "Form", "forms"]

PROJECTION = "projection"


@dataclass(frozen=True)
class Form:
    """A cell as it is stored under these conventions.

    It has `squares`·u² + `products`·u·f + `projections`·u·p + `units`·u parameters.
    """

    cell: str
    conventions: tuple[str, ...]
    use_bias: bool
    squares: int
    products: int
    projections: int
    units: int

    def terms(self, directions: int, layers: int) -> tuple[int, int, int]:
        """The factors of u², u·f and u in a stack of such layers, without a projection."""
        squares = directions * self.squares * layers
        squares += directions * (layers - 1) * self.products * directions
        return squares, directions * self.products, directions * self.units * layers


@dataclass(frozen=True)
class Configuration:
    """A recurrent layer of a form, and what stands around it in a whole model.

    `dense` are the outputs of a Dense layer after it, `vocabulary` the rows of an Embedding before
    it, which gives its features; 0 where there is none. A smaller `rank` is more plausible.
    """

    rank: int
    form: Form
    units: int
    features: int
    directions: int = 1
    layers: int = 1
    projection: int = 0
    dense: int = 0
    vocabulary: int = 0

    @property
    def layer(self) -> Layer:
        """The recurrent layer alone."""
        return Layer(
            self.form.cell,
            units=self.units,
            features=self.features,
            use_bias=self.form.use_bias,
            bidirectional=self.directions == 2,
            layers=self.layers,
            extra=((PROJECTION, self.projection),) if self.projection else (),
        )


@cache
def forms() -> tuple[Form, ...]:
    """Every way to store a cell that has no sizes of its own but a projection; equal ones once."""
    merged: dict[Form, tuple[str, ...]] = {}
    for name in cells.names():
        cell = cells.get(name)
        one_number = any(not block.shape for block in cell.blocks)
        if cell.ties_features or one_number or name not in _plain_names():
            continue
        for convention in conventions.CONVENTIONS:
            table = conventions.get(convention)
            known = name in conventions.get("keras").cells
            if table.why_unsupported(cell) or (convention == conventions.EQUATIONS and known):
                continue
            for use_bias in (True, False) if table.bias_is_optional else (True,):
                shapes = Counter(
                    tuple(sorted(block.shape, reverse=True))
                    for block in table.blocks(cell, use_bias)
                )
                form = Form(
                    name,
                    (),
                    use_bias,
                    squares=shapes[UNITS, UNITS],
                    products=shapes[UNITS, FEATURES],
                    projections=shapes[UNITS, PROJECTION],
                    units=shapes[UNITS,],
                )
                merged[form] = (*merged.get(form, ()), convention)
    return tuple(replace(form, conventions=names) for form, names in merged.items())


@cache
def _plain_names() -> tuple[str, ...]:
    """The cells without sizes of their own, and the one with a projection that a framework has."""
    stored = conventions.get("pytorch").cells
    return tuple(name for name in cells.names() if name in stored or not cells.get(name).own_sizes)
