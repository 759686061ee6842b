"""Shape inference: shapes from the inputs of a graph to its outputs, one rule per layer type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from lstminspect.errors import LstmInspectError, ModelError, OptionError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.graph import (
    INPUT,
    Graph,
    Letter,
    Node,
    TensorRef,
    first_layer,
    input_of,
    sizes_of,
    tensor_refs,
)
from lstminspect.models.layers.rules import rule
from lstminspect.models.spec import (
    LayerContext,
    LayerResult,
    LayerSpec,
    differing,
    shape_text,
    total_work,
)
from lstminspect.models.summary import Model, Row

__all__ = ["SEEN", "ShapeInference", "infer_shapes"]

MOST_NESTED = 20
#: Layer types whose results are taken as they are written down, where they are.
SEEN = ("Operation", "GetItem")
#: Options that bring weights of their own, which no rule knows.
UNKNOWN_WEIGHTS = ("lora_rank", "renorm")
#: Ends of the names of arguments that decide nothing here.
BESIDE = ("initializer", "regularizer", "constraint", "dtype", "name", "trainable", "seed")

Results: TypeAlias = "Sequence[tuple[Shape | None, ...]] | Mapping[int, tuple[Shape | None, ...]]"


class ShapeInference:
    """Shape inference for one model and the models in it."""

    def __init__(
        self,
        convention: str | None = None,
        shape: Shape | None = None,
        batch: int | None = None,
        timesteps: int | None = None,
    ) -> None:
        self.convention, self.shape = convention, shape
        self.batch, self.timesteps = batch, timesteps
        #: Those of shape, batch and timesteps that an input has taken.
        self.filled: set[str] = set()
        self.seen: set[object] = set()
        self.held: list[object] = []
        self.nests: dict[object, LayerResult] = {}
        self.frozen: dict[int, LayerResult] = {}

    def call(
        self,
        spec: LayerSpec,
        reads: Sequence[TensorRef],
        options: Mapping[str, Any],
        shapes: Mapping[int, tuple[Shape | None, ...]],
    ) -> tuple[Shape | None, ...]:
        """The shapes of the results of one call, from those of other calls by number."""
        try:
            if spec.layer_type == INPUT:
                return (input_of(spec),)
            inputs = tuple(_shape(shapes, ref) for ref in reads)
            found = self.result(spec, inputs, _options(options, shapes), 0)
        except LstmInspectError:
            return (None,)
        return (None,) if found.outputs is None else found.outputs

    def rows(
        self, graph: Graph, shapes: Sequence[Shape | None] | None, depth: int = 0
    ) -> tuple[list[Row], tuple[Shape | None, ...]]:
        """The rows of `graph`, and the shapes that come out; `shapes` are those of a call."""
        _check_depth(depth)
        rows: list[Row] = []
        results: list[tuple[Shape | None, ...]] = []
        built: dict[str, LayerResult] = {}
        inputs = None if shapes is None else iter(shapes)
        for node in graph.calls:
            try:
                _check_chain(graph, results)
                row = self.row(graph, node, results, inputs, depth)
                _check_shared(built.get(node.layer), row.part)
            except ModelError as error:
                if depth or error.model is not None:
                    raise
                raise stopped(error, node.layer, graph, rows) from None
            except LstmInspectError as error:
                raise stopped(error, _blamed(graph, node), graph, rows) from None
            result = row.part
            again = depth == 0 and result.key is not None and result.key in self.seen
            first = node.layer not in built and not again
            shown = self.once(result) if depth == 0 and first else result
            rows.append(replace(row, part=shown, first=first))
            built[node.layer] = result
            results.append((None,) if result.outputs is None else result.outputs)
        if graph.is_chain:
            return rows, results[-1]
        return rows, tuple(_shape(results, ref) for ref in graph.outputs)

    def row(
        self,
        graph: Graph,
        node: Node,
        results: Results,
        inputs: Iterator[Shape | None] | None,
        depth: int,
    ) -> Row:
        """The row of one call."""
        spec = graph.layers[node.layer]
        shapes = tuple(_shape(results, ref) for ref in node.inputs)
        if spec.layer_type == INPUT:
            shapes = (self.input(graph, spec) if inputs is None else next(inputs, None),)
        result = self.result(spec, shapes, _options(node.options, results), depth)
        refs = (*node.inputs, *(ref for each in node.options.values() for ref in tensor_refs(each)))
        reads = tuple(dict.fromkeys(graph.calls[ref.call].layer for ref in refs))
        return Row(node.layer, result, shapes, reads)

    def once(self, result: LayerResult) -> LayerResult:
        """`result` without the weights of layers that another row has brought already."""
        if result.key is not None:
            if result.key in self.seen:
                return _bare(result)
            self.seen.add(result.key)
        inner = tuple((name, self.once(each)) for name, each in result.inner)
        return replace(result, inner=inner)

    def input(self, graph: Graph, spec: LayerSpec) -> Shape | None:
        """The shape of an input that the model says, or that it leaves to the caller.

        None for one that code leaves open, where its reader does not say it either.
        """
        shape = input_of(spec)
        if shape is None and self.shape is not None:
            shape = self.shape
            self.filled.add("input_shape")
        if shape is None:
            first = first_layer(graph)
            if first == "Embedding":
                shape = (None, None)
            elif _is_open(graph, spec):
                return None
            else:
                raise ShapeError(
                    f"{first} is the first layer and has no input shape. Write Input((5, 10)) "
                    "before it, or give lstminspect.model(..., input_shape=(5, 10))."
                )
        batch, *rest = shape
        if batch is None and self.batch is not None:
            batch = self.batch
            self.filled.add("batch")
        if rest and rest[0] is None and self.timesteps is not None:
            rest[0] = self.timesteps
            self.filled.add("timesteps")
        return (batch, *rest)

    def result(
        self,
        spec: LayerSpec,
        inputs: tuple[Shape | None, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> LayerResult:
        """The result of a layer on inputs of these shapes."""
        _check_depth(depth)
        if options.get("listed"):
            return rule("")(self.context(spec, (), {}, depth))
        if spec.layer_type == INPUT:
            shape = inputs[0]
            return LayerResult(INPUT, None if shape is None else (shape,))
        shapes = tuple(shape for shape in inputs if shape is not None)
        if len(shapes) < len(inputs):
            note = "not known: a layer above returns a shape that is not known"
            return LayerResult(spec.layer_type, spec.outputs, note=note, opaque=True, work=None)
        if spec.own:
            result = rule("")(self.context(spec, shapes, options, depth))
        elif spec.graph is not None:
            result = self.nested(spec, shapes, depth)
        else:
            result = _ruled(self.context(spec, shapes, options, depth))
        if spec.outputs is not None and (result.outputs is None or spec.layer_type in SEEN):
            result = replace(result, outputs=spec.outputs)
        self.held.append(spec)  # Held, so that no other has its identity.
        if spec.config.get("trainable") is False:
            result = self.untrained(result)
        # The weights of an RNN are those of its cell, which can be called by itself too.
        cell = spec.config.get("cell") if spec.layer_type == "RNN" and not result.inner else None
        holder = cell if isinstance(cell, LayerSpec) else spec
        return replace(result, key=id(holder) if holder.key is None else holder.key)

    def context(
        self,
        spec: LayerSpec,
        shapes: tuple[Shape, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> LayerContext:
        """The input of a rule, for a layer on inputs of these shapes."""

        def build(
            inner: LayerSpec, shapes: tuple[Shape, ...], options: Mapping[str, Any]
        ) -> LayerResult:
            return self.result(inner, shapes, options, depth + 1)

        return LayerContext(spec.layer_type, spec.config, shapes, options, self.convention, build)

    def nested(self, spec: LayerSpec, shapes: tuple[Shape, ...], depth: int) -> LayerResult:
        """A model that is used as a layer, worked out once for inputs of these shapes."""
        key = (id(spec.graph), shapes)
        if key not in self.nests:
            rows, outputs = self.rows(spec.graph, shapes, depth + 1)
            inner = tuple(
                (row.name, row.part if row.first else _bare(row.part))
                for row in rows
                if row.part.layer_type != INPUT
            )
            known = tuple(shape for shape in outputs if shape is not None)
            self.nests[key] = LayerResult(
                spec.layer_type,
                known if len(known) == len(outputs) else None,
                work=total_work(row.part for row in rows),
                inner=inner,
                opaque=any(row.part.opaque for row in rows),
            )
        return self.nests[key]

    def untrained(self, result: LayerResult) -> LayerResult:
        """`result` with nothing trained in it; as in Keras, a wrapper freezes only itself."""
        if id(result) not in self.frozen:
            wraps = result.layer_type in ("Bidirectional", "TimeDistributed", "RNN")
            inner = tuple((name, self.untrained(each)) for name, each in result.inner)
            self.held.append(result)
            self.frozen[id(result)] = replace(
                result,
                tensors=tuple(replace(tensor, trainable=False) for tensor in result.tensors),
                inner=result.inner if wraps else inner,
            )
        return self.frozen[id(result)]


def _check_depth(depth: int) -> None:
    if depth > MOST_NESTED:
        raise ModelError(
            f"layers and models are nested more than {MOST_NESTED} deep. Take some apart."
        )


def _bare(result: LayerResult) -> LayerResult:
    """`result` without its weights and without the layers in it: another has both."""
    return replace(result, tensors=(), inner=())


def _ruled(context: LayerContext) -> LayerResult:
    """The result of a layer type's rule; arguments that it cannot take are refused by name."""
    for name in UNKNOWN_WEIGHTS:
        if context.config.get(name):
            raise OptionError(
                f"{context.layer_type} with {name} has weights that are not known here."
            )
    try:
        return rule(context.layer_type)(context)
    except LstmInspectError:
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        shown = ", ".join(
            f"{name}={value!r}" for name, value in context.config.items()
            if value is not None and not name.endswith(BESIDE)
        )  # fmt: skip
        raise OptionError(
            f"{context.layer_type} cannot be read with {shown[:150]}. Check its arguments "
            "against Keras."
        ) from None


