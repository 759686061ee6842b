"""Messages of ONNX Runtime about the nodes LSTM, GRU and RNN."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import differing, read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written

__all__ = ["KINDS"]

#: The axes of each input of a recurrent node, by their names.
AXES = {
    "X": ("timesteps", "batch", "features"),
    "W": ("directions", "gates x units", "features"),
    "R": ("directions", "gates x units", "units"),
    "B": ("directions", "2 x gates x units"),
    "P": ("directions", "3 x units"),
    "sequence_lens": ("batch",),
    "initial_h": ("directions", "batch", "units"),
    "initial_c": ("directions", "batch", "units"),
}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
ARTICLES = {"LSTM": "an LSTM", "GRU": "a GRU", "RNN": "an RNN"}


def _must_have(match: re.Match[str]) -> Answered:
    name, node = match["name"], match["node"] or ""
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    axes = AXES.get(name)
    if axes is None:
        return None
    answer = f"{name} must be ({', '.join(axes)}) = {written(wanted)}, and is {written(got)}."
    if len(wanted) != len(got):
        missing = " The axis of directions is missing" * (wanted[1:] == got)
        return f"{answer}{missing}.", [Finding(f"{name}.reshape{written(wanted)}", "rank 3")]
    if axes[:2] == ("directions", "batch") and (got[1], got[0]) == wanted[:2] != got[:2]:
        why = "directions come first in ONNX, whatever the input is: the first two are exchanged"
        return answer, [Finding("state.transpose(1, 0, 2)", why)]
    findings = []
    for axis in differing(wanted, got):
        findings += _axis(name, node, axes[axis], (wanted[axis] or 0, got[axis] or 0))
    return answer, findings


def _axis(name: str, node: str, axis: str, sizes: tuple[int, int]) -> list[Finding]:
    wanted, got = sizes
    if axis == "batch":
        what = f"the input has {wanted} sequences, {name} was made for {got}"
        return [Finding(f"batch: {name} for {wanted} sequences", what)]
    if axis == "directions":
        direction = "bidirectional" if wanted == 2 else "forward or reverse"
        why = f"the node is {direction}; {got} was given"
        return [Finding(f"directions: {wanted}", why)]
    if axis == "features" and name == "W":
        why = f"the weights read {got} features a step, and the input X has {wanted}"
        return [Finding(f"features: an input of {got}", why)]
    if "gates" in axis:
        return _gates(node, axis, wanted, got)
    return [Finding(f"{axis}: {wanted}, not {got}", f"hidden_size of the node is {wanted}")]


def _gates(node: str, axis: str, wanted: int, got: int) -> list[Finding]:
    gates, twice = GATES.get(node, 0), 2 if axis.startswith("2") else 1
    units = wanted // (gates * twice) if gates else 0
    findings = []
    for other, count in GATES.items():
        if units and other != node and got == count * units * twice:
            why = (
                f"{got} = {twice * count} x {units}: weights of {ARTICLES[other]} in a node {node}"
            )
            findings.append(Finding(f"weights of {ARTICLES[node]}: {gates} x units rows", why))
    if twice == 2 and got * 2 == wanted:
        why = f"ONNX keeps two biases, of the input and of the state: {wanted} = 2 x {got}"
        findings.append(Finding("numpy.concatenate([bias, zeros], axis=1)", why))
    if gates and got % (gates * twice) == 0 and not findings:
        why = f"{got} = {gates * twice} x {got // gates // twice}, the node has {units}"
        findings.append(Finding(f"hidden_size={got // gates // twice} units", why))
    return findings or [Finding(f"{axis}: {wanted}, not {got}", "the weights of another layer")]


def _lengths(match: re.Match[str]) -> Answered:
    steps = match["steps"]
    return f"A number in sequence_lens is not a length of this input, which has {steps} steps.", [
        Finding(f"lengths from 1 to {steps}", "the real time steps of each sequence"),
        Finding("export the model with dynamic axes", "if the lengths were fixed at the export"),
    ]


def _rank(match: re.Match[str]) -> Answered:
    name, got, wanted = match["name"], match["got"], match["wanted"]
    answer = f"{name} has rank {got}, and the model takes rank {wanted}."
    findings = []
    if wanted == "3":
        findings = [
            Finding("a state: (directions, batch, units)", "initial_h and initial_c have rank 3"),
            Finding(
                "an input: (timesteps, batch, features)",
                "X of a recurrent node; the batch may come first in a model that transposes it",
            ),
        ]
        if got == "2":
            findings.append(Finding("x[None] or x[:, None]", "adds the axis that is missing"))
        elif got == "4":
            findings.append(Finding("x.squeeze(axis)", "if one axis has the size 1"))
    return answer, findings


def _dimensions(match: re.Match[str]) -> Answered:
    name = match["name"]
    pairs = re.findall(r"index: ([0-9]+) Got: ([0-9]+) Expected: ([0-9]+)", match["pairs"])
    where = ", ".join(f"axis {axis}: {got} instead of {wanted}" for axis, got, wanted in pairs)
    findings = [
        Finding(f"give {name} {wanted} on axis {axis}", "the size that the model was exported with")
        for axis, _, wanted in pairs
    ]
    if len(pairs) == 2 and pairs[0][1:] == pairs[1][:0:-1]:
        one, other = pairs[0][0], pairs[1][0]
        why = "the two sizes are exchanged: time and batch, or steps and features"
        findings.insert(0, Finding(f"x.swapaxes({one}, {other})", why))
    dynamic = Finding(
        "export again with dynamic_axes (dynamic_shapes)",
        "for the batch and the time steps, if they change; the features stay fixed",
    )
    return f"{name} has another size than the model: {where}.", [*findings, dynamic]


def _first_rank(_: re.Match[str]) -> Answered:
    return "The input X of a recurrent node must have rank 3: (timesteps, batch, features).", [
        Finding(
            "x[:, None]", "if it has rank 2, one sequence (timesteps, features): adds a batch of 1"
        ),
    ]


def _layout(_: re.Match[str]) -> Answered:
    return "ONNX Runtime computes recurrent nodes with layout=0 alone: timesteps first.", [
        Finding("layout=0, and a Transpose before and after the node", "for a batch that is first"),
    ]


def _direction(match: re.Match[str]) -> Answered:
    return f"direction {match['got']!r} is unknown.", [
        Finding("'forward', 'reverse' or 'bidirectional'", "what a recurrent node takes"),
    ]


KINDS = (
    MessageKind(
        r"(?:running (?P<node>\w+) node\..{0,200}?)?Input (?P<name>\w+) must have shape "
        rf"{shape('wanted')}\. Actual: ?{shape('got')}",
        _must_have,
    ),
    MessageKind(
        r"Invalid value/s in sequence_lens\..{0,80}?seq_length=(?P<steps>[0-9]+)", _lengths
    ),
    MessageKind(
        r"Invalid rank for input: (?P<name>\S+) Got: (?P<got>[0-9]+) Expected: (?P<wanted>[0-9]+)",
        _rank,
    ),
    MessageKind(
        r"Got invalid dimensions for input: (?P<name>\S+) for the following indices "
        r"(?P<pairs>(?:index: [0-9]+ Got: [0-9]+ Expected: [0-9]+ ?)+)",
        _dimensions,
    ),
    MessageKind(
        r"Op \((?:LSTM|GRU|RNN)\) \[ShapeInferenceError\] First input tensor must have rank 3",
        _first_rank,
    ),
    MessageKind(r"Batchwise recurrent operations \(layout == 1\) are not supported", _layout),
    MessageKind(r"Invalid 'direction' argument of '(?P<got>\w+)'", _direction),
)
