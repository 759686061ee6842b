"""Data of Keras code while the text makes it: arrays, what a method of one gives, data sets."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Any

from lstminspect.models.reading.array_functions import array_from, broadcast
from lstminspect.models.reading.arrays import array_call, array_method, array_part
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.datasets import DataSet, dataset_call
from lstminspect.models.reading.frame_calls import frame_call, frame_method
from lstminspect.models.reading.frame_parts import open_frame
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    ShapedArray,
    Unknown,
    is_number,
)
from lstminspect.sizes import product

__all__ = ["DataReader"]

#: Objects of scikit-learn that change the numbers of an array and keep its shape.
SCALERS = ("scaler", "imputer", "normalizer", "quantiletransformer", "powertransformer",
           "labelencoder", "ordinalencoder")  # fmt: skip
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

    def made(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
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
        if re.search(r"\b(losses|metrics)\.[A-Z]\w*$", callee.name):
            # A loss by its class is the loss of that name, whatever its options.
            return Unknown(callee.text or callee.name, operation=("made", last))
        frame = frame_call(callee, arguments, options)
        if frame is not NOTHING:
            return frame
        found = dataset_call(callee, arguments, options)
        if found is None:
            found = array_call(callee, arguments, options)
        if found is None or not last.endswith("reshape"):
            return NOTHING if found is None else found
        self._check_size(arguments[0], found, callee.text or callee.name, node)
        return found

    def _check_size(self, array: Any, found: Any, name: str, node: ast.Call) -> None:
        """Take note of a reshape to another number of entries, at which NumPy stops."""
        before = array_from(array)
        if before is None or not isinstance(found, ShapedArray):
            return
        wanted = _reshape_target(node, self.semantics.interpreter.values)
        if wanted is None or not all(isinstance(each, int) for each in before.shape):
            return
        many, rest = product(before.shape), product([each for each in wanted if each != -1])
        fits = many % rest == 0 if -1 in wanted and rest else many == rest
        if not fits:
            shown = ",".join(map(str, wanted))
            words = f"cannot reshape array of size {many} into shape ({shown})."
            advice = f"It has the shape {before.shape}, and {many} = {factors(many)}."
            self.semantics.training.stop(name, self.semantics.place(node), words, advice)

    def _of_object(self, callee: Unknown, arguments: list[Any], options: dict[str, Any]) -> Any:
        """The result of a method of an object: of a scaler, or of a generator of random numbers."""
        owner, _, last = callee.text.rpartition(".")
        array = array_from(arguments[0]) if arguments else None
        if last in FITS and array is not None:
            words = f"{owner} {callee.identity}".lower()
            return array if any(each in words for each in SCALERS) else NOTHING
        if last == "filter":
            names = arguments[0] if arguments else options.get("items")
            frame = open_frame(Unknown(owner, origin=callee.identity), names)
            return NOTHING if frame is None else frame
        if "rng" in owner or "random" in owner.lower():
            found = array_call(DottedName(f"np.random.{last}"), arguments, options)
            return NOTHING if found is None else found
        return NOTHING

    def method(
        self, callee: BoundMethod, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a method of an array."""
        if isinstance(callee.owner, DataSet):
            batches = callee.owner.after(callee.name, arguments, options)
            return batches or self.semantics.interpreter.values.unknown(node)
        if isinstance(callee.owner, Frame):
            return self._of_frame(callee, arguments, options, node)
        found = array_method(callee.owner, callee.name, arguments, options)
        if found is not None:
            if callee.name in ("reshape", "astype", "copy", "squeeze"):
                found = replace(found, high=callee.owner.high)
            if callee.name == "reshape":
                name = f"{self.semantics.shown(node.func)}"
                self._check_size(callee.owner, found, name, node)
            return found
        return self.semantics.interpreter.calls.open_call(callee, arguments, options, node)

    def _of_frame(
        self, callee: BoundMethod, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a method of a table."""
        frame: Frame = callee.owner
        found = frame_method(frame, callee.name, arguments, options)
        if found is None and options.get("inplace") is not True:
            return self.semantics.interpreter.calls.open_call(callee, arguments, options, node)
        return found

    def combined(self, left: Any, right: Any) -> Any:
        """The array of an operator between arrays and numbers; NOTHING where none is one."""
        both = [each for each in (left, right) if each is not None]
        frames = [each for each in both if isinstance(each, Frame)]
        if frames:
            return _of_frames(frames, both)
        if not any(isinstance(each, ShapedArray) for each in both):
            return NOTHING
        found = broadcast(*both)
        return NOTHING if found is None else found

    def part(self, owner: ShapedArray, keys: list[Any], node: ast.expr) -> Any:
        """A part of an array, unknown where its shape is."""
        found = array_part(owner, keys)
        unknown = self.semantics.interpreter.values.unknown(node)
        if found is not None and not found.shape:
            return replace(unknown, operation=("number",))
        return unknown if found is None else replace(found, high=owner.high)


def _of_frames(frames: list[Frame], both: list[Any]) -> Any:
    """The table of an operator between tables, arrays and numbers: that with the most columns."""
    wide = [each for each in frames if not each.is_series] or frames
    others = [each for each in both if not isinstance(each, Frame)]
    same = all(each.width == wide[0].width and each.columns == wide[0].columns for each in wide)
    plain = all(
        isinstance(each, int | float | str | ShapedArray) or is_number(each) for each in others
    )
    return wide[0].like() if same and plain else NOTHING


def _reshape_target(node: ast.Call, values: Any) -> list[int] | None:
    """The sizes that `reshape` is called with, where all are whole numbers."""
    several = node.args if isinstance(node.func, ast.Attribute) else node.args[1:]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        module = values.names.get(node.func.value.id, DottedName(node.func.value.id))
        several = node.args[1:] if isinstance(module, DottedName) else node.args
    found = values.items(several)
    if len(found) == 1 and isinstance(found[0], list | tuple):
        found = list(found[0])
    whole = bool(found) and all(isinstance(each, int) and each for each in found)
    return found if whole else None


def factors(number: int) -> str:
    """The prime factors of a number as a product.

    >>> factors(700)
    '2 x 2 x 5 x 5 x 7'
    """
    found: list[int] = []
    rest, prime = number, 2
    while rest > 1 and prime * prime <= rest and len(found) < 40 and prime < 10_000:
        while rest % prime == 0:
            found.append(prime)
            rest //= prime
        prime += 1
    return " x ".join(map(str, [*found, rest] if rest > 1 else found))


def _data_set(name: str) -> list[list[ShapedArray]]:
    """`(x_train, y_train), (x_test, y_test)` of a data set of Keras."""
    train, test, x, y = SETS[name]
    return [[ShapedArray((many, *x)), ShapedArray((many, *y))] for many in (train, test)]
