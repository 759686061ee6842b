"""Calls of a model's methods on data, while the text is read: compile, fit, evaluate, predict.

A Use is one such call: the shapes of the data, the loss that holds at that line. What is wrong with
it is found when the model has its shapes (`fitting.py`).
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from lstminspect.layer import Shape
from lstminspect.models.graph import input_of
from lstminspect.models.reading.array_functions import array_from
from lstminspect.models.reading.datasets import DataSet
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.objects import ModelObject
from lstminspect.models.reading.values import (
    DefinedFunction,
    DottedName,
    ShapedArray,
    Unknown,
    opened,
)

__all__ = ["Compiled", "Data", "Training", "Use"]

#: The arguments of the methods in order.
ARGUMENTS = {
    "fit": ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split",
            "validation_data"),
    "evaluate": ("x", "y", "batch_size"),
    "predict": ("x", "batch_size"),
    "train_on_batch": ("x", "y", "sample_weight"),
    "test_on_batch": ("x", "y", "sample_weight"),
    "predict_on_batch": ("x",),
    "predict_classes": ("x", "batch_size"),
    "predict_proba": ("x", "batch_size"),
}  # fmt: skip
COMPILE = ("optimizer", "loss", "loss_weights", "metrics")
#: Methods that take their batch whole.
WHOLE = ("train_on_batch", "test_on_batch", "predict_on_batch", "")
#: The batch of Keras where none is said.
BATCH = 32


class Data(NamedTuple):
    """The data of an argument: "arrays" one, "several" or "named" ones, "numbers" or "open".

    `shapes` has None for an array of which nothing is known; "numbers" are a Python list of them,
    "none" is an argument that is left out. `text` is what the text writes.
    """

    form: str
    shapes: tuple[Shape | None, ...] = ()
    names: tuple[str, ...] = ()
    text: str = ""
    #: What the whole numbers of one array are below.
    high: int | None = None


class Compiled(NamedTuple):
    """The arguments of `compile`: losses and metrics by their names; None for one not known.

    `loss` is a name, a list of names, or a dict of them by output.
    """

    place: str
    loss: Any
    metrics: Any


class Use(NamedTuple):
    """A call of a model on data: the method, "" for the model itself, its line and its data.

    `batch` is how many sequences the model takes at a time, None where that is not known. `inputs`
    are the names of the model's inputs in order; `is_chain` says that it is a Sequential.
    """

    name: str
    method: str
    place: str
    x: Data
    y: Data
    weights: Data
    batch: int | None
    compiled: Compiled | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    is_chain: bool
    #: True for an object of a class of the text.
    is_own: bool = False
    #: True if the data are what gives the model its input shape.
    builds: bool = False
    #: True if nothing in the text compiles a model.
    never_compiled: bool = False
    #: True if the text makes the data, and imports: it is a program, not an excerpt of one.
    is_program: bool = True
    #: The words of an error before a model sees the data, and the advice; empty for none.
    stops: tuple[str, ...] = ()


class Training:
    """The uses of the models of a text, for the KerasSemantics they belong to."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.uses: dict[int, list[Use]] = {}
        self.compiled: dict[int, Compiled] = {}
        #: Lines of the data at which the program stops.
        self.stops: list[Use] = []

    def method(
        self,
        model: ModelObject,
        name: str,
        arguments: list[Any],
        options: dict[str, Any],
        node: ast.Call,
    ) -> None:
        """Take note of a method of a model that is about data."""
        if name == "compile":
            named = dict(zip(COMPILE, arguments, strict=False)) | options
            place = self.semantics.place(node)
            self.compiled[id(model)] = Compiled(
                place, _named(named.get("loss")), _named(named.get("metrics"))
            )
        elif name in ARGUMENTS and "**" not in options:
            named = dict(zip(ARGUMENTS[name], arguments, strict=False)) | options
            self._use(model, name, named, node)

    def stop(self, name: str, place: str, words: str, advice: str) -> None:
        """Take note of a line at which the program stops, before a model sees the data."""
        open_data = Data("open")
        self.stops.append(Use(name, "", place, open_data, open_data, open_data, None, None, (), (),
                              is_chain=True, stops=(words, advice)))  # fmt: skip

    def call(self, model: ModelObject, arguments: list[Any], node: ast.Call) -> None:
        """Take note of a model that is called on data."""
        if len(arguments) == 1:
            self._use(model, "", {"x": arguments[0]}, node)

    def _use(self, model: ModelObject, name: str, named: dict[str, Any], node: ast.Call) -> None:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        texts = _texts(name, node, self.semantics)
        named, texts = _opened(named, texts)
        x, y, weights = (
            _data(named.get(each), texts.get(each, each)) for each in ("x", "y", "sample_weight")
        )
        builds = self._build(model, x)
        inputs, outputs = self._ends(model)
        batch = _batch(name, named.get("batch_size"), x)
        use = Use(
            self.semantics.shown(owner), name, self.semantics.place(node), x, y, weights, batch,
            self.compiled.get(id(model)), inputs, outputs, bool(model.layers),
            model.instance is not None, builds, "compile" not in self.semantics.source.text,
            self._is_program(node),
        )  # fmt: skip
        several = self.uses.setdefault(id(model), [])
        several.append(use)
        held = named.get("validation_data")
        if isinstance(held, DataSet):
            held = [None if each is None else ShapedArray(each) for each in held.parts]
        if name == "fit" and isinstance(held, list | tuple) and len(held) > 1:
            text = texts.get("validation_data", "validation_data")
            several.append(use._replace(
                method="fit", x=_data(held[0], f"{text}[0]"), y=_data(held[1], f"{text}[1]"),
                weights=Data("none"), builds=False,
            ))  # fmt: skip

    def _is_program(self, node: ast.Call) -> bool:
        """True if the text gives every name of the data, and imports what it uses."""
        data = [*node.args[:2], *(each.value for each in node.keywords if each.arg in ("x", "y"))]
        inner = (each for one in data for each in ast.walk(one))
        used = {each.id for each in inner if isinstance(each, ast.Name)}
        known = used <= self.semantics.interpreter.values.names.keys()
        return (
            known and re.search(r"(?m)^\s*(import|from) ", self.semantics.source.text) is not None
        )

    def _build(self, model: ModelObject, x: Data) -> bool:
        """Give a Sequential that says no input shape that of its data."""
        shape = x.shapes[0] if x.form == "arrays" else None
        if shape is None or model.graph is not None or model.shape is not None or not model.layers:
            return False
        first = model.layers[0]
        if isinstance(first, ModelObject) or input_of(first.spec) is not None:
            return False
        if first.spec.config.get("open") is not None or None in shape[1:]:
            return False
        model.shape = (None, *self.semantics.letters.shape(shape[1:]))
        return True

    def _ends(self, model: ModelObject) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the inputs and of the outputs of a model."""
        made = self.semantics.calls.made
        names = [
            tuple(made[each.ref.call][0].name for each in several)
            for several in (model.inputs, model.outputs)
        ]
        return names[0], names[1]

    def of(self, model: ModelObject) -> tuple[Use, ...]:
        """The uses of a model, in order."""
        return tuple(self.uses.get(id(model), ()))


def _opened(named: dict[str, Any], texts: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments of a call with the parts of a data set in the places of x and y."""
    data = named.get("x")
    if not isinstance(data, DataSet):
        return named, texts
    text = texts.get("x", "x")
    unknown = Unknown(text)
    parts = [unknown if each is None else ShapedArray(each) for each in data.parts[:2]]
    own = dict(zip(("x", "y"), [*parts, unknown][:2], strict=True))
    size = {} if data.is_batched else {"batch_size": 1}
    named = {**named, **own, "batch_size": Unknown("batch_size"), **size}
    return named, {**texts, "x": f"an element of {text}", "y": f"the target of {text}"}


