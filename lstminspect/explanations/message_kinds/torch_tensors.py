"""Messages of PyTorch about tensors: products, joins, views, types, norms."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import (
    differing,
    read_sizes,
    times,
    times_words,
)
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written
from lstminspect.layer import Shape

__all__ = ["KINDS"]


def _product(match: re.Match[str]) -> Answered:
    rows, width = int(match["rows"]), int(match["width"])
    wanted, columns = int(match["wanted"]), int(match["columns"])
    answer = f"The layer takes {wanted} features (in_features) and is given {width}."
    findings = []
    many = times(width, wanted)
    if many == 2:
        why = f"{width} = 2 x {wanted}: a bidirectional layer gives 2 x hidden_size"
        findings.append(Finding(f"nn.Linear({width}, {columns})", why))
    if many:
        findings.append(
            Finding(
                "take the last time step: output[:, -1] (batch_first=True) or output[-1]",
                f"{width} = {many} x {wanted}: {many} time steps may be laid out flat",
            )
        )
    elif times(wanted, width):
        why = f"{wanted} = {times(wanted, width)} x {width}: the layer was built for more, for "
        findings.append(
            Finding(f"nn.Linear({width}, {columns})", f"{why}example both directions or all steps")
        )
    if rows == wanted:
        findings.append(
            Finding(
                "x.T, or another order of the axes", f"the first axis is {rows}, the width wanted"
            )
        )
    if columns == width:
        findings.append(
            Finding(
                "weight.T", f"the second matrix is ({wanted}, {columns}): its axes may be exchanged"
            )
        )
    if columns > wanted and (columns % 4 == 0 or columns % 3 == 0) and columns >= 12:
        findings.append(
            Finding(
                f"input_size={width}",
                f"if the product is in nn.LSTM on a packed sequence: its input_size is {wanted}",
            )
        )
    findings.append(
        Finding(
            f"nn.Linear({width}, {columns})", f"if {width} is right; the last axis is the features"
        )
    )
    return answer, list(dict.fromkeys(findings))


def _elementwise(match: re.Match[str]) -> Answered:
    one, other, axis = int(match["one"]), int(match["other"]), match["axis"]
    answer = f"Two tensors must agree on axis {axis}: {one} against {other}."
    many = times(max(one, other), min(one, other))
    findings = []
    if many == 2 and axis != "0":
        findings.append(
            Finding(
                "a bidirectional layer on one side only",
                f"{times_words(max(one, other), min(one, other))}: it gives 2 x hidden_size",
            )
        )
    return answer, [
        *findings,
        Finding(f"print both shapes: axis {axis}", "units, time steps or batch, by its place"),
        Finding("squeeze or unsqueeze one of them", "if their ranks differ: axes are matched from "
                "the last"),
    ]  # fmt: skip


def _joined(match: re.Match[str]) -> Answered:
    axis, wanted, got = match["axis"], match["wanted"], match["got"]
    answer = f"torch.cat on axis {axis}: another axis differs, {wanted} against {got}."
    return answer, [
        Finding("concatenate on the axis that differs", "all other axes must be equal"),
        Finding("pad the shorter sequences: nn.utils.rnn.pad_sequence", "if it is the time steps"),
    ]


def _joined_rank(match: re.Match[str]) -> Answered:
    return f"Tensors of rank {match['wanted']} and {match['got']} cannot be concatenated.", [
        Finding(
            "state.unsqueeze(1).expand(-1, steps, -1)",
            "a state (batch, units) beside a sequence (batch, timesteps, units)",
        ),
        Finding("output[:, -1]", "or the last step of the sequence"),
    ]


def _stacked(match: re.Match[str]) -> Answered:
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    axes = differing(wanted, got) if len(wanted) == len(got) else ()
    where = "".join(f" on axis {axis}: {wanted[axis]} against {got[axis]}" for axis in axes)
    return f"torch.stack takes equal shapes; two differ{where or ' in rank'}.", [
        Finding(
            "nn.utils.rnn.pad_sequence(sequences, batch_first=True)",
            "sequences of different lengths: as a collate_fn of the DataLoader",
        )
    ]


def _batched(match: re.Match[str]) -> Answered:
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    if len(wanted) != 2 or len(got) != 2:
        return None
    answer = f"The second factor of bmm must begin with {written(wanted)}, it has {written(got)}."
    names = ("the batch", "the last axis of the first factor")
    findings = [
        Finding(f"axis {axis}: {wanted[axis]}, not {got[axis]}", names[axis])
        for axis in differing(wanted, got)
    ]
    turned = Finding("other.transpose(1, 2)", "(batch, n, m) times (batch, m, k): scores of steps")
    return answer, [*findings, turned]


def _view(match: re.Match[str]) -> Answered:
    wanted, size = read_sizes(match["wanted"]), int(match["size"])
    known = 1
    for each in wanted:
        known *= each or 1
    answer = f"The tensor has {size} numbers, and {match['wanted']} does not divide them."
    if None not in wanted:
        answer = f"The tensor has {size} numbers, and {match['wanted']} has {known}."
    return answer, [
        Finding("-1 for one of the sizes", "reshape computes it from the others"),
        Finding("x.size(0), x.size(1)", "the sizes of this batch: the last one can be smaller"),
    ]


def _stride(_: re.Match[str]) -> Answered:
    return "view needs its numbers in one block, and transpose or permute has moved them.", [
        Finding("x.reshape(...), or x.contiguous().view(...)", "copies the numbers where needed"),
    ]


def _indices(match: re.Match[str]) -> Answered:
    return f"The tensor has rank {match['rank']}, and it is indexed with more axes.", [
        Finding(
            "output of nn.LSTM: rank 3 with a batch, rank 2 without",
            "output[:, -1] takes the last step of (batch, timesteps, units)",
        ),
        Finding("print x.shape before the line", "the last step may be taken already"),
    ]


def _dimension(match: re.Match[str]) -> Answered:
    rank = int(match["high"]) + 1
    return f"The tensor has rank {rank}: axis {match['got']} does not exist.", [
        Finding("print x.shape before the line", "a sequence with a batch has rank 3"),
    ]


def _dtype(match: re.Match[str]) -> Answered:
    got, wanted = match["got"], match["wanted"]
    findings = [Finding(f"x.to(torch.{wanted})", f"the weights are {wanted}, the input {got}")]
    if "int" in got or "Long" in got:
        findings.append(Finding("nn.Embedding first", "if the numbers are words or symbols"))
    return f"The input has the type {got}, the layer {wanted}.", findings


def _indices_float(_: re.Match[str]) -> Answered:
    return "nn.Embedding takes whole numbers (the indices of words), and floats came.", [
        Finding("x.long()", "indices (batch, timesteps), without an axis of features"),
    ]


def _index_range(_: re.Match[str]) -> Answered:
    return "An index is not smaller than the rows of the nn.Embedding.", [
        Finding(
            "num_embeddings = largest index + 1", "with the words for padding and unknown ones"
        ),
        Finding("print x.max() and embedding.num_embeddings", "which index it is"),
    ]


def _norm(match: re.Match[str]) -> Answered:
    got, wanted = match["got"], match["wanted"]
    return f"BatchNorm1d({wanted}) found {got} on axis 1, where it takes the channels.", [
        Finding("output.transpose(1, 2)", "(batch, timesteps, units) to (batch, units, timesteps)"),
        Finding("nn.LayerNorm(units)", "normalizes the last axis, and leaves the steps alone"),
    ]


def _layer_norm(match: re.Match[str]) -> Answered:
    wanted, data = match["wanted"], read_sizes(match["got"])
    if not data:
        return None
    got = data[-1]
    return f"LayerNorm was built for {wanted}, and the last axis is {got}.", [
        Finding(f"nn.LayerNorm({got})", "as wide as the output of the layer below: hidden_size"),
    ]


def _convolution(match: re.Match[str]) -> Answered:
    wanted, got = match["wanted"], match["got"]
    data: Shape = read_sizes(match["data"])
    where = ". The last axis has that size" * (str(data[-1] if data else None) == wanted)
    return f"The convolution takes {wanted} channels on axis 1 and found {got}{where}.", [
        Finding(
            "x.transpose(1, 2)", "(batch, timesteps, features) to (batch, features, timesteps)"
        ),
    ]


def _heads(_: re.Match[str]) -> Answered:
    return "embed_dim is divided among the heads, and does not divide evenly.", [
        Finding("num_heads that divides embed_dim", "each head has embed_dim / num_heads"),
    ]


KINDS = (
    MessageKind(
        r"mat1 and mat2 shapes cannot be multiplied \((?P<rows>[0-9]+)x(?P<width>[0-9]+) and "
        r"(?P<wanted>[0-9]+)x(?P<columns>[0-9]+)\)",
        _product,
    ),
    MessageKind(
        r"size mismatch, m1: \[(?P<rows>[0-9]+) x (?P<width>[0-9]+)\], m2: "
        r"\[(?P<wanted>[0-9]+) x (?P<columns>[0-9]+)\]",
        _product,
    ),
    MessageKind(
        r"The size of tensor a \((?P<one>[0-9]+)\) must match the size of tensor b "
        r"\((?P<other>[0-9]+)\) at non-singleton dimension (?P<axis>[0-9]+)",
        _elementwise,
    ),
    MessageKind(
        r"Sizes of tensors must match except in dimension (?P<axis>[0-9]+)\. (?:Expected size|Got) "
        r"(?P<wanted>[0-9]+) (?:but got size|and) (?P<got>[0-9]+)",
        _joined,
    ),
    MessageKind(
        r"Tensors must have same number of dimensions: got (?P<wanted>[0-9]) and (?P<got>[0-9])",
        _joined_rank,
    ),
    MessageKind(
        rf"stack expects each tensor to be equal size, but got {shape('wanted')} at entry [0-9]+ "
        rf"and {shape('got')} at entry",
        _stacked,
    ),
    MessageKind(
        rf"Expected size for first two dimensions of batch2 tensor to be: {shape('wanted')} but "
        rf"got: {shape('got')}",
        _batched,
    ),
    MessageKind(
        r"shape '(?P<wanted>\[[0-9, -]+\])' is invalid for input of size (?P<size>[0-9]+)", _view
    ),
    MessageKind(r"view size is not compatible with input tensor's size and stride", _stride),
    MessageKind(r"too many indices for tensor of dimension (?P<rank>[0-9])", _indices),
    MessageKind(
        r"Dimension out of range \(expected to be in range of \[-[0-9]+, (?P<high>[0-9])\], but "
        r"got (?P<got>-?[0-9]+)\)",
        _dimension,
    ),
    MessageKind(
        r"RNN input dtype \(torch\.(?P<got>\w+)\) does not match weight dtype "
        r"\(torch\.(?P<wanted>\w+)\)",
        _dtype,
    ),
    MessageKind(
        r"Expected tensor for argument #1 'indices' to have one of the following scalar types",
        _indices_float,
    ),
    MessageKind(r"index out of range in self", _index_range),
    MessageKind(
        r"running_mean should contain (?P<got>[0-9]+) elements not (?P<wanted>[0-9]+)", _norm
    ),
    MessageKind(
        r"Given normalized_shape=\[(?P<wanted>[0-9, ]+)\], expected input with shape \[[^\]]*\], "
        rf"but got input of size ?{shape('got')}",
        _layer_norm,
    ),
    MessageKind(
        rf"expected input ?{shape('data')} to have (?P<wanted>[0-9]+) channels, but got "
        r"(?P<got>[0-9]+) channels",
        _convolution,
    ),
    MessageKind(r"embed_dim must be divisible by num_heads", _heads),
)
