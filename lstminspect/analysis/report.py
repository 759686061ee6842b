"""Report: everything lstminspect knows about one layer, as raw numbers and shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from lstminspect import conventions
from lstminspect.display import Answer
from lstminspect.formula import Formula
from lstminspect.layer import Layer, Shape, Weight, checked_layer
from lstminspect.sizes import Quantity, evaluate
from lstminspect.stored import Stored

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, TermsName
    from lstminspect.terms import InTerms, Tensor

__all__ = ["BYTES", "DTYPE", "Elsewhere", "Report", "report"]

#: The type that weights are taken to have where bytes are counted, and its bytes per number.
DTYPE, BYTES = "float32", 4


class Elsewhere(NamedTuple):
    """The same layer in one convention.

    `differs` holds the blocks that it stores more or less often than the report's own convention,
    each with the number of times: `{"b_i": 2}`, `{"d_n": 0}`. `{"~W_f": 1}` is a slot as large as
    W_f that nothing reads.
    """

    parameters: Quantity
    formula: Formula
    differs: dict[str, int]


@dataclass(frozen=True)
class Report(Answer):
    """The contents of one layer and what it returns, under one convention.

    With a framework, `terms` are that framework's, and input, outputs and states have its shapes
    and, but for the outputs, its names. `conventions` has an entry for every framework that can
    store the layer, `unsupported` the reason for every one that cannot. Bytes are those of the
    weights alone.
    """

    layer: Layer
    convention: ConventionName
    parameters: Quantity
    formula: Formula = field(repr=False)
    weights: tuple[Weight, ...] = field(repr=False)
    output_shapes: tuple[Shape, ...] = field(repr=False)
    state_shapes: dict[str, Shape] = field(repr=False)
    bytes: Quantity = field(repr=False)
    conventions: dict[str, Elsewhere] = field(repr=False)
    unsupported: dict[str, str] = field(repr=False)
    input_shape: Shape = field(repr=False)
    terms: InTerms | None = field(default=None, repr=False)


def report(
    layer: Layer, convention: ConventionName | None = None, framework: TermsName | None = None
) -> Report:
    """The report of `layer` under `convention`, or under the layer's own (Keras if it has it).

    A `framework` ("pytorch", "keras", "onnx", "flax", "nnx") chooses its convention, and answers in
    its terms: its class, the shapes that it takes and returns, lines that check them.
    Raises UnknownConvention if that framework does not store the layer, or does not have it.

    >>> answer = report(Layer("lstm", units=64, features=3))
    >>> answer.parameters, answer.bytes, answer.conventions["pytorch"].parameters
    (17408, 69632, 17664)
    >>> answer.conventions["pytorch"].differs
    {'b_i': 2, 'b_f': 2, 'b_g': 2, 'b_o': 2}
    >>> report(Layer("lstm", 64, 3, timesteps=30, batch=8), framework="pytorch").state_shapes
    {'h_n': (1, 8, 64), 'c_n': (1, 8, 64)}
    """
    if framework is not None:
        layer = replace(checked_layer(layer), framework=framework)
    layer = checked_layer(layer)
    stored = layer.stored(conventions.chosen(convention, layer.framework))
    terms = _in_terms(layer)
    parameters = stored.parameters
    unsupported = {name: layer.why_unsupported(name) for name in conventions.CONVENTIONS}
    able: list[ConventionName] = [
        name for name, reason in unsupported.items() if not reason and name != conventions.EQUATIONS
    ]
    if stored.name not in able:
        able.append(stored.name)
    return Report(
        layer=layer,
        convention=stored.name,
        parameters=parameters,
        formula=stored.formula,
        weights=stored.weights,
        output_shapes=layer.output_shapes if terms is None else _shapes(terms.outputs),
        state_shapes=layer.state_shapes if terms is None else dict(terms.states),
        bytes=evaluate(lambda parameters: BYTES * parameters, {"parameters": parameters}),
        conventions={name: _elsewhere(stored, layer.stored(name)) for name in able},
        unsupported={name: reason for name, reason in unsupported.items() if reason},
        input_shape=layer.input_shape if terms is None else terms.inputs[0].shape,
        terms=terms,
    )


def _shapes(tensors: Iterable[Tensor]) -> tuple[Shape, ...]:
    return tuple(tensor.shape for tensor in tensors)


def _in_terms(layer: Layer) -> InTerms | None:
    """The layer in the terms of its framework, whose table is read where there is one alone."""
    if layer.framework is None:
        return None
    from lstminspect.terms import in_terms

    return in_terms(layer, layer.framework)


def _elsewhere(here: Stored, there: Stored) -> Elsewhere:
    mine, others = (Counter(block.name for block in each.blocks) for each in (here, there))
    names = dict.fromkeys([*(block.name for block in here.cell.blocks), *mine, *others])
    differs = {name: others[name] for name in names if others[name] != mine[name]}
    return Elsewhere(there.parameters, there.formula, differs)
