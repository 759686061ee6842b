"""Lines that check a number: the layer as words of a command line, and as a line of Keras."""

from __future__ import annotations

from lstminspect import cells
from lstminspect.answer import Snippet
from lstminspect.layer import Layer, Shape
from lstminspect.terms.keras import written as written_in_keras
from lstminspect.wording import options_of

__all__ = ["counted", "in_keras", "keras_calls", "shaped"]


def counted(layer: Layer, *more: str, gives: str = "") -> tuple[Snippet, ...]:
    """A command that counts `layer`, with `more` options; Python for a cell of one's own."""
    if layer.cell.name not in cells.names() or cells.get(layer.cell.name) != layer.cell:
        return () if more else (_in_python(layer),)
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
    shape: Shape = layer.output_shapes[0]
    return counted(layer, gives=str(shape))


def in_keras(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of Keras that count `layer`; none if Keras does not have it."""
    text = written_in_keras(layer)
    if not text:
        return ()
    shape = (layer.batch, layer.timesteps, layer.features)
    lines = (
        "import keras",
        f"layer = {text}",
        f"layer.build({shape})",
        "print(layer.count_params())",
    )
    return (Snippet("python", lines, str(layer.parameters)),)


def keras_calls(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of Keras that say the shape of everything that `layer` returns."""
    text = written_in_keras(layer)
    if not text:
        return ()
    entry = f"shape={(layer.timesteps, layer.features)}"
    if layer.batch is not None:
        entry = f"batch_shape={(layer.batch, layer.timesteps, layer.features)}"
    several = len(layer.output_shapes) > 1
    show = "*(each.shape for each in returned)" if several else "returned.shape"
    gives = " ".join(str(shape) for shape in layer.output_shapes)
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
