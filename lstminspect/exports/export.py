"""Export: a layer as code in another language, written from its equations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from lstminspect.conventions import EQUATIONS
from lstminspect.display import Answer
from lstminspect.errors import OptionError, SizeError, WeightError, choice, flag, quoted
from lstminspect.exports.source import Source
from lstminspect.layer import Layer, checked_layer
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, LanguageName
    from lstminspect.weights.arrays import Tensors

__all__ = ["LANGUAGES", "Export", "export"]

#: The languages, each the name of its file here: its title, and the endings of a file of it.
LANGUAGES = {
    "c": ("C99", ".h"),
    "numpy": ("NumPy", ".py"),
    "pytorch": ("PyTorch", ".py"),
    "keras": ("Keras 3", ".py"),
    "jax": ("JAX", ".py"),
    "onnx": ("ONNX", ".onnxtxt", ".onnx"),
}
#: Languages whose code is one layer in one direction, from the start of a sequence.
ONE_LAYER = ("c",)
#: The check has the value of each parameter as text.
MOST_NUMBERS = 100_000_000
DTYPES = ("float32", "float64", "int8")


@dataclass(frozen=True)
class Export(Answer):
    """A layer as code in another language.

    `text` is the code, `check` a text that runs it on recorded inputs and compares; it is empty
    where sizes are open. `weights` are the bytes of all parameters (flash, if they are constants),
    `states` those of the states and `stack` those of the vectors that one step needs beside its
    input and output; None in a language that does not fix them.
    """

    layer: Layer
    language: LanguageName
    name: str
    dtype: str
    text: str = field(repr=False)
    check: str = field(repr=False)
    has_values: bool
    weights: int | None = None
    states: int | None = None
    stack: int | None = None


def export(
    layer: Layer,
    to: LanguageName = "c",
    weights: Tensors | None = None,
    convention: ConventionName | None = None,
    dtype: str = "float32",
    name: str | None = None,
    backward: bool = False,
) -> Export:
    r"""`layer` as code of the language `to`, which needs nothing of lstminspect.

    With `weights`, those of `convention` (the layer's own if None) as `run` takes them, the code
    has their values. Without them it has their shapes; a size that is a letter stays open. Numbers
    are of `dtype`, float32 or float64, or in C int8: matrices of int8 with a scale for each row,
    computed with in float32. `name` is what everything in the code is called after, by
    default the name of the cell.

    A matrix of blocks, or a triangular one, is whole in the code, with its zeros; in a library that
    trains, a mask keeps them. The code gives the output of every step and the last states, whatever
    the layer returns. Several layers, two directions and a layer that goes backwards are written in
    every language but C. In ONNX a layer is a node LSTM, GRU or RNN where the cell is one.

    With `backward` a module of NumPy has a function of that name: back-propagation through time of
    one layer in one direction.

    Raises OptionError for what a language cannot have: a name, a function, several layers in C;
    SizeError for weights of a layer with open sizes; WeightError for weights that do not fit or are
    not finite.

    >>> code = export(Layer("lstm", units=64, features=40), "c")
    >>> code.weights, code.states, code.stack
    (107520, 512, 0)
    >>> print(code.text.partition("\n")[0])
    // Long short-term memory with a forget gate: one layer in one direction.
    """
    layer = checked_layer(layer)
    to = choice("to", to, tuple(LANGUAGES))
    dtype = choice("dtype", dtype, DTYPES)
    if dtype == "int8" and to != "c":
        raise OptionError(
            f"int8 is written in C alone, and this is {LANGUAGES[to][0]}. Choose C, or float32."
        )
    check_layer(layer, to)
    count = layer.stored(EQUATIONS).parameters
    if isinstance(count, int) and count > MOST_NUMBERS:
        raise SizeError(
            f"code is written for layers of up to {MOST_NUMBERS:,} parameters, and this one has "
            f"{count:,}. Give smaller sizes."
        )
    if flag("backward", backward):
        _check_backward(layer, to)
    held = None if weights is None else _values(layer, weights, convention, dtype)
    source = Source(layer, _checked_name(name, layer), held, dtype, backward=backward)
    made = import_module(f"{__package__}.{to}").texts(source)
    return Export(layer, to, source.name, dtype, made.text, made.check, held is not None, *made[2:])


def check_layer(layer: Layer, to: str) -> None:
    """Raise OptionError for a layer that code of the language `to` cannot be."""
    if to not in ONE_LAYER:
        _check_stack(layer)
        return
    for value, what in ((layer.layers, "layers"), (layer.directions, "directions")):
        if value != 1:
            raise OptionError(
                f"code of {LANGUAGES[to][0]} is written for one layer in one direction, and this "
                f"one has {value} {what}. Write each on its own."
            )
    if layer.go_backwards:
        raise OptionError(
            f"code of {LANGUAGES[to][0]} reads a sequence from its start, and this layer goes "
            "backwards. Turn the sequence, and leave go_backwards=True out."
        )


def _check_backward(layer: Layer, to: str) -> None:
    if to != "numpy":
        raise OptionError(
            f"backward is a function in NumPy, and this is {LANGUAGES[to][0]}. PyTorch, Keras and "
            "JAX take gradients of their code themselves. Choose NumPy, or leave backward=True out."
        )
    if layer.layers * layer.directions != 1 or layer.go_backwards:
        raise OptionError(
            "backward is written for one layer that reads forward. Write each on its own, or call "
            "`li.gradients` in Python."
        )


def _check_stack(layer: Layer) -> None:
    """Raise OptionError for what no language has of several layers and directions."""
    if layer.merge_mode is None:
        raise OptionError(
            "code gives one sequence, and merge_mode None gives two. Choose 'concat', 'sum', 'mul' "
            "or 'ave'."
        )
    others = list(layer.cell.further_inputs)
    if layer.layers * layer.directions > 1 and others:
        raise OptionError(
            f"{layer.cell.name} has a second input, {others[0]}, which is that of one layer in one "
            "direction. Write each on its own."
        )


def _values(
    layer: Layer, weights: Tensors, convention: ConventionName | None, dtype: str
) -> list[dict[str, np.ndarray]]:
    for size, value in layer.sizes.items():
        if not isinstance(value, int | tuple):
            raise SizeError(f"weights have sizes, and {size} is {value} here. Give it a number.")
    held = blocks_of(layer, weights, convention)
    for block, array in (pair for blocks in held for pair in blocks.items()):
        with np.errstate(over="ignore"):
            number = "float64" if dtype == "float64" else "float32"
            if not np.isfinite(array.astype(number)).all():
                raise WeightError(
                    f"{block} has values that are not finite in {number}, which code cannot hold. "
                    "Give finite weights."
                )
    return held


def _checked_name(name: str | None, layer: Layer) -> str:
    """The name of the code: letters, digits and underscores."""
    if name is None:
        plain = re.sub(r"\W", "_", layer.cell.name, flags=re.ASCII)
        return plain if re.match(r"[A-Za-z]", plain) else f"cell_{plain}"
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name):
        raise OptionError(
            f"name takes a letter, then letters, digits and underscores, got {quoted(name)}. For "
            "example: lstm."
        )
    return name
