"""Rules: what the nodes between a stored tensor and a recurrent node do to shape and values.

Source: onnx/docs/Operators.md, each operator by its name; a version that differs is named there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lstminspect.files.dtypes import BITS
from lstminspect.files.onnx.known import Call, Rule
from lstminspect.files.onnx.stored import DTYPES

__all__ = ["RULES"]

Result = tuple[tuple[int, ...], str, Callable[..., Any]]


def _cast(call: Call) -> Result | None:
    dtype = DTYPES.get(call.attributes.get("to", 0), "string")
    if dtype == "string":
        return None
    # A type that NumPy lacks comes as float32 all the same.
    own = dtype if dtype.rstrip("0123456789") in ("float", "int", "uint") else "float32"
    own = own if BITS.get(own, 0) >= 8 else "float32"
    return call.first.shape, dtype, lambda x, *_: x.astype(own)


def _transpose(call: Call) -> Result:
    shape = call.first.shape
    order = call.attributes.get("perm") or list(reversed(range(len(shape))))
    if sorted(order) != list(range(len(shape))):
        raise LookupError(order)
    return tuple(shape[each] for each in order), call.first.dtype, lambda x, *_: x.transpose(order)


def _unsqueeze(call: Call) -> Result:
    axes, shape = call.numbers("axes", 1), list(call.first.shape)
    if axes is None:
        raise LookupError
    rank = len(shape) + len(axes)
    for axis in sorted(_axis(each, rank) for each in axes):
        shape.insert(axis, 1)
    return tuple(shape), call.first.dtype, lambda x, *_: x.reshape(shape)


def _squeeze(call: Call) -> Result:
    shape = call.first.shape
    axes = call.numbers("axes", 1)
    if axes is None:
        axes = [axis for axis, size in enumerate(shape) if size == 1]
    gone = {_axis(each, len(shape)) for each in axes}
    if any(shape[axis] != 1 for axis in gone):
        raise LookupError(axes)
    left = tuple(size for axis, size in enumerate(shape) if axis not in gone)
    return left, call.first.dtype, lambda x, *_: x.reshape(left)


def _reshape(call: Call) -> Result:
    sizes, shape = call.numbers("shape", 1), call.first.shape
    if sizes is None or any(each < -1 for each in sizes) or sizes.count(-1) > 1:
        raise LookupError
    zeros = not call.attributes.get("allowzero")
    sizes = [shape[at] if each == 0 and zeros else each for at, each in enumerate(sizes)]
    if -1 in sizes:
        others = math.prod(each for each in sizes if each != -1)
        sizes[sizes.index(-1)] = call.first.size // others if others else 0
    if math.prod(sizes) != call.first.size:
        raise LookupError(sizes)
    return tuple(sizes), call.first.dtype, lambda x, *_: x.reshape(sizes)


def _slice(call: Call) -> Result:
    shape = call.first.shape
    starts, ends = call.numbers("starts", 1), call.numbers("ends", 2)
    if starts is None or ends is None:
        raise LookupError
    axes = call.numbers("axes", 3) or list(range(len(starts)))
    steps = call.numbers("steps", 4) or [1] * len(starts)
    index = [slice(None)] * len(shape)
    sizes = list(shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        at = _axis(axis, len(shape))
        size = shape[at]
        # A negative end before the first value is the start of the axis, not its end.
        last = None if step < 0 and end < -size else end
        index[at] = slice(start, last, step)
        sizes[at] = len(range(*index[at].indices(size)))
    return tuple(sizes), call.first.dtype, lambda x, *_: x[tuple(index)]


def _concat(call: Call) -> Result:
    import numpy as np

    parts = [call.known(number) for number in range(len(call.inputs))]
    axis = _axis(call.attributes.get("axis", 1), len(parts[0].shape))
    sizes = list(parts[0].shape)
    others = {(*each.shape[:axis], 0, *each.shape[axis + 1 :]) for each in parts}
    if len(others) > 1:
        raise LookupError(others)
    sizes[axis] = sum(each.shape[axis] for each in parts)
    return tuple(sizes), parts[0].dtype, lambda *values: np.concatenate(values, axis)


def _split(call: Call) -> Result:
    shape = list(call.first.shape)
    axis = _axis(call.attributes.get("axis", 0), len(shape))
    sizes = call.numbers("split", 1)
    if sizes is None:
        count = call.attributes.get("num_outputs", len(call.node.outputs))
        each = -(-shape[axis] // count)
        sizes = [min(each, shape[axis] - at * each) for at in range(count)]
    if sum(sizes) != shape[axis] or min(sizes) < 0:
        raise LookupError(sizes)
    start = sum(sizes[: call.output])
    shape[axis] = sizes[call.output]
    index = (*[slice(None)] * axis, slice(start, start + shape[axis]))
    return tuple(shape), call.first.dtype, lambda x, *_: x[index]


def _gather(call: Call) -> Result:
    shape, chosen = call.first.shape, call.known(1)
    axis = _axis(call.attributes.get("axis", 0), len(shape))
    numbers = call.whole(chosen)
    if any(not -shape[axis] <= each < shape[axis] for each in numbers):
        raise LookupError(numbers)
    sizes = (*shape[:axis], *chosen.shape, *shape[axis + 1 :])
    return sizes, call.first.dtype, lambda x, i: x.take(i, axis)


def _arithmetic(operation: str) -> Rule:
    def rule(call: Call) -> Result:
        import numpy as np

        one, other = call.known(0), call.known(1)
        shape = np.broadcast_shapes(one.shape, other.shape)
        return shape, one.dtype, getattr(np, operation)

    return rule


def _constant_of_shape(call: Call) -> Result:
    import numpy as np

    shape = call.whole(call.first)
    if "value" in call.attributes or any(each < 0 for each in shape):
        raise LookupError(shape)
    return tuple(shape), "float32", lambda _: np.zeros(shape, np.float32)


def _quantize(call: Call) -> Result:
    import numpy as np

    dtype = call.known(2).dtype
    limits = np.iinfo(dtype)
    along = _along(call)

    def values(x: Any, scale: Any, zero: Any, *_: Any) -> Any:
        steps = np.rint(x / along(scale)) + along(zero)
        return np.clip(steps, limits.min, limits.max).astype(dtype)

    return call.first.shape, dtype, values


def _dequantize(call: Call) -> Result:
    along = _along(call)

    def values(x: Any, scale: Any, zero: Any = None) -> Any:
        return (x.astype("float32") - (0 if zero is None else along(zero))) * along(scale)

    return call.first.shape, call.known(1).dtype, values


def _along(call: Call) -> Callable[[Any], Any]:
    """The scale or zero point of a tensor, a channel or a block, shaped to go with the values."""
    import numpy as np

    shape, scale = call.first.shape, call.known(1).shape
    axis = _axis(call.attributes.get("axis", 1), len(shape)) if scale else 0
    block = call.attributes.get("block_size", 0)
    if len(scale) == 1 and not block:
        if scale[0] not in (1, shape[axis]):
            raise LookupError(scale)
        turned = [-1 if at == axis else 1 for at in range(len(shape))]
        return lambda value: value.astype("float32").reshape(turned)
    if block:
        index = [slice(0, size) for size in shape]
        return lambda value: np.repeat(value.astype("float32"), block, axis)[tuple(index)]
    return lambda value: value.astype("float32")


def _axis(axis: int, rank: int) -> int:
    """An axis counted from the front. Raises LookupError for one that is not there."""
    if not -rank <= axis < rank:
        raise LookupError(axis)
    return axis % rank


#: The rule of each operator.
RULES: dict[str, Rule] = {
    "Cast": _cast,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Slice": _slice,
    "Concat": _concat,
    "Split": _split,
    "Gather": _gather,
    "Add": _arithmetic("add"),
    "Sub": _arithmetic("subtract"),
    "Mul": _arithmetic("multiply"),
    "ConstantOfShape": _constant_of_shape,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
}
