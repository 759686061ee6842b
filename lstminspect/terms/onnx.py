"""ONNX' terms: a node LSTM, GRU or RNN; X, Y, Y_h, Y_c.

Source: onnx/docs/Operators.md, LSTM-22, GRU-22 and RNN-22, Inputs and Outputs, whose names the axes
have that are not known.
"""

from __future__ import annotations

from typing import Any

from lstminspect.activations import parts_of
from lstminspect.conventions.onnx import ACTIVATIONS, DEFAULTS, OPERATORS, OPTIONS
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.layer import Layer, Shape
from lstminspect.terms.terms import Lack, Tensor, Terms

__all__ = ["TERMS", "attributes"]


def attributes(layer: Layer) -> dict[str, Any]:
    """The attributes of a node that is one layer of `layer`, but for the order of its axes.

    >>> attributes(Layer("gru", 4, 3, bidirectional=True))
    {'hidden_size': 4, 'direction': 'bidirectional', 'linear_before_reset': 1}
    """
    sides = "bidirectional" if layer.bidirectional else "forward"
    options: dict[str, Any] = {
        "hidden_size": layer.units,
        "direction": "reverse" if layer.go_backwards else sides,
    }
    if layer.cell.name.startswith("cifg"):
        options["input_forget"] = 1
    if layer.cell.name == "gru":
        options["linear_before_reset"] = 1
    if layer.clip is not None:
        options["clip"] = float(layer.clip)
    return options | _activations(layer)


def _activations(layer: Layer) -> dict[str, Any]:
    operator = OPERATORS[layer.cell.name]
    texts = [getattr(layer, option) for option in OPTIONS[operator]]
    if operator == "LSTM" and texts[2] is None:
        texts[2] = texts[1]  # A Layer's activation is that of the output too.
    if not any(texts):
        return {}
    names, alphas, betas = [], [], []
    by_function = {function: (name, numbers) for name, (function, numbers) in ACTIVATIONS.items()}
    for text, default in zip(texts, DEFAULTS[operator], strict=True):
        function, numbers = parts_of(text or default.lower())
        name, defaults = by_function[function]
        full = [*numbers, *_own_numbers(function)[len(numbers) :]]
        names.append(name)
        alphas += full[:1] if defaults else []
        betas += full[1:2] if len(defaults) > 1 else []
    options: dict[str, Any] = {"activations": names * layer.directions}
    if alphas:
        options["activation_alpha"] = alphas * layer.directions
    if betas:
        options["activation_beta"] = betas * layer.directions
    return options


def _own_numbers(function: str) -> list[float]:
    """The numbers that a function of the language has by default."""
    return [float(number) for number in FUNCTIONS[function].numbers if number is not None]


def _names(layer: Layer) -> tuple[list[str], list[str]]:
    """The names of the inputs of a node, and of its outputs."""
    held = [weight.name.rpartition("/")[2] for weight in layer.stored("onnx").weights]
    own = list(dict.fromkeys(held))
    if "P" in own:  # The last input of an LSTM: those before it are not there.
        own[-1:] = [*[""] * (6 - len(own) + 1), "P"]
    results = [f"Y_{name}" for name in layer.cell.states]
    return ["X", *own], ["Y", *results]


def written(layer: Layer) -> str:
    """The call that makes the node."""
    words = [f"{name}={value!r}" for name, value in attributes(layer).items() if value != "forward"]
    words += ["layout=1"] * (layer.batch_first is True)
    takes, gives = _names(layer)
    operator = OPERATORS[layer.cell.name]
    return f"helper.make_node({operator!r}, {takes}, {gives}, {', '.join(words)})"


def _batch(layer: Layer) -> object:
    return "batch_size" if layer.batch is None else layer.batch


def _sequence(layer: Layer, *inner: object) -> Shape:
    steps = "seq_length" if layer.timesteps is None else layer.timesteps
    if layer.batch_first:
        return (_batch(layer), steps, *inner)
    return (steps, *inner[:-1], _batch(layer), inner[-1])


def inputs(layer: Layer) -> tuple[Tensor, ...]:
    """X, the time first unless layout=1."""
    return (Tensor("X", _sequence(layer, layer.features)),)


def outputs(layer: Layer) -> tuple[Tensor, ...]:
    """Y, the output of every step, the directions apart."""
    width = layer.sizes[layer.cell.width]
    return (Tensor("Y", _sequence(layer, layer.directions, width)),)


