"""The picture of a layer in time: copies of one cell, one after the other, with one set of weights.

Time goes to the right, from the input at the bottom to the output at the top. Long sequences and
high stacks show their first and their last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from lstminspect.figures.svg import (
    Drawing,
    Label,
    Mark,
    Path,
    Rectangle,
    headed,
    stacked,
    svg,
    text_width,
)
from lstminspect.figures.unrolled_metrics import (
    ELLIPSIS,
    SMALL,
    STATE_ROW,
    UnrolledMetrics,
    batch_of,
    time_first,
)
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity, is_array
from lstminspect.terms import get
from lstminspect.wording import describe, number, shape

__all__ = ["drawing_of_layer", "layer_in_words", "svg_of_layer"]

#: The space between a row of copies and the next, for lines, and to the rail of its weights.
RISE, RAIL = 58.0, 16.0
#: The height of a row of inputs.
INPUT_ROW = 38.0


def svg_of_layer(layer: Layer, convention: str | None = None) -> str:
    """The layer unrolled in time as SVG, with the weights that `convention` stores.

    >>> svg_of_layer(Layer("lstm", units=64, features=3, timesteps=3))[:4]
    '<svg'
    """
    return svg(drawing_of_layer(layer, convention), describe(layer), layer_in_words(layer))


def layer_in_words(layer: Layer) -> str:
    """The picture in words: what goes in, what is kept, what comes out."""
    terms = get(layer.framework or "keras")
    outputs = ", ".join(shape(each.shape) for each in terms.returned(layer))
    states = ", ".join(
        f"{name} {shape((batch_of(layer), *sizes[1:]))}"
        for name, sizes in layer.state_shapes.items()
    )
    further = "".join(f" {text[:1].upper()}{text[1:]}." for text in _further_in_words(layer))
    return (
        f"The layer unrolled in time. Input {_input(layer)}: {_axes(layer)}.{further} "
        f"States {states or 'none'}. Returned: {outputs}. Every time step uses the same weights."
    )


def drawing_of_layer(layer: Layer, convention: str | None = None) -> Drawing:
    """The layer unrolled in time as shapes."""
    drawn = layer
    if layer.framework is not None and get(layer.framework).every_step:
        drawn = replace(layer, return_sequences=True)
    metrics = UnrolledMetrics(drawn, layer.stored(convention).name)
    head = headed(describe(layer), _intro(layer), max(620.0, metrics.right))
    return stacked([head, _unrolled(metrics)])


def _intro(layer: Layer) -> str:
    steps = "at every time step, however many there are"
    if layer.timesteps is not None:
        noun = "step" if str(layer.timesteps) == "1" else "steps"
        steps = f"at each of {number(layer.timesteps)} time {noun}"
    text = f"The same cell {steps}. An arrow carries one vector"
    batch = "for each sequence of the batch" if layer.batch is None else "for each of"
    count = "" if layer.batch is None else f" {number(layer.batch)} sequences"
    if layer.batch is not None and not is_array(layer.batch) and layer.batch == 1:
        batch, count = "for one sequence", ""
    start = "as the batch before left them" if layer.stateful else "as zeros"
    states = f" The states start {start}." if layer.state_shapes else ""
    return f"{text} {batch}{count}: (batch, numbers).{states}"


class _Tier(NamedTuple):
    """A row of copies: the bottom of its copies, how far right they stand, where inputs come from.

    Heights are counted downwards, and the input of the whole layer is at 0.
    """

    level: int
    direction: str
    bottom: float
    right: float
    inputs: float


def _unrolled(metrics: UnrolledMetrics) -> list[Mark]:
    """The copies and everything around them, from the bottom up."""
    shapes = list(_inputs(metrics))
    y = 0.0
    for level in metrics.levels:
        shapes += _level(metrics, level, y) if level else _left_out(metrics, y)
        y -= metrics.rise(level, RISE)
    return [*shapes, *_outputs(metrics, y)]


def _inputs(metrics: UnrolledMetrics) -> Iterator[Mark]:
    """The input of every step, below the first row."""
    layer = metrics.layer
    inputs = {"x": layer.features, **_further(layer)}
    for left, step in zip(metrics.lefts, metrics.steps, strict=True):
        if not step:
            yield Label(left + ELLIPSIS / 2, 14, "…", 15)
            continue
        for row, (name, size) in enumerate(inputs.items()):
            x, y = left + metrics.entry, row * INPUT_ROW
            yield Label(x, y + 14, f"{name}_{{{step}}}", 14, bold=True)
            yield Label(x, y + 32, shape((metrics.batch, size)), SMALL, "muted")
    y = (len(inputs) - 1) * INPUT_ROW + 58
    text = f"input: {_input(layer)} = ({_axes(layer)})"
    yield Label(metrics.start, y, text, 12, "ink", "start")
    for row, text in enumerate(_further_in_words(layer), start=1):
        yield Label(metrics.start, y + 18 * row, text, 12, "ink", "start")


def _input(layer: Layer) -> str:
    return shape(get(layer.framework or "keras").inputs(layer)[0].shape)


def _axes(layer: Layer) -> str:
    """The axes of the input in the order of the framework; Keras' if none is named."""
    return f"{'timesteps, batch' if time_first(layer) else 'batch, timesteps'}, features"


