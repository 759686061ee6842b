"""Recurrent layers of Keras: each is a Layer of lstminspect, so its numbers come from equations.

Source: keras/src/layers/rnn, Keras 3.15.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect.costs.cost import work_of
from lstminspect.errors import OptionError, ShapeError
from lstminspect.layer import Layer, Shape
from lstminspect.models.spec import (
    LayerContext,
    LayerResult,
    LayerSpec,
    Tensor,
    known,
    shape_text,
    total_work,
)

__all__ = ["bare_cell", "bidirectional", "recurrent", "result_of_layer", "rnn"]

CELLS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn", "CuDNNLSTM": "lstm", "CuDNNGRU": "gru"}
CELL_NAMES = ("cell", "cells")
NO_CELLS = ("LSTM", "GRU", "SimpleRNN", "Dense")
FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful")
RANK = 3


def recurrent(context: LayerContext) -> LayerResult:
    """LSTM, GRU and SimpleRNN on (batch, timesteps, features)."""
    batch, steps, _ = context.rank(RANK)
    layer = _layer(
        context, context.last(), steps, batch, {name: context.flag(name, False) for name in FLAGS}
    )
    _check_states(context, len(layer.state_shapes), layer.units)
    result = result_of_layer(context.layer_type, layer, context.convention, layer.output_shapes)
    if not context.layer_type.startswith("CuDNN"):
        return result
    # cuDNN has two biases for each gate, in one row (keras-team/keras pull 8307).
    kernels = tuple(tensor for tensor in result.tensors if not tensor.is_bias)
    width = 2 * len(layer.cell.gates) * layer.units
    bias = Tensor("bias", (width,), is_bias=True)
    return replace(result, tensors=(*kernels, bias), formula=None)


def _layer(
    context: LayerContext,
    features: int,
    steps: Any,
    batch: Any,
    flags: dict[str, bool] | None = None,
) -> Layer:
    name = CELLS[context.layer_type.removesuffix("Cell")]
    options: dict[str, Any] = dict(flags or {})
    if name == "gru":
        options["reset_after"] = context.flag("reset_after", True)
    for option, usual in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        found = context.activation(option, usual)
        if found not in (usual, "") and not (name == "rnn" and option != "activation"):
            options[option] = found
    return Layer(
        name,
        context.size("units"),
        features,
        timesteps=steps,
        batch=batch,
        use_bias=context.flag("use_bias", True),
        **options,
    )


def _check_states(context: LayerContext, wanted: int, units: int) -> None:
    """Initial states must be as many as the layer has, each of its units."""
    states = context.options.get("initial_state")
    if states is None:
        return
    widths = [shape[-1] for shape in states]
    if len(states) != wanted or any(width not in (None, units) for width in widths):
        texts = " and ".join(shape_text(shape) for shape in states)
        raise ShapeError(
            f"{context.layer_type} takes {wanted} initial states of {units} units, got "
            f"{texts or 'none'}."
        )


def result_of_layer(
    layer_type: str, layer: Layer, convention: str | None, outputs: tuple[Shape, ...]
) -> LayerResult:
    """The LayerResult of a Layer, with the tensors of `convention` or of the layer's own."""
    convention = layer.convention if convention is None else convention
    biases = {block.name for block in layer.cell.blocks if block.is_bias}
    tensors = tuple(
        Tensor(weight.name, weight.shape, is_bias=biases.issuperset(weight.blocks))
        for weight in layer.weights_in(convention)
    )
    work = work_of(layer, convention)
    whole = None
    if layer.timesteps is not None:
        whole = work * layer.timesteps * (1 if layer.batch is None else layer.batch)
    return LayerResult(layer_type, outputs, tensors, whole, layer, layer.formula(convention))


def rnn(context: LayerContext) -> LayerResult:
    """RNN with a cell, or with several stacked in one step."""
    batch, steps, _ = context.rank(RANK)
    found = context.config.get("cell")
    several = isinstance(found, list | tuple)
    if isinstance(found, LayerSpec) and found.layer_type == "StackedRNNCells":
        found, several = found.config.get("cells", []), True
    listed = list(found) if isinstance(found, list | tuple) else [found]
    cells = [each for each in listed if isinstance(each, LayerSpec)]
    if not cells or len(cells) < len(listed):
        raise OptionError("RNN needs a cell, as RNN(LSTMCell(32)), or a list of cells.")
    results: list[LayerResult] = []
    width = context.last()
    for each in cells:
        if each.layer_type in NO_CELLS:
            raise OptionError(
                f"{each.layer_type} is a layer, not a cell. Write {each.layer_type}Cell(...)."
            )
        results.append(context.build(each, ((batch, steps, width),), {"cell": True}))
        if results[-1].outputs is None:
            return LayerResult(
                context.layer_type, None, note=results[-1].note, opaque=True, work=None
            )
        width = results[-1].outputs[0][-1]
    outputs = _returned(context, (batch, steps), results)
    if not several:
        only = results[0]
        return LayerResult(
            context.layer_type, outputs, only.tensors, only.work, only.layer, only.formula
        )
    inner = tuple(
        (each.name or each.layer_type, result) for each, result in zip(cells, results, strict=True)
    )
    return LayerResult(context.layer_type, outputs, work=total_work(results), inner=inner)


