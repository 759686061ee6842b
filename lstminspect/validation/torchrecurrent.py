"""torchrecurrent: a Layer as a real cell of that package, an independent PyTorch implementation.

Its cells are called step by step. `conventions.torchrecurrent` says what its tables leave out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lstminspect.cell import Cell
from lstminspect.optional import present
from lstminspect.validation.case import Case
from lstminspect.validation.pytorch import one_thread

__all__ = [
    "ARGUMENTS",
    "CELLS",
    "INFERS",
    "build",
    "in_time",
    "measure",
    "values",
    "version",
    "why_unsupported",
]

INFERS = False
ACTIVATIONS = ("tanh",)

CELLS = {
    "AntisymmetricRNNCell": "antisymmetric_rnn",
    "ATRCell": "atr",
    "BRCell": "brc",
    "CFNCell": "cfn",
    "coRNNCell": "cornn",
    "DSGUCell": "dsgu",
    "FastGRNNCell": "fast_grnn",
    "FastRNNCell": "fast_rnn",
    "GatedAntisymmetricRNNCell": "gated_antisymmetric_rnn",
    "IndRNNCell": "indrnn",
    "IntersectionRNNCell": "intersection_rnn",
    "JANETCell": "janet",
    "LEMCell": "lem",
    "LightRUCell": "light_ru",
    "LiGRUCell": "ligru",
    "MCLSTMCell": "mclstm",
    "MGUCell": "mgu",
    "MinimalRNNCell": "minimal_rnn",
    "MiRU1Cell": "miru1",
    "MiRU2Cell": "miru2",
    "MultiplicativeLSTMCell": "multiplicative_lstm",
    "MUT1Cell": "mut1",
    "MUT2Cell": "mut2",
    "MUT3Cell": "mut3",
    "NASCell": "nas",
    "NBRCell": "nbrc",
    "OriginalLSTMCell": "lstm_1997",
    "PeepholeLSTMCell": "peephole",
    "RANCell": "ran",
    "ResLSTMCell": "residual_lstm",
    "SCRNCell": "scrn",
    "SGRNCell": "sgrn",
    "SGUCell": "sgu",
    "STARCell": "star",
    "tauGRUCell": "tau_gru",
    "TGRUCell": "tgru",
    "TLSTMCell": "tlstm",
    "TRNNCell": "trnn",
    "UGRNNCell": "ugrnn",
    "UnICORNNCell": "unicornn",
    "WMCLSTMCell": "wmclstm",
}

# What the equations fix and torchrecurrent takes as an argument, where its default is another.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "antisymmetric_rnn": {"epsilon": 0.01, "gamma": 0.01},
    "gated_antisymmetric_rnn": {"epsilon": 0.01, "gamma": 0.01},
    "cornn": {"dt": 0.01},
    "fast_grnn": {"nonlinearity": "sigmoid"},  # of the gate, which its own docstring gives sigmoid
    "indrnn": {"nonlinearity": "relu"},
    "unicornn": {"alpha": 1.0},
}

# The states that torchrecurrent hands on, in its order, where that is not the one of the equations.
STATES = {"mclstm": ("v", "c"), "tlstm": ("c", "p")}

# Options of its cells that leave out a further bias.
FURTHER_BIASES = ("recurrent_bias", "cell_bias", "memory_bias", "multiplicative_bias")


@cache
def load() -> Any:
    """The module torchrecurrent. Raises MissingFramework if it is not there."""
    present("torchrecurrent", "torch", "torch", "torchrecurrent")
    import torchrecurrent

    return torchrecurrent


def version() -> str:
    """The name and version of the framework, for example `torchrecurrent 0.2.5`."""
    from importlib.metadata import version as installed

    load()
    return f"torchrecurrent {installed('torchrecurrent')}"


def why_unsupported(case: Case) -> str:
    """The reason why a cell of torchrecurrent cannot run the case, or an empty text."""
    layer = case.layer
    if layer.layers > 1 or layer.bidirectional or layer.go_backwards or layer.stateful:
        return "the cells of torchrecurrent are run as one layer forward"
    if case.mask is not None or case.lengths is not None or case.unbatched or case.keep_order:
        return "a cell of torchrecurrent takes one step of a batch at a time"
    if reason := layer.why_unsupported("torchrecurrent"):
        return reason
    if len(case.x.shape) != 3 or layer.cell.further_inputs:
        return f"{layer.cell.name} takes a second input, which is not drawn here"
    return ""


def build(case: Case) -> Any:
    """The real cell."""
    package, layer = load(), case.layer
    names = {ours: theirs for theirs, ours in CELLS.items()}
    cell_class = getattr(package, names[layer.cell.name])
    known = cell_class.__init__.__code__.co_varnames
    options = dict(ARGUMENTS.get(layer.cell.name, {}))
    options["bias"] = layer.use_bias
    if not layer.use_bias and layer.cell.name != "unicornn":
        options |= {name: False for name in FURTHER_BIASES if name in known}
    return cell_class(layer.features, layer.units, **options)


def measure(case: Case, real: Any) -> dict[str, Any]:  # noqa: ARG001
    """The counts, names and shapes that the real cell reports."""
    weights = {f"weight {name}": tuple(each.shape) for name, each in real.named_parameters()}
    return {"parameters": sum(each.numel() for each in real.parameters()), **weights}


def values(case: Case, real: Any) -> list[Any]:
    """The outputs and states of the real cell, called step by step with the case's weights."""
    import torch

    layer, real = case.called, real.to(getattr(torch, case.dtype))
    tensors = {name: torch.as_tensor(value) for name, value in case.weights.items()}
    # A bias that is left out stays in the state as a buffer of zeros: it is none of the parameters.
    real.load_state_dict(tensors, strict=False)
    x = case.x.swapaxes(0, 1) if case.time_major else case.x
    shapes = dict(zip(layer.cell.states, layer.state_shapes.values(), strict=True))
    starts = case.initial_state or [np.zeros(shape, x.dtype) for shape in shapes.values()]
    outputs, ends = in_time(real, layer.cell, x, dict(zip(shapes, starts, strict=True)))
    first = outputs if layer.return_sequences else outputs[:, -1]
    if layer.return_sequences and case.time_major:
        first = first.swapaxes(0, 1)
    return [first, *(ends[name] for name in shapes if layer.return_state)]


def in_time(
    real: Any, cell: Cell, x: Any, starts: dict[str, Any], **inputs: Any
) -> tuple[Any, dict[str, Any]]:
    """The outputs and the last states of a real cell, one step after the other."""
    import torch

    names = STATES.get(cell.name, tuple(cell.states))
    state = tuple(torch.as_tensor(starts[name]) for name in names)
    outputs = []
    with torch.no_grad(), one_thread():
        for t in range(x.shape[1]):
            others = [torch.as_tensor(value[:, t]) for value in inputs.values()]
            held = state if len(names) > 1 else state[0]
            returned = real(torch.as_tensor(x[:, t]), held, *others)
            if "h" in names:
                state = returned if len(names) > 1 else (returned,)
                outputs.append(state[names.index("h")].numpy())
            else:
                outputs.append(returned[0].numpy())
                state = returned[1] if len(names) > 1 else (returned[1],)
    ends = {name: each.numpy() for name, each in zip(names, state, strict=True)}
    return np.stack(outputs, axis=1), ends
