"""PrintedTable: the rows of a table of layers as text, shapes and counts as they stand there."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lstminspect.layer import Shape

__all__ = [
    "COUNT",
    "PrintedRow",
    "PrintedTable",
    "cleaned",
    "number_of",
    "shapes_of",
    "totals_of",
]

#: A count with its commas, and not the beginning of a shape.
COUNT = r"(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?=[\s|]|$)"
CUT = "…"


@dataclass(frozen=True)
class PrintedRow:
    """One row: a layer, its shapes, its count; None for what the table does not say.

    `digits` is the beginning of a count that is cut. `reads` are the layers before, each with the
    number of its output. `config` are the arguments where they are printed.
    """

    name: str
    layer_type: str
    outputs: tuple[Shape, ...] | None
    count: int | None
    digits: str = ""
    reads: tuple[tuple[str, int], ...] | None = None
    inputs: Shape | None = None
    depth: int = 0
    trainable: bool | None = None
    is_shared: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def width(self) -> int | None:
        """The size of the last axis of the first output."""
        return self.outputs[0][-1] if self.outputs and self.outputs[0] else None


@dataclass(frozen=True)
class PrintedTable:
    """A table: who printed it, of which model, its rows, and the totals below it."""

    source: str
    name: str
    rows: tuple[PrintedRow, ...]
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_torch(self) -> bool:
        """True for a table of a PyTorch module."""
        return not self.source.startswith("Keras")

    def has_inner(self, at: int) -> bool:
        """True for a row whose layers stand below it, one step in."""
        return at + 1 < len(self.rows) and self.rows[at + 1].depth > self.rows[at].depth


def cleaned(text: str) -> str:
    """The text without colours, HTML, and spaces that are not spaces."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    if re.search(r"</?(?:span|pre|code|td|div)\b|<br|&(?:nbsp|lt|gt|#\d+);", text):
        text = re.sub(r"<br\s*/?>", "\n", text)
        text = html.unescape(re.sub(r"</?[a-zA-Z][^<>\n]{0,400}>", "", text))
    return text.replace("\xa0", " ").replace("\r", "").expandtabs()


def number_of(text: str) -> int | None:
    """A count with its commas as a number."""
    digits = text.replace(",", "").strip("() ")
    return int(digits) if digits.isdigit() and len(digits) <= 18 else None


def shapes_of(text: str) -> tuple[Shape, ...] | None:
    """The shapes in a cell: `[(None, 8), (None, 8)]`, `[-1, 8]`; None where one is not whole."""
    found: list[Shape] = []
    if CUT in text or text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return None
    inner = re.findall(r"\(([^()\[\]]*)\)", text) or re.findall(r"\[([^()\[\]]*)\]", text)
    for each in inner:
        parts = [part.strip() for part in each.split(",") if part.strip()]
        if not all(re.fullmatch(r"None|\?|-?\d{1,15}", part) for part in parts):
            return None
        sizes = [None if part in ("None", "?", "-1") else int(part) for part in parts]
        found.append(tuple(sizes))
    return tuple(found) or None


TOTALS = re.compile(
    r"\b(Total|Trainable|Non-trainable|Optimizer) params(?: \(([\w.]+)\))?: *([\d,]+)(?![\d.])",
    re.IGNORECASE,
)


def totals_of(text: str) -> dict[str, int]:
    """The totals below a table: `total`, `trainable`, `non-trainable`, `optimizer`."""
    found: dict[str, int] = {}
    for name, unit, digits in TOTALS.findall(text):
        count = number_of(digits)
        if count is not None and not unit:
            found.setdefault(name.lower(), count)
    return found
