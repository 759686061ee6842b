"""Messages about initial states and stateful layers of Keras."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes, times
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind
from lstminspect.explanations.shapes import written
from lstminspect.layer import Shape

__all__ = ["KINDS"]


def _incompatible(match: re.Match[str]) -> Answered:
    """States that Keras 2 compares with `cell.state_size`."""
    states = [read_sizes(each) for each in re.findall(r"shape=(\([0-9None, ]*\))", match["states"])]
    sizes = [size for size in read_sizes(match["sizes"]) if size is not None]
    if not states or not sizes:
        return None
    units, number = sizes[0], len(sizes)
    cell = {1: "A GRU or SimpleRNN has 1 state", 2: "An LSTM has 2 states, h and c"}.get(
        number, f"The cells have {number} states"
    )
    answer = f"{cell}, each (batch, {units}); {' and '.join(map(written, states))} came."
    findings = []
    if any(len(state) == 3 for state in states):
        findings.append(_sequence(states, number, units))
    if len(states) != number and not findings:
        findings.append(_number(len(states), number))
    widths = {state[-1] for state in states if len(state) == 2} - {units}
    findings += [each for width in sorted(w for w in widths if w) for each in _width(width, units)]
    return answer, findings


def _sequence(states: list[Shape], number: int, units: int) -> Finding:
    flat = [state for state in states if len(state) == 2]
    if len(flat) == number:
        states_ = "states" if number > 1 else "state"
        return Finding(
            f"leave the first tensor out: initial_state={states_}",
            f"it is the sequence of outputs, of rank 3; the other {len(flat)} fit. With "
            f"return_state=True a layer returns its output, then {number} {states_}",
        )
    states_of = "[h, c]" if number == 2 else "the state"
    return Finding(
        f"return_state=True on the layer that gives the states, and initial_state={states_of}",
        "a sequence of outputs (batch, timesteps, units) was given; a state is (batch, "
        f"{units}), and there are {number} of them",
    )


def _number(got: int, wanted: int) -> Finding:
    if (wanted, got) == (2, 1):
        return Finding("initial_state=[h, c]", "a GRU gives one state, an LSTM needs two")
    if (wanted, got) == (1, 2):
        return Finding("initial_state=h", "1 state: h alone. The LSTM's c has no place in a GRU")
    if got == 2 * wanted:
        return Finding(
            "concatenate the states of both directions",
            f"{got} = 2 x {wanted}: they come from a bidirectional layer, forward first",
        )
    return Finding(f"a list of {wanted} states", f"{got} were given")


def _width(got: int, units: int) -> list[Finding]:
    findings = []
    if times(got, units) == 2:
        findings.append(
            Finding(
                f"a decoder of {got} units",
                f"{got} = 2 x {units}: the states of a bidirectional encoder of {units} units, "
                "concatenated",
            )
        )
    elif times(units, got) == 2:
        findings.append(
            Finding(
                f"concatenate the states of both directions of {got}",
                f"{units} = 2 x {got}: the layer fits a bidirectional encoder of {got} units",
            )
        )
    else:
        findings.append(
            Finding(f"a layer of {got} units", f"the states are {got} wide, the layer is {units}")
        )
    return [*findings, Finding(f"Dense({units}) on each state", f"makes {got} into {units}")]


def _counted(match: re.Match[str]) -> Answered:
    wanted, got = int(match["wanted"]), int(match["got"])
    return f"The layer has {wanted} states and was given {got}.", [_number(got, wanted)]


def _in_cell(match: re.Match[str]) -> Answered:
    """A state that a cell of Keras 3 multiplies, with the arguments that it received."""
    state, data = read_sizes(match["state"]), read_sizes(match["inputs"])
    left, right = read_sizes(match["left"]), read_sizes(match["right"])
    if len(left) != 2 or len(right) != 2:
        return None
    width, units = left[-1], right[0]
    if width is None or units is None:
        return None
    if width == data[-1] and width != state[-1]:
        return _features(width, units)
    if width == state[-1] and width != data[-1]:
        answer = f"The state is {width} wide and the cell has {units} units."
        return answer, _width(width, units)
    return _features(width, units)


def _features(got: int, wanted: int) -> Answered:
    return f"The layer was built for {wanted} features a step and is given {got}.", [
        Finding(f"give the layer {wanted} features", "the last axis of the input is the features"),
        Finding(f"build the layer for {got} features", f"keras.Input((timesteps, {got}))"),
        Finding(
            "exchange the last two axes: x.swapaxes(1, 2)",
            f"if {got} is the number of time steps, and steps and features changed places",
        ),
    ]


def _added(match: re.Match[str]) -> Answered:
    """A state whose batch or rank is not that of the input, met where a cell adds the two."""
    state, data = read_sizes(match["state"]), read_sizes(match["inputs"])
    if len(state) == 3:
        return f"A state must be (batch, units), and {written(state)} came: a sequence.", [
            Finding(
                "return_state=True on the layer that gives the states",
                "then it returns its output and each state, (batch, units)",
            )
        ]
    if len(state) == len(data) == 2 and state[0] != data[0]:
        return _batches(data[0], state[0])
    return None


def _batches(got: int | None, kept: int | None) -> Answered:
    return f"The input has {got} sequences, and the state is for {kept}: the batches differ.", [
        Finding(f"a state for {got} sequences", "the first axis of a state is the batch"),
        Finding(
            "drop_remainder=True, or a number of samples that the batch divides",
            "if it is the last batch of the data: with stateful=True each batch has one size",
        ),
    ]


def _missing_state(match: re.Match[str]) -> Answered:
    number = len(re.findall(r"shape=", match["states"]))
    return f"An LSTM takes 2 states, [h, c], and {number} was given.", [
        Finding("initial_state=[h, c]", "both states, each (batch, units)"),
        Finding(
            "initial_state=[h, c, h, c] for Bidirectional(LSTM)",
            "two states for the forward direction, then two for the backward one",
        ),
    ]


def _bidirectional_states(_: re.Match[str]) -> Answered:
    return "A bidirectional layer takes the states of both directions: an even number.", [
        Finding("initial_state=[h, c, h, c] for an LSTM", "the forward direction first"),
        Finding("initial_state=[h, h] for a GRU", "one state for each direction"),
    ]


def _static(_: re.Match[str]) -> Answered:
    answer = "A stateful layer keeps one state for each sequence of the batch between calls."
    return answer, [
        Finding("Input(batch_shape=(batch, timesteps, features))", "the batch must be fixed"),
        Finding(
            "batch_input_shape=(batch, timesteps, features)",
            "the same in Keras 1 and 2, on the first layer of the model",
        ),
        Finding("stateful=False", "if each batch begins with new states, as in most models"),
    ]


def _stateful_batch(match: re.Match[str]) -> Answered:
    return _batches(int(match["got"]), int(match["wanted"]))


def _divided(match: re.Match[str]) -> Answered:
    samples = match["got"]
    batch = match["batch"] if match["batch"] else None
    of = f"by {batch}" if batch else "by the batch"
    return f"A stateful model takes whole batches: {samples} samples do not divide {of}.", [
        Finding("x[: len(x) // batch * batch]", "leaves the rest of the samples out"),
        Finding(
            "another batch_shape (batch_input_shape in Keras 1 and 2)",
            f"a batch that divides {samples}, the same in fit, evaluate and predict",
        ),
        Finding("stateful=False", "if each batch begins with new states, as in most models"),
    ]


def _unpacked(match: re.Match[str]) -> Answered:
    wanted = match["wanted"]
    return f"The code takes {wanted} results, and another number came. Recurrent layers return:", [
        Finding("output alone", "a recurrent layer of Keras without return_state=True: one tensor"),
        Finding("output, h", "GRU and SimpleRNN with return_state=True: two tensors"),
        Finding("output, h, c", "LSTM with return_state=True: three tensors"),
        Finding("output, h, c, h, c", "Bidirectional(LSTM) with return_state=True: five tensors"),
        Finding("output, (h_n, c_n)", "nn.LSTM of PyTorch; output, h_n for nn.GRU and nn.RNN"),
    ]


def _several_tensors(match: re.Match[str]) -> Answered:
    wanted, got = match["wanted"], int(match["got"])
    states = {2: "a GRU", 3: "an LSTM", 5: "a bidirectional LSTM"}
    whose = states.get(got)
    findings = []
    if whose and wanted == "1":
        findings = [
            Finding(
                "return_state=False, or take the first: output, *states = layer(x)",
                f"{whose} with return_state=True returns {got} tensors",
            )
        ]
    listed = Finding("numpy.array(x)", "if a Python list of samples was given: one array of all")
    return f"The layer takes {wanted} tensor and is given {got}.", [*findings, listed]


RECEIVED = (
    r".{0,400}?Arguments received by \w{1,40}Cell\.call\(\): .{0,4}(?:inputs|sequence)="
    r"tf\.Tensor\(shape="
    r"(?P<inputs>\([0-9None, ]*\)).{0,80}?states=[\[(]'tf\.Tensor\(shape="
    r"(?P<state>\([0-9None, ]*\))"
)

KINDS = (
    MessageKind(
        r"`initial_state` was passed that is not compatible with `cell\.state_size`\. Received "
        r"`state_spec`=(?P<states>.{0,2000}?); however `cell\.state_size` is "
        r"(?P<sizes>[\[(]?[0-9, ]+)",
        _incompatible,
    ),
    MessageKind(
        r"Layer has (?P<wanted>[0-9]+) states but was passed (?P<got>[0-9]+) initial states",
        _counted,
    ),
    MessageKind(
        r"Matrix size-incompatible: In\[0\]: (?P<left>\[[0-9,]+\]), In\[1\]: (?P<right>\[[0-9,]+\])"
        + RECEIVED,
        _in_cell,
    ),
    MessageKind(
        r"Dimensions must be equal, but are [0-9]+ and [0-9]+ for .{0,200}?MatMul.{0,400}?"
        r"with input shapes: "
        r"(?P<left>\[[0-9?,]+\]), (?P<right>\[[0-9?,]+\])" + RECEIVED,
        _in_cell,
    ),
    MessageKind(
        r"Incompatible shapes: (?P<left>\[[0-9,]+\]) vs\. (?P<right>\[[0-9,]+\]) \[Op:AddV2\]"
        + RECEIVED,
        _added,
    ),
    MessageKind(
        r"Exception encountered when calling LSTM(?:Cell)?\.call\(\)\. list index out of range "
        r"Arguments received by LSTM(?:Cell)?\.call\(\):.{0,400}?(?:initial_state|states)="
        r"(?P<states>\[?'?tf\.Tensor\(shape.{0,400}?)(?: \W*mask=| \W*training=|$)",
        _missing_state,
    ),
    MessageKind(
        r"passing `?initial_state`? .{0,40}Bidirectional.{0,80}even number", _bidirectional_states
    ),
    MessageKind(
        r"(?:If an? (?:RNN|LSTM) is stateful, it needs to know its batch size"
        r"|If an? RNN is stateful, a complete input_shape must be provided"
        r"|stateful.{0,60}batch size must be static)",
        _static,
    ),
    MessageKind(
        r"If an RNN is stateful, the batch size of the input sequences must be the same.{0,80}"
        r"Expected batch size: (?P<wanted>[0-9]+).{0,6}Received batch size: (?P<got>[0-9]+)",
        _stateful_batch,
    ),
    MessageKind(
        r"In a stateful network, you should only pass inputs with a number of samples that can be "
        r"divided by the batch size(?: (?P<batch>[0-9]+))?\. Found: (?P<got>[0-9]+) samples",
        _divided,
    ),
    MessageKind(
        r"not enough values to unpack \(expected (?P<wanted>[0-9]), got [0-9]\)", _unpacked
    ),
    MessageKind(r"too many values to unpack \(expected (?P<wanted>[0-9])", _unpacked),
    MessageKind(
        r"Layer \"?\w+\"? expects (?P<wanted>[0-9]+) inputs?(?:\(s\))?, but it received "
        r"(?P<got>[0-9]+) input tensors",
        _several_tensors,
    ),
)
