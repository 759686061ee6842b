"""Questions on what people believe: find the mistake, true or false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from lstminspect.answer import Snippet
from lstminspect.equations.shapes import FEATURES
from lstminspect.layer import Layer
from lstminspect.sizes import product
from lstminspect.teaching.quiz.counts import worked
from lstminspect.teaching.quiz.question import Question, asked_of, phrase
from lstminspect.teaching.quiz.sampler import BATCHES, TIMESTEPS, Sampler
from lstminspect.teaching.snippets import counted
from lstminspect.wording import options_of

__all__ = ["MISTAKES", "MYTHS", "mistake", "myth"]


def _square(layer: Layer) -> int:
    """The entries of the matrices that the state goes through."""
    blocks = [b for b in layer.cell.blocks if len(b.shape) == 2 and FEATURES not in b.shape]
    return sum(product(block.stored(layer.sizes)) for block in blocks)


class Mistake(NamedTuple):
    """A mistake, the number it gives, and a word of `lstminspect explain` for it."""

    what: str
    number: Callable[[Layer], int]
    word: str


MISTAKES = (
    Mistake(
        "The bias was forgotten",
        lambda layer: replace(layer, use_bias=False).parameters,
        "the bias left out",
    ),
    Mistake(
        "The recurrent weights were forgotten: h goes back in through units × units weights",
        lambda layer: layer.parameters - _square(layer),
        "the recurrent square forgotten",
    ),
    Mistake(
        "The number was multiplied by the time steps: every step uses the same weights",
        lambda layer: layer.parameters * layer.timesteps,
        "multiplied by timesteps",
    ),
    Mistake(
        "The number was multiplied by the batch: every sequence uses the same weights",
        lambda layer: layer.parameters * layer.batch,
        "multiplied by batch",
    ),
    Mistake(
        "Only one network was counted, and the cell has several",
        lambda layer: layer.parameters // len(layer.cell.gates),
        "one network counted instead of all",
    ),
    Mistake(
        "The time steps were taken for the features",
        lambda layer: replace(layer, features=layer.timesteps).parameters,
        "timesteps taken for features",
    ),
    Mistake(
        "These are bytes (4 for each parameter), not parameters",
        lambda layer: 4 * layer.parameters,
        "bytes, not parameters",
    ),
)


def mistake(chance: Sampler) -> Question:
    """A wrong number: what was done wrong."""
    sizes = {"timesteps": chance.number(TIMESTEPS), "batch": chance.number(BATCHES)}
    layer = chance.layer(**sizes)
    numbers = [each.number(layer) for each in MISTAKES]
    # Two mistakes that give one number could not be distinguished.
    clear = [
        each for each, number in zip(MISTAKES, numbers, strict=True) if numbers.count(number) == 1
    ]
    picked = chance.pick(clear)
    wrong = picked.number(layer)
    text = (
        f"{phrase(layer)} reads sequences of {layer.timesteps} steps in batches of {layer.batch}. "
        f"Somebody counts {wrong:,} parameters. What went wrong, and what is right?"
    )
    answer = f"{picked.what}. Right is {layer.parameters:,}"
    words = ["lstminspect explain", str(wrong)]
    words += [f"--cell {layer.cell.name}"] * (layer.cell.name != "lstm")
    line = " ".join([*words, *options_of(layer)])
    check = Snippet("command", (line,), picked.word)
    value = (wrong, layer.parameters)
    return Question("mistake", text, answer, worked(layer), check, value, layer)


class Myth(NamedTuple):
    """A statement, whether it holds for a layer, the reason, and the layer that shows it."""

    text: str
    holds: Callable[[Layer], bool]
    why: str
    shown: Callable[[Layer], Layer]


def _longer(layer: Layer) -> Layer:
    return replace(layer, timesteps=2 * layer.timesteps)


def _larger(layer: Layer) -> Layer:
    return replace(layer, batch=2 * layer.batch)


def _doubled(layer: Layer) -> Layer:
    return replace(layer, units=2 * layer.units)


def _both(layer: Layer) -> Layer:
    return replace(layer, bidirectional=True, return_state=True)


def _kept(layer: Layer) -> Layer:
    return replace(layer, return_sequences=True)


def _stated(layer: Layer) -> Layer:
    return replace(layer, return_state=True)


MYTHS = (
    Myth(
        "A sequence twice as long needs twice the parameters.",
        lambda layer: _longer(layer).parameters == 2 * layer.parameters,
        "every time step uses the same weights",
        _longer,
    ),
    Myth(
        "units is the number of time steps, so units must be {timesteps} here.",
        lambda layer: layer.units == layer.timesteps,
        "units is the length of the state; the steps come with the input",
        lambda layer: layer,
    ),
    Myth(
        "units is the number of cells in the chain, one for every step.",
        lambda layer: layer.parameters == layer.units * replace(layer, units=1).parameters,
        "there is one cell; units is the length of the vector that it remembers",
        lambda layer: layer,
    ),
    Myth(
        "The last axis of the output is as long as units.",
        lambda layer: layer.output_shapes[0][-1] == layer.units,
        "the output is the state h, a vector of units numbers",
        lambda layer: layer,
    ),
    Myth(
        "The last axis of the output is as long as features.",
        lambda layer: layer.output_shapes[0][-1] == layer.features,
        "the output has units numbers; features is the length of the input vector",
        lambda layer: layer,
    ),
    Myth(
        "A larger batch needs more parameters.",
        lambda layer: _larger(layer).parameters > layer.parameters,
        "every sequence of the batch goes through the same weights",
        _larger,
    ),
    Myth(
        "return_sequences=True adds parameters.",
        lambda layer: _kept(layer).parameters > layer.parameters,
        "it only says which outputs are kept",
        _kept,
    ),
    Myth(
        "With twice the units, the parameters are more than doubled.",
        lambda layer: _doubled(layer).parameters > 2 * layer.parameters,
        "the recurrent weights grow with the square of units",
        _doubled,
    ),
    Myth(
        "Made bidirectional, the layer has exactly twice the parameters.",
        lambda layer: _both(layer).parameters == 2 * layer.parameters,
        "it is two layers, each with weights of its own",
        _both,
    ),
    Myth(
        "Made bidirectional, it returns states that are twice as wide.",
        lambda layer: _both(layer).output_shapes[-1][-1] == 2 * layer.units,
        "states are never merged: each direction returns its own",
        _both,
    ),
    Myth(
        "With return_state=True it returns three tensors.",
        lambda layer: len(_stated(layer).output_shapes) == 3,
        "it returns the output and then every state: h, and c if the cell is an LSTM",
        _stated,
    ),
    Myth(
        "In PyTorch the layer of the same sizes has the same number of parameters.",
        lambda layer: layer.parameters_in("pytorch") == layer.parameters,
        "PyTorch keeps two biases for each network; Keras does so for the GRU alone",
        lambda layer: layer,
    ),
)


def myth(chance: Sampler) -> Question:
    """True or false, and why."""
    sizes = {"timesteps": chance.number(TIMESTEPS), "batch": chance.number(BATCHES)}
    layer = chance.layer(**sizes)
    while layer.units == layer.features:  # A myth must not come true by chance.
        layer = chance.layer(**sizes)
    picked = chance.pick(MYTHS)
    true = picked.holds(layer)
    statement = picked.text.format(timesteps=layer.timesteps)
    sequences = f"{layer.timesteps} steps, batches of {layer.batch}"
    text = f"{phrase(layer)}, {sequences}. True or false? {statement}"
    shown = picked.shown(layer)
    steps = (
        f"{asked_of(layer)}({layer.units}): {layer.parameters:,} parameters, returns "
        f"{_returned(layer)}",
        *(
            [f"then: {shown.parameters:,} parameters, returns {_returned(shown)}"]
            if shown != layer
            else []
        ),
    )
    more = ("--convention pytorch",) if "PyTorch" in picked.text else ()
    gives = f"{layer.parameters_in('pytorch'):,}" if more else f"{shown.parameters:,}"
    (check,) = counted(shown, *more, gives=gives)
    answer = f"{'True' if true else 'False'}: {picked.why}"
    return Question("myth", text, answer, steps, check, true, layer)


def _returned(layer: Layer) -> str:
    return " ".join(map(str, layer.output_shapes))
