"""Other counters: the work that they give for a layer, and why."""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.costs.cost import Cost
from lstminspect.sizes import Quantity, is_array, is_letter

__all__ = ["Counter", "other_counters"]


class Counter(NamedTuple):
    """A counter, the number it gives, and why it is another than the MACs here."""

    what: str
    number: Quantity
    why: str

    @property
    def text(self) -> str:
        """The number as it is printed."""
        return f"{self.number:,}"


def other_counters(found: Cost) -> list[Counter]:
    """The numbers that counters in use give for the batch, where it is known.

    Measured with torchinfo 1.8, fvcore 0.1.5 (issue 98) and PyTorch 2.13.

    >>> from lstminspect import Layer
    >>> from lstminspect import cost
    >>> [each.number for each in other_counters(cost(Layer("lstm", 64, 3, 7, 2)))]
    [247296, 0, 0, 480256]
    """
    layer, whole = found.layer, found.batch
    if whole is None or any(
        is_array(each) or is_letter(each) for each in (whole.macs, layer.units)
    ):
        return []
    counters = []
    if not layer.why_unsupported("pytorch"):
        runs = layer.timesteps * layer.batch
        stored = layer.parameters_in("pytorch")
        counters.append(
            Counter(
                "torchinfo",
                stored * runs,
                f"{stored:,} parameters x {runs:,} steps: both biases count as multiplications",
            )
        )
        counters.append(Counter("fvcore", 0, "it knows no recurrent layer and passes it over"))
        if layer.cell.name == "lstm":
            why = "oneDNN runs the layer as one operation, which it passes over; on meta it agrees"
            counters.append(Counter("FlopCounterMode, CPU", 0, why))
    counters.append(Counter("FLOPs of products", 2 * whole.macs, "a MAC is two operations"))
    return counters
