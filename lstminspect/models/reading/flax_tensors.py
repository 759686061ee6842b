"""The meaning of functions and methods of arrays in Flax code: jax.numpy, jax.nn, jax.lax.

The shapes are those of `torch_shapes.py` and `torch_tensors.py`; names, arguments and the words of
what does not fit are JAX'. Source: jax.numpy, JAX 0.10.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.layers.rules import rule
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.torch_tensors import BROADCASTS, TensorFunctions
from lstminspect.models.reading.values import opened
from lstminspect.models.spec import LayerContext, LayerResult
from lstminspect.sizes import is_letter, plain

__all__ = ["FlaxFunctions"]

KEEPS = frozenset(
    re.findall(
        r"\w+",
        """
    relu relu6 tanh sigmoid softmax log_softmax gelu elu leaky_relu selu silu swish softplus
    hard_tanh hard_sigmoid hard_swish hard_silu soft_sign log_sigmoid celu glu_not exp log log1p
    expm1 sqrt rsqrt abs absolute negative sign square sin cos sinh cosh arctan round floor ceil
    clip nan_to_num flip fliplr flipud roll cumsum cumprod sort argsort triu tril zeros_like
    ones_like full_like empty_like astype stop_gradient copy standardize normalize isnan
    logical_not erf reciprocal set add_at multiply_at block_until_ready conj real
    with_sharding_constraint asarray array device_put convert_element_type
        """,
    )
)
BROADCAST = BROADCASTS | {"power", "equal", "not_equal", "less", "greater", "greater_equal",
                          "less_equal", "true_divide", "mod", "logaddexp"}  # fmt: skip
REDUCES = ("mean", "sum", "max", "min", "prod", "std", "var", "argmax", "argmin", "any", "all",
           "median", "logsumexp", "amax", "amin")  # fmt: skip
MAKES = ("zeros", "ones", "empty", "full", "normal", "uniform", "randint", "bernoulli", "eye",
         "arange", "truncated_normal", "randn", "rand", "random")  # fmt: skip
#: Those whose first argument is a key of random numbers where they are JAX'.
RANDOM = ("normal", "uniform", "randint", "bernoulli", "truncated_normal", "random")
#: Functions of PyTorch's that have the same arguments under another name.
SAME = {"swapaxes": "swapaxes", "transpose": "permute", "permute_dims": "permute",
        "expand_dims": "unsqueeze", "tile": "repeat", "broadcast_to": "expand", "where": "where",
        "einsum": "einsum", "squeeze": "squeeze", "hstack": "hstack", "one_hot": "one_hot",
        "stack": "stack"}  # fmt: skip


def tuple_text(shape: Sequence[Any]) -> str:
    """`(batch, 20)`: a shape as JAX' messages write it."""
    inner = ", ".join(map(str, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


class FlaxFunctions:
    """Functions of arrays; `semantics` knows the sizes and the layers."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.shared = TensorFunctions(semantics)

    def call(self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.expr) -> Any:
        """The result of a function of this name; NOTHING if it is not known. Raises ShapeError."""
        first: Any = arguments[0] if arguments else None
        own = getattr(self, f"_{name}", None)
        is_tensor = isinstance(first, TensorValue)
        if name in MAKES and not is_tensor:
            return self._make(name, arguments, options)
        if name in ("array", "asarray") and not is_tensor:
            return TensorValue(_listed_shape(first))
        if name in BROADCAST and any(isinstance(each, TensorValue) for each in arguments):
            return self.broadcast(name, arguments[:2])
        if name in ("concatenate", "stack", "vstack", "hstack", "column_stack"):
            return self._joined(name, arguments, options, node)
        if name in ("max_pool", "avg_pool") and is_tensor and first.shape is not None:
            return self._pool(arguments, options)
        if name in ("where", "einsum") or (is_tensor and name in SAME and first.shape is not None):
            return self._shared(name, arguments, options, node)
        if not is_tensor:
            return NOTHING
        if first.shape is None:
            return TensorValue(None)
        if name in KEEPS:
            return TensorValue(first.shape)
        if name in REDUCES:
            return self._reduce(first.shape, arguments[1:], options)
        if own is None or name in ("make", "joined", "pool", "shared", "reduce"):
            return NOTHING
        return own(first.shape, arguments[1:], options)

    def broadcast(self, name: str, values: Sequence[Any]) -> TensorValue:
        """The result of an operator on arrays and numbers."""
        try:
            return self.shared.broadcast(values)
        except ShapeError:
            listed = [each.shape or () for each in values if isinstance(each, TensorValue)]
            texts = ", ".join(map(tuple_text, listed))
            raise ShapeError(f"{name} got incompatible shapes for broadcasting: {texts}.") from None

    def sizes(self, values: Sequence[Any]) -> list[Any] | None:
        """Sizes that are written one by one, or as one tuple; None if one is not known."""
        return self.shared.sizes(values)

    def _shared(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.expr
    ) -> Any:
        """A function whose shapes are those of one of PyTorch's."""
        if name == "transpose" and len(arguments) < 2 and "axes" not in options:
            return TensorValue(tuple(reversed(arguments[0].shape)))
        renames = {"axes": "dims", "axis1": "dim0", "axis2": "dim1", "num_classes": "num_classes"}
        options = {renames.get(key, key): each for key, each in options.items()}
        if name == "tile" and len(arguments) > 1 and not isinstance(arguments[1], list | tuple):
            wide = len(arguments[0].shape) - 1
            arguments = [arguments[0], (*[1] * wide, arguments[1])]
        if name == "expand_dims" and isinstance(options.get("axis", arguments[-1]), list | tuple):
            found = arguments[0]
            for axis in sorted(options.get("axis", arguments[-1])):
                found = self.shared.call("unsqueeze", [found, axis], {}, node)
            return found
        try:
            return self.shared.call(SAME[name], arguments, options, node)
        except ShapeError as error:
            rank = len(getattr(arguments[0], "shape", None) or ())
            if "out of range" in str(error):
                axis = str(error).rpartition("got ")[2].rstrip(").")
                raise ShapeError(
                    f"axis {axis} is out of bounds for array of dimension {rank}."
                ) from None
            if name == "stack":
                raise ShapeError("All input arrays must have the same shape.") from None
            if "permute" in str(error):
                raise ShapeError(
                    f"transpose permutation isn't a permutation of operand dimensions: the array "
                    f"is {tuple_text(arguments[0].shape)}."
                ) from None
            raise

    def _joined(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.expr
    ) -> Any:
        """`concatenate`, `stack` and the like of a list of arrays."""
        several: Any = options.get("arrays", arguments[0] if arguments else None)
        rest = [*arguments[1:]]
        if name == "stack":
            return self._shared("stack", [several, *rest], options, node)
        try:
            if name == "concatenate":
                return self.shared.call("cat", [several, *rest], options, node)
            ranks = {len(each.shape) for each in several or () if getattr(each, "shape", None)}
            axis = {"vstack": 0, "hstack": 1, "column_stack": 1}[name]
            if ranks == {1}:
                if name == "hstack":
                    return self.shared.call("cat", [several, 0], {}, node)
                return self.shared.call("stack", [several, axis], {}, node)
            return self.shared.call("cat", [several, axis], {}, node)
        except ShapeError:
            axis = options.get("axis", rest[0] if rest else 0)
            texts = ", ".join(tuple_text(each.shape) for each in several)
            raise ShapeError(
                "Cannot concatenate arrays with shapes that differ in dimensions other than the "
                f"one being concatenated: concatenating along dimension {axis} for shapes {texts}."
            ) from None

    def _make(self, name: str, values: list[Any], options: dict[str, Any]) -> TensorValue:
        """`jnp.ones((2, 5, 3))`, `jax.random.normal(key, (2, 5, 3))` and the like."""
        shape = options.get("shape", options.get("size"))
        if name in ("rand", "randn"):
            shape = tuple(values)
        elif shape is None and name in RANDOM and len(values) > 1:
            shape = values[1] if name != "bernoulli" or len(values) < 3 else values[2]
        elif shape is None and values and name not in RANDOM:
            shape = values[0]
        if name == "arange" and (len(values) > 1 or isinstance(shape, tuple)):
            ends = self.sizes(values[:2])
            wide = None if ends is None or len(values) > 2 else plain(ends[1] - ends[0])
            return TensorValue(None if wide is None else (wide,))
        found = None if shape is None else self.sizes([shape])
        if found is not None and name == "eye":
            found = found * 2
        return TensorValue(None if found is None else tuple(found))

    def _pool(self, arguments: list[Any], options: dict[str, Any]) -> TensorValue:
        names = ("kernel_size", "strides", "padding")
        config = dict(zip(names, arguments[1:], strict=False))
        config |= {("kernel_size" if key == "window_shape" else key): each
                   for key, each in options.items()}  # fmt: skip
        config.setdefault("padding", "VALID")
        shape = arguments[0].shape
        context = LayerContext(
            "flax.pool", config, (shape,), {}, None, lambda *_: LayerResult("", None)
        )
        found = rule("flax.pool")(context).outputs
        return TensorValue(found[0] if found else None)

    def _reduce(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        axis = self.shared.axis(values, options, 0, None)
        keeps = options.get("keepdims", False)
        if axis == "?" or not isinstance(keeps, bool):
            return TensorValue(None)
        axes = (axis,) if isinstance(axis, int) else axis
        for each in axes or ():
            self._axis(each, shape)
        return TensorValue(shapes.reduced(shape, axes, keeps))

    def _axis(self, axis: Any, shape: Shape) -> int:
        """An axis counted from the front. Raises ShapeError if there is none."""
        if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"axis {axis} is out of bounds for array of dimension {len(shape)}: the array is "
                f"{tuple_text(shape)}."
            )
        return axis % len(shape)

    def _reshape(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        values = [options[key] for key in ("shape", "newshape") if key in options] or values
        wanted = self.sizes(values)
        if wanted is None:
            return TensorValue(None)
        try:
            return TensorValue(shapes.reshaped(shape, wanted))
        except ShapeError:
            from lstminspect.sizes import product

            size, asked = plain(product(shape)), tuple_text(wanted)
            rest = product(each for each in wanted if each != -1)
            why = f" (size {rest})"
            if -1 in wanted:
                why = (f" because the product of specified axis sizes ({rest}) does not evenly "
                       f"divide {size}")  # fmt: skip
            raise ShapeError(
                f"cannot reshape array of shape {tuple_text(shape)} (size {size}) into shape "
                f"{asked}{why}."
            ) from None

    def _ravel(self, shape: Shape, _values: list[Any], _options: dict[str, Any]) -> TensorValue:
        return TensorValue(shapes.flattened(shape, 0, -1) if shape else (1,))

    _flatten = _ravel

    def _moveaxis(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        one = options.get("source", values[0] if values else None)
        other = options.get("destination", values[1] if len(values) > 1 else None)
        if not isinstance(one, int) or not isinstance(other, int):
            return TensorValue(None)
        rest = list(shape)
        moved = rest.pop(self._axis(one, shape))
        rest.insert(self._axis(other, shape), moved)
        return TensorValue(tuple(rest))

    def _repeat(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        many = self.sizes([options.get("repeats", values[0] if values else None)])
        axis = options.get("axis", values[1] if len(values) > 1 else None)
        if many is None or len(many) != 1 or not isinstance(axis, int):
            return TensorValue(None)
        at = self._axis(axis, shape)
        return TensorValue((*shape[:at], plain(shape[at] * many[0]), *shape[at + 1 :]))

    def _split(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        many = options.get("indices_or_sections", values[0] if values else None)
        axis = options.get("axis", values[1] if len(values) > 1 else 0)
        if not isinstance(axis, int):
            return NOTHING
        at = self._axis(axis, shape)
        size = shape[at]
        if isinstance(many, int) and 0 < many < 1000 and (not is_letter(size) or many == 1):
            if size % many:
                raise ShapeError(
                    f"array split does not result in an equal division: {size} into {many}."
                )
            ends = [size // many * (n + 1) for n in range(many)]
        elif isinstance(many, int) and 0 < many < 1000:
            part = TensorValue(None)
            return tuple([part] * many)
        elif isinstance(many, list | tuple) and all(isinstance(each, int) for each in many):
            ends = [*many, size]
        else:
            return NOTHING
        found, start = [], 0
        for end in ends:
            found.append(TensorValue((*shape[:at], plain(end - start), *shape[at + 1 :])))
            start = end
        return tuple(found)

    _array_split = _split

    def _matmul(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        other = values[0] if values else options.get("b")
        if not isinstance(other, TensorValue) or other.shape is None:
            return TensorValue(None)
        try:
            return TensorValue(shapes.multiplied(shape, other.shape))
        except ShapeError:
            below = other.shape[-2] if len(other.shape) > 1 else (other.shape or ("",))[-1]
            last = shape[-1] if shape else ""
            raise ShapeError(
                "dot_general requires contracting dimensions to have the same shape, got "
                f"({last},) and ({below},): {tuple_text(shape)} and {tuple_text(other.shape)}."
            ) from None

    _dot = _matmul

    def _take(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        index = options.get("indices", values[0] if values else None)
        axis = options.get("axis", values[1] if len(values) > 1 else None)
        own = index.shape if isinstance(index, TensorValue) else () if isinstance(index, int) else 0
        if not isinstance(axis, int) or not isinstance(own, tuple):
            return TensorValue(None)
        at = self._axis(axis, shape)
        return TensorValue((*shape[:at], *own, *shape[at + 1 :]))

    def _take_along_axis(
        self, shape: Shape, values: list[Any], options: dict[str, Any]
    ) -> TensorValue:
        index = options.get("indices", values[0] if values else None)
        axis = options.get("axis", values[1] if len(values) > 1 else None)
        if not isinstance(index, TensorValue) or not index.shape or not isinstance(axis, int):
            return TensorValue(None)
        at = self._axis(axis, shape)
        return TensorValue((*shape[:at], index.shape[at], *shape[at + 1 :]))

    def _pad(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> TensorValue:
        pads = options.get("pad_width", values[0] if values else None)
        if not isinstance(pads, list | tuple) or len(pads) != len(shape):
            return TensorValue(None)
        known = [self.sizes([each]) for each in pads]
        if any(each is None or len(each) != 2 for each in known):
            return TensorValue(None)
        return TensorValue(
            tuple(plain(a + sum(b or ())) for a, b in zip(shape, known, strict=True))
        )


def _listed_shape(value: Any) -> Shape | None:
    """The shape of nested lists of numbers."""
    found: list[int] = []
    while isinstance(value, list | tuple):
        found.append(len(value))
        if not value:
            return tuple(found)
        value = value[0]
    known = isinstance(value, int | float) and not opened(value)
    return tuple(found) if known else None
