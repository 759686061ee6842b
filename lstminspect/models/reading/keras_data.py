"""Data of Keras code while the text makes it: arrays, what a method of one gives, data sets."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.models.reading.array_functions import array_from, broadcast
from lstminspect.models.reading.arrays import array_call, array_method, array_part
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    ShapedArray,
    Unknown,
)

__all__ = ["DataReader"]

#: Objects of scikit-learn that change the numbers of an array and keep its shape.
SCALERS = ("scaler", "imputer", "normalizer", "quantiletransformer", "powertransformer")
FITS = ("fit_transform", "transform", "inverse_transform")
#: Data sets of Keras: the images, and the labels, of training and of testing.
SETS = {
    "mnist": (60_000, 10_000, (28, 28), ()),
    "fashion_mnist": (60_000, 10_000, (28, 28), ()),
    "cifar10": (50_000, 10_000, (32, 32, 3), (1,)),
    "cifar100": (50_000, 10_000, (32, 32, 3), (1,)),
    "boston_housing": (404, 102, (13,), ()),
    "imdb": (25_000, 25_000, (), ()),
    "reuters": (8982, 2246, (), ()),
}


class DataReader:
    """Calls that make or change arrays, for the KerasSemantics they belong to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def made(self, callee: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The result of a function that makes an array, or several; NOTHING for another."""
        if isinstance(callee, Unknown):
            return self._of_object(callee, arguments, options)
        if not isinstance(callee, DottedName):
            return NOTHING
        name, _, last = callee.name.rpartition(".")
        if last == "load_data" and name.rpartition(".")[2] in SETS:
            return _data_set(name.rpartition(".")[2])
        if callee.name == "len" and len(arguments) == 1 and isinstance(arguments[0], ShapedArray):
            size = arguments[0].shape[0] if arguments[0].shape else None
            return NOTHING if size is None else size
        found = array_call(callee, arguments, options)
        return NOTHING if found is None else found

    def _of_object(self, callee: Unknown, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The result of a method of an object: of a scaler, or of a generator of random numbers."""
        owner, _, last = callee.text.rpartition(".")
        array = array_from(arguments[0]) if arguments else None
        if last in FITS and array is not None:
            words = f"{owner} {callee.origin}".lower()
            return array if any(each in words for each in SCALERS) else NOTHING
        if "rng" in owner or "random" in owner.lower():
            found = array_call(DottedName(f"np.random.{last}"), arguments, options)
            return NOTHING if found is None else found
        return NOTHING

    def method(
        self, callee: BoundMethod, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a method of an array."""
        found = array_method(callee.owner, callee.name, arguments, options)
        if found is not None:
            return found
        return self.semantics.interpreter.calls.open_call(callee, arguments, options, node)

    def combined(self, left: Any, right: Any) -> Any:
        """The array of an operator between arrays and numbers; NOTHING where none is one."""
        both = [each for each in (left, right) if each is not None]
        if not any(isinstance(each, ShapedArray) for each in both):
            return NOTHING
        found = broadcast(*both)
        return NOTHING if found is None else found

    def part(self, owner: ShapedArray, keys: list[Any], node: ast.expr) -> Any:
        """A part of an array, unknown where its shape is."""
        found = array_part(owner, keys)
        if found is None or not found.shape:
            return self.semantics.interpreter.values.unknown(node)
        return found


def _data_set(name: str) -> list[list[ShapedArray]]:
    """`(x_train, y_train), (x_test, y_test)` of a data set of Keras."""
    train, test, x, y = SETS[name]
    return [[ShapedArray((many, *x)), ShapedArray((many, *y))] for many in (train, test)]
