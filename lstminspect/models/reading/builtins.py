"""Arithmetic, comparisons and methods on the values that a text writes down: numbers, texts, lists.

Every value has a bound that is asked before it is made: a text of a few lines cannot ask for a list
of a million entries, a number of a million digits, or a comparison that takes a minute.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from lstminspect.errors import ModelError

__all__ = [
    "BUILTINS",
    "FAILURES",
    "LONGEST",
    "MOST_STEPS",
    "NOTHING",
    "bounded",
    "built_in",
    "calculated",
    "compared",
    "filled",
    "formatted",
    "has_truth",
    "method",
    "weight",
]

LARGEST, LONGEST, MOST_STEPS = 10**15, 10_000, 100_000
#: Values inside each other, and what a list and all that is in it may hold.
MOST_NESTED, HEAVIEST = 50, 100_000
#: The answer where there is none.
NOTHING = object()
FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)

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
    ast.In: lambda one, other: _is_in(one, other),
    ast.NotIn: lambda one, other: not _is_in(one, other),
}
BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int, "float": float, "bool": bool, "len": len, "min": min, "max": max, "abs": abs,
    "list": list, "tuple": tuple, "dict": dict, "sorted": sorted,
    "str": lambda value: str(_number_or_text(value)),
    "sum": lambda values: sum(_number(each) for each in values),
    "round": lambda value, digits=None: round(value, None if digits is None else _digits(digits)),
    # A range whose length is no machine number cannot be asked for its length.
    "range": lambda *ends: (found := range(*ends), len(found))[0],
    "enumerate": lambda *values: list(enumerate(*values)),
    "reversed": lambda values: list(reversed(values)),
    "zip": lambda *values: list(zip(*values, strict=False)),
}  # fmt: skip
METHODS: dict[type, tuple[str, ...]] = {
    list: (
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "reverse",
        "index",
        "count",
        "copy",
        "clear",
    ),
    tuple: ("index", "count"),
    dict: ("get", "items", "keys", "values", "update", "pop", "copy", "setdefault"),
    str: ("lower", "upper", "strip", "split", "startswith", "endswith"),
}
#: Methods that make their owner longer.
GROWS = ("append", "extend", "insert", "update", "setdefault")
#: The formats of numbers and texts in an f-string, none of which is wide.
FORMAT = re.compile(r"[<>^=]?[+ ]?0?\d{0,2},?(\.\d{1,2})?[dfges%]?")


def bounded(steps: int) -> None:
    """Raise ModelError for more steps of reading than there are."""
    if steps > MOST_STEPS:
        raise ModelError(
            f"the text takes more than {MOST_STEPS:,} steps to read. Give the model alone."
        )


def weight(value: Any) -> int:
    """The number of values in a list, a tuple or a dict, with those inside them.

    A text weighs a hundredth of its length. Raises ModelError for too many, or too deep.

    >>> weight(3), weight([1, (2, "a")]), weight({"a": [1, 2]})
    (0, 4, 3)
    """
    total, open_values = 0, [(value, 0)]
    while open_values:
        each, depth = open_values.pop()
        if isinstance(each, str):
            total += len(each) // 100
        elif isinstance(each, list | tuple | dict):
            total += len(each)
            if total > HEAVIEST or depth > MOST_NESTED:
                raise ModelError(
                    f"the text makes lists of more than {HEAVIEST:,} entries, or nested more than "
                    f"{MOST_NESTED} deep. Give the model alone."
                )
            inner = [*each, *each.values()] if isinstance(each, dict) else each
            open_values.extend((one, depth + 1) for one in inner)
    return total


def has_truth(value: Any) -> bool:
    """True for a value whose truth the text gives: a number, a text, a list.

    >>> has_truth([object()]), has_truth(None), has_truth(object())
    (True, True, False)
    """
    return value is None or isinstance(value, int | float | str | range | list | tuple | dict)


def compared(one: Any, op: ast.cmpop, other: Any) -> Any:
    """The answer of `one < other` and the like; NOTHING if it has none.

    >>> compared(3, ast.In(), range(10**12)), compared("a", ast.In(), range(10**12))
    (True, False)
    """
    try:
        return bool(COMPARED[type(op)](one, other))
    except FAILURES:
        return NOTHING


def _is_in(one: Any, other: Any) -> bool:
    """`one in other`, without a walk through a range."""
    if isinstance(other, range) and not isinstance(one, int):
        return isinstance(one, float) and one.is_integer() and int(one) in other
    return one in other


def calculated(left: Any, name: str, right: Any) -> Any:
    """`left` and `right` put together by the operator of this name; NOTHING if that is not known.

    >>> calculated(2, "Pow", 5), calculated([1], "Add", [2]), calculated(1, "Div", 0) is NOTHING
    (32, [1, 2], True)
    """
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return _on_numbers(left, name, right)
    if name == "Add" and isinstance(left, str | list | tuple) and type(left) is type(right):
        short = len(left) + len(right) <= LONGEST
        return operator.add(left, right) if short else NOTHING
    if name == "Mod" and isinstance(left, str):
        return percent(left, right)
    if name == "Mult" and isinstance(left, int) and isinstance(right, list | tuple | str):
        left, right = right, left
    if name == "Mult" and isinstance(left, list | tuple | str) and isinstance(right, int):
        return left * right if len(left) * right <= LONGEST else NOTHING
    return NOTHING


def _on_numbers(left: float, name: str, right: float) -> Any:
    if max(abs(left), abs(right)) > LARGEST:
        return NOTHING
    try:
        if name == "Pow":
            small = isinstance(left, int) and isinstance(right, int)
            root = left > 0 and abs(right) <= 10 and max(left, 1 / left) <= 10**9
            if small:
                return left**right if 0 <= right <= 30 and abs(left) <= 1000 else NOTHING
            return float(left) ** right if root else NOTHING
        return BINARY[name](left, right) if name in BINARY else NOTHING
    except ArithmeticError:
        return NOTHING


def built_in(name: str, arguments: list[Any], options: dict[str, Any]) -> Any:
    """The answer of a function of Python's; NOTHING if it is not known or does not take them.

    >>> built_in("len", [[1, 2]], {}), built_in("open", ["x"], {}) is NOTHING
    (2, True)
    """
    known = name in BUILTINS and (not options or (name == "dict" and "**" not in options))
    short = all(_is_short(each) for each in arguments) or name in ("len", "range")
    if not known or not short or not all(has_truth(each) for each in arguments):
        return NOTHING
    try:
        return BUILTINS[name](*arguments, **options)
    except FAILURES:
        return NOTHING


def _is_short(value: Any) -> bool:
    return not isinstance(value, str | list | tuple | dict | range) or len(value) <= LONGEST


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    raise TypeError


def _number_or_text(value: Any) -> Any:
    return value if isinstance(value, str) else _number(value)


def _digits(value: Any) -> int:
    if isinstance(value, int) and abs(value) < 100:
        return value
    raise ValueError


def method(owner: Any, name: str, arguments: list[Any]) -> Any:
    """The answer of a method of a list, a dict or a text, which may change it; else NOTHING.

    Raises ModelError where the owner would grow beyond its bound.

    >>> layers = [1]
    >>> method(layers, "append", [2]), layers
    (None, [1, 2])
    """
    if name not in METHODS.get(type(owner), ()):
        return NOTHING
    added = sum(len(each) for each in arguments if isinstance(each, list | tuple | dict | range))
    if name in GROWS and len(owner) + added > LONGEST:
        raise ModelError(f"a list grows beyond {LONGEST:,} entries. Give the model alone.")
    if name in ("index", "count"):
        weight(owner)
    try:
        found = getattr(owner, name)(*arguments)
    except FAILURES:
        return NOTHING
    return list(found) if name in ("items", "keys", "values") else found


def filled(text: str, values: list[Any], named: dict[str, Any]) -> Any:
    """`text.format(*values, **named)` for plain places; NOTHING where that is not known.

    >>> filled("conv{0}_{name}", [3], {"name": "a"}), filled("{0.real}", [3], {}) is NOTHING
    ('conv3_a', True)
    """
    parts, number = re.split(r"\{(\w*)(?::([^{}]*))?\}", text), 0
    found = [parts[0]]
    for name, spec, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        key: Any = name if name and not name.isdigit() else int(name or number)
        number += not name
        held = named if isinstance(key, str) else dict(enumerate(values))
        shown = formatted(held[key], spec or "") if key in held else None
        if shown is None:
            return NOTHING
        found += [shown, after]
    others = "".join(parts[::3])
    return NOTHING if "{" in others or "}" in others else "".join(found)


def percent(text: str, values: Any) -> Any:
    """`text % values` for numbers and texts; NOTHING where that is not known.

    >>> percent("conv%d_%s", (3, "a")), percent("%1000000000d", 1) is NOTHING
    ('conv3_a', True)
    """
    several = values if isinstance(values, tuple) else (values,)
    places = re.findall(r"%(?:0?\d)?[dis]", text)
    fits = len(places) == len(several) == text.count("%") and len(text) <= LONGEST
    plain = all(isinstance(each, str | int) and len(str(each)) < 100 for each in several)
    try:
        return text % values if fits and plain else NOTHING
    except FAILURES:
        return NOTHING


def formatted(value: Any, spec: str) -> str | None:
    """A number or a text as an f-string shows it; None where that is not known.

    >>> formatted(7, "02d"), formatted("a", ""), formatted(1, "1000000000")
    ('07', 'a', None)
    """
    short = isinstance(value, str | int | float) and FORMAT.fullmatch(spec)
    if not short or (isinstance(value, int) and abs(value) > LARGEST):
        return None
    try:
        return format(value, spec)[:LONGEST]
    except FAILURES:
        return None
