"""Functions and methods of pandas: the columns of the tables that they give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect.models.reading.array_functions import array_from
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.values import DottedName, ShapedArray, Unknown

__all__ = ["are_names", "frame_call", "frame_method"]

#: Functions that read a table from a file or from the network.
READS = frozenset((
    "read_csv", "read_table", "read_excel", "read_parquet", "read_feather", "read_hdf",
    "read_fwf", "read_sql", "read_sql_query",
))  # fmt: skip
#: Methods that keep the columns.
KEEPS = frozenset((
    "fillna", "sort_values", "sort_index", "head", "tail", "sample", "copy", "astype", "ffill",
    "bfill", "interpolate", "drop_duplicates", "shift", "diff", "pct_change", "round", "clip",
    "abs", "replace", "rolling", "ewm", "expanding", "cumsum", "add", "sub", "mul", "div",
    "subtract", "divide", "multiply", "where", "mask", "infer_objects", "convert_dtypes", "query",
    "truncate", "tz_localize", "first", "last", "asfreq", "rename", "rename_axis", "transform",
))  # fmt: skip
#: Methods that take the rows away; after `rolling(7)` and the like they keep everything.
REDUCES = frozenset(("mean", "std", "sum", "min", "max", "var", "median", "prod"))
#: How the text of a table ends while only `rolling` is called.
WINDOW = " in windows"
MAPS = frozenset(("apply", "map"))
#: What `axis` can be: the rows or the columns.
AXES = (0, 1, "index", "rows", "columns")
#: Questions about each entry of a Series, and those that leave it as it is.
ASKS = frozenset(("isin", "isna", "notna", "isnull", "notnull", "reset_index", "between"))


def _argument(
    arguments: list[Any], options: dict[str, Any], place: int, name: str, default: Any = None
) -> Any:
    """An argument by its place or by its name."""
    return arguments[place] if len(arguments) > place else options.get(name, default)


def _axis(axis: Any) -> int | None:
    """0 for rows, 1 for columns; None where it is open."""
    return {"index": 0, "rows": 0, "columns": 1}.get(axis, axis) if axis in AXES else None


def _index(options: dict[str, Any]) -> int | None:
    """The number of columns that become the index; None where that is open."""
    index = options.get("index_col")
    if index is None or index is False:
        return 0
    if isinstance(index, list | tuple):
        return len(index)
    return 1 if isinstance(index, str | int) else None


def _read(text: str, options: dict[str, Any]) -> Frame | None:
    """The table of `read_csv` and the like: its columns, where `usecols` or `names` say them."""
    open_ended = ("squeeze", "chunksize", "iterator", "sheet_name", "**")
    if any(options.get(each) for each in open_ended) or isinstance(options.get("header"), list):
        return None
    several = options.get("usecols", options.get("names"))
    index = _index(options)
    plain = isinstance(several, list | tuple) and all(
        isinstance(each, str | int) for each in several
    )
    if not plain or not several or index is None:
        return Frame(text)
    names: list[str | None] = [each if isinstance(each, str) else None for each in several]
    own = options.get("index_col")
    for each in own if isinstance(own, list | tuple) else [own]:
        if isinstance(each, str) and each in names:
            names.remove(each)
        elif isinstance(each, str):
            return Frame(text, None, len(names) - index)
        elif isinstance(each, int) and each is not False:
            # The order of usecols is that of the file: which one is the index is not known.
            names = [None] * (len(names) - 1)
    return Frame(text, tuple(names), len(names)) if names else Frame(text)


def _made(text: str, arguments: list[Any], options: dict[str, Any]) -> Frame:
    """`DataFrame(data, columns=...)`; `DataFrame()` has no columns yet."""
    if not arguments and not options:
        return Frame(text, (), 0)
    data = _argument(arguments, options, 0, "data")
    columns = _argument(arguments, options, 2, "columns")
    if isinstance(columns, list | tuple) and columns:
        return _of_names(text, columns)
    if isinstance(data, dict) and data and columns is None:
        return _of_names(text, list(data))
    if isinstance(data, Frame) and columns is None:
        return data.like() if not data.is_series else Frame(text, None, 1)
    found = array_from(data)
    if found is None or len(found.shape) > 2:
        return Frame(text)
    return Frame(text, None, found.shape[1] if len(found.shape) == 2 else 1)


def _of_names(text: str, names: list[Any] | tuple[Any, ...]) -> Frame:
    plain = all(isinstance(each, str) for each in names)
    return Frame(text, tuple(names), len(names)) if plain else Frame(text, None, len(names))


def _joined(text: str, arguments: list[Any], options: dict[str, Any]) -> Frame:
    """`concat([one, other], axis=1)`: side by side, or one below the other."""
    several = _argument(arguments, options, 0, "objs")
    axis = _axis(_argument(arguments, options, 1, "axis", 0))
    if not isinstance(several, list | tuple) or not all(isinstance(one, Frame) for one in several):
        return Frame(text)
    if axis == 1:
        widths = [1 if each.is_series else each.width for each in several]
        whole = all(isinstance(each, int) for each in widths)
        return Frame(text, None, sum(widths) if whole else None)
    first = several[0] if several else Frame(text)
    same = all((one.columns, one.width, one.is_series) ==
               (first.columns, first.width, first.is_series) for one in several)  # fmt: skip
    known = first.is_series or first.columns is not None
    return first.like() if same and known and axis == 0 else Frame(text)


def frame_call(callee: DottedName, arguments: list[Any], options: dict[str, Any]) -> Any:
    """The table that a function of pandas gives; NOTHING for another function.

    >>> frame_call(DottedName("pd.read_csv"), ["a.csv"], {"usecols": [1]}).width
    1
    """
    first, text = callee.name.partition(".")[0], callee.text or callee.name
    if first not in ("pd", "pandas"):
        return NOTHING
    if callee.last in READS:
        found = _read(text, options)
        return NOTHING if found is None else found
    if callee.last == "DataFrame":
        return _made(text, arguments, options)
    if callee.last == "Series":
        return Frame(text, is_series=True)
    if callee.last == "concat":
        return _joined(text, arguments, options)
    kept = callee.last in ("to_numeric", "to_datetime", "DataFrame") and bool(arguments)
    return arguments[0].like() if kept and isinstance(arguments[0], Frame) else NOTHING


def frame_method(
    frame: Frame, name: str, arguments: list[Any], options: dict[str, Any]
) -> Frame | ShapedArray | Unknown | None:
    """The result of a method of a table; None where that is open.

    >>> frame_method(Frame("df", ("a", "b"), 2), "drop", ["b"], {"axis": 1}).columns
    ('a',)
    """
    if name in ("to_numpy", "as_matrix", "get_values"):
        return frame.array
    if name in REDUCES and not frame.text.endswith(WINDOW):
        return _reduced(frame, arguments, options)
    found = _changed(frame, name, arguments, options)
    if found is None or options.get("inplace") is not True:
        if found is None and options.get("inplace") not in (None, False):
            frame.take(None)
        return found
    if found.columns != frame.columns or found.width != frame.width:
        frame.take(found.columns, found.width)
    return None


def _reduced(
    frame: Frame, arguments: list[Any], options: dict[str, Any]
) -> Frame | ShapedArray | Unknown | None:
    """`frame.mean()`: a number for each column, or for each row; one number of a Series."""
    axis = _axis(_argument(arguments, options, 0, "axis", 0))
    if options.keys() - {"axis", "skipna", "ddof"}:
        return None
    if frame.is_series:
        return Unknown(f"a number of {frame.text}", operation=("number",))
    if axis == 1:
        return Frame(frame.text, is_series=True)
    return ShapedArray((frame.width,)) if axis == 0 else None


def _changed(
    frame: Frame, name: str, arguments: list[Any], options: dict[str, Any]
) -> Frame | None:
    """The table after a method; None where it is open."""
    is_column = _axis(options.get("axis", 0)) == 1
    if name == "dropna":
        return None if is_column or (arguments and arguments[0] != 0) else frame.like()
    if name in ("replace", "shift", "diff", "where", "mask", "ffill", "bfill") and is_column:
        return frame.like()
    if name in REDUCES and frame.text.endswith(WINDOW):
        return replace(frame, text=frame.text.removesuffix(WINDOW))
    if name in ("rolling", "ewm", "expanding"):
        return replace(frame, text=f"{frame.text}{WINDOW}")
    if name == "rename":
        return Frame(frame.text, None, frame.width, frame.is_series)
    if name in KEEPS:
        return frame.like()
    if frame.is_series:
        return _of_series(frame, name, arguments)
    if name == "drop":
        return _dropped(frame, arguments, options)
    if name == "set_index":
        kept = options.get("drop") is False
        return frame.like() if kept else frame.without(_argument(arguments, options, 0, "keys"))
    if name == "reset_index":
        return frame.like() if options.get("drop") is True else Frame(frame.text)
    if name == "filter":
        names = _argument(arguments, options, 0, "items")
        return frame.named(names) if names and are_names(names) else None
    if name == "assign" and "**" not in options:
        found = frame.like()
        found.put(list(options))
        return found
    if name == "insert" and len(arguments) > 1:
        frame.put(arguments[1])
    if name == "pop" and arguments:
        left = frame.without(arguments[0])
        frame.take(left.columns, left.width)
        one = frame.series()
        return one if isinstance(one, Frame) else None
    return None


def _of_series(frame: Frame, name: str, arguments: list[Any]) -> Frame | None:
    """The methods that only a Series has."""
    if name == "to_frame":
        return Frame(frame.text, None, 1)
    if name in MAPS:
        made = arguments[0] if arguments else None
        is_series = isinstance(made, DottedName) and made.last == "Series"
        return None if is_series or isinstance(made, Unknown) else frame.like()
    return frame.like() if name in ASKS else None


def are_names(value: Any) -> bool:
    """True for a list of names of columns."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _dropped(frame: Frame, arguments: list[Any], options: dict[str, Any]) -> Frame | None:
    """`drop(columns=...)`, `drop("a", axis=1)`; without them rows are dropped."""
    if "columns" in options:
        return frame.without(options["columns"])
    axis = _axis(_argument(arguments, options, 1, "axis", 0))
    if axis == 1:
        return frame.without(_argument(arguments, options, 0, "labels"))
    return frame.like() if axis == 0 else None
