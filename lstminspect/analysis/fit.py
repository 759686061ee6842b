"""A layer or a model on a small machine: the bytes that it needs, and the largest that fits.

What is counted stands in `costs/needs.py` for TensorFlow Lite, and in `exports/c_memory.py` for
code in C, of which `export` has its bytes too. The program and what a runtime keeps are not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import lcm
from typing import TYPE_CHECKING, Any, Protocol, overload

from lstminspect.analysis.bisection import largest
from lstminspect.costs.cost import cost, dtype_of
from lstminspect.costs.needs import Call, Needs, needs_of
from lstminspect.display import Answer, Answers
from lstminspect.errors import LstmInspectError, OptionError, choice, quoted
from lstminspect.layer import Layer, checked_layer

if TYPE_CHECKING:
    from lstminspect.names import DtypeName, RuntimeName

__all__ = ["RUNTIMES", "Fit", "Whole", "bytes_in", "fits"]

#: What runs the layer: TensorFlow Lite and its kin, or code in C of `export`.
RUNTIMES: tuple[RuntimeName, ...] = ("tflite", "c")
#: The types of numbers that code in C has.
IN_C = ("float32", "float64", "int8")
MOST_UNITS = 2**40
FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


class Whole(Protocol):
    """A model of several layers, as far as a fit asks."""

    @property
    def name(self) -> str:
        """The name of the model."""

    @property
    def recurrent(self) -> tuple[tuple[str, Layer], ...]:
        """The recurrent layers in it, by name."""

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of one sequence."""

    def needs(self, dtype: DtypeName) -> Needs:
        """The bytes that the model needs for one sequence."""

    def calls(self, dtype: DtypeName) -> tuple[Call, ...]:
        """The bytes at every call of a layer, in order."""


