"""The bytes that a layer needs on a small machine, when a runtime such as TensorFlow Lite runs it.

Flash holds the weights and, in int8, the scales. RAM holds the states, one value of each line of
the equations, and the input and the output of every time step: TensorFlow Lite's LSTM writes all
steps, also where the last alone is returned (measured with TensorFlow 2.21).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from lstminspect.costs.cost import cost
from lstminspect.layer import Layer

if TYPE_CHECKING:
    from lstminspect.names import DtypeName

__all__ = ["SCALE", "Call", "Needs", "needs_of", "scales_of"]

#: A scale (float32) and a zero point (int64) of one int8 tensor: `QuantizationParameters` of
#: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
SCALE = 4 + 8


@dataclass(frozen=True)
class Needs:
    """Bytes: `weights` and `scales` in flash; `states`, `step` and `buffers` in RAM.

    `step` is one value of each line of the equations, `buffers` the input and the outputs that are
    there at one time.
    """

    weights: int
    scales: int
    states: int
    step: int
    buffers: int

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.weights + self.scales

    @property
    def ram(self) -> int:
        """Bytes of RAM."""
        return self.states + self.step + self.buffers


class Call(NamedTuple):
    """Bytes at one call of a layer: of flash its own, of RAM all that is there while it runs.

    The states, which stay, are not among them.
    """

    name: str
    flash: int
    step: int
    buffers: int

    @property
    def ram(self) -> int:
        """Bytes of RAM while it runs, without the states."""
        return self.step + self.buffers


def needs_of(layer: Layer, dtype: DtypeName) -> Needs:
    """The bytes that `layer` needs for one sequence or its batch; for one step if none is known.

    >>> needs_of(Layer("lstm", units=64, features=3, timesteps=30), "int8")
    Needs(weights=18176, scales=144, states=192, step=512, buffers=2010)
    """
    whole = replace(layer, timesteps=layer.timesteps or 1, return_sequences=True)
    held = cost(whole, dtype=dtype).bytes
    return Needs(held.weights, scales_of(layer, dtype), held.states, held.step, held.sequences or 0)


def scales_of(layer: Layer, dtype: DtypeName) -> int:
    """Bytes of the scales: one for each matrix and bias of each gate, which are tensors there."""
    blocks = len(tuple(layer.stored().blocks))
    return SCALE * blocks * layer.layers * layer.directions if dtype == "int8" else 0
