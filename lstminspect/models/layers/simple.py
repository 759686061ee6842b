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

__all__ = [
    "activation",
    "dense",
    "embedding",
    "functions",
    "opaque",
    "prelu",
    "shape_of",
    "unchanged",
]


def dense(given: LayerContext) -> LayerResult:
    """`output = activation(input @ kernel + bias)` over the last axis of an input of any rank."""
    shape = given.rank(2, at_least=True)
    units, features = given.size("units"), given.last()
    biased = given.flag("use_bias", True)
    output = (*shape[:-1], units)
    tensors = [Tensor("kernel", (features, units))]
    if biased:
        tensors.append(Tensor("bias", (units,), is_bias=True))
    product = Product(("features", "units"))
    return LayerResult(
        given.kind,
        (output,),
        tuple(tensors),
        _dense_work(output, features, biased, given.activation("activation", "linear") != "linear"),
        formula=Sum((product, "units")) if biased else product,
        sizes={"features": str(features), "units": str(units)},
    )


def _dense_work(output: Shape, features: int, biased: bool, active: bool) -> Work | None:
    numbers = entries(output)
    if numbers is None:
        return None
    return Work(numbers * features, numbers * biased, 0, numbers * active)


def embedding(given: LayerContext) -> LayerResult:
    """A table with a row for each word: reading a row is no multiplication."""
    vocabulary, width = given.size("input_dim"), given.size("output_dim")
    return LayerResult(
        given.kind,
        ((*given.shape, width),),
        (Tensor("embeddings", (vocabulary, width)),),
        formula=Product(("vocabulary", "width")),
        sizes={"vocabulary": str(vocabulary), "width": str(width)},
    )


def unchanged(given: LayerContext) -> LayerResult:
    """A layer that does nothing that counts when a model runs: dropout, masking, identity."""
    return same_shape(given)


def functions(given: LayerContext) -> LayerResult:
    """A layer that applies a function to every entry."""
    numbers = entries(given.shape)
    return same_shape(given, work=None if numbers is None else Work(functions=numbers))


def operation(given: LayerContext) -> LayerResult:
    """Arithmetic of a tensor with a number, or of two tensors: entry by entry."""
    shape = given.shape
    for other in given.inputs[1:]:
        shape = broadcast("The operation", shape, other)
    numbers = entries(shape)
    work = None if numbers is None else Work(elementwise=numbers)
    return LayerResult(given.kind, (shape,), work=work)


def activation(given: LayerContext) -> LayerResult:
    """The layer Activation, which needs the name of its function."""
    if given.activation("activation", "") == "" and given.get("activation") is None:
        raise OptionError("Activation needs the name of a function, as Activation('relu').")
    return functions(given)


def prelu(given: LayerContext) -> LayerResult:
    """A rectifier with a trained slope for every entry, or for every channel."""
    shape = given.shape
    sizes = list(shape[1:])
    shared = given.get("shared_axes", ())
    for axis in shared if isinstance(shared, list | tuple) else (shared,):
        sizes[axis - 1] = 1  # As Keras counts: from 1, behind the batch.
    if any(size is None for size in sizes):
        raise OptionError("PReLU has a weight for every entry. Give shared_axes, or all sizes.")
    numbers = entries(shape)
    work = None if numbers is None else Work(functions=numbers)
    return same_shape(given, tensors=(Tensor("alpha", tuple(sizes)),), work=work)


def shape_of(given: LayerContext, value: object) -> Shape:
    """A shape without its batch, as `output_shape` gives it: one size or several."""
    sizes = value if isinstance(value, list | tuple) else (value,)
    if all(each is None or (isinstance(each, int) and each > 0) for each in sizes):
        return (given.shape[0] if given.inputs else None, *sizes)
    raise OptionError(f"output_shape must be sizes without the batch, got {value!r}.")


def opaque(given: LayerContext) -> LayerResult:
    """A layer that nothing is known of: a Lambda, or one of the user's own."""
    declared = given.get("output_shape")
    shapes = (shape_of(given, declared),) if isinstance(declared, int | list | tuple) else None
    tensors = tuple(Tensor(*each) for each in given.get("tensors", ()))
    alive = "tensors" in given.config
    known = "its weights are those it holds, its work" if alive else "its weights and work"
    note = f"opaque: its code is not run; {known} not counted"
    return LayerResult(given.kind, shapes, tensors, None, note=note, opaque=True)
