"""Meanings of the shape errors of Keras and PyTorch recurrent layers mean, and what fits.

One function per message, found by the pattern above it. Patterns were met with Keras 3.15, Keras 2
and PyTorch 2.13.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.shapes import read_shape, written
from lstminspect.explanations.weight_messages import keras_weight, torch_weight, weight_list
from lstminspect.layer import Shape

__all__ = ["explain_message"]

Reading = Callable[["re.Match[str]"], tuple[str, list[Finding]]]


def explain_message(text: str) -> Explanation | None:
    """The meaning of the error message `text`, or None if it is none that is known here."""
    plain = re.sub(r"\s+", " ", text)
    for pattern, reading in MESSAGES:
        match = re.search(pattern, plain, flags=re.IGNORECASE)
        if match:
            answer, findings = reading(match)
            return Explanation(match[0], answer, tuple(findings), len(findings))
    return None


def _rank(match: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = int(match["wanted"]), int(match["got"])
    shape = read_shape(f"({match['shape']})") if match["shape"] else None
    answer = f"The layer takes rank {wanted}, the data have rank {got}."
    if wanted == 5 and got == 4:
        return f"{answer} ConvLSTM2D takes (batch, timesteps, rows, columns, channels).", [
            Finding("x[:, None]", "each image is a sequence of one time step"),
            Finding("x[None]", "all images are one sequence, in their order: a batch of 1"),
        ]
    if wanted != 3:
        return answer, []
    answer += (
        " A recurrent layer takes (batch, timesteps, features): many sequences, of many steps, of "
        "many numbers each."
    )
    if got == 2:
        return answer, _from_matrix(shape)
    if got == 4:
        return answer, _from_images(shape)
    return answer, [Finding("x.reshape(1, -1, 1)", "one sequence of single numbers")]


def _from_matrix(shape: Shape | None) -> list[Finding]:
    rows, width = shape if shape and len(shape) == 2 else (None, None)
    count = "N" if rows is None else str(rows)
    many = "F" if width is None else str(width)
    below = Finding(
        "return_sequences=True on the layer below",
        "if the data come from another recurrent layer: it returned its last output alone",
    )
    others = [
        Finding(
            f"x.reshape({count}, {many}, 1), keras.Input(({many}, 1))",
            f"each row is a sequence: {many} time steps of one feature",
        ),
        Finding(
            f"x.reshape({count}, 1, {many}), keras.Input((1, {many}))",
            f"each row is one time step of {many} features: there is nothing to remember",
        ),
        Finding(
            f"x.reshape(1, {count}, {many}), keras.Input(({count}, {many}))",
            f"all rows are one sequence: {count} time steps of {many} features, a batch of 1",
        ),
    ]
    batch = Finding(
        "keras.Input without the batch", "(timesteps, features): Keras adds the batch itself"
    )
    # A batch of None is met while a model is built: a layer gives the shape there, not data.
    built = shape is not None and rows is None
    return [below, *others, batch] if built else [*others, below, batch]


def _from_images(shape: Shape | None) -> list[Finding]:
    findings = []
    if shape is None:
        findings = [Finding("drop the axis that is 1: x.squeeze(1)", "if it was added twice")]
    elif 1 in shape[1:]:
        axis = shape.index(1, 1)
        why = f"axis {axis} is 1: it may have been added once too often"
        findings = [Finding(f"x.squeeze({axis})", why)]
    elif shape[0] is None:
        why = "if the first axis of the data is the batch: keras.Input adds that axis itself"
        findings = [Finding("keras.Input(x.shape[1:])", why)]
    flat = "one flat vector for each step, if each step is an image"
    return [*findings, Finding("x.reshape(batch, timesteps, -1)", flat)]


def _input_width(match: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = match["wanted"], match["got"]
    answer = f"The layer was built for {wanted} features a step and is given {got}."
    return answer, [
        Finding(f"give the layer {wanted} features", "the last axis of the input is the features"),
        Finding(
            f"build the layer for {got} features", "input_size (PyTorch) or keras.Input (Keras)"
        ),
        Finding("exchange the last two axes", "if time steps and features changed places"),
    ]


def _whole_shape(match: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = (read_shape(f"({match[name]})") or () for name in ("wanted", "got"))
    answer = f"The model takes {written(wanted)} and is given {written(got)}."
    taken = [finding for shape, finding in _changed(wanted, got) if _takes(wanted, shape)]
    if not taken and len(wanted) == 3 and wanted[2] == got[-1]:
        what = f"windows of {wanted[1]} rows" if len(got) == 2 else f"{wanted[1]} time steps each"
        taken = [
            Finding(f"cut the data into {what}", f"the model takes {wanted[1]} time steps at once"),
            Finding(
                f"build the model on keras.Input((None, {wanted[2]}))",
                "then it takes any number of time steps, with the same weights",
            ),
        ]
    what = f"make the input {written(wanted)}"
    return answer, [*taken, Finding(what, "(batch, timesteps, features), None for any number")]


def _takes(wanted: Shape, shape: Shape) -> bool:
    """Say whether a model that takes `wanted`, with None for any number, takes `shape`."""
    return len(wanted) == len(shape) and all(
        here in (None, there) for here, there in zip(wanted, shape, strict=True)
    )


def _changed(wanted: Shape, got: Shape) -> Iterator[tuple[Shape, Finding]]:
    """Changes that can be made to data of the shape `got`, and the shape that comes of it."""
    if len(got) == 2:
        rows, width = got
        yield (1, *got), Finding("x[None]", f"one sequence of {rows} time steps, a batch of 1")
        yield (
            (rows, width, 1),
            Finding("x[..., None]", f"each row is a sequence of {width} time steps of one feature"),
        )
        yield (rows, 1, width), Finding("x[:, None]", "each row is one time step")
        inner = wanted[1:]
        if len(inner) == 2 and None not in (*inner, width) and inner[0] * inner[1] == width:
            why = f"each row is a sequence laid flat: {width} = {inner[0]} x {inner[1]}"
            yield (rows, *inner), Finding(f"x.reshape(-1, {inner[0]}, {inner[1]})", why)
    if len(got) == 3:
        yield (got[0], got[2], got[1]), Finding("x.swapaxes(1, 2)", "steps and features change")
    for axis, size in enumerate(got):
        if size == 1:
            shape = got[:axis] + got[axis + 1 :]
            yield shape, Finding(f"x.squeeze({axis})", f"axis {axis} is 1, and one too many")


def _torch_rank(match: re.Match[str]) -> tuple[str, list[Finding]]:
    answer = f"The input has rank {match['got']}, and a recurrent layer of PyTorch takes 2 or 3."
    return answer, [
        Finding("(timesteps, batch, features)", "rank 3, as it is by default"),
        Finding("(batch, timesteps, features)", "rank 3, with batch_first=True"),
        Finding("(timesteps, features)", "rank 2: one sequence without a batch"),
    ]


def _state_rank(_: re.Match[str]) -> tuple[str, list[Finding]]:
    answer = "The input has a batch, and the initial states have none."
    what = "(layers x directions, batch, hidden_size)"
    return answer, [Finding(what, "what h_0 and c_0 must be for an input of rank 3")]


def _hidden(match: re.Match[str]) -> tuple[str, list[Finding]]:
    wanted, got = (
        written(read_shape(match["wanted"]) or ()),
        written(read_shape(match["got"]) or ()),
    )
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
        Finding("stateful=False", "if each batch begins with new states, as in most models"),
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
        torch_weight,
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
        keras_weight,
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
        r"variable\.shape=\((?P<built>[0-9, ]+)\), Received: value\.shape=\((?P<saved>[0-9, ]+)\)",
        keras_weight,
    ),
    (
        r"Weight expects shape \((?P<built>[0-9, ]+)\)\. Received saved weight with shape "
        r"\((?P<saved>[0-9, ]+)\)",
        keras_weight,
    ),
    (
        r"weight list of length (?P<first>[0-9]+), but the layer was expecting "
        r"(?P<second>[0-9]+) weights",
        weight_list,
    ),
    (
        r"expects (?P<second>[0-9]+) weight(?:s|\(s\))?"
        r"(?:, but the saved weights have|\. Received) (?P<first>[0-9]+)",
        weight_list,
    ),
)
