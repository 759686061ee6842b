"""Flax' terms: a cell inside `RNN`, of linen (`flax`) or NNX (`nnx`); output and carry.

Source: flax/linen/recurrent.py and flax/nnx/nn/recurrent.py, Flax 0.12.8. The axes that are not
known have the words of those files.
"""

from __future__ import annotations

from functools import partial

from lstminspect.layer import Layer, Shape
from lstminspect.terms.terms import Lack, Tensor, Terms

__all__ = ["CLASSES", "FUNCTIONS", "TERMS"]

CLASSES = {
    "lstm": "LSTMCell",
    "gru": "GRUCell",
    "rnn": "SimpleCell",
    "mgu_reset_after": "MGUCell",
}
#: The functions of jax.nn that are those of the equations of the same name; Flax takes any other
#: function of Python.
FUNCTIONS = ("tanh", "sigmoid", "relu", "softplus", "silu", "elu", "selu", "softmax")
MERGES = {
    "concat": "",
    "sum": "lambda a, b: a + b",
    "mul": "lambda a, b: a * b",
    "ave": "lambda a, b: (a + b) / 2",
    None: "lambda a, b: (a, b)",
}


def _cell(layer: Layer, nnx: bool, features: object) -> str:
    words = [str(features), str(layer.units)] if nnx else [str(layer.units)]
    if layer.recurrent_activation:
        words.append(f"gate_fn=jax.nn.{layer.recurrent_activation}")
    if layer.activation:
        words.append(f"activation_fn=jax.nn.{layer.activation}")
    words += ["rngs=nnx.Rngs(0)"] * nnx
    return f"{'nnx' if nnx else 'nn'}.{CLASSES[layer.cell.name]}({', '.join(words)})"


def _one(layer: Layer, nnx: bool, features: object) -> str:
    """One layer of the stack."""
    module, cell = "nnx" if nnx else "nn", _cell(layer, nnx, features)
    options = ["time_major=True"] * (layer.batch_first is False)
    options += ["return_carry=True"] * layer.return_state
    if layer.bidirectional:
        rnn = f"{module}.RNN({cell})"
        merge = MERGES[layer.merge_mode]
        options += [f"merge_fn={merge}"] * bool(merge)
        return f"{module}.Bidirectional({', '.join([rnn, rnn, *options])})"
    options += ["reverse=True"] * layer.go_backwards
    return f"{module}.RNN({', '.join([cell, *options])})"


def written(layer: Layer, nnx: bool = False) -> str:
    """`nn.RNN(nn.LSTMCell(64))`; a stack as Sequential, which returns no states.

    An empty text where a function has no name in jax.nn.
    """
    if _unnamed(layer):
        return ""
    if layer.layers == 1:
        return _one(layer, nnx, layer.features)
    if layer.return_state:
        return ""
    ones = [_one(layer, nnx, layer.features)]
    ones += [_one(layer, nnx, layer.width)] * (layer.layers - 1)
    if nnx:
        return f"nnx.Sequential({', '.join(ones)})"
    return f"nn.Sequential([{', '.join(ones)}])"


def _unnamed(layer: Layer) -> str:
    """A function of `layer` that has no name in jax.nn, or an empty text."""
    functions = (layer.activation, layer.recurrent_activation)
    return next((text for text in functions if text and text not in FUNCTIONS), "")


def _sequence(layer: Layer, width: object) -> Shape:
    batch = "batch" if layer.batch is None else layer.batch
    steps = "time" if layer.timesteps is None else layer.timesteps
    return (steps, batch, width) if layer.batch_first is False else (batch, steps, width)


def inputs(layer: Layer) -> tuple[Tensor, ...]:
    """The input sequence."""
    return (Tensor("inputs", _sequence(layer, layer.features)),)


def outputs(layer: Layer) -> tuple[Tensor, ...]:
    """The output of every step, always; one for each direction if they are not merged."""
    number = 2 if layer.bidirectional and layer.merge_mode is None else 1
    return (Tensor("outputs", _sequence(layer, layer.width)),) * number


