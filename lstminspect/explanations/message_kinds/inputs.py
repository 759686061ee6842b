"""Messages about the input of a model or a layer of Keras: its rank, its steps, its features."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import (
    differing,
    is_swapped,
    read_sizes,
    times,
    without_batch,
)
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, shape
from lstminspect.explanations.shapes import written
from lstminspect.layer import Shape

__all__ = ["KINDS", "wrong_rank"]

#: What a layer takes at a rank, where that is one thing.
AXES = {
    3: "A recurrent layer takes (batch, timesteps, features): many sequences, of many steps, of "
    "many numbers each.",
    5: "ConvLSTM2D, and TimeDistributed around a layer of images, take (batch, timesteps, rows, "
    "columns, channels).",
}


def _rank(match: re.Match[str]) -> Answered:
    data = read_sizes(match["shape"]) if match["shape"] else None
    return wrong_rank(int(match["wanted"]), int(match["got"]), data, "keras.Input")


def wrong_rank(wanted: int, got: int, data: Shape | None, place: str) -> Answered:
    """The answer for data of another rank than a layer takes.

    `place` is where the reader gives the shape: `keras.Input` or `input_shape`.
    """
    answer = f"The layer takes rank {wanted}, the data have rank {got}."
    if wanted in AXES:
        answer = f"{answer} {AXES[wanted]}"
    if wanted == 5 and got == 4:
        return answer, _from_frames(data)
    if wanted == 3 and got == 2:
        return answer, _from_matrix(data, place)
    if wanted == 3 and got == 4:
        return answer, _from_images(data, place)
    if wanted == 3 and got == 1:
        return answer, [
            Finding("x.reshape(1, -1, 1)", "one sequence of single numbers"),
            Finding("x.reshape(-1, 1, 1)", "many sequences, each of one step of one number"),
        ]
    if wanted == 2 and got == 3:
        return answer, _to_vectors(data)
    if wanted == 4 and got == 3:
        return answer, [
            Finding("x[..., None]", "images of one channel: (batch, rows, columns, 1)"),
            Finding("x[None]", "one image without its batch"),
        ]
    return answer, _by_ones(data, wanted)


def _by_ones(data: Shape | None, wanted: int) -> list[Finding]:
    """The axes of size 1 that can be dropped."""
    if data is None or len(data) <= wanted:
        return []
    return [
        Finding(f"x.squeeze({axis})", f"axis {axis} is 1: it may have been added once too often")
        for axis, size in enumerate(data)
        if size == 1 and axis
    ]


def _from_frames(data: Shape | None) -> list[Finding]:
    inner = "rows, columns, channels" if data is None else written(data[1:])[1:-1]
    return [
        Finding(
            f"(sequences, time, {inner})",
            "the images are not grouped in sequences yet: the axis of time is missing",
        ),
        Finding("x[:, None]", "each image is a sequence of one time step"),
        Finding("x[None]", "all images are one sequence, in their order: a batch of 1"),
    ]


def _to_vectors(data: Shape | None) -> list[Finding]:
    return [
        *_by_ones(data, 2),
        Finding(
            "return_sequences=False on the recurrent layer before it",
            "then it gives its last output alone: (batch, units). RepeatVector takes that too",
        ),
        Finding(
            "Flatten() before the layer, or x.reshape(len(x), -1)",
            "if all time steps are wanted as one vector",
        ),
        Finding(
            "an Embedding takes whole numbers (batch, timesteps)", "not one-hot vectors of words"
        ),
    ]


def _from_matrix(data: Shape | None, place: str) -> list[Finding]:
    rows, width = data if data and len(data) == 2 else (None, None)
    count = "N" if rows is None else str(rows)
    many = "F" if width is None else str(width)

    def put(*inner: str) -> str:
        sizes = f"({', '.join(inner)})"
        given = f"{place}({sizes})" if place == "keras.Input" else f"{place}={sizes}"
        return f"x.reshape({count if len(inner) == 2 else 1}, {', '.join(inner)}), {given}"

    below = Finding(
        "return_sequences=True on the layer below",
        "if the data come from another recurrent layer: it returned its last output alone",
    )
    others = [
        Finding(put(many, "1"), f"each row is a sequence: {many} time steps of one feature"),
        Finding(
            put("1", many),
            f"each row is one time step of {many} features: there is nothing to remember",
        ),
        Finding(
            put(count, many).replace(f"reshape({count}", "reshape(1", 1),
            f"all rows are one sequence: {count} time steps of {many} features, a batch of 1",
        ),
    ]
    batch = Finding(f"{place} without the batch", "(timesteps, features): Keras adds the batch")
    # A batch of None is met while a model is built: a layer gives the shape there, not data.
    built = data is not None and rows is None
    return [below, *others, batch] if built else [*others, below, batch]


def _from_images(data: Shape | None, place: str) -> list[Finding]:
    findings = []
    if data is None:
        findings = [Finding("drop the axis that is 1: x.squeeze(1)", "if it was added twice")]
    elif 1 in data[1:]:
        for axis in (axis for axis, size in enumerate(data) if size == 1 and axis):
            why = f"axis {axis} is 1: it may have been added once too often. Without it the shape"
            left = data[:axis] + data[axis + 1 :]
            findings.append(Finding(f"x.squeeze({axis})", f"{why} is {written(left)}"))
    elif data[0] is None:
        why = "if the first axis of the data is the batch: Keras adds that axis itself"
        given = f"{place}(x.shape[1:])" if place == "keras.Input" else f"{place}=x.shape[1:]"
        findings = [Finding(given, why)]
    flat = "one flat vector for each step, if each step is an image"
    return [*findings, Finding("x.reshape(batch, timesteps, -1)", flat)]


def _checked_rank(match: re.Match[str]) -> Answered:
    data = read_sizes(match["got"])
    return wrong_rank(int(match["wanted"]), len(data), data, "input_shape")


def _last_axis(match: re.Match[str]) -> Answered:
    wanted, data = int(match["wanted"]), read_sizes(match["got"])
    got = data[-1] if data else None
    if got is None:
        return None
    if len(data) == 2:
        return _flattened(wanted, got)
    answer = f"The layer was built for {wanted} features a step and is given {got}."
    return answer, _features(wanted, got, data)


def _features(wanted: int, got: int, data: Shape) -> list[Finding]:
    findings = [
        Finding(f"give the layer {wanted} features", "the last axis of the input is the features"),
        Finding(f"build the layer for {got} features", f"keras.Input((timesteps, {got}))"),
    ]
    if wanted in data[1:-1]:
        why = f"an axis of {wanted} stands before the last: steps and features changed places"
        findings.insert(0, Finding("exchange the last two axes: x.swapaxes(1, 2)", why))
    if times(wanted, got) == 2:
        why = f"{wanted} = 2 x {got}: with merge_mode='concat' a bidirectional layer gives both"
        findings.insert(0, Finding("a bidirectional layer before it", why))
    return findings


def _flattened(wanted: int, got: int) -> Answered:
    """A layer after Flatten takes a fixed number of time steps."""
    answer = f"The last axis of the input must be {wanted}, and it is {got}."
    shared = _units(wanted, got)
    findings = []
    if shared:
        findings = [
            Finding(
                f"the time steps: {wanted} and {got} are both multiples of {shared}",
                "a Flatten before the layer ties it to a number of steps (steps x units), and the "
                "input has another number of them",
            ),
            Finding(
                "return_sequences=False, or GlobalAveragePooling1D instead of Flatten",
                "then the layer takes any number of time steps",
            ),
        ]
    if 2 in (times(got, wanted), times(wanted, got)):
        why = f"{max(wanted, got)} = 2 x {min(wanted, got)}: both directions, concatenated"
        findings.insert(0, Finding("a bidirectional layer on one side only", why))
    return answer, [
        *findings,
        Finding(f"build the layer for {got} features", "a layer keeps the width it was built for"),
        Finding(f"give the layer {wanted} features", "the last axis of its input"),
    ]


def _units(one: int, other: int) -> int:
    """A width that both sizes are multiples of, if it can be one."""
    shared = gcd(one, other)
    return shared if shared > 4 and shared not in (one, other) else 0


def _whole_shape(match: re.Match[str]) -> Answered:
    wanted, got = (read_sizes(match[name]) for name in ("wanted", "got"))
    if not wanted or not got:
        return None
    answer = f"The model takes {written(wanted)} and is given {written(got)}."
    taken = [finding for changed, finding in _changed(wanted, got) if _takes(wanted, changed)]
    if not taken and len(wanted) == 3 and wanted[2] == got[-1]:
        what = f"windows of {wanted[1]} rows" if len(got) == 2 else f"{wanted[1]} time steps each"
        taken = _other_steps(what, wanted[1], wanted[2], "keras.Input")
    what = f"make the input {written(wanted)}"
    if len(wanted) == len(got) and not taken:
        for axis in differing(wanted, got):
            where = {0: "the batch", len(wanted) - 1: "the last axis: the features"}
            why = where.get(axis, "the time steps")
            taken.append(Finding(f"axis {axis}: {wanted[axis]}, not {got[axis]}", why))
    return answer, [*taken, Finding(what, "(batch, timesteps, features), None for any number")]


def _other_steps(what: str, steps: int | None, features: int | None, place: str) -> list[Finding]:
    open_ = f"(None, {features})"
    given = f"{place}({open_})" if place == "keras.Input" else f"{place}={open_}"
    return [
        Finding(f"cut the data into {what}", f"the model takes {steps} time steps at once"),
        Finding(
            f"build the model on {given}",
            "then it takes any number of time steps, with the same weights: their count does not "
            "change",
        ),
    ]


def _takes(wanted: Shape, got: Shape) -> bool:
    """Say whether a model that takes `wanted`, with None for any number, takes `got`."""
    return len(wanted) == len(got) and all(
        here in (None, there) for here, there in zip(wanted, got, strict=True)
    )


def _changed(wanted: Shape, got: Shape) -> Iterator[tuple[Shape, Finding]]:
    """Changes that can be made to data of the shape `got`, and the shape that comes of it."""
    if len(got) == 2:
        rows, width = got
        if rows is not None:
            why = f"one sequence of {rows} time steps, a batch of 1"
            yield (1, *got), Finding("x[None]", why)
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
            left = got[:axis] + got[axis + 1 :]
            yield left, Finding(f"x.squeeze({axis})", f"axis {axis} is 1, and one too many")


def _checked_shape(match: re.Match[str]) -> Answered:
    """Two shapes of Keras 1 and 2, with the batch (older) or without it."""
    whole = read_sizes(match["wanted"]), read_sizes(match["got"])
    wanted, got = without_batch(*whole)
    answer = f"The model takes {written(wanted)} for each sequence and is given {written(got)}."
    if len(wanted) != len(got):
        return wrong_rank(len(whole[0]), len(whole[1]), whole[1], "input_shape")
    axes = differing(wanted, got)
    if not axes:
        return None
    if len(wanted) != 2:
        where = ", ".join(f"axis {axis}: {wanted[axis]} against {got[axis]}" for axis in axes)
        return answer, [Finding(f"make the input {written(wanted)}", f"they differ on {where}")]
    (steps, features), (here, there) = wanted, got
    if is_swapped(wanted, got):
        return f"{answer} Time steps and features changed places.", [
            Finding("transpose the data: x.transpose(0, 2, 1)", f"then each is {written(wanted)}"),
            Finding(
                f"input_shape={written(got)}",
                f"if the sequences do have {here} steps of {there} features",
            ),
        ]
    if axes == (0,):
        what = f"windows of {steps} time steps, not {here}"
        return f"{answer} The features agree, the time steps differ.", _other_steps(
            what, steps, features, "input_shape"
        )
    if axes == (1,):
        return f"{answer} The time steps agree, the features (last axis) differ.", [
            Finding(f"give the model {features} features a step", "as it was built"),
            Finding(f"input_shape={written(got)}", f"builds the first layer for {there} features"),
        ]
    return f"{answer} Both the time steps and the features differ.", [
        Finding(f"input_shape={written(got)}", f"{here} time steps of {there} features"),
        Finding(f"make each sequence {written(wanted)}", "(timesteps, features)"),
    ]


def _inputs_of_model(match: re.Match[str]) -> Answered:
    wanted, got = match["wanted"], match["got"]
    return f"The model has {wanted} inputs or outputs and is given {got} arrays.", [
        Finding(f"a list of {wanted} arrays, in the order of the inputs", "one for each Input"),
        Finding("numpy.array(x)", "if many samples were given as a Python list: one array of all"),
    ]


def _samples(match: re.Match[str]) -> Answered:
    inputs, targets = match["inputs"], match["targets"]
    return f"There are {inputs} inputs and {targets} targets: one target belongs to each input.", [
        Finding(
            "compare len(x) and len(y)",
            "the first axis of both is the samples; windows over a series leave fewer than rows",
        ),
        Finding(
            "x.reshape(1, ...) makes one sample of all",
            "if one side has 1 sample: keep the axis of the samples first",
        ),
    ]


def _time_distributed(match: re.Match[str]) -> Answered:
    got = read_sizes(match["got"])
    return f"TimeDistributed maps every time step, and {written(got)} has no axis of time.", [
        Finding(
            "return_sequences=True on the recurrent layer before it", "then it gives every step"
        ),
        Finding("the inner layer without TimeDistributed", "if one output per sequence is wanted"),
    ]


def _unbuilt(match: re.Match[str]) -> Answered:
    return f"{match['name']} has no weights yet: the features of its input are not known.", [
        Finding(
            "keras.Input((timesteps, features)) as the first layer", "then it is built at once"
        ),
        Finding("layer.build((None, timesteps, features))", "or call it on data"),
    ]


CHECKED = r"Error when checking (?:(?:model )?input)? ?: expected (?P<name>\S+) to have "


KINDS = (
    MessageKind(
        rf"{CHECKED}(?P<wanted>[0-9]) dimension(?:s|\(s\))?[,.]? but got array with shape "
        + shape("got"),
        _checked_rank,
    ),
    MessageKind(
        rf"{CHECKED}shape {shape('wanted')},? but got array with shape {shape('got')}",
        _checked_shape,
    ),
    MessageKind(
        r"expected (?:min_)?ndim=(?P<wanted>[0-9]), found ndim=(?P<got>[0-9])"
        r"(?:\. Full shape received: (?P<shape>[\[(][0-9None, ]+[\])]))?",
        _rank,
    ),
    MessageKind(
        r"expected axis -1 of input shape to have value (?P<wanted>[0-9]+),? but received input "
        rf"with shape {shape('got')}",
        _last_axis,
    ),
    MessageKind(
        rf"Expected shape {shape('wanted')}, but input has incompatible shape {shape('got')}",
        _whole_shape,
    ),
    MessageKind(
        rf"expected shape=?{shape('wanted')}, found shape=?{shape('got')}",
        _whole_shape,
    ),
    MessageKind(
        r"Expected to see (?P<wanted>[0-9]+) array(?:\(s\)|s)?,.{0,60}?but instead got the "
        r"following list of (?P<got>[0-9]+) arrays?",
        _inputs_of_model,
    ),
    MessageKind(
        r"Found (?P<inputs>[0-9]+) input samples and (?P<targets>[0-9]+) target samples", _samples
    ),
    MessageKind(
        r"Data cardinality is ambiguous.{0,120}?'?x'? sizes: (?P<inputs>[0-9]+).{0,40}?"
        r"'?y'? sizes: (?P<targets>[0-9]+)",
        _samples,
    ),
    MessageKind(
        r"call `count_params` on (?:layer )?'?(?P<name>\w+)'?, but the layer isn't built", _unbuilt
    ),
    MessageKind(
        r"`?TimeDistributed`? Layer should be passed an `?input_shape ?`? with at least 3 "
        rf"dimensions, received: {shape('got')}",
        _time_distributed,
    ),
)
