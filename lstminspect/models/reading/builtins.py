"""Arithmetic, comparisons and methods on what a text says itself: numbers, texts, lists.

Everything is bounded: a text of a few lines cannot ask for a list of a million entries.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["COMPARED", "NOTHING", "built_in", "calculated", "is_plain", "method"]

LARGEST, LONGEST = 10**15, 10_000
#: What is answered where there is no answer.
NOTHING = object()

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
}
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int, "float": float, "str": str, "bool": bool, "len": len, "min": min, "max": max,
    "sum": sum, "abs": abs, "list": list, "tuple": tuple, "dict": dict, "round": round,
    "sorted": sorted, "range": range,
    "enumerate": lambda *found: list(enumerate(*found)),
    "reversed": lambda found: list(reversed(found)),
    "zip": lambda *found: list(zip(*found, strict=False)),
}  # fmt: skip
METHODS: dict[type, tuple[str, ...]] = {
    list: ("append", "extend", "insert", "pop", "reverse", "index", "count", "copy", "clear"),
    tuple: ("index", "count"),
    dict: ("get", "items", "keys", "values", "update", "pop", "copy", "setdefault"),
    str: ("lower", "upper", "strip", "split"),
}
FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


def is_plain(value: Any) -> bool:
    """Whether `value` is made of numbers, texts, lists and the like alone.

    >>> is_plain([1, (2, "a")]), is_plain([object()])
    (True, False)
    """
    if isinstance(value, list | tuple):
        return all(is_plain(each) for each in value)
    if isinstance(value, dict):
        return all(is_plain(each) for each in value.values())
    return value is None or isinstance(value, int | float | str | range)


def calculated(left: Any, name: str, right: Any) -> Any:
    """`left` and `right` put together by the operator called `name`; NOTHING if that is not known.

    >>> calculated(2, "Pow", 5), calculated([1], "Add", [2]), calculated(1, "Div", 0) is NOTHING
    (32, [1, 2], True)
    """
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return _on_numbers(left, name, right)
    if name == "Add" and isinstance(left, str | list | tuple) and type(left) is type(right):
        short = len(left) + len(right) <= LONGEST
        return operator.add(left, right) if short else NOTHING
    if name == "Mult" and isinstance(left, list | tuple | str) and isinstance(right, int):
        return left * right if len(left) * right <= LONGEST else NOTHING
    return NOTHING


def _on_numbers(left: float, name: str, right: float) -> Any:
    if max(abs(left), abs(right)) > LARGEST:
        return NOTHING
    try:
        if name == "Pow":
            small = isinstance(left, int) and isinstance(right, int)
            return left**right if small and 0 <= right <= 30 and abs(left) <= 1000 else NOTHING
        return BINARY[name](left, right) if name in BINARY else NOTHING
    except ArithmeticError:
        return NOTHING


def built_in(name: str, arguments: list[Any], options: dict[str, Any]) -> Any:
    """What a function of Python itself gives; NOTHING if it is not known or does not take them.

    >>> built_in("len", [[1, 2]], {}), built_in("open", ["x"], {}) is NOTHING
    (2, True)
    """
    known = name in BUILTINS and (name == "dict" or not options)
    if not known or not all(_is_short(each) for each in arguments):
        return NOTHING
    try:
        return BUILTINS[name](*arguments, **options)
    except FAILURES:
        return NOTHING


def _is_short(value: Any) -> bool:
    if isinstance(value, str | list | tuple | dict):
        return len(value) <= LONGEST
    plain = isinstance(value, int | float | range | None)
    return plain and not (isinstance(value, range) and len(value) > LONGEST)


def method(owner: Any, name: str, arguments: list[Any]) -> Any:
    """What a method of a list, a dict or a text gives, changing it where it does; else NOTHING.

    >>> layers = [1]
    >>> method(layers, "append", [2]), layers
    (None, [1, 2])
    """
    if name not in METHODS.get(type(owner), ()) or len(owner) > LONGEST:
        return NOTHING
    try:
        found = getattr(owner, name)(*arguments)
    except FAILURES:
        return NOTHING
    return list(found) if name in ("items", "keys", "values") else found