def _returned(
    context: LayerContext, places: Shape, results: list[LayerResult]
) -> tuple[Shape, ...]:
    batch, steps = places
    last = results[-1].outputs or ((None,),)
    time = (steps,) if context.flag("return_sequences", False) else ()
    states = [
        shape
        for result in results
        for shape in (result.layer.state_shapes.values() if result.layer else ())
    ]
    kept = states if context.flag("return_state", False) else []
    return ((batch, *time, last[0][-1]), *kept)


def bare_cell(context: LayerContext) -> LayerResult:
    """LSTMCell, GRUCell and SimpleRNNCell inside an RNN; alone they are one step, not a layer."""
    if not context.options.get("cell"):
        raise OptionError(
            f"{context.layer_type} is one time step. Wrap it to run in time: "
            f"RNN({context.layer_type}(...))."
        )
    batch, steps, _ = context.shape
    layer = _layer(context, context.last(), steps, batch)
    return result_of_layer(context.layer_type, layer, context.convention, layer.output_shapes)


def bidirectional(context: LayerContext) -> LayerResult:
    """A recurrent layer forward and one backward, their outputs merged, their states never."""
    forward = context.config.get("layer")
    if not isinstance(forward, LayerSpec):
        raise OptionError("Bidirectional needs a layer, as Bidirectional(LSTM(32)).")
    turned = not forward.config.get("go_backwards", False)
    backward = context.config.get("backward_layer")
    if backward is not None and not isinstance(backward, LayerSpec):
        raise OptionError("backward_layer must be a layer, as LSTM(32, go_backwards=True).")
    against = isinstance(backward, LayerSpec) and backward.config.get("go_backwards", False)
    if not turned and (backward is None or against):
        raise OptionError(
            "Bidirectional of a layer that reads backward needs one that reads forward beside it. "
            f"Give it: backward_layer={forward.layer_type}(...), or leave go_backwards out."
        )
    if turned and isinstance(backward, LayerSpec) and not against:
        raise OptionError(
            "backward_layer must read backward where the layer reads forward. "
            f"Write backward_layer={backward.layer_type}(..., go_backwards=True)."
        )
    if backward is None:
        backward = _anew(forward)
        backward = replace(backward, config={**backward.config, "go_backwards": turned})
    halves = _halves(context)
    sides = []
    for prefix, each, options in (
        ("forward_", forward, halves[0]),
        ("backward_", backward, halves[1]),
    ):
        result = context.build(each, context.inputs, options)
        if result.layer is None and each.layer_type in ("Dense", "Embedding", "Dropout", "Flatten"):
            raise OptionError(
                f"Bidirectional wraps a recurrent layer, and {each.layer_type} is none."
            )
        name = each.name or each.layer_type.lower()
        sides.append((name if name.startswith(prefix) else prefix + name, result))
    results = [result for _, result in sides]
    if any(result.outputs is None for result in results):
        return LayerResult(context.layer_type, None, inner=tuple(sides), work=None, opaque=True)
    outputs = _merged(context, [result.outputs or () for result in results])
    return LayerResult(context.layer_type, outputs, work=total_work(results), inner=tuple(sides))


def _anew(layer: LayerSpec) -> LayerSpec:
    """The same layer once more, with weights of its own, and so every cell in it."""

    def each(value: Any) -> Any:
        if isinstance(value, LayerSpec):
            return _anew(value)
        return [each(inner) for inner in value] if isinstance(value, list) else value

    cells = {name: each(value) for name, value in layer.config.items() if name in CELL_NAMES}
    return replace(layer, config={**layer.config, **cells}, key=None)


def _halves(context: LayerContext) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of each direction: initial states are those of the one, then of the other."""
    states = context.options.get("initial_state")
    if states is None:
        return {}, {}
    half = len(states) // 2
    return {"initial_state": states[:half]}, {"initial_state": states[half:]}


def _merged(context: LayerContext, outputs: list[tuple[Shape, ...]]) -> tuple[Shape, ...]:
    modes = ("concat", "sum", "mul", "ave")
    merge = context.config.get("merge_mode", "concat")
    if merge is not None:
        merge = context.choice("merge_mode", "concat", modes)
    one, other = outputs
    states = (*one[1:], *other[1:])
    if merge is None:
        return (one[0], other[0], *states)
    if merge == "concat":
        widths = (one[0][-1], other[0][-1])
        width = sum(widths) if known(*widths) else None
        return ((*one[0][:-1], width), *states)
    if one[0] != other[0]:
        raise ShapeError(
            f"merge_mode {merge!r} needs two outputs of one shape, got {shape_text(one[0])} and "
            f"{shape_text(other[0])}. Choose 'concat'."
        )
    return (one[0], *states)
