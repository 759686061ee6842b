"""Model: a graph of layers with shapes flowing through it.

A reader (`lstminspect.readers`) makes a Graph of what it reads: layers as they are written down,
and the order in which they are called. `flow` lets shapes through it, one rule a kind, and a Model
holds a row for every call. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from lstminspect.cost import Dtype, Work, dtype_of
from lstminspect.errors import LstmInspectError, ModelError, OptionError, ShapeError
from lstminspect.kinds import Described, Given, Part, Tensor, rule
from lstminspect.kinds.part import shape_text, total_work
from lstminspect.layer import Shape

__all__ = [
    "INPUT", "SEEN", "Called", "Graph", "Model", "Ref", "Row", "Summary", "flow", "refs_in",
    "sequential", "sizes_of",
]  # fmt: skip

MOST_NESTED = 20
INPUT = "InputLayer"
#: Kinds whose results are taken as they are written down, where they are.
SEEN = ("Operation", "GetItem")
#: Options that bring weights of their own, which no rule knows.
UNKNOWN_WEIGHTS = ("lora_rank", "renorm")
#: Ends of the names of arguments that decide nothing here.
BESIDE = ("initializer", "regularizer", "constraint", "dtype", "name", "trainable", "seed")


class Ref(NamedTuple):
    """One tensor of a graph: the call that gives it, and which of its results it is."""

    call: int
    result: int = 0


class Called(NamedTuple):
    """A layer called on tensors. `options` may hold tuples of Refs, as for `initial_state`."""

    layer: str
    inputs: tuple[Ref, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """Layers by name, their calls in an order in which they can be made, and what comes out.

    `is_chain` says that every layer reads the one before.
    """

    name: str
    layers: Mapping[str, Described]
    calls: tuple[Called, ...]
    outputs: tuple[Ref, ...]
    is_chain: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One call of a layer: what it was given, what it made of it, from where.

    `first` is False for a layer that was called before: its weights are the same ones.
    """

    name: str
    part: Part
    inputs: tuple[Shape | None, ...]
    reads: tuple[str, ...]
    first: bool = True

    @property
    def kind(self) -> str:
        """The class of the layer, without the name of its framework."""
        return self.part.kind.removeprefix("torch.")