def _is_open(graph: Graph, spec: LayerSpec) -> bool:
    """True for an input that code leaves open, or whose reader is a layer that it does not make."""
    if not graph.is_chain:
        return "open" in spec.config
    layers = [each for each in graph.layers.values() if each.layer_type != INPUT]
    return len(layers) > 1 and layers[0].own and "open" in layers[0].config


def _shape(results: Results, ref: TensorRef) -> Shape | None:
    """The shape of one result of a call; None for those of a call that is not known."""
    shapes = results[ref.call]
    if not 0 <= ref.result < len(shapes):
        if shapes == (None,) and ref.result >= 0:
            return None
        raise ShapeError(
            f"a layer returns {len(shapes)} tensors, and number {ref.result + 1} is asked for. "
            "return_state=True returns the states too."
        )
    return shapes[ref.result]


def _check_chain(graph: Graph, results: Sequence[tuple[Shape | None, ...]]) -> None:
    """A chain hands on one tensor from layer to layer."""
    if graph.is_chain and results and len(results[-1]) > 1:
        raise ShapeError(
            f"the layer before returns {len(results[-1])} tensors, and a Sequential hands on one. "
            "Leave return_state out, or write a functional model."
        )


def _options(options: Mapping[str, Any], results: Results) -> Mapping[str, Any]:
    """The options of a call, with shapes in place of tensors."""
    return {
        name: tuple(
            _shape(results, each) if isinstance(each, TensorRef) else each for each in value
        )
        if isinstance(value, tuple)
        else value
        for name, value in options.items()
    }


