"""Questions on the shapes of what a layer returns."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.layer import Layer
from lstminspect.teaching.quiz.question import Question, coded
from lstminspect.teaching.quiz.sampler import BATCHES, MERGES, TIMESTEPS, Sampler
from lstminspect.teaching.snippets import counted, input_of, tensors_of
from lstminspect.terms import get
from lstminspect.terms.keras import written as written_in_keras

__all__ = ["shapes"]


def shapes(chance: Sampler) -> Question:
    """Name the tensors that come back."""
    if chance.framework is not None and get(chance.framework).every_step:
        return _always(chance)
    layer = chance.layer(
        both_ways=0.4,
        timesteps=chance.number(TIMESTEPS),
        batch=chance.number(BATCHES),
        return_sequences=chance.often(0.5),
        return_state=chance.often(0.6),
    )
    if layer.bidirectional:
        layer = replace(layer, merge_mode=chance.pick(MERGES))
    text = (
        f"The input of {written_in_keras(layer)} has the shape {layer.input_shape}. What comes "
        "back: how many tensors, of what shapes?"
    )
    outputs = layer.output_shapes
    noun = "tensor" if len(outputs) == 1 else "tensors"
    answer = f"{len(outputs)} {noun}: {', '.join(map(str, outputs))}"
    (check,) = counted(layer, gives=str(outputs[0]))
    return Question("shapes", text, answer, _steps(layer), check, outputs, layer)


def _always(chance: Sampler) -> Question:
    """The tensors of a framework that gives the output of every step and the states, always."""
    layer = chance.layer(
        both_ways=0.4,
        timesteps=chance.number(TIMESTEPS),
        batch=chance.number(BATCHES),
        layers=chance.pick((1, 1, 2)),
        batch_first=chance.often(0.5),
    )
    tensors = tensors_of(layer)
    text = (
        f"The input of {coded(layer)} has the shape {input_of(layer)}. What comes back: how many "
        "tensors, of what shapes?"
    )
    answer = f"{len(tensors)} tensors: {', '.join(f'{name} {shape}' for name, shape in tensors)}"
    width = f"{layer.directions} × {layer.units} = {layer.width:,}"
    first = layer.layers * layer.directions
    order = "the batch first" if layer.batch_first else "the time first"
    steps = (
        f"output: every step, {order}, {width} wide",
        f"states: {layer.layers} × {layer.directions} = {first} on the first axis (layers times "
        f"directions), then the batch of {layer.batch}, whatever batch_first says",
    )
    (check,) = counted(layer, gives=str(tensors[0].shape))
    value = tuple(tensor.shape for tensor in tensors)
    return Question("shapes", text, answer, steps, check, value, layer)


def _steps(layer: Layer) -> tuple[str, ...]:
    time = f"{layer.timesteps} steps, all kept" if layer.return_sequences else "the last step alone"
    steps = [f"output: a batch of {layer.batch}, {time}, {layer.units} units"]
    if layer.bidirectional:
        how = {
            "concat": f"side by side: 2 × {layer.units} = {2 * layer.units} wide",
            None: "left apart: two tensors",
        }.get(layer.merge_mode, f"merged number by number: {layer.units} wide")
        steps.append(f"two directions, {how}")
    if layer.return_state:
        names = ", ".join(layer.state_shapes)
        merged = ", never merged" * layer.bidirectional
        steps.append(f"states: {names}, each ({layer.batch}, {layer.units}){merged}")
    else:
        steps.append("no states: return_state is not set")
    return tuple(steps)