@dataclass(frozen=True)
class Model:
    """A model with shapes: a row for every call, in order, and the shapes of its outputs.

    >>> from lstminspect.readers import model
    >>> found = model("LSTM(25, input_shape=(5, 10)), Dense(10, activation='softmax')")
    >>> [row.part.parameters for row in found.rows], found.parameters, found.outputs
    ([0, 3600, 260], 3860, ((None, 10),))
    """

    name: str
    rows: tuple[Row, ...]
    outputs: tuple[Shape | None, ...]
    convention: str | None = None
    is_chain: bool = False
    source: str = "Keras"
    notes: tuple[str, ...] = field(default=())

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every stored tensor once, in the order of the layers."""
        return tuple(each for row in self.rows if row.first for each in row.part.every_tensor)

    @cached_property
    def parameters(self) -> int:
        """All parameters, trained or not; a shared layer once."""
        return sum(tensor.parameters for tensor in self.tensors)

    @cached_property
    def trainable(self) -> int:
        """Parameters that training changes."""
        return sum(tensor.parameters for tensor in self.tensors if tensor.trainable)

    @property
    def opaque(self) -> tuple[Row, ...]:
        """Calls of which nothing is known."""
        return tuple(row for row in self.rows if row.part.opaque)

    @property
    def inputs(self) -> tuple[Shape | None, ...]:
        """The shapes that the model takes."""
        return tuple(row.inputs[0] for row in self.rows if row.part.kind == INPUT)

    @cached_property
    def work(self) -> Work | None:
        """The work of all calls, of the batch or of one sequence; None if one is not known."""
        return total_work(row.part for row in self.rows)

    def summary(
        self,
        weights: bool = False,
        formulas: bool = False,
        costs: bool = False,
        dtype: str = "float32",
    ) -> Summary:
        """What `render` shows of the model, with more than layers and totals on request."""
        return Summary(self, weights, formulas, costs, dtype)

    def weight_bytes(self, dtype: str = "float32") -> int:
        """Bytes of all parameters as `dtype` keeps them."""
        width = dtype_of(dtype)
        return sum(tensor_bytes(tensor, width) for tensor in self.tensors)

    def _repr_html_(self) -> str:
        from lstminspect.render.html import fragment

        return fragment(Summary(self))


@dataclass(frozen=True)
class Summary:
    """A model and what is to be shown of it: its layers and totals, and more on request."""

    model: Model
    weights: bool = False
    formulas: bool = False
    costs: bool = False
    dtype: str = "float32"

    def _repr_html_(self) -> str:
        from lstminspect.render.html import fragment

        return fragment(self)


def tensor_bytes(tensor: Tensor, width: Dtype) -> int:
    """Bytes of one stored tensor."""
    return tensor.parameters * (width.bias if tensor.is_bias else width.weight)


def sequential(
    name: str,
    layers: Sequence[Described],
    shape: Shape | None = None,
    source: Described | None = None,
) -> Graph:
    """The graph of layers that each read the one before; `shape` is what the first one takes."""
    chain = list(layers)
    if chain and chain[0].kind != INPUT:
        found = shape or input_of(chain[0])
        config = {} if found is None else {"batch_shape": found}
        place = chain[0].place if source is None else source.place
        chain.insert(0, Described(INPUT, config, "input_layer", place))
    named = _unique(chain)
    calls = tuple(
        Called(each, (Ref(number - 1),) if number else (), {}) for number, each in enumerate(named)
    )
    return Graph(name, named, calls, (Ref(len(calls) - 1),), is_chain=True)


def _unique(chain: Sequence[Described]) -> dict[str, Described]:
    """The layers of a chain by name, each of which must be another's."""
    found: dict[str, Described] = {}
    for each in chain:
        if each.name in found:
            twice = found[each.name] is each
            hint = "A chain has each layer once." if twice else "Give each a name of its own."
            raise ModelError(f"two layers are called {each.name!r}. {hint}")
        found[each.name] = each
    return found


def input_of(first: Described) -> Shape | None:
    """The input shape that the arguments of a first layer say, as Keras lets them.

    A model that stands first, and a layer inside Bidirectional, say their own.
    """
    config = first.config
    if first.graph is not None:
        inputs = [each for each in first.graph.layers.values() if each.kind == INPUT]
        return input_of(inputs[0]) if inputs else None
    inner = config.get("layer")
    if isinstance(inner, Described) and first.kind == "Bidirectional" and not _says(config):
        return input_of(inner)
    batch = _batch(config.get("batch_size"))
    if config.get("batch_input_shape") is not None:
        return sizes_of(config["batch_input_shape"], "batch_input_shape")
    if config.get("batch_shape") is not None:
        return sizes_of(config["batch_shape"], "batch_shape")
    shape = config.get("input_shape", config.get("shape"))
    if shape is not None:
        return (batch, *sizes_of(shape, "input_shape"))
    if first.kind == "Embedding":
        return (batch, *sizes_of(config.get("input_length"), "input_length"))
    if config.get("input_dim") is not None:
        width = sizes_of(config["input_dim"], "input_dim")
        length = sizes_of(config.get("input_length"), "input_length")
        return (batch, *(length if _takes_time(first.kind) else ()), *width)
    return None


def _says(config: Mapping[str, Any]) -> bool:
    return any(config.get(name) is not None for name in ("input_shape", "batch_input_shape"))


def _batch(value: object) -> int | None:
    """A batch size, or None where it is left open."""
    found: int | None = None if value is None else sizes_of(value, "batch_size")[0]
    return found


