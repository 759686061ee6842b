"""Messages of PyTorch: inputs, states, matrix products, packed sequences, tuples."""

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

RESULTS = "nn.LSTM returns (output, (h_n, c_n)), nn.GRU and nn.RNN (output, h_n)"


def _input_size(match: re.Match[str]) -> Answered:
    wanted, got = int(match["wanted"]), int(match["got"])
    if got == 0:
        return f"The input is empty: it has 0 features, and the layer takes {wanted}.", [
            Finding("print x.shape before the layer", "a slice or a reshape has left nothing")
        ]
    answer = f"The layer was built for {wanted} features a step and is given {got}."
    findings = [
        Finding(f"give the layer {wanted} features", "the last axis of the input is the features"),
        Finding(f"build the layer for {got} features: input_size={got}", "the first argument"),
        Finding(
            "exchange the last two axes: x.transpose(1, 2)",
            f"if {got} is the number of time steps, and steps and features changed places",
        ),
    ]
    if times(got, wanted) == 2:
        why = f"{got} = 2 x {wanted}: a bidirectional layer below gives 2 x hidden_size"
        findings.insert(0, Finding(f"input_size={got}", why))
    elif times(got, wanted):
        why = f"{times_words(got, wanted)}: several time steps may be laid out flat"
        findings.insert(0, Finding(f"x.reshape(batch, {times(got, wanted)}, {wanted})", why))
    return answer, findings


def _rank(match: re.Match[str]) -> Answered:
    answer = f"The input has rank {match['got']}, and a recurrent layer of PyTorch takes 2 or 3."
    return answer, [
        Finding("(timesteps, batch, features)", "rank 3, as it is by default"),
        Finding("(batch, timesteps, features)", "rank 3, with batch_first=True"),
        Finding("(timesteps, features)", "rank 2: one sequence without a batch"),
    ]


def _old_rank(match: re.Match[str]) -> Answered:
    """Before PyTorch 1.11 a recurrent layer took rank 3 alone."""
    wanted, got = match["wanted"], match["got"]
    return f"The input has rank {got}, and the layer takes rank {wanted}.", [
        Finding("x.unsqueeze(1)", "one sequence (timesteps, features): adds a batch of 1"),
        Finding("x.unsqueeze(0)", "the same with batch_first=True"),
        Finding("x.unsqueeze(-1)", "rows of single numbers: adds one feature a step"),
    ]


def _cell_rank(match: re.Match[str]) -> Answered:
    answer = f"The input has rank {match['got']}, and a cell takes one time step: rank 1 or 2."
    return answer, [
        Finding("cell(x[:, step], state) in a loop over the steps", "(batch, features) each"),
        Finding("nn.LSTM, nn.GRU or nn.RNN", "the layer that takes the whole sequence"),
    ]


def _state_rank(match: re.Match[str]) -> Answered:
    if match["batched"].lower() == "unbatched":
        answer = "The input has no batch (timesteps, features), and the initial states have one."
        return answer, [
            Finding("x.unsqueeze(1), or x.unsqueeze(0) with batch_first=True", "adds a batch of 1"),
            Finding("(layers x directions, hidden_size)", "states without a batch, rank 2"),
        ]
    answer = "The input has a batch, and the initial states have none."
    what = "(layers x directions, batch, hidden_size)"
    return answer, [Finding(what, "what h_0 and c_0 must be for an input of rank 3")]


ORDER = (
    "PyTorch's states have this order whatever batch_first says, which turns the input and the "
    "output alone"
)


def _hidden(match: re.Match[str]) -> Answered:
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    answer = f"An initial state must be {written(wanted)}, and {written(got)} was given."
    order = Finding("(layers x directions, batch, hidden_size)", ORDER)
    if len(wanted) != len(got):
        return answer, [order]
    axes = differing(wanted, got)
    if len(got) == 3 and axes == (0, 1) and (got[1], got[0]) == wanted[:2]:
        why = f"the first two axes are exchanged. {ORDER}"
        return answer, [Finding("state.transpose(0, 1).contiguous()", why), order]
    first = [axis for axis in axes if axis < len(AXES_OF_STATES)]
    findings = [
        finding for axis in first for finding in AXES_OF_STATES[axis](wanted[axis], got[axis])
    ]
    where = " and ".join(NAMES[axis] for axis in first)
    return f"{answer} They differ on {where}.", [*findings, order]


