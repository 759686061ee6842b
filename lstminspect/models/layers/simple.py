"""Dense, Embedding, activations, dropout and others that keep the shape, Lambda.

Source of every shape and weight: keras/src/layers/{core,activations,regularization}, Keras 3.15.1.
"""

from __future__ import annotations

from lstminspect.costs.work import Work
from lstminspect.errors import OptionError
from lstminspect.formula import Product, Sum
from lstminspect.layer import Shape
from lstminspect.models.layers.merging import broadcast
from lstminspect.models.spec import LayerContext, LayerResult, Tensor, entries, same_shape
from lstminspect.sizes import is_letter

__all__ = [
    "activation",
    "dense",
    "embedding",
    "function",
    "functions",
    "opaque",
    "prelu",
    "shape_of",
    "text_vectorization",
    "unchanged",
    "weight",
]


def dense(context: LayerContext) -> LayerResult:
    """`output = activation(input @ kernel + bias)` over the last axis of an input of any rank."""
    shape = context.rank(2, at_least=True)
    units, features = context.size("units"), context.last()
    biased = context.flag("use_bias", True)
    output = (*shape[:-1], units)
    tensors = [Tensor("kernel", (features, units))]
    if biased:
        tensors.append(Tensor("bias", (units,), is_bias=True))
    product = Product(("features", "units"))
    return LayerResult(
        context.layer_type,
        (output,),
        tuple(tensors),
        _dense_work(
            output, features, biased, context.activation("activation", "linear") != "linear"
        ),
        formula=Sum((product, "units")) if biased else product,
        sizes={"features": str(features), "units": str(units)},
    )


def _dense_work(output: Shape, features: int, biased: bool, active: bool) -> Work | None:
    numbers = entries(output)
    if numbers is None:
        return None
    return Work(numbers * features, numbers * int(biased), 0, numbers * int(active))


def embedding(context: LayerContext) -> LayerResult:
    """A table with a row for each word: reading a row does not multiply."""
    vocabulary, width = context.size("input_dim"), context.size("output_dim")
    return LayerResult(
        context.layer_type,
        ((*context.shape, width),),
        (Tensor("embeddings", (vocabulary, width)),),
        formula=Product(("vocabulary", "width")),
        sizes={"vocabulary": str(vocabulary), "width": str(width)},
    )


def text_vectorization(context: LayerContext) -> LayerResult:
    """Texts as the numbers of their words; its table of words is not a weight."""
    batch = context.shape[0] if context.inputs else None
    length = context.get("output_sequence_length")
    if context.get("output_mode", "int") != "int":
        length = context.get("max_tokens")
    return LayerResult(context.layer_type, ((batch, length),))


def unchanged(context: LayerContext) -> LayerResult:
    """A layer that does nothing that counts when a model runs: dropout, masking, identity."""
    return same_shape(context)


def functions(context: LayerContext) -> LayerResult:
    """A layer that applies a function to every entry."""
    numbers = entries(context.shape)
    return same_shape(context, work=None if numbers is None else Work(functions=numbers))


def operation(context: LayerContext) -> LayerResult:
    """Arithmetic of a tensor with a number, or of two tensors: entry by entry."""
    shape = context.shape
    for other in context.inputs[1:]:
        shape = broadcast("The operation", shape, other)
    numbers = entries(shape)
    work = None if numbers is None else Work(elementwise=numbers)
    return LayerResult(context.layer_type, (shape,), work=work)


def activation(context: LayerContext) -> LayerResult:
    """The layer Activation, which needs the name of its function."""
    if context.activation("activation", "") == "" and context.get("activation") is None:
        raise OptionError(
            "Activation needs the name of a function, for example Activation('relu')."
        )
    return functions(context)


def prelu(context: LayerContext) -> LayerResult:
    """A rectifier with a trained slope for every entry, or for every channel."""
    shape = context.shape
    sizes = list(shape[1:])
    shared = context.get("shared_axes", ())
    for axis in shared if isinstance(shared, list | tuple) else (shared,):
        sizes[axis - 1] = 1  # As Keras counts: from 1, behind the batch.
    if any(size is None for size in sizes):
        raise OptionError("PReLU has a weight for every entry. Give shared_axes, or all sizes.")
    numbers = entries(shape)
    work = None if numbers is None else Work(functions=numbers)
    return same_shape(context, tensors=(Tensor("alpha", tuple(sizes)),), work=work)


def shape_of(context: LayerContext, value: object) -> Shape:
    """A shape without its batch, as `output_shape` gives it: one size or several."""
    sizes = value if isinstance(value, list | tuple) else (value,)
    if all(
        each is None or is_letter(each) or (isinstance(each, int) and each > 0) for each in sizes
    ):
        return (context.shape[0] if context.inputs else None, *sizes)
    raise OptionError(f"output_shape must be sizes without the batch, got {value!r}.")


def weight(context: LayerContext) -> LayerResult:
    """A weight that a class of the text makes, or an array that it begins with: no input."""
    shape = tuple(context.get("shape", ()))
    tensors = tuple(
        Tensor(name, sizes, trainable) for name, sizes, trainable in context.get("tensors", ())
    )
    return LayerResult(context.layer_type, (shape,), tensors)


def function(context: LayerContext) -> LayerResult:
    """A function of tensors, whose `shapes` say what it makes of those of its inputs."""
    shapes = context.config["shapes"](context.inputs)
    if shapes is None:
        return opaque(context)
    several = bool(shapes) and isinstance(shapes[0], tuple)
    numbers = entries(context.shape)
    work = None if numbers is None else Work(elementwise=numbers)
    outputs = tuple(shapes) if several else (tuple(shapes),)
    return LayerResult(context.layer_type, outputs, work=work)


def opaque(context: LayerContext) -> LayerResult:
    """A layer that nothing is known of: a Lambda, or one of the user's own."""
    if callable(context.get("shapes")) and context.layer_type == "Lambda" and context.inputs:
        found = context.config["shapes"](context.inputs)
        if found is not None:
            return LayerResult(context.layer_type, found, work=None)
    declared = context.get("output_shape")
    shapes = (shape_of(context, declared),) if isinstance(declared, int | list | tuple) else None
    tensors = tuple(Tensor(*each) for each in context.get("tensors", ()))
    alive = "tensors" in context.config
    known = "its weights are those it holds, its work" if alive else "its weights and work"
    note = f"opaque: its code is not run; {known} not counted"
    return LayerResult(context.layer_type, shapes, tensors, None, note=note, opaque=True)
