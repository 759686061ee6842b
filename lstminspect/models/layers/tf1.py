"""Cells of TensorFlow 1: what each is in equations, stored as `tf1` stores it.

Source: tensorflow/python/ops/rnn_cell_impl.py and contrib/rnn of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from lstminspect.errors import OptionError
from lstminspect.layer import Layer
from lstminspect.models.layers.recurrent import result_of_layer
from lstminspect.models.spec import LayerContext, LayerResult

__all__ = ["PREFIX", "STATES", "cell"]

PREFIX = "tf1."
#: The cells by their class, and the number of their states.
CELLS = {"LSTMCell": "lstm", "BasicLSTMCell": "lstm", "LSTMBlockCell": "lstm", "GRUCell":
         "gru_reset_before", "GRUBlockCell": "gru_reset_before", "BasicRNNCell": "rnn"}  # fmt: skip
STATES = {name: 2 if "LSTM" in name else 1 for name in CELLS}


def cell(context: LayerContext) -> LayerResult:
    """A cell on `(batch, timesteps, features)` as the step of `dynamic_rnn`, or on one step."""
    name = CELLS[context.layer_type.removeprefix(PREFIX)]
    options: dict[str, Any] = {}
    if context.flag("use_peepholes", False):
        name = "peephole"
    if context.get("num_proj") is not None:
        name = "projected_peephole" if name == "peephole" else "projected"
        options["projection"] = context.size("num_proj")
    one_step = not context.options.get("cell")
    if one_step:
        batch, steps = context.rank(2)[0], 1
    else:
        batch, steps, _ = context.shape
    layer = Layer(name, context.size("units"), context.last(), steps, batch, **options)
    convention = context.convention or ("tf1" if not layer.why_unsupported("tf1") else None)
    states = tuple(layer.state_shapes.values())
    outputs = (*layer.output_shapes, *states) if one_step else layer.output_shapes
    given = context.options.get("initial_state")
    if one_step and given is not None and len(given) not in (0, len(states)):
        raise OptionError(f"{context.layer_type} takes {len(states)} states, got {len(given)}.")
    return result_of_layer(context.layer_type, layer, convention, outputs)
