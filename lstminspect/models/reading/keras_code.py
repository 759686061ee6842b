"""From a file of Keras code to graphs: one for each model that it makes, read and never run.

The lines of the file are read first. Then functions and methods that nobody calls are read with
their arguments as letters, so that a builder in a library is a model too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from lstminspect.errors import ModelError
from lstminspect.models.graph import INPUT, Graph, sequential
from lstminspect.models.reading.choices import Choice, Choices, Key
from lstminspect.models.reading.keras_semantics import KerasSemantics
from lstminspect.models.reading.objects import LayerObject, ModelObject, spec_of
from lstminspect.models.reading.roots import read_roots
from lstminspect.models.reading.source import parsed, source_of

__all__ = ["CodeReading", "graph_of_code", "read_code"]

#: Models of one file that are shown; more are named.
MOST_MODELS = 60


class CodeReading(NamedTuple):
    """The graphs of a text, the one that is meant first; and what the text leaves open."""

    graphs: tuple[Graph, ...]
    choices: tuple[Choice, ...]
    steps: int


def graph_of_code(text: str) -> Graph:
    """The graph of the model that `text` means. Raises ModelError, with the line, if it is none.

    >>> graph = graph_of_code("LSTM(25, input_shape=(5, 10)), Dense(10)")
    >>> [call.layer for call in graph.calls]
    ['input_layer', 'lstm', 'dense']
    """
    return read_code(text).graphs[0]


def read_code(
    text: str,
    sizes: Mapping[str, int] | None = None,
    fixed: Mapping[Key, int] | None = None,
    opens: bool = True,
) -> CodeReading:
    """The graphs of all models that `text` makes. Raises ModelError, with the line, if none.

    `sizes` are numbers for what the text leaves open, `fixed` the choices that are taken as they
    say. With `opens`, a first layer that says no input shape takes one of letters.
    """
    source = source_of(text)
    tree = parsed(source)
    choices = Choices(fixed)
    semantics = KerasSemantics(source, tree, sizes, choices)
    semantics.opening.opens = opens
    try:
        semantics.interpreter.body(tree.body)
        ours = [*semantics.models]
        failures = read_roots(semantics)
        if opens:
            semantics.opening.open_models()
        graphs = _graphs(semantics, ours, failures)
        graphs = [semantics.freezing.final(each) for each in graphs]
    except RecursionError:
        raise ModelError("the text is nested too deep. Give the model alone.") from None
    semantics.letters.check_used()
    return CodeReading(
        _told(semantics, graphs), tuple(choices.met.values()), semantics.interpreter.values.steps
    )


def _graphs(
    semantics: KerasSemantics, ours: list[ModelObject], failures: list[tuple[str, ModelError]]
) -> list[Graph]:
    """The models of a text: the one it trains or sums up, else the last it makes; the others."""
    models = ours if any(each.is_own for each in ours) else semantics.models
    models = [each for each in models if each.is_built] or [
        each for each in models if not each.layer_type
    ]
    chosen = _chosen(models)
    if chosen is None and semantics.loose:
        for each in semantics.loose:
            if isinstance(each, LayerObject):
                each.checked()
        chain = [spec_of(each) for each in semantics.loose]
        shape = semantics.opening.open_shape(chain) if semantics.opening.opens else None
        return [sequential("model", chain, shape)]
    if chosen is None:
        return [_implicit(semantics, failures)]
    others = [each for each in semantics.models if each is not chosen and each.is_own]
    named = _labels(semantics, [chosen, *others])
    graphs = [semantics.graph_of(chosen)]
    several = bool(others)
    if several:
        graphs = [replace(graphs[0], label=named[id(chosen)])]
    notes = []
    for each in others[:MOST_MODELS]:
        graphs.append(replace(semantics.graph_of(each), label=named[id(each)]))
    if len(others) > MOST_MODELS:
        notes.append(f"{len(others) - MOST_MODELS:,} more models of the text are not shown")
    for label, error in failures:
        text = f"{label} is not read to its end: {error}"
        own = [each for each in [chosen, *others] if each.root == label]
        if chosen in own:
            semantics.note(text)
        else:
            notes.append(text)
    return [replace(graphs[0], notes=(*graphs[0].notes, *notes)), *graphs[1:]]


def _chosen(models: list[ModelObject]) -> ModelObject | None:
    """The model that a text is about."""
    candidates = [each for each in models if each.is_own] or models
    most = max((each.wanted for each in models), default=0)
    wanted = [each for each in models if each.wanted == most] if most else candidates
    return wanted[-1] if wanted else None


def _labels(semantics: KerasSemantics, models: list[ModelObject]) -> dict[int, str]:
    """The name of each model in the file, or the function that makes it."""
    found = semantics.interpreter.values.names.items()
    names = {id(getattr(value, "native", None) or value): name for name, value in found}
    labels: dict[int, str] = {}
    for each in models:
        label = names.get(id(each), each.maker or each.name)
        taken = label in labels.values()
        labels[id(each)] = f"{label}: {each.name}" if taken else label
    return labels


def _told(semantics: KerasSemantics, graphs: list[Graph]) -> tuple[Graph, ...]:
    """The graphs with what was not understood, and the letters."""
    for place in semantics.interpreter.values.libraries.defaults:
        text = f"{place}: the defaults of the arguments are taken, as where none is given"
        semantics.note(text, matters=False)
    notes = semantics.interpreter.notes
    doubts = tuple(text for text, matters in notes.items() if matters)
    passed = (*semantics.source.notes, *(text for text, matters in notes.items() if not matters))
    letters = semantics.letters.every
    if semantics.tf1.is_used:
        graphs = [replace(each, source="TensorFlow 1") for each in graphs]
    first = replace(graphs[0], notes=(*graphs[0].notes, *passed), doubts=doubts, letters=letters)
    return (first, *(replace(each, letters=letters) for each in graphs[1:]))


def _implicit(semantics: KerasSemantics, failures: list[tuple[str, ModelError]]) -> Graph:
    """Layers called on tensors, without a Model around them: what nothing reads comes out."""
    made = semantics.calls.made
    read = {ref for _, inputs, _ in made for ref in inputs}
    outputs = [
        each for each in semantics.results
        if each.ref not in read and made[each.ref.call][0].layer_type != INPUT
    ]  # fmt: skip
    if outputs:
        return semantics.calls.graph("model", outputs, None)
    if failures:
        raise failures[0][1]
    raise ModelError(
        'no model is made in the text. Give layers, for example "Input((5, 10)), LSTM(25), '
        'Dense(10)", or the lines that make a Sequential or a Model.'
    )