def _takes_time(kind: str) -> bool:
    return kind in ("LSTM", "GRU", "SimpleRNN", "RNN", "Conv1D", "Bidirectional")


def sizes_of(value: object, name: str) -> Shape:
    """One size or several as a shape: positive whole numbers, None for any. Else ShapeError."""
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    for each in sizes:
        if each is not None and (isinstance(each, bool) or not isinstance(each, int) or each < 1):
            allowed = "positive whole numbers, or None for any"
            raise ShapeError(f"{name} must hold {allowed}, got {value!r}.")
    if not sizes:
        raise ShapeError(f"{name} must hold at least one size, got {value!r}.")
    return sizes


class _Flow:
    """Shapes on their way through a graph."""

    def __init__(
        self,
        convention: str | None,
        shape: Shape | None,
        batch: int | None,
        timesteps: int | None,
    ) -> None:
        self.convention, self.shape = convention, shape
        self.batch, self.timesteps = batch, timesteps
        #: What was given and found its place.
        self.filled: set[str] = set()
        self.seen: set[object] = set()
        self.held: list[Described] = []
        self.nests: dict[object, Part] = {}

    def through(
        self, graph: Graph, given: Sequence[Shape | None] | None, depth: int = 0
    ) -> tuple[list[Row], tuple[Shape | None, ...]]:
        """The rows of `graph`, and the shapes that come out."""
        if depth > MOST_NESTED:
            raise ModelError(f"models are nested more than {MOST_NESTED} deep. Take some apart.")
        rows: list[Row] = []
        results: list[tuple[Shape | None, ...]] = []
        built: dict[str, Part] = {}
        inputs = iter(given) if given is not None else None
        for call in graph.calls:
            described = graph.layers[call.layer]
            shapes = tuple(_result(results, ref) for ref in call.inputs)
            try:
                _check_chain(graph, results)
                if described.kind == INPUT:
                    shapes = (self.input(graph, described, inputs),)
                part = self.part(described, shapes, _options(call.options, results), depth)
                _check_shared(built.get(call.layer), part)
            except ModelError as error:
                if depth or error.model is not None:
                    raise
                raise stopped(error, call.layer, graph, rows) from None
            except LstmInspectError as error:
                raise stopped(error, _blamed(graph, call), graph, rows) from None
            refs = (*call.inputs, *(ref for each in call.options.values() for ref in refs_in(each)))
            reads = tuple(dict.fromkeys(graph.calls[ref.call].layer for ref in refs))
            again = depth == 0 and part.key is not None and part.key in self.seen
            first = call.layer not in built and not again
            shown = self.once(part) if depth == 0 and first else part
            rows.append(Row(call.layer, shown, shapes, reads, first))
            built[call.layer] = part
            results.append((None,) if part.outputs is None else part.outputs)
        if graph.is_chain:
            return rows, tuple(results[-1])
        return rows, tuple(_result(results, ref) for ref in graph.outputs)

    def once(self, part: Part) -> Part:
        """`part` without the weights of layers that another row has brought already."""
        if part.key is not None:
            if part.key in self.seen:
                return _bare(part)
            self.seen.add(part.key)
        inner = tuple((name, self.once(each)) for name, each in part.inner)
        return replace(part, inner=inner)

    def input(self, graph: Graph, described: Described, given: Any) -> Shape | None:
        """The shape of an input: what the model is called on, or what it says itself."""
        if given is not None:
            found: Shape | None = next(given, None)
            return found
        shape = input_of(described)
        if shape is None and self.shape is not None:
            shape = self.shape
            self.filled.add("input_shape")
        if shape is None:
            first = next((each for each in graph.layers.values() if each.kind != INPUT), None)
            kind = first.kind if first else "the model"
            raise ShapeError(
                f"{kind} is the first layer and has no input shape. Give one, as "
                f"{kind}(..., input_shape=(timesteps, features)), Input((5, 10)) before it, or "
                "--input-shape 5,10."
            )
        batch, *rest = shape
        if batch is None and self.batch is not None:
            batch = self.batch
            self.filled.add("batch")
        if rest and rest[0] is None and self.timesteps is not None:
            rest[0] = self.timesteps
            self.filled.add("timesteps")
        return (batch, *rest)

    def part(
        self,
        described: Described,
        inputs: tuple[Shape | None, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> Part:
        """What `described` is, on inputs of these shapes."""
        if options.get("listed"):
            return rule("")(self.given(described, (), {}, depth))
        if described.kind == INPUT:
            shape = inputs[0]
            return Part(INPUT, None if shape is None else (shape,))
        if any(shape is None for shape in inputs):
            note = "not known: a layer above returns a shape that is not known"
            return Part(described.kind, described.outputs, note=note, opaque=True, work=None)
        shapes = tuple(shape for shape in inputs if shape is not None)
        if described.graph is not None:
            part = self.nested(described, shapes, depth)
        else:
            part = _ruled(self.given(described, shapes, options, depth))
        if described.outputs is not None and (part.outputs is None or described.kind in SEEN):
            part = replace(part, outputs=described.outputs)
        self.held.append(described)  # Held, so that no other has its identity.
        part = replace(part, key=id(described) if described.key is None else described.key)
        return _frozen(part) if described.config.get("trainable") is False else part

    def given(
        self,
        described: Described,
        shapes: tuple[Shape, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> Given:
        """What a rule is given for `described`."""

        def build(inner: Described, shapes: tuple[Shape, ...], options: Mapping[str, Any]) -> Part:
            return self.part(inner, shapes, options, depth)

        kind, config = described.kind, described.config
        return Given(kind, config, shapes, options, self.convention, build)

    def nested(self, described: Described, shapes: tuple[Shape, ...], depth: int) -> Part:
        """A model that is used as a layer, worked out once for inputs of these shapes."""
        known = (id(described.graph), shapes)
        if known not in self.nests:
            self.nests[known] = self._nested(described, shapes, depth)
        return self.nests[known]

    def _nested(self, described: Described, shapes: tuple[Shape, ...], depth: int) -> Part:
        rows, outputs = self.through(described.graph, shapes, depth + 1)
        inner = tuple(
            (row.name, row.part if row.first else _bare(row.part))
            for row in rows
            if row.part.kind != INPUT
        )
        found = tuple(shape for shape in outputs if shape is not None)
        complete = len(found) == len(outputs)
        work = total_work(row.part for row in rows)
        opaque = any(row.part.opaque for row in rows)
        shown = found if complete else None
        return Part(described.kind, shown, work=work, inner=inner, opaque=opaque)


def _bare(part: Part) -> Part:
    """`part` without its weights and without what is in it: another has both."""
    return replace(part, tensors=(), inner=())


def _ruled(given: Given) -> Part:
    """What the rule of a kind answers; arguments that it cannot take are refused by their names."""
    for name in UNKNOWN_WEIGHTS:
        if given.config.get(name):
            raise OptionError(f"{given.kind} with {name} has weights that are not known here.")
    try:
        return rule(given.kind)(given)
    except LstmInspectError:
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        shown = {
            name: value for name, value in given.config.items()
            if value is not None and not name.endswith(BESIDE)
        }  # fmt: skip
        told = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        raise OptionError(
            f"{given.kind} cannot be read with {told[:150]}. Check its arguments against Keras."
        ) from None


def _result(results: list[tuple[Shape | None, ...]], ref: Ref) -> Shape | None:
    found = results[ref.call]
    if not 0 <= ref.result < len(found):
        if found == (None,) and ref.result >= 0:
            return None
        raise ShapeError(
            f"a layer returns {len(found)} tensors, and number {ref.result + 1} is asked for. "
            "return_state=True returns the states too."
        )
    return found[ref.result]


def _check_chain(graph: Graph, results: list[tuple[Shape | None, ...]]) -> None:
    """A chain hands on one tensor from layer to layer."""
    if graph.is_chain and results and len(results[-1]) > 1:
        raise ShapeError(
            f"the layer before returns {len(results[-1])} tensors, and a Sequential hands on one. "
            "Leave return_state out, or write a functional model."
        )


def _options(
    options: Mapping[str, Any], results: list[tuple[Shape | None, ...]]
) -> Mapping[str, Any]:
    """The options of a call, with shapes in place of tensors."""
    return {
        name: tuple(_result(results, ref) for ref in refs_in(value)) if refs_in(value) else value
        for name, value in options.items()
    }


def refs_in(value: Any) -> tuple[Ref, ...]:
    """The tensors in an option of a call."""
    several = isinstance(value, tuple) and not isinstance(value, Ref)
    return tuple(each for each in value if isinstance(each, Ref)) if several else ()


def _check_shared(before: Part | None, now: Part) -> None:
    """A layer that is called again keeps the weights it has."""
    if before is None:
        return
    one, other = ([tensor.shape for tensor in part.every_tensor] for part in (before, now))
    if one != other:
        raise ShapeError(
            f"the layer is shared: its weights {', '.join(map(shape_text, one))} were made for its "
            f"first input, and this one needs {', '.join(map(shape_text, other))}. Give inputs of "
            "one width, or make a second layer."
        )


def _frozen(part: Part) -> Part:
    """`part` with nothing trained in it; a wrapper freezes nothing but itself, as in Keras."""
    wraps = part.kind in ("Bidirectional", "TimeDistributed", "RNN")
    return replace(
        part,
        tensors=tuple(replace(tensor, trainable=False) for tensor in part.tensors),
        inner=part.inner if wraps else tuple((name, _frozen(each)) for name, each in part.inner),
    )


def _blamed(graph: Graph, call: Called) -> str:
    """The layer that an error is about: an input that has no shape is its first reader's."""
    if graph.layers[call.layer].kind != INPUT:
        return call.layer
    return next((name for name, each in graph.layers.items() if each.kind != INPUT), call.layer)


def stopped(error: LstmInspectError, layer: str, graph: Graph, rows: list[Row]) -> ModelError:
    """The error of a model that stops at `layer`, with everything above it."""
    note = f"shapes stop at {layer}: the numbers are those of what stands above it"
    above = Model(graph.name, tuple(rows), (), is_chain=graph.is_chain, notes=(note,))
    place = graph.layers[layer].place
    where = f"{layer} ({place})" if place else layer
    return ModelError(f"{where}: {error}", layer, above, _explained(str(error)))


def _explained(message: str) -> object:
    from lstminspect.explain.messages import explain_message

    return explain_message(message)


def flow(
    graph: Graph,
    convention: str | None = None,
    shape: Shape | None = None,
    batch: int | None = None,
    timesteps: int | None = None,
    source: str = "Keras",
) -> Model:
    """The Model of `graph`: shapes from its inputs to its outputs.

    `shape` is that of an input that says none, its batch before it; `batch` and `timesteps` stand
    where the inputs leave them open. Raises ModelError where shapes
    stop, with the layer and the model above it.
    """
    for name, size in (("batch", batch), ("timesteps", timesteps)):
        if size is not None:
            sizes_of(size, name)
    found = _Flow(convention, shape, batch, timesteps)
    rows, outputs = found.through(graph, None)
    given = {"input_shape": shape, "batch": batch, "timesteps": timesteps}
    for name, value in given.items():
        if value is not None and name not in found.filled:
            raise ModelError(
                f"{graph.name} says its {name.replace('_', ' ')} itself. Leave {name} out, or "
                "change it in the model."
            )
    return Model(graph.name, tuple(rows), outputs, convention, graph.is_chain, source, graph.notes)
