"""`hidden_state`, `cell_state`, `forget_gate`, `initial_state`: what goes from step to step."""

from __future__ import annotations

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.equations.syntax import text_of
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code, shaped, states_of
from lstminspect.terms.keras import written as written_in_keras
from lstminspect.wording import NAMES

__all__ = ["cell_state", "forget_gate", "hidden_state", "initial_state"]


def hidden_state(layer: Layer) -> TopicAnswer:
    """The state h, which is the output too."""
    answer = (
        "The hidden state h is what the cell knows of the sequence so far: a vector that it hands "
        "to its next step. It is the output of the step too."
    )
    if "h" not in layer.cell.states:
        answer = f"{_named(layer)} has no hidden state: its output is computed of each step alone."
    parts: list[Part] = [
        *_states(layer),
        Prose(
            "h is not a weight: it is computed again for every sequence, begins at zero, and is "
            "not counted among the parameters. What is learned is how to compute it."
        ),
        Prose(
            "PyTorch calls the last one h_n, Keras state_h. Source: Elman 1990, Finding Structure "
            "in Time, Cognitive Science 14(2); docs.pytorch.org, torch.nn.LSTM."
        ),
        *counted(layer),
        *shaped(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def cell_state(layer: Layer) -> TopicAnswer:
    """The state c, which the gates write and read."""
    if "c" not in layer.cell.states:
        kept = " and ".join(layer.cell.states) or "no state"
        answer = f"{_named(layer)} has no cell state: it keeps {kept}. The LSTM has one, c."
    else:
        answer = (
            "The cell state c is the memory of an LSTM: a vector beside h that the gates write to "
            "and read from. It goes to the next step, never to the next layer."
        )
    parts: list[Part] = [
        *_states(layer),
        *_line(layer, "c"),
        Prose(
            "In an LSTM c is multiplied by the forget gate and added to, without a matrix in "
            "between: that is why it keeps what it holds for many steps. h is made from it by the "
            "output gate. PyTorch calls the last one c_n, Keras state_c."
        ),
        Prose(
            "Source: Hochreiter and Schmidhuber 1997, Long Short-Term Memory, Neural Computation "
            "9(8)."
        ),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def forget_gate(layer: Layer) -> TopicAnswer:
    """The gate f, and its bias of 1."""
    units = layer.units
    line = _line(layer, "f")
    answer = (
        "The forget gate f says how much of the old cell state is kept, number by number: 1 keeps "
        "all of it, 0 forgets it."
    )
    if not line or "c" not in layer.cell.states:
        gates = ", ".join(layer.cell.gates)
        answer = f"{_named(layer)} has no forget gate of a cell state. Its lines are {gates}."
    parts: list[Part] = [
        *line,
        Prose(
            "The name misleads: a large f remembers. Its bias is often set to 1 at the beginning, "
            "so that a new layer keeps what it reads. Keras does so (unit_forget_bias=True, the "
            f"second quarter of the bias, bias[{units}:{2 * units}] of an LSTM of {units:,}), "
            "PyTorch does not; TensorFlow 1 and Haiku add 1 while they run."
        ),
        Prose(
            "Source: Gers, Schmidhuber and Cummins 2000, Learning to Forget, Neural Computation "
            "12(10); Jozefowicz et al. 2015, ICML (a bias of 1); keras.io/api/layers/"
            "recurrent_layers/lstm."
        ),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def initial_state(layer: Layer) -> TopicAnswer:
    """The states before the first step."""
    answer = (
        "initial_state is what the states hold before the first step: zeros, unless you give "
        "other values. It adds no parameters."
    )
    parts: list[Part] = [
        *_states(layer),
        Prose(
            "Keras takes it in the call, layer(x, initial_state=[h, c]), PyTorch as the second "
            "argument, layer(x, (h_0, c_0)). A decoder is given the last states of an encoder so. "
            "For a learned beginning, train the vector that you give."
        ),
        Prose(
            "Source: keras.io/api/layers/recurrent_layers/lstm; docs.pytorch.org, torch.nn.LSTM; "
            "Sutskever et al. 2014, arXiv 1409.3215."
        ),
        *counted(layer),
        *_given(layer),
    ]
    return TopicAnswer(answer, parts)


def _named(layer: Layer) -> str:
    return NAMES.get(layer.cell.name, layer.cell.name)


def _states(layer: Layer) -> list[Part]:
    rows = tuple(states_of(layer).items())
    return [Table("the states that the layer keeps", ("state", "shape"), rows)] if rows else []


def _line(layer: Layer, name: str) -> list[Part]:
    """The line of the cell that computes `name`, where it has one."""
    lines = (line for line in layer.cell.lines if line.name == name)
    rows = tuple((name, text_of(line.expression)) for line in lines)
    return [Table("its line in the cell", ("line", "equation"), rows)] if rows else []


def _given(layer: Layer) -> tuple[Snippet, ...]:
    """Lines of Keras that begin with states of ones."""
    text = written_in_keras(layer)
    plain = not (layer.bidirectional or layer.stateful or layer.layers > 1)
    if layer.framework not in (None, "keras") or not text or not plain:
        return ()
    number, many = len(layer.cell.states), len(layer.output_shapes) > 1
    batch = layer.batch or 1
    lines = (
        "import keras, numpy",
        f"x = numpy.zeros(({batch}, 5, {layer.features}))",
        f"states = [numpy.ones(({batch}, {layer.units}))] * {number}",
        f"returned = {text}(x, initial_state=states)",
        f"print(tuple(returned{'[-1]' * many}.shape))",
    )
    shape: tuple[object, ...] = (batch, layer.units)
    if not many and layer.return_sequences:
        shape = (batch, 5, layer.units)
    return (Snippet("python", lines, str(shape)),)
