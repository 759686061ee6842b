"""Weights in whatever form a user has them, as NumPy arrays by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from lstminspect.errors import OptionError, WeightError, quoted

__all__ = ["Array", "Tensors", "array_of", "as_arrays", "float_type", "listed"]


Array: TypeAlias = Any


#: Weights as a user has them: by name (nested or not), or in the framework's order.
Tensors: TypeAlias = Mapping[str, Any] | Sequence[Any]


def as_arrays(weights: Tensors, names: Sequence[str] = ()) -> dict[str, Array]:
    """`weights` as arrays by name; a sequence is named by `names`, in their order.

    Nested mappings are joined with `/`, and a prefix that all names share up to a dot is dropped,
    as in a PyTorch checkpoint.
    """
    if not isinstance(weights, Mapping):
        values = listed(weights)
        if len(values) != len(names):
            message = f"{len(values)} weights were given, and the layer has {len(names)}"
            raise WeightError(f"{message}: {', '.join(names)}.")
        return {name: array_of(value, name) for name, value in zip(names, values, strict=True)}
    flat = dict(_flattened(weights))
    prefixes = {name.rpartition(".")[0] for name in flat}
    if len(prefixes) == 1:
        flat = {name.rpartition(".")[2]: value for name, value in flat.items()}
    return {name: array_of(value, name) for name, value in flat.items()}


def listed(weights: Any) -> list[Any]:
    """Weights in their order, as a list. Raises WeightError for what has no order."""
    if not isinstance(weights, str | bytes | Mapping) and isinstance(weights, Iterable):
        try:
            return list(weights)
        except Exception:  # An array without axes, or an iterator of the caller's.
            pass
    message = f"weights are arrays by name, or in the framework's order, got {quoted(weights)}"
    raise WeightError(f"{message}. Try layer.get_weights() or module.state_dict().")


def _flattened(weights: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in weights.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", value


def array_of(value: Any, name: str = "a weight") -> Array:
    """A framework's tensor, or nested lists, as an array. Raises WeightError if it is none."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except Exception as error:  # A value of the caller's can raise anything.
        reason = str(error).partition(".")[0].lower()
        raise WeightError(f"{name} is not an array of numbers: {reason}.") from None
    if array.dtype.kind not in "fiubc":
        raise WeightError(f"{name} must hold real numbers, got an array of {array.dtype}.")
    return array


def float_type(dtype: Any) -> Any:
    """`dtype` as a NumPy type of floating point. Raises OptionError for anything else."""
    try:
        found = np.dtype(dtype)
    except Exception:
        found = None
    if found is None or found.kind != "f":
        got = quoted(dtype) if found is None else found
        raise OptionError(f"dtype must be float32 or float64, got {got}.")
    return found
