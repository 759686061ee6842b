"""Flax: a Layer as real cells inside `RNN`, of linen (the convention "flax") or of NNX ("nnx")."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from math import prod
from typing import Any

import numpy as np

from lstminspect.activations import parts_of
from lstminspect.layer import Layer
from lstminspect.optional import present
from lstminspect.terms.catalogue import why_not
from lstminspect.terms.flax import CLASSES
from lstminspect.terms.flax import FUNCTIONS as ACTIVATIONS
from lstminspect.validation.case import Case

__all__ = ["ACTIVATIONS", "INFERS", "build", "measure", "values", "version", "why_unsupported"]

INFERS = False
# Options of XLA for a program that runs once: a third of the time to compile it.
QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}


@cache
def load() -> Any:
    """The modules jax, flax.linen and flax.nnx. Raises MissingFramework if they are not there."""
    present("Flax", "flax", "flax", "jax")
    import jax
    from flax import linen, nnx

    return jax, linen, nnx


def version() -> str:
    """The name and version of the framework, for example `Flax 0.12.8`."""
    load()
    import flax

    return f"Flax {flax.__version__}"


def why_unsupported(case: Case) -> str:
    """The reason why Flax cannot run the case, or an empty text."""
    layer = case.layer
    if reason := why_not(layer, case.convention):
        return reason
    if case.mask is not None:
        return "Flax takes lengths, not a mask"
    for text in (layer.activation, layer.recurrent_activation):
        if text is not None and text not in ACTIVATIONS:
            return f"{text} is not among the functions that are tried with Flax"
    if case.keep_order and not layer.go_backwards:
        return "a layer that reads forward has no other order to keep"
    if layer.go_backwards and case.lengths is not None and not case.keep_order:
        return "Flax turns each sequence within its length: only with keep_order is that the same"
    if case.unbatched and case.lengths is not None:
        return "the lengths of Flax are those of a batch"
    if case.dtype != "float32":
        return "JAX computes in float32 unless told otherwise for the whole process"
    if case.lengths is not None and min(case.lengths) < 1:
        return "Flax takes the last step of a sequence, so it must have one"
    return ""


def build(case: Case) -> list[Any]:
    """The real cells, lowest first, forward before backward, without weights."""
    return [_cell(case, features) for _, features in _prefixes(case.called)]


def measure(case: Case, cells: list[Any]) -> dict[str, Any]:
    """The counts, names and shapes that the real cells report."""
    measured: dict[str, Any] = {}
    for cell, (prefix, features) in zip(cells, _prefixes(case.called), strict=True):
        for name, shape in _shapes(case, cell, features).items():
            measured[f"weight {prefix}cell/{name}"] = shape
    return {"parameters": sum(prod(shape) for shape in measured.values()), **measured}


def values(case: Case, cells: list[Any]) -> list[Any]:
    """The outputs and states of the real cells with the case's weights, as arrays.

    What Flax gives for the steps after the end of a sequence is left out: zeros stand there.
    """
    jax, _, _ = load()
    inputs = (case.weights, case.x, list(case.initial_state or []))
    # One program for the whole case: compiling is what takes the time.
    program = jax.jit(lambda *inputs: _run(case, cells, *inputs)).lower(*inputs)
    return [np.asarray(each) for each in program.compile(_quick_options())(*inputs)]


@cache
def _quick_options() -> dict[str, Any]:
    """Those of `QUICK` that the installed XLA knows."""
    known: dict[str, Any] = {}
    program = load()[0].jit(lambda: 0).lower()
    for name, value in QUICK.items():
        with suppress(RuntimeError):
            program.compile({name: value})
            known[name] = value
    return known


def _prefixes(layer: Layer) -> list[tuple[str, int]]:
    """The prefix of the weights of each layer and direction, and the width of its input."""
    prefixes = []
    for number in range(layer.layers):
        stacked = f"layer_{number + 1}/" if layer.layers > 1 else ""
        features = layer.width if number else layer.features
        sides = ("forward_rnn/", "backward_rnn/") if layer.bidirectional else ("",)
        prefixes += [(f"{stacked}{side}", features) for side in sides]
    return prefixes


def _function(text: str) -> Any:
    jax, _, _ = load()
    name, _ = parts_of(text)
    return getattr(jax.nn, name, None) or getattr(jax.numpy, name)


def _cell(case: Case, features: int) -> Any:
    """One real cell: of linen, or of NNX with shapes in the place of its weights."""
    _, linen, nnx = load()
    layer = case.layer
    zeros = nnx.initializers.zeros_init()  # Random ones would be drawn only to be replaced.
    options: dict[str, Any] = {"kernel_init": zeros, "recurrent_kernel_init": zeros}
    if layer.activation:
        options["activation_fn"] = _function(layer.activation)
    if layer.recurrent_activation:
        options["gate_fn"] = _function(layer.recurrent_activation)
    name = CLASSES[layer.cell.name]
    if case.convention == "flax":
        return getattr(linen, name)(layer.units, **options)
    make = getattr(nnx, name)
    return nnx.eval_shape(lambda: make(features, layer.units, rngs=nnx.Rngs(0), **options))


def _shapes(case: Case, cell: Any, features: int) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the weights of one real cell, without computing any of them."""
    jax, _, nnx = load()
    if case.convention == "flax":
        x, key = jax.ShapeDtypeStruct((1, features), "float32"), jax.random.key(0)
        carry = jax.eval_shape(lambda: cell.initialize_carry(key, x.shape))
        tree = jax.eval_shape(cell.init, key, carry, x)["params"]
    else:
        tree = nnx.to_pure_dict(nnx.state(cell, nnx.Param))
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    names = ["/".join(str(getattr(key, "key", key)) for key in path) for path, _ in paths]
    return {name: tuple(value.shape) for name, (_, value) in zip(names, paths, strict=True)}


