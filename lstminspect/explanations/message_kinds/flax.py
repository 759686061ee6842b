"""Messages of Flax and JAX: parameters, carries, contracted axes."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import differing, read_sizes, times
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written

__all__ = ["KINDS"]

#: The gates of a cell by the second letter of its modules; the first is i (input) or h (state).
LSTM, GRU = {"ii", "if", "ig", "io", "hi", "hf", "hg", "ho"}, {"ir", "iz", "in", "hr", "hz", "hn"}


def _parameter(match: re.Match[str]) -> Answered:
    module = match["scope"].rpartition("/")[2]
    wanted, got = read_sizes(match["wanted"]), read_sizes(match["got"])
    is_cell = module in LSTM | GRU
    answer = f"The layer needs {written(wanted)}, and the parameters have {written(got)}."
    if len(wanted) != len(got):
        return answer, []
    names: tuple[str, ...] = ("features", "units") if module.startswith("i") else ("units", "units")
    if not is_cell:
        names = ("features of the input", "features of the layer")
    if len(wanted) == 1:
        names = names[1:]
    findings = []
    for axis in differing(wanted, got):
        need, have = wanted[axis], got[axis]
        if names[axis] == "units":
            what = f"a cell of {have} units: features={have}"
            why = f"the parameters are for {have} units, the cell has {need}"
        elif axis == 0 and len(wanted) == 2:
            what = f"an input of {have} features"
            why = f"the parameters read {have} features a step, and the input has {need}"
        else:
            what, why = f"features={have}", f"the parameters are for {have}, the layer has {need}"
        findings.append(Finding(what, why))
    again = Finding("layer.init(key, x) again", "new parameters for this layer and this input")
    return answer, [*findings, again]


def _absent(match: re.Match[str]) -> Answered:
    module = match["scope"].rpartition("/")[2]
    cell = "an LSTM" if module in LSTM else "a GRU" if module in GRU else ""
    if not cell:
        return None
    answer = f"The layer is {cell}, and the parameters have no {module}: they are of another cell."
    other = "GRUCell" if module in LSTM else "LSTMCell"
    return answer, [
        Finding(f"nn.RNN(nn.{other}(features))", f"if the parameters were made by a {other}"),
        Finding("layer.init(key, x) again", "new parameters for this cell"),
    ]


def _no_parameters(_: re.Match[str]) -> Answered:
    return "The layer is applied without parameters.", [
        Finding("variables = layer.init(key, x)", "makes them; then layer.apply(variables, x)"),
        Finding("layer.apply({'params': params}, x)", "if only the inner dictionary was kept"),
    ]


def _contracted(match: re.Match[str]) -> Answered:
    got, wanted = read_sizes(match["got"]), read_sizes(match["wanted"])
    if not got or not wanted or not got[0] or not wanted[0]:
        return None
    one, other = got[0], wanted[0]
    answer = f"A matrix product takes {other} numbers on the last axis and is given {one}."
    findings = [
        Finding(f"an input of {other} features", f"in_features={other} of the cell or the layer"),
        Finding(f"in_features={one}", "if the input is right"),
        Finding(f"a carry (state) of {other} units", f"if {other} is hidden_features of the cell"),
    ]
    if times(one, other) == 2:
        why = f"{one} = 2 x {other}: both directions of nn.Bidirectional, concatenated"
        findings.insert(0, Finding("a bidirectional layer before it", why))
    return answer, findings


def _broadcast(match: re.Match[str]) -> Answered:
    one, other = read_sizes(match["one"]), read_sizes(match["other"])
    answer = f"{written(one)} and {written(other)} are added number by number."
    if len(one) != len(other):
        return f"{answer} Their ranks differ.", [Finding("print both shapes", "an axis is missing")]
    findings = []
    for axis in differing(one, other):
        sizes = f"{one[axis]} against {other[axis]}"
        if axis == 0 and len(one) == 2:
            why = "in a cell: the carry (state) was made for another batch than the input has"
            findings.append(Finding(f"the batch (axis 0): {sizes}", why))
            shape_ = f"({one[0]}, features)"
            findings.append(
                Finding(f"cell.initialize_carry(key, {shape_})", "a carry for this input")
            )
        else:
            why = "units or features" if axis == len(one) - 1 else "time steps or batch"
            findings.append(Finding(f"axis {axis}: {sizes}", why))
    return answer, findings


def _carry_call(match: re.Match[str]) -> Answered:
    return f"{match['cell']}.initialize_carry takes the key and the shape of the input.", [
        Finding(
            "cell.initialize_carry(rng, input_shape)",
            "input_shape = (batch, features), the units are those of the cell. The old form was "
            "(rng, batch_dims, size)",
        )
    ]


def _carry_tree(_: re.Match[str]) -> Answered:
    return "The carry that goes into the cell and the one that comes out are not alike.", [
        Finding("initial_carry=(c, h) for an LSTM", "a tuple of two, each (batch, units), c first"),
        Finding("initial_carry=h for a GRU or SimpleCell", "one array (batch, units)"),
    ]


def _carry_type(match: re.Match[str]) -> Answered:
    return f"The carry goes in as {match['given']} and comes out as {match['made']}.", [
        Finding(
            "the same shape and type in and out", "the state of a scan never changes its shape"
        ),
    ]


def _lengths(match: re.Match[str]) -> Answered:
    return f"scan goes over axis 0 of all its inputs, and they have {match['sizes']} steps.", [
        Finding(
            "jnp.swapaxes(x, 0, 1)", "scan takes the time steps first, (timesteps, batch, ...)"
        ),
    ]


def _joined(match: re.Match[str]) -> Answered:
    one, other, axis = read_sizes(match["one"]), read_sizes(match["other"]), int(match["axis"])
    if len(one) != len(other):
        return None
    others = [each for each in differing(one, other) if each != axis]
    where = ", ".join(f"axis {each}: {one[each]} against {other[each]}" for each in others)
    return f"Arrays are joined on axis {axis} and differ on {where}.", [
        Finding("join on the axis that differs, or make the others equal", "batch or time steps"),
    ]


def _no_cell(_: re.Match[str]) -> Answered:
    return "nn.RNN takes a cell, and a number was given.", [
        Finding("nn.RNN(nn.LSTMCell(64))", "the number (units) belongs to the cell"),
    ]


KINDS = (
    MessageKind(
        r"For parameter \"(?P<name>\w+)\" in \"(?P<scope>[^\"]*)\", the given initializer is "
        rf"expected to generate shape {shape('wanted')}, but the existing parameter it received "
        rf"has shape {shape('got')}",
        _parameter,
    ),
    MessageKind(
        rf"Initializer expected to generate shape {shape('wanted')} but got shape {shape('got')} "
        r"instead for parameter \"(?P<name>\w+)\" in \"(?P<scope>[^\"]*)\"",
        _parameter,
    ),
    MessageKind(
        r"Inconsistent shapes between value and initializer for parameter \"(?P<name>\w+)\" in "
        rf"\"(?P<scope>[^\"]*)\": {shape('got')}, {shape('wanted')}",
        _parameter,
    ),
    MessageKind(
        r"Could not find parameter named \"(?P<name>\w+)\" in scope \"(?P<scope>[^\"]*)\"", _absent
    ),
    MessageKind(
        r"Tried to access \"\w+\" from collection \"params\" in \"[^\"]*\" but the collection is "
        r"empty",
        _no_parameters,
    ),
    MessageKind(
        r"dot_general requires contracting dimensions to have the same shape, got "
        rf"{shape('got')} and {shape('wanted')}",
        _contracted,
    ),
    MessageKind(
        r"(?:add|sub|mul) got incompatible shapes for broadcasting: "
        rf"{shape('one')}, {shape('other')}",
        _broadcast,
    ),
    MessageKind(
        r"\b(?P<cell>\w{1,60})\.initialize_carry\(\) takes [0-9] positional arguments "
        r"but [0-9] were given",
        _carry_call,
    ),
    MessageKind(
        r"scan body function carry input and carry output must have the same pytree structure",
        _carry_tree,
    ),
    MessageKind(
        r"input carry \S+ has type (?P<given>\w+\[[0-9,]*\]) but the corresponding output carry "
        r"component has type (?P<made>\w+\[[0-9,]*\])",
        _carry_type,
    ),
    MessageKind(
        r"scan got values with different leading axis sizes: (?P<sizes>[0-9, ]+[0-9])", _lengths
    ),
    MessageKind(
        r"concatenating along dimension (?P<axis>[0-9]+) for shapes "
        rf"{shape('one')}, {shape('other')}",
        _joined,
    ),
    MessageKind(r"'int' object has no attribute 'num_feature_axes'", _no_cell),
)
