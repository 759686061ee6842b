"""Messages of TensorFlow itself: placeholders, matrix products of cells, ranks, lengths."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import differing, read_sizes, times
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written

__all__ = ["KINDS"]

#: The axes of an input after the batch.
NAMES = ("timesteps", "features")


def _feed(match: re.Match[str]) -> Answered:
    got, wanted = read_sizes(match["got"]), read_sizes(match["wanted"])
    answer = f"The placeholder takes {written(wanted)} and is fed {written(got)}."
    if len(got) + 1 == len(wanted):
        if not differing(wanted[1:], got):
            return f"{answer} One sample without its batch.", [
                Finding("x[None]", f"adds the batch: {written((1, *got))}")
            ]
        if wanted[-1] in (1, None) and not differing(wanted[:-1], got):
            return answer, [Finding("x[..., None]", "adds the last axis, of one feature")]
        if len(got) == 2:
            sizes = ", ".join(
                str(size or name) for size, name in zip(wanted[1:], NAMES, strict=False)
            )
            return answer, [Finding(f"x.reshape(-1, {sizes})", "(batch, timesteps, features)")]
    if len(got) == len(wanted):
        axes = differing(wanted, got)
        where = ", ".join(f"axis {axis}: {wanted[axis]} against {got[axis]}" for axis in axes)
        findings = [Finding(f"feed {written(wanted)}", f"they differ on {where}")]
        if 0 in axes:
            findings.append(
                Finding(
                    "None for the batch of the placeholder",
                    f"then it takes {got[0]} as well as {wanted[0]} samples",
                )
            )
        return answer, findings
    if len(got) > len(wanted) and 1 in got:
        return answer, [
            Finding(f"x.squeeze({got.index(1)})", f"axis {got.index(1)} is 1, and one too many")
        ]
    return answer, [Finding(f"feed {written(wanted)}", f"rank {len(wanted)}, not {len(got)}")]


def _cell_product(match: re.Match[str]) -> Answered:
    """A cell of TensorFlow 1: its kernel is (features + units, 4 x units)."""
    left, right = read_sizes(match["left"]), read_sizes(match["right"])
    if len(left) != 2 or len(right) != 2 or None in (left[1], *right):
        return None
    got, (rows, columns) = left[1], right
    if not got or not rows or not columns:
        return None
    gates = _gates(match["name"])
    units = columns // gates if gates and columns % gates == 0 else 0
    features, came = rows - units, got - units
    if not units or features < 1 or came < 1:
        return f"A matrix product of {got} numbers with a kernel of {rows} rows.", [
            Finding("the width of the input", f"{rows} is what the cell was built for")
        ]
    answer = (
        f"The cell has {units} units and was built for {features} features ({features} + {units} "
        f"= {rows} rows), and {came} + {units} = {got} came."
    )
    if came == units:
        return f"{answer} The next cell of a stack reads the {units} units of the one below.", [
            Finding(
                "one cell object per layer: MultiRNNCell([make_cell() for _ in range(layers)])",
                f"[cell] * layers uses one kernel, of {features} features, for every layer",
            ),
            Finding(
                f"or make the input {units} wide", "then all layers could share the one kernel"
            ),
        ]
    return answer, [
        Finding(f"an input of {features} features", "the kernel of the cell keeps its width"),
        Finding(
            "reuse=False, or another variable scope", f"if the cell shall read {came} features"
        ),
    ]


def _gates(name: str) -> int:
    """The gates in one kernel of a cell of TensorFlow 1: a GRU keeps its candidate apart."""
    lowered = name.lower()
    if "lstm" in lowered:
        return 4
    if "gru" in lowered:
        return 1 if "candidate" in lowered or "matmul_1" in lowered else 2
    return 1 if "rnn_cell" in lowered else 0


def _product(match: re.Match[str]) -> Answered:
    """A matrix product of no known cell."""
    left, right = read_sizes(match["left"]), read_sizes(match["right"])
    if len(left) != 2 or len(right) != 2:
        return None
    got, wanted = left[1], right[0]
    if got is None or wanted is None:
        return None
    answer = f"The layer was built for {wanted} features a step and is given {got}."
    findings = []
    if 2 in (times(got, wanted), times(wanted, got)):
        why = f"{max(got, wanted)} = 2 x {min(got, wanted)}: both directions, concatenated"
        findings.append(Finding("a bidirectional layer on one side only", why))
    return answer, [
        *findings,
        Finding(f"give the layer {wanted} features", "the last axis of the input"),
        Finding(f"build the layer for {got} features", "the rows of its kernel"),
        Finding("exchange the last two axes", "if time steps and features changed places"),
    ]


def _bare(match: re.Match[str]) -> Answered:
    """Two sizes that must be equal, without their shapes."""
    got, wanted = match["got"], match["wanted"]
    answer = f"Two axes must be equal, and they are {got} and {wanted}."
    return answer, [
        Finding(
            f"an input of {wanted} features, or a layer built for {got}",
            "if the operation is a matrix product (MatMul): the last axis of the input",
        )
    ]


def _elementwise(match: re.Match[str]) -> Answered:
    one, other = read_sizes(match["left"]), read_sizes(match["right"])
    answer = f"{written(one)} and {written(other)} are compared or added number by number."
    if len(one) != len(other):
        return f"{answer} Their ranks differ.", [
            Finding(
                "return_sequences", "True gives (batch, timesteps, units), False (batch, units)"
            )
        ]
    axes = differing(one, other)
    if not axes:
        return None
    last = len(one) - 1
    findings = []
    for axis in axes:
        sizes = f"{one[axis]} against {other[axis]}"
        names = {
            0: "the batch: a stateful model takes whole batches only",
            last: "the last axis: units, outputs or features",
        }
        findings.append(Finding(f"axis {axis}: {sizes}", names.get(axis, "the time steps")))
        if 2 in (times(one[axis], other[axis]), times(other[axis], one[axis])) and axis == last:
            findings.append(
                Finding("a bidirectional layer on one side only", "it is twice as wide (concat)")
            )
    if "loss" in match["where"] and last in axes:
        what = "the output of the last layer must be as wide as the target"
        findings.append(Finding(f"Dense({one[last]}) as the last layer", what))
    return answer, findings


def _rank(match: re.Match[str]) -> Answered:
    wanted, got = match["wanted"], match["got"]
    findings = {
        ("3", "2"): "add an axis: x[None] for one sequence, x[..., None] for one feature a step",
        ("2", "3"): "take one time step, outputs[:, -1], or lay steps and batch together: "
        "tf.reshape(outputs, [-1, units])",
    }.get((wanted, got), f"a tensor of rank {wanted}")
    return f"The operation takes rank {wanted}, and the tensor has rank {got}.", [
        Finding(findings, "tf.nn.dynamic_rnn takes (batch, timesteps, features); matmul a matrix")
    ]


def _lengths(match: re.Match[str]) -> Answered:
    got = read_sizes(match["got"])
    return f"sequence_length takes one number for each sequence, and {written(got)} came.", [
        Finding(
            "[length of each sequence]: shape (batch,)",
            "the number of real time steps of each sequence, without the padding",
        ),
        *(
            [Finding("give the lengths, not the data", "the data are the argument inputs")]
            if len(got) > 1
            else [Finding("as many lengths as sequences", "the batch of the input")]
        ),
    ]


def _static_list(_: re.Match[str]) -> Answered:
    return "tf.nn.static_rnn takes a list of time steps, each (batch, features).", [
        Finding(
            "tf.unstack(x, timesteps, axis=1)", "a list of the steps of (batch, time, features)"
        ),
        Finding("tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)", "takes the tensor itself"),
    ]


CELLS = r"(?P<name>[^']{0,200}?(?:rnn|lstm|gru)[^']{0,200}?MatMul[^']{0,40})"

KINDS = (
    MessageKind(
        rf"Cannot feed value of shape {shape('got')} for Tensor \S+, which has shape "
        rf"'?{shape('wanted')}",
        _feed,
    ),
    MessageKind(
        r"Dimensions must be equal, but are [0-9]+ and [0-9]+ for '" + CELLS + r"' "
        r"\(op: 'MatMul'\) with input shapes: (?P<left>\[[0-9?,]+\]), (?P<right>\[[0-9?,]+\])",
        _cell_product,
    ),
    MessageKind(
        r"Dimensions must be equal, but are [0-9]+ and [0-9]+ for .{0,200}?MatMul.{0,400}?"
        r"with input shapes: "
        r"(?P<left>\[[0-9?,]+\]), (?P<right>\[[0-9?,]+\])",
        _product,
    ),
    MessageKind(
        r"Dimensions must be equal, but are [0-9]+ and [0-9]+ for (?P<where>.{0,600}?)"
        r"with input shapes: "
        r"(?P<left>\[[0-9?,]*\]), (?P<right>\[[0-9?,]*\])",
        _elementwise,
    ),
    MessageKind(
        r"Dimensions must be equal, but are (?P<got>[0-9]+) and (?P<wanted>[0-9]+)(?! for '\w)",
        _bare,
    ),
    MessageKind(
        r"Matrix size-incompatible: In\[0\]: (?P<left>\[[0-9,]+\]), "
        r"In\[1\]: (?P<right>\[[0-9,]+\])",
        _product,
    ),
    MessageKind(
        r"Incompatible shapes: (?P<left>\[[0-9,]*\]) vs\. (?P<right>\[[0-9,]*\])"
        r"(?P<where>.{0,200})",
        _elementwise,
    ),
    MessageKind(r"Shape must be rank (?P<wanted>[0-9]) but is rank (?P<got>[0-9])", _rank),
    MessageKind(
        rf"sequence_length must be a vector of length batch_size, but saw shape: {shape('got')}",
        _lengths,
    ),
    MessageKind(r"inputs must be a (?:sequence|list)", _static_list),
)
