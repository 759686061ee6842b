"""Readings of `forward`: the shapes that its inputs can have, and what follows from each.

The input has the shape that its first layer needs, or one that the text gives where it calls the
module. Where that does not fit, others are tried; the one that every layer takes is the answer.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lstminspect.errors import ModelError
from lstminspect.models.reading.torch_inputs import shapes_for
from lstminspect.models.reading.torch_objects import (
    Fault,
    TensorValue,
    TorchModule,
    tensors_in,
)
from lstminspect.models.reading.torch_semantics import TorchSemantics
from lstminspect.models.reading.values import DefinedFunction

__all__ = ["RECURRENT", "Run", "best_run"]

#: Readings of `forward` with other shapes of its input.
MOST_TRIES, MOST_STEPS = 24, 60_000
#: Inputs behind the first whose shape is looked for, and the shapes that are tried for each.
MOST_OPEN, MOST_OTHERS = 4, 10
RECURRENT = ("LSTM", "GRU", "RNN")
#: Faults that an input with one axis more would not have.
OF_RANK = re.compile(r"Dimension out of range|too many ind|values to unpack|permute\(dims\)")


class Run(NamedTuple):
    """One reading of `forward`: the calls, what it returns, the fault, where shapes end."""

    calls: tuple[Any, ...]
    outputs: tuple[Any, ...]
    fault: str
    ends: tuple[str, ...]
    inputs: tuple[tuple[str, Any], ...]
    by: TorchModule | None = None
    conditions: tuple[str, ...] = ()
    #: True if the shape of an input follows from what can have other shapes too.
    is_guess: bool = False
    #: True if `forward` is not read to its end.
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        """True if every shape is known and fits."""
        known = all(each.result.outputs is not None for each in self.calls)
        whole = not self.fault and known and not self.ends and None not in self.outputs
        return whole and not self.conditions


def best_run(semantics: TorchSemantics, root: TorchModule, input_shape: Any) -> Run | None:
    """The reading of `forward` that fits, over the shapes that its input can have."""
    run = _fitting(semantics, root, input_shape)
    if run is None or input_shape is not None:
        return run
    # What a class inherits that the text does not have can make of an input what it likes.
    return _certain(run, not any(each.bases for _, each in root.walk()))


def _fitting(semantics: TorchSemantics, root: TorchModule, input_shape: Any) -> Run | None:
    instance = root.instance
    forward = instance.cls.get("forward", None) if instance is not None else None
    has_forward = isinstance(forward, DefinedFunction) or root.is_layer
    if not has_forward and root.layer_type != "Sequential" and not _is_chain(root):
        return None
    names = inputs_of(root)
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
        return _searched(semantics, root, names, run) or _certain(run, not run.is_guess)
    semantics.layers.bound = {"first": first}
    natural = shapes_for(module, lambda name: semantics.layers.letter(name, first))
    bound = run.by is not None
    time, faulty = semantics.layers.letter("time", first), False
    fitting = run if run._replace(conditions=()).is_whole else None
    faultless = None
    for shape in list(dict.fromkeys(_candidates(natural, bound, time)))[:MOST_TRIES]:
        if semantics.spent > MOST_STEPS:
            break
        other = _settled(semantics, root, names, {first: shape})
        if other.is_whole:
            return _in_order(semantics, root, names, other)
        if not other.fault and other._replace(conditions=()).is_whole and not fitting:
            fitting = other
        if not other.fault and shape in natural and not faultless:
            faultless = other
        certain = not other.ends and 1 not in shape and len(shape) == len(natural[0])
        if len(natural) > 1 and re.search("Dimension out of range|too many ind", other.fault):
            certain = False  # The input can have more axes.
        if not bound and other.fault and certain:
            # It goes beyond the first layer: the fault is behind that, whatever the input is.
            further = len(other.calls) > max(1, len(best.calls) if faulty else 1)
            best, faulty = (other, True) if further else (best, faulty)
    if fitting is not None:
        return _in_order(semantics, root, names, fitting)
    searched = _searched(semantics, root, names, run)
    if searched is not None:
        return searched
    if best.fault and not best.is_guess and (faultless or OF_RANK.search(best.fault)):
        # Its layer takes inputs of several ranks: the text is at fault if it is so with each.
        return faultless or _deeper(semantics, root, names, best)
    return _certain(best, not best.is_guess and (bound or faulty))


def _deeper(semantics: TorchSemantics, root: TorchModule, names: Sequence[str], run: Run) -> Run:
    """`run`, or one without its fault, in which an input that can have more axes has one more."""
    _settled(semantics, root, names, {})
    held = dict(semantics.layers.bound)
    for name, shape in run.inputs:
        by = held.get(f"{name} by")
        if by is None or len(shapes_for(by, lambda each: each)) < 2 or len(shape) < 2:
            continue
        more = (*shape[:-1], semantics.layers.letter("length", name), shape[-1])
        other = _settled(semantics, root, names, {**dict(run.inputs), name: more})
        if not other.fault:
            return other
    return run


def _certain(run: Run, is_certain: bool) -> Run:
    """`run`, without a fault that only follows from the shape that its input is taken to have."""
    if not run.fault or is_certain:
        return run
    text = "the input that forward takes is not known; give it with --input-shape"
    return run._replace(fault="", ends=(text,), outputs=(None,))


def _from_outside(semantics: TorchSemantics, root: TorchModule, names: Sequence[str]) -> Run | None:
    """The reading with the shapes that the text gives the module; None where it gives none."""
    for module, several in semantics.layers.outside[-20:]:
        if module is root and len(several) >= len(names) and None not in several[: len(names)]:
            run = _settled(semantics, root, names, dict(zip(names, several, strict=False)))
            if not run.fault and run._replace(conditions=()).is_whole:
                return run
    return None


def _searched(
    semantics: TorchSemantics, root: TorchModule, names: Sequence[str], run: Run
) -> Run | None:
    """The reading in which the inputs behind the first have shapes that fit; None for none."""
    fixed = {
        name: shape
        for name, shape in run.inputs
        if name in semantics.layers.bound and f"{name} guessed" not in semantics.layers.bound
    }
    fixed |= _first_states(semantics, root, names)
    opened = [
        name for name in names
        if name not in fixed and f"{name}[0]" not in fixed and not _is_length(name)
    ]  # fmt: skip
    if len(names) < 2 or len(opened) > MOST_OPEN:
        return None
    needs = list(semantics.layers.needs)
    for name in opened:
        scores: list[tuple[tuple[bool, int, int], Any]] = []
        for shape in [None, *_other_inputs(semantics, name, run, needs)]:
            if semantics.spent > MOST_STEPS:
                return None
            other = _settled(semantics, root, names, {**fixed, **({name: shape} if shape else {})})
            if other.is_whole:
                return other
            known = sum(each.result.outputs is not None for each in other.calls)
            scores.append(((not other.fault, known, -len(other.ends)), shape))
        best = max(scores, key=lambda each: each[0])[1]
        if best is not None:
            fixed[name] = best
    return None


def _other_inputs(
    semantics: TorchSemantics, name: str, run: Run, needs: Sequence[TorchModule]
) -> list[Any]:
    """The shapes that an input behind the first one can have, the usual ones first."""
    letter = semantics.layers.letter
    batch, time, more = (letter(each, name) for each in ("batch", "time", "length"))
    first = run.inputs[0][1] if run.inputs else ()
    natural = [each for one in needs[:1] for each in shapes_for(one, lambda n: letter(n, name))]
    found = [first, *natural, (batch, time), (time, batch), (batch,), (batch, time, more),
             first[:2], first[:1], *(tuple(reversed(each)) for each in natural)]  # fmt: skip
    return list(dict.fromkeys(each for each in found if each))[:MOST_OTHERS]


def _first_states(
    semantics: TorchSemantics, root: TorchModule, names: Sequence[str]
) -> dict[str, Any]:
    """The shape of the states that a method such as `init_hidden` of the module makes."""
    if root.instance is None:
        return {}
    methods = ("init_hidden", "initHidden", "init_state", "init_states", "initialize_hidden")
    makers = [root.instance.cls.get(each, None) for each in methods]
    maker = next((each for each in makers if isinstance(each, DefinedFunction)), None)
    wanted = [each for each in names[1:] if re.search(r"hid|state|^h|^c", each)]
    if maker is None or not wanted:
        return {}
    batch = semantics.as_number(semantics.layers.letter("batch", ""))
    many = len(maker.node.args.args) - 1
    try:
        calls = semantics.interpreter.calls
        made = calls.function(maker, [root.instance, *[batch] * min(many, 1)], {})
    except ModelError:
        return {}
    several = [each.shape for each in tensors_in(made) if each.shape is not None]
    if isinstance(made, tuple) and len(wanted) == 1 and len(several) == 2:
        return {f"{wanted[0]}[{n}]": shape for n, shape in enumerate(several)}
    return dict(zip(wanted, several, strict=False))


def _is_length(name: str) -> bool:
    """True for the name of lengths, which decide no shape."""
    return "length" in name or name.endswith(("lens", "_len"))


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


def inputs_of(root: TorchModule) -> list[str]:
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
    fault, is_cut = "", False
    outputs: tuple[Any, ...] = ()
    line = root.place.rpartition("line ")[2]
    place = ast.Constant(0, lineno=int(line) if line.isdigit() else 1)
    try:
        found = semantics.layers.apply(root, arguments, {}, place)
        outputs = tuple(each.shape for each in tensors_in(found))
    except Fault as error:
        fault = str(error)
    except ModelError as error:
        semantics.ends.setdefault(str(error))
        is_cut = True
    except RecursionError:
        is_cut = True
        semantics.ends.setdefault("forward is nested too deep")
    values = semantics.interpreter.values
    semantics.spent += values.steps
    values.steps = 0
    held = semantics.layers.bound
    inputs = tuple(
        (name, shape)
        for name in names
        if (shape := held.get(name, held.get(f"{name}[0]"))) is not None
    )
    by = held.get(f"{names[0]} by") if names else None
    ends, conditions = tuple(semantics.ends), tuple(semantics.layers.conditions)
    is_guess = any(name.endswith(" guessed") for name in held)
    calls = tuple(semantics.layers.calls)
    return Run(calls, outputs, fault, ends, inputs, by, conditions, is_guess, is_cut)


def _input(name: str, bound: Mapping[str, Any]) -> Any:
    """An input of `forward`: a tensor, or a pair of states."""
    if f"{name}[0]" in bound:
        return tuple(TensorValue(bound.get(f"{name}[{n}]"), f"{name}[{n}]") for n in range(2))
    if _is_length(name):
        return TensorValue(None)
    return TensorValue(bound.get(name), "" if name in bound else name)
