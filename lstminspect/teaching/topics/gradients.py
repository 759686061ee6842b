"""`gradients`: back-propagation through time, with the numbers of a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted

__all__ = ["gradients"]

#: A layer with more parameters is not run for its numbers, and no sequence over more steps.
MOST_PARAMETERS, MOST_STEPS = 500_000, 200
#: The rows of the table.
ROWS = 8

SETUP = (
    "import lstminspect as li",
    "layer = li.Layer('rnn', units=1, features=1)",
    "weights, x = [[[1.0]], [[0.5]], [0.0]], [[[0.0], [0.0], [0.0]]]",
)


def gradients(layer: Layer) -> TopicAnswer:
    """Shares of a gradient that arrive at each step, whole and with a window."""
    answer = (
        "Training needs the gradient of the loss by every weight. Back-propagation through time "
        f"takes it from the last of {layer.timesteps:,} steps back to the first, and adds up what "
        "the same weights get at every step."
    )
    parts: list[Part] = [
        *_measured(layer),
        Prose(
            "At each step the equations are read backwards, from the last line to the first: a sum "
            "hands the gradient on to both sides, a product hands it on times the other side, "
            "sigmoid and tanh hand it on times their slope. What reaches the states goes on to the "
            "step before. For that the states of all steps are kept: that is the memory that "
            "training needs and running does not."
        ),
        Prose(
            "The states hand the gradient on times one factor a step. A factor below 1 makes it "
            "smaller at each step: the vanishing gradient. Early steps then change the weights "
            "hardly at all, so that what is far apart is not learned."
        ),
        Prose(
            "A long sequence is often cut into windows: truncated back-propagation through time. "
            "The states go on from one window to the next, the gradient does not go back. So each "
            "window costs the same, and nothing is learned from further back than its first step."
        ),
        Prose(
            "Source: Werbos 1990, Proceedings of the IEEE 78(10); Williams and Peng 1990, Neural "
            "Computation 2(4) (truncated); Pascanu et al. 2013, arXiv 1211.5063 (vanishing)."
        ),
        *counted(layer),
        _check("", "[0.25, 0.5, 1.0]"),
        _check(", window=2", "[0.0, 0.0, 1.0]"),
    ]
    return TopicAnswer(answer, parts)


def _check(option: str, gives: str) -> Snippet:
    """Lines with a state that halves what it holds, and so its gradient, at each step."""
    call = f"found = li.gradients(layer, weights, x{option})"
    return Snippet("python", (*SETUP, call, "print(found.inputs['x'].ravel().tolist())"), gives)


def _measured(layer: Layer) -> tuple[Part, ...]:
    """The table of a layer as it starts, the last step first."""
    steps, one = layer.timesteps, _one_way(layer)
    if one.parameters > MOST_PARAMETERS or steps > MOST_STEPS:
        small = f"{MOST_PARAMETERS:,} parameters over {MOST_STEPS:,} steps"
        return (Prose(f"The numbers of a layer come with at most {small}."),)
    window = max(1, (steps + 1) // 2)
    whole, cut = (_norms(one, steps, each) for each in (None, window))
    number = min(ROWS, steps)
    shown = sorted({round(at * (steps - 1) / max(1, number - 1)) for at in range(number)})
    rows = [
        (at, f"{whole[at]:.2g}", _share(whole[at], whole[-1]), _share(cut[at], whole[-1]))
        for at in reversed(shown)
    ]
    headers = ("step", "gradient by x", "of the last step", f"windows of {window:,}")
    return (
        Table("the loss adds up the last output", headers, rows, right=(0, 1, 2, 3)),
        Prose(
            "Steps count from 0. The gradient by x is the length of the gradient of the loss by "
            "the input of a step, for one layer in one direction with random inputs and "
            "the weights that it starts with (li.initial_weights). Training changes the weights, "
            "and these numbers with them."
        ),
    )


def _share(value: float, last: float) -> str:
    return f"{value / last:.2g}" if last else "0"


def _one_way(layer: Layer) -> Layer:
    """The first layer of a stack, forwards, with its last output alone."""
    return replace(
        layer,
        layers=1,
        bidirectional=False,
        merge_mode="concat",
        go_backwards=False,
        return_sequences=False,
        return_state=False,
        stateful=False,
        batch=None,
        batch_first=None,
    )


def _norms(layer: Layer, steps: int, window: int | None) -> list[float]:
    """The length of the gradient by the input of each step."""
    import numpy as np

    from lstminspect.runtime.run import gradients
    from lstminspect.weights.initial import initial_weights

    sampler = np.random.default_rng(0)
    inputs: dict[str, Any] = {"x": sampler.normal(size=(1, steps, layer.features))}
    for name, size in layer.cell.further_inputs.items():
        inputs[name] = sampler.normal(size=(1, steps, layer.sizes[size]))
    weights = initial_weights(layer, dtype=np.float64)
    found = gradients(layer, weights, inputs, window=window)
    return [float(each) for each in np.linalg.norm(found.inputs["x"][0], axis=-1)]
