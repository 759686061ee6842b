"""From a shape to what it can be: an input, an output, a state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lstminspect.cells import RESET_FORMS
from lstminspect.errors import OptionError
from lstminspect.explanations.counts import plausible
from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.tensors import Stored, same_tensor, stored_as
from lstminspect.layer import Shape

__all__ = ["explain_shape", "read_shape", "written"]

MOST_SHAPES = 20
MOST_WEIGHTS = 6
MOST_PAIRS = 2
#: The largest number that is rather one of features than of units or of sequences.
FEW = 6


def read_shape(text: str) -> tuple[int | None, ...] | None:
    """The sizes in `text`, for example `(None, 30, 64)` or `torch.Size([2, 3])`, or None.

    >>> read_shape("(None, 30, 64)"), read_shape("torch.Size([2048, 512])"), read_shape("h")
    ((None, 30, 64), (2048, 512), None)
    """
    match = re.fullmatch(r"(?:torch\.Size)?\(?\[?\s*([^()\[\]]*?),?\s*\]?\)?", text.strip())
    parts = [part.strip() for part in match[1].split(",")] if match else []
    if not parts or not all(re.fullmatch(r"None|\?|-1|[0-9]{1,18}", part) for part in parts):
        return None
    return tuple(int(part) if part.isdigit() else None for part in parts)


def explain_shape(text: str) -> Explanation | None:
    """The tensors that the shape or shapes in `text` can be, or None if it holds none."""
    if not re.fullmatch(r"[\s\[(].*[\])]\s*|torch\.Size\(.*\)", text, flags=re.DOTALL):
        return None
    singles = re.findall(r"\([^()\[\]]*\)|\[[^()\[\]]*\]", text)
    shapes = [read_shape(each) for each in singles]
    if not shapes or len(shapes) > MOST_SHAPES:
        return None
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    for shape in known:
        if 0 in shape:
            raise OptionError(
                "a shape with a 0 in it holds nothing. Give a shape of positive sizes."
            )
    if len(known) > 1:
        return _several(known)
    return _single(known[0])


def _single(shape: Shape) -> Explanation:
    stored = [] if None in shape else stored_as(shape)[:MOST_WEIGHTS]
    if len(shape) == 1:
        findings = _rank_1(shape, stored)
    else:
        sure = [_weight(each) for each in stored if each.checked]
        others = [_weight(each) for each in stored if not each.checked]
        by_rank = {2: _rank_2, 3: _rank_3, 4: _rank_4}
        findings = (*sure, *by_rank.get(len(shape), _others)(shape), *others)
        if len(shape) == 2 and None not in shape:
            findings = (*sure, *_ranked(shape, stored), *others)
            findings = tuple(dict.fromkeys(findings))
    return Explanation(written(shape), f"A tensor of rank {len(shape)}.", findings, len(findings))


def _ranked(shape: Shape, stored: list[Stored]) -> list[Finding]:
    """The findings of a table of numbers, the input or a kernel first where its sizes say so.

    Few columns are features, hardly units: `(30, 3)`. Few rows are features, hardly a batch, where
    the columns are those of a usual layer: `(3, 256)`.
    """
    rows, columns = shape
    usual = [_weight(each) for each in stored if not each.checked and each.rank == 0]
    by_use = _rank_2(shape)
    if columns is not None and rows is not None and columns <= FEW < rows:
        return [*(each for each in by_use if "input" in each.what), *by_use]
    return [*usual, *by_use] if rows is not None and rows <= FEW else by_use


def _weight(stored: Stored) -> Finding:
    """A tensor that a layer stores, with the line that shows it where all sizes are known."""
    noun = "a bias" if "bias" in stored.where_stored else "a weight"
    return Finding(
        f"{noun} of {stored.layer}", f"{stored.axes}: {stored.where_stored}", stored.check
    )


def written(shape: Shape) -> str:
    """A shape as Python writes it: `(256,)`."""
    inner = ", ".join(str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _batch(size: int | None) -> str:
    return "any batch" if size is None else f"a batch of {size}"


def _steps(size: int | None) -> str:
    return "any number of time steps" if size is None else f"{size} time steps"


def _halves(width: int | None) -> list[Finding]:
    if width is None or width % 2:
        return []
    half = width // 2
    return [
        Finding(
            f"a bidirectional layer of {half} units",
            f"two directions of {half}, concatenated to {width}; its states are {half} wide",
        )
    ]


def _rank_3(shape: Shape) -> list[Finding]:
    batch, steps, width = shape
    line = ""
    if width is not None and steps is not None:
        line = f"lstminspect --units {width} --features 3 --timesteps {steps} --return-sequences"
    findings = [
        Finding(
            f"the output of a layer of {width} units with return_sequences",
            f"{_batch(batch)}, {_steps(steps)}, one vector of {width} for each step",
            line,
        ),
        Finding(
            "the input of a recurrent layer",
            f"{_batch(batch)}, {_steps(steps)}, {width} features a step (Keras; PyTorch with "
            "batch_first=True, else the steps come first)",
        ),
        *_halves(width),
    ]
    if None not in shape:
        findings.append(
            Finding(
                f"a state of PyTorch: h_n of hidden_size {width}",
                f"{batch} = layers x directions, then the batch of {steps}, batch_first or not",
            )
        )
    return findings


def _rank_2(shape: Shape) -> list[Finding]:
    batch, width = shape
    check = "" if width is None else f"lstminspect --units {width} --features 3"
    reshapes = (
        f"reshape to (batch, 1, {width}) for one step of {width} features, or to "
        f"(batch, {width}, 1) for {width} steps of one feature"
    )
    return [
        Finding(
            f"the output of a layer of {width} units without return_sequences",
            f"{_batch(batch)}, the output of the last time step alone: no axis of time is left. "
            "For a recurrent layer behind it, set return_sequences=True",
            check,
        ),
        Finding(
            f"a state (h or c) of a layer of {width} units", f"{_batch(batch)}, {width} numbers"
        ),
        *_halves(width),
        Finding(
            "the input of one sequence, without the axis of the batch",
            f"{_steps(batch)}, {width} features a step, as keras.Input takes it; x[None] adds the "
            "batch to the data",
        ),
        Finding("a table, not yet the input of a recurrent layer", f"that has rank 3: {reshapes}"),
    ]


def _rank_1(shape: Shape, stored: list[Stored]) -> tuple[Finding, ...]:
    (width,) = shape
    ranked = [(each.rank, _weight(each)) for each in stored]
    for rank, layer in [] if width is None else plausible(width):
        what = f"all weights of {layer.what} in one vector"
        ranked.append((rank, replace(layer, what=what)))
    why = "any number of numbers" if width is None else f"{width} numbers"
    return (
        Finding("one vector without a batch", f"{why}; add axes for batch and time"),
        *(finding for _, finding in sorted(ranked, key=lambda each: each[0])),
    )


def _rank_4(_: Shape) -> list[Finding]:
    return [
        Finding(
            "one axis too many for a recurrent layer",
            "it takes (batch, timesteps, features). Lay the last two axes out flat, or map each "
            "step with TimeDistributed first",
        )
    ]


def _others(shape: Shape) -> list[Finding]:
    return [
        Finding("no tensor of a recurrent layer", f"those have rank 1 to 3, this has {len(shape)}")
    ]


def _several(shapes: list[Shape]) -> Explanation:
    """The layer that returns several tensors, or the layers that one tensor is of."""
    subject = " ".join(written(shape) for shape in shapes)
    findings = (*_two_forms(shapes), *_returned(shapes))
    if not findings:
        why = "an output, then equal states"
        findings = (Finding("no set that one recurrent layer returns", why),)
    return Explanation(subject, f"{len(shapes)} tensors.", findings, len(findings))


def _two_forms(shapes: list[Shape]) -> Iterator[Finding]:
    """Two layers of the same units in which one tensor has these two shapes."""
    if len(shapes) != 2 or any(None in shape for shape in shapes):
        return
    pairs: dict[tuple[str, str], tuple[str, Stored, Stored]] = {}
    for where, one, two in same_tensor(*shapes):
        pairs.setdefault((one.layer, two.layer), (where, one, two))
    for where, one, two in [*pairs.values()][:MOST_PAIRS]:
        forms = {one.cell, two.cell} == set(RESET_FORMS.values()) and one.axes != two.axes
        why = ": reset_after=True keeps two biases for each gate, reset_after=False one" * forms
        what = f"{where}: {one.layer} against {two.layer}"
        yield Finding(what, f"{one.axes} and {two.axes}{why}")


def _returned(shapes: list[Shape]) -> Iterator[Finding]:
    """The layer that returns an output and its states."""
    first, rest = shapes[0], shapes[1:]
    widths = {shape[-1] if len(shape) == 2 else None for shape in rest}
    units = next(iter(widths)) if len(widths) == 1 else None
    if len(first) not in (2, 3) or units is None:
        return
    layers = {1: "SimpleRNN or GRU", 2: "LSTM, or a bidirectional GRU", 4: "bidirectional LSTM"}
    time = "with return_sequences" if len(first) == 3 else "without return_sequences"
    if len(rest) not in layers:
        yield Finding("several layers", f"{len(rest)} states of {units} units")
        return
    yield Finding(
        f"{layers[len(rest)]} of {units} units, return_state, {time}",
        f"the output {written(first)}, then {len(rest)} of the width {units}: an LSTM returns "
        "three tensors, output, h and c",
    )