def _texts(name: str, node: ast.Call, semantics: Any) -> dict[str, str]:
    """The arguments of a call as the text writes them, by name."""
    names = ARGUMENTS.get(name, ("x",))
    several = dict(zip(names, node.args, strict=False))
    several |= {each.arg: each.value for each in node.keywords if each.arg is not None}
    return {key: semantics.shown(each) for key, each in several.items()}


def _batch(name: str, size: Any, x: Data) -> int | None:
    """The number of sequences that a call takes at a time."""
    shape = x.shapes[0] if x.shapes else None
    many: Any = shape[0] if shape else None
    most = many if isinstance(many, int) else None
    if name in WHOLE:
        return most
    if size is not None and not isinstance(size, int):
        return None
    batch = BATCH if size is None else size
    return batch if most is None else min(batch, most)


def _data(value: Any, text: str) -> Data:
    """The data that a value is."""
    value = value.array if isinstance(value, Frame) else value
    match value:
        case None:
            return Data("none")
        case ShapedArray(shape):
            return Data("arrays", (shape,), text=text, high=value.high)
        case dict() if value:
            shapes = tuple(each.shape if isinstance(each, ShapedArray) else None
                           for each in value.values())  # fmt: skip
            return Data("named", shapes, tuple(map(str, value)), text)
        case list() | tuple() if value:
            if all(isinstance(each, ShapedArray) or opened(each) for each in value):
                known = any(isinstance(each, ShapedArray) for each in value)
                shapes = tuple(
                    each.shape if isinstance(each, ShapedArray) else None for each in value
                )
                return Data("several" if known else "open", shapes, text=text)
            found = array_from(value)
            if isinstance(value, list) and found is not None and _is_plain(value):
                return Data("numbers", (found.shape,), text=text)
    return Data("open", text=text)


def _is_plain(value: Any) -> bool:
    """True for nested lists of numbers alone."""
    if isinstance(value, list | tuple):
        return all(_is_plain(each) for each in value[:50])
    return isinstance(value, int | float)


def _named(value: Any) -> Any:
    """Losses or metrics by name, as they stand: in a list, in a dict, alone; None if not known."""
    match value:
        case str():
            return value
        case list() | tuple():
            return [_named(each) for each in value]
        case dict():
            return {str(name): _named(each) for name, each in value.items()}
        case None:
            return ""
        case Unknown(operation=("made", name)):
            return name
        case DottedName() if re.search(r"(losses|metrics)\.\w+$", value.name):
            return value.last
        case DefinedFunction():
            return None
        case _:
            return None
