"""Messages about targets, losses and labels: Keras, TensorFlow and PyTorch."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import (
    differing,
    read_sizes,
    without_batch,
)
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written
from lstminspect.layer import Shape

__all__ = ["KINDS"]

SPARSE = "loss='sparse_categorical_crossentropy'"


def compared(target: Shape, output: Shape) -> Answered:
    """The answer for a target and an output, both with the axis of the batch."""
    answer = f"The target is {written(target)}, the output of the model is {written(output)}."
    if len(target) < len(output):
        if len(output) == 2:
            return answer, _labels(output[-1])
        return f"{answer} The output still has the time steps.", _every_step()
    if len(target) > len(output):
        return f"{answer} The target has an axis that the output has not.", _one_output(target)
    axes = differing(target, output)
    if not axes:
        return None
    width, units = target[-1], output[-1]
    if len(target) - 1 in axes:
        if width == 1:
            return answer, _labels(units)
        if units == 1:
            return f"{answer} The last layer has 1 unit, the target {width}.", _one_unit(width)
        return f"{answer} They differ on the last axis: {width} against {units}.", [
            Finding(f"Dense({width}) as the last layer", f"one output for each of {width} numbers"),
            Finding(
                f"to_categorical(y, num_classes={units})",
                f"if {width} classes of {units} were met in the labels",
            ),
        ]
    where = "the batch" if axes[0] == 0 else "the time steps"
    return f"{answer} They differ on axis {axes[0]}, {where}.", [
        Finding(
            "make the axes equal",
            f"{target[axes[0]]} in the target, {output[axes[0]]} in the output",
        )
    ]


def _labels(units: int | None) -> list[Finding]:
    return [
        Finding(
            SPARSE,
            f"if the target is a whole number (the class) for each sample and the model has "
            f"{units} outputs",
        ),
        Finding(
            f"keras.utils.to_categorical(y, {units})",
            "one-hot vectors of the labels, for categorical_crossentropy",
        ),
        Finding("Dense(1) as the last layer", "if the target is one number (mse) or yes and no"),
    ]


def _one_unit(width: int | None) -> list[Finding]:
    return [
        Finding(
            f"Dense({width}, activation='softmax') as the last layer",
            f"with loss='categorical_crossentropy', if the target is one-hot: {width} classes",
        ),
        Finding(f"Dense({width}) as the last layer", f"if {width} numbers are predicted"),
        Finding("y.argmax(axis=-1)", "if one-hot targets of two classes go to one sigmoid"),
    ]


def _every_step() -> list[Finding]:
    return [
        Finding(
            "return_sequences=False on the last recurrent layer",
            "if there is one target for each sequence: now the layer returns every time step",
        ),
        Finding(
            "a target for every time step: (batch, timesteps, outputs)",
            "if every step is predicted, with return_sequences=True",
        ),
    ]


def _one_output(target: Shape) -> list[Finding]:
    ones = [axis for axis, size in enumerate(target) if size == 1 and axis]
    squeezed = [Finding(f"y.squeeze({axis})", f"axis {axis} of the target is 1") for axis in ones]
    return [
        *squeezed,
        Finding(
            "return_sequences=True on the last recurrent layer",
            "if there is a target for every time step: now the model gives one output alone",
        ),
        Finding("y[:, -1]", "the target of the last step, if one output is wanted"),
    ]


def _checked_rank(match: re.Match[str]) -> Answered:
    target, wanted = read_sizes(match["got"]), int(match["wanted"])
    answer = f"The output of the model has rank {wanted}, the target {written(target)} has not."
    if wanted < len(target):
        return answer, _one_output(target)
    return f"{answer} The output has the time steps.", _every_step()


def _checked_shape(match: re.Match[str]) -> Answered:
    whole = read_sizes(match["wanted"]), read_sizes(match["got"])
    output, target = without_batch(*whole)
    return compared((None, *target), (None, *output))


def _pair(match: re.Match[str]) -> Answered:
    return compared(read_sizes(match["target"]), read_sizes(match["output"]))


def _keras_2(match: re.Match[str]) -> Answered:
    target = read_sizes(match["target"])
    answer = f"The labels have the shape {written(target)}: {match['loss']} takes one-hot vectors."
    return answer, _labels(None)[:2] if target[-1:] == (1,) else _labels(target[-1])[:2]


def _sparse(match: re.Match[str]) -> Answered:
    target, output = read_sizes(match["target"]), read_sizes(match["output"])
    answer = f"The target is {written(target)}, the output of the model is {written(output)}."
    if len(target) == len(output):
        return f"{answer} A sparse loss takes one whole number where the output has a vector.", [
            Finding("loss='categorical_crossentropy'", "if the target is one-hot vectors"),
            Finding("y.argmax(axis=-1)", "the classes of one-hot vectors, for the sparse loss"),
        ]
    if len(target) < len(output):
        return f"{answer} The output still has the time steps.", _every_step()
    return answer, _one_output(target)


def _incompatible(match: re.Match[str]) -> Answered:
    """Two shapes that a loss of TensorFlow compares; the target stands first."""
    target, output = read_sizes(match["target"]), read_sizes(match["output"])
    if not target or not output or target[0] != output[0]:
        return None
    # Two arrays of weights are compared in the same words: only labels end in an axis of 1.
    if target[0] is not None and target[-1] != 1:
        return None
    return compared(target, output)


def _logits(match: re.Match[str]) -> Answered:
    output, target = read_sizes(match["output"]), read_sizes(match["target"])
    if len(target) == 1 and len(output) == 2 and None not in (target[0], output[0]):
        rows, labels = output[0] or 1, target[0] or 1
        answer = (
            f"The output has {rows} rows of {output[1]} classes, and there are {labels} labels."
        )
        if labels % rows == 0 and labels > rows:
            many = labels // rows
            return f"{answer} {labels} = {many} x {rows}.", [
                Finding(
                    "loss='categorical_crossentropy'",
                    f"if {many} is the number of classes: the labels are one-hot",
                ),
                Finding(
                    "return_sequences=True on the last recurrent layer",
                    f"if {many} is the number of time steps: there is a label for each step",
                ),
            ]
        if rows % labels == 0:
            many = rows // labels
            return f"{answer} {rows} = {many} x {labels}.", [
                Finding(
                    "return_sequences=False on the last recurrent layer",
                    f"if {many} is the number of time steps: the output has one row for each step",
                ),
                Finding("one label for each time step", "if every step is predicted"),
            ]
        return answer, [Finding("one label for each row", "the batch of both must agree")]
    return compared(target, output)


def _torch_same(match: re.Match[str]) -> Answered:
    target, output = read_sizes(match["target"]), read_sizes(match["output"])
    answer = f"The target is {written(target)}, the output of the model is {written(output)}."
    if output[:-1] == target and output[-1] == 1:
        return f"{answer} The output has a last axis of 1.", [
            Finding("output.squeeze(-1)", f"makes the output {written(target)}"),
            Finding("target.unsqueeze(1)", f"makes the target {written(output)}"),
        ]
    if target[:-1] == output and target[-1] == 1:
        return f"{answer} The target has a last axis of 1.", [
            Finding("target.squeeze(-1)", f"makes the target {written(output)}"),
        ]
    if len(output) == len(target) and differing(target, output) == (len(output) - 1,):
        width, units = target[-1], output[-1]
        return f"{answer} They differ on the last axis: {width} against {units}.", [
            Finding(f"nn.Linear(hidden_size, {width}) as the last layer", "as wide as the target"),
            Finding(
                "nn.CrossEntropyLoss()",
                f"if there are {units} classes and the target is the class: whole numbers (batch,)",
            ),
        ]
    if len(output) == len(target) + 1:
        return f"{answer} The output has an axis more, often the time steps.", [
            Finding("output[:, -1]", "the last time step alone, with batch_first=True"),
            Finding("output[-1]", "the last time step alone, without batch_first"),
        ]
    return answer, [Finding("give both the same shape", "this loss compares number by number")]


def _torch_batch(match: re.Match[str]) -> Answered:
    output, target = int(match["output"]), int(match["target"])
    answer = f"The loss is given {output} rows of scores and {target} targets."
    findings = []
    for many, few, what in ((output, target, "scores"), (target, output, "targets")):
        if few and many > few and many % few == 0:
            why = f"{many} = {many // few} x {few}: {many // few} time steps of {few} sequences"
            findings.append(Finding(f"the time steps are still in the {what}", why))
    if output > target:
        what = "take the last step, output[:, -1] (batch_first=True) or output[-1]"
        findings.append(Finding(what, "if there is one target for each sequence"))
    same = "flatten both alike: output.reshape(-1, classes), target.reshape(-1)"
    findings.append(Finding(same, "if there is a target for each step"))
    findings.append(
        Finding("compare the first axes", "without batch_first=True axis 0 is time, not the batch")
    )
    return answer, findings


def _torch_classes(match: re.Match[str]) -> Answered:
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    answer = f"The target must be {written(wanted)} and is {written(got)}."
    return f"{answer} The loss takes the classes on axis 1 of the scores.", [
        Finding(
            "output.transpose(1, 2)",
            "(batch, timesteps, classes) becomes (batch, classes, timesteps)",
        ),
        Finding("output.reshape(-1, classes), target.reshape(-1)", "or every step is one row"),
    ]


def _multi_target(_: re.Match[str]) -> Answered:
    return "CrossEntropyLoss takes one whole number (the class) for each row: (batch,).", [
        Finding("target.squeeze(1)", "if the target is (batch, 1)"),
        Finding("target.argmax(1)", "if the target is one-hot, or target.float() with new PyTorch"),
    ]


def _target_type(match: re.Match[str]) -> Answered:
    return f"CrossEntropyLoss takes whole numbers as targets (the classes), not {match['got']}.", [
        Finding("target.long()", "one class for each row: (batch,)"),
        Finding("nn.MSELoss()", "if the targets are numbers to predict, not classes"),
    ]


def _out_of_bounds(match: re.Match[str]) -> Answered:
    label = int(match["label"])
    answer = f"A label is {label}, and the scores have at most {label} classes: 0 to {label - 1}."
    return answer, [
        Finding(f"at least nn.Linear(hidden_size, {label + 1})", "one output for each class"),
        Finding("target - 1", "if the labels count from 1: the first class is 0"),
    ]


def _label_range(match: re.Match[str]) -> Answered:
    label, high = match["label"], int(match["high"])
    return f"A label is {label}, and the model has {high} outputs: the classes 0 to {high - 1}.", [
        Finding(
            "as many outputs as classes", f"Dense({int(label) + 1}) or more, for label {label}"
        ),
        Finding("y - 1", "if the labels count from 1: the first class is 0"),
    ]


TARGET = r"Error when checking (?:model )?target ?: expected (?P<name>\S+) to have "
BOTH = rf"Received: target\.shape={shape('target')}, output\.shape={shape('output')}"

KINDS = (
    MessageKind(
        rf"{TARGET}(?P<wanted>[0-9]) dimension(?:s|\(s\))?[,.]? but got array with shape "
        + shape("got"),
        _checked_rank,
    ),
    MessageKind(
        rf"{TARGET}shape {shape('wanted')},? but got array with shape {shape('got')}",
        _checked_shape,
    ),
    MessageKind(
        rf"target array of shape {shape('target')} while using as loss `(?P<loss>\w+)`", _keras_2
    ),
    MessageKind(
        rf"target array with shape {shape('target')} was passed for an output of shape "
        + shape("output"),
        _pair,
    ),
    MessageKind(
        rf"Arguments `target` and `output` must have the same (?:rank \(ndim\)|shape)\. {BOTH}",
        _pair,
    ),
    MessageKind(rf"Argument `output` must have rank \(ndim\) `target\.ndim - 1`\. {BOTH}", _sparse),
    MessageKind(
        rf"(?:`logits` and `labels`|logits and labels) must have the same shape,? (?:received )?"
        rf"\(?{shape('output')} vs\.? {shape('target')}",
        _logits,
    ),
    MessageKind(
        r"logits and labels must (?:be broadcastable: logits_size=|have the same first dimension, "
        rf"got logits shape ){shape('output')} (?:and )?labels(?:_size=| shape ){shape('target')}",
        _logits,
    ),
    MessageKind(rf"Shapes {shape('target')} and {shape('output')} are incompatible", _incompatible),
    MessageKind(
        r"Received a label value of (?P<label>[0-9]+) which is outside the valid range of "
        r"\[0, (?P<high>[0-9]+)\)",
        _label_range,
    ),
    MessageKind(
        rf"target size \({shape('target')}\) (?:must be the same as|that is different to the) "
        rf"input size \({shape('output')}\)",
        _torch_same,
    ),
    MessageKind(
        r"Expected input batch_size \((?P<output>[0-9]+)\) to match target batch_size "
        r"\((?P<target>[0-9]+)\)",
        _torch_batch,
    ),
    MessageKind(rf"Expected target size {shape('wanted')}, got {shape('got')}", _torch_classes),
    MessageKind(r"0D or 1D target tensor expected, multi-target not supported", _multi_target),
    MessageKind(r"multi-target not supported at", _multi_target),
    MessageKind(r"expected target dtype to be Long or Byte, but got (?P<got>\w+)", _target_type),
    MessageKind(r"Target (?P<label>[0-9]{1,9}) is out of bounds", _out_of_bounds),
)
