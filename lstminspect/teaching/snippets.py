"""Lines that check a number: the layer as words of a command line, and as a line of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from lstminspect import cells
from lstminspect.layer import Layer, Shape
from lstminspect.teaching.lesson import Check

__all__ = ["counted", "in_keras", "keras_calls", "options_of", "shaped", "written_in_keras"]

KERAS = {"lstm": "LSTM", "gru": "GRU", "gru_reset_before": "GRU", "rnn": "SimpleRNN"}


def options_of(layer: Layer) -> Iterator[str]:
    """The options of the command line that `layer` has, but for its cell.

    >>> " ".join(options_of(Layer("lstm", units=4, features=3, use_bias=False, batch=2)))
    '--units 4 --features 3 --batch 2 --no-use-bias'
    """
    for each in fields(Layer):
        value, option = getattr(layer, each.name), each.name.replace("_", "-")
        if each.name in ("cell", "reset_after"):
            continue
        if each.name == "extra":
            yield from (f"--size {name}={_widths(size)}" for name, size in value)
        elif isinstance(value, bool):
            if value != (each.name == "use_bias"):
                yield f"--{option}" if value else f"--no-{option}"
        elif each.name == "merge_mode":
            if value != "concat":
                yield f"--{option} {str(value).lower()}"
        elif value is not None and not (each.name == "layers" and value == 1):
            text = f"'{value}'" if "(" in str(value) else str(value)
            yield f"--{option} {text}"


def _widths(size: object) -> str:
    return ",".join(map(str, size)) if isinstance(size, tuple) else str(size)


def counted(layer: Layer, *more: str, gives: str = "") -> tuple[Check, ...]:
    """A command that counts `layer`, with `more` options; Python for a cell of one's own."""
    if layer.cell.name not in cells.names() or cells.get(layer.cell.name) != layer.cell:
        return () if more else (_in_python(layer),)
    words = ["lstminspect"]
    words += [f"--cell {layer.cell.name}"] * (layer.cell.name != "lstm")
    words += [*options_of(layer), *more]
    return (Check("command", (" ".join(words),), gives or f"{layer.parameters:,}"),)


def _in_python(layer: Layer) -> Check:
    """Lines of Python that count a layer of equations that no command knows by a name."""
    given = {"units": layer.units, "features": layer.features, **dict(layer.extra)}
    plain: dict[str, object] = {"use_bias": True, "bidirectional": False, "layers": 1}
    given |= {name: now for name in plain if (now := getattr(layer, name)) != plain[name]}
    if layer.merge_mode != "concat":
        given["merge_mode"] = layer.merge_mode
    options = ", ".join(f"{name}={value!r}" for name, value in given.items())
    lines = (
        "import lstminspect as li",
        f"cell = li.Cell({layer.cell.text!r})",
        f"print(li.Layer(cell, {options}).parameters)",
    )
    return Check("python", lines, str(layer.parameters))


def shaped(layer: Layer) -> tuple[Check, ...]:
    """A command that says the shape of the output of `layer`."""
    shape: Shape = layer.output_shapes[0]
    return counted(layer, gives=str(shape))


def written_in_keras(layer: Layer) -> str:
    """`layer` as an expression of Keras, or an empty text if Keras has no such layer.

    >>> written_in_keras(Layer("gru", 32, 16, reset_after=False, return_state=True))
    'keras.layers.GRU(32, reset_after=False, return_state=True)'
    """
    # Bidirectional turns the layer that it is given round, and refuses one that is turned already.
    turned = layer.bidirectional and layer.go_backwards
    if layer.convention != "keras" or layer.layers > 1 or turned:
        return ""
    words = [str(layer.units)]
    words += ["reset_after=False"] * (layer.cell.name == "gru_reset_before")
    words += ["use_bias=False"] * (not layer.use_bias)
    flags = ("return_sequences", "return_state", "go_backwards", "stateful")
    words += [f"{name}=True" for name in flags if getattr(layer, name)]
    inner = f"keras.layers.{KERAS[layer.cell.name]}({', '.join(words)})"
    if not layer.bidirectional:
        return inner
    merge = "" if layer.merge_mode == "concat" else f", merge_mode={layer.merge_mode!r}"
    return f"keras.layers.Bidirectional({inner}{merge})"


def in_keras(layer: Layer) -> tuple[Check, ...]:
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
    return (Check("python", lines, str(layer.parameters)),)


def keras_calls(layer: Layer) -> tuple[Check, ...]:
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
        Check(
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
