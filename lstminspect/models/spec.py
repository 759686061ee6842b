"""A layer as it was written down, the context of its rule, and the rule's result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from lstminspect.activations import ACTIVATIONS
from lstminspect.costs.work import Work
from lstminspect.errors import OptionError, ShapeError, did_you_mean
from lstminspect.formula import Formula
from lstminspect.layer import Layer, Shape
from lstminspect.sizes import differ, is_array, is_letter, plain, product, size

__all__ = [
    "LayerContext",
    "LayerResult",
    "LayerSpec",
    "Row",
    "Rule",
    "Tensor",
    "differing",
    "entries",
    "known",
    "same_shape",
    "shape_text",
    "total_work",
]


#: The frameworks whose names stand before their layer types.
FRAMEWORKS = ("torch", "tf1", "flax", "nnx")


@dataclass(frozen=True)
class LayerSpec:
    """A layer of a model as it was written down: its type, its arguments, its name.

    `config` may hold LayerSpec layers where the layer wraps others. `graph` is the graph of a model
    that is used as a layer, `outputs` the shapes of its results where they are written down.
    """

    layer_type: str
    config: Mapping[str, Any]
    name: str = ""
    location: str = ""
    graph: Any = None
    outputs: tuple[Shape, ...] | None = None
    #: What tells it from others where it is written again: the same layer keeps its weights.
    key: object = None
    #: True for a class of the user's own, which no rule is about, whatever its name.
    own: bool = False


@dataclass(frozen=True)
class Tensor:
    """One stored tensor: its name, its shape, whether it is trained, whether it is a bias."""

    name: str
    shape: Shape
    trainable: bool = True
    is_bias: bool = False

    @property
    def parameters(self) -> int:
        """The number of its entries."""
        count: int = product(self.shape)
        return count


@dataclass(frozen=True)
class LayerResult:
    """A layer of a model with shapes: what it returns, stores and computes.

    `outputs` is None where nothing is known of them. `work` is that of the whole batch, or of one
    sequence where the batch is not known; None where it depends on a size that is not known.
    `formula` is that of its parameters, in the names of `sizes`. `inner` are the layers it wraps.
    """

    layer_type: str
    outputs: tuple[Shape, ...] | None
    tensors: tuple[Tensor, ...] = ()
    work: Work | None = field(default_factory=Work)
    layer: Layer | None = None
    formula: Formula | None = None
    sizes: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[tuple[str, LayerResult], ...] = ()
    note: str = ""
    opaque: bool = False
    key: object = None

    @property
    def type_name(self) -> str:
        """The class of the layer, without the name of its framework."""
        framework, _, name = self.layer_type.partition(".")
        return name if framework in FRAMEWORKS else self.layer_type

    @property
    def every_tensor(self) -> tuple[Tensor, ...]:
        """Its own tensors and those of the layers in it."""
        below = (tensor for _, result in self.inner for tensor in result.every_tensor)
        return (*self.tensors, *below)

    @property
    def parameters(self) -> int:
        """Parameters of everything in it, trained or not."""
        count: int = plain(sum(tensor.parameters for tensor in self.every_tensor))
        return count


@dataclass(frozen=True)
class Row:
    """One call of a layer: what it was given, what it made of it, from where.

    `first` is False for a layer that was called before: its weights are the same ones.
    """

    name: str
    part: LayerResult
    inputs: tuple[Shape | None, ...]
    reads: tuple[str, ...]
    first: bool = True

    @property
    def layer_type(self) -> str:
        """The class of the layer, without the name of its framework."""
        return self.part.type_name


class LayerContext(NamedTuple):
    """The input of a rule: the arguments, the shapes of the inputs, how the layer is called.

    `build` makes the LayerResult of a layer that is wrapped. `convention` is that of recurrent
    layers.
    """

    layer_type: str
    config: Mapping[str, Any]
    inputs: tuple[Shape, ...]
    options: Mapping[str, Any]
    convention: str | None
    build: Callable[..., LayerResult]

    @property
    def shape(self) -> Shape:
        """The shape of the one input."""
        if not self.inputs:
            raise ShapeError(
                f"{self.layer_type} has no input. Call it on a tensor, or put one before it."
            )
        return self.inputs[0]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or `default` where it was not given."""
        value = self.config.get(name)
        return default if value is None else value

    def flag(self, name: str, default: bool) -> bool:
        """An argument that is True or False."""
        value = self.get(name, default)
        if not isinstance(value, bool):
            raise OptionError(f"{name} must be True or False, got {value!r}.")
        return value

    def size(self, name: str, default: Any = None) -> int:
        """An argument that is a positive whole number."""
        value = self.get(name, default)
        if value is None:
            raise OptionError(
                f"{self.layer_type} needs {name}. Give a whole number, for example {name}=32."
            )
        checked: int = size(name, value)
        if isinstance(value, str) or is_array(checked):
            raise OptionError(f"{name} must be a whole number here, got {value!r}.")
        return checked

    def sizes(self, name: str, rank: int, default: Any = None) -> tuple[int, ...]:
        """An argument of one whole number for each of `rank` axes, or one for all."""
        value = self.get(name, default)
        if isinstance(value, list | tuple):
            if len(value) == 1:
                value = tuple(value) * rank
            if len(value) != rank:
                raise OptionError(f"{name} must hold {rank} numbers, got {value!r}.")
            found = [size(name, each) for each in value]
            if not all(isinstance(each, int) or is_letter(each) for each in found):
                raise OptionError(f"{name} must hold whole numbers, got {value!r}.")
            if any(isinstance(each, str) for each in value):
                raise OptionError(f"{name} must hold whole numbers, got {value!r}.")
        else:
            found = [self.size(name, default)] * rank
        return tuple(found)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """An argument that is one of `allowed`."""
        value = self.get(name, default)
        value = value.lower() if isinstance(value, str) else value
        if value not in allowed:
            near = did_you_mean(str(value), allowed)
            raise OptionError(f"{name} must be one of {', '.join(allowed)}, got {value!r}.{near}")
        return str(value)

    def activation(self, name: str, default: str) -> str:
        """The name of a function, `linear` for None; empty for one of the user's own.

        Raises OptionError, with the nearest, for a text that names none.
        """
        if name not in self.config:
            return default
        value = self.config[name]
        if value is None:
            return "linear"
        if isinstance(value, list | tuple | int | float):
            raise OptionError(f"{name} must be the name of a function, got {value!r}.")
        if not isinstance(value, str):
            return ""
        if value not in ACTIVATIONS:
            near = did_you_mean(value, ACTIVATIONS)
            raise OptionError(f"{name} must be a function that Keras has, got {value!r}.{near}")
        return value

    def rank(self, wanted: int, at_least: bool = False) -> Shape:
        """The shape of the input, which must have `wanted` axes. Raises ShapeError otherwise."""
        found = self.shape
        if len(found) == wanted or (at_least and len(found) > wanted):
            return found
        least = "min_ndim" if at_least else "ndim"
        raise ShapeError(
            f"{self.layer_type} expected {least}={wanted}, found ndim={len(found)}. "
            f"Full shape received: {shape_text(found)}."
        )

    def last(self) -> int:
        """The size of the last axis, which weights depend on."""
        width = self.shape[-1] if self.shape else None
        if width is None:
            raise ShapeError(
                f"{self.layer_type} needs the last axis of its input, got "
                f"{shape_text(self.shape)}. "
                "Give the input a number there."
            )
        found: int = width
        return found


