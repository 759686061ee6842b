"""A fit: what a layer needs, what there is, and the largest that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from lstminspect.analysis.fit import Fit
from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.teaching.snippets import counted
from lstminspect.wording import describe, number

__all__ = ["data", "document", "rows"]

INT8 = (
    "int8 as microcontroller kernels have it: weights, input and h in 8 bits, biases in 32, cell "
    "state and gates in 16."
)


def document(fit: Fit) -> Document:
    """The bytes that are needed and that there are, and the largest that fits."""
    headers = ("memory", "needed", "there is", "")
    parts: list[Part] = [Table("bytes", headers, list(_needs(fit)), right=(1, 2), missing="-")]
    parts.append(Sentence("Not even one unit fits." if fit.largest is None else _largest(fit)))
    if fit.dtype == "int8":
        parts.append(Sentence(INT8))
    verdict = "fits" if fit.does else "does not fit"
    return Document(f"{describe(fit.layer)}, {fit.dtype}: {verdict}", parts)


def _largest(fit: Fit) -> str:
    steps = fit.layer.timesteps
    return (
        f"The largest that fits has {number(fit.largest)} units (`{_command(fit)}`). Flash "
        "holds the weights, RAM the states, one value of each line of the equations, and "
        f"input and output of {number(steps)} {'step' if steps == 1 else 'steps'}; the "
        "program and other layers are not counted."
    )


def _command(fit: Fit) -> str:
    """The line that shows what the largest layer costs."""
    tied: dict[str, Any] = {"features": None} if "x" in fit.layer.cell.declared else {}
    largest = replace(fit.layer, units=fit.largest, batch=None, **tied)
    checks = counted(largest, "--cost")
    return checks[0].lines[0] if checks else "lstminspect --equations FILE --cost"


def _needs(fit: Fit) -> Iterator[tuple[str, int, int | None, str]]:
    for name, needed, bound in (
        ("flash", fit.needs_flash, fit.flash),
        ("RAM", fit.needs_ram, fit.ram),
    ):
        verdict = ""
        if bound is not None:
            left = bound - needed
            verdict = f"{number(left)} left" if left >= 0 else f"{number(-left)} too many"
        yield name, needed, bound, verdict


def data(fit: Fit) -> dict[str, Any]:
    """The bytes that are needed and that there are, and the verdict."""
    return {
        "cell": fit.layer.cell.name,
        **_fields(fit),
        "units": fit.layer.units,
        "fits": fit.does,
    }


def _fields(fit: Fit) -> dict[str, Any]:
    return {each.name: getattr(fit, each.name) for each in fields(Fit) if each.name != "layer"}


def rows(fit: Fit) -> Iterator[tuple[Any, ...]]:
    """One row."""
    yield tuple(_fields(fit))
    yield tuple(_fields(fit).values())
