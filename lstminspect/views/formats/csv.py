"""CSV: one table, as many fields in every row, so that a spreadsheet can filter and add up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from lstminspect.sizes import Quantity, is_array
from lstminspect.views.formats.text import text_of

__all__ = ["written"]


def written(rows: Iterable[tuple[Any, ...]]) -> str:
    """Rows of raw values, headings first, as CSV without a final line end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue().removesuffix("\n")


def _plain(value: Quantity) -> Any:
    """A shape as text, an array as its numbers, the rest as Python writes it; None is empty."""
    if is_array(value):
        return " ".join(str(each) for each in value.flat)
    return text_of(value) if isinstance(value, tuple) else value
