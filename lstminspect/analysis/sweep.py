"""Many configurations: side by side, over ranges, and a window in place of a memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, overload

from lstminspect import cells, conventions
from lstminspect.analysis.compare import common_convention
from lstminspect.cell import Cell
from lstminspect.display import Answer, Answers
from lstminspect.errors import OptionError, quoted
from lstminspect.layer import Layer, checked_layer
from lstminspect.sizes import is_array, size

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lstminspect.names import CellName, ConventionName, LayerOptions, Size

__all__ = ["SweepRow", "Window", "sweep", "window"]

# Counted at once in NumPy: a few megabytes, whatever the size of the sweep.
CHUNK = 100_000

# A layer of a window network: every unit sees every number of the window at once.
PERCEPTRON = Cell("h = W_h @ x + b_h", name="window network")


class _SweepRow(NamedTuple):
    cell: str
    convention: str
    units: int
    features: int
    parameters: int


class SweepRow(Answer, _SweepRow):
    """One configuration of a sweep and its count."""

    __slots__ = ()


#: A cell, the convention it is counted by, and the options of its layers.
_Plan: TypeAlias = tuple[Cell, str, dict[str, Any]]


@dataclass(frozen=True, repr=False, eq=False)
class Sweep(Answer, Sequence[SweepRow]):
    """The rows of a sweep: a sequence that counts a row when it is read, and keeps none.

    >>> rows = sweep(["lstm", "gru"], range(1, 10**7), range(1, 10**6))
    >>> len(rows), rows[-1].cell, len(rows[:2])
    (19999978000002, 'gru', 2)
    """

    plans: tuple[_Plan, ...]
    units: Sequence[int]
    features: Sequence[int]

    def __repr__(self) -> str:
        cells = ", ".join(cell.name for cell, _, _ in self.plans)
        sizes = f"{len(self.units):,} units x {len(self.features):,} features"
        return f"<Sweep of {cells}: {sizes}, {self._rows:,} rows>"

    def __iter__(self) -> Iterator[SweepRow]:
        return _swept(self.plans, self.units, self.features)

    def __len__(self) -> int:
        return self._rows

    @property
    def _rows(self) -> int:
        """The number of rows, which can be above the largest length that Python's `len` gives."""
        return len(self.plans) * len(self.units) * len(self.features)

    @overload
    def __getitem__(self, at: int) -> SweepRow: ...
    @overload
    def __getitem__(self, at: slice) -> Answers[SweepRow]: ...
    def __getitem__(self, at: int | slice) -> SweepRow | Answers[SweepRow]:
        place = range(self._rows)[at]
        if isinstance(place, range):
            return Answers(self[each] for each in place)
        rest, feature = divmod(place, len(self.features))
        plan, unit = divmod(rest, len(self.units))
        side = slice(feature, feature + 1)
        return next(
            _swept(self.plans[plan : plan + 1], self.units[unit : unit + 1], self.features[side])
        )


class _Window(NamedTuple):
    steps: int
    perceptron: int
    recurrent: int


class Window(Answer, _Window):
    """Parameters of a hidden layer that sees `steps` steps at once, and of a recurrent one."""

    __slots__ = ()


def sweep(
    chosen: Sequence[CellName | str | Cell],
    units: Sequence[int],
    features: Sequence[int],
    convention: ConventionName | None = None,
    **options: Unpack[LayerOptions],
) -> Sweep:
    """A row for every cell, every units and every features, in this order, counted when read.

    All are counted under `convention`; if it is None, under their own, or the equations' if those
    differ. Of the sizes that cells have of their own, each takes those it knows. Memory is bounded
    whatever the ranges hold: `range` objects are never laid out whole. Raises SizeError,
    OptionError or UnknownConvention as Layer does, before the first row.

    >>> [row.parameters for row in sweep(["lstm"], range(1, 4), [3])]
    [20, 48, 84]
    """
    sides = [("units", units), ("features", features)]
    for name, values in sides:
        for value in _ends(name, values):
            size(name, value)
    plans: list[tuple[Layer, dict[str, Any]]] = []
    if isinstance(chosen, str) or not isinstance(chosen, Iterable) or is_array(chosen):
        raise OptionError(f"the cells must be a list of names or Cells, got {quoted(chosen)}.")
    chosen_cells = [cells.get(each) for each in chosen]
    own = {name for cell in chosen_cells for name in cell.own_sizes}
    for cell in chosen_cells:
        strange = own.difference(cell.own_sizes)
        fitting: dict[str, Any] = {
            name: value for name, value in options.items() if name not in strange
        }
        first = Layer(cell, units=units[0], features=features[0], **fitting)
        plans.append((first, fitting))
    chosen_name = conventions.chosen(convention, options.get("framework"))
    if chosen_name is None:
        chosen_name = common_convention([first for first, _ in plans])
    stored = [(first.cell, first.stored(chosen_name).name, fitting) for first, fitting in plans]
    return Sweep(tuple(stored), units, features)


def _ends(name: str, values: Any) -> tuple[Any, Any]:
    """The first and the last of the sizes to sweep over."""
    try:
        empty = not len(values)
        ends = None if empty or isinstance(values, str | bytes) else (values[0], values[-1])
    except Exception:  # A value of the caller's can raise anything.
        empty, ends = False, None
    if empty:
        raise OptionError(f"{name} has no value to sweep over.")
    if ends is None or getattr(values, "ndim", 1) != 1:
        hint = "Give a list or a range."
        raise OptionError(f"{name} must be sizes in order, got {quoted(values)}. {hint}")
    return ends


def _swept(
    plans: Iterable[_Plan], units: Sequence[int], features: Sequence[int]
) -> Iterator[SweepRow]:
    import numpy

    wide = min(len(features), CHUNK)
    high = max(1, CHUNK // wide)
    for cell, convention, options in plans:
        for start in range(0, len(units), high):
            some = numpy.array(units[start : start + high])
            for left in range(0, len(features), wide):
                others = numpy.array(features[left : left + wide])
                layer = Layer(cell, units=some[:, None], features=others[None, :], **options)
                counts = layer.stored(convention).parameters.tolist()
                for unit, row in zip(some.tolist(), counts, strict=True):
                    for feature, count in zip(others.tolist(), row, strict=True):
                        yield SweepRow(cell.name, convention, unit, feature, count)


def window(layer: Layer, steps: Iterable[Size]) -> Answers[Window]:
    """The count of a network that sees a window of each of `steps`, against that of `layer`.

    The window network has one hidden layer of the same units, whose inputs are all numbers of the
    window at once: its count grows with the window. The recurrent layer's does not.

    >>> [row.perceptron for row in window(Layer("lstm", units=64, features=3), [1, 100])]
    [256, 19264]
    """
    layer = checked_layer(layer)
    if not isinstance(layer.parameters, int):
        raise OptionError("windows are compared in numbers. Give whole numbers for all sizes.")
    rows = []
    if isinstance(steps, str) or not isinstance(steps, Iterable) or getattr(steps, "ndim", 1) != 1:
        raise OptionError(f"steps must be the lengths of windows, got {quoted(steps)}.")
    for each in steps:
        step = size("a window", each)
        inputs = {"units": layer.units, "features": step * layer.features}
        rows.append(Window(step, PERCEPTRON.count(**inputs), layer.parameters))
    return Answers(rows)