def _layers(wanted: int | None, got: int | None) -> list[Finding]:
    findings = [Finding(f"axis 0: {wanted} = num_layers x directions", f"{got} was given")]
    if 2 in (times(wanted, got), times(got, wanted)):
        findings.append(Finding("bidirectional=True has 2 directions", "each with its own state"))
    return findings


def _batches(wanted: int | None, got: int | None) -> list[Finding]:
    return [
        Finding(
            f"make the state for {wanted} sequences: torch.zeros(layers, x.size(0), hidden_size)",
            f"the input has a batch of {wanted}, the state was made for {got}. With "
            "batch_first=True the batch is x.size(0), else x.size(1)",
        ),
        Finding(
            "DataLoader(..., drop_last=True)",
            "if the state is kept and the last batch of the data is smaller",
        ),
        Finding(
            "batch_first=True",
            f"if {wanted} is the number of time steps: without it axis 1 of the input is the batch",
        ),
    ]


def _hidden_size(wanted: int | None, got: int | None) -> list[Finding]:
    findings = [Finding(f"hidden_size={got}", f"the layer has {wanted}, the state {got}")]
    if times(got, wanted) == 2:
        why = f"{got} = 2 x {wanted}: the states of both directions of a bidirectional layer"
        findings.insert(0, Finding(f"a layer of hidden_size {got}, or one direction", why))
    elif times(wanted, got) == 2:
        why = f"{wanted} = 2 x {got}: the states of a bidirectional layer, concatenated, fit"
        findings.insert(0, Finding("torch.cat((h_n[-2], h_n[-1]), dim=-1)", why))
    findings.append(Finding("proj_size", "with it h_0 has proj_size numbers, c_0 hidden_size"))
    return findings


NAMES = ("axis 0 (layers x directions)", "axis 1 (the batch)", "axis 2 (hidden_size)")
AXES_OF_STATES = (_layers, _batches, _hidden_size)


def _cell_batch(match: re.Match[str]) -> Answered:
    got, kept = match["got"], match["kept"]
    return f"The input has a batch of {got}, the state one of {kept}.", [
        Finding(f"torch.zeros({got}, hidden_size)", "a state (batch, hidden_size) for this input"),
        Finding("DataLoader(..., drop_last=True)", "if the last batch of the data is smaller"),
    ]


def _cell_hidden(match: re.Match[str]) -> Answered:
    got, wanted = int(match["got"]), int(match["wanted"])
    answer = f"The state of the cell must be {wanted} wide (hidden_size), and {got} was given."
    return answer, _hidden_size(wanted, got)[:-1]


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


def _tuple(match: re.Match[str]) -> Answered:
    return f"A tuple came where {match['name']} takes a tensor: {RESULTS}.", _take_output()


def _take_output() -> list[Finding]:
    return [
        Finding("output, (h_n, c_n) = lstm(x)", f"take the output alone: {RESULTS}"),
        Finding(
            "not inside nn.Sequential",
            "it hands the whole tuple on: write a Module, or one that returns output alone",
        ),
    ]


def _tuple_attribute(match: re.Match[str]) -> Answered:
    name = match["name"]
    if name == "dim":
        answer = "A tuple came where the layer takes a tensor, as its input or as its state."
        state = Finding("gru(x, h)", "a GRU or RNN has one state h, not the pair of an LSTM")
        return answer, [*_take_output(), state]
    return f"A tuple has no {name}: {RESULTS}.", _take_output()


def _tuple_index(_: re.Match[str]) -> Answered:
    return f"A tuple is indexed like a tensor: {RESULTS}.", _take_output()


def _one_state(match: re.Match[str]) -> Answered:
    if match["size"] != "1":
        return None
    return (
        "Item 1 of an axis of size 1 is read. If nn.LSTM does so: it takes two states, (h_0, c_0).",
        [
            Finding(
                "lstm(x, (h_0, c_0))", "a tuple of two, each (layers x directions, batch, units)"
            )
        ],
    )


def _lengths(match: re.Match[str]) -> Answered:
    got, batch = match["got"], match["batch"]
    answer = f"There are {got} lengths and a batch of {batch}: each sequence has one length."
    return answer, [
        Finding(
            "batch_first=True",
            "for (batch, timesteps, features): without it axis 1 is the batch, axis 0 the steps",
        ),
        Finding(f"{batch} lengths", "one for each sequence"),
    ]


