"""Lines that check a number, for a shell and in a framework, and the shapes that it returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from lstminspect import cells
from lstminspect.answer import Snippet
from lstminspect.layer import Layer, Shape
from lstminspect.terms import Tensor, Terms, get, in_terms
from lstminspect.terms.catalogue import returned_shapes, why_not
from lstminspect.terms.keras import written as written_in_keras
from lstminspect.wording import options_of, shape

__all__ = [
    "calls",
    "counted",
    "has",
    "in_code",
    "input_of",
    "outputs_of",
    "returned_of",
    "shaped",
    "states_of",
    "tensors_of",
    "variants",
]


def counted(layer: Layer, *more: str, gives: str = "") -> tuple[Snippet, ...]:
    """A command that counts `layer`, with `more` options; Python for a cell of one's own."""
    if layer.cell.name not in cells.names() or cells.get(layer.cell.name) != layer.cell:
        return () if more else (_in_python(layer),)
    if not has(layer):
        return ()
    words = ["lstminspect"]
    words += [f"--cell {layer.cell.name}"] * (layer.cell.name != "lstm")
    words += [*options_of(layer), *more]
    return (Snippet("command", (" ".join(words),), gives or f"{layer.parameters:,}"),)


def _in_python(layer: Layer) -> Snippet:
    """Lines of Python that count a layer of equations that no command knows by a name."""
    arguments = {"units": layer.units, "features": layer.features, **dict(layer.extra)}
    plain: dict[str, object] = {"use_bias": True, "bidirectional": False, "layers": 1}
    arguments |= {name: now for name in plain if (now := getattr(layer, name)) != plain[name]}
    if layer.merge_mode != "concat":
        arguments["merge_mode"] = layer.merge_mode
    options = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    lines = (
        "import lstminspect as li",
        f"cell = li.Cell({layer.cell.text!r})",
        f"print(li.Layer(cell, {options}).parameters)",
    )
    return Snippet("python", lines, str(layer.parameters))


def shaped(layer: Layer) -> tuple[Snippet, ...]:
    """A command that says the shape of the output of `layer`."""
    return counted(layer, gives=shape(outputs_of(layer)[0]))


def input_of(layer: Layer) -> Shape:
    """The shape of the input of `layer`, as its framework has it; Keras' if none is named."""
    return _terms(layer).inputs(layer)[0].shape


def outputs_of(layer: Layer) -> tuple[Shape, ...]:
    """The shapes of the outputs alone: see `input_of`."""
    return tuple(tensor.shape for tensor in _terms(layer).outputs(layer))


def returned_of(layer: Layer) -> tuple[Shape, ...]:
    """The shape of everything that a call returns: see `input_of`."""
    return returned_shapes(layer)


def tensors_of(layer: Layer) -> tuple[Tensor, ...]:
    """Everything that a call returns, by the framework's names: see `input_of`."""
    return _terms(layer).returned(layer)


def states_of(layer: Layer) -> dict[str, Shape]:
    """The shape of every state by its name: see `input_of`; without a framework, the layer's."""
    return dict(_terms(layer).states(layer)) if layer.framework else layer.state_shapes


def variants(layer: Layer, option: str, values: Iterable[object]) -> Iterator[Layer]:
    """`layer` with each of `values` for an option, where its framework has such a layer."""
    free = replace(layer, framework=None, reset_after=None)
    for value in values:
        choice: dict[str, Any] = {option: value}
        other = replace(free, **choice)
        if layer.framework is None or not why_not(other, layer.framework):
            yield replace(other, framework=layer.framework)


def has(layer: Layer) -> bool:
    """Say whether the framework of `layer`, if one is named, has it with all of its options."""
    return layer.framework is None or not why_not(layer, layer.framework)


def _terms(layer: Layer) -> Terms:
    return get(layer.framework or "keras")


def in_code(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of the framework, Keras if none is named, that count `layer`; none if it lacks it."""
    if layer.framework not in (None, "keras"):
        return calls(layer)
    text = written_in_keras(layer)
    if not text:
        return ()
    sizes = (layer.batch, layer.timesteps, layer.features)
    lines = (
        "import keras",
        f"layer = {text}",
        f"layer.build({sizes})",
        "print(layer.count_params())",
    )
    return (Snippet("python", lines, str(layer.parameters)),)


def calls(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of the framework, Keras if none is named, that say the shapes that `layer` returns."""
    if layer.framework not in (None, "keras"):
        check = in_terms(layer, layer.framework).check if has(layer) else None
        return () if check is None else (check,)
    text = written_in_keras(layer)
    if not text:
        return ()
    entry = f"shape={(layer.timesteps, layer.features)}"
    if layer.batch is not None:
        entry = f"batch_shape={(layer.batch, layer.timesteps, layer.features)}"
    several = len(layer.output_shapes) > 1
    show = "*(each.shape for each in returned)" if several else "returned.shape"
    gives = " ".join(map(str, layer.output_shapes))
    return (
        Snippet(
            "python",
            (
                "import keras",
                f"layer = {text}",
                f"returned = layer(keras.Input({entry}))",
                f"print({show})",
            ),
            gives,
        ),
    )
