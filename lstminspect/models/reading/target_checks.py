"""Targets against the outputs of a model, under its loss and its metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.fit_case import ON_BATCH, FitCase, FitFault, holds, written
from lstminspect.models.reading.losses import (
    CLASSES,
    EQUAL,
    KERAS,
    METRICS,
    Disagreement,
    aligned,
    disagreement,
    keras_loss,
)
from lstminspect.models.reading.target_advice import advice_on_target
from lstminspect.models.reading.training import Use
from lstminspect.models.summary import Model

__all__ = ["check_targets"]


def check_targets(case: FitCase, ran: Model) -> Iterator[str]:
    """Compare each target with its output under its loss; the notes on those that only run."""
    use, outputs = case.use, ran.outputs
    targets = _targets(use, len(outputs))
    if targets is None or use.compiled is None:
        return
    losses = _losses(use, len(outputs))
    _check_labels(use, losses, outputs)
    for number, (target, output) in enumerate(zip(targets, outputs, strict=True)):
        if target is None or output is None:
            continue
        given = losses[number] if number < len(losses) else None
        name = keras_loss(given) if isinstance(given, str) else ""
        if name not in KERAS:
            continue
        batch = use.batch if use.batch is not None else None
        first = target[0] if use.method in ON_BATCH else batch
        one, other = (first, *target[1:]), (batch, *output[1:])
        found = disagreement(KERAS[name], one, other)
        if found is None:
            if len(outputs) == 1:
                _check_metrics(use, one, other)
            continue
        advice = advice_on_target(case.graph, ran, use, name, found, number)
        if not found.is_silent:
            raise FitFault(_words(name, found, one, other), advice)
        shapes = aligned(KERAS[name], target, (target[0], *output[1:]))
        yield (
            f"{use.place}: {use.name}.{use.method} runs, and compares a target of "
            f"{written((None, *shapes[0][1:]))} with an output of "
            f"{written((None, *shapes[1][1:]))}: one is stretched to the other, and {name} is not "
            f"what is meant. {advice}"
        )


def _check_labels(use: Use, losses: Sequence[Any], outputs: Sequence[Shape | None]) -> None:
    """Refuse labels beyond the outputs, where it is as good as sure that the data hold some."""
    output, high = outputs[0] if len(outputs) == 1 else None, use.y.high
    if output is None or high is None or not losses or not isinstance(losses[0], str):
        return
    units = output[-1]
    if keras_loss(losses[0]) == "sparse_categorical_crossentropy" and holds(use.y, units):
        raise FitFault(
            f"Received a label value of {high - 1} which is outside the valid range of "
            f"[0, {units}).",
            f"The labels of {use.y.text} go up to {high - 1}. Write Dense({high}) as the last "
            "layer.",
        )


def _check_metrics(use: Use, target: Shape, output: Shape) -> None:
    """Refuse a metric that takes another target than the loss."""
    metrics = None if use.compiled is None else use.compiled.metrics
    for each in metrics if isinstance(metrics, list) else [metrics]:
        name = keras_loss(each) if isinstance(each, str) else ""
        found = disagreement(METRICS[name], target, output) if name in METRICS else None
        if found is not None and not found.is_silent:
            raise FitFault(
                f"metrics=['{each}']: target and output must have the same shape. Received: "
                f"target.shape={written((None, *target[1:]))}, "
                f"output.shape={written((None, *output[1:]))}.",
                "The loss takes this target, the metric does not. Write metrics=['accuracy'], "
                "which takes what the loss takes.",
            )


def _targets(use: Use, many: int) -> list[Shape | None] | None:
    """The shapes of the targets, one for each output. Raises FitFault for another number."""
    data = use.y
    if data.form in ("open", "none") or (data.form == "numbers" and use.method not in ON_BATCH):
        return None
    if data.form == "named":
        named = dict(zip(data.names, data.shapes, strict=True))
        whole = len(use.outputs) == many and all(name in named for name in use.outputs)
        return [named[name] for name in use.outputs] if whole else None
    if len(data.shapes) == many:
        return list(data.shapes)
    shown = [", ".join(["*"] * n) for n in (len(data.shapes), many)]
    raise FitFault(
        f"y_true and y_pred have different structures. y_true: [{shown[0]}] y_pred: [{shown[1]}].",
        f"The model has {many} output{'s' if many > 1 else ''}, and y holds "
        f"{len(data.shapes)}. Give one array of targets for each output"
        f"{', in a list' if many > 1 else ', not a list'}.",
    )


def _losses(use: Use, many: int) -> list[Any]:
    """The losses, one for each output, where they are known."""
    loss = None if use.compiled is None else use.compiled.loss
    if isinstance(loss, dict):
        return [loss.get(name) for name in use.outputs] if len(use.outputs) == many else []
    if isinstance(loss, list):
        return loss if len(loss) == many else []
    return [loss] * many


def _words(name: str, found: Disagreement, target: Shape, output: Shape) -> str:
    """The sentence of Keras for a target that does not fit."""
    loss = KERAS[name]
    one, other = aligned(loss, target, output)
    one, other = (None, *one[1:]), (None, *other[1:])
    received = f"Received: target.shape={written(one)}, output.shape={written(other)}."
    if loss.form == CLASSES and len(one) != len(other) - 1:
        return f"Argument `output` must have rank (ndim) `target.ndim - 1`. {received}"
    if loss.form == EQUAL and len(one) != len(other):
        return f"Arguments `target` and `output` must have the same rank (ndim). {received}"
    if found.reason == "batch":
        received = f"Received: target.shape={written(target)}, output.shape={written(output)}."
    return f"Arguments `target` and `output` must have the same shape. {received}"
