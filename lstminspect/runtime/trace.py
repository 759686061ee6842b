"""Trace: every line of the equations at every step, as arrays, as a table, as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect.answer import table
from lstminspect.display import Answer
from lstminspect.errors import MissingFramework, OptionError, did_you_mean
from lstminspect.layer import DIRECTIONS, Layer, checked_layer
from lstminspect.runtime import interpreter
from lstminspect.runtime.arguments import dtype_of, read_arguments
from lstminspect.runtime.sequence import in_time
from lstminspect.weights.arrays import Array, Tensors
from lstminspect.weights.pack import blocks_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from lstminspect.names import ConventionName, State

__all__ = ["Trace", "trace"]


@dataclass(frozen=True)
class Trace(Answer):
    """The values of every line of a layer's equations, step by step.

    `values` holds an array (batch, timesteps, entries) for each line, in the order of time, by the
    names of `Layer.state_shapes`: `c`, `forward/c`, `layer_1/c`. `inputs` are those of the layer.
    """

    layer: Layer
    values: dict[str, Array] = field(repr=False)
    inputs: Array = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        """The values of the line called `name`. Raises OptionError if there is none."""
        if name not in self.values:
            near = did_you_mean(name, self.values)
            raise OptionError(
                f"no line is called {name!r}.{near} There are {', '.join(self.values)}."
            )
        return self.values[name]

    def rows(self, sequence: int = 0) -> list[tuple[str, int, int, float]]:
        """One row for each line, unit and step of one sequence: line, unit, step, value."""
        if not -len(self.inputs) <= sequence < len(self.inputs):
            raise OptionError(f"there are {len(self.inputs)} sequences, and none is {sequence}.")
        return [
            (name, unit, step, float(array[sequence, step, unit]))
            for name, array in self.values.items()
            for unit in range(array.shape[2])
            for step in range(array.shape[1])
        ]

    def table(self, name: str, sequence: int = 0, digits: int = 3) -> str:
        """The line called `name` of one sequence as text: a row per unit, a column per step."""
        array = self[name]
        if not -len(array) <= sequence < len(array):
            raise OptionError(f"there are {len(array)} sequences, and none is {sequence}.")
        rows = [
            (str(unit), *(f"{value:.{digits}f}" for value in array[sequence, :, unit]))
            for unit in range(array.shape[2])
        ]
        headers = (f"{name}: unit", *(f"t={step}" for step in range(array.shape[1])))
        return table(headers, rows, range(1, len(headers)))

    def plot(self, *names: str, sequence: int = 0) -> Any:
        """A heat map for each line: a row per unit, a column per time step. A matplotlib Figure.

        Without names every line is drawn. Raises MissingFramework if matplotlib is not there.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            hint = "pip install 'lstminspect[plot]'"
            raise MissingFramework(f"a heat map needs matplotlib: {hint}") from None
        chosen = names or tuple(self.values)
        arrays = [self[name][sequence].T for name in chosen]
        steps = self.inputs.shape[1]
        size = (max(4.0, 0.3 * steps + 2.5), sum(max(1.6, 0.12 * len(a) + 1) for a in arrays))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(chosen), 1, squeeze=False, sharex=True)[:, 0]
        for axis, name, array in zip(axes, chosen, arrays, strict=True):
            # One scale for a gate, 0 to 1; another, symmetric, for what can be negative.
            between = bool(np.nanmin(array) >= 0 and np.nanmax(array) <= 1)
            most = float(np.nanmax(np.abs(array))) or 1.0
            low, high = (0.0, 1.0) if between else (-most, most)
            colours = "viridis" if between else "RdBu"
            image = axis.imshow(
                array, aspect="auto", cmap=colours, vmin=low, vmax=high, interpolation="nearest"
            )
            axis.set_title(name, loc="left")
            axis.set_ylabel("unit")
            axis.yaxis.get_major_locator().set_params(integer=True)
            axis.xaxis.get_major_locator().set_params(integer=True)
            figure.colorbar(image, ax=axis)
        axes[-1].set_xlabel("time step")
        return figure


def trace(
    layer: Layer,
    weights: Tensors,
    x: ArrayLike,
    initial_state: State | None = None,
    mask: ArrayLike | None = None,
    lengths: ArrayLike | None = None,
    convention: ConventionName | None = None,
    dtype: DTypeLike | None = None,
    **inputs: ArrayLike,
) -> Trace:
    """Every named line of the equations at every step, for `x` (batch, timesteps, features).

    The arguments are those of `run`. The equations are run one operation at a time, by the plain
    interpreter. At a step that does not count, lines hold what was computed and thrown away.

    >>> layer = Layer("lstm", units=2, features=1)
    >>> weights = [np.ones((1, 8)), np.zeros((2, 8)), np.zeros(8)]
    >>> traced = trace(layer, weights, np.zeros((1, 3, 1)))
    >>> traced["f"].shape, float(traced["f"][0, 0, 0])
    ((1, 3, 2), 0.5)
    """
    layer = checked_layer(layer)
    blocks = blocks_of(layer, weights, convention, dtype)
    kind = dtype_of(blocks, dtype)
    call = read_arguments(layer, kind, x, initial_state, mask, lengths, inputs=inputs)
    values: dict[str, Array] = {}
    cell = layer.running_cell

    def one(
        number: int,
        given: Mapping[str, Array],
        states: dict[str, Array],
        skip: Array | None,
        wanted: bool,
    ) -> tuple[Array | None, Array, dict[str, Array]]:
        batch, steps = given["x"].shape[:2]
        seen: dict[str, list[Array]] = {line.name: [] for line in cell.lines}
        outputs, last = [], states.get("h", np.zeros((batch, layer.sizes[cell.width]), kind))
        for t in range(steps):
            now = {name: value[:, t] for name, value in given.items()}
            lines = interpreter.step(cell, blocks[number], now, states)
            for name, value in lines.items():
                width = layer.sizes[cell.lengths[name][0]] if cell.lengths[name] else 1
                seen[name].append(np.broadcast_to(value, (batch, width)))
            kept = np.zeros((batch, 1), bool) if skip is None else skip[:, t][:, None]
            states = {name: np.where(kept, old, lines[name]) for name, old in states.items()}
            last = np.where(kept, last, lines["h"])
            outputs.append(last)
        index, side = divmod(number, layer.directions)
        prefix = f"layer_{index + 1}/" if layer.layers > 1 else ""
        prefix += f"{DIRECTIONS[side]}/" if layer.bidirectional else ""
        backward = layer.go_backwards != bool(side)
        for name, steps_of in seen.items():
            if not steps_of:
                continue
            array = np.stack(steps_of, axis=1)
            values[f"{prefix}{name}"] = array[:, ::-1] if backward else array
        sequence = np.stack(outputs, axis=1) if outputs else np.empty((batch, 0, last.shape[-1]))
        return (sequence if wanted else None), last, states

    in_time(layer, call, one)
    return Trace(layer, values, call.inputs["x"])
