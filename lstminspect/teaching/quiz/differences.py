"""Questions that compare: two forms, two frameworks, before and after a change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import gcd
from typing import Any

from lstminspect import cells
from lstminspect.equations.shapes import UNITS
from lstminspect.formula import Formula, multiplied, of_blocks, total, written
from lstminspect.layer import Layer
from lstminspect.teaching.quiz.counts import worked
from lstminspect.teaching.quiz.question import Question, asked_of, phrase, reads
from lstminspect.teaching.quiz.sampler import BATCHES, TIMESTEPS, Sampler
from lstminspect.teaching.snippets import counted
from lstminspect.teaching.topics.units import next_unit, stored
from lstminspect.terms import get

__all__ = ["bias", "change", "doubled", "reset_after"]


def reset_after(chance: Sampler) -> Question:
    """The GRU with and without."""
    after = chance.layer(both_ways=0.5)
    before = replace(after, cell=cells.get("gru_reset_before"))
    both = "A bidirectional GRU" if after.bidirectional else "A GRU"
    text = (
        f"{both} of {after.units} units {reads(after)} in Keras: how many parameters "
        "does it have with reset_after=True, how many with reset_after=False, and why?"
    )
    first, second = after.parameters, before.parameters
    answer = f"{first:,} and {second:,}: with reset_after each of the 3 networks has a second bias"
    times = " × 2 directions" * after.bidirectional
    steps = (
        *worked(after),
        f"3 biases fewer: 3 × {after.units}{times} = {first - second:,}",
        f"{first:,} - {first - second:,} = {second:,}",
    )
    (check,) = counted(before)
    return Question("reset_after", text, answer, steps, check, (first, second), after)


def bias(chance: Sampler) -> Question:
    """PyTorch against Keras."""
    layer = chance.layer()
    name, torch = asked_of(layer), asked_of(layer).replace("Simple", "")
    text = (
        f"torch.nn.{torch}({layer.features}, {layer.units}) and keras.layers.{name}({layer.units}) "
        f"{reads(layer)}: which has more parameters, by how many, and why?"
    )
    keras, other = layer.parameters, layer.parameters_in("pytorch")
    gates = len(layer.cell.gates)
    answer = (
        f"PyTorch's, by {other - keras:,}: {other:,} against {keras:,}. PyTorch keeps two biases "
        "for each network, Keras one"
    )
    networks = f"{gates} networks × {layer.units} units" if gates > 1 else f"{layer.units} units"
    steps = (*worked(layer), f"a second bias: {networks} = {other - keras:,}")
    if other == keras:
        answer = f"Neither: both have {keras:,}. Keras' GRU keeps two biases for each network too"
        steps = worked(layer)
    (check,) = counted(layer, "--convention pytorch", gives=f"{other:,}")
    return Question("bias", text, answer, steps, check, (keras, other), layer)


def change(chance: Sampler) -> Question:
    """Parameters that one change adds."""
    layer = chance.layer(timesteps=chance.number(TIMESTEPS), batch=chance.number(BATCHES))
    what, options = chance.pick(_changes(layer))
    other = replace(layer, **options)
    more = other.parameters - layer.parameters
    text = (
        f"{phrase(layer)} reads sequences of {layer.timesteps} steps in batches of {layer.batch}. "
        f"How many more parameters does it have with {what}?"
    )
    answer = f"{more:,} more" if more else "None: the number stays the same"
    steps = [
        *worked(layer),
        *worked(other),
        f"{other.parameters:,} - {layer.parameters:,} = {more:,}",
    ]
    if not more:
        why = "every step and every sequence uses the same weights"
        if "return_sequences" in options:
            why = "the outputs are computed anyway; now they are all kept"
        steps = [*worked(layer), why]
    elif formula := _at_once(layer, other):
        steps.append(f"or at once: {written(formula)} = {more:,}")
    (check,) = counted(other)
    return Question("change", text, answer, tuple(steps), check, more, layer)


def _at_once(layer: Layer, other: Layer) -> Formula | None:
    """The parameters that the units of `other` add, as a formula of the sizes of `layer`."""
    if other.units == 2 * layer.units:
        return doubled(layer)
    above = next_unit(layer)
    return above[1] if above and above[0].units == other.units else None


def doubled(layer: Layer) -> Formula:
    """The parameters that twice as many units add to `layer`, of one layer, as a formula.

    >>> written(doubled(Layer("lstm", 64, 3)))
    '4·units·(3·units + features + 1)'
    """
    adds: Counter[Formula] = Counter()
    cut: list[Formula] = []
    for block in stored(layer):
        others = [name for name in block.shape if name != UNITS]
        more = 2 ** block.shape.count(UNITS) - 1  # (2·u)² - u² = 3·u² and 2·u - u = u.
        if block.structure and more:
            cut.append(multiplied(more, of_blocks([block])))
        elif more:
            adds[UNITS if more == 3 else others[0] if others else 1] += more
    common = gcd(*adds.values())
    order = sorted(adds, key=lambda name: (name == 1, name != UNITS))
    inside = total(multiplied(adds[name] // common, name) for name in order)
    whole = [multiplied(common, UNITS, inside)] if adds else []
    return multiplied(layer.directions, total([*whole, *cut]))


def _changes(layer: Layer) -> list[tuple[str, dict[str, Any]]]:
    changes: list[tuple[str, dict[str, Any]]] = [
        ("sequences twice as long", {"timesteps": 2 * layer.timesteps}),
        ("batches twice as large", {"batch": 2 * layer.batch}),
        ("return_sequences=True", {"return_sequences": True}),
        ("1 unit more", {"units": layer.units + 1}),
        ("1 unit more", {"units": layer.units + 1}),
        ("1 feature more", {"features": layer.features + 1}),
        ("twice as many units", {"units": 2 * layer.units}),
        ("a second direction (bidirectional)", {"bidirectional": True}),
    ]
    if layer.framework is None or not get(layer.framework).every_step:
        return changes
    return [each for each in changes if "return_sequences" not in each[1]]
