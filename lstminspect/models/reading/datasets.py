"""Data sets of a text that give batches: `tf.data`, and windows over a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.array_functions import array_from
from lstminspect.models.reading.array_shapes import argument
from lstminspect.models.reading.values import DottedName

__all__ = ["DataSet", "dataset_call"]

#: Methods that change neither the shapes nor the batches.
SAME = frozenset((
    "shuffle", "prefetch", "cache", "repeat", "take", "skip", "with_options", "shard",
))  # fmt: skip


@dataclass(frozen=True)
class DataSet:
    """The shapes of one element of a data set: of x, and of y where it has targets.

    An element is one sample until the data set is batched; then its first size is the batch.
    """

    parts: tuple[Shape | None, ...]
    is_batched: bool = False

    def after(self, name: str, arguments: list[Any], options: dict[str, Any]) -> DataSet | None:
        """The data set that a method gives; None for one of which nothing is known."""
        if name in SAME:
            return self
        if name not in ("batch", "padded_batch"):
            return None
        size = argument(arguments, options, 0, "batch_size")
        whole = options.get("drop_remainder") is True and isinstance(size, int)
        batch = size if whole else None
        parts = tuple(None if each is None else (batch, *each) for each in self.parts)
        return replace(self, parts=parts, is_batched=True)


def dataset_call(
    callee: DottedName, arguments: list[Any], options: dict[str, Any]
) -> DataSet | None:
    """The data set that a function makes; None for another function.

    >>> from lstminspect.models.reading.values import ShapedArray
    >>> x, y = ShapedArray((64, 5)), ShapedArray((64,))
    >>> dataset_call(DottedName("tf.data.Dataset.from_tensor_slices"), [(x, y)], {})
    DataSet(parts=((5,), ()), is_batched=False)
    """
    if callee.last == "from_tensor_slices" and len(arguments) == 1:
        several = arguments[0] if isinstance(arguments[0], tuple) else (arguments[0],)
        return DataSet(tuple(_sample(each) for each in several))
    if callee.last == "TimeseriesGenerator":
        length = argument(arguments, options, 2, "length")
        return _windows(arguments, options, length)
    if callee.last == "timeseries_dataset_from_array":
        length = argument(arguments, options, 2, "sequence_length")
        return _windows(arguments, options, length)
    return None


def _sample(value: Any) -> Shape | None:
    """The shape of one sample of an array."""
    array = array_from(value)
    return None if array is None else array.shape[1:]


def _windows(arguments: list[Any], options: dict[str, Any], length: Any) -> DataSet | None:
    """Batches of windows over a series, with the target of each where there are targets."""
    data, targets = (argument(arguments, options, n, name)
                     for n, name in ((0, "data"), (1, "targets")))  # fmt: skip
    x, y = _sample(data), _sample(targets)
    if x is None or not isinstance(length, int):
        return None
    window = (None, length, *x)
    if targets is None:
        return DataSet((window,), is_batched=True)
    return DataSet((window, None if y is None else (None, *y)), is_batched=True)
