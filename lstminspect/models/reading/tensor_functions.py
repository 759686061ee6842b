"""Functions of tensors that have no weights: their shapes, from those of what they are called on.

`tf.reduce_mean(x, axis=1)`, `K.dot(x, w)`, `ops.concatenate([a, b])` by their last names. A name
that is not here is opaque. Source: tensorflow 2 and keras.ops of Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.layers.merging import broadcast
from lstminspect.models.layers.reshaping import reshaped
from lstminspect.models.spec import differing, known, shape_text
from lstminspect.sizes import is_letter, plain, product

__all__ = ["shapes_after"]

#: Shapes of the results, from those of the tensors; None where they are not known.
Shapes: TypeAlias = "Callable[[Sequence[Shape]], Shape | None]"

SAME = frozenset((
    "tanh", "sigmoid", "relu", "softmax", "log_softmax", "exp", "log", "sqrt", "square", "abs",
    "cast", "dropout", "stop_gradient", "identity", "clip_by_value", "clip", "l2_normalize", "elu",
    "selu", "gelu", "softplus", "sign", "zeros_like", "ones_like", "cumsum", "hard_sigmoid", "silu",
    "swish", "leaky_relu", "relu6", "reverse", "flip", "rsqrt", "negative", "round", "sin", "cos",
    "convert_to_tensor", "activation", "normalize", "erf", "floor", "sort", "bias_add", "pow",
    "in_train_phase", "print_tensor", "ensure_shape", "shape_like", "zeros_initializer",
))  # fmt: skip
REDUCES = frozenset((
    "reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "mean", "sum", "max",
    "min", "prod", "std", "var", "reduce_std", "reduce_variance", "logsumexp", "reduce_logsumexp",
    "amax", "amin", "any", "all", "reduce_any", "reduce_all", "norm",
))  # fmt: skip
PAIRS = frozenset((
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "mul", "sub", "div", "truediv",
    "equal", "not_equal", "greater", "less", "squared_difference", "where", "logical_and",
))  # fmt: skip


def shapes_after(name: str, arguments: list[Any], options: dict[str, Any]) -> Shapes | None:
    """The shape of the result of a function, from those of its tensors; None for another.

    `arguments` are those of the call; a tensor among them stands for itself.

    >>> shapes_after("reduce_mean", [None], {"axis": 1})([(None, 5, 3)])
    (None, 3)
    """
    if name in SAME:
        return lambda shapes: shapes[0]
    if name in PAIRS:
        return _pair
    if name in REDUCES or name in ("argmax", "argmin"):
        axis = _option(arguments, options, 1, None, "axis", "reduction_indices", "axes")
        keeps = options.get("keepdims", options.get("keep_dims", False)) is True
        if name.startswith("arg") and axis is None:
            axis = 0
        return lambda shapes: _reduced(shapes[0], axis, keeps)
    maker = MAKERS.get(name)
    return None if maker is None else maker(arguments, options)


def _option(
    arguments: list[Any], options: dict[str, Any], place: int, usual: Any, *names: str
) -> Any:
    for name in names:
        if name in options:
            return options[name]
    return arguments[place] if len(arguments) > place else usual


def _pair(shapes: Sequence[Shape]) -> Shape:
    found = shapes[0]
    for each in shapes[1:]:
        found = elementwise(found, each)
    return found


def elementwise(one: Shape, other: Shape) -> Shape:
    """The shape of an operation entry by entry, aligned from the last axis as NumPy does.

    >>> elementwise((None, 5, 8), (8,))
    (None, 5, 8)
    """
    rank = max(len(one), len(other))
    first, second = ((1,) * (rank - len(each)) + tuple(each) for each in (one, other))
    # The batch stands first in `broadcast`, and there is none here.
    return broadcast("The operation", (None, *first), (None, *second))[1:]


def _whole(axis: Any) -> bool:
    return isinstance(axis, int) and not isinstance(axis, bool)


def _reduced(shape: Shape, axis: Any, keeps: bool) -> Shape | None:
    if axis is None:
        return tuple(1 for _ in shape) if keeps else ()
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    if not all(_whole(each) and -len(shape) <= each < len(shape) for each in axes):
        return None
    places = {each % len(shape) for each in axes}
    if keeps:
        return tuple(1 if n in places else size for n, size in enumerate(shape))
    return tuple(size for n, size in enumerate(shape) if n not in places)


def _matmul(_arguments: list[Any], options: dict[str, Any]) -> Shapes:
    turned = [options.get(name) is True for name in ("transpose_a", "transpose_b")]

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        if len(shapes) != 2:
            return None
        one, other = (
            (*each[:-2], each[-1], each[-2]) if turn and len(each) > 1 else each
            for each, turn in zip(shapes, turned, strict=True)
        )
        if not one or not other:
            return None
        inner = other[-2] if len(other) > 1 else other[0]
        if one[-1] is not None and inner is not None and differing((one[-1],), (inner,)):
            raise ShapeError(
                f"the product of {shape_text(one)} and {shape_text(other)} is not possible: "
                f"{one[-1]} is not {inner}. Make them equal."
            )
        if len(other) == 1:
            return one[:-1]
        before = one[:-2] if len(one) >= len(other) else other[:-2]
        return (*before, *one[-2:-1], other[-1])

    return shape


def _dot(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    """`K.dot`: the last axis of the one with the axis before the last of the other."""
    product_of = _matmul(arguments, options)

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        if len(shapes) == 2 and len(shapes[1]) == 2 and len(shapes[0]) > 2:
            flat = product_of([shapes[0][-2:], shapes[1]])
            return None if flat is None else (*shapes[0][:-2], *flat)
        return product_of(shapes)

    return shape


def _batch_dot(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    axes = _option(arguments, options, 2, None, "axes")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        if len(shapes) != 2:
            return None
        one, other = shapes
        pair = tuple(axes) if isinstance(axes, list | tuple) else (axes, axes)
        if axes is None:
            pair = (len(one) - 1, max(len(other) - 2, 1))
        if len(pair) != 2 or not all(map(_whole, pair)):
            return None
        first, second = pair[0] % len(one), pair[1] % len(other)
        rest = [size for n, size in enumerate(one) if n not in (0, first)]
        rest += [size for n, size in enumerate(other) if n not in (0, second)]
        return (one[0], *rest) if rest else (one[0], 1)

    return shape


def _transpose(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    order = _option(arguments, options, 1, None, "perm", "pattern", "axes")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        (found, *_) = shapes
        if order is None:
            return tuple(reversed(found))
        fits = isinstance(order, list | tuple) and sorted(
            each for each in order if _whole(each)
        ) == list(range(len(found)))
        return tuple(found[each] for each in order) if fits else None

    return shape


def _reshape(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    target = _option(arguments, options, 1, None, "shape", "newshape", "target_shape")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        if not isinstance(target, list | tuple):
            return None
        sizes: list[Any] = [each if _whole(each) or is_letter(each) else None for each in target]
        found = shapes[0]
        open_sizes = [n for n, each in enumerate(sizes) if each is None or each == -1]
        if len(open_sizes) == 1 and known(*found):
            whole = tuple(-1 if n in open_sizes else each for n, each in enumerate(sizes))
            return reshaped((None, *found), whole)[1:]
        rest = found[1:]
        if open_sizes[:1] == [0] and len(open_sizes) == 2 and known(*rest):
            whole = tuple(-1 if n in open_sizes else each for n, each in enumerate(sizes))[1:]
            return (None, *reshaped((None, *rest), whole)[1:])
        return tuple(None if each == -1 else each for each in sizes)

    return shape


def _expand(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    axis = _option(arguments, options, 1, -1, "axis", "dim")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        (found, *_) = shapes
        if not _whole(axis) or not -len(found) - 1 <= axis <= len(found):
            return None
        place = axis % (len(found) + 1)
        return (*found[:place], 1, *found[place:])

    return shape


def _squeeze(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    axis = _option(arguments, options, 1, None, "axis", "squeeze_dims")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        (found, *_) = shapes
        if axis is None:
            return tuple(size for size in found if size != 1)
        axes = axis if isinstance(axis, list | tuple) else (axis,)
        return _reduced(found, axes, False)

    return shape


def _concat(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    axis = _option(arguments, options, 1, -1, "axis", "concat_dim")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        ranks = {len(each) for each in shapes}
        if not _whole(axis) or len(ranks) != 1 or not -min(ranks) <= axis < min(ranks):
            return None
        place = axis % min(ranks)
        along = [each[place] for each in shapes]
        found = list(shapes[0])
        found[place] = plain(sum(along)) if known(*along) else None
        return tuple(found)

    return shape


def _stack(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    axis = _option(arguments, options, 1, 0, "axis")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        found = shapes[0]
        if not _whole(axis):
            return None
        place = axis % (len(found) + 1)
        return (*found[:place], len(shapes), *found[place:])

    return shape


def _one_hot(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    depth = _option(arguments, options, 1, None, "depth", "num_classes")
    size = depth if _whole(depth) or is_letter(depth) else None
    return lambda shapes: (*shapes[0], size)


def _lookup(_arguments: list[Any], _options: dict[str, Any]) -> Shapes:
    return lambda shapes: (*shapes[1], *shapes[0][1:]) if len(shapes) == 2 else None


def _tile(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    times = _option(arguments, options, 1, None, "multiples", "n", "repeats")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        found = shapes[0]
        if not isinstance(times, list | tuple) or len(times) != len(found):
            return None
        return tuple(
            plain(size * many) if size is not None and (_whole(many) or is_letter(many)) else None
            for size, many in zip(found, times, strict=True)
        )

    return shape


def _repeated(arguments: list[Any], options: dict[str, Any]) -> Shapes:
    """`K.repeat_elements(x, rep, axis)`, `tf.repeat(x, repeats, axis)`, `K.repeat(x, n)`."""
    times = _option(arguments, options, 1, None, "rep", "repeats", "n")
    axis = _option(arguments, options, 2, None, "axis")

    def shape(shapes: Sequence[Shape]) -> Shape | None:
        found = shapes[0]
        if axis is None and len(found) == 2:
            return (found[0], times if _whole(times) or is_letter(times) else None, found[1])
        if not _whole(axis) or not _whole(times):
            return None
        place = axis % len(found)
        size = None if found[place] is None else found[place] * times
        return (*found[:place], size, *found[place + 1 :])

    return shape


def _flat(_arguments: list[Any], _options: dict[str, Any]) -> Shapes:
    return lambda shapes: (
        shapes[0][0],
        plain(product(shapes[0][1:])) if known(*shapes[0][1:]) else None,
    )


def _affine(_arguments: list[Any], _options: dict[str, Any]) -> Shapes:
    """`tf.nn.xw_plus_b(x, w, b)`."""
    product_of = _matmul([], {})
    return lambda shapes: product_of(shapes[:2])


MAKERS: dict[str, Callable[[list[Any], dict[str, Any]], Shapes]] = {
    "matmul": _matmul, "xw_plus_b": _affine, "dot": _dot, "batch_dot": _batch_dot,
    "transpose": _transpose, "permute_dimensions": _transpose, "reshape": _reshape,
    "expand_dims": _expand, "squeeze": _squeeze, "concat": _concat, "concatenate": _concat,
    "stack": _stack, "pack": _stack,
    "one_hot": _one_hot, "embedding_lookup": _lookup, "gather": _lookup, "tile": _tile,
    "repeat_elements": _repeated, "repeat": _repeated, "flatten": _flat, "batch_flatten": _flat,
}  # fmt: skip