@dataclass(frozen=True)
class Fit(Answer):
    """The bytes that a layer or a model needs as `dtype`, and the bounds.

    All in bytes; `flash` and `ram` are None where there is no bound. `largest` is the most units
    that fit: None if not even one unit does, and of a model. `runtime` is what runs it.
    """

    subject: Layer | Whole
    dtype: DtypeName
    flash: int | None
    ram: int | None
    needs: Needs
    largest: int | None = None
    runtime: RuntimeName = field(default="tflite", repr=False)

    @property
    def layer(self) -> Layer | None:
        """The layer, or None of a model."""
        return self.subject if isinstance(self.subject, Layer) else None

    @property
    def name(self) -> str:
        """The name of the cell or of the model."""
        return self.subject.cell.name if isinstance(self.subject, Layer) else self.subject.name

    @property
    def needs_flash(self) -> int:
        """Bytes of flash that are needed."""
        return self.needs.flash

    @property
    def needs_ram(self) -> int:
        """Bytes of RAM that are needed."""
        return self.needs.ram

    @property
    def flash_left(self) -> int | None:
        """Bytes of flash that are left, below 0 if it does not fit; None without a bound."""
        return None if self.flash is None else self.flash - self.needs.flash

    @property
    def ram_left(self) -> int | None:
        """Bytes of RAM that are left, below 0 if it does not fit; None without a bound."""
        return None if self.ram is None else self.ram - self.needs.ram

    @property
    def does(self) -> bool:
        """True if it fits."""
        return all(left is None or left >= 0 for left in (self.flash_left, self.ram_left))

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates of a time step of a layer, of a whole sequence through a model."""
        if isinstance(self.subject, Layer):
            count: int = cost(self.subject).step.macs
            return count
        return self.subject.macs

    @property
    def recurrent(self) -> tuple[tuple[str, Layer], ...]:
        """The recurrent layers in it, by name."""
        if isinstance(self.subject, Layer):
            return ((self.name, self.subject),)
        return self.subject.recurrent

    @property
    def calls(self) -> tuple[Call, ...]:
        """The bytes at every call of a layer of a model, in order; of a layer none."""
        return () if isinstance(self.subject, Layer) else self.subject.calls(self.dtype)

    def as_type(self, dtype: DtypeName) -> Fit:
        """The same subject within the same bounds, of numbers of another type."""
        return _fit(self.subject, self.flash, self.ram, dtype, self.runtime)

    def at_largest(self) -> Fit:
        """The layer with the most units that fit; itself if not even one does, and of a model."""
        if self.layer is None or self.largest is None:
            return self
        grown = replace(self.layer, units=self.largest, **_tied(self.layer))
        return replace(self, subject=grown, needs=_needs(grown, self.dtype, self.runtime))


@overload
def fits(
    layer: Layer | Whole,
    flash: int | None = None,
    ram: int | None = None,
    dtype: DtypeName = "int8",
    runtime: RuntimeName = "tflite",
) -> Fit: ...
@overload
def fits(
    layer: Sequence[Layer | Whole],
    flash: int | None = None,
    ram: int | None = None,
    dtype: DtypeName = "int8",
    runtime: RuntimeName = "tflite",
) -> Answers[Fit]: ...
def fits(
    layer: Layer | Whole | Sequence[Layer | Whole],
    flash: int | None = None,
    ram: int | None = None,
    dtype: DtypeName = "int8",
    runtime: RuntimeName = "tflite",
) -> Fit | Answers[Fit]:
    """Tell whether a layer or a model fits `flash` and `ram` bytes when it runs.

    It runs one sequence, or its batch if it has one. Several are sorted: those that fit before
    those that do not, the most units first, then by the bytes that are left. The bytes are those of
    TensorFlow Lite, or with `runtime` "c" those of the code that `export` writes, which a linker's
    map has too. Raises OptionError where there is no bound, or a size is not a number, and for a
    model, several layers or another type of number in C.

    >>> fit = fits(Layer("lstm", units=64, features=3), flash=256 * 1024, ram=64 * 1024)
    >>> fit.does, fit.needs_flash, fit.needs_ram, fit.largest
    (True, 18320, 771, 252)
    >>> cells = [Layer(name, units=1, features=40) for name in ("lstm", "gru", "min_gru")]
    >>> [(fit.layer.cell.name, fit.largest) for fit in fits(cells, flash=64 * 1024)]
    [('min_gru', 744), ('gru', 125), ('lstm', 107)]
    >>> fits(Layer("lstm", units=64, features=40), 128 * 1024, dtype="float32", runtime="c").needs
    Needs(weights=107520, scales=0, states=512, step=0, buffers=416)
    """
    if flash is None and ram is None:
        raise OptionError("fits needs a bound: flash=256 * 1024, ram=64 * 1024, or one of them.")
    for name, bound in (("flash", flash), ("ram", ram)):
        if bound is not None and (
            isinstance(bound, bool) or not isinstance(bound, int) or bound < 1
        ):
            raise OptionError(f"{name} must be bytes, a whole number from 1, got {quoted(bound)}.")
    dtype_of(dtype)
    if choice("runtime", runtime, RUNTIMES) == "c" and dtype not in IN_C:
        raise OptionError(f"code in C has numbers of {', '.join(IN_C)}, got {dtype}. Choose one.")
    if isinstance(layer, list | tuple) and layer:
        found = (_fit(each, flash, ram, dtype, runtime) for each in layer)
        return Answers(sorted(found, key=_rank))
    return _fit(layer, flash, ram, dtype, runtime)


def _rank(fit: Fit) -> tuple[Any, ...]:
    left = tuple(-(0 if each is None else each) for each in (fit.flash_left, fit.ram_left))
    return (not fit.does, -(fit.largest or 0), *left, fit.macs or 0)


def _needs(layer: Layer, dtype: DtypeName, runtime: RuntimeName) -> Needs:
    """The bytes of a layer under a runtime."""
    if runtime == "tflite":
        return needs_of(layer, dtype)
    from lstminspect.exports.c_memory import memory_of

    return memory_of(layer, dtype)


def _fit(
    subject: Any, flash: int | None, ram: int | None, dtype: DtypeName, runtime: RuntimeName
) -> Fit:
    if isinstance(subject, Layer) or not hasattr(subject, "needs"):
        return _of_layer(checked_layer(subject), flash, ram, dtype, runtime)
    if runtime == "c":
        raise OptionError(
            f"code in C is written for one layer, and {subject.name} is a model. Give one of its "
            "layers, or leave the runtime out."
        )
    return Fit(subject, dtype, flash, ram, subject.needs(dtype))


def _of_layer(
    layer: Layer, flash: int | None, ram: int | None, dtype: DtypeName, runtime: RuntimeName
) -> Fit:
    if runtime == "c":
        from lstminspect.exports.export import check_layer

        check_layer(layer, "c")
    if not all(isinstance(size, int) for size in (layer.units, layer.features)):
        raise OptionError("fits needs whole numbers for all sizes, no letters and no arrays.")
    # Units that a cell cuts into equal parts come in multiples of every number of parts.
    cuts = {block.parts for block in layer.cell.blocks if block.structure}
    step = lcm(*(size for name, size in layer.extra if isinstance(size, int) and name in cuts))
    tied = _tied(layer)

    def fit(times: int) -> bool:
        try:
            needs = _needs(replace(layer, units=times * step, **tied), dtype, runtime)
        except LstmInspectError:
            return False
        return Fit(layer, dtype, flash, ram, needs).does

    most = largest(fit, MOST_UNITS) * step or None
    return Fit(layer, dtype, flash, ram, _needs(layer, dtype, runtime), most, runtime)


def _tied(layer: Layer) -> dict[str, Any]:
    """Features that must follow the units, where the cell says so."""
    return {"features": None} if layer.cell.ties_features else {}


def bytes_in(option: str, text: str) -> int:
    """The bytes in `text`: 262144, 256K, 1.5M. Raises OptionError for another text.

    >>> bytes_in("flash", "256K")
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
