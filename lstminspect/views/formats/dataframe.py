"""A DataFrame of pandas: the table of CSV with raw values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lstminspect.optional import present

__all__ = ["written"]


def written(rows: Iterable[tuple[Any, ...]]) -> Any:
    """Rows of raw values, headings first, as a DataFrame; an empty text is a missing value."""
    present("pandas", "dataframe", "pandas", purpose="a DataFrame")
    from pandas import DataFrame

    headings, *values = rows
    whole = [
        [None if isinstance(each, str) and not each else each for each in row] for row in values
    ]
    return DataFrame(whole, columns=list(headings)).convert_dtypes()
