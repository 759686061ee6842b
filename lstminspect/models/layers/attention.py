"""Attention: the two products of queries, keys and values, and what is trained around them.

Source: keras/src/layers/attention, Keras 3.15.1.
"""

from __future__ import annotations

from lstminspect.costs.work import Work
from lstminspect.errors import OptionError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerContext, LayerResult, Tensor, known
from lstminspect.sizes import differ, is_letter, product

__all__ = ["additive_attention", "attention", "multi_head_attention"]


def _three(context: LayerContext) -> tuple[Shape, Shape, Shape]:
    """Query, value and key; the value is the key too where none is given."""
    if len(context.inputs) not in (2, 3):
        raise ShapeError(
            f"{context.layer_type} takes a list of query and value, and a key if you like."
        )
    query, value, key = (*context.inputs, context.inputs[1])[:3]
    for shape in (query, value, key):
        if len(shape) != 3:
            raise ShapeError(
                f"{context.layer_type} takes (batch, steps, width), got {shape}: expected ndim=3, "
                f"found ndim={len(shape)}."
            )
    return query, value, key


def _work(context: LayerContext, per_score: int) -> Work | None:
    """Scores of every query with every key, and values summed by them."""
    query, value, _ = _three(context)
    batch = 1 if query[0] is None else query[0]
    if not known(query[1], value[1], query[2], value[2]):
        return None
    scores = product([batch, query[1], value[1]])
    # A score is a product of two vectors, or a sum of tanh, which is none.
    width = query[2] if not per_score else 0
    functions = scores * (1 + (query[2] if per_score else 0))
    macs = scores * (width + value[2])
    return Work(macs=macs, elementwise=scores * per_score, functions=functions)


def attention(context: LayerContext) -> LayerResult:
    """Dot-product attention; with `use_scale` one number is trained, with 'concat' another."""
    query, value, key = _three(context)
    if known(query[2], key[2]) and differ(query[2], key[2]):
        raise ShapeError(f"Attention needs query and key of one width, got {query} and {key}.")
    concat = context.choice("score_mode", "dot", ("dot", "concat")) == "concat"
    tensors = [Tensor("scale", ())] * context.flag("use_scale", False)
    tensors += [Tensor("concat_score_weight", ())] * concat
    outputs = _with_scores(context, query, value)
    per_score = 2 * query[2] if concat and query[2] is not None else 0
    return LayerResult(context.layer_type, outputs, tuple(tensors), _work(context, per_score))


def _with_scores(context: LayerContext, query: Shape, value: Shape) -> tuple[Shape, ...]:
    """The output, and the scores where the call asks for them."""
    asked = context.options.get("return_attention_scores") is True
    scores = [(query[0], query[1], value[1])] if asked else []
    return ((*query[:2], value[2]), *scores)


def additive_attention(context: LayerContext) -> LayerResult:
    """Scores from the sum of query and key and a trained vector: no product of matrices there."""
    query, value, key = _three(context)
    width = key[2]
    if width is None:
        raise ShapeError("AdditiveAttention needs the width of its key.")
    tensors = (Tensor("scale", (width,)),) * context.flag("use_scale", True)
    return LayerResult(
        context.layer_type, _with_scores(context, query, value), tensors, _work(context, 2 * width)
    )


def multi_head_attention(context: LayerContext) -> LayerResult:
    """Projections of query, key and value for every head, the heads' attention, one back."""
    query, value, key = _three(context)
    heads, width = context.size("num_heads"), context.size("key_dim")
    value_width = context.size("value_dim", width)
    axes = context.get("attention_axes", 1)
    if axes not in (1, (1,)):
        raise OptionError(f"MultiHeadAttention is known along the time axis, 1, got {axes!r}.")
    shown = context.get("output_shape", query[2])
    if isinstance(shown, list | tuple) and len(shown) == 1:
        shown = shown[0]
    whole = is_letter(shown) or (isinstance(shown, int) and shown > 0)
    if shown is not None and not whole:
        raise OptionError(f"output_shape must be one width here, got {shown!r}.")
    if context.get("use_gate"):
        raise OptionError("MultiHeadAttention is known without use_gate.")
    biased = context.flag("use_bias", True)
    sides = (
        ("query", query, (heads, width)),
        ("key", key, (heads, width)),
        ("value", value, (heads, value_width)),
    )
    tensors = []
    for name, shape, inner in sides:
        tensors.append(Tensor(f"{name}/kernel", (shape[2], *inner)))
        tensors += [Tensor(f"{name}/bias", inner, is_bias=True)] * biased
    tensors.append(Tensor("attention_output/kernel", (heads, value_width, shown)))
    tensors += [Tensor("attention_output/bias", (shown,), is_bias=True)] * biased
    if any(size is None for tensor in tensors for size in tensor.shape):
        raise ShapeError("MultiHeadAttention needs the width of query, key and value.")
    work = None
    if known(query[1], value[1]):
        work = _heads_work(query, value, (heads, width, value_width), tensors)
    scores = [(query[0], heads, query[1], value[1])] * bool(
        context.options.get("return_attention_scores")
    )
    return LayerResult(context.layer_type, ((*query[:-1], shown), *scores), tuple(tensors), work)


def _heads_work(
    query: Shape, value: Shape, sizes: tuple[int, int, int], tensors: list[Tensor]
) -> Work:
    heads, width, value_width = sizes
    batch = 1 if query[0] is None else query[0]
    work = Work()
    for tensor in tensors:
        reads_value = tensor.name.startswith(("key", "value"))
        places = batch * (value[1] if reads_value else query[1])
        one = Work(bias_adds=tensor.parameters) if tensor.is_bias else Work(macs=tensor.parameters)
        work = work + one * places
    scores = batch * heads * query[1] * value[1]
    return work + Work(macs=scores * (width + value_width), elementwise=scores, functions=scores)
