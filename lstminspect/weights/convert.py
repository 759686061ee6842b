"""Weights of one framework as those of another, with the same function, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lstminspect import cells, conventions
from lstminspect.conventions.convention import slot
from lstminspect.display import Answer
from lstminspect.errors import LstmInspectError, OptionError, UnknownConvention, WeightError
from lstminspect.layer import Layer, checked_layer
from lstminspect.stored import Stored
from lstminspect.terms.catalogue import why_not
from lstminspect.weights.arrays import Array, Tensors, as_arrays, listed
from lstminspect.weights.pack import blocks_of, checked, tensors_of

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["Conversion", "convert", "infer"]

MOST_STACKED = 16

# Two cells that are one function when what makes a gate is negative: 1 - sigmoid(v) = sigmoid(-v).
TWINS = {"gru_chung": ("gru_reset_before", "z"), "gru_reset_before": ("gru_chung", "z")}

# Cells that look alike and are not one function, whatever their weights.
NEVER = {
    "gru": "its reset gate acts after the recurrent product, inside the tanh",
    "gru_reset_before": "its reset gate acts on the state, before the recurrent product",
}


@dataclass(frozen=True)
class Conversion(Answer):
    """Weights in the form of another framework.

    `weights` are arrays by name, in that framework's order, of the layer `layer`. `notes` say what
    the new form does not keep apart, and what was changed on the way.
    """

    weights: dict[str, Array] = field(repr=False)
    layer: Layer
    source: ConventionName
    target: ConventionName
    notes: tuple[str, ...] = field(repr=False)


def convert(
    weights: Tensors, source: ConventionName, target: ConventionName, layer: Layer | None = None
) -> Conversion:
    """`weights` of the framework `source` as the framework `target` stores them.

    The layer computes the same function afterwards. A note says what the call has to do where
    `target` has no option for it, such as reading backwards. Which layer it is follows from the
    names and shapes; where it does not (a GRU without bias has two forms), give `layer`.

    ONNX' coupled gates, an attribute that is off by default, are taken as off.

    Raises WeightError if `target` cannot hold the function, UnknownConvention for a framework that
    is not known, OptionError if the weights are those of more than one layer.

    >>> weights = {"kernel": np.ones((2, 4)), "recurrent_kernel": np.ones((1, 4)),
    ...            "bias": np.arange(4.0)}
    >>> found = convert(weights, "keras", "pytorch")
    >>> list(found.weights), found.weights["bias_ih_l0"]
    (['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0'], array([0., 1., 2., 3.]))
    """
    source, target = conventions.named(source), conventions.named(target)
    notes = []
    if layer is None:
        layer = _chosen(weights, source, target)
        if source == "onnx" and layer.cell.name in ("lstm", "peephole"):
            notes.append("input_forget is taken as 0, its default: else give the layer, of cifg")
    layer = replace(checked_layer(layer), framework=None)  # It is that of neither alone.
    here = layer.stored(source)
    arrays = checked(here, weights)
    blocks = blocks_of(layer, arrays, source)
    notes += _lost(here, arrays, target)
    goal, turned = _goal(layer, target)
    there = goal.stored(target)
    if turned:
        notes.append(f"the {turned} gate is stored with its other sense: its blocks are negative")
        blocks = [_negated(held, turned) for held in blocks]
    if goal.use_bias and not layer.use_bias:
        notes.append(f"{there.title} always has biases: they are zero")
        blocks = [_with_zeros(goal, held) for held in blocks]
    for stored, change in ((there, "taken off"), (here, "put in")):
        for name, number in stored.convention.added.items():
            if any(name in held for held in blocks):
                adds = f"{stored.title} adds {number:g} to {name} when it runs"
                notes.append(f"{adds}: it is {change} here")
    if here.convention.negates(here.cell) != there.convention.negates(there.cell):
        notes.append("a gate has its other sense there: what makes it is stored negative")
    if target in conventions.FRAMEWORKS and (reason := why_not(goal, target)):
        notes.append(f"{reason}: the weights are right, the call is not the same")
    tensors = tensors_of(goal, blocks, target)
    return Conversion(tensors, goal, source, target, tuple(dict.fromkeys(notes)))


def _goal(layer: Layer, target: str) -> tuple[Layer, str]:
    """The layer that `target` stores in place of `layer`, and a gate whose sense is turned."""
    reason = layer.why_unsupported(target)
    if not reason:
        return layer, ""
    biased = replace(layer, use_bias=True)
    if not layer.use_bias and not biased.why_unsupported(target):
        return biased, ""
    twin = TWINS.get(layer.cell.name)
    if twin and layer.recurrent_activation in (None, "sigmoid"):
        other = replace(layer, cell=cells.get(twin[0]))
        if not other.why_unsupported(target):
            return other, twin[1]
    why = NEVER.get(layer.cell.name)
    hint = f" ({why}: no weights change that)" if why else ""
    raise WeightError(f"{reason}{hint}. The function cannot be kept.")


def _negated(held: Mapping[str, Array], gate: str) -> dict[str, Array]:
    return {name: -value if name.endswith(f"_{gate}") else value for name, value in held.items()}


def _with_zeros(layer: Layer, held: Mapping[str, Array]) -> dict[str, Array]:
    kind = next(iter(held.values())).dtype
    return {
        block.name: held.get(block.name, np.zeros(layer.units, kind)) for block in layer.cell.blocks
    }


def _lost(stored: Stored, arrays: Mapping[str, Array], target: str) -> Iterator[str]:
    """Notes on the blocks that are added up or left out on the way."""
    if stored.name in (conventions.EQUATIONS, target) or stored.convention.reads_all:
        return
    places: dict[str, set[str]] = {}
    for tensor in stored.packed:
        for text in tensor.blocks:
            name, sign = slot(text)
            key = tensor.name.partition("{")[0].rstrip("_l")
            if sign:
                places.setdefault(name, set()).add(key)
            elif any(array.any() for array in arrays.values()):
                yield f"the place of {name} in {key} is not read, and is left out"
    twice = [
        name
        for name in places
        if sum(slot(text) == (name, 1) for each in stored.packed for text in each.blocks) > 1
    ]
    if twice:
        sums = "are stored as their sum, and the outputs are the same"
        yield f"the two biases that {stored.title} adds {sums}: {' '.join(twice)}"


def _chosen(weights: Tensors, source: str, target: str) -> Layer:
    found = infer(weights, source)
    if len(found) > 1:  # Coupled gates are an attribute of a node, off unless it is there.
        found = [layer for layer in found if not layer.cell.name.startswith("cifg")]
    able = []
    for layer in found:
        try:
            _goal(layer, target)
        except LstmInspectError:
            continue
        able.append(layer)
    if not found:
        raise WeightError(
            f"these are not the weights of one layer that {conventions.get(source).title} has: "
            "names or shapes do not fit. Give the layer: layer=Layer('lstm', ...)."
        )
    if len(found) > 1:
        names = " or ".join(dict.fromkeys(layer.cell.name for layer in found))
        twins = {layer.cell.name for layer in found} <= {"gru_chung", "gru_reset_before"}
        if not twins:
            raise OptionError(
                f"these can be the weights of {names}: shapes do not tell. Give the layer: "
                f"layer=Layer({found[0].cell.name!r}, ...)."
            )
    return (able or found)[0]


def infer(weights: Tensors, convention: str) -> list[Layer]:
    """Every layer whose weights have these names and shapes in `convention`.

    What shapes do not say is left at its default: activations, return_sequences, merge_mode.

    >>> shapes = {"weight_ih_l0": np.zeros((1536, 80)), "weight_hh_l0": np.zeros((1536, 512)),
    ...           "bias_ih_l0": np.zeros(1536), "bias_hh_l0": np.zeros(1536)}
    >>> [(layer.cell.name, layer.units, layer.features) for layer in infer(shapes, "pytorch")]
    [('gru', 512, 80)]
    """
    table = conventions.get(convention)
    if table.name == conventions.EQUATIONS:
        raise UnknownConvention("the equations store any cell: give the layer of these weights.")
    weights = weights if isinstance(weights, Mapping) else listed(weights)
    layers = []
    for name in table.cells:
        cell = cells.get(name)
        biases = (True, False) if table.bias_is_optional else (True,)
        for use_bias, both in product(biases, (False, True)):
            apart = 2 if both and not table.direction_axis else 1
            tensors = len(table.stacks(cell, use_bias)) * apart
            number, rest = divmod(len(weights), tensors)
            if not rest and 1 <= number <= MOST_STACKED:
                layers += _fitting(weights, convention, name, use_bias, both, number)
    return layers


def _fitting(
    weights: Tensors, convention: str, name: str, use_bias: bool, both: bool, layers: int
) -> list[Layer]:
    """The layer of one cell, if there are sizes with which its weights have these shapes."""
    cell = cells.get(name)

    def made(units: int, features: int, own: Sequence[int]) -> Layer:
        sizes: dict[str, Any] = dict(zip(cell.own_sizes, own, strict=True))
        return Layer(
            cell, units, features, use_bias=use_bias, bidirectional=both, layers=layers, **sizes
        )

    smallest = made(2, 2, [1] * len(cell.own_sizes))
    names = [weight.name for weight in smallest.stored(convention).weights]
    try:
        arrays = as_arrays(weights, names)
    except WeightError:
        return []
    if set(arrays) != set(names):
        return []
    shapes = {name: arrays[name].shape for name in names}
    gates = range(1, 9)
    sides = {side for shape in shapes.values() for side in shape}
    units = {side // gate for side in sides for gate in gates if side % gate == 0}
    others = sides | {one - two for one in sides for two in units if one > two}
    for trial in product(sorted(units - {0}), *([sorted(sides)] * len(cell.own_sizes))):
        for features in sorted(others):
            try:
                layer = made(trial[0], features, trial[1:])
                weights_there = layer.stored(convention).weights
                if all(weight.shape == shapes[weight.name] for weight in weights_there):
                    return [layer]
            except LstmInspectError:
                continue
    return []