def states(layer: Layer) -> tuple[Tensor, ...]:
    """The carry of each layer and direction, c before h, which comes back with return_carry."""
    batch = "batch" if layer.batch is None else layer.batch
    tensors = []
    sides = ("forward ", "backward ") if layer.bidirectional else ("",)
    for number in range(1, layer.layers + 1):
        prefix = f"layer {number} " if layer.layers > 1 else ""
        for side in sides:
            for name, size in reversed(layer.cell.states.items()):
                tensors.append(Tensor(f"{prefix}{side}carry {name}", (batch, layer.sizes[size])))
    return tuple(tensors)


def returned(layer: Layer) -> tuple[Tensor, ...]:
    """The carry, with return_state, and the outputs."""
    return (*(states(layer) if layer.return_state else ()), *outputs(layer))


def lines(layer: Layer, nnx: bool = False) -> tuple[str, ...]:
    """Lines that print the count and the shapes of everything that the layer returns."""
    text = written(layer, nnx)
    if not text:
        return ()
    x = f"jax.numpy.zeros({inputs(layer)[0].shape})"
    made: tuple[str, ...]
    if nnx:
        made = (
            "from flax import nnx",
            f"layer = {text}",
            f"returned = layer({x})",
            "weights = nnx.state(layer, nnx.Param)",
        )
    else:
        made = (
            "from flax import linen as nn",
            f"layer = {text}",
            f"returned, weights = layer.init_with_output(jax.random.key(0), {x})",
        )
    return (
        "import jax",
        *made,
        "count = sum(each.size for each in jax.tree.leaves(weights))",
        "print(count, *(each.shape for each in jax.tree.leaves(returned)))",
    )


def remark(layer: Layer) -> str:
    """The tensors that come back, and how to ask for the states."""
    axes = "the time first: time_major is True" if layer.batch_first is False else "the batch first"
    text = f"RNN returns the output of every step. Input and output have {axes}. "
    if unnamed := _unnamed(layer):
        text += f"Flax takes any function of Python: give its cell one for {unnamed}. "
    if layer.layers > 1 and layer.return_state:
        return f"{text}Flax writes a stack as one RNN after the other: each returns its own carry."
    if layer.return_state:
        return f"{text}The carry comes before the outputs."
    return f"{text}The carry comes back too with return_carry=True, before the outputs."


TOPICS = {
    "timesteps": "Flax runs the loop in RNN: LAYER. The cell alone is one step.",
    "stateful": (
        "Flax keeps no state from call to call: take the carry that return_carry=True gives, and "
        "give it to the next call as initial_carry."
    ),
    "return_sequences": "Flax has no return_sequences: RNN returns every step, always.",
    "return_state": (
        "In Flax it is return_carry=True: LAYER. The carry, (c, h) of an LSTM, comes before the "
        "outputs."
    ),
    "bidirectional": "In Flax it is Bidirectional of two RNN: LAYER. merge_fn is any function.",
    "gates": "Flax names parts by gate: ii, if, ig, io of the input, hi, hf, hg, ho of the state.",
    "bias": "In Flax only one side of a gate has a bias, and no cell can do without.",
    "reset_after": (
        "Flax has the form with reset_after alone. What follows is Keras, which has both forms."
    ),
    "input_shape": "Flax has (batch, time, features), unless RNN has time_major=True.",
}
LINEN = {
    "units": "In linen units is called features, the argument of the cell: LAYER.",
    "features": (
        "Linen reads the features of the input when it is called; the argument features of its "
        "cells is the length of h, which is units here."
    ),
}
NNX = {
    "units": "In NNX units is hidden_features, the second argument of the cell: LAYER.",
    "features": "In NNX features is in_features, the first argument of the cell: LAYER.",
}


def _terms(title: str, nnx: bool) -> Terms:
    return Terms(
        title=title,
        written=partial(written, nnx=nnx),
        inputs=inputs,
        outputs=outputs,
        states=states,
        returned=returned,
        lines=partial(lines, nnx=nnx),
        remark=remark,
        every_step=True,
        topics=TOPICS | (NNX if nnx else LINEN),
        lacks=(Lack("stateful", (False,), "Flax keeps no state from call to call"),),
        one_way="Bidirectional of Flax has a layer forward and one backward",
    )


TERMS = {"flax": _terms("Flax linen", nnx=False), "nnx": _terms("Flax NNX", nnx=True)}
