"""Tables of pandas in a text: which columns they have, as far as the text says.

A DataFrame is followed by its columns, a Series as one of them; how many rows there are is never
known. A number of columns that the text does not say stays open: it is a letter, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeAlias

from lstminspect.models.reading.values import ShapedArray, Unknown, has_entries

__all__ = ["Columns", "Frame", "FrameRows"]

#: A column by its name, None where only its place is known; as a whole None if nothing is known.
Columns: TypeAlias = "tuple[str | None, ...] | None"
#: Which tables have the same columns, where nobody knows which.
KEYS = count()


@dataclass(eq=False)
class Frame:
    """A DataFrame, or a Series, which is one column. Columns are added and dropped in place.

    `width` is the number of columns: a number, a size that is open, or None.
    """

    text: str
    columns: Columns = None
    width: Any = None
    is_series: bool = False
    #: True if a column by its name can be a table: the columns have two levels.
    is_deep: bool = False
    #: Another number as soon as its columns change: what is asked before and after differs.
    key: int = field(default_factory=lambda: next(KEYS), repr=False)

    @property
    def array(self) -> ShapedArray:
        """Its values as an array.

        >>> Frame("df", ("Open", "Close"), 2).array
        ShapedArray(shape=(None, 2))
        """
        return ShapedArray((None,) if self.is_series else (None, self.width))

    def like(self) -> Frame:
        """Another table of the same columns."""
        return replace(self)

    def is_taken(self, whole: Frame) -> bool:
        """True if its width is only asked for, of a table whose own is not known."""
        return whole.width is None and self.columns is None and isinstance(self.width, int)

    def take(self, columns: Columns, width: Any = None) -> None:
        """Have other columns from now on."""
        self.columns = columns
        self.width = width if columns is None else len(columns)
        self.key = next(KEYS)

    def put(self, key: Any, _value: Any = None) -> None:
        """`frame[key] = value`: a column more, where there is none of that name."""
        names = [key] if isinstance(key, str) else key
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            self.take(None)
        elif self.columns is not None and None not in self.columns:
            self.take((*self.columns, *(each for each in names if each not in self.columns)))
        elif self.columns is None or not set(names) <= set(self.columns):
            self.take(None)

    def rename(self, name: str, value: Any) -> None:
        """`frame.columns = [...]`, or a column by its name as an attribute."""
        if name == "columns":
            plain = isinstance(value, list | tuple) and not has_entries(value)
            names = tuple(each if isinstance(each, str) else None for each in value if plain)
            self.take(names) if plain else self.take(None, self.width)

    def without(self, names: Any) -> Frame:
        """The table when columns are dropped; open unless all of them are among its columns."""
        found = self.like()
        several = names if isinstance(names, list | tuple) else [names]
        known = self.columns is not None and all(
            isinstance(each, str) and each in self.columns for each in several
        )
        left = [each for each in self.columns or () if each not in several]
        found.take(tuple(left) if known else None)
        return found

    def named(self, names: Sequence[Any]) -> Frame:
        """The table of the columns of these names."""
        return Frame(self.text, tuple(map(str, names)), len(names))

    def series(self) -> Frame | Unknown:
        """One column of it."""
        return Unknown(self.text) if self.is_deep else Frame(self.text, is_series=True)


@dataclass(frozen=True, eq=False)
class FrameRows:
    """`frame.iloc` or `frame.loc`, also of what is not known to be a table."""

    frame: Frame
    name: str
