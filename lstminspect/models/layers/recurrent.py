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

__all__ = ["bare_cell", "bidirectional", "part_of_layer", "recurrent", "rnn"]

CELLS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn", "CuDNNLSTM": "lstm", "CuDNNGRU": "gru"}
CELL_NAMES = ("cell", "cells")
NO_CELLS = ("LSTM", "GRU", "SimpleRNN", "Dense")
FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful")
RANK = 3


def recurrent(given: LayerContext) -> LayerResult:
    """LSTM, GRU and SimpleRNN on (batch, timesteps, features)."""
    batch, steps, _ = given.rank(RANK)
    layer = _layer(
        given, given.last(), steps, batch, {name: given.flag(name, False) for name in FLAGS}
    )
    _check_states(given, len(layer.state_shapes), layer.units)
    part = part_of_layer(given.kind, layer, given.convention, layer.output_shapes)
    if not given.kind.startswith("CuDNN"):
        return part
    # cuDNN has two biases for each gate, in one row (keras-team/keras pull 8307).
    kernels = tuple(tensor for tensor in part.tensors if not tensor.is_bias)
    width = 2 * len(layer.cell.gates) * layer.units
    bias = Tensor("bias", (width,), is_bias=True)
    return replace(part, tensors=(*kernels, bias), formula=None)


def _layer(
    given: LayerContext, features: int, steps: Any, batch: Any, flags: dict[str, bool] | None = None
) -> Layer:
    name = CELLS[given.kind.removesuffix("Cell")]
    options: dict[str, Any] = dict(flags or {})
    if name == "gru":
        options["reset_after"] = given.flag("reset_after", True)
    for option, usual in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        found = given.activation(option, usual)
        if found not in (usual, "") and not (name == "rnn" and option != "activation"):
            options[option] = found
    return Layer(
        name,
        given.size("units"),
        features,
        timesteps=steps,
        batch=batch,
        use_bias=given.flag("use_bias", True),
        **options,
    )


def _check_states(given: LayerContext, wanted: int, units: int) -> None:
    """Initial states must be as many as the layer has, each of its units."""
    states = given.options.get("initial_state")
    if states is None:
        return
    widths = [shape[-1] for shape in states]
    if len(states) != wanted or any(width not in (None, units) for width in widths):
        texts = " and ".join(shape_text(shape) for shape in states)
        raise ShapeError(
            f"{given.kind} takes {wanted} initial states of {units} units, got {texts or 'none'}."
        )