Rule: TypeAlias = "Callable[[LayerContext], LayerResult]"


def shape_text(shape: Shape) -> str:
    """`(None, 30, 64)`: a shape as Python writes a tuple."""
    return str(tuple(shape))


def differing(one: Shape, other: Shape) -> bool:
    """True if two shapes cannot be equal, whatever their letters stand for.

    >>> differing((None, 3), (None, 3)), differing((None, 3), (None, 4))
    (False, True)
    """
    if len(one) != len(other):
        return True
    pairs = zip(one, other, strict=True)
    return any(
        left is not right if left is None or right is None else differ(left, right)
        for left, right in pairs
    )


def known(*sizes: int | None) -> bool:
    """True if all `sizes` are numbers."""
    return all(each is not None for each in sizes)


def entries(shape: Shape) -> int | None:
    """The number of entries, one sequence where the batch is None; None if more is not known.

    >>> entries((None, 30, 64)), entries((8, None, 64))
    (1920, None)
    """
    first = 1 if shape and shape[0] is None else None
    sizes = shape if first is None else (first, *shape[1:])
    if not known(*sizes):
        return None
    count: int = product(sizes)
    return count


def total_work(results: Iterable[LayerResult]) -> Work | None:
    """The work of `parts` together, or None if that of one is not known."""
    total = Work()
    for result in results:
        if result.work is None:
            return None
        total = total + result.work
    return total


def same_shape(context: LayerContext, **more: Any) -> LayerResult:
    """The LayerResult of a layer that returns what it is given in the same shape."""
    return LayerResult(context.layer_type, (context.shape,), **more)
