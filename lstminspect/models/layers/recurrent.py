"""Recurrent layers of Keras: each is a Layer of lstminspect, so its numbers come from equations.

Source: keras/src/layers/rnn, Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    differing,
    known,
    shape_text,
    total_work,
)
from lstminspect.sizes import differ

__all__ = ["bidirectional", "cell", "recurrent", "result_of_layer", "rnn", "stacked_cells"]

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
    _check_states(context, [layer.units] * len(layer.state_shapes))
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


def _check_states(context: LayerContext, units: Sequence[int]) -> None:
    """Initial states must be as many as the layer has, each of its units."""
    states = context.options.get("initial_state")
    if states is None or [*states] in ([], [None]):
        return  # One value that is not known can be a list of all states.
    widths = [None if shape is None else shape[-1] for shape in states]
    pairs = zip(widths, units, strict=False)
    fits = not any(width is not None and differ(width, size) for width, size in pairs)
    if len(states) != len(units) or not fits:
        texts = " and ".join(shape_text(shape) for shape in states if shape is not None)
        several = " and ".join(str(size) for size in dict.fromkeys(units))
        raise ShapeError(
            f"{context.layer_type} takes {len(units)} initial states of {several} units, got "
            f"{texts or 'none'}."
        )


def result_of_layer(
    layer_type: str, layer: Layer, convention: str | None, outputs: tuple[Shape, ...]
) -> LayerResult:
    """The LayerResult of a Layer, with the tensors of `convention` or of the layer's own."""
    stored = layer.stored(convention)
    biases = {block.name for block in layer.cell.blocks if block.is_bias}
    tensors = tuple(
        Tensor(weight.name, weight.shape, is_bias=biases.issuperset(weight.blocks))
        for weight in stored.weights
    )
    work = work_of(layer, stored)
    whole = None
    if layer.timesteps is not None:
        whole = work * layer.timesteps * (1 if layer.batch is None else layer.batch)
    return LayerResult(layer_type, outputs, tensors, whole, layer, stored.formula)


def rnn(context: LayerContext) -> LayerResult:
    """RNN with a cell, or with several stacked in one step."""
    batch, steps, _ = context.rank(RANK)
    cell = context.config.get("cell")
    several = isinstance(cell, list | tuple)
    if isinstance(cell, LayerSpec) and cell.layer_type == "StackedRNNCells":
        cell, several = cell.config.get("cells", []), True
    stack = _stack(context, cell if several else [cell], (batch, steps, context.last()))
    results = [result for _, result in stack]
    if results[-1].outputs is None:
        note = results[-1].note
        return LayerResult(context.layer_type, None, note=note, opaque=True, work=None)
    time = (steps,) if context.flag("return_sequences", False) else ()
    kept = _states(results) if context.flag("return_state", False) else []
    outputs = ((batch, *time, results[-1].outputs[0][-1]), *kept)
    if several:
        return LayerResult(context.layer_type, outputs, work=total_work(results), inner=stack)
    only = results[0]
    return LayerResult(
        context.layer_type, outputs, only.tensors, only.work, only.layer, only.formula
    )


def _stack(context: LayerContext, cells: Any, shape: Shape) -> tuple[tuple[str, LayerResult], ...]:
    """The cells of one step by name, each on the output of the one before; up to an opaque one."""
    listed = list(cells) if isinstance(cells, list | tuple) else []
    if not listed or not all(isinstance(each, LayerSpec) for each in listed):
        raise OptionError(
            f"{context.layer_type} needs a cell, for example RNN(LSTMCell(32)), or a list of cells."
        )
    batch, steps, width = shape
    results: list[tuple[str, LayerResult]] = []
    for each in listed:
        if each.layer_type in NO_CELLS:
            raise OptionError(
                f"{each.layer_type} is a layer, not a cell. Write {each.layer_type}Cell(...)."
            )
        result = context.build(each, ((batch, steps, width),), {"cell": True})
        results.append((each.name or each.layer_type, result))
        if result.outputs is None:
            break
        width = result.outputs[0][-1]
    return tuple(results)


