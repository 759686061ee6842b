"""Questions whose answer is a number of parameters, of tensors, of bytes or of units."""

from __future__ import annotations

from lstminspect.answer import Snippet
from lstminspect.formula import Formula, of_blocks, written
from lstminspect.layer import Layer, Weight
from lstminspect.teaching.quiz.question import Question, phrase
from lstminspect.teaching.quiz.sampler import Sampler
from lstminspect.teaching.snippets import counted
from lstminspect.teaching.topics.units import stored

__all__ = ["bytes", "count", "network", "units", "weights", "worked"]

#: Types of numbers with their bytes; int8 is none: biases are wider there (`cost.DTYPES`).
DTYPES = (("float32", 4), ("float16", 2), ("bfloat16", 2), ("float64", 8))


def count(chance: Sampler) -> Question:
    """Count parameters by hand."""
    layer = chance.layer(both_ways=0.3)
    text = f"How many parameters does {phrase(layer)} have? Write the sum down."
    number = layer.parameters
    (check,) = counted(layer)
    return Question("count", text, f"{number:,}", worked(layer), check, number, layer)


def network(layer: Layer) -> Formula:
    """The weights of one network of the cell, of one line that has weights, as a formula."""
    first = layer.cell.gates[0]
    return of_blocks([block for block in stored(layer) if block.gate == first])


def worked(layer: Layer) -> tuple[str, ...]:
    """The count step by step: one network, all of them, both directions."""
    sizes = {name: str(size) for name, size in layer.sizes.items()}
    formula, gates = network(layer), layer.cell.gates
    whole = layer.parameters // layer.directions
    one = whole // len(gates)
    steps = [f"one network: {written(formula)} = {written(formula, sizes)} = {one:,}"]
    if len(gates) > 1:
        steps.append(
            f"{len(gates)} networks ({', '.join(gates)}): {len(gates)} × {one:,} = {whole:,}"
        )
    if layer.bidirectional:
        steps.append(f"2 directions: 2 × {whole:,} = {layer.parameters:,}")
    return tuple(steps)


def weights(chance: Sampler) -> Question:
    """Which tensors, of what shape."""
    layer = chance.layer(both_ways=0.25)
    weights = layer.weights
    text = f"How many weight tensors does {phrase(layer)} have, and what shapes?"
    shapes = [f"{weight.name} {weight.shape}" for weight in weights]
    answer = f"{len(weights)}: {', '.join(shapes)}"
    sums = " + ".join(f"{weight.parameters:,}" for weight in weights)
    steps = (*(_stacked(weight, layer) for weight in weights), f"{sums} = {layer.parameters:,}")
    (check,) = counted(layer, gives=str(weights[0].shape))
    value = tuple(weight.shape for weight in weights)
    return Question("weights", text, answer, steps, check, value, layer)


def _stacked(weight: Weight, layer: Layer) -> str:
    number = len(weight.blocks) // weight.rows
    wide = f"{number} × {layer.units:,} = {number * layer.units:,}"
    if not layer.stored().convention.transposed and len(weight.shape) == 2:
        return f"{weight.name}: {wide} rows, {weight.shape[1]:,} columns"
    side = "numbers" if len(weight.shape) == 1 else "columns"
    rows = "" if len(weight.shape) == 1 else f", {weight.shape[0]:,} rows"
    return f"{weight.name}: {wide} {side}{rows}"


def bytes(chance: Sampler) -> Question:  # noqa: A001  # The name of its topic.
    """Count the bytes of the weights."""
    layer = chance.layer(both_ways=0.25)
    dtype, size = chance.pick(DTYPES)
    text = f"How many bytes do the weights of {phrase(layer)} take as {dtype}?"
    number, noun = layer.parameters * size, "byte" if size == 1 else "bytes"
    steps = (
        *worked(layer),
        f"{size} {noun} each: {size} × {layer.parameters:,} = {number:,}",
    )
    (check,) = counted(layer)
    return Question("bytes", text, f"{number:,} bytes", steps, check, number, layer)


def units(chance: Sampler) -> Question:
    """Which units a number of parameters means."""
    layer = chance.layer()
    name = phrase(layer).replace(f"({layer.units}", "(units", 1)
    text = f"{name} has {layer.parameters:,} parameters. How many units are that?"
    formula = layer.formula()
    rest = {"features": str(layer.features)}
    steps = [f"{written(formula)} = {layer.parameters:,}, with features = {layer.features}"]
    for tried in _tried(layer):
        sizes = {**rest, "units": str(tried)}
        number = Layer(layer.cell, tried, layer.features).parameters
        sign = (
            "exactly" if tried == layer.units else "too few" if tried < layer.units else "too many"
        )
        steps.append(f"units {tried}: {written(formula, sizes)} = {number:,}, {sign}")
    cell = f" --cell {layer.cell.name}" * (layer.cell.name != "lstm")
    line = f"lstminspect solve{cell} --parameters {layer.parameters} --features {layer.features}"
    check = Snippet("command", (line,), "exact")
    return Question("units", text, f"{layer.units} units", tuple(steps), check, layer.units, layer)


def _tried(layer: Layer) -> list[int]:
    """Sizes that a person would try: half, double, the answer."""
    return [*dict.fromkeys((max(1, layer.units // 2), layer.units * 2, layer.units))]
