"""Shapes on their way through a graph, one rule a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError, OptionError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, Node, TensorRef, input_of, sizes_of, tensor_refs
from lstminspect.models.layers.rules import rule
from lstminspect.models.spec import LayerContext, LayerResult, LayerSpec, shape_text, total_work
from lstminspect.models.summary import Model, Row

__all__ = ["SEEN", "infer_shapes"]

MOST_NESTED = 20
#: Kinds whose results are taken as they are written down, where they are.
SEEN = ("Operation", "GetItem")
#: Options that bring weights of their own, which no rule knows.
UNKNOWN_WEIGHTS = ("lora_rank", "renorm")
#: Ends of the names of arguments that decide nothing here.
BESIDE = ("initializer", "regularizer", "constraint", "dtype", "name", "trainable", "seed")


class _Inference:
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
        self.held: list[LayerSpec] = []
        self.nests: dict[object, LayerResult] = {}

    def through(
        self, graph: Graph, given: Sequence[Shape | None] | None, depth: int = 0
    ) -> tuple[list[Row], tuple[Shape | None, ...]]:
        """The rows of `graph`, and the shapes that come out."""
        if depth > MOST_NESTED:
            raise ModelError(f"models are nested more than {MOST_NESTED} deep. Take some apart.")
        rows: list[Row] = []
        results: list[tuple[Shape | None, ...]] = []
        built: dict[str, LayerResult] = {}
        inputs = iter(given) if given is not None else None
        for call in graph.calls:
            spec = graph.layers[call.layer]
            shapes = tuple(_result(results, ref) for ref in call.inputs)
            try:
                _check_chain(graph, results)
                if spec.layer_type == INPUT:
                    shapes = (self.input(graph, spec, inputs),)
                part = self.part(spec, shapes, _options(call.options, results), depth)
                _check_shared(built.get(call.layer), part)
            except ModelError as error:
                if depth or error.model is not None:
                    raise
                raise stopped(error, call.layer, graph, rows) from None
            except LstmInspectError as error:
                raise stopped(error, _blamed(graph, call), graph, rows) from None
            refs = (
                *call.inputs,
                *(ref for each in call.options.values() for ref in tensor_refs(each)),
            )
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

    def once(self, part: LayerResult) -> LayerResult:
        """`part` without the weights of layers that another row has brought already."""
        if part.key is not None:
            if part.key in self.seen:
                return _bare(part)
            self.seen.add(part.key)
        inner = tuple((name, self.once(each)) for name, each in part.inner)
        return replace(part, inner=inner)

    def input(self, graph: Graph, spec: LayerSpec, given: Any) -> Shape | None:
        """The shape of an input: what the model is called on, or what it says itself."""
        if given is not None:
            found: Shape | None = next(given, None)
            return found
        shape = input_of(spec)
        if shape is None and self.shape is not None:
            shape = self.shape
            self.filled.add("input_shape")
        if shape is None:
            first = next((each for each in graph.layers.values() if each.layer_type != INPUT), None)
            layer_type = first.layer_type if first else "the model"
            raise ShapeError(
                f"{layer_type} is the first layer and has no input shape. Give one, as "
                f"{layer_type}(..., input_shape=(timesteps, features)), Input((5, 10)) "
                "before it, or "
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
        spec: LayerSpec,
        inputs: tuple[Shape | None, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> LayerResult:
        """What `described` is, on inputs of these shapes."""
        if options.get("listed"):
            return rule("")(self.given(spec, (), {}, depth))
        if spec.layer_type == INPUT:
            shape = inputs[0]
            return LayerResult(INPUT, None if shape is None else (shape,))
        if any(shape is None for shape in inputs):
            note = "not known: a layer above returns a shape that is not known"
            return LayerResult(spec.layer_type, spec.outputs, note=note, opaque=True, work=None)
        shapes = tuple(shape for shape in inputs if shape is not None)
        if spec.graph is not None:
            part = self.nested(spec, shapes, depth)
        else:
            part = _ruled(self.given(spec, shapes, options, depth))
        if spec.outputs is not None and (part.outputs is None or spec.layer_type in SEEN):
            part = replace(part, outputs=spec.outputs)
        self.held.append(spec)  # Held, so that no other has its identity.
        part = replace(part, key=id(spec) if spec.key is None else spec.key)
        return _frozen(part) if spec.config.get("trainable") is False else part

    def given(
        self,
        spec: LayerSpec,
        shapes: tuple[Shape, ...],
        options: Mapping[str, Any],
        depth: int,
    ) -> LayerContext:
        """What a rule is given for `described`."""

        def build(
            inner: LayerSpec, shapes: tuple[Shape, ...], options: Mapping[str, Any]
        ) -> LayerResult:
            return self.part(inner, shapes, options, depth)

        layer_type, config = spec.layer_type, spec.config
        return LayerContext(layer_type, config, shapes, options, self.convention, build)

    def nested(self, spec: LayerSpec, shapes: tuple[Shape, ...], depth: int) -> LayerResult:
        """A model that is used as a layer, worked out once for inputs of these shapes."""
        known = (id(spec.graph), shapes)
        if known not in self.nests:
            self.nests[known] = self._nested(spec, shapes, depth)
        return self.nests[known]

    def _nested(self, spec: LayerSpec, shapes: tuple[Shape, ...], depth: int) -> LayerResult:
        rows, outputs = self.through(spec.graph, shapes, depth + 1)
        inner = tuple(
            (row.name, row.part if row.first else _bare(row.part))
            for row in rows
            if row.part.layer_type != INPUT
        )
        found = tuple(shape for shape in outputs if shape is not None)
        complete = len(found) == len(outputs)
        work = total_work(row.part for row in rows)
        opaque = any(row.part.opaque for row in rows)
        shown = found if complete else None
        return LayerResult(spec.layer_type, shown, work=work, inner=inner, opaque=opaque)


def _bare(part: LayerResult) -> LayerResult:
    """`part` without its weights and without what is in it: another has both."""
    return replace(part, tensors=(), inner=())


def _ruled(given: LayerContext) -> LayerResult:
    """What the rule of a kind answers; arguments that it cannot take are refused by their names."""
    for name in UNKNOWN_WEIGHTS:
        if given.config.get(name):
            raise OptionError(
                f"{given.layer_type} with {name} has weights that are not known here."
            )
    try:
        return rule(given.layer_type)(given)
    except LstmInspectError:
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        shown = {
            name: value for name, value in given.config.items()
            if value is not None and not name.endswith(BESIDE)
        }  # fmt: skip
        options = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        raise OptionError(
            f"{given.layer_type} cannot be read with {options[:150]}. Check its arguments "
            "against Keras."
        ) from None


def _result(results: list[tuple[Shape | None, ...]], ref: TensorRef) -> Shape | None:
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
        name: tuple(_result(results, ref) for ref in tensor_refs(value))
        if tensor_refs(value)
        else value
        for name, value in options.items()
    }


def _check_shared(before: LayerResult | None, now: LayerResult) -> None:
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


def _frozen(part: LayerResult) -> LayerResult:
    """`part` with nothing trained in it; a wrapper freezes nothing but itself, as in Keras."""
    wraps = part.layer_type in ("Bidirectional", "TimeDistributed", "RNN")
    return replace(
        part,
        tensors=tuple(replace(tensor, trainable=False) for tensor in part.tensors),
        inner=part.inner if wraps else tuple((name, _frozen(each)) for name, each in part.inner),
    )


def _blamed(graph: Graph, call: Node) -> str:
    """The layer that an error is about: an input that has no shape is its first reader's."""
    if graph.layers[call.layer].layer_type != INPUT:
        return call.layer
    return next(
        (name for name, each in graph.layers.items() if each.layer_type != INPUT), call.layer
    )


def stopped(error: LstmInspectError, layer: str, graph: Graph, rows: list[Row]) -> ModelError:
    """The error of a model that stops at `layer`, with everything above it."""
    note = f"shapes stop at {layer}: the numbers are those of what stands above it"
    above = Model(graph.name, tuple(rows), (), is_chain=graph.is_chain, notes=(note,))
    location = graph.layers[layer].location
    where = f"{layer} ({location})" if location else layer
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
    found = _Inference(convention, shape, batch, timesteps)
    rows, outputs = found.through(graph, None)
    given = {"input_shape": shape, "batch": batch, "timesteps": timesteps}
    for name, value in given.items():
        if value is not None and name not in found.filled:
            raise ModelError(
                f"{graph.name} says its {name.replace('_', ' ')} itself. Leave {name} out, or "
                "change it in the model."
            )
    return Model(graph.name, tuple(rows), outputs, convention, graph.is_chain, source, graph.notes)
