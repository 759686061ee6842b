"""A chain of layers as a graph, and the input shapes that the arguments of a first layer say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lstminspect.errors import ModelError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.spec import LayerSpec
from lstminspect.sizes import is_letter

__all__ = [
    "INPUT",
    "Graph",
    "Letter",
    "Node",
    "TensorRef",
    "first_layer",
    "input_of",
    "sequential",
    "sizes_of",
    "tensor_refs",
]


def sequential(
    name: str,
    layers: Sequence[LayerSpec],
    shape: Shape | None = None,
    source: LayerSpec | None = None,
) -> Graph:
    """The graph of layers that each read the one before; `shape` is what the first one takes."""
    chain = list(layers)
    if chain and chain[0].layer_type != INPUT:
        found = shape or input_of(chain[0])
        config = {} if found is None else {"batch_shape": found}
        location = chain[0].location if source is None else source.location
        chain.insert(0, LayerSpec(INPUT, config, "input_layer", location))
    named = _unique(chain)
    calls = tuple(
        Node(each, (TensorRef(number - 1),) if number else (), {})
        for number, each in enumerate(named)
    )
    return Graph(name, named, calls, (TensorRef(len(calls) - 1),), is_chain=True)


def _unique(chain: Sequence[LayerSpec]) -> dict[str, LayerSpec]:
    """The layers of a chain by name, each of which must be another's."""
    found: dict[str, LayerSpec] = {}
    for each in chain:
        if each.name in found:
            twice = found[each.name] is each
            hint = "A chain has each layer once." if twice else "Give each a name of its own."
            raise ModelError(f"two layers are named {each.name!r}. {hint}")
        found[each.name] = each
    return found


def input_of(first: LayerSpec) -> Shape | None:
    """The input shape that the arguments of a first layer say, as they can in Keras.

    A model that stands first, and a layer inside Bidirectional, say their own.
    """
    config = first.config
    if first.graph is not None:
        inputs = [each for each in first.graph.layers.values() if each.layer_type == INPUT]
        return input_of(inputs[0]) if inputs else None
    inner = config.get("layer")
    if isinstance(inner, LayerSpec) and first.layer_type == "Bidirectional" and not _says(config):
        shape = input_of(inner)
        if shape is not None:
            return shape
    batch = _batch(config.get("batch_size"))
    if config.get("batch_input_shape") is not None:
        return sizes_of(config["batch_input_shape"], "batch_input_shape")
    if config.get("batch_shape") is not None:
        return sizes_of(config["batch_shape"], "batch_shape")
    shape = config.get("input_shape", config.get("shape"))
    if shape is not None:
        return (batch, *sizes_of(shape, "input_shape"))
    if first.layer_type == "Embedding":
        length = config.get("input_length")
        named = batch is not None or length is not None
        return (batch, *sizes_of(length, "input_length")) if named else None
    if config.get("input_dim") is not None:
        width = sizes_of(config["input_dim"], "input_dim")
        length = sizes_of(config.get("input_length"), "input_length")
        return (batch, *(length if _takes_time(first.layer_type) else ()), *width)
    return None


def first_layer(graph: Graph) -> str:
    """The type of the first layer that is not an input, also inside a first model."""
    first = next((each for each in graph.layers.values() if each.layer_type != INPUT), None)
    if first is None:
        return "the model"
    return first.layer_type if first.graph is None else first_layer(first.graph)


def _says(config: Mapping[str, Any]) -> bool:
    return any(config.get(name) is not None for name in ("input_shape", "batch_input_shape"))


def _batch(value: object) -> int | None:
    """A batch size, or None where it is left open."""
    found: int | None = None if value is None else sizes_of(value, "batch_size")[0]
    return found


def _takes_time(layer_type: str) -> bool:
    return layer_type in ("LSTM", "GRU", "SimpleRNN", "RNN", "Conv1D", "Bidirectional")


def sizes_of(value: object, name: str) -> Shape:
    """One size or several as a shape: positive whole numbers, None for any. Else ShapeError."""
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    for each in sizes:
        number = isinstance(each, int) and not isinstance(each, bool) and each > 0
        if each is not None and not number and not is_letter(each):
            allowed = "positive whole numbers, or None for any"
            raise ShapeError(f"{name} must hold {allowed}, got {value!r}.")
    if not sizes:
        raise ShapeError(f"{name} must hold at least one size, got {value!r}.")
    return sizes


INPUT = "InputLayer"


class TensorRef(NamedTuple):
    """One tensor of a graph: the call that gives it, and which of its results it is."""

    call: int
    result: int = 0


class Node(NamedTuple):
    """A layer called on tensors; an option, for example `initial_state`, may hold tensors too."""

    layer: str
    inputs: tuple[TensorRef, ...]
    options: Mapping[str, Any]


class Letter(NamedTuple):
    """A size that a text does not say: its name, and where it comes from."""

    name: str
    origin: str = ""


@dataclass(frozen=True)
class Graph:
    """Layers by name, their calls in an order in which they can be made, and what comes out.

    `is_chain` says that every layer reads the one before. `letters` are the sizes that are not
    known, of which it may use some. `label` is what the text calls the model, `doubts` are what was
    not understood and can change the count.
    """

    name: str
    layers: Mapping[str, LayerSpec]
    calls: tuple[Node, ...]
    outputs: tuple[TensorRef, ...]
    is_chain: bool = False
    notes: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    label: str = ""
    doubts: tuple[str, ...] = ()
    source: str = "Keras"
    #: The calls of the model on data, in order (`reading/training.py`).
    uses: tuple[Any, ...] = ()


def tensor_refs(value: Any) -> tuple[TensorRef, ...]:
    """The tensors in an option of a call."""
    several = isinstance(value, tuple) and not isinstance(value, TensorRef)
    return tuple(each for each in value if isinstance(each, TensorRef)) if several else ()
