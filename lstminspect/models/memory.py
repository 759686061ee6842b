"""The bytes that a whole model needs on a small machine: weights in flash, tensors in RAM.

A tensor is in RAM from the call that makes it to the last call that reads it. RAM is that of the
call at which most is there, and the states of all recurrent layers, which stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from lstminspect.costs.cost import Dtype, dtype_of
from lstminspect.costs.needs import SCALE, Call, Needs, needs_of, scales_of
from lstminspect.errors import OptionError
from lstminspect.layer import Layer, Shape
from lstminspect.models.graph import INPUT
from lstminspect.models.spec import LayerResult, Row, entries

if TYPE_CHECKING:
    from lstminspect.names import DtypeName

__all__ = ["calls", "needs_of_rows", "recurrent_layers", "row_bytes"]

#: Layer types whose output is their input: the same bytes, or gone when the model runs.
SAME_BYTES = (
    "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D", "ActivityRegularization", "Identity", "Flatten",
    "Reshape",
)  # fmt: skip
#: Bytes of an index, which is not quantized: int32.
INDEX = 4

Rows: TypeAlias = Sequence[Row]


def needs_of_rows(rows: Rows, dtype: DtypeName) -> Needs:
    """The bytes that a model needs for one batch, or for one sequence where that is open.

    Raises OptionError where a layer is opaque, or a size is not known.
    """
    most = max(calls(rows, dtype), key=lambda call: call.ram)
    width = dtype_of(dtype)
    return Needs(
        weights=sum(row_bytes(row, width) for row in rows),
        scales=sum(_scales(row.part, dtype) for row in rows if row.first),
        states=sum(needs_of(layer, dtype).states for _, layer in recurrent_layers(rows)),
        step=most.step,
        buffers=most.buffers,
    )


def row_bytes(row: Row, width: Dtype) -> int:
    """Bytes of the weights of a row; none of a layer that was called before."""
    tensors = row.part.every_tensor if row.first else ()
    return sum(each.parameters * (width.bias if each.is_bias else width.weight) for each in tensors)


def recurrent_layers(rows: Rows) -> tuple[tuple[str, Layer], ...]:
    """Every recurrent layer by its name, those inside others too, once."""
    return tuple(found for row in rows if row.first for found in _layers(row.name, row.part))


def _layers(name: str, part: LayerResult) -> Iterator[tuple[str, Layer]]:
    if part.layer is not None:
        yield name, part.layer
    for inner, result in part.inner:
        yield from _layers(f"{name}/{inner}", result)


def calls(rows: Rows, dtype: DtypeName) -> tuple[Call, ...]:
    """The bytes at every call, in order. Raises OptionError as `needs_of_rows` does."""
    for row in rows:
        if row.part.opaque:
            raise OptionError(
                f"the bytes of {row.name} are not known: nothing is known of the layer. Put a "
                "layer of Keras in its place."
            )
    width = dtype_of(dtype)
    tensors = _tensors(rows, width)
    found = []
    for at, row in enumerate(rows):
        layers = [layer for _, layer in _layers(row.name, row.part)]
        live = sum(each.size for each in tensors if each.first <= at <= each.last)
        flash = row_bytes(row, width) + (_scales(row.part, dtype) if row.first else 0)
        # The two directions of a layer run one after the other.
        step = max((needs_of(layer, dtype).step for layer in layers), default=0)
        found.append(Call(row.name, flash, step, live + _not_returned(row.part, layers, width)))
    return tuple(found)


class _Tensor:
    """The output of a call: its bytes, the call that makes it, the last one that reads it."""

    def __init__(self, size: int, first: int) -> None:
        self.size, self.first, self.last = size, first, -1


def _tensors(rows: Rows, width: Dtype) -> list[_Tensor]:
    """The tensor of every call. One that no call reads is an output of the model, and stays."""
    made: dict[str, _Tensor] = {}
    tensors = []
    for at, row in enumerate(rows):
        sources = [made[name] for name in row.reads if name in made]
        for source in sources:
            source.last = at
        if row.layer_type in SAME_BYTES and sources:
            made[row.name] = sources[0]
            continue
        sizes = (_bytes(rows, row, shape, width.output) for shape in row.part.outputs or ())
        made[row.name] = _Tensor(sum(sizes), at)
        tensors.append(made[row.name])
    for each in tensors:
        each.last = len(rows) - 1 if each.last < 0 else each.last
    return tensors


def _bytes(rows: Rows, row: Row, shape: Shape, width: int) -> int:
    count = entries(shape)
    if count is None:
        raise OptionError(
            f"the bytes of {row.name} need every size, and {shape} leaves one open. Give the time "
            "steps: timesteps=30."
        )
    readers = [each.layer_type for each in rows if row.name in each.reads]
    return count * (INDEX if row.layer_type == INPUT and "Embedding" in readers else width)


def _not_returned(part: LayerResult, layers: Sequence[Layer], width: Dtype) -> int:
    """Bytes of the steps that layers write and `part` does not return: all of a layer inside it."""
    every = (replace(layer, return_sequences=True).output_shapes[0] for layer in layers)
    written = sum(entries(shape) or 0 for shape in every)
    returned = 0 if part.layer is None else entries(part.layer.output_shapes[0])
    return (written - (returned or 0)) * width.output


def _scales(part: LayerResult, dtype: DtypeName) -> int:
    """Bytes of the scales of a layer and of those in it."""
    if dtype != "int8":
        return 0
    own = SCALE * len(part.tensors) if part.layer is None else scales_of(part.layer, dtype)
    return own + sum(_scales(inner, dtype) for _, inner in part.inner)
