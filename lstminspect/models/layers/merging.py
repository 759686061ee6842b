"""Layers of several inputs: Add and the others that go entry by entry, Concatenate, Dot.

Source: keras/src/layers/merging, Keras 3.15.1.
"""

from __future__ import annotations

from lstminspect.costs.work import Work
from lstminspect.errors import OptionError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.spec import (
    LayerContext,
    LayerResult,
    differing,
    entries,
    known,
    shape_text,
)
from lstminspect.sizes import differ, is_letter, plain, product

__all__ = ["broadcast", "concatenate", "dot", "merge"]


def merge(context: LayerContext) -> LayerResult:
    """Add, Subtract, Multiply, Average, Maximum, Minimum: entry by entry, axes of 1 stretched."""
    shapes = _several(context)
    output = shapes[0]
    for shape in shapes[1:]:
        output = broadcast(context.layer_type, output, shape)
    numbers = entries(output)
    times = len(shapes) if context.layer_type == "Average" else len(shapes) - 1
    return LayerResult(
        context.layer_type,
        (output,),
        work=None if numbers is None else Work(elementwise=numbers * times),
    )


def _several(context: LayerContext) -> tuple[Shape, ...]:
    if len(context.inputs) < 2:
        example = f"{context.layer_type}()([a, b])"
        raise ShapeError(
            f"{context.layer_type} merges two or more inputs, got {len(context.inputs)}: {example}."
        )
    return context.inputs


def broadcast(layer_type: str, one: Shape, other: Shape) -> Shape:
    """The shape of an operation on two shapes, entry by entry; axes of 1 are stretched.

    >>> broadcast("Add", (None, 5, 8), (None, 1, 8))
    (None, 5, 8)
    """
    rank = max(len(one), len(other))
    # Shorter shapes get axes of 1 behind their batch.
    first, second = ((shape[0], *(1,) * (rank - len(shape)), *shape[1:]) for shape in (one, other))
    sizes = []
    for left, right in zip(first, second, strict=True):
        stretched = left is None or right is None or left == 1 or right == 1
        if not stretched and differ(left, right):
            raise ShapeError(
                f"{layer_type} cannot put {shape_text(one)} and {shape_text(other)} together: "
                f"{left} is not {right}. Make them equal, or 1."
            )
        sizes.append(_wider(left, right))
    return tuple(sizes)


def _wider(left: int | None, right: int | None) -> int | None:
    # What one input leaves open stays open, as in Keras.
    if left is None or right is None:
        return None
    # Two letters, or a letter and a number, are taken to be equal: the number says more.
    return right if right != 1 and (left == 1 or is_letter(left)) else left


def concatenate(context: LayerContext) -> LayerResult:
    """One input behind the other along an axis; every other axis must agree."""
    shapes = _several(context)
    rank = len(shapes[0])
    axis = context.get("axis", -1)
    if not isinstance(axis, int) or not -rank <= axis < rank or axis % rank == 0:
        raise OptionError(f"axis must be one behind the batch, from 1 to {rank - 1}, got {axis!r}.")
    axis %= rank
    output = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != rank:
            raise ShapeError(
                f"{context.layer_type} needs inputs of one rank, got {_texts(shapes)}."
            )
        for place in range(rank):
            if place != axis:
                output[place] = _agreed(
                    context.layer_type, shapes, output[place], shape[place], axis
                )
    along = [shape[axis] for shape in shapes]
    output[axis] = plain(sum(along)) if known(*along) else None
    return LayerResult(context.layer_type, (tuple(output),))


def _texts(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(shape_text(shape) for shape in shapes)


def _agreed(
    layer_type: str, shapes: tuple[Shape, ...], one: int | None, other: int | None, axis: int
) -> int | None:
    if one is not None and other is not None and differ(one, other):
        raise ShapeError(
            f"{layer_type} along axis {axis} needs every other axis equal, got {_texts(shapes)}."
        )
    if one is None or other is None:
        return None
    return other if is_letter(one) else one


def dot(context: LayerContext) -> LayerResult:
    """The product of two inputs along one axis of each: `rows x columns` of them are MACs."""
    if len(context.inputs) != 2:
        raise ShapeError(f"Dot takes two inputs, got {len(context.inputs)}.")
    one, other = context.inputs
    axes = context.get("axes")
    pair = tuple(axes) if isinstance(axes, list | tuple) else (axes, axes)
    first, second = pair if len(pair) == 2 else (None, None)
    if not isinstance(first, int) or not isinstance(second, int):
        raise OptionError(f"axes must be one axis, or one of each input, got {axes!r}.")
    first, second = first % len(one), second % len(other)
    unequal = differing(one[first : first + 1], other[second : second + 1])
    if unequal or not first or not second:
        raise ShapeError(
            f"Dot needs two axes of one size behind the batch, got axis {first} of "
            f"{shape_text(one)} and axis {second} of {shape_text(other)}."
        )
    rest = [size for axis, size in enumerate(one) if axis not in (0, first)]
    rest += [size for axis, size in enumerate(other) if axis not in (0, second)]
    output = (one[0], *rest) if rest else (one[0], 1)
    numbers, along = entries(output), one[first]
    work = None if numbers is None or along is None else Work(macs=product([numbers, along]))
    return LayerResult(context.layer_type, (output,), work=work)
