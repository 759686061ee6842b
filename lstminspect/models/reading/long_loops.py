"""Loops that are not run pass by pass: one pass says which shapes they gather in lists.

`for i in range(len(data) - 60): X.append(data[i:i + 60])` makes a list of arrays. A loop that makes
no layer, and is long or open, is read once with a number that is not known; a list that it appends
to is then an array of as many entries as the loop has passes.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.models.reading.array_functions import array_from
from lstminspect.models.reading.values import ShapedArray, Unknown, is_open_range

__all__ = ["LONG", "gather", "gathers", "grows"]

#: Passes from which on a loop that makes no layer is not run pass by pass.
LONG = 60
GROWS = ("append", "extend", "insert")


def gathers(interpreter: Any, each: ast.expr, then: Sequence[ast.stmt]) -> bool:
    """True for a loop that fills lists, or goes through data, and makes no layer."""
    names = interpreter.values.names
    fills = any(isinstance(names.get(name), list) for name in _appended(then))
    ends = {getattr(one, "attr", getattr(one, "id", "")) for one in ast.walk(each)}
    return (fills or bool(ends & {"len", "shape"})) and not interpreter.semantics.matters(
        then, names
    )


def gather(
    interpreter: Any, target: ast.expr, then: Sequence[ast.stmt], passes: Any, through: Any
) -> None:
    """Read the body of a loop once; lists that it appends to become arrays of `passes` entries.

    Where the loop goes `through` a range, its number is an index; else nobody knows what it is.
    """
    values = interpreter.values
    lists = {
        name: list(values.names[name])
        for name in _appended(then)
        if isinstance(values.names.get(name), list)
    }
    known: dict[str, Any] = {}
    if lists:
        place = values.source.place(target)
        counts = isinstance(through, range) or is_open_range(through)
        values.assign(target, Unknown("i", f"i@{place}", place, ("index",) if counts else ()))
        try:
            whole = interpreter.reads_once(list(then))
        except ModelError:
            whole = None
        for name, before in lists.items():
            found = values.names.get(name)
            added = found[len(before) :] if isinstance(found, list) and whole is not None else []
            known[name] = None if before or len(added) != 1 else added[0]
    interpreter.forget_all(then, target)
    plain = {name for each in then for name in _appended([each]) if isinstance(each, ast.Expr)}
    for name in lists:
        many = passes if name in plain and not _leaves(then) else None
        values.names[name] = _several(known[name], many) or values.unknown(
            ast.copy_location(ast.Name(name, ast.Load()), target)
        )


def _several(entry: Any, many: Any) -> ShapedArray | None:
    """An array of many entries of one shape; None where that is not known."""
    if isinstance(entry, int | float) or (
        isinstance(entry, Unknown) and entry.operation[:1] == ("number",)
    ):
        return ShapedArray((many,))
    found = array_from(entry)
    return None if found is None else ShapedArray((many, *found.shape))


def grows(call: ast.Call) -> bool:
    """True for `names.append(...)`: a call that makes the list of a name longer."""
    func = call.func
    return (
        isinstance(func, ast.Attribute) and func.attr in GROWS and isinstance(func.value, ast.Name)
    )


def _appended(statements: Sequence[ast.stmt]) -> list[str]:
    """The names whose lists grow in statements."""
    return [
        inner.func.value.id
        for each in statements
        for inner in ast.walk(each)
        if isinstance(inner, ast.Call) and grows(inner)
        and isinstance(inner.func, ast.Attribute) and isinstance(inner.func.value, ast.Name)
    ]  # fmt: skip


def _leaves(statements: Sequence[ast.stmt]) -> bool:
    """True if a loop can be left before its end, or a pass."""
    return any(
        isinstance(inner, ast.Break | ast.Continue | ast.Return)
        for each in statements
        for inner in ast.walk(each)
    )
