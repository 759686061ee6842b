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
    MessageKind(r"proj_size has to be smaller than hidden_size", _projection),
    MessageKind(r"proj_size argument is only supported for LSTM", _projection_kind),
)
