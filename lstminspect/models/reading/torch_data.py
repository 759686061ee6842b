"""Datasets and loaders of PyTorch code: what a loop over one of them gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.values import DefinedFunction, DottedName, Instance, Unknown, opened
from lstminspect.sizes import differ, is_letter, plain

__all__ = ["Data", "DatasetValue", "LoaderValue"]

#: Functions that give what they are given, entry by entry.
SAME = ("tqdm", "iter", "trange", "track", "prange")


@dataclass(frozen=True, eq=False)
class DatasetValue:
    """A dataset: one sample, a tensor or a tuple of them, and how many there are."""

    sample: Any
    many: Any = None


@dataclass(frozen=True, eq=False)
class LoaderValue:
    """A loader: one batch, how many there are, and the last one where it is smaller."""

    batch: Any
    many: Any = None
    dataset: DatasetValue | None = None
    last: Any = None


class Data:
    """Datasets, loaders, and loops over them; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def call(self, callee: DottedName, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The result of a call that makes or reads data; NOTHING for another one."""
        last = callee.last
        first = arguments[0] if arguments else options.get("dataset")
        if last == "TensorDataset" and arguments:
            return self._tensors(arguments)
        if last == "DataLoader":
            return self._loader(first, arguments[1:], options)
        if last in ("random_split", "Subset") and isinstance(first, DatasetValue):
            return self._split(last, first, arguments[1:])
        if last == "train_test_split":
            return self._train_test(arguments, options)
        if callee.imported and last not in SAME:
            return NOTHING
        return self._looped(last, arguments, options)

    def _tensors(self, arguments: list[Any]) -> Any:
        """`TensorDataset(x, y)`: as many samples as the tensors have rows."""
        shapes = [getattr(each, "shape", None) for each in arguments]
        known = [each[0] for each in shapes if each]
        if any(differ(each, known[0]) for each in known):
            raise ShapeError(
                f"Size mismatch between tensors: they have {', '.join(map(str, known))} rows. "
                "Every tensor of a TensorDataset has a row for each sample."
            )
        sample = tuple(_without_first(each) for each in arguments)
        return DatasetValue(sample, known[0] if known else None)

    def _loader(self, first: Any, rest: list[Any], options: dict[str, Any]) -> Any:
        """`DataLoader(dataset, batch_size=32)`: batches of stacked samples."""
        if isinstance(first, Instance):
            first = self._own_dataset(first)
        if isinstance(first, TensorValue):
            first = DatasetValue(_without_first(first), first.shape[0] if first.shape else None)
        if not isinstance(first, DatasetValue):
            return NOTHING
        size = self.semantics.size(options.get("batch_size", rest[0] if rest else 1))
        if "collate_fn" in options or "batch_sampler" in options or size is None:
            return LoaderValue(None, None, first)
        many, batches, drops = first.many, None, options.get("drop_last", False) is not False
        if isinstance(many, int) and isinstance(size, int) and size > 0:
            size = size if drops else min(size, many)
            batches = many // size if drops else -(-many // max(size, 1))
        left = many % size if batches and not drops else 0
        last = _stacked(first.sample, left) if left else None
        return LoaderValue(_stacked(first.sample, size), batches, first, last)

    def _own_dataset(self, instance: Instance) -> Any:
        """A dataset of a class of the text: its `__getitem__` is read for an open index."""
        get = instance.cls.get("__getitem__", None)
        if not isinstance(get, DefinedFunction):
            return NOTHING
        calls = self.semantics.interpreter.calls
        index = Unknown("index", "the index of a sample")
        index = Unknown("index", "index", "the index of a sample", ("int", index))
        sample = calls.function(get, [instance, index], {})
        size = instance.cls.get("__len__", None)
        many = calls.function(size, [instance], {}) if isinstance(size, DefinedFunction) else None
        many = self.semantics.size(many)
        return DatasetValue(sample, many if isinstance(many, int) else None)

    def _split(self, last: str, first: DatasetValue, rest: list[Any]) -> Any:
        """Parts of a dataset, of the lengths that are given."""
        if last == "Subset":
            return replace(first, many=None)
        lengths = rest[0] if rest else None
        if not isinstance(lengths, list | tuple):
            return NOTHING
        whole = [each if isinstance(each, int) and each > 1 else None for each in lengths]
        return [replace(first, many=each) for each in whole]

    def _train_test(self, arguments: list[Any], options: dict[str, Any]) -> Any:
        """`train_test_split(x, y, test_size=0.2)` of scikit-learn."""
        part = options.get("test_size", 0.25)
        if not arguments or not all(isinstance(each, TensorValue) for each in arguments):
            return NOTHING
        if "train_size" in options or not isinstance(part, int | float):
            return [TensorValue(None, dtype=e.dtype) for e in arguments for _ in range(2)]
        found: list[Any] = []
        for each in arguments:
            many = each.shape[0] if each.shape else None
            if not isinstance(many, int):
                found += [replace(each, shape=None), replace(each, shape=None)]
                continue
            test = part if isinstance(part, int) else -int(-many * part // 1)
            for size in (many - test, test):
                found.append(replace(each, shape=(size, *each.shape[1:])))
        return found

    def _looped(self, last: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Python's own functions on data: `enumerate(loader)`, `next(iter(loader))`."""
        first = arguments[0] if arguments else options.get("iterable")
        is_data = isinstance(first, DatasetValue | LoaderValue)
        if last in SAME and (is_data or isinstance(first, TensorValue | list)):
            return first
        if last == "next" and is_data:
            return self.entries(first)[0]
        if last == "len" and isinstance(first, DatasetValue | LoaderValue):
            return first.many if first.many is not None else NOTHING
        if last in ("enumerate", "zip", "list", "tuple", "range"):
            several = [self._listed(each) for each in arguments]
            found = any(isinstance(each, DatasetValue | LoaderValue) for each in arguments)
            if last in ("enumerate", "zip") and isinstance(first, TensorValue):
                # A loop over the first axis of tensors, which can be a letter.
                rest = (0,) if last == "enumerate" else tuple(arguments[1:])
                return Unknown(f"{last}(...)", f"{last} {id(first)}", "", (last, first, *rest))
            if not found or last == "range" or any(each is None for each in several):
                return NOTHING
            lists = [each for each in several if each is not None]
            if last == "enumerate":
                return list(enumerate(lists[0]))
            if last == "zip":
                return [tuple(each) for each in zip(*lists, strict=False)]
            return lists[0]
        return NOTHING

    def _listed(self, value: Any) -> list[Any] | None:
        if isinstance(value, DatasetValue | LoaderValue):
            return self.entries(value)
        return list(value)[:1000] if isinstance(value, list | tuple | range) else None

    def entries(self, value: Any) -> list[Any]:
        """The entries of a dataset, one sample, or of a loader: a batch, and the last one."""
        if isinstance(value, DatasetValue):
            return [_again(value.sample)]
        last = [] if value.last is None else [_again(value.last)]
        return [_again(value.batch), *last]

    def attribute(self, owner: Any, name: str) -> Any:
        """An attribute of a dataset or a loader."""
        if name == "dataset" and isinstance(owner, LoaderValue) and owner.dataset is not None:
            return owner.dataset
        return NOTHING


def _again(value: Any) -> Any:
    """The same tensors as new ones: a loop changes its own."""
    if isinstance(value, TensorValue):
        return replace(value)
    if isinstance(value, tuple | list):
        return type(value)(_again(each) for each in value)
    if value is None:
        return Unknown("batch", "a batch of a loader")
    return value


def _without_first(value: Any) -> Any:
    """One row of a tensor."""
    if not isinstance(value, TensorValue):
        return value if opened(value) else TensorValue(None)
    return TensorValue(value.shape[1:] if value.shape else None, dtype=value.dtype)


def _stacked(sample: Any, size: Any) -> Any:
    """A batch of samples, as a loader puts them together."""
    if isinstance(sample, TensorValue):
        shape = None if sample.shape is None else (plain(size), *sample.shape)
        return TensorValue(shape, dtype=sample.dtype)
    if isinstance(sample, tuple | list):
        return type(sample)(_stacked(each, size) for each in sample)
    if isinstance(sample, dict):
        return {key: _stacked(each, size) for key, each in sample.items()}
    if isinstance(sample, bool | int):
        return TensorValue((plain(size),), dtype="long")
    if isinstance(sample, float):
        return TensorValue((plain(size),), dtype="double")
    return TensorValue(None) if not is_letter(sample) else sample
