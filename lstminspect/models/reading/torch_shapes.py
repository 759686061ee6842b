"""Shapes of what PyTorch's functions make of tensors. Source: torch.Tensor, PyTorch 2.13.

A size is a number or a letter; a function answers None where the shape is not known, and raises
ShapeError, in PyTorch's words, where the shapes cannot fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.sizes import differ, is_letter, plain, product

__all__ = [
    "axis_of",
    "broadcast",
    "concatenated",
    "flattened",
    "indexed",
    "multiplied",
    "reduced",
    "reshaped",
    "stacked",
    "text",
]


def text(shape: Sequence[Any]) -> str:
    """`[batch, 20]`: a shape as PyTorch's messages write it."""
    return f"[{', '.join(map(str, shape))}]"


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front. Raises ShapeError if there is none."""
    if not -rank <= axis < max(rank, 1):
        raise ShapeError(
            f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got "
            f"{axis})."
        )
    return axis % rank if rank else 0


def broadcast(one: Shape, other: Shape) -> Shape | None:
    """The shape of `one + other`."""
    rank = max(len(one), len(other))
    left, right = ((1,) * (rank - len(each)) + tuple(each) for each in (one, other))
    found: list[Any] = []
    for axis, (a, b) in enumerate(zip(left, right, strict=True)):
        if a == b or b == 1:
            found.append(a)
        elif a == 1:
            found.append(b)
        elif not is_letter(a) and not is_letter(b):
            raise ShapeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                f"non-singleton dimension {axis}: {text(one)} and {text(other)}."
            )
        elif is_letter(a) and is_letter(b):
            return None
        else:
            found.append(b if is_letter(a) else a)
    return tuple(found)


def reshaped(shape: Shape, wanted: Sequence[Any]) -> Shape | None:
    """The shape of `view(*wanted)`, in which one size can be -1."""
    total = product(shape)
    known = product(each for each in wanted if each != -1)
    if not any(each == -1 for each in wanted):
        rest = plain(total - known)
        if not is_letter(rest) and rest != 0:
            raise _invalid(wanted, shape)
        if rest == 0:
            return tuple(wanted)
        # What is 5 times as large for every letter does not fit; what depends on one can.
        if not is_letter(rest / known) or (rest / known).cancel().is_number:
            raise _invalid(wanted, shape)
        return None
    if not is_letter(total) and not is_letter(known):
        if known == 0 or total % known:
            raise _invalid(wanted, shape)
        rest = total // known
    else:
        rest = _ratio(total, known)
        if rest is None:
            return None
    return tuple(rest if each == -1 else each for each in wanted)


def _ratio(total: Any, known: Any) -> Any:
    """`total / known`, None if it is not a product of whole numbers and letters."""
    from sympy import fraction, sympify, together

    found = together(sympify(total) / sympify(known))
    _, below = fraction(found)
    if below != 1:
        return None
    return plain(found)


def _invalid(wanted: Sequence[Any], shape: Shape) -> ShapeError:
    return ShapeError(
        f"shape '{text(wanted)}' is invalid for input of size {plain(product(shape))}: the tensor "
        f"is {text(shape)}."
    )


def flattened(shape: Shape, start: int, end: int) -> Shape:
    """The shape with the axes from `start` to `end` as one."""
    first, last = axis_of(start, len(shape)), axis_of(end, len(shape))
    flat = plain(product(shape[first : last + 1]))
    return (*shape[:first], flat, *shape[last + 1 :])


def reduced(shape: Shape, axes: Sequence[int] | None, keeps: bool) -> Shape:
    """The shape of a sum or a mean over some axes, all for None."""
    if axes is None:
        return ()
    gone = {axis_of(each, len(shape)) for each in axes}
    if keeps:
        return tuple(1 if n in gone else each for n, each in enumerate(shape))
    return tuple(each for n, each in enumerate(shape) if n not in gone)


def concatenated(shapes: Sequence[Shape], axis: int) -> Shape:
    """The shape of `torch.cat`."""
    first = shapes[0]
    at = axis_of(axis, len(first))
    for each in shapes[1:]:
        if len(each) != len(first):
            raise ShapeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(each)}."
            )
        for n, (a, b) in enumerate(zip(first, each, strict=True)):
            if n != at and differ(a, b):
                raise ShapeError(
                    f"Sizes of tensors must match except in dimension {at}. Expected size {a} but "
                    f"got size {b}: {text(first)} and {text(each)}."
                )
    return (*first[:at], plain(sum(each[at] for each in shapes)), *first[at + 1 :])


def stacked(shape: Shape, many: Any, axis: int) -> Shape:
    """The shape of `torch.stack` of `many` tensors."""
    at = axis_of(axis, len(shape) + 1)
    return (*shape[:at], many, *shape[at:])


def multiplied(one: Shape, other: Shape) -> Shape | None:
    """The shape of `one @ other`."""
    if not one or not other:
        raise ShapeError("both arguments to matmul need to be at least 1D.")
    inner, below = one[-1], other[-2] if len(other) > 1 else other[-1]
    if differ(inner, below):
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied: {text(one)} and {text(other)}, and "
            f"{inner} is not {below}."
        )
    if len(other) == 1:
        return one[:-1]
    if len(one) == 1:
        return (*other[:-2], other[-1])
    front = broadcast(one[:-2], other[:-2])
    return None if front is None else (*front, one[-2], other[-1])


def indexed(shape: Shape, keys: Sequence[Any]) -> Shape | None:
    """The shape of `tensor[keys]`: ints, slices, None, `...`, and shapes of index tensors."""
    rank = sum(1 for key in keys if key is not None and key is not Ellipsis)
    if rank > len(shape):
        raise ShapeError(
            f"too many indices for tensor of dimension {len(shape)}: {rank} for {text(shape)}."
        )
    found: list[Any] = []
    axis, tensors, where = 0, None, []
    for key in keys:
        if key is Ellipsis:
            wide = len(shape) - rank
            found.extend(shape[axis : axis + wide])
            axis += wide
        elif key is None:
            found.append(1)
        elif isinstance(key, slice):
            size = _sliced(shape[axis], key)
            if size is None:
                return None
            found.append(size)
            axis += 1
        elif isinstance(key, tuple):
            tensors = key if tensors is None else broadcast(tensors, key)
            if tensors is None:
                return None
            where.append(len(found))
            axis += 1
        else:
            size = shape[axis]
            if not is_letter(size) and not -size <= key < size:
                raise ShapeError(
                    f"index {key} is out of bounds for dimension {axis} with size {size}."
                )
            axis += 1
    found.extend(shape[axis:])
    if tensors is not None:
        at = where[0] if len(set(where)) == 1 else 0
        found[at:at] = tensors
    return tuple(found)


def _sliced(size: Any, key: slice) -> Any:
    """The size of an axis after a slice; None if it depends on a letter.

    An axis whose size is a letter is taken as long enough for the slice.
    """
    start, stop, step = key.start or 0, key.stop, key.step or 1
    if not any(map(is_letter, (size, start, stop, step))):
        return len(range(*key.indices(size)))
    if step != 1:
        return None
    start = plain(size + start) if _is_negative(start) else start
    stop = size if stop is None else plain(size + stop) if _is_negative(stop) else stop
    found = plain(stop - start)
    return found if is_letter(found) or found >= 0 else None


def _is_negative(end: Any) -> bool:
    """True for an end that counts from the back, a letter with a minus too."""
    if not is_letter(end):
        return bool(end < 0)
    return all(each < 0 for each in end.as_coefficients_dict().values())
