"""Layers that move entries and compute nothing: Flatten, Reshape, RepeatVector, Permute, ...

Source: keras/src/layers/reshaping, Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable

from lstminspect.errors import OptionError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerContext, LayerResult, known, shape_text
from lstminspect.sizes import differ, divided, is_letter, plain, product

__all__ = [
    "cropping",
    "flatten",
    "get_item",
    "permute",
    "repeat_vector",
    "reshape",
    "reshaped",
    "up_sampling",
    "zero_padding",
]


def flatten(context: LayerContext) -> LayerResult:
    """All axes but the batch, laid out flat."""
    batch, *rest = context.shape
    return LayerResult(
        context.layer_type, ((batch, plain(product(rest)) if known(*rest) else None),)
    )


def reshape(context: LayerContext) -> LayerResult:
    """The same entries in another shape; one size may be -1."""
    target = context.get("target_shape")
    target = (target,) if isinstance(target, int) else target
    whole = isinstance(target, list | tuple) and all(
        is_letter(each) or (isinstance(each, int) and (each > 0 or each == -1)) for each in target
    )
    if not whole:
        raise OptionError(f"target_shape must be sizes without the batch, got {target!r}.")
    return LayerResult(context.layer_type, (reshaped(context.shape, tuple(target)),))


def reshaped(shape: Shape, target: tuple[int, ...]) -> Shape:
    """`shape` with everything behind its batch in the shape `target`.

    >>> reshaped((None, 30, 64), (-1, 128))
    (None, 15, 128)
    """
    batch, *rest = shape
    if not known(*rest):
        return (batch, *(None if each == -1 else each for each in target))
    whole = product(rest)
    fixed = product(each for each in target if each != -1)
    free = target.count(-1)
    if is_letter(whole) or is_letter(fixed):
        if free > 1 or (not free and differ(whole, fixed)):
            raise _unfit(whole, shape, target)
        left = plain(divided(whole, fixed, "entries", "those of the target")) if free else None
        return (batch, *(left if each == -1 else each for each in target))
    if free > 1 or fixed < 1 or (whole % fixed if free else whole != fixed):
        raise _unfit(whole, shape, target)
    return (batch, *(whole // fixed if each == -1 else each for each in target))


def _unfit(whole: int, shape: Shape, target: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"{whole} entries of {shape_text(shape)} do not fit in {shape_text(target)}. "
        "The products of both must be equal; one size may be -1."
    )


def get_item(context: LayerContext) -> LayerResult:
    """A part of a tensor, `x[:, -1]`: a number takes an axis away, None adds one."""
    keys = context.get("keys")
    if keys is None:
        return LayerResult(context.layer_type, None)
    axes = list(context.shape)
    sizes: list[int | None] = []
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        used = sum(each is not None for each in keys) - 1
        keys = (*keys[:at], *[slice(None)] * (len(axes) - used), *keys[at + 1 :])
    for key in keys:
        if key is None:
            sizes.append(1)
        elif not axes:
            raise ShapeError(f"there are more indices than axes in {shape_text(context.shape)}.")
        elif isinstance(key, slice):
            sizes.append(_sliced(axes.pop(0), key))
        elif isinstance(key, int):
            axis = axes.pop(0)
            if axis is not None and not is_letter(axis) and not -axis <= key < axis:
                raise ShapeError(f"index {key} is out of an axis of {axis}.")
        else:
            return LayerResult(context.layer_type, None)
    return LayerResult(context.layer_type, ((*sizes, *axes),))


def _sliced(axis: int | None, key: slice) -> int | None:
    if axis is None:
        return None
    if is_letter(axis):
        return _sliced_letter(axis, key)
    left = len(range(*key.indices(axis)))
    if not left:
        raise ShapeError(f"a slice leaves nothing of an axis of {axis}.")
    return left


def _sliced_letter(axis: int, key: slice) -> int | None:
    """The size that a slice leaves of an axis of a letter; None where that is not known."""
    start, stop = key.start or 0, key.stop
    if key.step not in (None, 1):
        return None
    if stop is None:
        rest: int = -start if start < 0 else plain(axis - start)
        return rest
    if start >= 0 and stop < 0:
        between: int = plain(axis + stop - start)
        return between
    return max(stop - start, 0) if (start < 0) == (stop < 0) else None


def repeat_vector(context: LayerContext) -> LayerResult:
    """A vector, once for each of `n` time steps."""
    batch, width = context.rank(2)
    return LayerResult(context.layer_type, ((batch, context.size("n"), width),))


def permute(context: LayerContext) -> LayerResult:
    """The axes behind the batch in another order, counted from 1."""
    dims = context.get("dims", ())
    whole = isinstance(dims, list | tuple) and all(isinstance(each, int) for each in dims)
    if not whole or sorted(dims) != list(range(1, len(context.shape))):
        raise ShapeError(
            f"dims must name the axes 1 to {len(context.shape) - 1} of {shape_text(context.shape)} "
            f"once each, got {dims!r}."
        )
    return LayerResult(
        context.layer_type, ((context.shape[0], *(context.shape[axis] for axis in dims)),)
    )


def _each(
    context: LayerContext, change: Callable[[int, tuple[int, int]], int], name: str
) -> LayerResult:
    """A change of every axis between batch and channels, by a pair of numbers."""
    rank = int(context.layer_type[-2])
    shape = context.rank(rank + 2)
    last = context.get("data_format", "channels_last") == "channels_last"
    start = 1 if last else 2
    # Cropping2D alone crops nothing where it is not asked to.
    usual = 0 if context.layer_type == "Cropping2D" else 1
    pairs = _pairs(context.get(name, usual), rank, name)
    sizes = list(shape)
    for axis, pair in enumerate(pairs, start=start):
        if sizes[axis] is not None:
            sizes[axis] = change(sizes[axis], pair)
            if not is_letter(sizes[axis]) and sizes[axis] < 1:
                raise ShapeError(f"{context.layer_type} leaves nothing of axis {axis} of {shape}.")
    return LayerResult(context.layer_type, (tuple(sizes),))


def _pairs(value: object, rank: int, name: str) -> list[tuple[int, int]]:
    """The two ends of each axis, from a number, a pair, or a pair for each axis."""
    values = value if isinstance(value, list | tuple) else (value,) * rank
    if rank == 1 and isinstance(value, list | tuple) and len(value) == 2:
        values = (value,)
    pairs = [tuple(each) if isinstance(each, list | tuple) else (each, each) for each in values]
    good = len(pairs) == rank and all(
        len(pair) == 2
        and all(is_letter(each) or (isinstance(each, int) and each >= 0) for each in pair)
        for pair in pairs
    )
    if not good:
        raise OptionError(f"{name} must be numbers from 0, one or two for an axis, got {value!r}.")
    return [(first, last) for first, last in pairs]


def cropping(context: LayerContext) -> LayerResult:
    """Entries cut off at both ends of every axis."""
    return _each(context, lambda size, pair: size - sum(pair), "cropping")


def zero_padding(context: LayerContext) -> LayerResult:
    """Zeros put at both ends of every axis."""
    return _each(context, lambda size, pair: size + sum(pair), "padding")


def up_sampling(context: LayerContext) -> LayerResult:
    """Every entry repeated along every axis."""
    rank = int(context.layer_type[-2])
    shape = context.rank(rank + 2)
    times = context.sizes("size", rank, 2)
    start = 1 if context.get("data_format", "channels_last") == "channels_last" else 2
    sizes = list(shape)
    for axis, factor in enumerate(times, start=start):
        sizes[axis] = None if sizes[axis] is None else sizes[axis] * factor
    return LayerResult(context.layer_type, (tuple(sizes),))
