"""`how_many_units`, `neurons`, `flops`, `memory`: what a layer costs, and how large to make it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from lstminspect.answer import Part, Prose, Table
from lstminspect.costs.cost import cost
from lstminspect.errors import LstmInspectError
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code

__all__ = ["flops", "how_many_units", "memory", "neurons"]

#: The units of the table, from which a reader starts.
STARTS = (8, 16, 32, 64, 128, 256)
#: Rules of thumb, each with its source.
RULES = (
    "A rule of thumb: as many parameters as the text has characters, in order of magnitude "
    "(Karpathy, github.com/karpathy/char-rnn, README).",
    "Another: hidden neurons are samples divided by 2 to 10 times inputs and outputs together "
    "(ai.stackexchange.com/questions/3156, of feedforward networks).",
    "Measured: more units help, but less and less, and the learning rate matters more (Greff et "
    "al. 2017, arXiv 1503.04069).",
)
#: Numbers that Adam keeps for each parameter.
ADAM = 2


def how_many_units(layer: Layer) -> TopicAnswer:
    """The things that decide the number of units, and rules of thumb with their sources."""
    answer = (
        "No formula gives the right number of units. Start with few, double them while the error "
        "on validation data falls, and stop at your budget of parameters, memory or time."
    )
    rows = []
    for units in STARTS:
        with suppress(LstmInspectError):
            number = replace(layer, units=units).parameters
            rows.append((units, number, 4 * number))
    parts: list[Part] = [
        Table("what each doubling costs", ("units", "parameters", "bytes as float32"), tuple(rows)),
        Prose(
            "units need not be the number of features or of time steps. What decides it is how "
            "much has to be remembered at once, how much data there is to learn it from, and what "
            "the machine holds. Twice the units is up to four times the parameters."
        ),
        *map(Prose, RULES),
        Prose(
            "These are habits, not laws: the second says nothing of a sequence. To compare two "
            "cells, give both the same parameters, not the same units (Chung et al. 2014, arXiv "
            "1412.3555)."
        ),
        Prose("From a budget to units: lstminspect solve --parameters 10000 --features 3"),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def neurons(layer: Layer) -> TopicAnswer:
    """The neurons of a cell: units for each of its networks."""
    gates = len(layer.cell.gates)
    inside = gates * layer.units
    answer = (
        f"The neurons of a recurrent layer are its units: {layer.units:,}. Each is one number of "
        "the state, and one line in every network of the cell."
    )
    parts: list[Part] = [
        Prose(
            f"Counted one by one, the cell has {gates} networks × {layer.units:,} units = "
            f"{inside:,} neurons inside. A picture with one box for each time step draws the same "
            "neurons again and again."
        ),
        Prose(
            "A Dense layer of so many neurons has no way back: a recurrent one feeds its own "
            "output to all of its neurons at the next step. Source: keras.io/api/layers/"
            "recurrent_layers/lstm (units: dimensionality of the output space)."
        ),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def flops(layer: Layer) -> TopicAnswer:
    """The operations of a step and of a sequence."""
    costs = cost(layer)
    steps = layer.timesteps
    whole = costs.step * steps
    answer = (
        f"One step takes {costs.step.macs:,} multiply-accumulates (MACs) and {costs.step.flops:,} "
        f"FLOPs for one sequence; {steps:,} steps take {whole.macs:,} and {whole.flops:,}."
    )
    names = ("MACs", "bias additions", "element-wise", "functions", "FLOPs")
    rows = tuple(
        (title, work.macs, work.bias_adds, work.elementwise, work.functions, work.flops)
        for title, work in (("1 step", costs.step), (f"{steps:,} steps", whole))
    )
    parts: list[Part] = [
        Table("the work", ("", *names), rows),
        Prose(
            "MACs are those of the matrix products. FLOPs are twice as many and the rest. The "
            "parameters do not grow with the steps; the work does. Counters differ: some leave "
            "recurrent layers out, some count the MACs alone, some the biases too."
        ),
        Prose(
            "Source: the equations of the cell; github.com/facebookresearch/fvcore/issues/98 and "
            "github.com/baidu-research/DeepBench/issues/55 on counters that differ."
        ),
        *counted(layer, "--cost", gives=f"{costs.step.flops:,}"),
        *counted(layer),
    ]
    return TopicAnswer(answer, parts)


def memory(layer: Layer) -> TopicAnswer:
    """The bytes of the weights, and what training keeps."""
    costs, longer = (
        cost(replace(layer, timesteps=times * layer.timesteps, batch=1)) for times in (1, 2)
    )
    answer = (
        f"The weights take {costs.bytes.weights:,} bytes as float32, however long a sequence is. "
        "Training keeps values of every step beside them: that part grows with the steps."
    )
    rows = tuple(
        (each.layer.timesteps, each.bytes.weights, 4 * (each.training.kept or 0), bytes_of)
        for each in (costs, longer)
        if (bytes_of := each.training.bytes(ADAM)) is not None
    )
    headers = ("steps", "weights", "kept of the steps", "training with Adam")
    parts: list[Part] = [
        Table("bytes as float32, for one sequence", headers, rows),
        Prose(
            "To predict, a layer needs its weights and one set of states. To train, "
            "back-propagation reads the values of every step again. With Adam there are as many "
            "gradients as parameters, and two more numbers for each. So a long sequence "
            "takes more memory though the network is the same."
        ),
        Prose("How long a layer remembers is another question: `lstminspect explain half_life`."),
        Prose(
            "Source: the equations of the cell; github.com/keras-team/keras/issues/141 and "
            "github.com/karpathy/char-rnn/issues/136, where people ask; Kingma and Ba 2015, arXiv "
            "1412.6980 (Adam)."
        ),
        *counted(layer, "--cost", gives=f"{costs.bytes.weights:,}"),
        *counted(layer),
    ]
    return TopicAnswer(answer, parts)
