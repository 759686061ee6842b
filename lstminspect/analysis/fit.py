"""A layer on a small machine: the bytes that it needs, and the largest layer that fits.

Flash holds the weights. RAM holds the states, one value of each line of the equations, and the
input and output buffers: those of the whole sequence, or of one step where the time steps are not
known. The program itself and the other layers are not counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import lcm
from typing import Any

from lstminspect.analysis.bisection import largest
from lstminspect.costs.cost import cost
from lstminspect.display import Answer
from lstminspect.errors import LstmInspectError, OptionError, quoted
from lstminspect.layer import Layer, checked_layer

__all__ = ["Fit", "fits", "memory"]

MOST_UNITS = 2**40
FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True)
class Fit(Answer):
    """The bytes that `layer` needs as `dtype`, the bounds, and the largest `units` that fit.

    All in bytes; `flash` and `ram` are None where there is no bound. `largest` is None if not even
    one unit fits.
    """

    layer: Layer
    dtype: str
    flash: int | None
    ram: int | None
    needs_flash: int
    needs_ram: int
    largest: int | None

    @property
    def does(self) -> bool:
        """True if it fits."""
        return _within(self.needs_flash, self.flash) and _within(self.needs_ram, self.ram)


def fits(
    layer: Layer, flash: int | None = None, ram: int | None = None, dtype: str = "int8"
) -> Fit:
    """Tell whether `layer` fits `flash` and `ram` bytes when it runs one sequence as `dtype`.

    Raises OptionError where there is neither, or a size of the layer is not a number.

    >>> fit = fits(Layer("lstm", units=64, features=3), flash=256 * 1024, ram=64 * 1024)
    >>> fit.does, fit.needs_flash, fit.needs_ram, fit.largest
    (True, 18176, 771, 252)
    """
    if flash is None and ram is None:
        raise OptionError("fits needs a bound: flash=256 * 1024, ram=64 * 1024, or one of them.")
    checked_layer(layer)
    if not all(isinstance(size, int) for size in (layer.units, layer.features)):
        raise OptionError("fits needs whole numbers for all sizes, no letters and no arrays.")
    for name, bound in (("flash", flash), ("ram", ram)):
        if bound is not None and (
            isinstance(bound, bool) or not isinstance(bound, int) or bound < 1
        ):
            raise OptionError(f"{name} must be bytes, a whole number from 1, got {quoted(bound)}.")
    layer = replace(layer, batch=1, timesteps=layer.timesteps or 1)
    needs = _needs(layer, dtype)
    # Units that a cell cuts into equal parts come in multiples of every number of parts.
    cuts = {block.parts for block in layer.cell.blocks if block.structure}
    step = lcm(*(size for name, size in layer.extra if isinstance(size, int) and name in cuts))
    tied: dict[str, Any] = {"features": None} if "x" in layer.cell.declared else {}

    def fit(times: int) -> bool:
        try:
            flash_needed, ram_needed = _needs(replace(layer, units=times * step, **tied), dtype)
        except LstmInspectError:
            return False
        return _within(flash_needed, flash) and _within(ram_needed, ram)

    return Fit(layer, dtype, flash, ram, *needs, largest(fit, MOST_UNITS) * step or None)


def _needs(layer: Layer, dtype: str) -> tuple[int, int]:
    """Bytes of flash and of RAM."""
    held = cost(layer, dtype=dtype).bytes
    return held.weights, held.states + held.step + (held.sequences or 0)


def _within(needed: int, bound: int | None) -> bool:
    return bound is None or needed <= bound


def memory(option: str, text: str) -> int:
    """The bytes in `text`: 262144, 256K, 1.5M. Raises OptionError for another text.

    >>> memory("flash", "256K")
    262144
    """
    match = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]{1,3}))?\s*([KMG]?)(?:i?B)?", text.strip(), re.I)
    if not match:
        raise OptionError(f"{option} takes bytes, for example 262144, 256K or 1.5M, got {text!r}.")
    factor = FACTORS[match[3].upper()]
    decimals = match[2] or ""
    bytes_there: int = int(match[1] + decimals) * factor // 10 ** len(decimals)
    if not bytes_there:
        raise OptionError(f"{option} must be more than nothing, got {text!r}.")
    return bytes_there
