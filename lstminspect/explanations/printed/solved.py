"""SolvedRow: what the configuration of each row of a printed table must have been, by its count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lstminspect.analysis.bisection import largest
from lstminspect.explanations.printed.options import (
    FEATURES,
    RECURRENT,
    TYPES,
    WITHOUT_WEIGHTS,
    Option,
    count_of_arguments,
    options,
    options_of_width,
)
from lstminspect.explanations.printed.table import CUT, PrintedRow, PrintedTable
from lstminspect.layer import Shape
from lstminspect.wording import number

__all__ = ["Fit", "SolvedRow", "solved_rows", "total_faults"]

#: Configurations that a sentence lists.
LISTED = 4
WIDTHS = ("units", "hidden_size", "out_features", "output_dim", "embedding_dim")


@dataclass(frozen=True)
class Fit:
    """A configuration that has the count: an option, and the size of what it leaves open."""

    option: Option
    size: int | None

    @property
    def count(self) -> int:
        """Its parameters."""
        return self.option.count(self.size or 0)

    @property
    def units(self) -> int | None:
        """The units of a recurrent layer, also of one inside another."""
        name, inner = self.option.inner or (self.option.layer_type, self.option.config)
        units: int | None = inner.get("units", inner.get("hidden_size"))
        return units if name in RECURRENT else None

    @property
    def text(self) -> str:
        """`LSTM(96): 96 units on 10 features`."""
        option = self.option
        units = "" if self.units is None else f": {number(self.units)} units"
        text = option.code(self.size) + units
        if self.size is None or (option.first and not units):
            return text
        if option.opens == FEATURES:
            return f"{text} on {number(self.size)} features"
        return f"{text} with {option.opens} = {number(self.size)}"


@dataclass(frozen=True)
class SolvedRow:
    """A row with the configurations that fit it, the usual first.

    `inputs` are the shapes that it may read by the table, and `is_told` says that it does. `near`
    are configurations that were expected, where none fits. `has_inner` is True for a row whose
    layers stand below it.
    """

    row: PrintedRow
    source: str = ""
    inputs: tuple[Shape, ...] = ()
    is_told: bool = False
    fits: tuple[Fit, ...] = ()
    near: tuple[Fit, ...] = ()
    has_inner: bool = False

    @property
    def is_sure(self) -> bool:
        """True if one configuration alone has the count."""
        return len(self.fits) == 1 and not self.near

    @property
    def count(self) -> int | None:
        """The printed count, or that of the one configuration that a count which is cut fits."""
        if self.row.count is None and self.is_sure:
            return self.fits[0].count
        return self.row.count

    @property
    def fault(self) -> str:
        """The sentence of a count that does not fit its shape, with what it would be."""
        row = self.row
        if row.count is None or row.is_shared or self.has_inner:
            return ""
        if row.layer_type in WITHOUT_WEIGHTS and row.count:
            return f"{row.layer_type} has no parameters, and {number(row.count)} are printed"
        if self.source == "torchsummary" and not row.count and self.near:
            least = f"{number(self.near[0].count)} ({self.near[0].text})"
            return (
                "0 is printed, as torchsummary counts what is named weight and bias alone; one "
                f"layer in one direction would have {least}"
            )
        if not self.near:
            return ""
        would = " or ".join(f"{number(each.count)} ({each.text})" for each in self.near)
        sentence = f"{number(row.count)} parameters do not fit: it would be {would}"
        if self.fits:
            sentence += f"; {number(row.count)} is the count of {self.fits[0].text}"
        return sentence

    @property
    def sentence(self) -> str:
        """The configuration of the row in words; nothing where there is nothing to solve."""
        row = self.row
        if self.fault or row.is_shared:
            return self.fault
        count = number(row.count) if row.count is not None else f"{row.digits}{CUT}"
        if self.is_sure:
            return f"{self.fits[0].text}, and the count of {count} agrees"
        if self.fits:
            listed = [each.text for each in self.fits[:LISTED]]
            more = len(self.fits) - len(listed)
            rest = f", and {more} more" if more > 0 else ""
            which = "the table does not say which"
            return f"{count} parameters fit {'; or '.join(listed)}{rest}: {which}"
        if self.has_inner and row.count and self.source.startswith("torch"):
            return f"{count} parameters of its own, beside those of its layers"
        if self.has_inner or not (row.count or row.digits):
            return ""
        if self.source == "PyTorch":
            return f"{count} parameters, by the arguments that are printed"
        if row.layer_type in RECURRENT and row.count:
            return (
                f"{count} parameters as printed: the table says neither units nor features, and "
                f"`lstminspect explain {row.count}` lists what has this count"
            )
        return f"{count} parameters as printed: what they are made of is not known"


def solved_rows(table: PrintedTable) -> tuple[SolvedRow, ...]:
    """Every row of a table, solved.

    One count that is cut follows from the total below the table.
    """
    rows = [_completed(row) for row in table.rows]
    if table.source == "PyTorch":
        rows = [replace(row, count=count_of_arguments(row)) for row in rows]
    found = _read(rows, table)
    cut = [at for at, each in enumerate(found) if each.count is None and each.row.digits]
    top = [each for each in found if each.row.depth == 0 and not each.row.is_shared]
    if len(cut) == 1 and found[cut[0]] in top and "total" in table.totals:
        others = sum(each.count or 0 for each in top)
        rest = table.totals["total"] - table.totals.get("optimizer", 0) - others
        if rest > 0 and f"{rest:,}".startswith(rows[cut[0]].digits):
            rows[cut[0]] = replace(rows[cut[0]], count=rest, digits="")
            found = _read(rows, table)
    return tuple(found)


def _read(rows: list[PrintedRow], table: PrintedTable) -> list[SolvedRow]:
    names: dict[str, PrintedRow] = {}
    for row in rows:
        names.setdefault(row.name, row)
    # Keras 1 shows connections in a Sequential too, and never the input layer of one.
    connected = any(row.reads for row in rows)
    old = table.source == "Keras" and connected and rows[0].layer_type != "InputLayer"
    chain = not table.is_torch and not connected and _is_chain(table)
    found = []
    for at, row in enumerate(rows):
        row = rows[at] = _named(row, names)
        inputs = tuple(_inputs(rows, at, names))
        told = chain or row.inputs is not None or row.reads is not None
        empty = SolvedRow(row, table.source, inputs, told, has_inner=table.has_inner(at))
        found.append(_solved(empty, table.is_torch, old))
    return found


def _is_chain(table: PrintedTable) -> bool:
    """True where every layer reads the one above: a Sequential, or a functional model like one."""
    named = table.name == "model" or table.name.startswith("sequential")
    return named or table.rows[0].layer_type == "InputLayer"


def _completed(row: PrintedRow) -> PrintedRow:
    """A row whose class is cut, with the one class that begins so."""
    begun = row.layer_type.rstrip(CUT)
    if begun == row.layer_type:
        return row
    fitting = [name for name in TYPES if begun and name.startswith(begun)]
    short = min(fitting, key=len, default="")
    # `Bidirectio` begins one class alone; `LST` begins LSTM, and LSTMCell, which begins with LSTM.
    alone = short and all(name.startswith(short) for name in fitting)
    return replace(row, layer_type=short if alone else begun)


def _named(row: PrintedRow, names: Mapping[str, PrintedRow]) -> PrintedRow:
    """A row that reads layers by their whole names, where one alone begins as a cut one does."""
    reads = []
    for name, index in row.reads or ():
        begun = name.rstrip(CUT)
        fitting = [each for each in names if each.startswith(begun)]
        whole = begun if begun in names else fitting[0] if len(fitting) == 1 else name
        reads.append((whole if name.endswith(CUT) else name, index))
    return row if row.reads is None else replace(row, reads=tuple(reads))


def _inputs(
    rows: Sequence[PrintedRow], at: int, names: Mapping[str, PrintedRow]
) -> Iterator[Shape]:
    """The shapes that a row may read: one, several where a name is cut, none where it is open."""
    row = rows[at]
    if row.inputs is not None:
        yield row.inputs
    elif row.reads:
        name, index = row.reads[0]
        begun = name.rstrip(CUT)
        sources = [names[begun]] if begun in names else []
        if not sources and name.endswith(CUT):
            sources = [each for key, each in names.items() if key.startswith(begun)]
        yield from (shape for each in sources for shape in (each.outputs or ())[index : index + 1])
    elif row.reads is None:
        place = next((n for n in range(at - 1, -1, -1) if rows[n].depth <= row.depth), None)
        if place is not None and rows[place].depth < row.depth:
            yield from _inputs(rows, place, names)
        elif place is not None:
            yield from (rows[place].outputs or ())[:1]


def _solved(empty: SolvedRow, is_torch: bool, old: bool) -> SolvedRow:
    """The row with the configurations that have the count, or with those that were near."""
    row = empty.row
    if empty.has_inner or row.is_shared or empty.source == "PyTorch":
        return empty
    axis = 1 if is_torch and row.layer_type.startswith("Conv") else -1
    known = [each[axis] for each in empty.inputs if len(each) > 1]
    features = list(dict.fromkeys(each for each in known if each is not None))
    if row.count is None and not row.digits:
        return empty
    every = options(row, is_torch, old)
    if not every:
        wide = (fit for each in features for fit in _of_any_width(row, each, is_torch, old))
        return replace(empty, fits=tuple(wide))
    wanted: list[int | None] = list(features) or [None]
    fits = [fit for size in wanted for each in every if (fit := _fit(each, row, size))]
    if not fits and features:
        free = [fit for each in every if (fit := _fit(each, row, None))]
        if free and not empty.is_told:
            return replace(empty, fits=tuple(free))
        near = _near(every, row, features[0])
        return replace(empty, fits=tuple(free), near=near)
    near = () if fits or row.count is None else _near(every, row, None)
    return replace(empty, fits=tuple(fits), near=near)


def _fit(option: Option, row: PrintedRow, features: int | None) -> Fit | None:
    """The option with the size that gives the count, or None."""
    size = features if option.opens == FEATURES and option.slope else None
    if row.count is None:
        if size is None and option.slope:
            return None
        fit = Fit(option, size)
        return fit if f"{fit.count:,}".startswith(row.digits) else None
    if size is None and option.slope:
        size = option.size(row.count)
        return None if size is None else Fit(option, size)
    fit = Fit(option, size)
    return fit if fit.count == row.count else None


def _near(every: Sequence[Option], row: PrintedRow, features: int | None) -> tuple[Fit, ...]:
    """The usual configuration with its own count: that on `features`, or on those next to it."""
    usual, count = every[0], row.count or 0
    if row.layer_type.startswith("Conv") and "kernel_size" not in row.config:
        return ()
    if not usual.slope:
        return (Fit(usual, None),)
    if usual.opens == FEATURES and features is not None:
        nearest = min(every, key=lambda each: abs(each.count(features) - count))
        both = (usual,) if nearest is usual else (usual, nearest)
        return tuple(Fit(each, features) for each in both)
    below = max(1, (count - usual.intercept) // usual.slope)
    return Fit(usual, below), Fit(usual, below + 1)


def _of_any_width(row: PrintedRow, features: int, is_torch: bool, old: bool) -> Iterator[Fit]:
    """The configurations of a row without a width: the widths that have the count."""
    count = row.count or 0
    plain = {_kind(each) for each in options_of_width(row, 1, is_torch, old)}
    for kind in dict.fromkeys(map(_kind, options_of_width(row, 2, is_torch, old))):
        step = 1 if kind in plain else 2

        def option(steps: int, kind: str = kind, step: int = step) -> Option:
            every = options_of_width(row, steps * step, is_torch, old)
            return next(each for each in every if _kind(each) == kind)

        if not option(1).slope:
            continue
        steps = largest(lambda each: option(each).count(features) <= count)
        if steps and option(steps).count(features) == count:
            yield Fit(option(steps), features)


def _kind(option: Option) -> str:
    """An option without its width: what the options of two widths have in common."""
    name, inner = option.inner or ("", {})
    config = {**option.config, **inner}
    return str([name, *(each for each in config.items() if each[0] not in WIDTHS)])


def total_faults(table: PrintedTable, read: Sequence[SolvedRow]) -> Iterator[str]:
    """Sentences on the total below a table, where it is not the sum of its rows."""
    counted = [each for each in read if not each.row.is_shared]
    if not table.is_torch:
        top = min((each.row.depth for each in counted), default=0)
        counted = [each for each in counted if each.row.depth == top]
    if any(each.count is None for each in counted) or "total" not in table.totals:
        return
    found = sum(each.count or 0 for each in counted)
    total = table.totals["total"] - table.totals.get("optimizer", 0)
    if found != total:
        words = "are missing" if found < total else "are too many"
        yield (
            f"the rows have {number(found)} parameters and the total below them is "
            f"{number(total)}: {number(abs(total - found))} {words}"
        )