def _further(layer: Layer) -> dict[str, Quantity]:
    """The inputs of a step beside x, each with how many numbers it holds."""
    return {name: layer.sizes[size] for name, size in layer.cell.further_inputs.items()}


def _further_in_words(layer: Layer) -> Iterator[str]:
    """The shape of every input beside x, and which layers it goes into."""
    into = "" if layer.layers == 1 else ", into every layer"
    for name, size in _further(layer).items():
        yield f"input {name}: {shape((layer.batch, layer.timesteps, size))}{into}"


def _left_out(metrics: UnrolledMetrics, y: float) -> Iterator[Mark]:
    """The place of the layers that are not shown."""
    number_out = metrics.layer.layers - 2
    text = f"{number_out:,} more layers like these, each with weights of its own"
    for left, step in zip(metrics.lefts, metrics.steps, strict=True):
        if step:
            x = left + metrics.entry
            yield Path(((x, y), (x, y - 12)))
    yield Label(metrics.start, y - 24, text, 12, "muted", "start")


def _level(metrics: UnrolledMetrics, level: int, y: float) -> Iterator[Mark]:
    """One layer whose inputs rise from `y`."""
    forward = _Tier(level, "forward", y - RISE, 0.0, y)
    yield from _row(metrics, forward)
    if not metrics.layer.bidirectional:
        top = forward.bottom - metrics.height
        for left, _ in metrics.giving("forward", level):
            x = left + metrics.width / 2
            end = y - metrics.rise(level, RISE)
            yield Path(((x, top), (x, end)), "line", arrow=level == metrics.layer.layers)
        return
    bottom = forward.bottom - metrics.height - RISE
    backward = _Tier(level, "backward", bottom, metrics.shift, y)
    yield from _row(metrics, backward)
    yield from _merged(metrics, forward, backward)


def _row(metrics: UnrolledMetrics, tier: _Tier) -> Iterator[Mark]:
    """One row of copies with its states, its inputs and the rail of its weights."""
    yield from _weights(metrics, tier)
    for left, step in zip(metrics.lefts, metrics.steps, strict=True):
        start, y = left + tier.right, tier.bottom - metrics.height / 2
        if not step:
            yield Label(start + ELLIPSIS / 2, y, "…", 18)
            continue
        yield _fed(metrics, tier, left)
        yield Rectangle(
            start, tier.bottom - metrics.height, metrics.width, metrics.height, "copy", 6
        )
        middle = start + metrics.width / 2
        yield Label(middle, y - 9, metrics.names[0], 14, bold=True)
        yield Label(middle, y + 10, metrics.names[1], SMALL)
    yield from _states(metrics, tier)


def _weights(metrics: UnrolledMetrics, tier: _Tier) -> Iterator[Mark]:
    """The one set of weights of a row, tied to every copy."""
    rail, rows = tier.bottom + RAIL, metrics.weight_rows(tier.level, tier.direction)
    wide, height = metrics.weights_width, 18 * len(rows) + 12
    yield Rectangle(0, rail - height + 10, wide, height, "tie-box", 4)
    for order, row in enumerate(rows):
        y = rail - height + 25 + 18 * order
        yield Label(wide / 2, y, row, SMALL, bold=order == 1)
    ends = [
        left + tier.right + 16
        for left, step in zip(metrics.lefts, metrics.steps, strict=True)
        if step
    ]
    yield Path(((wide, rail), (ends[-1], rail)), "tie")
    for x in ends:
        yield Path(((x, rail), (x, tier.bottom)), "tie", arrow=True)


