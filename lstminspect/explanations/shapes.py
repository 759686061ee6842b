"""From a shape to what it can be: an input, an output, a state."""

from __future__ import annotations

import re

from lstminspect.errors import OptionError
from lstminspect.explanations.explanation import Explanation, Finding

__all__ = ["explain_shape", "read_shape"]

MOST_SHAPES = 20


def read_shape(text: str) -> tuple[int | None, ...] | None:
    """The sizes in `text`, as in `(None, 30, 64)` or `torch.Size([2, 3])`, or None.

    >>> read_shape("(None, 30, 64)"), read_shape("torch.Size([2048, 512])"), read_shape("h")
    ((None, 30, 64), (2048, 512), None)
    """
    found = re.fullmatch(r"(?:torch\.Size)?\(?\[?\s*([^()\[\]]*?),?\s*\]?\)?", text.strip())
    parts = [part.strip() for part in found[1].split(",")] if found else []
    if not parts or not all(re.fullmatch(r"None|\?|-1|[0-9]{1,18}", part) for part in parts):
        return None
    return tuple(int(part) if part.isdigit() else None for part in parts)


def explain_shape(text: str) -> Explanation | None:
    """What the shape or shapes in `text` can be, or None if it holds none."""
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


def _single(shape: tuple[int | None, ...]) -> Explanation:
    findings = tuple(
        {1: _rank_1, 2: _rank_2, 3: _rank_3, 4: _rank_4}.get(len(shape), _others)(shape)
    )
    answer = f"A tensor of rank {len(shape)}."
    return Explanation(_written(shape), answer, findings, len(findings))


def _written(shape: tuple[int | None, ...]) -> str:
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


def _rank_3(shape: tuple[int | None, ...]) -> list[Finding]:
    batch, steps, width = shape
    lines = (
        ""
        if width is None or steps is None
        else (f"lstminspect --units {width} --features 3 --timesteps {steps} --return-sequences")
    )
    return [
        Finding(
            f"the output of a layer of {width} units with return_sequences",
            f"{_batch(batch)}, {_steps(steps)}, one vector of {width} for each step",
            lines,
        ),
        Finding(
            "the input of a recurrent layer",
            f"{_batch(batch)}, {_steps(steps)}, {width} features a step (Keras; PyTorch with "
            "batch_first=True, else the steps come first)",
        ),
        *_halves(width),
        Finding(
            f"a state of PyTorch: h_n of hidden_size {width}",
            f"{batch} = layers x directions, then the batch of {steps}, batch_first or not",
        ),
    ]


def _rank_2(shape: tuple[int | None, ...]) -> list[Finding]:
    batch, width = shape
    check = "" if width is None else f"lstminspect --units {width} --features 3"
    return [
        Finding(
            f"the output of a layer of {width} units without return_sequences",
            f"{_batch(batch)}, the output of the last time step alone: no axis of time is left",
            check,
        ),
        Finding(
            f"a state (h or c) of a layer of {width} units", f"{_batch(batch)}, {width} numbers"
        ),
        *_halves(width),
        Finding(
            "not the input of a recurrent layer",
            f"that has rank 3. Reshape to (batch, 1, {width}) for one step of {width} features, or "
            f"to (batch, {width}, 1) for {width} steps of one feature",
        ),
    ]


def _rank_1(shape: tuple[int | None, ...]) -> list[Finding]:
    width = shape[0]
    findings = [
        Finding("one vector without a batch", f"{width} numbers; add axes for batch and time")
    ]
    if width is not None:
        for gates, kind in ((4, "LSTM"), (3, "GRU with reset before")):
            if width % gates == 0:
                units = width // gates
                what = f"the bias of a {kind} of {units} units"
                findings.append(Finding(what, f"{width} = {gates} x {units}"))
    return findings


def _rank_4(_: tuple[int | None, ...]) -> list[Finding]:
    return [
        Finding(
            "one axis too many for a recurrent layer",
            "it takes (batch, timesteps, features). Lay the last two axes out flat, or map each "
            "step with TimeDistributed first",
        )
    ]


def _others(shape: tuple[int | None, ...]) -> list[Finding]:
    return [
        Finding("no tensor of a recurrent layer", f"those have rank 1 to 3, this has {len(shape)}")
    ]


def _several(shapes: list[tuple[int | None, ...]]) -> Explanation:
    """What a layer that returns several tensors is."""
    subject = " ".join(_written(shape) for shape in shapes)
    first, rest = shapes[0], shapes[1:]
    widths = {shape[-1] if len(shape) == 2 else None for shape in rest}
    answer = f"{len(shapes)} tensors."
    units = next(iter(widths)) if len(widths) == 1 else None
    if len(first) not in (2, 3) or units is None:
        finding = Finding("no set that one recurrent layer returns", "an output, then equal states")
        return Explanation(subject, answer, (finding,), 1)
    kinds = {1: "SimpleRNN or GRU", 2: "LSTM, or a bidirectional GRU", 4: "bidirectional LSTM"}
    kind = kinds.get(len(rest))
    time = "with return_sequences" if len(first) == 3 else "without return_sequences"
    if kind is None:
        finding = Finding("several layers", f"{len(rest)} states of {units} units")
    else:
        finding = Finding(
            f"{kind} of {units} units, return_state, {time}",
            f"the output {_written(first)}, then {len(rest)} states of {units}: an LSTM returns "
            "three tensors, output, h and c",
        )
    return Explanation(subject, answer, (finding,), 1)
