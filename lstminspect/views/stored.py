"""The tensors of a layer under one convention, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.analysis.report import Report
from lstminspect.answer import Derivation, Document, Table
from lstminspect.formula import written
from lstminspect.layer import Weight
from lstminspect.sizes import is_array, is_letter
from lstminspect.stored import Stored
from lstminspect.wording import number, size_texts

__all__ = ["data", "document", "rows", "tensor", "tensors"]


def document(stored: Stored) -> Document:
    """The count and the tensors."""
    count = stored.parameters
    exact = not is_letter(count) and not is_array(count)
    derivation = Derivation(stored.formula, size_texts(stored), count if exact else None)
    title = f"{stored.cell.name} as {stored.title} stores it: {number(count)} parameters"
    return Document(title, [derivation, tensors(stored)])


def tensors(answer: Report | Stored) -> Table:
    """The stored tensors with their shapes and blocks, and their total."""
    rows = [
        (weight.name, weight.shape, weight.parameters, _stacked(weight))
        for weight in answer.weights
    ]
    headers = ("name", "shape", "parameters", "stacks")
    return Table("weights", headers, rows, total=("total", "", answer.parameters, ""))


def _stacked(weight: Weight) -> str:
    """The blocks of a tensor, row by row: `b_z b_r b_n / b_z b_r d_n`."""
    length = len(weight.blocks) // weight.rows
    rows = [weight.blocks[start : start + length] for start in range(0, len(weight.blocks), length)]
    return " / ".join(" ".join(row) for row in rows)


def data(stored: Stored) -> dict[str, Any]:
    """The count, its formula, and every tensor."""
    return {
        "cell": stored.cell.name,
        "convention": stored.name,
        "parameters": stored.parameters,
        "formula": written(stored.formula),
        "derivation": written(stored.formula, size_texts(stored)),
        "weights": [tensor(weight) for weight in stored.weights],
    }


def tensor(weight: Weight) -> dict[str, Any]:
    """One tensor by name."""
    return {
        "name": weight.name,
        "shape": weight.shape,
        "parameters": weight.parameters,
        "gates": weight.gates,
        "blocks": weight.blocks,
        "layer": weight.layer,
        "direction": weight.direction,
    }


def rows(stored: Stored) -> Iterator[tuple[Any, ...]]:
    """One row per tensor."""
    yield ("name", "shape", "parameters", "gates", "layer", "direction")
    for weight in stored.weights:
        head = (weight.name, weight.shape, weight.parameters)
        yield (*head, " ".join(weight.gates), weight.layer, weight.direction)
