"""Tensors and arrays that a text writes down: `torch.tensor`, `from_numpy`, NumPy's functions."""

from __future__ import annotations

import ast
import re
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.torch_types import (
    dtype_of_name,
    dtype_of_value,
    wanted_dtype,
)
from lstminspect.models.reading.values import DottedName, Unknown, opened
from lstminspect.sizes import is_letter, plain

__all__ = ["Arrays", "is_numpy", "scaled"]

#: Functions of PyTorch that make a tensor of what they are given.
TAKES = ("tensor", "as_tensor", "from_numpy", "Tensor", "FloatTensor", "LongTensor", "Variable",
         "DoubleTensor", "asarray")  # fmt: skip
#: Functions of NumPy that make an array of a shape: how many arguments stand before it.
MAKES = {
    "zeros": 0, "ones": 0, "empty": 0, "full": 0, "rand": 0, "randn": 0, "random": 0,
    "random_sample": 0, "standard_normal": 0, "normal": 2, "uniform": 2, "randint": 2, "choice": 1,
    "binomial": 2, "integers": 2,
}  # fmt: skip
WHOLE = ("randint", "integers", "binomial")
#: Functions that keep the shape of an array.
KEEPS = frozenset((
    "sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "square", "array", "asarray", "copy",
    "ascontiguousarray", "nan_to_num", "clip", "cumsum", "sign", "float32", "float64", "int64",
    "astype",
))  # fmt: skip


#: Calls of scalers of scikit-learn.
SCALERS = re.compile(r"(?i)scal\w*(\(.*\))?\.(fit_transform|transform|inverse_transform)$")


def is_numpy(name: DottedName) -> bool:
    """True for a name of NumPy's.

    >>> is_numpy(DottedName("np.random.rand")), is_numpy(DottedName("torch.rand"))
    (True, False)
    """
    return name.name.partition(".")[0] in ("np", "numpy")


