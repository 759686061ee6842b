"""A layer: a cell in time with its options, and the table of them."""

from lstminspect.layer.layer import MOST_LAYERS, Layer, checked_layer
from lstminspect.layer.options import FUNCTION_OPTIONS, MERGE_MODES, OPTIONS, SIZES, Option
from lstminspect.stored import DIRECTIONS, Shape, Weight

__all__ = [
    "DIRECTIONS",
    "FUNCTION_OPTIONS",
    "MERGE_MODES",
    "MOST_LAYERS",
    "OPTIONS",
    "SIZES",
    "Layer",
    "Option",
    "Shape",
    "Weight",
    "checked_layer",
]
