"""Attributes and parts of the tables of pandas: `frame.shape`, `frame["Open"]`, `frame.iloc`."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.frame_calls import are_names
from lstminspect.models.reading.frames import Frame, FrameRows
from lstminspect.models.reading.values import BoundMethod, DottedName, ShapedArray, Unknown

__all__ = ["frame_attribute", "frame_entry", "frame_part", "open_frame"]


def frame_attribute(values: Any, frame: Frame, name: str, node: ast.expr) -> Any:
    """`frame.name`: its shape, its values, its columns, one of these, or a method."""
    width = frame.width
    if width is None and name in ("shape", "columns"):
        text = values.shown(node) + ("[1]" if name == "shape" else "")
        width = values.open(Unknown(text, f"{name} #{frame.key}", values.source.place(node)))
    if name == "values":
        return frame.array
    if name in ("iloc", "loc"):
        return FrameRows(frame, name)
    if name == "shape":
        rows = values.made(node, f"{values.shown(node)}[0]", [frame])
        return (rows,) if frame.is_series else (rows, width)
    if name == "columns":
        if frame.columns is not None and None not in frame.columns:
            return list(frame.columns)
        return width if frame.width is None else ShapedArray((width,))
    if not frame.is_series and name in (frame.columns or ()):
        return frame.series()
    return BoundMethod(frame, name)


def frame_entry(values: Any, owner: Any, keys: list[Any], node: ast.expr) -> Any:
    """`owner[keys]` of a table, or of what must be one; NOTHING for another value."""
    if not isinstance(owner, Frame | FrameRows):
        found = open_frame(owner, keys[0]) if len(keys) == 1 else None
        return NOTHING if found is None else found
    found = frame_part(owner, keys)
    if found is None:
        return values.unknown(node)
    if isinstance(owner, FrameRows) and found.is_taken(owner.frame):
        columns = f"{found.width} column{'' if found.width == 1 else 's'}"
        values.semantics.note(
            f"{values.source.place(node)}: {values.shown(node)} is taken as {columns}: the file "
            "must have as many",
            matters=False,
        )
    return found


def frame_part(owner: Frame | FrameRows, keys: list[Any]) -> Frame | None:
    """`frame[key]`, `frame.iloc[rows, columns]`: the part of a table; None where it is open.

    >>> frame_part(Frame("df"), [["Open", "Close"]]).columns
    ('Open', 'Close')
    >>> frame_part(FrameRows(Frame("df"), "iloc"), [slice(None), slice(1, 2)]).width
    1
    """
    if isinstance(owner, FrameRows):
        return _by_place(owner, keys)
    (key, *more) = keys
    if more:
        return None
    if _is_cut(key) or isinstance(key, Frame | ShapedArray):
        return owner.like()
    if owner.is_series:
        return None
    if isinstance(key, str):
        found = owner.series()
        return found if isinstance(found, Frame) else None
    return owner.named(key) if are_names(key) else None


def _by_place(owner: FrameRows, keys: list[Any]) -> Frame | None:
    """`iloc[rows, columns]` and `loc[rows, columns]`."""
    frame, rows = owner.frame, keys[0]
    if not (_is_cut(rows) or isinstance(rows, list | Frame | ShapedArray)):
        return None
    if len(keys) == 1:
        return frame.like()
    column = keys[1]
    if isinstance(column, bool):
        return None
    if isinstance(column, int) and owner.name == "iloc":
        return Frame(frame.text, is_series=True)
    if isinstance(column, str) and owner.name == "loc":
        return None if frame.is_deep else Frame(frame.text, is_series=True)
    if isinstance(column, list) and column:
        wanted = str if owner.name == "loc" else int
        plain = all(isinstance(one, wanted) and not isinstance(one, bool) for one in column)
        names = tuple(column) if owner.name == "loc" else None
        return Frame(frame.text, names, len(column)) if plain else None
    if not isinstance(column, slice) or column.step is not None:
        return None
    if column == slice(None):
        return frame.like()
    if owner.name == "loc":
        return None
    if isinstance(frame.width, int):
        places = range(frame.width)[column]
        names = frame.columns
        part = None if names is None else tuple(names[place] for place in places)
        return Frame(frame.text, part, len(places))
    start, stop = column.start or 0, column.stop
    ends = isinstance(stop, int) and (start >= 0) == (stop > 0)
    return Frame(frame.text, None, stop - start if ends and stop > start else None)


def _is_cut(key: Any) -> bool:
    """True for a slice, also one whose ends are open."""
    return isinstance(key, slice) or (
        isinstance(key, Unknown) and (key.operation[:1] == ("cut",) or key.text == "a slice")
    )


def open_frame(owner: Any, keys: Any) -> Frame | None:
    """`data[["Open", "Close"]]` of what is not known: only a table has a list of names as a key.

    Prices of several shares, which `download` gives, have columns of two levels: they stay open.
    """
    if not isinstance(owner, Unknown | DottedName) or not are_names(keys):
        return None
    text = owner.text if isinstance(owner, Unknown) else owner.text or owner.name
    origin = owner.origin if isinstance(owner, Unknown) else ""
    if "download(" in f"{text} {origin}" and not _is_one_share(f"{text} {origin}"):
        return None
    return Frame(text, tuple(keys), len(keys))


def _is_one_share(text: str) -> bool:
    """True for `download("AAPL", ...)`: one name, without a space."""
    first = text.partition("download(")[2].partition(",")[0].rstrip(") ")
    return first[:1] in "'\"" and " " not in first
