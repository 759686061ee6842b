"""Flax: a Layer as real cells inside `RNN`, of linen (the convention "flax") or of NNX ("nnx")."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lstminspect.activations import parts_of
from lstminspect.layer import Layer
from lstminspect.optional import present
from lstminspect.runtime.sequence import merged
from lstminspect.validation.case import Case

__all__ = ["ACTIVATIONS", "INFERS", "measure", "values", "version", "why_unsupported"]

CLASSES = {
    "lstm": "LSTMCell",
    "gru": "GRUCell",
    "rnn": "SimpleCell",
    "mgu_reset_after": "MGUCell",
}
# Activations of a Layer by their names in jax.nn or jax.numpy.
ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus", "silu", "elu", "selu", "softmax")
INFERS = False


@cache
def load() -> Any:
    """The modules jax, flax.linen and flax.nnx. Raises MissingFramework if they are not there."""
    present("Flax", "flax", "flax", "jax")
    import jax
    from flax import linen, nnx

    return jax, linen, nnx


def version() -> str:
    """What is compared with, as in `Flax 0.12.8`."""
    load()
    import flax

    return f"Flax {flax.__version__}"


def why_unsupported(case: Case) -> str:
    """What Flax cannot be given, or an empty text."""
    layer = case.layer
    if case.mask is not None:
        return "Flax takes lengths, not a mask"
    if layer.clip or layer.output_activation:
        return "Flax has neither clip nor an activation for the output alone"
    for text in (layer.activation, layer.recurrent_activation):
        if text is not None and text not in ACTIVATIONS:
            return f"{text} is not among the functions that are tried with Flax"
    if case.keep_order and not layer.go_backwards:
        return "a layer that reads forward has no other order to keep"
    if layer.go_backwards and case.lengths is not None and not case.keep_order:
        return "Flax turns each sequence within its length: only with keep_order is that the same"
    if case.unbatched and case.lengths is not None:
        return "the lengths of Flax are those of a batch"
    if layer.stateful:
        return "Flax keeps no state from call to call"
    if case.dtype != "float32":
        return "JAX computes in float32 unless told otherwise for the whole process"
    if case.lengths is not None and min(case.lengths) < 1:
        return "Flax takes the last step of a sequence, so it must have one"
    return ""


def measure(case: Case) -> dict[str, Any]:
    """What the real cells say of themselves: counts, names and shapes."""
    found: dict[str, Any] = {}
    total = 0
    for prefix, features in _prefixes(case.called):
        for name, shape in _fresh(case, features).items():
            found[f"weight {prefix}cell/{name}"] = shape
            total += int(np.prod(shape))
    found["parameters"] = total
    return found


def values(case: Case) -> list[Any]:
    """The outputs and states of the real cells with the case's weights, as arrays.

    What Flax gives for the steps after the end of a sequence is left out: zeros stand there.
    """
    load()[0].clear_caches()  # Every case is compiled anew, and none is met again.
    return _run(case, case.x)


def _prefixes(layer: Layer) -> list[tuple[str, int]]:
    """For each layer and direction: how its weights are called, and how wide its input is."""
    found = []
    for number in range(layer.layers):
        stacked = f"layer_{number + 1}/" if layer.layers > 1 else ""
        features = layer.width if number else layer.features
        sides = ("forward_rnn/", "backward_rnn/") if layer.bidirectional else ("",)
        found += [(f"{stacked}{side}", features) for side in sides]
    return found


def _function(text: str) -> Any:
    jax, _, _ = load()
    name, _ = parts_of(text)
    return getattr(jax.nn, name, None) or getattr(jax.numpy, name)


def _cell(case: Case, features: int) -> Any:
    """One real cell, without the weights of the case."""
    _, linen, nnx = load()
    layer = case.layer
    options: dict[str, Any] = {}
    if layer.activation:
        options["activation_fn"] = _function(layer.activation)
    if layer.recurrent_activation:
        options["gate_fn"] = _function(layer.recurrent_activation)
    kind = CLASSES[layer.cell.name]
    if case.convention == "flax":
        return getattr(linen, kind)(layer.units, **options)
    return getattr(nnx, kind)(features, layer.units, rngs=nnx.Rngs(0), **options)


def _fresh(case: Case, features: int) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the weights of one real cell."""
    jax, _, nnx = load()
    cell = _cell(case, features)
    if case.convention == "flax":
        x = jax.numpy.zeros((1, features))
        carry = cell.initialize_carry(jax.random.key(0), x.shape)
        tree = cell.init(jax.random.key(0), carry, x)["params"]
    else:
        tree = nnx.to_pure_dict(nnx.state(cell, nnx.Param))
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    names = ["/".join(str(getattr(key, "key", key)) for key in path) for path, _ in paths]
    return {name: tuple(value.shape) for name, (_, value) in zip(names, paths, strict=True)}