class Arrays:
    """Arrays and tensors of numbers; `semantics` knows the sizes."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def torch(self, last: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The tensor that a function of PyTorch's makes of data; NOTHING for another function."""
        if last not in TAKES:
            return NOTHING
        first = arguments[0] if arguments else options.get("data", options.get("obj"))
        if last == "Variable" and not isinstance(first, TensorValue):
            return first if opened(first) else NOTHING
        own = dtype_of_name(last)
        is_size = isinstance(first, int) or self.semantics.is_scalar(first)
        if own and (len(arguments) > 1 or is_size):
            return NOTHING
        wanted = wanted_dtype(options, False)
        if wanted is None and len(arguments) > 1:
            wanted = dtype_of_name(arguments[1]) or None
        shape = self.shape_of(first)
        dtype = own or (wanted if wanted is not None else dtype_of_value(first))
        found = TensorValue(shape, dtype=dtype)
        if isinstance(first, TensorValue) and first.name and shape is None:
            first.dtype = first.dtype or dtype
            return first
        return found

    def numpy(self, name: DottedName, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The array that a function of NumPy's gives; NOTHING where that is not known."""
        last = name.last
        first = arguments[0] if arguments else None
        if last in MAKES:
            return self._make(last, arguments, options)
        if last in ("array", "asarray") and isinstance(first, list | tuple):
            shape = self.shape_of(first)
            wanted = wanted_dtype(options, True)
            dtype = dtype_of_value(first, True) if wanted is None else wanted
            return TensorValue(shape, dtype=dtype, is_array=True)
        if last in ("arange", "linspace", "eye"):
            return self._range(last, arguments, options)
        if not any(isinstance(each, TensorValue) for each in _flat(arguments)):
            return NOTHING
        if last in KEEPS and isinstance(first, TensorValue):
            dtype = wanted_dtype(options, True) or dtype_of_name(last, True) or first.dtype
            return TensorValue(first.shape, dtype=dtype, is_array=True)
        return self.method(last, arguments, options, ast.Constant(0, lineno=1))

    def method(self, name: str, values: list[Any], options: dict[str, Any], node: ast.expr) -> Any:
        """The result of a method of an array, or of a function of NumPy's on one."""
        functions = self.semantics.functions
        first, rest = values[0], values[1:]
        if name == "expand_dims":
            name = "unsqueeze"
        elif name == "transpose" and isinstance(first, TensorValue) and first.shape is not None:
            axes = rest[0] if len(rest) == 1 and isinstance(rest[0], list | tuple) else rest
            axes = list(options.get("axes", axes) or range(len(first.shape) - 1, -1, -1))
            name, values, options = "permute", [first, *axes], {}
        elif name == "vstack":
            shapes = [getattr(each, "shape", None) for each in _flat(values)]
            name = "stack" if shapes and shapes[0] is not None and len(shapes[0]) == 1 else "cat"
        elif name == "astype":
            return TensorValue(
                first.shape,
                dtype=dtype_of_name(rest[0] if rest else options.get("dtype"), True),
                is_array=True,
            )
        elif name == "copy":
            name = "clone"
        elif name in ("values", "to_numpy"):
            return first
        found = functions.call(name, values, options, node)
        if found is NOTHING:
            return TensorValue(None)
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, TensorValue):
                each.is_array = True
        return found

    def _make(self, last: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """`np.zeros((3, 4))`, `np.random.randint(0, 5, size=(3, 4))` and the like."""
        size = options.get("size", options.get("shape"))
        at = MAKES[last]
        if size is None and last in ("rand", "randn"):
            size = tuple(arguments)
        elif size is None and len(arguments) > at:
            size = arguments[at]
        if size is None or size == ():
            return NOTHING
        several = self.semantics.functions.sizes([size])
        dtype = wanted_dtype(options, True)
        if dtype is None:
            dtype = "long" if last in WHOLE else "" if last in ("full", "choice") else "double"
        shape = None if several is None else tuple(several)
        return TensorValue(shape, dtype=dtype, is_array=True)

    def _range(self, last: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """`np.arange(n)`, `np.linspace(a, b, n)`, `np.eye(n)`."""
        whole = all(isinstance(each, int) for each in arguments)
        dtype = wanted_dtype(options, True)
        if last == "linspace":
            many = options.get("num", arguments[2] if len(arguments) > 2 else 50)
            sizes = self.semantics.functions.sizes([many])
            return TensorValue(sizes and tuple(sizes), dtype=dtype or "double", is_array=True)
        sizes = self.semantics.functions.sizes(arguments)
        shape: Shape | None = None
        if sizes is not None and last == "eye" and len(sizes) == 1:
            shape = (sizes[0], sizes[0])
        elif sizes is not None and len(sizes) == 1:
            shape = (sizes[0],)
        elif sizes is not None and whole and 2 <= len(sizes) <= 3 and 0 not in sizes[2:]:
            shape = (len(range(*sizes)),)
        usual = "long" if last == "arange" and whole else "double" if last == "eye" else ""
        return TensorValue(shape, dtype=dtype or usual, is_array=True)

    def shape_of(self, value: Any) -> Shape | None:
        """The shape of a tensor, or of nested lists. Raises ShapeError for ragged ones."""
        if isinstance(value, TensorValue):
            return value.shape
        if isinstance(value, bool | int | float):
            return ()
        if not isinstance(value, list | tuple) or not value:
            return None
        many = self.semantics.many_of(value)
        inner = [self.shape_of(each) for each in value[:1000]]
        if None in inner or many is None:
            return None
        first = inner[0]
        for each in inner[1:]:
            if each != first and each and first:
                if any(is_letter(size) for size in (*each, *first)):
                    return None
                raise ShapeError(
                    f"expected sequence of length {first[0]} at dim 1 (got {each[0]}): the lists "
                    "are not of one length. Pad them, for example with pad_sequence."
                )
            if each != first:
                return None
        size = len(value) if many is NOTHING else many
        return None if first is None else (plain(size), *first)


def _flat(values: list[Any]) -> list[Any]:
    """Values, and those in lists among them."""
    found: list[Any] = []
    for each in values:
        found.extend(each if isinstance(each, list | tuple) else [each])
    return found


def scaled(callee: Any, arguments: list[Any]) -> Any:
    """The array that a scaler of scikit-learn's gives of another one; NOTHING for other calls."""
    first = arguments[0] if arguments else None
    known = isinstance(callee, Unknown) and SCALERS.search(callee.text)
    if known and isinstance(first, TensorValue) and first.is_array:
        return TensorValue(first.shape, dtype="double", is_array=True)
    return NOTHING
