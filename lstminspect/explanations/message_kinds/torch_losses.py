"""Messages of PyTorch's losses and datasets about types of numbers, lengths and rows."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind

__all__ = ["KINDS"]


def _probabilities(match: re.Match[str]) -> Answered:
    answer = (
        "The target has the shape of the output, so CrossEntropyLoss takes it as probabilities, "
        f"and its numbers are of the type {match['got']}."
    )
    return answer, [
        Finding("target.argmax(1)", "the classes of one-hot vectors, one whole number each"),
        Finding("target.float()", "if they are probabilities, or one-hot vectors"),
    ]


def _float_target(match: re.Match[str]) -> Answered:
    answer = f"This loss takes targets of floats, and the target's numbers are {match['got']}."
    return answer, [
        Finding("target.float()", "BCELoss, BCEWithLogitsLoss and HuberLoss compare floats"),
        Finding("nn.CrossEntropyLoss()", "if the targets are classes: it takes whole numbers"),
    ]


def _one_row(match: re.Match[str]) -> Answered:
    answer = "The output has one axis, and the loss reads it as the scores of one sample: the "
    answer += f"target must be one number, not {match['got']}."
    return answer, [
        Finding("the output before argmax", "scores (batch, classes), not the class that is best"),
        Finding("output.unsqueeze(0)", "if it is one sample: (1, classes)"),
    ]


def _lengths(match: re.Match[str]) -> Answered:
    answer = f"CTCLoss takes (time, batch, classes), and {match['name']} has a length for each "
    answer += "sequence of the batch, axis 1."
    return answer, [
        Finding("output.permute(1, 0, 2)", "(batch, time, classes) becomes (time, batch, classes)"),
        Finding(f"torch.full((batch,), length) as {match['name']}", "one length each"),
    ]


def _rows(_: re.Match[str]) -> Answered:
    return "The tensors of a TensorDataset have a row for each sample, and their rows differ.", [
        Finding("compare x.shape[0] and y.shape[0]", "axis 0 is the samples, in both"),
        Finding("cut the windows of x and y alike", "the last windows have no target, for example"),
    ]


def _ragged(match: re.Match[str]) -> Answered:
    answer = (
        f"The lists are not of one length: the first has {match['wanted']} entries, another one "
        f"{match['got']}."
    )
    return answer, [
        Finding("nn.utils.rnn.pad_sequence(tensors, batch_first=True)", "pads to the longest one"),
    ]


def _same_type(match: re.Match[str]) -> Answered:
    got = match["got"]
    return f"The input has numbers of the type {got}, the weights of the type {match['wanted']}.", [
        Finding("x.float()", "NumPy's numbers have 64 bits, PyTorch's weights 32"),
        Finding("dtype=torch.float32", "where the tensor is made"),
    ]


KINDS = (
    MessageKind(
        r"Expected floating point type for target with class probabilities, got (?P<got>\w+)",
        _probabilities,
    ),
    MessageKind(r"Found dtype (?P<got>\w+) but expected Float", _float_target),
    MessageKind(
        r"result type Float can't be cast to the desired output type (?P<got>\w+)", _float_target
    ),
    MessageKind(r"kl_div: (?P<got>Integral) inputs not supported", _float_target),
    MessageKind(
        r"For 1D input, 1D target must have size 1, but got target size: (?P<got>\d+)", _one_row
    ),
    MessageKind(r"(?P<name>input_lengths|target_lengths) must be of size batch_size", _lengths),
    MessageKind(r"Size mismatch between tensors", _rows),
    MessageKind(
        r"expected sequence of length (?P<wanted>\d+) at dim \d+ \(got (?P<got>\d+)\)", _ragged
    ),
    MessageKind(
        r"mat1 and mat2 must have the same dtype, but got (?P<got>\w+) and (?P<wanted>\w+)",
        _same_type,
    ),
    MessageKind(
        r"Input type \((?P<got>[\w ]+)\) and bias type \((?P<wanted>\w+)\) should be the same",
        _same_type,
    ),
)