def part_of_layer(
    kind: str, layer: Layer, convention: str | None, outputs: tuple[Shape, ...]
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
    return LayerResult(kind, outputs, tensors, whole, layer, layer.formula(convention))


def rnn(given: LayerContext) -> LayerResult:
    """RNN with a cell, or with several stacked in one step."""
    batch, steps, _ = given.rank(RANK)
    found = given.config.get("cell")
    several = isinstance(found, list | tuple)
    if isinstance(found, LayerSpec) and found.kind == "StackedRNNCells":
        found, several = found.config.get("cells", []), True
    listed = list(found) if isinstance(found, list | tuple) else [found]
    cells = [each for each in listed if isinstance(each, LayerSpec)]
    if not cells or len(cells) < len(listed):
        raise OptionError("RNN needs a cell, as RNN(LSTMCell(32)), or a list of cells.")
    parts: list[LayerResult] = []
    width = given.last()
    for each in cells:
        if each.kind in NO_CELLS:
            raise OptionError(f"{each.kind} is a layer, not a cell. Write {each.kind}Cell(...).")
        parts.append(given.build(each, ((batch, steps, width),), {"cell": True}))
        if parts[-1].outputs is None:
            return LayerResult(given.kind, None, note=parts[-1].note, opaque=True, work=None)
        width = parts[-1].outputs[0][-1]
    outputs = _returned(given, (batch, steps), parts)
    if not several:
        only = parts[0]
        return LayerResult(given.kind, outputs, only.tensors, only.work, only.layer, only.formula)
    inner = tuple((each.name or each.kind, part) for each, part in zip(cells, parts, strict=True))
    return LayerResult(given.kind, outputs, work=total_work(parts), inner=inner)


def _returned(given: LayerContext, places: Shape, parts: list[LayerResult]) -> tuple[Shape, ...]:
    batch, steps = places
    last = parts[-1].outputs or ((None,),)
    time = (steps,) if given.flag("return_sequences", False) else ()
    states = [
        shape
        for part in parts
        for shape in (part.layer.state_shapes.values() if part.layer else ())
    ]
    kept = states if given.flag("return_state", False) else []
    return ((batch, *time, last[0][-1]), *kept)


def bare_cell(given: LayerContext) -> LayerResult:
    """LSTMCell, GRUCell and SimpleRNNCell inside an RNN; alone they are one step, not a layer."""
    if not given.options.get("cell"):
        raise OptionError(
            f"{given.kind} is one time step. Wrap it to run in time: RNN({given.kind}(...))."
        )
    batch, steps, _ = given.shape
    layer = _layer(given, given.last(), steps, batch)
    return part_of_layer(given.kind, layer, given.convention, layer.output_shapes)


def bidirectional(given: LayerContext) -> LayerResult:
    """A recurrent layer forward and one backward, their outputs merged, their states never."""
    forward = given.config.get("layer")
    if not isinstance(forward, LayerSpec):
        raise OptionError("Bidirectional needs a layer, as Bidirectional(LSTM(32)).")
    turned = not forward.config.get("go_backwards", False)
    backward = given.config.get("backward_layer")
    if backward is not None and not isinstance(backward, LayerSpec):
        raise OptionError("backward_layer must be a layer, as LSTM(32, go_backwards=True).")
    against = isinstance(backward, LayerSpec) and backward.config.get("go_backwards", False)
    if not turned and (backward is None or against):
        raise OptionError(
            "Bidirectional of a layer that reads backward needs one that reads forward beside it. "
            f"Give it: backward_layer={forward.kind}(...), or leave go_backwards out."
        )
    if turned and isinstance(backward, LayerSpec) and not against:
        raise OptionError(
            "backward_layer must read backward where the layer reads forward. "
            f"Write backward_layer={backward.kind}(..., go_backwards=True)."
        )
    if backward is None:
        backward = _anew(forward)
        backward = replace(backward, config={**backward.config, "go_backwards": turned})
    halves = _halves(given)
    sides = []
    for prefix, each, options in (
        ("forward_", forward, halves[0]),
        ("backward_", backward, halves[1]),
    ):
        part = given.build(each, given.inputs, options)
        if part.layer is None and each.kind in ("Dense", "Embedding", "Dropout", "Flatten"):
            raise OptionError(f"Bidirectional wraps a recurrent layer, and {each.kind} is none.")
        name = each.name or each.kind.lower()
        sides.append((name if name.startswith(prefix) else prefix + name, part))
    parts = [part for _, part in sides]
    if any(part.outputs is None for part in parts):
        return LayerResult(given.kind, None, inner=tuple(sides), work=None, opaque=True)
    outputs = _merged(given, [part.outputs or () for part in parts])
    return LayerResult(given.kind, outputs, work=total_work(parts), inner=tuple(sides))


def _anew(layer: LayerSpec) -> LayerSpec:
    """The same layer once more, with weights of its own, and so every cell in it."""

    def each(value: Any) -> Any:
        if isinstance(value, LayerSpec):
            return _anew(value)
        return [each(inner) for inner in value] if isinstance(value, list) else value

    cells = {name: each(value) for name, value in layer.config.items() if name in CELL_NAMES}
    return replace(layer, config={**layer.config, **cells}, key=None)


def _halves(given: LayerContext) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of each direction: initial states are those of the one, then of the other."""
    states = given.options.get("initial_state")
    if states is None:
        return {}, {}
    half = len(states) // 2
    return {"initial_state": states[:half]}, {"initial_state": states[half:]}


def _merged(given: LayerContext, outputs: list[tuple[Shape, ...]]) -> tuple[Shape, ...]:
    modes = ("concat", "sum", "mul", "ave")
    merge = given.config.get("merge_mode", "concat")
    if merge is not None:
        merge = given.choice("merge_mode", "concat", modes)
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
