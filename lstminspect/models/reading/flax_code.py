"""From a text of Flax code to Models: its modules are made, and `__call__` is followed.

Nothing is run. The input of `__call__` has the shape that the text gives to `init`, or the caller,
or the one that its first layer usually takes, with letters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lstminspect.errors import ModelError
from lstminspect.models.reading.choices import Choice, Choices, Key
from lstminspect.models.reading.flax_layers import FlaxCall
from lstminspect.models.reading.flax_objects import CELLS, FlaxModule
from lstminspect.models.reading.flax_rows import rows_of
from lstminspect.models.reading.flax_semantics import FlaxSemantics
from lstminspect.models.reading.source import SourceText, parsed
from lstminspect.models.reading.torch_objects import Fault, TensorValue, tensors_in
from lstminspect.models.reading.values import DefinedFunction, Unknown
from lstminspect.models.summary import Model

__all__ = ["models_of_flax"]

MOST_MODELS, MOST_STEPS = 20, 60_000
#: Arguments of `__call__` that are true or false, and what they are taken for.
FLAGS = re.compile(r"(is_)?(train|training|test|testing|eval|inference|deterministic)(_mode)?")
KEYS = re.compile(r"\w*(rng|rngs|key|keys)")
RECURRENT = ("RNN", "Bidirectional", *CELLS)


class Run(NamedTuple):
    """One reading of `__call__`: the calls, what it returns, the fault, where shapes end."""

    calls: tuple[FlaxCall, ...]
    outputs: tuple[Any, ...]
    fault: str
    ends: tuple[str, ...]
    inputs: tuple[tuple[str, Any], ...]
    arrays: Mapping[str, tuple[FlaxModule, Any]]

    @property
    def is_whole(self) -> bool:
        """True if every shape is known and fits."""
        known = all(each.result.outputs is not None for each in self.calls)
        return not self.fault and known and not self.ends and None not in self.outputs


def models_of_flax(
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
    semantics = FlaxSemantics(source, tree, sizes, choices)
    semantics.read(tree)
    values = semantics.interpreter.values
    steps, values.steps = values.steps, 0
    roots = _roots(semantics)
    if not roots:
        raise ModelError(
            semantics.fault
            or "the text makes no module of Flax. Give the class that is made from nn.Module or "
            "nnx.Module, or lines such as nn.RNN(nn.LSTMCell(features=64))."
        )
    found = [_model(semantics, each, input_shape) for each in roots[:MOST_MODELS]]
    semantics.letters.check_used()
    if len(found) > 1:
        found = [replace(each, label=each.name) for each in found]
    fault = semantics.fault or found[0].fault
    if fault:
        from lstminspect.explanations.messages import explain_message

        first = replace(found[0], fault=fault)
        layer = first.rows[-1].name if first.rows else ""
        raise ModelError(fault, layer, first, explain_message(fault))
    return found, tuple(choices.met.values()), steps + semantics.spent


def _roots(semantics: FlaxSemantics) -> list[FlaxModule]:
    """The modules that are not part of another, the one that is meant first."""
    inner: set[int] = set()
    for module in semantics.modules:
        inner |= {id(each) for path, each in module.walk() if path}
    # A class whose objects another class makes is part of that one.
    used = {name for cls in semantics.interpreter.classes
            for name in _mentioned(semantics, cls.name)}  # fmt: skip
    free = [each for each in semantics.modules if id(each) not in inner and not each.path]
    kept: dict[object, FlaxModule] = {}
    for each in free:
        key = each.layer_type if each.instance is not None else id(each)
        if each.inputs is not None or key not in kept or kept[key].inputs is None:
            kept[key] = each
    own = [each for each in kept.values() if each.instance is not None]
    given = [each for each in own if each.inputs is not None]
    first = [each for each in own if each.layer_type not in used]
    several = [*reversed(given), *reversed(first), *reversed(own)]
    if several:
        wanted = [each for each in several if each in given or each in first] or several
        return list(dict.fromkeys(wanted))
    layers = [each for each in kept.values() if each.layer_type not in CELLS]
    meant = [each for each in kept.values() if each.inputs is not None]
    return list(reversed(meant or layers or list(kept.values())))


def _mentioned(semantics: FlaxSemantics, name: str) -> Iterator[str]:
    """The class of this name, if another class of the text mentions it."""
    for other in semantics.interpreter.classes:
        for value in other.names.values() if other.name != name else ():
            if isinstance(value, DefinedFunction) and name in semantics.relevance.names_in(
                value.node
            ):
                yield name
                return


def _model(semantics: FlaxSemantics, root: FlaxModule, input_shape: Any) -> Model:
    """The Model of a module: what `__call__` calls, and for NNX what it holds besides."""
    layers = semantics.layers
    words: set[str] = {each.layer_type for each in semantics.modules}
    for cls in semantics.interpreter.classes:
        for value in cls.names.values():
            if isinstance(value, DefinedFunction):
                words |= semantics.relevance.names_in(value.node)
    layers.prefers_time = any(name in words for name in RECURRENT)
    run = _best(semantics, root, input_shape)
    rows = list(rows_of(semantics, root, run))
    notes = [text for text, matters in semantics.interpreter.notes.items() if not matters]
    doubts = [text for text, matters in semantics.interpreter.notes.items() if matters]
    ends = [] if run is None else list(run.ends)
    if run is None:
        notes.append("shapes are not followed: the text has no __call__ for this module")
    elif not run.fault and not ends and not run.is_whole:
        ends = ["the shape of the input is not known; give it with --input-shape"]
    whose = "parameters are" if root.family == "nnx" else "nor are the parameters behind it"
    doubts += [f"{each}; shapes are not followed from there, {whose}" for each in ends]
    if any("BatchNorm" in row.part.layer_type for row in rows):
        notes.append("the mean and var of a BatchNorm are batch_stats, not params")
    convention = "nnx" if root.family == "nnx" else "flax"
    return Model(
        root.layer_type,
        tuple(rows),
        () if run is None or run.fault else run.outputs,
        convention,
        source="Flax NNX" if root.family == "nnx" else "Flax linen",
        notes=tuple(notes),
        letters=semantics.letters_of(rows),
        doubts=tuple(doubts),
        fault="" if run is None else run.fault,
    )


def _best(semantics: FlaxSemantics, root: FlaxModule, input_shape: Any) -> Run | None:
    """The reading of `__call__` that fits, over the shapes that its input can have."""
    instance = root.instance
    call = instance.cls.get("__call__", None) if instance is not None else None
    if instance is not None and not isinstance(call, DefinedFunction):
        return None
    names = _names(root)
    data = [name for name in names if not FLAGS.fullmatch(name) and not KEYS.fullmatch(name)]
    if input_shape is not None:
        several = [tuple(input_shape)] if all(isinstance(n, int) for n in input_shape) else [
            tuple(each) for each in input_shape]  # fmt: skip
        return _settled(semantics, root, names, dict(zip(data, several, strict=False)))
    if root.inputs is not None:
        run = _run(semantics, root, names, {}, root.inputs)
        if run.inputs or run.is_whole:
            return run
    run = _settled(semantics, root, names, {})
    if run.is_whole or not data:
        return run
    best = run
    for shape in _candidates(semantics, run, data[0]):
        if semantics.spent > MOST_STEPS:
            break
        other = _settled(semantics, root, names, {data[0]: shape})
        if other.is_whole:
            return other
        if best.fault and not other.fault:
            best = other
    if best.fault and not any(data[0] == name for name, _ in run.inputs):
        text = "the input that __call__ takes is not known; give it with --input-shape"
        return best._replace(fault="", ends=(text,), outputs=(None,))
    return best


def _candidates(semantics: FlaxSemantics, run: Run, name: str) -> list[tuple[Any, ...]]:
    """Shapes that an input can have too; none where its first layer leaves only one."""
    batch, time, wide, height, width = (
        semantics.layers.letter(each, name)
        for each in ("batch", "time", "features", "height", "width")
    )
    shape = dict(run.inputs).get(name)
    first = next((each.module.layer_type for each in run.calls), "")
    is_certain = first in ("RNN", "Bidirectional") or first.startswith("Conv")
    if shape is not None and is_certain:
        return []
    if shape is not None and first == "Embed":
        return [(batch,)]
    last = wide if shape is None else shape[-1]
    found = [(batch, time, last), (batch, last)]
    return found if shape else [*found, (batch, time), (batch, height, width, wide)]


def _names(root: FlaxModule) -> list[str]:
    """The arguments of `__call__` that have no default."""
    call = root.instance.cls.get("__call__", None) if root.instance is not None else None
    if not isinstance(call, DefinedFunction):
        return ["carry", "inputs"] if root.layer_type in CELLS else ["inputs"]
    wanted = call.node.args
    plain = [each.arg for each in (*wanted.posonlyargs, *wanted.args)][1:]
    plain = plain[: len(plain) - len(wanted.defaults)] if wanted.defaults else plain
    pairs = zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)
    return [*plain, *(f"*{each.arg}" for each, default in pairs if default is None)]


def _settled(
    semantics: FlaxSemantics, root: FlaxModule, names: Sequence[str], shapes: Mapping[str, Any]
) -> Run:
    """A reading of `__call__` in which every input has the shape that its first layer needs."""
    bound = dict(shapes)
    run = _run(semantics, root, names, bound)
    for _ in range(4):
        if semantics.layers.bound == bound or semantics.spent > MOST_STEPS:
            break
        bound = dict(semantics.layers.bound)
        run = _run(semantics, root, names, bound)
    return run


def _run(
    semantics: FlaxSemantics, root: FlaxModule, names: Sequence[str], bound: Mapping[str, Any],
    given: tuple[list[Any], dict[str, Any]] | None = None,
) -> Run:  # fmt: skip
    """One reading of `__call__`."""
    layers = semantics.layers
    layers.start(bound)
    semantics.ends = {}
    if given is None:
        arguments = [_input(name, bound) for name in names if name[0] != "*"]
        options = {name[1:]: _input(name[1:], bound) for name in names if name[0] == "*"}
    else:
        own = [_named(each, names, n) for n, each in enumerate(given[0])]
        arguments, options = own, dict(given[1])
        arguments += [_input(name, bound) for name in names[len(own) :]
                      if name[0] != "*" and name not in options]  # fmt: skip
    fault = ""
    outputs: tuple[Any, ...] = ()
    semantics.runs = True
    call = ast.Call(ast.Name(root.layer_type, ast.Load(), lineno=1), [], [], lineno=1)
    try:
        found = layers.apply(root, arguments, options, call)
        outputs = tuple(each.shape for each in tensors_in(found))
    except Fault as error:
        fault = str(error)
    except ModelError as error:
        semantics.ends.setdefault(str(error))
    except RecursionError:
        semantics.ends.setdefault("__call__ is nested too deep")
    finally:
        semantics.runs = False
        semantics.scopes.open.clear()
    values = semantics.interpreter.values
    semantics.spent += values.steps
    values.steps = 0
    taken = list(zip([*names], arguments, strict=False)) + list(options.items())
    shapes = tuple(
        (name, each.shape)
        for name, value in taken
        for each in ([value] if isinstance(value, TensorValue) else [])
        if each.shape is not None
    )
    return Run(
        tuple(layers.calls),
        outputs,
        fault,
        tuple(semantics.ends),
        shapes,
        dict(semantics.scopes.arrays),
    )


def _named(value: Any, names: Sequence[str], number: int) -> Any:
    """An argument of `init`; an array of no known shape is one that a layer decides."""
    name = names[number] if number < len(names) else ""
    if isinstance(value, TensorValue):
        return TensorValue(value.shape, "" if value.shape is not None else name)
    is_array = isinstance(value, Unknown) and not FLAGS.fullmatch(name) and not KEYS.fullmatch(name)
    return TensorValue(None, name) if is_array else value


def _input(name: str, bound: Mapping[str, Any]) -> Any:
    """An input of `__call__`: a flag, a key, or a tensor."""
    flag = FLAGS.fullmatch(name)
    if flag:
        return flag[2] in ("deterministic", "test", "testing", "eval", "inference")
    if KEYS.fullmatch(name):
        return Unknown(name)
    return TensorValue(bound.get(name), "" if name in bound else name)
