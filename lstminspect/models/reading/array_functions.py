"""Functions of NumPy, Keras and scikit-learn on arrays: the shape that each gives, by its name.

A size that is not known is None. A function that is not in the table, or whose arguments are not
known, gives None: nothing is said of its result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from lstminspect.layer import Shape
from lstminspect.models.reading.array_shapes import (
    argument,
    diff,
    expand,
    flat,
    moved,
    one_hot,
    one_hot_tf,
    reduced,
    repeated,
    same,
    squeeze,
    swapped,
    tiled,
    transpose,
)
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.values import DottedName, ShapedArray, Unknown, is_number, opened
from lstminspect.sizes import is_letter, product

__all__ = ["SAME", "array_from", "array_of", "broadcast", "function_of", "is_size", "reshaped"]

Function: TypeAlias = "Callable[[list[Any], dict[str, Any]], Any]"

#: Functions that make numbers of a shape.
MAKES = (
    "zeros", "ones", "random", "normal", "uniform", "random_sample", "empty", "full",
    "random_normal", "random_uniform", "truncated_normal", "standard_normal", "ranf", "poisson",
    "binomial", "exponential",
)  # fmt: skip
#: Functions entry by entry, and others that keep the shape.
SAME = frozenset((
    "array", "asarray", "float32", "float64", "int32", "int64", "ascontiguousarray", "astype",
    "copy", "zeros_like", "ones_like", "empty_like", "full_like", "normalize", "constant",
    "convert_to_tensor", "cast", "abs", "absolute", "exp", "log", "log1p", "expm1", "sqrt",
    "nan_to_num", "sin", "cos", "tan", "tanh", "sign", "square", "floor", "ceil", "rint", "round",
    "clip", "sort", "flip", "fliplr", "flipud", "roll", "shuffle", "permutation", "cumsum",
    "cumprod", "softmax", "sigmoid", "relu", "isnan", "logical_not", "scale", "minmax_scale",
    "argsort", "to_numpy", "numpy", "asanyarray", "deepcopy", "float_", "detrend", "rot180",
))  # fmt: skip
REDUCES = ("sum", "mean", "max", "min", "std", "var", "median", "prod", "argmax", "argmin", "any",
           "all", "amax", "amin", "average", "nanmean", "nansum", "ptp")  # fmt: skip
ENTRYWISE = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "mod",
             "greater", "less", "equal", "logical_and", "logical_or", "where")  # fmt: skip


def array_from(value: Any) -> ShapedArray | None:
    """The array that a value is, or that NumPy makes of nested lists of numbers and of arrays.

    >>> array_from([[1, 2, 3], [4, 5, 6]])
    ShapedArray(shape=(2, 3))
    """
    if isinstance(value, ShapedArray):
        return value
    if isinstance(value, Frame):
        return value.array
    if isinstance(value, range):
        return ShapedArray((len(value),))
    if not isinstance(value, list | tuple) or not value:
        return None
    shapes = {_shape_in(each) for each in (value if len(value) < 100 else value[:100])}
    if len(shapes) != 1:
        return None
    (inner,) = shapes
    return None if inner is None else ShapedArray((len(value), *inner))


def _shape_in(entry: Any) -> Shape | None:
    """The shape of one entry of a list: () for a number."""
    if isinstance(entry, int | float) or is_number(entry):
        return ()
    found = array_from(entry)
    return None if found is None else found.shape


def is_size(value: Any) -> bool:
    """True for what can be a size of an array: a whole number, a letter, or one that is open."""
    number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    declined = isinstance(value, Unknown) and value.declined
    return number or is_letter(value) or (opened(value) and not declined)


def array_of(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """An array of the shape that arguments say: in a tuple, or by name."""
    named = options.get("shape", options.get("size", options.get("newshape")))
    if isinstance(named, int):
        return ShapedArray((named,))
    tuples = [each for each in [named, *arguments] if isinstance(each, tuple | list)]
    for shape in tuples:
        if shape and all(is_size(each) for each in shape):
            return ShapedArray(tuple(shape))
    return None


def _made(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """`zeros(5)`, `ones((5, 2))`, `randn(5, 2)`, `normal(0, 1, (5, 2))`."""
    if len(arguments) == 1 and is_size(arguments[0]) and not options.keys() - {"dtype", "seed"}:
        return ShapedArray((arguments[0],))
    if len(arguments) == 3 and isinstance(arguments[2], int):
        return ShapedArray((arguments[2],))
    return array_of(arguments, options)


def _apart(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """`rand(8, 5)`: the sizes one by one."""
    if arguments and all(is_size(each) for each in arguments):
        return ShapedArray(tuple(arguments))
    return array_of(arguments, options)


def _randint(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """`randint(low, high, size)`: the bounds are not sizes."""
    size = argument(arguments, options, 2, "size", "shape")
    high = argument(arguments, options, 1, "high")
    high = argument(arguments, options, 0, "low") if high is None else high
    several = [size] if isinstance(size, int) else size
    found = array_of([several], {}) if isinstance(several, list | tuple) else None
    return replace(found, high=high) if found and isinstance(high, int) else found


def reshaped(array: Any, target: Any) -> ShapedArray | None:
    """An array in another shape; one size may be -1."""
    if isinstance(target, list | tuple) and len(target) == 1:
        target = target[0] if isinstance(target[0], list | tuple) else target
    if isinstance(target, int):
        target = (target,)
    if not isinstance(target, list | tuple) or not target:
        return None
    sizes = list(target)
    if -1 in [each for each in sizes if isinstance(each, int)]:
        place = sizes.index(-1)
        sizes[place] = None
        known = isinstance(array, ShapedArray) and None not in array.shape
        if known and all(isinstance(each, int) for each in (*array.shape, *sizes[:place])):
            fixed = [each for n, each in enumerate(sizes) if n != place]
            if all(isinstance(each, int) for each in fixed):
                whole, rest = product(array.shape), product(fixed)
                sizes[place] = whole // rest if rest and whole % rest == 0 else None
    fits = all(each is None or is_size(each) for each in sizes)
    return ShapedArray(tuple(sizes)) if fits else None


def _reshape(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    if not arguments:
        return None
    named = options.get("newshape", options.get("shape", arguments[1:2]))
    return reshaped(array_from(arguments[0]), named)


def _of_array(function: Callable[[Shape, list[Any], dict[str, Any]], Any]) -> Function:
    """A function whose first argument is an array, or a list that becomes one."""

    def applied(arguments: list[Any], options: dict[str, Any]) -> Any:
        array = array_from(arguments[0]) if arguments else None
        if array is None:
            return None
        shape = function(array.shape, arguments, options)
        return ShapedArray(shape) if isinstance(shape, tuple) else shape

    return applied


def _padded(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    first = arguments[0] if arguments else options.get("sequences")
    length = argument(arguments, options, 1, "maxlen")
    if isinstance(first, ShapedArray):
        many = first.shape[0]
    else:
        many = len(first) if isinstance(first, list | tuple) else None
    if length is None and isinstance(first, list | tuple):
        lengths = [len(each) if isinstance(each, list | tuple) else None for each in first]
        known = bool(lengths) and None not in lengths
        length = max(each for each in lengths if each is not None) if known else None
    return None if length is None else ShapedArray((many, length))


def _arrays(arguments: list[Any]) -> list[Shape] | None:
    """The shapes of several arrays in a list."""
    first = arguments[0] if arguments else None
    if not isinstance(first, list | tuple):
        return None
    several = [array_from(each) for each in first]
    known = [each.shape for each in several if each is not None]
    return known if known and len(known) == len(several) else None


def _joined(shapes: list[Shape], axis: Any) -> ShapedArray | None:
    ranks = {len(each) for each in shapes}
    rank = min(ranks)
    if len(ranks) != 1 or not isinstance(axis, int) or not -rank <= axis < rank:
        return None
    place = axis % rank
    along = [each[place] for each in shapes]
    size = sum(along) if all(isinstance(each, int) for each in along) else None
    first = list(shapes[0])
    first[place] = size
    return ShapedArray(tuple(first))


def _concatenated(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    shapes = _arrays(arguments)
    axis = argument(arguments, options, 1, "axis")
    return None if shapes is None else _joined(shapes, 0 if axis is None else axis)


def _stacked(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    if arguments and isinstance(arguments[0], ShapedArray) and not options:
        return arguments[0] if len(arguments) == 1 else None
    shapes = _arrays(arguments)
    axis = argument(arguments, options, 1, "axis") or 0
    if shapes is None or len(set(shapes)) != 1 or not isinstance(axis, int):
        return None
    place = axis % (len(shapes[0]) + 1)
    return ShapedArray((*shapes[0][:place], len(shapes), *shapes[0][place:]))


def _in_columns(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    """`column_stack`: a row of numbers is a column."""
    shapes = _arrays(arguments)
    if shapes is None:
        return None
    return _joined([(*each, 1) if len(each) == 1 else each for each in shapes], 1)


def _side_by_side(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    shapes = _arrays(arguments)
    return None if shapes is None else _joined(shapes, 0 if len(shapes[0]) == 1 else 1)


def _on_top(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    shapes = _arrays(arguments)
    if shapes is None:
        return None
    return _joined([(1, *each) if len(each) == 1 else each for each in shapes], 0)


def _in_depth(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    shapes = _arrays(arguments)
    if shapes is None:
        return None
    deep = [
        (1, *each, 1) if len(each) == 1 else (*each, 1) if len(each) == 2 else each
        for each in shapes
    ]
    return _joined(deep, 2)


def _counted(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """`arange(stop)`, `arange(start, stop, step)`."""
    ends = [each for each in (*arguments, *(options.get(n) for n in ("start", "stop", "step")))
            if each is not None]  # fmt: skip
    if not ends or not all(isinstance(each, int | float) for each in ends):
        return ShapedArray((None,))
    start, stop, step = (0, ends[0], 1) if len(ends) == 1 else (*ends[:2], *(ends[2:] or [1]))[:3]
    return ShapedArray((max(0, math.ceil((stop - start) / step)) if step else None,))


def _spaced(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    many = argument(arguments, options, 2, "num")
    many = 50 if many is None else many
    return ShapedArray((many,)) if is_size(many) else ShapedArray((None,))


def _identity(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    rows, columns = (arguments * 2)[:2] if arguments else (None, None)
    return ShapedArray((rows, columns)) if is_size(rows) and is_size(columns) else None


def _chosen(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    size = argument(arguments, options, 1, "size")
    if isinstance(size, int):
        return ShapedArray((size,))
    return array_of([size], {}) if isinstance(size, list | tuple) else None


def _split(arguments: list[Any], options: dict[str, Any]) -> list[ShapedArray | Frame] | None:
    """`train_test_split(X, y, test_size=0.2)`: each array in two parts, one behind the other."""
    several = [array_from(each) for each in arguments]
    if not several or any(each is None for each in several):
        return None
    parts: list[ShapedArray | Frame] = []
    for one, each in zip(arguments, several, strict=True):
        assert each is not None
        if isinstance(one, Frame):
            parts += [one.like(), one.like()]
            continue
        many, *rest = each.shape
        train, test = _sizes_of_split(many, options)
        parts += [ShapedArray((train, *rest)), ShapedArray((test, *rest))]
    return parts


def _sizes_of_split(many: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    test, train = options.get("test_size"), options.get("train_size")
    if not isinstance(many, int) or not all(
        each is None or isinstance(each, int | float) for each in (test, train)
    ):
        return None, None
    if isinstance(train, float):
        train = math.floor(many * train)
    if test is None:
        test = 0.25 if train is None else many - train
    if isinstance(test, float):
        test = math.ceil(many * test)
    return (many - test if train is None else train), test


def _regression(arguments: list[Any], options: dict[str, Any]) -> list[ShapedArray] | None:
    """`make_regression(n_samples, n_features, n_informative, n_targets)` of scikit-learn."""
    many = argument(arguments, options, 0, "n_samples")
    width = argument(arguments, options, 1, "n_features")
    targets = argument(arguments, options, 3, "n_targets") or 1
    sizes = [100 if many is None else many, 100 if width is None else width]
    if not all(isinstance(each, int) for each in (*sizes, targets)):
        return None
    target = (sizes[0],) if targets == 1 else (sizes[0], targets)
    return [ShapedArray((sizes[0], sizes[1])), ShapedArray(target)]


def _classification(arguments: list[Any], options: dict[str, Any]) -> list[ShapedArray] | None:
    many = argument(arguments, options, 0, "n_samples")
    width = argument(arguments, options, 1, "n_features")
    sizes = [100 if many is None else many, 20 if width is None else width]
    if not all(isinstance(each, int) for each in sizes):
        return None
    return [ShapedArray((sizes[0], sizes[1])), ShapedArray((sizes[0],))]


def broadcast(*values: Any) -> ShapedArray | None:
    """The array of an operator between arrays and numbers; None where one is not known."""
    shapes = []
    for each in values:
        if isinstance(each, int | float) or is_number(each):
            continue
        array = array_from(each)
        if array is None:
            return None
        shapes.append(array.shape)
    if not shapes:
        return None
    rank = max(map(len, shapes))
    sizes: list[Any] = []
    for place in range(rank):
        column = [each[place - rank + len(each)] for each in shapes if place >= rank - len(each)]
        known = [each for each in column if each != 1]
        sizes.append(known[0] if known else 1)
        if len(set(known)) > 1:
            whole = [each for each in known if isinstance(each, int)]
            if len(set(whole)) > 1:
                return None
            sizes[-1] = whole[0] if whole else None
    return ShapedArray(tuple(sizes))


def _entrywise(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    return broadcast(*arguments) if len(arguments) > 1 else None


def _multiplied(arguments: list[Any], _options: dict[str, Any]) -> ShapedArray | None:
    one, other = (array_from(each) for each in (arguments * 2)[:2]) if arguments else (None, None)
    if len(arguments) != 2 or one is None or other is None or len(other.shape) != 2:
        return None
    return ShapedArray((*one.shape[:-1], other.shape[-1]))


def _windows(arguments: list[Any], options: dict[str, Any]) -> ShapedArray | None:
    """`sliding_window_view(x, window, axis)`: the window is the last axis."""
    array = array_from(arguments[0]) if arguments else None
    window = argument(arguments, options, 1, "window_shape")
    axis = argument(arguments, options, 2, "axis")
    if array is None or not isinstance(window, int) or (axis is None and len(array.shape) != 1):
        return None
    place = 0 if axis is None else axis
    if not isinstance(place, int):
        return None
    sizes = list(array.shape)
    sizes[place] = sizes[place] - window + 1 if isinstance(sizes[place], int) else None
    return ShapedArray((*sizes, window))


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(MAKES, _made),
    **dict.fromkeys(SAME, _of_array(same)),
    **dict.fromkeys(REDUCES, _of_array(reduced)),
    **dict.fromkeys(ENTRYWISE, _entrywise),
    "rand": _apart, "randn": _apart, "randint": _randint, "integers": _randint,
    "reshape": _reshape,
    "expand_dims": _of_array(expand), "squeeze": _of_array(squeeze), "ravel": _of_array(flat),
    "flatten": _of_array(flat), "transpose": _of_array(transpose),
    "permute": _of_array(transpose),
    "swapaxes": _of_array(swapped), "moveaxis": _of_array(moved), "repeat": _of_array(repeated),
    "tile": _of_array(tiled), "diff": _of_array(diff), "to_categorical": _of_array(one_hot),
    "one_hot": _of_array(one_hot_tf), "pad_sequences": _padded, "concatenate": _concatenated,
    "concat": _concatenated, "stack": _stacked, "vstack": _on_top, "row_stack": _on_top,
    "hstack": _side_by_side, "column_stack": _in_columns, "dstack": _in_depth,
    "arange": _counted, "linspace": _spaced, "logspace": _spaced, "eye": _identity,
    "identity": _identity, "choice": _chosen, "train_test_split": _split,
    "make_regression": _regression, "make_classification": _classification, "dot": _multiplied,
    "matmul": _multiplied, "sliding_window_view": _windows,
    "atleast_2d": _of_array(lambda shape, _a, _o: (1, *shape) if len(shape) == 1 else shape),
}  # fmt: skip
#: Functions whose name alone says nothing of arrays: the text must name their library.
SHORT = frozenset(("scale", "shuffle", "choice", "sort", "copy", "round", "abs", "add",
                   "max", "min", "sum", "any", "all", "numpy", "mod", "float32",
                   "normalize", "permute", "dot", "repeat", "split", "random", "array", "full",
                   "where", "log"))  # fmt: skip
LIBRARIES = frozenset((
    "np", "numpy", "tf", "tensorflow", "keras", "sklearn", "scipy", "K", "rng", "random", "jnp",
    "jax", "tf_keras", "torch", "pd", "tensorflow_core", "ops", "onp", "generator",
))  # fmt: skip


def function_of(callee: DottedName) -> Function | None:
    """The function of the table that a name of the text can be; None for a name of another's."""
    first = callee.name.partition(".")[0]
    if callee.imported and first not in LIBRARIES:
        return None
    if callee.last in SHORT and first not in LIBRARIES:
        return None
    return FUNCTIONS.get(callee.last)
