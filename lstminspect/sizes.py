"""Sizes: ints, letters and arrays, and exact arithmetic on it.

A size is a positive whole number in one of three forms, and every count and shape is computed by
the same code for all three: a Python int gives an int, a letter gives a SymPy expression, a NumPy
array of integers gives an array. Neither NumPy nor SymPy is imported to work with ints.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from math import ceil, floor, isfinite
from operator import index
from typing import Any, TypeAlias

from lstminspect.errors import OptionError, SizeError, quoted

__all__ = [
    "Quantity",
    "check_broadcast",
    "differ",
    "divided",
    "evaluate",
    "exact_sizes",
    "halved",
    "is_array",
    "is_letter",
    "plain",
    "product",
    "size",
    "whole",
    "widths",
]

#: An int, a SymPy expression or a NumPy array: whatever supports exact `+` and `*`.
Quantity: TypeAlias = Any

INT64_MAX = 2**63 - 1
MOST_DIGITS = 1000
# Words that name a value, not a size: `--units true` is a mistake, not a letter.
NOT_LETTERS = frozenset({"true", "false", "none", "null", "nan", "inf", "infinity", "yes", "no"})


def size(name: str, value: object, origin: str = "") -> Quantity:
    """`value` as a size: an int, a SymPy expression or a NumPy array of whole numbers.

    A text that is a name stands for that SymPy symbol, without assumptions, so that
    `expression.subs("u", 64)` finds it. Raises SizeError, which speaks of `name` and `origin`,
    for a bool, a float, zero, a negative, NaN, an empty array or anything else.

    >>> size("units", 64), size("units", "u")
    (64, u)
    >>> size("units", 2.5)
    Traceback (most recent call last):
    lstminspect.errors.SizeError: units must be a positive whole number, got 2.5. Nearest: 2 or 3.
    """
    if isinstance(value, str):
        return _symbol(name, value, origin)
    if _is_numpy(value):
        return _from_numpy(name, value, origin)
    if is_letter(value):
        return _from_sympy(name, value, origin)
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        raise _too_large(name, origin)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refusal(name, value, origin)
    if isinstance(value, float):
        raise _refusal(name, value, origin, _nearest(value))
    if value < 1:
        raise _refusal(name, value, origin, f"Did you mean {-value}?" if value else "At least 1.")
    return index(value)


def whole(name: str, value: Any, least: int = 0) -> int:
    """`value` as an int of at least `least`; for numbers that are not sizes, for example a seed.

    Raises OptionError, which names `name`, for anything else.

    >>> whole("seed", 7)
    7
    """
    try:
        number = None if isinstance(value, bool) or is_array(value) else index(value)
    except Exception:  # A value of the caller's can raise anything.
        number = None
    if number is None or not least <= number < 10**MOST_DIGITS:
        raise OptionError(f"{name} must be a whole number from {least}, got {quoted(value)}.")
    return number


def widths(name: str, value: Iterable[object], origin: str = "") -> tuple[Quantity, ...]:
    """`value` as the widths of unequal parts, each a size. Raises SizeError as `size` does.

    >>> widths("groups", [8, 16, 40])
    (8, 16, 40)
    """
    found = tuple(size(name, each, origin) for each in value)
    if not found or any(is_array(each) for each in found):
        raise SizeError(f"{name} must be widths such as 8,16,40, got {found!r}{_from(origin)}.")
    return found


def is_array(value: object) -> bool:
    """Tell whether `value` is a NumPy array, without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def is_letter(value: object) -> bool:
    """Tell whether `value` is a SymPy expression."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(value, sympy.Expr)


def evaluate(count: Callable[..., Quantity], sizes: Mapping[str, Quantity]) -> Quantity:
    """`count(**sizes)`, exact for ints, letters and arrays alike: see `exact_sizes`.

    >>> import numpy
    >>> evaluate(lambda units: 4 * units * units, {"units": numpy.array([2, 2**31])})
    array([16, 18446744073709551616], dtype=object)
    """
    return count(**exact_sizes(count, sizes))


def exact_sizes(
    count: Callable[..., Quantity], sizes: Mapping[str, Quantity]
) -> dict[str, Quantity]:
    """`sizes` in a form in which `count`, and whatever it adds up, is exact.

    `count` may only add and multiply sizes and positive ints. Such a count grows with every size,
    so its value at the largest sizes bounds every value on the way; if that does not fit in 64
    bits, the arrays are turned into Python ints, where NumPy would have wrapped in silence.
    """
    arrays = {name: value for name, value in sizes.items() if is_array(value)}
    if arrays:
        largest = {name: int(value.max()) for name, value in arrays.items()}
        if count(**{**sizes, **largest}) > INT64_MAX:
            arrays = {name: value.astype(object) for name, value in arrays.items()}
    return {**sizes, **arrays}


def product(factors: Iterable[Quantity]) -> Quantity:
    """The product of `factors`; 1 of none."""
    result: Quantity = 1
    for factor in factors:
        result = result * factor
    return result


def divided(whole: Quantity, parts: Quantity, name: str, parts_name: str) -> Quantity:
    """`whole / parts`, exactly. Raises SizeError, which speaks of both names, if it has a rest.

    Letters are divided as they stand: SymPy keeps the fraction.

    >>> divided(12, 3, "units", "heads")
    4
    """
    if is_array(parts):
        raise SizeError(f"{parts_name} must be one number, not an array. Ask once for each.")
    if is_letter(whole) or is_letter(parts):
        return whole / parts
    rest = whole % parts
    if rest.any() if is_array(rest) else rest:
        message = f"{name} must be divisible by {parts_name}, got {whole} and {parts}."
        raise SizeError(f"{message} Choose a multiple.")
    return whole // parts


def halved(even: Quantity) -> Quantity:
    """Half of a number that is even by the way it was made.

    >>> halved(3 * 4)
    6
    """
    return even / 2 if is_letter(even) else even // 2


def plain(value: Quantity) -> Quantity:
    """A count of letters multiplied out, and as an int where the letters drop out.

    >>> from sympy.abc import n
    >>> plain(2 * (n + 1)), plain(n + 1 - n)
    (2*n + 2, 1)
    """
    if not is_letter(value):
        return value
    expanded = value.expand()
    return int(expanded) if expanded.is_Integer else expanded


def differ(one: Quantity, other: Quantity) -> bool:
    """True if two sizes cannot be equal, whatever the letters in them stand for.

    Letters stand for positive numbers: `2*n` is not `n`, and `n` can be `m`, or 3.

    >>> from sympy.abc import m, n
    >>> differ(3, 4), differ(2 * n, n), differ(n, m), differ(n, 3)
    (True, True, False, False)
    """
    if not is_letter(one) and not is_letter(other):
        return bool(one != other)
    rest = plain(one - other)
    if not is_letter(rest):
        return bool(rest)
    numbers = list(rest.as_coefficients_dict().values())
    return all(each > 0 for each in numbers) or all(each < 0 for each in numbers)


def check_broadcast(sizes: Mapping[str, Quantity]) -> None:
    """Raise SizeError if `sizes` mix letters and arrays, or arrays that do not broadcast."""
    arrays = {name: value for name, value in sizes.items() if is_array(value)}
    if not arrays:
        return
    if any(is_letter(value) for value in sizes.values()):
        raise SizeError("letters and arrays do not mix. Use one or the other for all sizes.")
    import numpy

    try:
        numpy.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = " and ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        hint = "For every pair, use units[:, None] and features[None, :]."
        raise SizeError(f"arrays must broadcast, got {shapes}. {hint}") from None


def _symbol(name: str, text: str, origin: str) -> Quantity:
    if not text.isidentifier() or iskeyword(text) or text.lower() in NOT_LETTERS:
        if len(text) > MOST_DIGITS and text.isdigit():
            raise _too_large(name, origin)
        digits = text.replace(",", "").replace("_", "").strip()
        hint = f"Write {digits}." if re.fullmatch("[0-9]+", digits) else _spelled_otherwise(text)
        raise _refusal(name, text, origin, hint)
    from sympy import Symbol

    return Symbol(text)


def _spelled_otherwise(text: str) -> str:
    """The whole number that `text` is in other clothes, such as 1e3 or 64.0, as a next step."""
    found = re.fullmatch(r"[+]?([0-9]*)\.?([0-9]*)(?:[eE][+]?([0-9]{1,3}))?", text)
    if found and (found[1] or found[2]):
        places = int(found[3] or 0)
        decimals = found[2].rstrip("0")
        if len(decimals) <= places:
            digits = (found[1] + decimals.ljust(places, "0")).lstrip("0")
            return f"Write {digits}." if digits else "At least 1."
    return "A letter, such as u, is allowed too."


def _from_numpy(name: str, value: Any, origin: str) -> Quantity:
    import numpy

    array = numpy.asarray(value)
    if array.ndim == 0:
        whole = array.dtype.kind in "biu"
        return size(name, array.item() if whole else _as_float(name, array, origin), origin)
    if numpy.ma.is_masked(value):
        raise SizeError(f"{name} has masked values{_from(origin)}. Take them out first.")
    whole = array.dtype.kind in "iu" or (
        array.dtype == object
        and all(isinstance(each, (int, numpy.integer)) for each in array.flat)
        and not any(isinstance(each, bool) for each in array.flat)
    )
    allowed = f"{name} must be an array of positive whole numbers{_from(origin)}"
    if not array.size:
        raise SizeError(f"{allowed}, got an empty one.")
    if not whole:
        hint = "Make it one of ints, or of dtype=object beyond 64 bits."
        raise SizeError(f"{allowed}, got dtype {array.dtype}. {hint}")
    smallest, largest = array.min(), array.max()
    if smallest < 1:
        raise SizeError(f"{allowed}, got {smallest} in it. At least 1.")
    if largest >= 10**MOST_DIGITS:
        raise SizeError(f"{allowed}, got one of more than {MOST_DIGITS} digits.")
    if largest > INT64_MAX:
        kept = numpy.array([int(each) for each in array.flat], dtype=object).reshape(array.shape)
    else:
        kept = numpy.array(array, dtype=numpy.int64)
    kept.flags.writeable = False  # A copy of its own: what the caller does to his changes nothing.
    return kept


def _as_float(name: str, array: Any, origin: str) -> float:
    if array.dtype.kind != "f":
        raise _refusal(name, array.item(), origin)
    return float(array)


def _from_sympy(name: str, value: Any, origin: str) -> Quantity:
    if value.is_Integer:
        return size(name, int(value), origin)
    from sympy import Float

    if value.is_Float:
        raise _refusal(name, value, origin, _nearest(float(value)))
    impossible = value.is_integer is False or value.is_positive is False
    if impossible or not value.free_symbols or value.has(Float):
        raise _refusal(name, value, origin)
    return value


def _nearest(value: float) -> str:
    if not isfinite(value) or value < 0:
        return ""
    low, high = max(1, floor(value)), max(1, ceil(value))
    return f"Write {low}." if value == low else f"Nearest: {low}{f' or {high}' * (low != high)}."


def _too_large(name: str, origin: str) -> SizeError:
    digits = f"a size has at most {MOST_DIGITS:,} digits"
    return SizeError(f"{name} is too large{_from(origin)}: {digits}. Use a letter, such as u.")


def _refusal(name: str, value: object, origin: str, hint: str = "") -> SizeError:
    hint = f" {hint}" if hint else ""
    got = f"{quoted(value)}{_from(origin)}"
    return SizeError(f"{name} must be a positive whole number, got {got}.{hint}")


def _from(origin: str) -> str:
    return f" (from {origin})" if origin else ""


def _is_numpy(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic))
