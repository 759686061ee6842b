"""Messages about convolutions and pooling: more window than there are time steps."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS"]


def _fits(steps: int | None, name: str) -> list[Finding]:
    small = "" if steps is None else f"at most {steps}"
    return [
        Finding(f"{name} {small}".strip(), "a window fits into the steps that are left"),
        Finding("padding='same'", "then as many steps come out as go in"),
        Finding("longer sequences, or fewer pooling layers", "each pooling halves the steps"),
        Finding("time steps on axis 1", "(batch, timesteps, features): not exchanged"),
    ]


def _keras(match: re.Match[str]) -> Answered:
    steps, window = read_sizes(match["input"])[1], read_sizes(match["kernel"])[0]
    return f"A window of {window} on {steps} time steps: nothing comes out.", _fits(
        steps, "kernel_size"
    )


def _pooled(match: re.Match[str]) -> Answered:
    sizes = read_sizes(match["input"])
    steps, window = (sizes[1] if len(sizes) > 1 else None), read_sizes(match["pool"])[0]
    return f"A window of {window} on {steps} time steps: nothing comes out.", _fits(
        steps, "pool_size"
    )


def _negative(match: re.Match[str]) -> Answered:
    window, steps = int(match["window"]), int(match["steps"])
    where = read_sizes(match["input"]) if match["input"] else ()
    shown = f" in {tuple(where)}" if where else ""
    return (
        f"A window of {window} on an axis of {steps}{shown}: nothing comes out.",
        [
            *_fits(steps, "kernel_size or pool_size"),
            Finding("channels last", "an image is (rows, columns, channels), not channels first"),
        ],
    )


KINDS = (
    MessageKind(
        r"Computed output size would be zero or negative\. Received `?inputs shape=(?P<input>"
        r"\([^)]*\))`?, `?kernel shape=(?P<kernel>\([^)]*\))",
        _keras,
    ),
    MessageKind(
        r"Computed output size would be zero or negative\. Received: `?inputs\.shape=(?P<input>"
        r"\[[^\]]*\])`?, `?pool_size=(?P<pool>\[[^\]]*\])",
        _pooled,
    ),
    MessageKind(
        r"Negative dimension size caused by subtracting (?P<window>\d+) from (?P<steps>\d+)"
        r"(?:.{0,200}?input shapes: (?P<input>\[[^\]]*\]))?",
        _negative,
    ),
    stated(
        r"could not create a descriptor for a (?:dilated )?(?:pooling|convolution)",
        "The window of a convolution or pooling is larger than what it is given.",
        ("a smaller kernel_size or pool_size", "at most as many as there are time steps"),
        ("padding='same'", "then as many steps come out as go in"),
    ),
    stated(
        r"Calculated padded input size per channel: \((?P<steps>[0-9 x]+)\)\. Kernel size: "
        r"\((?P<window>[0-9 x]+)\)",
        "A window of {window} on {steps} time steps: nothing comes out.",
        ("kernel_size at most {steps}", "a window fits into the steps that are left"),
        ("padding={window} // 2", "adds steps on both sides"),
        ("x.transpose(1, 2)", "nn.Conv1d takes (batch, channels, timesteps)"),
    ),
    stated(
        r"Expected 2D \(unbatched\) or 3D \(batched\) input to conv1d, but got input of size: "
        r"(?P<got>\[[^\]]*\])",
        "nn.Conv1d takes (batch, channels, timesteps), and {got} came.",
        ("x[None, None]", "adds batch and channel to one sequence of numbers"),
        ("x.transpose(1, 2)", "from (batch, timesteps, features)"),
    ),
    stated(
        r"expected 2D or 3D input \(got (?P<got>\d)D input\)",
        "nn.BatchNorm1d takes (batch, channels) or (batch, channels, timesteps), and rank {got} "
        "came.",
        ("x.transpose(1, 2)", "features on axis 1: the output of an LSTM has them last"),
        ("nn.LayerNorm(units)", "normalizes the last axis, as recurrent layers have it"),
    ),
    stated(
        r"Expected more than 1 value per channel when training, got input size "
        r"(?P<got>torch\.Size\([^)]*\))",
        "Batch normalization needs several sequences while it is trained, and {got} came.",
        ("DataLoader(..., drop_last=True)", "no last batch of one"),
        ("model.eval()", "where nothing is trained"),
    ),
)