def _sorted(_: re.Match[str]) -> Answered:
    return "pack_padded_sequence takes the longest sequence first.", [
        Finding("enforce_sorted=False", "it sorts them itself and puts the results in order again"),
    ]


def _empty(_: re.Match[str]) -> Answered:
    return "A sequence has the length 0: every sequence needs at least one time step.", [
        Finding("leave empty sequences out", "or give them a length of 1 and mask the result"),
    ]


def _backward(_: re.Match[str]) -> Answered:
    answer = "The state of the batch before still belongs to its graph, which backward() has freed."
    return answer, [
        Finding(
            "h = h.detach() (and c = c.detach()) before each batch",
            "keeps the numbers of the state and cuts the gradient (truncated BPTT)",
        ),
        Finding("new states for each batch", "if sequences do not go on from batch to batch"),
        Finding(
            "retain_graph=True", "only if two losses share one graph: it grows with each batch"
        ),
    ]


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


def _projection(_: re.Match[str]) -> Answered:
    return "proj_size is the length of the output h, and must be smaller than hidden_size.", [
        Finding("proj_size=0", "no projection: the output is hidden_size wide"),
    ]


def _projection_kind(_: re.Match[str]) -> Answered:
    return "Only nn.LSTM has proj_size.", [
        Finding("nn.Linear(hidden_size, proj_size) after the layer", "for nn.GRU and nn.RNN"),
    ]


KINDS = (
    MessageKind(
        r"input\.size\(-1\) must be equal to input_size\. Expected (?P<wanted>[0-9]+), "
        r"got (?P<got>[0-9]+)",
        _input_size,
    ),
    MessageKind(
        r"input has inconsistent input_size: got (?P<got>[0-9]+),? expected (?P<wanted>[0-9]+)",
        _input_size,
    ),
    MessageKind(r"Expected input to be 2D or 3D, got (?P<got>[0-9])D (?:tensor )?instead", _rank),
    MessageKind(
        r"Expected input to be 1D or 2D, got (?P<got>[0-9])D (?:tensor )?instead", _cell_rank
    ),
    MessageKind(r"input must have (?P<wanted>[0-9]) dimensions, got (?P<got>[0-9])", _old_rank),
    MessageKind(
        r"For (?P<batched>batched|unbatched) [0-9]-D input, hx (?:and cx )?should also be [0-9]-D",
        _state_rank,
    ),
    MessageKind(r"hx (?:and cx )?should also be (?P<batched>3)-D but got", _state_rank),
    MessageKind(
        rf"Expected hidden(?:\[[01]\])? size {shape('wanted')}, got {shape('got')}", _hidden
    ),
    MessageKind(
        r"Input batch size (?P<got>[0-9]+) doesn't match hidden[01]? batch size (?P<kept>[0-9]+)",
        _cell_batch,
    ),
    MessageKind(
        r"hidden[01]? has inconsistent hidden_size: got (?P<got>[0-9]+), expected "
        r"(?P<wanted>[0-9]+)",
        _cell_hidden,
    ),
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
        r"\b(?P<name>\w{1,60})\(\): argument '\w+' \(position 1\) must be Tensor, not tuple", _tuple
    ),
    MessageKind(
        r"'tuple' object has no attribute '(?P<name>dim|size|shape|view|reshape|detach)'",
        _tuple_attribute,
    ),
    MessageKind(r"tuple indices must be integers or slices, not tuple", _tuple_index),
    MessageKind(r"index 1 is out of bounds for dimension 0 with size (?P<size>[0-9]+)", _one_state),
    MessageKind(
        r"Expected `?len\(lengths\)`? to be equal to batch_size, but got (?P<got>[0-9]+) "
        r"\(batch_size=(?P<batch>[0-9]+)\)",
        _lengths,
    ),
    MessageKind(r"`?lengths`? array (?:must|has to) be sorted in decreasing order", _sorted),
    MessageKind(r"Length of all samples has to be greater than 0", _empty),
    MessageKind(r"Trying to backward through the graph a second time", _backward),
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
    MessageKind(r"proj_size has to be smaller than hidden_size", _projection),
    MessageKind(r"proj_size argument is only supported for LSTM", _projection_kind),
)
