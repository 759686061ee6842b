"""Cells side by side, under one convention: of given units, or with as many parameters each."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lstminspect import cells, conventions, display
from lstminspect.analysis.solve import solve
from lstminspect.cell import Cell
from lstminspect.conventions import EQUATIONS
from lstminspect.costs.cost import Cost, cost, dtype_of
from lstminspect.display import Answer
from lstminspect.equations.shapes import UNITS
from lstminspect.errors import OptionError, SizeError, flag, quoted
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity, size
from lstminspect.stored import Stored

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lstminspect.names import CellName, ConventionName, DtypeName, LayerOptions, Size

__all__ = ["SideBySide", "common_convention", "compare"]

#: A cell, a cell with units of its own ("gru:73", or a pair), or a whole layer.
Compared: TypeAlias = "Layer | Cell | CellName | str | tuple[CellName | str | Cell, Size]"


@dataclass(frozen=True, repr=False)
class SideBySide(Answer):
    """Layers, each as one and the same convention stores it, and what each costs.

    `budget` is the number of parameters that the units were chosen for, None where they were given.
    The units are the largest within it, or, if `nearest`, those whose count is nearest to it; those
    of the layers at the places in `fixed` were given.
    """

    layers: tuple[Layer, ...]
    stored: tuple[Stored, ...]
    budget: int | None = None
    nearest: bool = False
    fixed: tuple[int, ...] = ()
    dtype: DtypeName = "float32"

    def __repr__(self) -> str:
        layers = [f"{layer.cell.name} ({layer.units!s} units)" for layer in self.layers[:4]]
        if more := len(self.layers) - len(layers):
            layers.append(f"and {more} more")
        return f"<SideBySide of {', '.join(layers)}>"

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """Work, bytes and training memory of each layer under the convention."""
        pairs = zip(self.layers, self.stored, strict=True)
        return tuple(cost(layer, stored.name, self.dtype) for layer, stored in pairs)


def compare(
    *compared: Compared,
    units: Size | None = None,
    features: Size | None = None,
    parameters: int | None = None,
    nearest: bool = False,
    convention: ConventionName | None = None,
    dtype: DtypeName = "float32",
    **options: Unpack[LayerOptions],
) -> SideBySide:
    """Cells, or whole layers, side by side, all counted under one convention.

    The cells have `units`; or each has its own, as "gru:73" or ("gru", 73); or each has the most
    units whose count is within `parameters` (nearest to it, if `nearest`). `options` are the other
    options of Layer, for all of them; of the sizes that cells have of their own, each takes those
    it knows. `dtype` is that of the bytes.

    `convention` counts all. If it is None, all are counted as Keras stores them where Keras has
    them all, and else by their equations. Raises UnknownConvention if the framework does not store
    one of them, SizeError and OptionError as Layer and `solve` do.

    >>> compared = compare("lstm", "gru", "min_gru", features=32, parameters=100_000)
    >>> [(each.cell.name, each.units) for each in compared.layers]
    [('lstm', 142), ('gru', 166), ('min_gru', 1515)]
    >>> [each.parameters for each in compared.stored], compared.stored[0].name
    ([99400, 99268, 99990], 'equations')
    >>> [each.parameters for each in compare("lstm:64", "gru:73", features=3).stored]
    [17408, 17082]
    """
    sizes = {UNITS: units, "features": features, "parameters": parameters}
    asked = options | {name: value for name, value in sizes.items() if value is not None}
    if _is_of_earlier_versions(compared, options):
        validated: SideBySide = _validated(compared, options)
        return validated
    if not compared:
        raise OptionError("compare needs cells: compare('lstm', 'gru', units=64, features=3).")
    nearest = flag("nearest", nearest)
    dtype_of(dtype)  # Raises if there is none.
    budget: int | None = None
    fixed: tuple[int, ...] = ()
    if any(isinstance(each, Layer) for each in compared):
        built = _whole(compared, asked)
    else:
        budget = _budget(asked.pop("parameters", None))
        entries = [_entry(each) for each in compared]
        fixed = tuple(at for at, entry in enumerate(entries) if entry.units is not None)
        built = _built(entries, asked, budget, nearest, convention)
    convention = conventions.chosen(convention, options.get("framework"))
    name = common_convention(built) if convention is None else convention
    stored = tuple(layer.stored(name) for layer in built)
    return SideBySide(tuple(built), stored, budget, nearest, fixed, dtype)


class _Entry(NamedTuple):
    """A cell, and the units that it has whatever the others have."""

    cell: Cell
    units: Quantity | None = None


def _entry(text: Any) -> _Entry:
    """The entry that `text` names.

    >>> _entry("gru:73").units, _entry("lstm").units
    (73, None)
    """
    name, units = text, None
    if isinstance(text, tuple) and len(text) == 2:
        name, units = text
    elif isinstance(text, str) and ":" in text:
        name, _, units = text.partition(":")
    if isinstance(units, str) and re.fullmatch("[0-9]{1,999}", units):
        units = int(units)
    return _Entry(cells.get(name), units)


def _whole(layers: Sequence[Any], asked: Mapping[str, Any]) -> list[Layer]:
    built = [each for each in layers if isinstance(each, Layer)]
    if asked or len(built) < len(layers):
        raise OptionError(
            "compare takes whole layers, or cells with sizes and options for all of them: "
            "compare('lstm', 'gru', units=64, features=3). Do not mix the two."
        )
    return built


def _budget(parameters: Any) -> int | None:
    if parameters is None:
        return None
    budget = size("parameters", parameters)
    if not isinstance(budget, int):
        raise OptionError("parameters must be one whole number, the budget of each cell.")
    return budget


def _built(
    entries: Sequence[_Entry],
    asked: Mapping[str, Any],
    budget: int | None,
    nearest: bool,
    convention: ConventionName | None,
) -> list[Layer]:
    """The layer of each entry, its units found where a budget is given."""
    own = {name for entry in entries for name in entry.cell.own_sizes}
    _check_units(entries, asked, budget, nearest)

    def options(entry: _Entry) -> dict[str, Any]:
        strange = own.difference(entry.cell.own_sizes)
        fitting = {name: value for name, value in asked.items() if name not in strange}
        return fitting if entry.units is None else {**fitting, UNITS: entry.units}

    def layer(entry: _Entry, under: ConventionName | None) -> Layer:
        sizes = options(entry)
        if budget is not None and UNITS not in sizes:
            sizes[UNITS] = _units(entry.cell, budget, nearest, under, sizes)
        return Layer(entry.cell, **sizes)

    built = [layer(entry, convention) for entry in entries]
    if (
        budget is not None
        and convention is None
        and (common := common_convention(built)) == EQUATIONS
    ):
        built = [layer(entry, common) for entry in entries]
    return built


def _check_units(
    entries: Sequence[_Entry], asked: Mapping[str, Any], budget: int | None, nearest: bool
) -> None:
    alone = all(entry.units is not None for entry in entries)
    if budget is not None and UNITS in asked:
        raise OptionError(
            "units and parameters are two ways to say how large the cells are. Give units=64, "
            "or parameters=100000 for equal budgets."
        )
    if budget is None and UNITS not in asked and not alone:
        raise SizeError(
            "units is missing. Give units=64, or 'lstm:64' for each cell, or "
            "parameters=100000 for equal budgets."
        )
    if nearest and budget is None:
        raise OptionError("nearest goes with a budget. Add parameters=100000, or leave it out.")


def _units(
    cell: Cell,
    budget: int,
    nearest: bool,
    convention: ConventionName | None,
    options: dict[str, Any],
) -> int:
    """The most units of `cell` within `budget`, or those whose count is nearest to it."""
    solution = solve(budget, cell, convention, **options)
    value, above = solution.value, solution.above
    assert isinstance(above, int), "units have no largest value"
    below, over = solution.parameters or 0, solution.parameters_above or 0
    if nearest and (value is None or over - budget < budget - below):
        return above
    if value is None:
        raise OptionError(
            f"no {cell.name} is within {budget:,} parameters: {above} "
            f"{'unit has' if above == 1 else 'units have'} {solution.parameters_above:,}. "
            "Give a larger budget, or leave the cell out."
        )
    return value


def common_convention(layers: Sequence[Layer]) -> ConventionName:
    """The convention of all `layers`; the equations' if they differ."""
    own = {layer.convention for layer in layers}
    return own.pop() if len(own) == 1 else EQUATIONS


#: The other arguments of `compare` in earlier versions.
FORMER = {"layer", "seed", "calling"}


def _is_of_earlier_versions(layers: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """True for `compare(layer, "keras")` and `compare(layer)`, which validate now does."""
    if FORMER.intersection(options):
        return True
    if not layers or not isinstance(layers[0], Layer):
        return False
    second = layers[1] if len(layers) == 2 else None
    return len(layers) == 1 or (isinstance(second, str) and second not in cells.names())


def _validated(layers: Sequence[Any], options: Mapping[str, Any]) -> Any:
    framework = options.get("framework", layers[1] if len(layers) > 1 else "keras")
    text = f"compare compares layers. Write lstminspect.validate(layer, {quoted(framework)})."
    warnings.warn(text, DeprecationWarning, stacklevel=3)
    assert display.validate is not None, "lstminspect/__init__.py fills the slot"
    return display.validate(*layers, **options)
