"""PyTorch's terms: `nn.LSTM`, `nn.GRU`, `nn.RNN`, output and h_n, c_n.

Source: docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html (and GRU, RNN), Inputs and
Outputs. The axes that are not known have the letters of that page: N sequences, L steps.
"""

from __future__ import annotations

from lstminspect.layer import Layer, Shape
from lstminspect.terms.terms import Lack, Tensor, Terms

__all__ = ["CLASSES", "TERMS"]

CLASSES = {"lstm": "LSTM", "projected": "LSTM", "gru": "GRU", "rnn": "RNN"}


def written(layer: Layer) -> str:
    """`nn.LSTM(3, 64, num_layers=2)`, with the arguments that are not the default."""
    arguments = {
        "num_layers": (layer.layers, 1),
        "nonlinearity": (layer.activation or "tanh", "tanh"),
        "bias": (layer.use_bias, True),
        "batch_first": (layer.batch_first is True, False),
        "bidirectional": (layer.bidirectional, False),
        "proj_size": (dict(layer.extra).get("projection", 0), 0),
    }
    changed = {name: now for name, (now, default) in arguments.items() if now != default}
    words = [f"{name}={value!r}" for name, value in changed.items()]
    sizes = [str(layer.features), str(layer.units)]
    return f"nn.{CLASSES[layer.cell.name]}({', '.join([*sizes, *words])})"


def _sequence(layer: Layer, width: object) -> Shape:
    batch, steps = _or(layer.batch, "N"), _or(layer.timesteps, "L")
    return (batch, steps, width) if layer.batch_first else (steps, batch, width)


def _or(size: object, letter: str) -> object:
    return letter if size is None else size


def inputs(layer: Layer) -> tuple[Tensor, ...]:
    """The input sequence."""
    return (Tensor("input", _sequence(layer, layer.features)),)


def outputs(layer: Layer) -> tuple[Tensor, ...]:
    """The output of every step, always."""
    return (Tensor("output", _sequence(layer, layer.width)),)


def states(layer: Layer) -> tuple[Tensor, ...]:
    """h_n and c_n: layers and directions on the leading axis, whatever batch_first says."""
    first = layer.layers * layer.directions
    batch = _or(layer.batch, "N")
    return tuple(
        Tensor(f"{name}_n", (first, batch, layer.sizes[size]))
        for name, size in layer.cell.states.items()
    )


def returned(layer: Layer) -> tuple[Tensor, ...]:
    """The output and the states, always."""
    return (*outputs(layer), *states(layer))


def lines(layer: Layer) -> tuple[str, ...]:
    """Lines that print the count and the shapes of everything that the module returns."""
    names = [state.name for state in states(layer)]
    held = f"({', '.join(names)})" if len(names) > 1 else names[0]
    (entry,) = inputs(layer)
    return (
        "import torch",
        "from torch import nn",
        f"layer = {written(layer)}",
        f"output, {held} = layer(torch.zeros{entry.shape})",
        "count = sum(each.numel() for each in layer.parameters())",
        f"print(count, *(tuple(each.shape) for each in (output, {', '.join(names)})))",
    )


def remark(layer: Layer) -> str:
    """The tensors that come back always, the last output, and the order of the axes."""
    name, names = f"nn.{CLASSES[layer.cell.name]}", [state.name for state in states(layer)]
    held = f"({', '.join(names)})" if len(names) > 1 else names[0]
    last = "output[:, -1]" if layer.batch_first else "output[-1]"
    axes = "the batch first" if layer.batch_first else "the time first: batch_first is False"
    text = (
        f"{name} returns output, {held}: always the output of every step and always the final "
        f"states. Input and output have {axes}. "
    )
    leading = "layers times directions" if layer.directions > 1 else "layers"
    text += f"The states have the {leading} first, whatever batch_first says. "
    if layer.bidirectional:
        return text + (
            "The last outputs of both directions are h_n[-2] and h_n[-1]; "
            f"{last} has read one step alone in the backward direction."
        )
    return text + f"The last output alone is {last}, which equals h_n[-1]."


TOPICS = {
    "units": (
        "In PyTorch units is hidden_size, the second argument: LAYER. Its first argument is "
        "input_size, the features."
    ),
    "features": "In PyTorch features is input_size, the first argument: LAYER.",
    "timesteps": (
        "PyTorch's pages call it L, the sequence length. The module takes any number; the axis is "
        "the first of the input, or the second with batch_first=True."
    ),
    "unrolling": "In PyTorch nn.LSTM runs the loop; nn.LSTMCell is one step of it.",
    "batch": (
        "PyTorch's pages call it N. It is the second axis of the input, or the first with "
        "batch_first=True; of h_n and c_n it is the second always."
    ),
    "stateful": (
        "PyTorch has no stateful. Give the states of one call to the next: "
        "output, states = layer(x, states), and states detached between batches of training."
    ),
    "return_sequences": (
        "PyTorch has no return_sequences: output holds every step, always. The last one is "
        "output[-1], or output[:, -1] with batch_first=True; in one direction it equals h_n[-1]."
    ),
    "return_state": (
        "PyTorch has no return_state: the final states come back always, output, (h_n, c_n) of an "
        "LSTM and output, h_n of a GRU or RNN, with layers and directions on their first axis."
    ),
    "bidirectional": (
        "In PyTorch it is bidirectional=True: LAYER. The directions are concatenated, always; h_n "
        "holds forward, then backward of each layer on its first axis."
    ),
    "gates": (
        "PyTorch stacks the gates in the rows of weight_ih_l0 and weight_hh_l0: i, f, g, o of an "
        "LSTM, r, z, n of a GRU. Its activations are fixed, but for nonlinearity of nn.RNN."
    ),
    "bias": "In PyTorch it is bias=True or False: bias_ih_l0 and bias_hh_l0, two for each gate.",
    "reset_after": (
        "PyTorch has no such option: nn.GRU has the form with reset_after, with both biases. What "
        "follows is Keras, which has both forms."
    ),
    "input_shape": (
        "PyTorch has (L, N, features), the time first, unless batch_first=True: (N, L, features). "
        "A wrong order runs without an error, since both are only numbers."
    ),
}

TERMS = {
    "pytorch": Terms(
        title="PyTorch",
        written=written,
        inputs=inputs,
        outputs=outputs,
        states=states,
        returned=returned,
        lines=lines,
        remark=remark,
        every_step=True,
        topics=TOPICS,
        lacks=(
            Lack("go_backwards", (False,), "PyTorch reads forward, or both ways"),
            Lack("stateful", (False,), "PyTorch keeps no state from call to call"),
            Lack("merge_mode", ("concat",), "PyTorch concatenates its directions"),
        ),
    )
}
