"""Layers side by side under one convention: sizes, counts and costs, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from lstminspect.analysis.compare import SideBySide, compare
from lstminspect.analysis.curves import Chart, curves_of
from lstminspect.answer import Document, Mathematics, Part, Prose, Table
from lstminspect.conventions import EQUATIONS
from lstminspect.costs.cost import Cost
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity, is_array, is_letter
from lstminspect.stored import Stored
from lstminspect.terms.catalogue import returned_shapes
from lstminspect.wording import number

__all__ = ["chart", "data", "document", "picture", "rows", "share"]

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture
    from lstminspect.names import AxisName

Answer: TypeAlias = SideBySide | tuple[Layer, ...]


def document(answer: Answer) -> Document:
    """Sizes, counts and costs, a row each; then the formulas and what is returned."""
    compared = _compared(answer)
    formulas = [
        (layer.cell.name, Mathematics(stored.formula), returned_shapes(layer))
        for layer, stored in _pairs(compared)
    ]
    parts: list[Part] = [
        _table(compared),
        *_reasons(compared),
        Prose(_columns(compared)),
        Table("formulas", ("cell", "formula", "returns"), formulas, ()),
    ]
    return Document(_title(compared), parts)


def _table(compared: SideBySide) -> Table:
    measure = "of the first" if compared.budget is None else "off budget"
    kept = "training, a step" if _of_a_step(compared) else "training bytes"
    headers = ("cell", "units", "parameters", measure, "MACs", "state", "bytes", kept)
    table = [
        (
            layer.cell.name,
            layer.units,
            stored.parameters,
            _measured(compared, stored),
            cost.step.macs,
            state_of(layer),
            cost.bytes.weights,
            _kept(cost, _of_a_step(compared)),
        )
        for (layer, stored), cost in zip(_pairs(compared), compared.costs, strict=True)
    ]
    right = tuple(range(1, len(headers)))
    return Table("side by side", headers, table, right, least=(6, 5, 7, 4))


def _title(compared: SideBySide) -> str:
    first = compared.stored[0]
    by = "counted by the equations" if first.name == EQUATIONS else f"as {first.title} stores them"
    sizes = []
    if compared.budget is not None:
        near = "of about" if compared.nearest else "within"
        sizes.append(f"{near} {number(compared.budget)} parameters")
    elif units := _shared(compared, "units"):
        sizes.append(f"of {units}")
    if features := _shared(compared, "features"):
        sizes.append(f"on {features}")
    return f"{' '.join([f'{len(compared.layers)} cells', *sizes])}, {by}"


def _shared(compared: SideBySide, name: str) -> str:
    """A size with its name if all layers have the same."""
    sizes = [getattr(layer, name) for layer in compared.layers]
    if any(is_array(each) for each in sizes):
        return f"{number(sizes[0])} {name}" if all(each is sizes[0] for each in sizes) else ""
    return f"{number(sizes[0])} {name}" if all(each == sizes[0] for each in sizes) else ""


def _reasons(compared: SideBySide) -> Iterator[Prose]:
    """Say why these units, and why this convention, where the reader did not choose it."""
    if compared.budget is not None:
        what = "those whose count is nearest to it" if compared.nearest else "the most within it"
        text = f"The budget is {number(compared.budget)} parameters; the units are {what}"
        given = [compared.layers[at] for at in compared.fixed]
        names = " and ".join(f"{each.cell.name}:{each.units}" for each in given)
        yield Prose(f"{text}, but for {names}." if given else f"{text}.")
    conventions = {layer.convention for layer in compared.layers}
    if compared.stored[0].name == EQUATIONS and conventions != {EQUATIONS}:
        strange = [each.cell.name for each in compared.layers if each.convention == EQUATIONS]
        if strange:
            yield Prose(
                f"Keras does not store {' and '.join(dict.fromkeys(strange))}: all are counted by "
                "their equations, so that the counts can be compared."
            )


def _of_a_step(compared: SideBySide) -> bool:
    """True if the time steps are not known, so that the training memory is that of a step."""
    return any(cost.training.kept is None for cost in compared.costs)


def _columns(compared: SideBySide) -> str:
    """A sentence about each column."""
    text = (
        "MACs: the multiply-accumulates of one step of one sequence. State: the numbers that one "
        f"step hands to the next. Bytes: those of the weights, in {compared.dtype}. "
    )
    if _of_a_step(compared):
        return f"{text}Training: the bytes of a step that back-propagation reads again."
    of = "a sequence" if all(layer.batch is None for layer in compared.layers) else "the batch"
    return (
        f"{text}Training: the bytes of every step of {of} that back-propagation reads again, of "
        "the weights, the gradients, and two more numbers for each weight (Adam)."
    )


def state_of(layer: Layer) -> Quantity:
    """The numbers that one step of one sequence hands to the next."""
    shapes = layer.state_shapes.values()
    total: Quantity = 0
    for shape in shapes:
        total = total + shape[-1]
    return total


def _kept(cost: Cost, of_a_step: bool) -> Quantity:
    """The bytes that training keeps, of a step or of all."""
    training = cost.training
    return training.per_step * training.bytes_each if of_a_step else training.bytes()


def _measured(compared: SideBySide, stored: Stored) -> str:
    if compared.budget is None:
        return share(stored, compared.stored[0])
    return f"{_percent(Fraction(stored.parameters, compared.budget) - 1, 2)} %"


def _percent(value: Fraction, places: int) -> str:
    """A fraction in hundredths with its sign, exactly rounded.

    >>> _percent(Fraction(-6, 1000), 2), _percent(Fraction(0), 2)
    ('-0.60', '0.00')
    """
    rounded = round(abs(value) * 100 * 10**places)
    sign = "" if not rounded else "-" if value < 0 else "+"
    digits = f"{rounded:0{places + 1}d}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def share(one: Stored, first: Stored) -> str:
    """The count of `one` in counts of `first`, as a fraction and a percentage."""
    if any(is_letter(each.parameters) or is_array(each.parameters) for each in (one, first)):
        return ""
    if not first.parameters:
        return ""  # A cell without parameters measures nothing.
    exact = Fraction(one.parameters, first.parameters)
    tenths = round(exact * 1000)
    return f"{exact} ({tenths // 10}.{tenths % 10} %)"


def _difference(compared: SideBySide, stored: Stored) -> float | None:
    """The distance of the count from the budget, or from the first count, as a part of it."""
    measure = compared.stored[0].parameters if compared.budget is None else compared.budget
    count = stored.parameters
    if any(is_letter(each) or is_array(each) for each in (measure, count)) or not measure:
        return None
    return float(Fraction(count, measure) - 1)


def data(answer: Answer) -> dict[str, Any]:
    """Sizes, count, formula, shapes and costs of every layer."""
    compared = _compared(answer)
    return {
        "budget": compared.budget,
        "nearest": compared.nearest,
        "dtype": compared.dtype,
        "layers": [
            {
                "cell": layer.cell.name,
                "units": layer.units,
                "features": layer.features,
                "convention": stored.name,
                "parameters": stored.parameters,
                "difference": _difference(compared, stored),
                "macs_per_step": cost.step.macs,
                "state": state_of(layer),
                "weight_bytes": cost.bytes.weights,
                "training_bytes_per_step": cost.training.per_step * cost.training.bytes_each,
                "training_bytes": cost.training.bytes(),
                "formula": written(stored.formula),
                "output_shapes": returned_shapes(layer),
                "state_shapes": layer.state_shapes,
            }
            for (layer, stored), cost in zip(_pairs(compared), compared.costs, strict=True)
        ],
    }


#: The columns of a row, by their names in the data.
ROW = (
    "cell", "convention", "units", "features", "parameters", "difference", "macs_per_step",
    "state", "weight_bytes", "training_bytes_per_step", "training_bytes", "output_shapes",
)  # fmt: skip


def chart(answer: Answer, against: AxisName | None = None) -> Chart:
    """A curve for each layer: see `lstminspect.analysis.curves.curves_of`."""
    return curves_of(_compared(answer), against)


#: What can be drawn of a comparison.
PICTURES = ("curves", "weights")


def picture(answer: Answer, what: str = "curves") -> Picture:
    """The curves drawn, or the weights of all layers to one scale."""
    from lstminspect.figures.chart import picture_of_chart
    from lstminspect.figures.figure import side_by_side

    if what == "curves":
        return picture_of_chart(chart(answer))
    compared = _compared(answer)
    return side_by_side(compared.layers, compared.stored[0].name)


def rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    """One row per layer."""
    yield ROW
    yield from (tuple(each[name] for name in ROW) for each in data(answer)["layers"])


def _pairs(compared: SideBySide) -> Iterator[tuple[Layer, Stored]]:
    return zip(compared.layers, compared.stored, strict=True)


def _compared(answer: Answer) -> SideBySide:
    return answer if isinstance(answer, SideBySide) else compare(*answer)