def _fed(metrics: UnrolledMetrics, tier: _Tier, left: float) -> Path:
    """The line from an input to a copy; of two directions the forward one takes a branch of it."""
    x, look = left + metrics.entry, "input" if tier.level == 1 else "line"
    if metrics.layer.bidirectional and tier.direction == "forward":
        middle, branch = left + metrics.width / 2, tier.inputs - 14
        return Path(((x, branch), (middle, branch), (middle, tier.bottom)), look, arrow=True)
    return Path(((x, tier.inputs), (x, tier.bottom)), look, arrow=True)


def _states(metrics: UnrolledMetrics, tier: _Tier) -> Iterator[Mark]:
    """The states between the copies, with their shapes, and those that are returned."""
    backwards = metrics.reversed(tier.direction, tier.level)
    spans = [
        (left + tier.right, left + tier.right + (metrics.width if step else ELLIPSIS), step)
        for left, step in zip(metrics.lefts, metrics.steps, strict=True)
    ]
    before, after = spans[0][0] - metrics.gap + 8, spans[-1][1] + metrics.gap - 8
    pairs = list(pairwise([(before, before, "0"), *spans, (after, after, "0")]))
    if not metrics.layer.return_state:
        pairs = pairs[1:] if backwards else pairs[:-1]
    for (_, start, earlier), (end, _, later) in pairs:
        ends, step = ((end, start), later) if backwards else ((start, end), earlier)
        # On the one side of a gap the inputs and outputs of the other direction pass.
        aside = 0 if not metrics.shift else -15 if tier.right else 15
        yield from _between(metrics, tier, ends, sum(ends) / 2 + aside, step)


def _between(
    metrics: UnrolledMetrics, tier: _Tier, ends: tuple[float, float], x: float, step: str
) -> Iterator[Mark]:
    """The states from one copy to the next; `step` is that of the copy they come from."""
    labels = metrics.state_labels(step)
    middle = tier.bottom - metrics.height / 2 - STATE_ROW * (len(labels) - 1) / 2
    for order, label in enumerate(labels):
        y = middle + STATE_ROW * order + 6
        yield Path(((ends[0], y), (ends[1], y)), "state", arrow=True)
        if step:
            yield Label(x, y - 10, label, SMALL, "muted")


def _merged(metrics: UnrolledMetrics, forward: _Tier, backward: _Tier) -> Iterator[Mark]:
    """The two directions of one layer put together above its rows."""
    level, mode = forward.level, metrics.mode(forward.level)
    lower, top = forward.bottom - metrics.height, backward.bottom - metrics.height
    end = forward.inputs - metrics.rise(level, RISE)
    sides = (metrics.giving(side, level) for side in ("forward", "backward"))
    for (left, _), (other, _) in zip(*sides, strict=True):
        x, back = left + 22, other + metrics.shift + metrics.width / 2
        if mode is None:
            yield Path(((x, lower), (x, end)), "line", arrow=True)
            yield Path(((back, top), (back, end)), "line", arrow=True)
            continue
        box, middle = left + metrics.shift + metrics.width / 2, top - 50
        wide = text_width(mode) + 20
        yield Path(((x, lower), (x, middle), (box - wide / 2, middle)), "line", arrow=True)
        bent = ((back, top - 16), (box, top - 16)) if back != box else ()
        yield Path(((back, top), *bent, (box, middle + 13)), "line", arrow=True)
        yield Rectangle(box - wide / 2, middle - 13, wide, 26, "box", 13)
        yield Label(box, middle, mode, 13)
        yield _risen(metrics, level, (box, middle - 13), (left + metrics.entry, end))


def _risen(
    metrics: UnrolledMetrics, level: int, start: tuple[float, float], entry: tuple[float, float]
) -> Path:
    """From what was merged to the top, or to where the layer above takes its input."""
    (x, _), (to, end) = start, entry
    if level == metrics.layer.layers:
        return Path((start, (x, end)), "line", arrow=True)
    return Path((start, (x, end + 6), (to, end + 6), (to, end)))


def _outputs(metrics: UnrolledMetrics, y: float) -> Iterator[Mark]:
    """The outputs of the layer, above everything."""
    apart = metrics.layer.bidirectional and metrics.mode(metrics.layer.layers) is None
    for side in ("forward", "backward") if apart else ("forward",):
        for left, step in metrics.giving(side, metrics.layer.layers):
            to_left = apart and side == "forward"
            x = left + (22 if to_left else metrics.width / 2 + metrics.shift)
            first, second = metrics.output_labels(step)
            yield Label(x, y - 14 if apart else y - 28, first, 14, bold=True)
            if not apart:
                yield Label(x, y - 11, second, SMALL, "muted")
    yield Label(metrics.start, y - 52, metrics.returned(), 12, "ink", "start")
