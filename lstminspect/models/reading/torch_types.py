"""Types of the numbers in tensors: what PyTorch's and NumPy's functions make and keep.

A type is "float", "double", "long", "int", "bool" or "half"; "" is not known, and fits everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.values import DottedName, Unknown

__all__ = ["JOINED", "dtype_of_name", "dtype_of_value", "joined", "typed", "wanted_dtype"]

#: Types by what their names begin with, without `torch.` and `np.`.
NAMES = {
    "float32": "float", "float": "float", "float64": "double", "double": "double",
    "float16": "half", "half": "half", "bfloat16": "half", "int64": "long", "long": "long",
    "int32": "int", "int": "int", "bool": "bool", "bool_": "bool", "uint8": "byte", "int8": "byte",
    "int16": "byte", "byte": "byte", "FloatTensor": "float", "LongTensor": "long",
    "DoubleTensor": "double", "IntTensor": "int", "BoolTensor": "bool", "Tensor": "float",
}  # fmt: skip
#: Methods that give another type, all of the names of which are types.
METHODS = frozenset(("float", "double", "half", "bfloat16", "long", "int", "bool", "byte"))
WHOLE = frozenset(
    ["argmax", "argmin", "multinomial", "one_hot", "randint", "bincount", "argsort", "searchsorted"]
)
TRUTHS = frozenset(["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "isnan"])
#: Functions that give floats of whatever numbers.
FLOATS = frozenset(
    [
        "sigmoid",
        "tanh",
        "exp",
        "log",
        "sqrt",
        "div",
        "true_divide",
        "randn",
        "rand",
        "randn_like",
        "rand_like",
    ]
)
FLOATING = ("float", "double", "half")
#: Functions of two tensors, whose types are joined.
JOINED = frozenset(
    ["add", "sub", "mul", "subtract", "multiply", "maximum", "minimum", "pow", "fmod", "remainder"]
)


def dtype_of_name(value: Any, is_array: bool = False) -> str:
    """The type that `torch.float32`, `np.int64`, `"float32"` or Python's `float` names.

    >>> dtype_of_name(DottedName("torch.int64")), dtype_of_name("float32"), dtype_of_name(3)
    ('long', 'float', '')
    """
    name = value.last if isinstance(value, DottedName) else value
    if not isinstance(name, str):
        return ""
    if isinstance(value, DottedName) and value.name in ("float", "int"):
        # Python's own: NumPy has 64 bits for both, PyTorch's `float` has 32.
        return {"float": "double" if is_array else "float", "int": "long"}[value.name]
    return NAMES.get(re.sub(r"^torch\.", "", name), "")


def dtype_of_value(value: Any, is_array: bool = False) -> str:
    """The type of numbers that stand in lists, as `torch.tensor` or `np.array` takes them."""
    for _ in range(20):
        if isinstance(value, list | tuple) and value:
            value = value[0]
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    if isinstance(value, float):
        return "double" if is_array else "float"
    return value.dtype if isinstance(value, TensorValue) else ""


def wanted_dtype(options: dict[str, Any], is_array: bool) -> str | None:
    """The type that the option `dtype=` names; None without the option, "" for one not known."""
    if options.get("dtype") is None:
        return None
    return dtype_of_name(options["dtype"], is_array)


def joined(values: Sequence[Any]) -> str:
    """The type of what an operator makes of tensors and numbers.

    >>> joined([TensorValue((3,), dtype="long"), 0.5]), joined([TensorValue((3,)), 2])
    ('float', '')
    """
    tensors = [each for each in values if isinstance(each, TensorValue)]
    types = [each.dtype for each in tensors]
    if "" in types or not types:
        return ""
    several = set(types)
    for each in ("double", "float", "half"):
        if each in several:
            return each
    if any(isinstance(each, float) for each in values):
        return "double" if all(each.is_array for each in tensors) else "float"
    return types[0] if len(several) == 1 else ""


def typed(found: Any, name: str, values: list[Any], options: dict[str, Any]) -> Any:
    """The result of a function of tensors, with the type of its numbers where that is known."""
    if isinstance(found, tuple):
        pair = len(found) == 2 and name in ("max", "min", "topk", "sort", "median", "mode")
        whole = [typed(each, name, values, options) for each in found]
        if pair and isinstance(whole[1], TensorValue):
            whole[1].dtype = "long"
        return tuple(whole)
    if not isinstance(found, TensorValue) or found.dtype:
        return found
    first = values[0] if values and isinstance(values[0], TensorValue) else None
    found.dtype = _dtype(name, first, values, options)
    found.is_array = first is not None and first.is_array
    return found


def _dtype(name: str, first: TensorValue | None, values: list[Any], options: dict[str, Any]) -> str:
    is_array = first is not None and first.is_array
    wanted = wanted_dtype(options, is_array)
    if wanted is not None:
        return wanted
    if name in METHODS:
        return NAMES.get(name, "")
    if name in ("to", "type", "astype", "type_as", "view_as") and first is not None:
        return _cast(first, values[1:], is_array)
    if name in TRUTHS:
        return "bool"
    if name in WHOLE:
        return "long"
    if name in JOINED or name in ("where", "cat", "stack", "concat", "concatenate", "hstack"):
        several = values[0] if values and isinstance(values[0], list | tuple) else values
        if name == "where":
            several = values[1:]
        known = isinstance(several, list | tuple)
        return joined([each for each in several if each is not None]) if known else ""
    if name in FLOATS:
        return (
            first.dtype
            if first is not None and first.dtype in FLOATING
            else (
                "" if first is not None and not first.dtype else "double" if is_array else "float"
            )
        )
    if first is None:
        return ""
    if name in ("sum", "prod", "cumsum") and first.dtype in ("bool", "int", "byte"):
        return "long"
    return first.dtype


def _cast(first: TensorValue, rest: list[Any], is_array: bool) -> str:
    """The type after `x.to(...)`, which takes a device, a type, or another tensor."""
    for each in rest:
        if isinstance(each, TensorValue):
            return each.dtype
        found = dtype_of_name(each, is_array)
        if found:
            return found
        text = getattr(each, "text", "") or getattr(each, "name", "")
        if isinstance(each, Unknown | DottedName) and re.search("type", text):
            return ""
    return first.dtype
