"""Bodies of the image models of keras.applications (`include_top=False`), each as one layer.

Parameters, trainable ones and channels were counted by Keras 3.15.1; `tests/models` counts one of
them again. The last axis of space is a 32nd of the image, rounded down or up.
"""

from __future__ import annotations

from typing import NamedTuple

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerContext, LayerResult, Tensor, shape_text
from lstminspect.sizes import is_letter, plain

__all__ = ["BODIES", "body"]

REDUCES = 32


class Body(NamedTuple):
    """The parameters of an image model without its top, its channels, the rounding of its space."""

    parameters: int
    trainable: int
    channels: int
    rounds_up: bool = False
    #: Rows that convolutions without padding take away.
    margin: int = 0


BODIES = {
    "VGG16": Body(14_714_688, 14_714_688, 512),
    "VGG19": Body(20_024_384, 20_024_384, 512),
    "ResNet50": Body(23_587_712, 23_534_592, 2048, True),
    "ResNet101": Body(42_658_176, 42_552_832, 2048, True),
    "ResNet50V2": Body(23_564_800, 23_519_360, 2048, True),
    "InceptionV3": Body(21_802_784, 21_768_352, 2048, margin=43),
    "InceptionResNetV2": Body(54_336_736, 54_276_192, 1536, margin=43),
    "Xception": Body(20_861_480, 20_806_952, 2048, True),
    "MobileNet": Body(3_228_864, 3_206_976, 1024),
    "MobileNetV2": Body(2_257_984, 2_223_872, 1280),
    "DenseNet121": Body(7_037_504, 6_953_856, 1024),
    "EfficientNetB0": Body(4_049_571, 4_007_548, 1280),
    "NASNetMobile": Body(4_269_716, 4_232_978, 1056, True),
    "MobileNetV3Small": Body(939_120, 927_008, 576),
}


def body(context: LayerContext) -> LayerResult:
    """The features of an image: `(batch, rows, columns, channels)`, or one vector if pooled."""
    found = BODIES[context.layer_type]
    shape = context.rank(4)
    if shape[-1] not in (3, None) and not is_letter(shape[-1]):
        name = context.layer_type
        raise ShapeError(f"{name} takes images of 3 channels, got {shape_text(shape)}.")
    space: Shape = tuple(_reduced(size, found) for size in shape[1:3])
    pooled = context.get("pooling") in ("avg", "max")
    output = (shape[0], *(() if pooled else space), found.channels)
    rest = found.parameters - found.trainable
    tensors = [Tensor("weights", (found.trainable,))]
    tensors += [Tensor("kept along", (rest,), trainable=False)] * bool(rest)
    note = "its parameters are known as a whole; its work is not counted"
    return LayerResult(context.layer_type, (output,), tuple(tensors), None, note=note)


def _reduced(size: int | None, found: Body) -> int | None:
    if size is None:
        return None
    wide = -(-size // REDUCES) if found.rounds_up else (size - found.margin) // REDUCES
    places: int = plain(wide)
    return places
