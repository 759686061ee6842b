"""Shapes of functions of one array: from the shape and the arguments to the shape that comes out.

A size that is not known is None. A function gives None where its arguments are not known.
"""

from __future__ import annotations

from typing import Any

from lstminspect.layer import Shape
from lstminspect.sizes import is_letter, product

__all__ = [
    "argument",
    "diff",
    "expand",
    "flat",
    "moved",
    "one_hot",
    "one_hot_tf",
    "reduced",
    "repeated",
    "same",
    "squeeze",
    "swapped",
    "tiled",
    "transpose",
]


def argument(arguments: list[Any], options: dict[str, Any], at: int, *names: str) -> Any:
    """An argument by one of its names, or at its place."""
    for name in names:
        if name in options:
            return options[name]
    return arguments[at] if at < len(arguments) else None


def same(shape: Shape, _arguments: list[Any], options: dict[str, Any]) -> Shape:
    """The shape itself, with axes of 1 before it for `ndmin`."""
    return (*[1] * (int(options["ndmin"]) - len(shape)), *shape) if "ndmin" in options else shape


def expand(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape with one axis of 1 more: `expand_dims`."""
    axis = argument(arguments, options, 1, "axis", "dim")
    if not isinstance(axis, int) or not -len(shape) - 1 <= axis <= len(shape):
        return None
    place = axis % (len(shape) + 1)
    return (*shape[:place], 1, *shape[place:])


def squeeze(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape without its axes of 1, or without one."""
    axis = argument(arguments, options, 1, "axis")
    if isinstance(axis, int) and -len(shape) <= axis < len(shape):
        place = axis % len(shape)
        return (*shape[:place], *shape[place + 1 :])
    known = axis is None and None not in shape
    return tuple(each for each in shape if each != 1) if known else None


def flat(shape: Shape, _arguments: list[Any], _options: dict[str, Any]) -> Shape:
    """The shape of all entries in a row: `ravel`, `flatten`."""
    known = all(isinstance(each, int) for each in shape)
    return (product(shape) if known else None,)


def transpose(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The axes in another order, reversed where none is said."""
    axes = argument(arguments, options, 1, "axes", "perm")
    if axes is None:
        return tuple(reversed(shape))
    axes = list(axes) if isinstance(axes, list | tuple) else arguments[1:]
    whole = all(isinstance(each, int) for each in axes)
    if not whole or sorted(each % len(shape) for each in axes) != list(range(len(shape))):
        return None
    return tuple(shape[each] for each in axes)


def swapped(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """Two axes in each other's place."""
    one, other = (argument(arguments, options, n, f"axis{n}") for n in (1, 2))
    sizes = list(shape)
    if not all(isinstance(n, int) and -len(sizes) <= n < len(sizes) for n in (one, other)):
        return None
    sizes[one], sizes[other] = sizes[other], sizes[one]
    return tuple(sizes)


def moved(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """One axis at another place."""
    one, other = (
        argument(arguments, options, n, name) for n, name in ((1, "source"), (2, "destination"))
    )
    sizes = list(shape)
    if not all(isinstance(n, int) and -len(sizes) <= n < len(sizes) for n in (one, other)):
        return None
    sizes.insert(other % len(sizes), sizes.pop(one))
    return tuple(sizes)


def reduced(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape of a sum along axes; None for one number."""
    axis = argument(arguments, options, 1, "axis")
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    if not all(isinstance(n, int) and -len(shape) <= n < len(shape) for n in axes):
        return None
    places = {n % len(shape) for n in axes}
    if options.get("keepdims") is True:
        return tuple(1 if n in places else each for n, each in enumerate(shape))
    return tuple(each for n, each in enumerate(shape) if n not in places)


def repeated(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape of entries that are repeated along an axis."""
    times = argument(arguments, options, 1, "repeats")
    axis = argument(arguments, options, 2, "axis")
    if axis is None:
        size = flat(shape, [], {})[0]
        return (size * times if isinstance(size, int) and isinstance(times, int) else None,)
    if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return None
    place = axis % len(shape)
    known = isinstance(shape[place], int) and isinstance(times, int)
    size = shape[place] * times if known else None
    return (*shape[:place], size, *shape[place + 1 :])


def tiled(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape of an array that is repeated whole."""
    times = argument(arguments, options, 1, "reps", "multiples", "repeats")
    several = [times] if isinstance(times, int) else times
    if not isinstance(several, list | tuple) or not all(isinstance(n, int) for n in several):
        return None
    rank = max(len(several), len(shape))
    many = [*[1] * (rank - len(several)), *several]
    sizes = [*[1] * (rank - len(shape)), *shape]
    return tuple(
        size * n if isinstance(size, int) else None for size, n in zip(sizes, many, strict=True)
    )


def diff(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape | None:
    """The shape of differences along an axis: one entry less."""
    axis, n = options.get("axis", -1), argument(arguments, options, 1, "n") or 1
    if not isinstance(axis, int) or not isinstance(n, int) or not shape:
        return None
    place = axis % len(shape)
    size = shape[place] - n if isinstance(shape[place], int) else None
    return (*shape[:place], size, *shape[place + 1 :])


def one_hot(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape:
    """The shape of one-hot vectors, as `to_categorical` makes them: a last axis of 1 goes."""
    many = argument(arguments, options, 1, "num_classes", "nb_classes", "depth")
    inner = shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape
    return (*inner, many if isinstance(many, int) or is_letter(many) else None)


def one_hot_tf(shape: Shape, arguments: list[Any], options: dict[str, Any]) -> Shape:
    """`tf.one_hot`: an axis of 1 is kept."""
    many = argument(arguments, options, 1, "depth", "num_classes")
    return (*shape, many if isinstance(many, int) or is_letter(many) else None)
