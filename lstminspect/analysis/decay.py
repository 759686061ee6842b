"""The norms of products of many Jacobians, and the half-life that they have."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log

import numpy as np

from lstminspect.analysis.jacobians import Jacobians
from lstminspect.weights.arrays import Array

__all__ = ["half_life_of", "norms_of"]


def norms_of(several: Iterable[Jacobians]) -> tuple[Array, Array, Array]:
    """The logarithms of the norms of the products: of every path, and of each by itself."""
    products = Products(), Products(), Products()
    for lot in several:
        for product, own in zip(products, (lot.every, lot.elementwise, lot.matrices), strict=True):
            product.extend(own)
    every, elementwise, matrices = (np.array(each.logarithms) for each in products)
    return every, elementwise, matrices


class Products:
    """The product of the first 1, 2, ... Jacobians, and the logarithms of its norms, -inf for 0."""

    def __init__(self) -> None:
        self.logarithms: list[float] = []
        self.product: Array | None = None
        self.scale = 0.0

    def extend(self, several: Iterable[Array]) -> None:
        """Multiply by each of `several` Jacobians."""
        for one in several:
            product = one if self.product is None else one @ self.product
            size = np.linalg.norm(product)
            # Scaled at each step, so that nothing gets too large or too small for a number.
            self.product = product / size if size else product
            self.scale += log(size) if size else -inf
            largest = np.linalg.eigvalsh(self.product @ self.product.T)[-1] if size else 1.0
            self.logarithms.append(self.scale + log(largest) / 2)


def half_life_of(found: Array) -> float:
    """The steps after which half is left, by the line of least squares; infinity if none is lost.

    Where nothing at all is left, -inf, it is at most the steps until then.

    >>> round(half_life_of(np.log([0.5, 0.25, 0.125])), 9), half_life_of(np.log([1.0, 1.0]))
    (1.0, inf)
    """
    if not np.isfinite(found).all():
        whole_steps = int(np.isfinite(found).argmin())
        return min(
            float(whole_steps), half_life_of(found[:whole_steps]) if whole_steps > 1 else inf
        )
    steps = np.arange(len(found)) - (len(found) - 1) / 2
    slope = float((steps * found).sum() / (steps * steps).sum())
    return -log(2) / slope if slope < -1e-12 else inf
