"""What the shape errors of Keras and PyTorch recurrent layers mean, and what fits.

One function per message, found by the pattern above it. Patterns were met with Keras 3.15, Keras 2
and PyTorch 2.13.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.shapes import read_shape

__all__ = ["explain_message"]

Shape = tuple[int | None, ...]
Reading = Callable[["re.Match[str]"], tuple[str, list[Finding]]]


def explain_message(text: str) -> Explanation | None:
    """What the error message `text` means, or None if it is none that is known here."""
    plain = re.sub(r"\s+", " ", text)
    for pattern, reading in MESSAGES:
        found = re.search(pattern, plain, flags=re.IGNORECASE)
        if found:
            answer, findings = reading(found)
            return Explanation(found[0], answer, tuple(findings), len(findings))
    return None


def _rank(found: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = int(found["wanted"]), int(found["got"])
    shape = read_shape(f"({found['shape']})") if found["shape"] else None
    answer = (
        f"The layer takes rank {wanted}, the data have rank {got}. A recurrent layer takes "
        "(batch, timesteps, features): many sequences, of many steps, of many numbers each."
    )
    if wanted != 3:
        return f"The layer takes rank {wanted}, the data have rank {got}.", []
    if got == 2:
        return answer, _from_matrix(shape)
    if got == 4:
        why = "rank 4 is often a batch axis added twice, or an image for each step"
        return answer, [
            Finding("drop the axis that is 1: x.squeeze(1)", "if a batch axis was added twice"),
            Finding("x.reshape(batch, timesteps, -1)", f"one flat vector for each step: {why}"),
        ]
    return answer, [Finding("x.reshape(1, -1, 1)", "one sequence of single numbers")]


def _from_matrix(shape: Shape | None) -> list[Finding]:
    rows, width = shape if shape and len(shape) == 2 else (None, None)
    count = "N" if rows is None else str(rows)
    many = "F" if width is None else str(width)
    return [
        Finding(
            f"x.reshape({count}, {many}, 1), input_shape ({many}, 1)",
            f"each row is a sequence: {many} time steps of one feature",
        ),
        Finding(
            f"x.reshape({count}, 1, {many}), input_shape (1, {many})",
            f"each row is one time step of {many} features: there is nothing to remember",
        ),
        Finding(
            f"x.reshape(1, {count}, {many}), input_shape ({count}, {many})",
            f"all rows are one sequence: {count} time steps of {many} features, a batch of 1",
        ),
        Finding(
            "return_sequences=True on the layer below",
            "if the data come from another recurrent layer: it returned its last output alone",
        ),
        Finding(
            "input_shape without the batch", "(timesteps, features): Keras adds the batch itself"
        ),
    ]


def _mismatch(found: re.Match[str]) -> tuple[str, list[Finding]]:
    name = found["name"]
    saved, built = read_shape(f"({found['saved']})"), read_shape(f"({found['built']})")
    if saved is None or built is None:
        return "Two shapes that cannot be read.", []
    here, there = _recurrent(name, built), _recurrent(name, saved)
    findings = [
        Finding(f"the checkpoint: {there}", f"{name} is {_text(saved)}"),
        Finding(f"the model: {here}", f"{name} is {_text(built)}"),
    ]
    if there == here:
        return f"{name} differs in size only.", findings
    return f"{there} loaded into {here}.", [*findings, *_advice(name, saved, built)]


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


KINDS = {1: "RNN", 3: "GRU", 4: "LSTM"}


def _recurrent(name: str, shape: Shape) -> str:
    """What a tensor of PyTorch's says of its layer: rows are gates times units."""
    sizes = [size for size in shape if size is not None]
    where = ", backward" if "_reverse" in name else ""
    if len(sizes) == 2 and "weight_hh" in name:
        rows, columns = sizes
        kind = KINDS.get(rows // columns if rows % columns == 0 else 0)
        if kind:
            return f"{kind}({columns}){where}"
        if rows % 4 == 0:
            return f"LSTM({rows // 4}) with proj_size {columns}{where}"
    if len(sizes) == 2 and "weight_ih" in name:
        return f"{_by_rows(sizes[0])} reading {sizes[1]} features{where}"
    if len(sizes) == 2 and "weight_hr" in name:
        return f"LSTM({sizes[1]}) with proj_size {sizes[0]}{where}"
    if len(sizes) == 1 and "bias" in name:
        return f"{_by_rows(sizes[0])}{where}"
    return f"a layer with {_text(shape)}{where}"


def _by_rows(rows: int) -> str:
    """Rows alone leave the kind open."""
    kinds = [f"{KINDS[gates]}({rows // gates})" for gates in (4, 3, 1) if rows % gates == 0]
    return " or ".join(kinds)


def _advice(name: str, saved: Shape, built: Shape) -> list[Finding]:
    one, other = saved[0] or 0, built[0] or 0
    if "weight_ih" in name and one == other:
        return [
            Finding(
                f"build the model with input_size {saved[1]}, not {built[1]}",
                "the rows agree, so the kind and the units do; the input is of another width"
                + (", which above the first layer is directions x units" * ("_l0" not in name)),
            )
        ]
    if len(saved) == 2 and saved[1] == built[1] and "weight_hh" in name:
        why = f"the same {saved[1]} units, but {one} rows are not {other}: another number of gates"
        return [Finding("build the model with the checkpoint's kind of layer", why)]
    return [Finding("build the model with the checkpoint's sizes", "weights fit one configuration")]


def _input_width(found: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = found["wanted"], found["got"]
    answer = f"The layer was built for {wanted} features a step and is given {got}."
    return answer, [
        Finding(f"give the layer {wanted} features", "the last axis of the input is the features"),
        Finding(
            f"build the layer for {got} features", "input_size (PyTorch) or input_shape (Keras)"
        ),
        Finding("exchange the last two axes", "if time steps and features changed places"),
    ]


def _whole_shape(found: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = read_shape(f"({found['wanted']})") or (), read_shape(f"({found['got']})") or ()
    answer = f"The model takes {_text(wanted)} and is given {_text(got)}."
    if len(wanted) == 3 and len(got) == 2:
        return answer, _from_matrix(got)
    what = f"make the input {_text(wanted)}"
    return answer, [Finding(what, "(batch, timesteps, features), None for any number")]


def _torch_rank(found: re.Match[str]) -> tuple[str, list[Finding]]:
    answer = f"The input has rank {found['got']}, and a recurrent layer of PyTorch takes 2 or 3."
    return answer, [
        Finding("(timesteps, batch, features)", "rank 3, as it is by default"),
        Finding("(batch, timesteps, features)", "rank 3, with batch_first=True"),
        Finding("(timesteps, features)", "rank 2: one sequence without a batch"),
    ]


def _state_rank(_: re.Match[str]) -> tuple[str, list[Finding]]:
    answer = "The input has a batch, and the initial states have none."
    what = "(layers x directions, batch, hidden_size)"
    return answer, [Finding(what, "what h_0 and c_0 must be for an input of rank 3")]


def _keras_weight(found: re.Match[str]) -> tuple[str, list[Finding]]:
    built, saved = read_shape(f"({found['built']})"), read_shape(f"({found['saved']})")
    columns = [(shape or (None,))[-1] or 0 for shape in (saved, built)]
    there, here = (_by_rows(each) for each in columns)
    answer = f"{found['saved']} is given where {found['built']} fits."
    why = "Keras stacks the gates along the last axis: gates x units"
    return answer, [
        Finding(f"the weights: {there}", f"{columns[0]} columns. {why}"),
        Finding(f"the layer: {here}", f"{columns[1]} columns"),
    ]


def _hidden(found: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = _text(read_shape(found["wanted"]) or ()), _text(read_shape(found["got"]) or ())
    answer = f"An initial state must be {wanted}, and {got} was given."
    return answer, [
        Finding(
            "(layers x directions, batch, hidden_size)",
            "PyTorch's states have this order whatever batch_first says, which turns the input and "
            "the output alone",
        )
    ]


def _stateful(_: re.Match[str]) -> tuple[str, list[Finding]]:
    answer = "A stateful layer keeps one state for each sequence of the batch between calls."
    return answer, [
        Finding("Input(batch_shape=(batch, timesteps, features))", "the batch must be fixed"),
        Finding("stateful=False", "if each batch starts anew, which is what most models want"),
    ]


def _weight_list(found: re.Match[str]) -> tuple[str, list[Finding]]:
    one, other = int(found["first"]), int(found["second"])
    answer = f"{one} arrays against {other}."
    names = {
        2: "a recurrent layer without bias: kernel, recurrent_kernel",
        3: "one recurrent layer of Keras 2 or 3: kernel, recurrent_kernel, bias",
        4: "one direction of PyTorch: two weights, two biases",
        6: "a bidirectional layer of Keras: three arrays a direction",
        9: "a GRU of Keras 1: W, U and b for each of three gates",
        12: "an LSTM of Keras 1: W, U and b for each of four gates",
    }
    return answer, [
        Finding(f"{count} arrays", names.get(count, "several layers")) for count in (one, other)
    ]


MESSAGES: tuple[tuple[str, Reading], ...] = (
    (
        r"expected ndim=(?P<wanted>[0-9]+), found ndim=(?P<got>[0-9]+)"
        r"(?:\. Full shape received: [\[(](?P<shape>[0-9, None]+)[\])])?",
        _rank,
    ),
    (
        r"size mismatch for (?P<name>[\w.]+): copying a param with shape "
        r"torch\.Size\(\[(?P<saved>[0-9, ]+)\]\) from checkpoint, the shape in current model is "
        r"torch\.Size\(\[(?P<built>[0-9, ]+)\]\)",
        _mismatch,
    ),
    (
        r"input\.size\(-1\) must be equal to input_size\. Expected (?P<wanted>[0-9]+), "
        r"got (?P<got>[0-9]+)",
        _input_width,
    ),
    (
        r"expected axis -1 of input shape to have value (?P<wanted>[0-9]+), but received input "
        r"with shape [\[(](?:[0-9None]+, )*(?P<got>[0-9]+)[\])]",
        _input_width,
    ),
    (
        r"Matrix size-incompatible: In\[0\]: \[[0-9]+,(?P<got>[0-9]+)\], "
        r"In\[1\]: \[(?P<wanted>[0-9]+),[0-9]+\]",
        _input_width,
    ),
    (
        r"Dimensions must be equal, but are (?P<got>[0-9]+) and (?P<wanted>[0-9]+)",
        _input_width,
    ),
    (
        r"Expected shape \((?P<wanted>[0-9None, ]+)\), but input has incompatible shape "
        r"\((?P<got>[0-9None, ]+)\)",
        _whole_shape,
    ),
    (r"Expected input to be 2D or 3D, got (?P<got>[0-9]+)D instead", _torch_rank),
    (r"hx (?:and cx )?should also be 3-D but got", _state_rank),
    (
        r"weight shape \((?P<built>[0-9, ]+)\) is not compatible with provided weight shape "
        r"\((?P<saved>[0-9, ]+)\)",
        _keras_weight,
    ),
    (
        r"Expected hidden(?:\[[01]\])? size (?P<wanted>\([0-9, ]+\)), "
        r"got (?P<got>[\[(][0-9, ]+[\])])",
        _hidden,
    ),
    (
        r"(?:If an? (?:RNN|LSTM) is stateful, it needs to know its batch size"
        r"|stateful.{0,60}batch size must be static)",
        _stateful,
    ),
    (
        r"weight list of length (?P<first>[0-9]+), but the layer was expecting "
        r"(?P<second>[0-9]+) weights",
        _weight_list,
    ),
    (
        r"expects (?P<second>[0-9]+) weight(?:s|\(s\))?, but the saved weights have "
        r"(?P<first>[0-9]+)",
        _weight_list,
    ),
)
