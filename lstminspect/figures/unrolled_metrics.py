"""The measures of a layer unrolled in time: what is shown of it, how wide, and with which words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lstminspect.figures.svg import lowered, text_width
from lstminspect.layer import DIRECTIONS, Layer, Weight
from lstminspect.sizes import Quantity, is_letter
from lstminspect.terms import get
from lstminspect.wording import number, shape

__all__ = ["ELLIPSIS", "SMALL", "STATE_ROW", "UnrolledMetrics", "batch_of", "time_first"]

MOST_STEPS, MOST_LAYERS = 5, 3
#: How far the rows of two directions are shifted, the height of a state, the width of "…".
SHIFT, STATE_ROW, ELLIPSIS = 44.0, 30.0, 34.0
SMALL = 11.0


def time_first(layer: Layer) -> bool:
    """Tell whether the framework, Keras if none is named, has the time before the batch."""
    timed = replace(layer, batch=2, timesteps=1, reset_after=None)
    return bool(get(layer.framework or "keras").inputs(timed)[0].shape[0] == 1)


def batch_of(layer: Layer) -> object:
    """The batch, or what the framework writes where it is left open.

    >>> batch_of(Layer("lstm", units=4, features=3, framework="pytorch"))
    'N'
    """
    shape = get(layer.framework or "keras").inputs(layer)[0].shape
    return shape[1 if time_first(layer) else 0]


@dataclass(frozen=True)
class UnrolledMetrics:
    """The coordinates from left to right, the sizes and the texts of an unrolled layer."""

    layer: Layer
    convention: str

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The signs of the time steps that are shown; an empty one for those left out."""
        steps = self.layer.timesteps
        if isinstance(steps, int) and steps <= MOST_STEPS:
            return tuple(str(step + 1) for step in range(steps))
        last = number(steps) if isinstance(steps, int) or is_letter(steps) else "T"
        return ("1", "2", "", last)

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """The layers that are shown, from 1; 0 for those left out."""
        layers = self.layer.layers
        if layers <= MOST_LAYERS:
            return tuple(range(1, layers + 1))
        return (1, 0, layers)

    @cached_property
    def batch(self) -> object:
        """The batch, or what stands for it in shapes."""
        return batch_of(self.layer)

    def mode(self, level: int) -> str | None:
        """The merge of a layer's two directions; None where they stay apart."""
        framework, last = self.layer.framework, level == self.layer.layers
        if last and framework is not None and get(framework).apart:
            return None
        return self.layer.merge_mode

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The text in a copy: the name of the cell, its units."""
        noun = "unit" if str(self.layer.units) == "1" else "units"
        return (self.layer.cell.name, f"{number(self.layer.units)} {noun}")

    @cached_property
    def width(self) -> float:
        """The width of a copy."""
        return max(96.0, *(text_width(name) + 20 for name in self.names))

    @cached_property
    def height(self) -> float:
        """The height of a copy: room for an arrow for each state."""
        return max(58.0, STATE_ROW * len(self.layer.cell.states) + 14)

    @cached_property
    def shift(self) -> float:
        """The distance of a copy of the backward row to the right of the forward row."""
        return SHIFT if self.layer.bidirectional else 0.0

    @cached_property
    def gap(self) -> float:
        """Between two copies: room for the names and shapes of the states."""
        labels = [text for step in (*self.steps, "0") for text in self.state_labels(step)]
        outputs = [text_width(text, SMALL) for text in self.output_labels(self.steps[-1])]
        longest = max((text_width(text, SMALL) for text in labels), default=40.0)
        return max(longest + 34 + self.shift, *outputs, 30 + max(outputs) - self.width)

    @cached_property
    def weights_width(self) -> float:
        """The width of the boxes of the weights."""
        rows = [
            row
            for level in self.levels
            for direction in DIRECTIONS
            for row in self.weight_rows(level or 1, direction)
        ]
        return max(text_width(row, SMALL) for row in rows) + 20

    @cached_property
    def start(self) -> float:
        """The left edge of the first copy."""
        return self.weights_width + self.gap

    @cached_property
    def lefts(self) -> tuple[float, ...]:
        """The left edge of each copy of the forward row."""
        lefts, left = [], self.start
        for step in self.steps:
            lefts.append(left)
            left += (self.width if step else ELLIPSIS) + self.gap
        return tuple(lefts)

    @property
    def right(self) -> float:
        """Where the last states end."""
        return self.lefts[-1] + self.width + self.shift + self.gap

    def state_labels(self, step: str) -> list[str]:
        """The states after a step, each with its shape."""
        sizes = self.layer.sizes
        return [
            f"{lowered(name)}_{{{step}}} {shape((self.batch, sizes[length]))}"
            for name, length in self.layer.cell.states.items()
        ]

    def output_labels(self, step: str) -> tuple[str, str]:
        """The output of a step, and its shape."""
        return f"h_{{{step}}}", shape((self.batch, self.layer.width))

    def weight_rows(self, level: int, direction: str) -> tuple[str, ...]:
        """The text on the one set of weights of a row of copies."""
        count = self.count(level, direction)
        which = f"layer {level}" if self.layer.layers > 1 else ""
        side = direction if self.layer.bidirectional else ""
        words = " ".join(word for word in (which, side) if word)
        head = f"one set of weights{', ' if words else ''}{words}"
        return (head, f"{number(count)} parameters", "the same at every step")

    def count(self, level: int, direction: str) -> Quantity:
        """The parameters of one layer in one direction."""

        def own(weight: Weight) -> bool:
            return weight.layer == level and weight.direction in (direction, "both")

        found = [weight for weight in self.layer.stored(self.convention).weights if own(weight)]
        counts = [
            weight.parameters // 2 if weight.direction == "both" else weight.parameters
            for weight in found
        ]
        return sum(counts[1:], counts[0]) if counts else 0

    def reversed(self, direction: str, level: int) -> bool:
        """Tell whether a row reads from the end of the sequence.

        A layer that goes backwards returns its sequence in the order it read it, so that the layer
        above, which goes backwards too, reads it in the order of time.
        """
        return (direction == "backward") != (self.layer.go_backwards and level % 2 == 1)

    def giving(self, direction: str, level: int) -> list[tuple[float, str]]:
        """The copies that give an output, by left edge and step: all shown, or the last to run."""
        found = [pair for pair in zip(self.lefts, self.steps, strict=True) if pair[1]]
        if self.layer.return_sequences or level < self.layer.layers:
            return found
        return found[:1] if self.reversed(direction, level) else found[-1:]

    def rise(self, level: int, between: float) -> float:
        """The height of a layer with the space above it; 0 stands for layers that are left out."""
        if not level:
            return between
        merging = self.height + between + 62 if self.layer.bidirectional else 0
        return between + self.height + merging + between / 2

    @property
    def entry(self) -> float:
        """Where an input rises, from the left edge of a forward copy."""
        return self.width + 22 if self.layer.bidirectional else self.width / 2

    def returned(self) -> str:
        """One row that says what a call returns."""
        if self.layer.framework is not None and get(self.layer.framework).every_step:
            tensors = get(self.layer.framework).returned(self.layer)
            return f"returned: {', '.join(f'{name} {shape(axes)}' for name, axes in tensors)}"
        shapes = [shape(sizes) for sizes in self.layer.output_shapes]
        many = 2 if self.layer.bidirectional and self.layer.merge_mode is None else 1
        what = "the output of every step" if self.layer.return_sequences else "the last output"
        if many == 2:
            what += " of each direction"
        text = f"returned: {' and '.join(shapes[:many])}, {what}"
        if self.layer.return_sequences and self.reversed("forward", self.layer.layers):
            text += ", in the order they are read"
        if states := shapes[many:]:
            text += f"; final states {', '.join(states)}"
        return text