def _check_shared(before: LayerResult | None, now: LayerResult) -> None:
    """A layer that is called again keeps the weights it has."""
    if before is None:
        return
    one, other = ([tensor.shape for tensor in result.every_tensor] for result in (before, now))
    if len(one) != len(other) or any(map(differing, one, other)):
        raise ShapeError(
            f"the layer is shared: its weights {', '.join(map(shape_text, one))} were made for its "
            f"first input, and this one needs {', '.join(map(shape_text, other))}. Give inputs of "
            "one width, or make a second layer."
        )


def _blamed(graph: Graph, node: Node) -> str:
    """The layer that an error is about: an input that has no shape is its first reader's."""
    if graph.layers[node.layer].layer_type != INPUT:
        return node.layer
    return next(
        (name for name, each in graph.layers.items() if each.layer_type != INPUT), node.layer
    )


def stopped(error: LstmInspectError, layer: str, graph: Graph, rows: list[Row]) -> ModelError:
    """The error of a model that stops at `layer`, with everything above it."""
    note = f"shapes stop at {layer}: the numbers are those of what stands above it"
    notes = (note, *graph.notes)
    location = graph.layers[layer].location
    where = f"{layer} ({location})" if location else layer
    above = Model(
        graph.name,
        tuple(rows),
        (),
        is_chain=graph.is_chain,
        notes=notes,
        letters=_letters(graph, rows),
        label=graph.label,
        doubts=graph.doubts,
        fault=f"{where}: {error}",
    )
    return ModelError(f"{where}: {error}", layer, above, _explained(str(error)))


def _explained(message: str) -> object:
    from lstminspect.explanations.messages import explain_message

    return explain_message(message)


def infer_shapes(
    graph: Graph,
    convention: str | None = None,
    shape: Shape | None = None,
    batch: int | None = None,
    timesteps: int | None = None,
    source: str | None = None,
) -> Model:
    """The Model of `graph`: shapes from its inputs to its outputs.

    `shape` is that of an input that says none, its batch before it; `batch` and `timesteps` stand
    where the inputs leave them open. Raises ModelError where shapes
    stop, with the layer and the model above it.
    """
    for name, size in (("batch", batch), ("timesteps", timesteps)):
        if size is not None:
            sizes_of(size, name)
    inference = ShapeInference(convention, shape, batch, timesteps)
    rows, outputs = inference.rows(graph, None)
    options = {"input_shape": shape, "batch": batch, "timesteps": timesteps}
    for name, value in options.items():
        if value is not None and name not in inference.filled:
            raise ModelError(
                f"{graph.name} says its {name.replace('_', ' ')} itself. Leave {name} out, or "
                "change it in the model."
            )
    return Model(
        graph.name,
        tuple(rows),
        outputs,
        convention,
        graph.is_chain,
        source or graph.source,
        graph.notes,
        _letters(graph, rows),
        graph.label,
        doubts=graph.doubts,
    )


def _letters(graph: Graph, rows: Sequence[Row]) -> tuple[Letter, ...]:
    """The letters that shapes or tensors of the rows hold."""
    if not graph.letters:
        return ()
    sizes: set[Any] = set()
    for row in rows:
        for shape in (*(row.part.outputs or ()), *(each.shape for each in row.part.every_tensor)):
            sizes.update(shape or ())
    names = {str(each) for size in sizes for each in getattr(size, "free_symbols", ())}
    return tuple(letter for letter in graph.letters if letter.name in names)
