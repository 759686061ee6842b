"""The line to write instead, where a target does not fit the output of a model."""

from __future__ import annotations

from lstminspect.layer import Shape
from lstminspect.models.graph import Graph
from lstminspect.models.reading.losses import KERAS, Disagreement
from lstminspect.models.reading.training import Use
from lstminspect.models.summary import Model

__all__ = ["advice_on_target"]

IN_TIME = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "CuDNNLSTM", "CuDNNGRU",
           "ConvLSTM1D", "ConvLSTM2D")  # fmt: skip


def advice_on_target(
    graph: Graph, model: Model, use: Use, loss: str, found: Disagreement, number: int
) -> str:
    """The line to write for a target, an output and a loss that do not fit, by what differs."""
    target, output = use.y.shapes[number], model.outputs[number]
    text = use.y.text if use.y.form == "arrays" else f"{use.y.text}[{number}]"
    assert target is not None
    assert output is not None
    units, width = output[-1], target[-1]
    head = f"{text} has the shape {_text(target)}, the output of the model is {_text(output)}."
    match found.reason:
        case "classes":
            where = use.compiled.place if use.compiled else "compile"
            return (
                f"{head} {loss} takes one-hot vectors. For whole numbers (the class) write "
                f"loss='{KERAS[loss].other or 'sparse_categorical_crossentropy'}' in {where}, or "
                f"{text} = keras.utils.to_categorical({text}, {units})."
            )
        case "one-hot":
            return (
                f"{head} {loss} takes one whole number (the class) where the output has a vector. "
                f"For one-hot vectors write loss='categorical_crossentropy', or "
                f"{text}.argmax(axis=-1)."
            )
        case "steps":
            return f"{head} {_steps(graph, model)}"
        case "axis more":
            return f"{head} {_one_output(graph, model, target, output, text)}"
        case "width" | "stretched" if found.axis == len(output) - 1:
            return f"{head} {_width(loss, units, width)}"
        case "batch":
            return f"{head} Axis 0 counts the sequences: one target for each."
        case _:
            return (
                f"{head} They differ on axis {found.axis}"
                f"{', the time steps' if found.axis == 1 and len(output) == 3 else ''}: give one "
                "target for each time step of the output."
            )


def _steps(graph: Graph, model: Model) -> str:
    """The advice where the output still has its time steps."""
    last = _last_in_time(graph, model, 3)
    fix = f"leave return_sequences=True out of {last}" if last else "add Flatten() before Dense"
    return (
        "The output has one row for each time step. For one target for each sequence, "
        f"{fix}; else give a target for every step."
    )


def _one_output(graph: Graph, model: Model, target: Shape, output: Shape, text: str) -> str:
    """The advice where the target has an axis that the output has not."""
    if target[-1] == 1 and len(target) > 1:
        return f"Write {text}.squeeze(-1)."
    if len(target) == len(output) + 1 and target[1] == 1:
        return f"Write {text}[:, 0]."
    last = _last_in_time(graph, model, 2)
    if last and len(target) == 3:
        return (
            f"For a target for every time step write return_sequences=True in {last}; for one "
            f"target for each sequence {text}[:, -1]."
        )
    return "Give the target the axes of the output."


def _width(loss: str, units: object, width: object) -> str:
    """The advice where target and output differ in the last axis."""
    if loss.startswith("binary") and width == 1:
        return (
            "For yes and no write Dense(1, activation='sigmoid') as the last layer; for classes "
            "loss='sparse_categorical_crossentropy'."
        )
    if loss.startswith("binary"):
        return (
            f"For one-hot targets write Dense({width}, activation='softmax') as the last layer "
            "with loss='categorical_crossentropy'."
        )
    if "categorical" in loss and units != 1:
        return (
            f"The last layer has {units} units, the target {width} classes. Write Dense({width}) "
            f"as the last layer, or to_categorical(..., num_classes={units})."
        )
    softmax = ", activation='softmax'" if "categorical" in loss else ""
    if width == 1 and "categorical" not in loss:
        return (
            f"Write Dense(1) as the last layer if one number is predicted, or give {units} "
            "numbers as each target; for classes loss='sparse_categorical_crossentropy'."
        )
    return f"Write Dense({width}{softmax}) as the last layer, or give {units} numbers a target."


def _last_in_time(graph: Graph, model: Model, rank: int) -> str:
    """The last recurrent layer whose output has this rank, with its line; empty for none."""
    for row in reversed(model.rows):
        shape = row.part.outputs[0] if row.part.outputs else None
        if row.part.layer_type in IN_TIME and shape is not None and len(shape) == rank:
            spec = graph.layers.get(row.name)
            return f"{row.name} ({spec.location})" if spec and spec.location else row.name
    return ""


def _text(shape: Shape) -> str:
    return str(tuple(shape))
