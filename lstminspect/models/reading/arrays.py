"""Arrays of a text: only their shapes are followed, from what makes them to their parts."""

from __future__ import annotations

from typing import Any

from lstminspect.models.reading.array_functions import (
    FUNCTIONS,
    REDUCES,
    array_from,
    function_of,
    reshaped,
)
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.values import DottedName, ShapedArray, Unknown

__all__ = ["array_call", "array_method", "array_part", "is_index", "span"]

#: Sums inside each other.
MOST_NESTED = 20
#: Entries of an array that become a list of arrays.
MOST_PARTS = 100

#: Methods whose meaning is that of the function of their name.
METHODS = frozenset((
    "astype", "copy", "clip", "round", "cumsum", "sort", "argsort", "numpy", "to_numpy", "squeeze",
    "ravel", "flatten", "transpose", "swapaxes", "repeat", "tolist", "dot", *REDUCES,
))  # fmt: skip


def array_call(callee: DottedName, arguments: list[Any], options: dict[str, Any]) -> Any:
    """The array, or several, that a function gives; None for another function.

    >>> array_call(DottedName("np.zeros"), [(3, 4)], {})
    ShapedArray(shape=(3, 4))
    """
    last, first = callee.last, arguments[0] if arguments else None
    if callee.name == "len":
        return first.shape[0] if isinstance(first, ShapedArray) and first.shape else None
    if callee.name in ("list", "tuple", "iter"):
        return _parts(first) if isinstance(first, ShapedArray) else None
    if last == "constant" and "shape" in options:
        last = "zeros"
        return FUNCTIONS[last]([], options)
    function = function_of(callee)
    return None if function is None else function(arguments, options)


def _parts(array: ShapedArray) -> ShapedArray | list[ShapedArray]:
    """`list(array)`: arrays of one axis less; the array itself stands for very many of them."""
    many = array.shape[0] if len(array.shape) > 1 else None
    if not isinstance(many, int) or many > MOST_PARTS:
        return array
    return [ShapedArray(array.shape[1:])] * many


def array_method(
    array: ShapedArray, name: str, arguments: list[Any], options: dict[str, Any]
) -> ShapedArray | None:
    """The array that a method of an array gives; None for another."""
    if name == "reshape":
        return reshaped(array, arguments or options.get("shape", options.get("newshape")))
    if name == "transpose" and len(arguments) > 1:
        arguments = [tuple(arguments)]
    if name == "T":
        name, arguments = "transpose", []
    if name == "tolist":
        return None
    if name not in METHODS:
        return None
    found = FUNCTIONS[name]([array, *arguments], options)
    return found if isinstance(found, ShapedArray) else None


def _adds_axis(key: Any) -> bool:
    """True for None and for `np.newaxis`."""
    return key is None or (isinstance(key, DottedName) and key.last == "newaxis")


def array_part(array: ShapedArray, keys: list[Any]) -> ShapedArray | None:
    """`array[keys]`: a number takes an axis away, None adds one, a slice cuts one.

    >>> array_part(ShapedArray((8, 5)), [slice(0, 3), None])
    ShapedArray(shape=(3, 1, 5))
    """
    sizes: list[Any] = []
    axes = list(array.shape)
    if any(each is Ellipsis for each in keys):
        at = next(n for n, each in enumerate(keys) if each is Ellipsis)
        used = sum(not _adds_axis(each) for each in keys) - 1
        keys = [*keys[:at], *[slice(None)] * (len(axes) - used), *keys[at + 1 :]]
    if sum(isinstance(each, ShapedArray | list) for each in keys) > 1:
        return None
    for key in keys:
        if _adds_axis(key):
            sizes.append(1)
        elif not axes:
            return None
        elif isinstance(key, ShapedArray | list):
            indices = array_from(key)
            if indices is None:
                return None
            if len(indices.shape) > 1 and indices.shape == array.shape:
                return ShapedArray((None,))
            sizes.extend(_taken(axes.pop(0), indices))
        elif is_index(key):
            axes.pop(0)
        else:
            cut = _cut(axes.pop(0), key)
            if cut is NOTHING:
                return None
            sizes.append(cut)
    return ShapedArray((*sizes, *axes))


def is_index(key: Any) -> bool:
    """True for one whole number, also for the number of a pass of a loop that is not run."""
    if isinstance(key, Unknown) and key.operation:
        name, *operands = key.operation
        return name == "index" or (name in ("Add", "Sub", "Mult") and all(map(is_index, operands)))
    return isinstance(key, int) and not isinstance(key, bool)


def span(start: Any, stop: Any, step: Any) -> int | None:
    """The length of a slice whose ends differ by a number: `x[i - 60:i]`; None for another.

    >>> i = Unknown("i", operation=("index",))
    >>> span(i, Unknown("i + 5", operation=("Add", i, 5)), None)
    5
    """
    ends = [_linear(each) for each in (start, stop)]
    if step is not None or any(each is None for each in ends):
        return None
    (one, first), (other, last) = (each for each in ends if each is not None)
    return last - first if one == other and last > first else None


def _linear(value: Any, depth: int = 0) -> tuple[dict[str, int], int] | None:
    """A sum of unknowns and a number: how often each is in it, and the number."""
    if isinstance(value, int):
        return {}, value
    if not isinstance(value, Unknown) or depth > MOST_NESTED:
        return None
    name, *operands = value.operation or ("",)
    if name not in ("Add", "Sub"):
        return {value.identity: 1}, 0
    both = [_linear(each, depth + 1) for each in operands]
    if both[0] is None or both[1] is None:
        return None
    sign = 1 if name == "Add" else -1
    (one, first), (other, last) = both[0], both[1]
    terms = {each: one.get(each, 0) + sign * other.get(each, 0) for each in {*one, *other}}
    return {each: many for each, many in terms.items() if many}, first + sign * last


def _taken(size: Any, indices: ShapedArray) -> tuple[Any, ...]:
    """The axes in place of one that is indexed by an array: of numbers, or a mask."""
    if len(indices.shape) == 1 and indices.shape[0] in (size, None):
        return (None,)
    return indices.shape


def _cut(size: Any, key: Any) -> Any:
    """The size of an axis after a slice, None if it is not known; NOTHING for another key."""
    if isinstance(key, slice):
        if key == slice(None):
            return size
        return len(range(*key.indices(size))) if isinstance(size, int) else None
    if isinstance(key, Unknown) and key.operation[:1] == ("cut",):
        return span(*key.operation[1:])
    return None if isinstance(key, Unknown) and key.text == "a slice" else NOTHING
