"""What a user has as weights, as NumPy arrays by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from lstminspect.errors import WeightError

__all__ = ["Array", "Tensors", "array_of", "as_arrays"]


Array: TypeAlias = Any


#: Weights as a user has them: by name (nested or not), or in the framework's order.
Tensors: TypeAlias = Mapping[str, Any] | Sequence[Any]


def as_arrays(weights: Tensors, names: Sequence[str] = ()) -> dict[str, Array]:
    """`weights` as arrays by name; a sequence is named by `names`, in their order.

    Nested mappings are joined with `/`, and a prefix that all names share up to a dot is dropped,
    as in a PyTorch checkpoint.
    """
    if not isinstance(weights, Mapping):
        if isinstance(weights, str) or not isinstance(weights, Iterable):
            kind = type(weights).__name__
            message = f"weights are arrays by name, or in the framework's order, got {kind}"
            raise WeightError(f"{message}. Try layer.get_weights() or module.state_dict().")
        values = list(weights)
        if len(values) != len(names):
            message = f"{len(values)} weights were given, and the layer has {len(names)}"
            raise WeightError(f"{message}: {', '.join(names)}.")
        return {name: array_of(value, name) for name, value in zip(names, values, strict=True)}
    flat = dict(_flattened(weights))
    prefixes = {name.rpartition(".")[0] for name in flat}
    if len(prefixes) == 1:
        flat = {name.rpartition(".")[2]: value for name, value in flat.items()}
    return {name: array_of(value, name) for name, value in flat.items()}


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
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        reason = str(error).partition(".")[0].lower()
        raise WeightError(f"{name} is no array of numbers: {reason}.") from None