def _one(case: Case, prefix: str, features: int, x: Any, carry: Any, reverse: bool) -> Any:
    """The carry and the sequence of one real RNN in one direction, in the order it reads."""
    jax, linen, nnx = load()
    names = [name for name in case.weights if name.startswith(f"{prefix}cell/")]
    held = {name.removeprefix(f"{prefix}cell/"): case.weights[name] for name in names}
    tree: dict[str, Any] = {}
    for name, value in held.items():
        *path, last = name.split("/")
        place = tree
        for key in path:
            place = place.setdefault(key, {})
        place[last] = jax.numpy.asarray(value)
    options = {
        "initial_carry": carry,
        "seq_lengths": None if case.lengths is None else jax.numpy.asarray(case.lengths),
        "return_carry": True,
        "time_major": case.time_major,
        "reverse": reverse,
    }
    cell = _cell(case, features)
    if case.convention == "flax":
        rnn = linen.RNN(cell)
        return rnn.apply({"params": {"cell": tree}}, x, **options)
    nnx.update(cell, _state(cell, tree))
    return nnx.RNN(cell)(x, **options)


def _state(cell: Any, tree: Any) -> Any:
    """The state of an NNX cell with the values of `tree`."""
    _, _, nnx = load()
    state = nnx.state(cell, nnx.Param)
    nnx.replace_by_pure_dict(state, tree)
    return state


def _run(case: Case, x: Any) -> list[Any]:
    """Outputs and states, layer by layer; directions are merged as the layer says."""
    jax, _, _ = load()
    layer, value = case.called, jax.numpy.asarray(x)
    number = len(layer.cell.states)
    axis = 0 if case.time_major else value.ndim - 2
    given, states = list(case.initial_state or []), []
    outputs: list[Any] = []
    final: list[Any] = []
    sides = layer.directions
    for place, (prefix, features) in enumerate(_prefixes(layer)):
        side = place % sides
        start, given = given[:number], given[number:]
        carry = None
        if start:  # Flax carries (c, h), the cell's states are (h, c).
            arrays = [jax.numpy.asarray(each) for each in reversed(start)]
            carry = arrays[0] if number == 1 else tuple(arrays)
        reverse = layer.go_backwards != bool(side)
        carry, sequence = _one(case, prefix, features, value, carry, reverse)
        after = [carry] if number == 1 else list(reversed(carry))
        states += after
        sequence = _ended(case, np.asarray(sequence), axis)
        turn = bool(side) != (case.keep_order and layer.go_backwards)
        outputs.append(_flipped(case, sequence, axis) if turn else sequence)
        if side == sides - 1:
            last_layer = place == len(_prefixes(layer)) - 1
            if last_layer and not layer.return_sequences:
                lasts = states[-number * sides :: number]
                outputs = [np.asarray(each) for each in lasts]
            outputs, final = [], merged(outputs, layer.merge_mode)
            value = jax.numpy.asarray(final[0])
    return [*final, *(np.asarray(each) for each in states if layer.return_state)]


def _ended(case: Case, sequence: Any, axis: int) -> Any:
    """Zeros after the end of every sequence; Flax gives there what comes of the padding."""
    if case.lengths is None:
        return sequence
    steps = np.arange(sequence.shape[axis])
    kept = steps[None] < np.asarray(case.lengths)[:, None]
    kept = kept.T if axis == 0 else kept
    return np.where(kept[..., None], sequence, 0)


def _flipped(case: Case, sequence: Any, axis: int) -> Any:
    """A backward sequence in the order of time, each sequence within its own length."""
    if case.lengths is None:
        return np.flip(sequence, axis)
    turned = sequence.swapaxes(0, 1) if axis == 0 else sequence
    rows = [
        np.concatenate([row[:length][::-1], row[length:]])
        for row, length in zip(turned, case.lengths, strict=True)
    ]
    found = np.stack(rows)
    return found.swapaxes(0, 1) if axis == 0 else found
