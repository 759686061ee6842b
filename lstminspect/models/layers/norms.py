"""Normalisation: what is trained, and what is only kept along.

Source: keras/src/layers/normalization, Keras 3.15.1. The work counts four operations an entry:
the mean out, the scale in, gain and shift.
"""

from __future__ import annotations

from lstminspect.costs.work import Work
from lstminspect.errors import OptionError
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerContext, LayerResult, Tensor, entries, same_shape

__all__ = ["batch_normalization", "layer_normalization", "rms_normalization", "unit_normalization"]

OPERATIONS = 4


def _work(context: LayerContext) -> Work | None:
    numbers = entries(context.shape)
    return None if numbers is None else Work(elementwise=OPERATIONS * numbers)


def _axes(context: LayerContext) -> Shape:
    """The sizes of the axes that have weights of their own."""
    axis = context.get("axis", -1)
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    shape = context.shape
    for each in axes:
        if not isinstance(each, int) or not -len(shape) <= each < len(shape):
            raise OptionError(f"axis must be an axis of {shape}, got {axis!r}.")
    sizes = tuple(shape[each] for each in axes)
    if None in sizes:
        raise OptionError(
            f"{context.layer_type} has weights along axis {axis!r}, which must be known."
        )
    return sizes


def batch_normalization(context: LayerContext) -> LayerResult:
    """Trains gamma and beta; keeps the moving mean and variance along, untrained."""
    sizes = _axes(context)
    tensors = [Tensor("gamma", sizes)] * context.flag("scale", True)
    tensors += [Tensor("beta", sizes, is_bias=True)] * context.flag("center", True)
    tensors += [
        Tensor("moving_mean", sizes, trainable=False),
        Tensor("moving_variance", sizes, trainable=False),
    ]
    return same_shape(context, tensors=tuple(tensors), work=_work(context))


def layer_normalization(context: LayerContext) -> LayerResult:
    """LayerNormalization and GroupNormalization: gamma and beta along the normalised axes."""
    sizes = _axes(context)
    tensors = [Tensor("gamma", sizes)] * context.flag("scale", True)
    tensors += [Tensor("beta", sizes, is_bias=True)] * context.flag("center", True)
    return same_shape(context, tensors=tuple(tensors), work=_work(context))


def rms_normalization(context: LayerContext) -> LayerResult:
    """A gain along the axis, and no shift."""
    return same_shape(context, tensors=(Tensor("scale", _axes(context)),), work=_work(context))


def unit_normalization(context: LayerContext) -> LayerResult:
    """Vectors brought to length 1: nothing is trained."""
    return same_shape(context, work=_work(context))
