"""From a text of PyTorch code to Models: its modules are made, and `forward` is followed.

Nothing is run. The input of `forward` has the shape that its first layer needs, with letters for
what that leaves open, or the shape that the text or the caller gives.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lstminspect.costs.work import Work
from lstminspect.errors import ModelError
from lstminspect.models.graph import INPUT
from lstminspect.models.reading.choices import Choice, Choices, Key
from lstminspect.models.reading.source import SourceText, parsed
from lstminspect.models.reading.torch_objects import CONTAINERS, SIGNATURES, TorchModule
from lstminspect.models.reading.torch_runs import RECURRENT, Run, best_run
from lstminspect.models.reading.torch_semantics import TorchSemantics
from lstminspect.models.reading.values import DefinedFunction
from lstminspect.models.spec import LayerResult, Tensor
from lstminspect.models.summary import Model, Row

__all__ = ["models_of_torch"]

MOST_MODELS = 20
MOST_CHOICES = 6


def models_of_torch(
    source: SourceText,
    sizes: Mapping[str, int],
    input_shape: Any = None,
    fixed: Mapping[Key, int] | None = None,
) -> tuple[list[Model], tuple[Choice, ...], int]:
    """The Models of a text, the one that is meant first, its choices, the steps of reading.

    Raises ModelError if the text makes none, or where the shapes of one do not fit.
    """
    tree = parsed(source)
    choices = Choices(fixed)
    semantics = TorchSemantics(source, tree, sizes, choices)
    semantics.read(tree)
    values = semantics.interpreter.values
    steps, values.steps = values.steps, 0
    roots = _roots(semantics)
    counted = None if any(map(_makes_later, roots)) else dict(choices.met)
    if not roots and semantics.fault:
        raise ModelError(semantics.fault)
    if not roots:
        raise ModelError(
            "the text makes no module of PyTorch. Give the class that is made from nn.Module, or "
            "lines such as nn.Sequential(nn.Linear(10, 20), nn.GRU(20, 8))."
        )
    try:
        found = [_model(semantics, each, input_shape) for each in roots[:MOST_MODELS]]
    except ModelError as error:
        if semantics.fault and isinstance(error.model, Model):
            raise _faulty(semantics.fault, replace(error.model, fault="")) from None
        raise
    semantics.letters.check_used()
    if len(found) > 1:
        found = [replace(each, label=each.name) for each in found]
    if semantics.fault:
        raise _faulty(semantics.fault, found[0])
    # What is open in `forward` alone changes no count.
    met = choices.met if counted is None else counted
    return found, tuple(met.values()), steps + semantics.spent


def _roots(semantics: TorchSemantics) -> list[TorchModule]:
    """The modules that are not part of another, the one that is meant first."""
    inner = {id(each) for module in semantics.modules.every for each in module.children.values()}
    free = [each for each in semantics.modules.every if id(each) not in inner]
    kept: dict[object, TorchModule] = {}
    for each in free:
        if each.is_opaque or not (each.children or each.is_layer or each.parameters):
            continue
        key = each.layer_type if each.instance is not None else id(each)
        kept[key] = each
    own = [each for each in kept.values() if each.instance is not None]
    others = [each for each in kept.values() if each.instance is None]
    if own:
        names = {id(each) for each in semantics.interpreter.values.names.values()}
        named = [each for each in others if id(each) in names and _is_recurrent(each)]
        return list(reversed([*named, *own]))
    containers = [each for each in others if each.children]
    return list(reversed(containers or others))


def _is_recurrent(root: TorchModule) -> bool:
    """True for a module with a recurrent layer in it."""
    return bool(root.children) and any(each.layer_type in RECURRENT for _, each in root.walk())


def _model(semantics: TorchSemantics, root: TorchModule, input_shape: Any) -> Model:
    """The Model of a module: what `forward` calls, and what it never calls."""
    semantics.layers.prefers_time = any(each.layer_type in RECURRENT for _, each in root.walk())
    before = dict(semantics.interpreter.notes)
    run = best_run(semantics, root, input_shape)
    rows = list(_rows(semantics, root, run))
    name = root.layer_type
    notes = [text for text, matters in semantics.interpreter.notes.items() if not matters]
    doubts = [text for text, matters in semantics.interpreter.notes.items() if matters]
    # What a `forward` does not understand is told of its own model.
    semantics.interpreter.notes = before
    doubts += [
        f"{each.layer_type} is made from {base}, which the text does not have; parameters that "
        f"{base} makes are not counted"
        for _, each in root.walk()
        for base in each.bases
    ]
    if run is None:
        notes.append(
            "shapes are not followed: the text has no forward for this module; the parameters "
            "are whole"
        )
    elif not run.fault:
        ends = list(run.ends)
        notes += run.conditions
        if not ends and not run._replace(conditions=()).is_whole:
            ends = ["the shape of the input is not known; give it with --input-shape"]
        # Where `forward` is left open the count is that of `__init__`, and it is whole.
        further = [f"{each}; shapes are not followed from there, parameters are" for each in ends]
        stopped = run.is_cut and _makes_later(root)
        doubts, notes = (doubts + further, notes) if stopped else (doubts, further + notes)
    outputs = () if run is None or run.fault else run.outputs
    found = Model(
        name,
        tuple(rows),
        tuple(outputs),
        "pytorch",
        source="PyTorch",
        notes=tuple(notes),
        letters=semantics.letters_of(rows),
        doubts=tuple(doubts),
    )
    if run is not None and run.fault:
        raise _faulty(run.fault, found)
    return found


def _makes_later(root: TorchModule) -> bool:
    """True if a method beside `__init__`, of a module or one in it, could make a module."""
    classes = {each.instance.cls for _, each in root.walk() if each.instance is not None}
    methods = [
        value.node
        for cls in classes
        for one in cls.line()
        for name, value in one.names.items()
        if isinstance(value, DefinedFunction) and name not in ("__init__", "init_hidden")
    ]
    calls = (each.func for node in methods for each in ast.walk(node) if isinstance(each, ast.Call))
    names = {getattr(each, "attr", getattr(each, "id", "")) for each in calls}
    return not names.isdisjoint((*SIGNATURES, *CONTAINERS, "Parameter"))


def _faulty(fault: str, found: Model) -> ModelError:
    """The error of a Model whose shapes do not fit, with what is known of it."""
    from lstminspect.explanations.messages import explain_message

    layer = found.rows[-1].name if found.rows else ""
    return ModelError(fault, layer, replace(found, fault=fault), explain_message(fault))


def _rows(semantics: TorchSemantics, root: TorchModule, run: Run | None) -> Iterator[Row]:
    """A row for every input, call, parameter outside the layers, and layer that is not called."""
    paths = {id(each): path or each.layer_type for path, each in root.walk()}
    for name, shape in run.inputs if run is not None else ():
        yield Row(name, LayerResult(INPUT, (shape,)), (shape,), ())
    for path, each in root.walk():
        if each.parameters:
            yield Row(path or each.layer_type, _own(each), (), ())
    seen: set[int] = set()
    for call in run.calls if run is not None else ():
        module, path = call.module, paths.get(id(call.module), "")
        result = _typed(call.result)
        if not path:
            note = f"{call.place}: not registered in the module, so not among its parameters"
            path, result = module.layer_type, replace(result, tensors=(), note=note)
        elif result.outputs is None and not result.note:
            result = replace(result, note="what it is given is not known", opaque=False)
        result = _trained(module, result, root)
        yield Row(path, result, call.inputs[:1], (), id(module) not in seen)
        seen.add(id(module))
    for path, each in root.walk():
        if each.is_layer and id(each) not in seen:
            result = replace(semantics.layers.weights_of(each), work=Work())
            if run is not None and not result.opaque:
                result = replace(result, note="" if run.fault else "never called")
            yield Row(path or each.layer_type, _trained(each, _typed(result), root), (), ())
        elif each.is_opaque:
            note = f"{each.place}: opaque: its parameters are not known"
            result = LayerResult(each.layer_type, None, work=None, note=note, opaque=True)
            yield Row(path, result, (), ())


def _typed(result: LayerResult) -> LayerResult:
    return replace(result, key=None)


def _own(module: TorchModule) -> LayerResult:
    """The parameters that a module holds itself."""
    tensors = tuple(
        Tensor(name, shape, not {name, "*"} & module.frozen)
        for name, shape in module.parameters.items()
        if shape is not None
    )
    note = "parameters of its own, beside those of its layers"
    return LayerResult(module.layer_type, None, tensors, note=note)


def _trained(module: TorchModule, result: LayerResult, root: TorchModule) -> LayerResult:
    """`result` without the tensors that are another module's, and with those that are frozen."""
    frozen = set(module.frozen)
    for _, each in root.walk():
        if "*" in each.frozen and any(inner is module for _, inner in each.walk()):
            frozen.add("*")
    tensors = tuple(
        replace(each, trainable=each.trainable and not {each.name, "*"} & frozen)
        for each in result.tensors
        if each.name not in module.tied
    )
    note = result.note
    for name in module.tied:
        note = f"{note}; {name} is another module's".removeprefix("; ")
    return replace(result, tensors=tensors, note=note)
