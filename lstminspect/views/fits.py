"""Several fits: one row each, those that fit first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.analysis.fit import Fit
from lstminspect.answer import Document, Sentence, Table
from lstminspect.views import fit as one
from lstminspect.wording import number

__all__ = ["data", "document", "rows"]

#: The runtime whose kernels stand in the table.
RUNTIME = "tflite-micro"


def document(fits: tuple[Fit, ...]) -> Document:
    """A table of what is needed, what is left, the work of a step, and who runs it."""
    first = fits[0]
    in_c = first.runtime == "c"
    headers = (
        *("cell", "units", "fits", "flash", "flash left", "RAM", "RAM left"),
        *("most units", "MACs", RUNTIME)[: 2 if in_c else 3],
    )
    table = [
        (
            fit.name,
            None if fit.layer is None else fit.layer.units,
            "yes" if fit.does else "no",
            fit.needs_flash,
            fit.flash_left,
            fit.needs_ram,
            fit.ram_left,
            fit.largest,
            fit.macs,
            *([] if in_c else [one.fused(fit, RUNTIME)]),
        )
        for fit in fits
    ]
    bounds = [
        f"{number(bound)} bytes of {name}"
        for name, bound in (("flash", first.flash), ("RAM", first.ram))
        if bound is not None
    ]
    fitting = sum(fit.does for fit in fits)
    some = "" if fitting == len(fits) else f" of {len(fits)}"
    text = (
        "The most units stand first, then what leaves most. MACs are those of one step of a layer, "
        f"of a whole sequence through a model. {one.NOT_COUNTED[first.runtime]}"
    )
    right = (1, 3, 4, 5, 6, 7, 8)
    bound = f"{' and '.join(bounds)}, {first.dtype}{one.in_words(first)}"
    return Document(
        f"{fitting}{some} {_subjects(fits)} within {bound}",
        [
            Table("what fits", headers, table, right, missing="-", least=(8, 6, 4, 9)),
            Sentence(text),
        ],
    )


def _subjects(fits: tuple[Fit, ...]) -> str:
    """The noun for what is to fit."""
    if any(fit.layer is None for fit in fits):
        return "models" if all(fit.layer is None for fit in fits) else "layers and models"
    return "layers"


def data(fits: tuple[Fit, ...]) -> dict[str, Any]:
    """Every fit whole, in order."""
    return {"fits": [one.data(fit) for fit in fits]}


def rows(fits: tuple[Fit, ...]) -> Iterator[tuple[Any, ...]]:
    """One row each, in order."""
    for at, fit in enumerate(fits):
        header, values = one.rows(fit)
        yield from ((*header, "macs"),) if at == 0 else ()
        yield (*values, fit.macs)
