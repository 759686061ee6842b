"""Messages about several tensors: joined, stacked, added, multiplied."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import differing, read_sizes, times_words
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape, stated
from lstminspect.explanations.shapes import written

__all__ = ["KINDS"]

ONE, OTHER = shape("one"), shape("other")


def _axes(match: re.Match[str], rule: str) -> Answered:
    """The axes on which two shapes of a message differ, and what fits."""
    one, other = read_sizes(match["one"]), read_sizes(match["other"])
    answer = f"{rule}: {written(one)} and {written(other)}."
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        findings = [Finding("one rank for both", f"{len(one)} axes against {len(other)}")]
        if len(long) == len(short) + 1 and len(long) == 3:
            findings += [
                Finding("RepeatVector(timesteps)", "gives the shorter one the axis of time"),
                Finding("return_sequences=False, or x[:, -1]", "takes that axis from the other"),
            ]
        return answer, findings
    axes = differing(one, other)
    findings = [
        Finding(
            f"axis {axis}: {one[axis]} against {other[axis]}",
            times_words(*sorted((one[axis], other[axis]), key=lambda size: -(size or 0)))
            or _meaning(axis, len(one)),
        )
        for axis in axes
    ]
    return answer, findings or [Finding("check the axis", "the shapes agree on all others")]


def _meaning(axis: int, rank: int) -> str:
    if axis == 0:
        return "the batch, or the layers of a state"
    if axis == rank - 1:
        return "the last axis: features or units"
    return "the time steps" if rank == 3 and axis == 1 else "this axis"


def _joined(match: re.Match[str]) -> Answered:
    return _axes(match, "Tensors are joined on one axis, and agree on all others")


def _stacked(match: re.Match[str]) -> Answered:
    return _axes(match, "Tensors that are stacked have one shape")


def _added(match: re.Match[str]) -> Answered:
    return _axes(match, "Tensors that are added have one shape here")


def _broadcast(match: re.Match[str]) -> Answered:
    return _axes(match, "Two shapes go together where sizes are equal or 1, from the last axis")


def _dotted(match: re.Match[str]) -> Answered:
    one, other = int(match["size"]), int(match["size2"])
    return (
        f"Dot sums over axis {match['axis']} of the one and {match['axis2']} of the other, and "
        f"they are {one} and {other} long.",
        [
            Finding("Dot(axes=...) over two axes of one length", f"{one} against {other}"),
            Finding("Dense of that width on one of them", "so that the widths agree"),
        ],
    )


def _matrices(match: re.Match[str]) -> Answered:
    one, other = read_sizes(match["one"]), read_sizes(match["other"])
    if len(one) < 2 or len(other) < 2:
        return None
    answer = (
        f"A matrix product of {written(one)} and {written(other)}: the last size of the first, "
        f"{one[-1]}, and the next to last of the second, {other[-2]}, must agree."
    )
    findings = [Finding(f"axis -1: {one[-1]}; axis -2: {other[-2]}", "the sizes that are summed")]
    if one[-1] == other[-1]:
        findings.insert(0, Finding("transpose the second one", f"then {other[-1]} meets {one[-1]}"))
    else:
        findings.append(
            Finding("query and value of one width", "for attention: Dense of that width on one")
        )
    return answer, findings


def _core(match: re.Match[str]) -> Answered:
    return (
        f"A matrix product needs {match['wanted']} rows on the right, and there are "
        f"{match['got']}.",
        [
            Finding("transpose one of them", "if that makes the sizes meet"),
            Finding(f"a matrix of {match['wanted']} rows", "as many as the left one has columns"),
        ],
    )


KINDS = (
    MessageKind(
        rf"ConcatOp : (?:Dimension \d+ in both shapes must be equal|Dimensions of inputs should "
        rf"match|Ranks of all input tensors should match): shape\[0\] = {ONE} vs\. shape\[1\] = "
        rf"{OTHER}",
        _joined,
    ),
    MessageKind(rf"Incompatible shapes for concatenation: \[{ONE}, {OTHER}", _joined),
    MessageKind(
        rf"requires inputs with matching shapes except for the concat(?:enation)? axis\. "
        rf"(?:Got inputs shapes|Received: input_shape=): ?\[{ONE}, {OTHER}",
        _joined,
    ),
    MessageKind(
        rf"Dimension \d+ in both shapes must be equal, but are \d+ and \d+\. Shapes are {ONE} and "
        rf"{OTHER}",
        _joined,
    ),
    MessageKind(
        rf"Shapes of all inputs must match: values\[0\]\.shape = {ONE} != values\[\d+\]\.shape = "
        rf"{OTHER}",
        _stacked,
    ),
    MessageKind(
        rf"must have the same size and shape\. ?Input 0: {ONE} != input \d+: {OTHER}", _added
    ),
    MessageKind(rf"operands could not be broadcast together with shapes {ONE} {OTHER}", _broadcast),
    MessageKind(
        rf"non-broadcastable output operand with shape {ONE} doesn't match the broadcast shape "
        rf"{OTHER}",
        _broadcast,
    ),
    MessageKind(
        rf"The expanded size of the tensor .{{0,120}}?Target sizes: {ONE}\. ?Tensor sizes: {OTHER}",
        _broadcast,
    ),
    MessageKind(
        r"Incompatible input shapes: axis values (?P<size>\d+) \(at axis (?P<axis>-?\d+)\) != "
        r"(?P<size2>\d+) \(at axis (?P<axis2>-?\d+)\)",
        _dotted,
    ),
    MessageKind(rf"Dimension incompatibility .{{0,80}}?Layer shapes: {ONE}, {OTHER}", _matrices),
    MessageKind(rf"Matrix size-incompatible: In\[0\]: {ONE}, In\[1\]: {OTHER}", _matrices),
    MessageKind(
        r"matmul: Input operand 1 has a mismatch in its core dimension 0.*?\(size (?P<got>\d+) is "
        r"different from (?P<wanted>\d+)\)",
        _core,
    ),
    stated(
        r"along dimension (?P<axis>\d+), the array at index 0 has size (?P<one>\d+) and the array "
        r"at index \d+ has size (?P<other>\d+)",
        "Arrays are joined on one axis, and agree on all others: axis {axis} is {one} in the first "
        "and {other} in the next.",
        ("np.concatenate(..., axis={axis})", "joins on this axis, if that is meant"),
    ),
    stated(
        r"A `?Concatenate`? layer should be called on a list",
        "Concatenate takes a list of tensors, and one tensor came.",
        ("Concatenate()([one, other])", "with brackets"),
    ),
    stated(
        r"Can(?: not|'t|not) squeeze dim\[(?P<axis>\d+)\], expected a dimension of 1, got "
        r"(?P<size>\d+)",
        "Axis {axis} is {size} long, and only an axis of 1 can be squeezed away.",
        ("x[:, -1]", "one of them: the last time step"),
        ("tf.squeeze(x, axis=...)", "the axis that is 1"),
    ),
    stated(
        r"Number of ways to split should evenly divide the split dimension, but got split_dim "
        r"(?P<axis>\d+) \(size = (?P<size>\d+)\) and num_split (?P<number>\d+)",
        "Axis {axis} of {size} cannot be cut into {number} equal parts.",
        ("a size that {number} divides", "4 for the gates of an LSTM, 3 for those of a GRU"),
    ),
    stated(
        r"transpose expects a vector of size (?P<rank>\d+)\. But input\(1\) is a vector of size "
        r"(?P<got>\d+)",
        "The tensor has rank {rank}, and the order names {got} axes.",
        ("tf.transpose(x, [0, 2, 1])", "for (batch, timesteps, features): each axis once"),
    ),
    stated(
        r"permute\(.{0,200}?input\.dim\(\) = (?P<rank>\d+) is not equal to len\(dims\) = "
        r"(?P<got>\d+)",
        "The tensor has rank {rank}, and permute names {got} axes.",
        ("x.permute(1, 0, 2)", "for rank 3: batch and time steps change places"),
        ("x.unsqueeze(0)", "adds an axis of 1, where the batch is missing"),
    ),
    stated(
        r"batch1 must be a 3D tensor|batch2 must be a 3D tensor",
        "torch.bmm takes two tensors of rank 3: (batch, rows, columns).",
        ("x.unsqueeze(1)", "(batch, units) to (batch, 1, units)"),
        ("torch.matmul(a, b)", "takes every rank"),
    ),
    stated(
        r"self must be a matrix|mat2 must be a matrix",
        "torch.mm takes two matrices, and one tensor has another rank.",
        ("torch.matmul(a, b), or a @ b", "takes every rank"),
        ("out[:, -1]", "one time step: (batch, units)"),
    ),
    stated(
        r"size mismatch, got input \(\d+\), mat \((?P<mat>[0-9x]+)\), vec \((?P<vec>\d+)\)",
        "A matrix of {mat} times a vector of {vec}: the columns and the vector must agree.",
        ("a vector as long as the matrix has columns", "the second number of {mat}"),
    ),
    stated(
        r"The total size of the tensor must be unchanged.{0,120}?input_shape=(?P<got>\([^)]*\)), "
        r"target_shape=(?P<wanted>\([^)]*\))",
        "Reshape keeps all numbers of a sample: {got} cannot become {wanted}.",
        ("Reshape((-1, features))", "features that divide the numbers of one sample"),
        ("Dense(rows * columns) before it", "makes as many numbers as the new shape has"),
    ),
)
