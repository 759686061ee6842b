"""Keras' terms: `keras.layers.LSTM`, `GRU`, `SimpleRNN` and `Bidirectional`.

Source: keras.io/api/layers/recurrent_layers. An axis that is not known is None.
"""

from __future__ import annotations

from dataclasses import replace

from lstminspect.conventions.keras import ACTIVATIONS
from lstminspect.equations.shapes import UNITS
from lstminspect.layer import OPTIONS, Layer
from lstminspect.terms.terms import Lack, Tensor, Terms

__all__ = ["CLASSES", "TERMS", "written"]

CLASSES = {"lstm": "LSTM", "gru": "GRU", "gru_reset_before": "GRU", "rnn": "SimpleRNN"}


def written(layer: Layer) -> str:
    """`layer` as an expression of Keras, or an empty text if Keras has no such layer.

    >>> written(Layer("gru", 32, 16, reset_after=False, return_state=True))
    'keras.layers.GRU(32, reset_after=False, return_state=True)'
    """
    # Bidirectional turns the layer that it is given round, and refuses one that is turned already.
    turned = layer.bidirectional and layer.go_backwards
    if layer.why_unsupported("keras") or layer.layers > 1 or turned:
        return ""
    words = [str(layer.units)]
    words += ["reset_after=False"] * (layer.cell.name == "gru_reset_before")
    for option in OPTIONS:
        value = getattr(layer, option.name)
        if not option.in_keras or value == option.default or option.name in (UNITS, "reset_after"):
            continue
        if option.takes == "function" and value not in ACTIVATIONS:
            return ""  # A function that Keras does not know by a name.
        words.append(f"{option.name}={value!r}")
    inner = f"keras.layers.{CLASSES[layer.cell.name]}({', '.join(words)})"
    if not layer.bidirectional:
        return inner
    merge = "" if layer.merge_mode == "concat" else f", merge_mode={layer.merge_mode!r}"
    return f"keras.layers.Bidirectional({inner}{merge})"


def stacked(layer: Layer) -> str:
    """A stack as Keras' Sequential; one layer as `written`."""
    if layer.layers == 1 or layer.return_state:
        return written(layer)
    above = {"features": layer.width, "layers": 1, "reset_after": None}
    last = written(replace(layer, **above))
    below = written(replace(layer, return_sequences=True, **above))
    if not last:
        return ""
    return f"keras.Sequential([{', '.join([*[below] * (layer.layers - 1), last])}])"


def inputs(layer: Layer) -> tuple[Tensor, ...]:
    """The input sequence."""
    return (Tensor("input", layer.input_shape),)


def outputs(layer: Layer) -> tuple[Tensor, ...]:
    """The sequence or the last output, one for each direction if they are not merged."""
    number = 2 if layer.bidirectional and layer.merge_mode is None else 1
    return tuple(Tensor("output", shape) for shape in layer.output_shapes[:number])


def states(layer: Layer) -> tuple[Tensor, ...]:
    """The final states, which come back with return_state."""
    return tuple(Tensor(f"state {name}", shape) for name, shape in layer.state_shapes.items())


def returned(layer: Layer) -> tuple[Tensor, ...]:
    """The outputs, and with return_state the states."""
    return (*outputs(layer), *(states(layer) if layer.return_state else ()))


def lines(layer: Layer) -> tuple[str, ...]:
    """Lines that print the count and the shapes of everything that the layer returns."""
    text = stacked(layer)
    if not text:
        return ()
    several = len(returned(layer)) > 1
    shapes = "*(tuple(each.shape) for each in returned)" if several else "tuple(returned.shape)"
    return (
        "import keras",
        f"layer = {text}",
        f"returned = layer(keras.ops.zeros({layer.input_shape}))",
        f"print(layer.count_params(), {shapes})",
    )


def remark(layer: Layer) -> str:
    """The tensors that come back."""
    if layer.layers > 1 and layer.return_state:
        return "Keras writes a stack as one layer after the other: each returns its own states."
    kept = "of every step" if layer.return_sequences else "of the last step"
    text = f"Keras has the batch first. The layer returns the output {kept}"
    if layer.return_state:
        return f"{text}, then the final states."
    return f"{text}; the states come back with return_state=True."


TERMS = {
    "keras": Terms(
        title="Keras",
        written=stacked,
        inputs=inputs,
        outputs=outputs,
        states=states,
        returned=returned,
        lines=lines,
        remark=remark,
        lacks=(Lack("batch_first", (None, True), "Keras has the batch first, always"),),
    )
}