def _states(results: Sequence[LayerResult]) -> list[Shape]:
    """The shapes of the states of cells, in order."""
    layers = [result.layer for result in results if result.layer is not None]
    return [shape for layer in layers for shape in layer.state_shapes.values()]


def cell(context: LayerContext) -> LayerResult:
    """LSTMCell, GRUCell, SimpleRNNCell: the step of an RNN, or called on a step and its states."""
    if context.options.get("cell"):
        batch, steps, _ = context.shape
        layer = _layer(context, context.last(), steps, batch)
        return result_of_layer(context.layer_type, layer, context.convention, layer.output_shapes)
    layer = _layer(context, context.last(), 1, _step_batch(context))
    states = tuple(layer.state_shapes.values())
    outputs = (*layer.output_shapes, *states)
    if context.options["initial_state"]:
        _check_states(context, [layer.units] * len(states))
    return result_of_layer(context.layer_type, layer, context.convention, outputs)


def stacked_cells(context: LayerContext) -> LayerResult:
    """StackedRNNCells, called on one step and the states of all its cells."""
    batch = _step_batch(context)
    stack = _stack(context, context.config.get("cells"), (batch, 1, context.last()))
    results = [result for _, result in stack]
    if results[-1].outputs is None:
        return LayerResult(context.layer_type, None, inner=stack, opaque=True, work=None)
    states = _states(results)
    if context.options["initial_state"]:
        _check_states(context, [shape[-1] for shape in states])
    outputs = (*results[-1].outputs, *states)
    return LayerResult(context.layer_type, outputs, work=total_work(results), inner=stack)


def _step_batch(context: LayerContext) -> int | None:
    """The batch of a cell that is called itself: that of its input, or of a state."""
    if context.options.get("initial_state") is None:
        raise OptionError(
            f"{context.layer_type} is one time step. Wrap it to run in time, RNN(cell), or call it "
            "on one step and its states: cell(x, [h, c])."
        )
    batches = [context.rank(2)[0]]
    batches += [shape[0] for shape in context.options["initial_state"] if shape]
    return next((batch for batch in batches if batch is not None), None)


def bidirectional(context: LayerContext) -> LayerResult:
    """A recurrent layer forward and one backward, their outputs merged, their states never."""
    forward = context.config.get("layer")
    if not isinstance(forward, LayerSpec):
        raise OptionError("Bidirectional needs a layer, for example Bidirectional(LSTM(32)).")
    turned = not forward.config.get("go_backwards", False)
    backward = context.config.get("backward_layer")
    if backward is not None and not isinstance(backward, LayerSpec):
        raise OptionError(
            "backward_layer must be a layer, for example LSTM(32, go_backwards=True)."
        )
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
        backward = _again(forward)
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
                f"Bidirectional wraps a recurrent layer, and {each.layer_type} is not one."
            )
        name = each.name or each.layer_type.lower()
        sides.append((name if name.startswith(prefix) else prefix + name, result))
    results = [result for _, result in sides]
    if any(result.outputs is None for result in results):
        return LayerResult(context.layer_type, None, inner=tuple(sides), work=None, opaque=True)
    outputs = _merged(context, [result.outputs or () for result in results])
    return LayerResult(context.layer_type, outputs, work=total_work(results), inner=tuple(sides))


def _again(layer: LayerSpec) -> LayerSpec:
    """The same layer once more, with weights of its own, and so every cell in it."""

    def each(value: Any) -> Any:
        if isinstance(value, LayerSpec):
            return _again(value)
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
    if differing(one[0], other[0]):
        raise ShapeError(
            f"merge_mode {merge!r} needs two outputs of one shape, got {shape_text(one[0])} and "
            f"{shape_text(other[0])}. Choose 'concat'."
        )
    return (one[0], *states)