def _one(case: Case, cell: Any, weights: dict[str, Any], x: Any, carry: Any, reverse: bool) -> Any:
    """The carry and the sequence of one real RNN in one direction, in the order it reads."""
    jax, linen, nnx = load()
    tree: dict[str, Any] = {}
    for name, value in weights.items():
        *path, last = name.split("/")
        branch = tree
        for key in path:
            branch = branch.setdefault(key, {})
        branch[last] = value
    options = {
        "initial_carry": carry,
        "seq_lengths": None if case.lengths is None else jax.numpy.asarray(case.lengths),
        "return_carry": True,
        "time_major": case.time_major,
        "reverse": reverse,
    }
    if case.convention == "flax":
        return linen.RNN(cell).apply({"params": {"cell": tree}}, x, **options)
    definition, parameters, rest = nnx.split(cell, nnx.Param, ...)
    nnx.replace_by_pure_dict(parameters, tree)
    return nnx.RNN(nnx.merge(definition, parameters, rest))(x, **options)


def _run(
    case: Case, cells: list[Any], weights: dict[str, Any], value: Any, initial: list[Any]
) -> list[Any]:
    """Outputs and states, layer by layer; directions are merged as the layer says."""
    layer, sides, number = case.called, case.layer.directions, len(case.layer.cell.states)
    axis = 0 if case.time_major else value.ndim - 2
    states: list[Any] = []
    outputs: list[Any] = []
    for place, (cell, (prefix, _)) in enumerate(zip(cells, _prefixes(layer), strict=True)):
        side = place % sides
        outputs = outputs if side else []
        start, initial = initial[:number], initial[number:]
        # Flax carries (c, h), the cell's states are (h, c).
        carry = tuple(reversed(start)) if len(start) > 1 else start[0] if start else None
        own = {
            name.removeprefix(f"{prefix}cell/"): weight
            for name, weight in weights.items()
            if name.startswith(f"{prefix}cell/")
        }
        backward = layer.go_backwards != bool(side)
        carry, sequence = _one(case, cell, own, value, carry, backward)
        states += [carry] if number == 1 else reversed(carry)
        sequence = _ended(case, sequence, axis)
        turn = bool(side) != (case.keep_order and layer.go_backwards)
        outputs.append(_flipped(case, sequence, axis) if turn else sequence)
        if side == sides - 1:
            outputs = _merged(outputs, layer.merge_mode)
            value = outputs[0]
    if not layer.return_sequences:
        outputs = _merged(states[-number * sides :: number], layer.merge_mode)
    return [*outputs, *(states if layer.return_state else [])]


def _merged(outputs: list[Any], mode: str | None) -> list[Any]:
    """The outputs of the directions as one, or as they are if `mode` is None."""
    if len(outputs) == 1 or mode is None:
        return outputs
    forward, backward = outputs
    match mode:
        case "concat":
            return [load()[0].numpy.concatenate(outputs, axis=-1)]
        case "mul":
            return [forward * backward]
        case _:
            return [(forward + backward) / (2 if mode == "ave" else 1)]


def _ended(case: Case, sequence: Any, axis: int) -> Any:
    """Zeros after the end of every sequence; Flax gives there what comes of the padding."""
    if case.lengths is None:
        return sequence
    steps = np.arange(sequence.shape[axis])
    kept = steps[None] < np.asarray(case.lengths)[:, None]
    kept = kept.T if axis == 0 else kept
    return load()[0].numpy.where(kept[..., None], sequence, 0)


def _flipped(case: Case, sequence: Any, axis: int) -> Any:
    """A backward sequence in the order of time, each sequence within its own length."""
    numpy = load()[0].numpy
    if case.lengths is None:
        return numpy.flip(sequence, axis)
    steps = np.arange(sequence.shape[axis])
    lengths = np.asarray(case.lengths)[:, None]
    order = np.where(steps < lengths, lengths - 1 - steps, steps)
    order = order.T if axis == 0 else order
    return numpy.take_along_axis(sequence, order[..., None], axis)
