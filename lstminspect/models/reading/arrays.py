"""Arrays of a text: only their shapes are followed, from what makes them to their parts."""

from __future__ import annotations

from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.values import ShapedArray, Unknown, opened
from lstminspect.sizes import is_letter, product

__all__ = ["array_call", "array_method", "array_of", "array_part"]

#: Functions that make numbers of a shape.
MAKES = frozenset((
    "zeros", "ones", "random", "normal", "uniform", "randn", "rand", "random_sample", "empty",
    "randint", "full", "random_normal", "random_uniform", "truncated_normal", "standard_normal",
))  # fmt: skip
SAME = frozenset((
    "array", "asarray", "float32", "ascontiguousarray", "astype", "copy", "zeros_like", "ones_like",
    "normalize", "constant", "convert_to_tensor", "abs", "exp", "log", "sqrt", "nan_to_num",
))  # fmt: skip


def array_call(last: str, arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """The array that a function of NumPy's makes, by its last name; None for another.

    >>> array_call("zeros", [(3, 4)], {})
    ShapedArray(shape=(3, 4))
    """
    first = arguments[0] if arguments else None
    if last in MAKES or (last in ("constant", "full_like") and "shape" in options):
        return array_of(arguments, options)
    if last in SAME and isinstance(first, ShapedArray):
        return first
    if last in ("array", "asarray", "constant") and isinstance(first, list):
        shape = _of_lists(first)
        return None if shape is None else ShapedArray(shape)
    if last == "reshape" and arguments:
        target = options.get("newshape", options.get("shape", arguments[1:2] or None))
        return _reshaped(first, target)
    if last == "pad_sequences":
        length = options.get("maxlen", arguments[1] if len(arguments) > 1 else None)
        many = first.shape[0] if isinstance(first, ShapedArray) else None
        return None if length is None else ShapedArray((many, length))
    if not isinstance(first, ShapedArray):
        return None
    if last == "expand_dims":
        axis = options.get("axis", arguments[1] if len(arguments) > 1 else 0)
        if isinstance(axis, int):
            place = axis % (len(first.shape) + 1)
            return ShapedArray((*first.shape[:place], 1, *first.shape[place:]))
    if last in ("to_categorical", "one_hot"):
        names = ("num_classes", "nb_classes", "depth")
        many = next((options[name] for name in names if name in options), None)
        many = arguments[1] if many is None and len(arguments) > 1 else many
        shape = first.shape[:-1] if first.shape[-1:] == (1,) else first.shape
        return None if many is None else ShapedArray((*shape, many))
    return None


def array_method(array: ShapedArray, name: str, arguments: list[Any]) -> ShapedArray | None:
    """The array that a method of an array gives; None for another."""
    if name == "reshape":
        return _reshaped(array, arguments)
    if name in SAME:
        return array
    if name in ("transpose", "T") and not arguments:
        return ShapedArray(tuple(reversed(array.shape)))
    return None


def array_of(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """An array of the shape that arguments say: apart, together, or by name."""
    named = options.get("shape", options.get("size", options.get("newshape")))
    tuples = [each for each in [named, *arguments] if isinstance(each, tuple | list)]
    whole = all(_is_size(each) for each in arguments) and len(arguments) > 1
    for shape in [*tuples, arguments if whole else ()]:
        if shape and all(_is_size(each) for each in shape):
            return ShapedArray(tuple(shape))
    return None


def _is_size(value: Any) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    declined = isinstance(value, Unknown) and value.declined
    return number or is_letter(value) or (opened(value) and not declined)


def _of_lists(value: list[Any]) -> Shape | None:
    """The shape of nested lists of numbers."""
    sizes: list[Any] = []
    inner: Any = value
    while isinstance(inner, list | tuple):
        if not inner:
            return None
        sizes.append(len(inner))
        inner = inner[0]
    number = isinstance(inner, int | float) and not isinstance(inner, bool)
    return tuple(sizes) if number else None


def _reshaped(array: Any, target: Any) -> ShapedArray | None:
    """An array in another shape; one size may be -1."""
    if isinstance(target, list | tuple) and len(target) == 1:
        target = target[0] if isinstance(target[0], list | tuple) else target
    if not isinstance(target, list | tuple) or not target:
        return None
    sizes = list(target)
    if -1 in [each for each in sizes if isinstance(each, int)]:
        place = sizes.index(-1)
        fixed = [each for n, each in enumerate(sizes) if n != place]
        known = isinstance(array, ShapedArray) and all(
            isinstance(each, int) for each in (*array.shape, *fixed)
        )
        sizes[place] = None
        if known:
            whole, rest = product(array.shape), product(fixed)
            sizes[place] = whole // rest if rest and whole % rest == 0 else None
    fits = all(each is None or _is_size(each) for each in sizes)
    return ShapedArray(tuple(sizes)) if fits else None


def array_part(array: ShapedArray, keys: list[Any]) -> ShapedArray | None:
    """`array[keys]`: a number takes an axis away, None adds one, a slice cuts one."""
    sizes: list[Any] = []
    axes = list(array.shape)
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        used = sum(each is not None for each in keys) - 1
        keys = [*keys[:at], *[slice(None)] * (len(axes) - used), *keys[at + 1 :]]
    for key in keys:
        if key is None:
            sizes.append(1)
        elif not axes:
            return None
        elif isinstance(key, slice):
            size = axes.pop(0)
            whole = key == slice(None)
            cut = len(range(*key.indices(size))) if isinstance(size, int) else None
            sizes.append(size if whole else cut)
        elif isinstance(key, int):
            axes.pop(0)
        else:
            axes.pop(0)
            sizes.append(None)
    return ShapedArray((*sizes, *axes))
