"""TimeDistributed: a layer on every time step, with one set of weights.

Source: keras/src/layers/rnn/time_distributed.py, Keras 3.15.1.
"""

from __future__ import annotations

from dataclasses import replace

from lstminspect.errors import OptionError
from lstminspect.models.spec import LayerContext, LayerResult, LayerSpec

__all__ = ["time_distributed"]


def time_distributed(context: LayerContext) -> LayerResult:
    """The wrapped layer at every time step: its parameters once, its work as often."""
    wrapped = context.config.get("layer")
    if not isinstance(wrapped, LayerSpec):
        raise OptionError("TimeDistributed needs a layer, for example TimeDistributed(Dense(10)).")
    batch, steps, *rest = context.rank(3, at_least=True)
    result = context.build(wrapped, ((batch, *rest),), {})
    work = None if result.work is None or steps is None else result.work * steps
    outputs = None
    if result.outputs is not None:
        outputs = tuple((shape[0], steps, *shape[1:]) for shape in result.outputs)
    inner = ((wrapped.name or wrapped.layer_type.lower(), replace(result, work=work)),)
    return LayerResult(context.layer_type, outputs, work=work, inner=inner, opaque=result.opaque)