def states(layer: Layer) -> tuple[Tensor, ...]:
    """Y_h and Y_c of every node, the directions apart."""
    tensors = []
    for number in range(1, layer.layers + 1):
        prefix = f"node {number}: " if layer.layers > 1 else ""
        for name, size in layer.cell.states.items():
            axes: Shape = (layer.directions, _batch(layer))
            axes = axes[::-1] if layer.batch_first else axes
            tensors.append(Tensor(f"{prefix}Y_{name}", (*axes, layer.sizes[size])))
    return tuple(tensors)


def returned(layer: Layer) -> tuple[Tensor, ...]:
    """The output and the states, always."""
    return (*outputs(layer), *states(layer))


def lines(layer: Layer) -> tuple[str, ...]:
    """Lines that run the node in ONNX Runtime, which has neither stacks nor layout=1."""
    if layer.layers > 1 or layer.batch_first:
        return ()
    shapes = {tensor.name: tensor.shape for tensor in inputs(layer)}
    shapes |= {weight.name: weight.shape for weight in layer.stored("onnx").weights}
    return (
        "import numpy, onnxruntime",
        "from onnx import helper",
        f"node = {written(layer)}",
        f"shapes = {shapes}",
        "inputs = [helper.make_tensor_value_info(n, 1, shapes[n]) for n in shapes]",
        "outputs = [helper.make_tensor_value_info(n, 1, None) for n in node.output]",
        "graph = helper.make_graph([node], 'layer', inputs, outputs)",
        "opsets = [helper.make_opsetid('', 22)]",
        "model = helper.make_model(graph, opset_imports=opsets, ir_version=10)",
        "file = model.SerializeToString()",
        "session = onnxruntime.InferenceSession(file)",
        "values = {n: numpy.zeros(shapes[n], 'float32') for n in shapes}",
        "count = sum(values[n].size for n in values if n != 'X')",
        "print(count, *(each.shape for each in session.run(None, values)))",
    )


def remark(layer: Layer) -> str:
    """The tensors that come back always, and the order of their axes."""
    gives = _names(layer)[1]
    axes = "the batch first: layout is 1" if layer.batch_first else "the time first: layout is 0"
    text = (
        f"A node gives {', '.join(gives)}: always the output of every step and always the final "
        f"states. Input and output have {axes}. Y and the states have an axis of directions, and "
        "nothing is merged."
    )
    if layer.layers > 1:
        text += f" A node is one layer: this is {layer.layers} nodes, each with W, R and B."
    return text


TOPICS = {
    "units": "In ONNX units is the attribute hidden_size; W, R and B have to fit it.",
    "features": "ONNX calls it input_size: the last axis of X and of W. It is not an attribute.",
    "timesteps": "ONNX calls it seq_length: the first axis of X and Y, unless layout is 1.",
    "batch": "ONNX calls it batch_size. sequence_lens gives each sequence of it a length.",
    "stateful": "A node of ONNX keeps no state: give Y_h, Y_c to the next as initial_h, initial_c.",
    "return_sequences": (
        "ONNX has no return_sequences: Y holds every step, Y_h the last output. What no node reads "
        "is not computed if its name is left out."
    ),
    "return_state": "ONNX has no return_state: Y_h, and Y_c of an LSTM, are there always.",
    "bidirectional": (
        "In ONNX it is the attribute direction: forward, reverse or bidirectional. Y keeps the "
        "directions on an axis of their own: nothing is merged."
    ),
    "gates": "ONNX stacks i, o, f, c in W, R and B of an LSTM, and z, r, h of a GRU.",
    "bias": "In ONNX the biases of the input and of the state stand in B, one after the other.",
    "reset_after": "In ONNX it is linear_before_reset: 1 for reset_after, 0 (default) for before.",
    "input_shape": "ONNX has X of (seq_length, batch_size, input_size), the time first.",
}

TERMS = {
    "onnx": Terms(
        title="ONNX",
        written=written,
        inputs=inputs,
        outputs=outputs,
        states=states,
        returned=returned,
        lines=lines,
        remark=remark,
        every_step=True,
        apart=True,
        topics=TOPICS,
        lacks=(
            Lack("stateful", (False,), "a node of ONNX keeps no state from call to call"),
            Lack("merge_mode", ("concat", None), "a node of ONNX leaves its directions apart"),
        ),
        one_way="a node of ONNX is forward, reverse or both",
    )
}
