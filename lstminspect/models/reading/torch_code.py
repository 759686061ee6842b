"""From a text of PyTorch code to Models: its modules are made, and `forward` is followed.

Nothing is run. The input of `forward` has the shape that its first layer needs, with letters for
what that leaves open, or the shape that the text or the caller gives.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lstminspect.costs.work import Work
from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.models.graph import INPUT, Letter
from lstminspect.models.reading.choices import Choice, Choices, Key
from lstminspect.models.reading.source import SourceText, parsed
from lstminspect.models.reading.torch_inputs import shapes_for
from lstminspect.models.reading.torch_objects import Fault, TensorValue, TorchModule
from lstminspect.models.reading.torch_semantics import TorchSemantics
from lstminspect.models.reading.values import DefinedFunction, Unknown
from lstminspect.models.spec import LayerResult, Tensor
from lstminspect.models.summary import Model, Row

__all__ = ["models_of_torch"]

#: Readings of `forward` with other shapes of its input.
MOST_TRIES, MOST_STEPS = 24, 60_000
MOST_MODELS = 20
MOST_CHOICES = 6
RECURRENT = ("LSTM", "GRU", "RNN")


class Run(NamedTuple):
    """One reading of `forward`: the calls, what it returns, the fault, where shapes end."""

    calls: tuple[Any, ...]
    outputs: tuple[Any, ...]
    fault: str
    ends: tuple[str, ...]
    inputs: tuple[tuple[str, Any], ...]
    by: TorchModule | None = None
    conditions: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """True if every shape is known and fits."""
        known = all(each.result.outputs is not None for each in self.calls)
        whole = not self.fault and known and not self.ends and None not in self.outputs
        return whole and not self.conditions


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
    _read(semantics, tree)
    values = semantics.interpreter.values
    steps, values.steps = values.steps, 0
    roots = _roots(semantics)
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
    return found, tuple(choices.met.values()), steps + semantics.spent


def _read(semantics: TorchSemantics, tree: ast.Module) -> None:
    """Read the lines of a text, then the functions and classes that nobody has used."""
    interpreter = semantics.interpreter
    for statement in tree.body:
        try:
            interpreter.body([statement])
        except Fault as error:
            semantics.fault = semantics.fault or str(error)
        except ModelError as error:
            semantics.note(f"{semantics.place(statement)}: not read to its end: {error}", False)
    for function in [*interpreter.functions]:
        makes = semantics.matters(function.node, {})
        if function.owner is None and not function.was_called and makes:
            _tried(
                semantics, function.name, lambda f=function: interpreter.calls.function(f, [], {})
            )
    for cls in [*interpreter.classes]:
        if not cls.instances:
            _tried(semantics, cls.name, lambda c=cls: interpreter.calls.instance(c, [], {}))


def _tried(semantics: TorchSemantics, name: str, read: Any) -> None:
    """Read what nobody calls; what stops it is a note."""
    try:
        read()
    except Fault as error:
        semantics.fault = semantics.fault or str(error)
    except LstmInspectError as error:
        semantics.note(f"{name} is not read to its end: {error}")


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
        return list(reversed(own))
    containers = [each for each in others if each.children]
    return list(reversed(containers or others))


def _model(semantics: TorchSemantics, root: TorchModule, input_shape: Any) -> Model:
    """The Model of a module: what `forward` calls, and what it never calls."""
    semantics.layers.prefers_time = any(each.layer_type in RECURRENT for _, each in root.walk())
    run = _best(semantics, root, input_shape)
    rows = list(_rows(semantics, root, run))
    name = root.layer_type
    notes = [text for text, matters in semantics.interpreter.notes.items() if not matters]
    doubts = [text for text, matters in semantics.interpreter.notes.items() if matters]
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
        doubts += [f"{each}; shapes are not followed from there, parameters are" for each in ends]
    outputs = () if run is None or run.fault else run.outputs
    found = Model(
        name,
        tuple(rows),
        tuple(outputs),
        "pytorch",
        source="PyTorch",
        notes=tuple(notes),
        letters=_letters(semantics, rows),
        doubts=tuple(doubts),
    )
    if run is not None and run.fault:
        raise _faulty(run.fault, found)
    return found


def _faulty(fault: str, found: Model) -> ModelError:
    """The error of a Model whose shapes do not fit, with what is known of it."""
    from lstminspect.explanations.messages import explain_message

    layer = found.rows[-1].name if found.rows else ""
    return ModelError(fault, layer, replace(found, fault=fault), explain_message(fault))


def _letters(semantics: TorchSemantics, rows: Sequence[Row]) -> tuple[Letter, ...]:
    """The letters that shapes or tensors of the rows hold."""
    names: set[str] = set()
    for row in rows:
        for shape in (*(row.part.outputs or ()), *(each.shape for each in row.part.every_tensor)):
            for size in shape or ():
                names |= {str(each) for each in getattr(size, "free_symbols", ())}
    return tuple(each for each in semantics.letters.every if each.name in names)


def _best(semantics: TorchSemantics, root: TorchModule, input_shape: Any) -> Run | None:
    """The reading of `forward` that fits, over the shapes that its input can have."""
    instance = root.instance
    forward = instance.cls.get("forward", None) if instance is not None else None
    has_forward = isinstance(forward, DefinedFunction) or root.is_layer
    if not has_forward and root.layer_type != "Sequential" and not _is_chain(root):
        return None
    names = _inputs(root)
    if input_shape is not None:
        several = _given(input_shape)
        return _settled(semantics, root, names, dict(zip(names, several, strict=False)))
    run = _settled(semantics, root, names, {})
    if run.is_whole or not names:
        return _in_order(semantics, root, names, run)
    outside = _from_outside(semantics, root, names)
    if outside is not None:
        return outside
    best = run
    first = names[0]
    module = run.by or next(iter(semantics.layers.needs), None)
    if module is None:
        return run
    semantics.layers.bound = {"first": first}
    natural = shapes_for(module, lambda name: semantics.layers.letter(name, first))
    bound = run.by is not None
    time, faulty = semantics.layers.letter("time", first), False
    fitting = run if run._replace(conditions=()).is_whole else None
    for shape in list(dict.fromkeys(_candidates(natural, bound, time)))[:MOST_TRIES]:
        if semantics.spent > MOST_STEPS:
            break
        other = _settled(semantics, root, names, {first: shape})
        if other.is_whole:
            return _in_order(semantics, root, names, other)
        if not other.fault and other._replace(conditions=()).is_whole and not fitting:
            fitting = other
        if not bound and other.fault and len(shape) == len(natural[0]):
            # It goes beyond the first layer: the fault is behind that, whatever the input is.
            further = len(other.calls) > max(1, len(best.calls) if faulty else 1)
            best, faulty = (other, True) if further else (best, faulty)
    if fitting is not None:
        return _in_order(semantics, root, names, fitting)
    if best.fault and not bound and not faulty:
        # The shape of the input is a guess, and so is the fault.
        text = "the input that forward takes is not known; give it with --input-shape"
        return best._replace(fault="", ends=(text,), outputs=(None,))
    return best


def _from_outside(semantics: TorchSemantics, root: TorchModule, names: Sequence[str]) -> Run | None:
    """The reading with the shapes that the text gives the module; None where it gives none."""
    for module, several in semantics.layers.outside[-20:]:
        if module is root and len(several) >= len(names) and None not in several[: len(names)]:
            run = _settled(semantics, root, names, dict(zip(names, several, strict=False)))
            if not run.fault and run._replace(conditions=()).is_whole:
                return run
    return None


def _in_order(semantics: TorchSemantics, root: TorchModule, names: Sequence[str], run: Run) -> Run:
    """`run`, or one in which `batch` is what the first recurrent layer takes as its batch."""
    shapes = dict(run.inputs)
    first: Any = shapes.get(names[0], ()) if names else ()
    for call in run.calls:
        shape = call.inputs[0] if call.inputs else ()
        if call.module.layer_type in RECURRENT and len(shape) == 3:
            at = 1 if call.module.config.get("batch_first") else 0
            swapped = str(shape[at]) == "batch" and str(shape[1 - at]) == "time"
            if swapped and sorted(map(str, first[:2])) == ["batch", "time"]:
                start = {names[0]: (first[1], first[0], *first[2:])}
                other = _settled(semantics, root, names, start)
                return other if other.is_whole else run
            return run
    return run


def _is_chain(root: TorchModule) -> bool:
    instance = root.instance
    return instance is not None and any(
        each.last == "Sequential" for each in instance.cls.bases_outside()
    )


def _candidates(natural: Sequence[Any], bound: bool, time: Any = None) -> Iterator[Any]:
    """Shapes that an input can have so that its first layer takes what is made of it."""
    yield from natural
    if bound:
        return
    for shape in natural:
        yield from itertools.permutations(shape)
    for shape in natural:
        for n in range(len(shape)):
            yield (*shape[:n], *shape[n + 1 :])
    for shape in natural:
        if time is not None and time not in shape:
            yield (shape[0], time, *shape[1:])
            yield (time, *shape)
            yield (*shape, time)
    for shape in natural:
        yield (shape[0], 1, *shape[1:])


def _given(input_shape: Any) -> list[tuple[int, ...]]:
    """The shapes that a caller gives, one or several."""
    if all(isinstance(each, int) for each in input_shape):
        return [tuple(input_shape)]
    return [tuple(each) for each in input_shape]


def _inputs(root: TorchModule) -> list[str]:
    """The arguments of `forward` that have no default."""
    instance = root.instance
    forward = instance.cls.get("forward", None) if instance is not None else None
    if not isinstance(forward, DefinedFunction):
        return ["input"]
    wanted = forward.node.args
    plain = [each.arg for each in (*wanted.posonlyargs, *wanted.args)][1:]
    return plain[: len(plain) - len(wanted.defaults)] if wanted.defaults else plain


def _settled(
    semantics: TorchSemantics, root: TorchModule, names: Sequence[str], shapes: Mapping[str, Any]
) -> Run:
    """A reading of `forward` in which every input has the shape that its first layer needs."""
    bound: dict[str, Any] = {"first": names[0] if names else "", **shapes}
    run = _run(semantics, root, names, bound)
    for _ in range(4):
        if semantics.layers.bound == bound or semantics.spent > MOST_STEPS:
            break
        bound = dict(semantics.layers.bound)
        run = _run(semantics, root, names, bound)
    return run


def _run(
    semantics: TorchSemantics, root: TorchModule, names: Sequence[str], bound: Mapping[str, Any]
) -> Run:
    """One reading of `forward`."""
    semantics.layers.start(bound)
    semantics.ends = {}
    arguments = [_input(name, bound) for name in names]
    fault = ""
    outputs: tuple[Any, ...] = ()
    place = ast.Constant(0, lineno=1)
    try:
        found = semantics.layers.apply(root, arguments, {}, place)
        outputs = tuple(each.shape for each in _tensors(found))
    except Fault as error:
        fault = str(error)
    except ModelError as error:
        semantics.ends.setdefault(str(error))
    except RecursionError:
        semantics.ends.setdefault("forward is nested too deep")
    values = semantics.interpreter.values
    semantics.spent += values.steps
    values.steps = 0
    held = semantics.layers.bound
    inputs = tuple(
        (name, shape)
        for name in names
        if (shape := semantics.layers.bound.get(name, semantics.layers.bound.get(f"{name}[0]")))
        is not None
    )
    by = held.get(f"{names[0]} by") if names else None
    ends, conditions = tuple(semantics.ends), tuple(semantics.layers.conditions)
    return Run(tuple(semantics.layers.calls), outputs, fault, ends, inputs, by, conditions)


def _input(name: str, bound: Mapping[str, Any]) -> Any:
    """An input of `forward`: a tensor, or a pair of states."""
    if f"{name}[0]" in bound:
        return tuple(TensorValue(bound.get(f"{name}[{n}]"), f"{name}[{n}]") for n in range(2))
    if "length" in name or name.endswith("lens"):
        return TensorValue(None)
    return TensorValue(bound.get(name), "" if name in bound else name)


def _tensors(value: Any) -> Iterator[TensorValue]:
    """The tensors in a value, in order."""
    if isinstance(value, TensorValue):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, Unknown):
        yield TensorValue(None)


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
