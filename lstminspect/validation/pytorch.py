"""PyTorch: a Layer as a real `torch.nn` module, counted, measured and called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from lstminspect.optional import present
from lstminspect.terms.catalogue import why_not
from lstminspect.terms.pytorch import CLASSES
from lstminspect.validation.case import Case

__all__ = [
    "ACTIVATIONS",
    "INFERS",
    "build",
    "measure",
    "one_thread",
    "values",
    "version",
    "why_unsupported",
]

INFERS = False
ACTIVATIONS = ("relu", "tanh")


@cache
def load() -> Any:
    """The module torch. Raises MissingFramework if it is not there."""
    present("PyTorch", "torch", "torch")
    import torch

    return torch


def version() -> str:
    """The name and version of the framework, for example `PyTorch 2.13.0`."""
    return f"PyTorch {load().__version__.partition('+')[0]}"


def why_unsupported(case: Case) -> str:
    """The reason why PyTorch cannot run the case, or an empty text."""
    if reason := why_not(case.layer, "pytorch"):
        return reason
    if case.keep_order:
        return "PyTorch reads forward, or both ways"
    if case.mask is not None:
        return "PyTorch takes lengths, not a mask"
    if case.unbatched and case.lengths is not None:
        return "PyTorch packs a batch only"
    if case.lengths is not None and min(case.lengths) < 1:
        return "PyTorch packs no sequence without steps"
    return ""


def build(case: Case) -> Any:
    """The real module."""
    torch, layer = load(), case.layer
    options: dict[str, Any] = {
        "num_layers": layer.layers,
        "bias": layer.use_bias,
        "batch_first": not case.time_major,
        "bidirectional": layer.bidirectional,
        "dtype": getattr(torch, case.dtype),
    }
    if layer.cell.name == "projected":
        options["proj_size"] = dict(layer.extra)["projection"]
    if layer.cell.name == "rnn":
        options["nonlinearity"] = layer.activation or "tanh"
    return getattr(torch.nn, CLASSES[layer.cell.name])(layer.features, layer.units, **options)


def measure(case: Case, real: Any) -> dict[str, Any]:  # noqa: ARG001
    """The counts, names and shapes that the real module reports."""
    weights = {f"weight {name}": tuple(each.shape) for name, each in real.named_parameters()}
    return {"parameters": sum(each.numel() for each in real.parameters()), **weights}


def values(case: Case, real: Any) -> list[Any]:
    """The outputs and states of the real module with the case's weights, as arrays."""
    torch = load()
    tensors = {name: torch.as_tensor(value) for name, value in case.weights.items()}
    real.load_state_dict(tensors)
    x, initial = torch.as_tensor(case.x), _initial(case)
    with torch.no_grad(), one_thread():
        if case.lengths is None:
            outputs, states = real(x, initial)
        else:
            rnn = torch.nn.utils.rnn
            options = {"batch_first": not case.time_major}
            steps = x.shape[0 if case.time_major else 1]
            packed = rnn.pack_padded_sequence(
                x, torch.as_tensor(case.lengths), enforce_sorted=False, **options
            )
            outputs, states = real(packed, initial)
            outputs, _ = rnn.pad_packed_sequence(outputs, total_length=steps, **options)
    return [each.numpy() for each in _all(case, outputs, states)]


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread, which is faster for small layers: the others wait by running."""
    torch = load()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _initial(case: Case) -> Any:
    """The states as PyTorch takes them: a tensor for h, one for c, layers and directions first."""
    if case.initial_state is None:
        return None
    torch, number = load(), len(case.layer.cell.states)
    each_state = [
        torch.stack([torch.as_tensor(state) for state in case.initial_state[index::number]])
        for index in range(number)
    ]
    return each_state[0] if number == 1 else tuple(each_state)


def _all(case: Case, outputs: Any, states: Any) -> list[Any]:
    """Outputs and states in the order of a Layer: PyTorch always gives the whole sequence."""
    layer, torch = case.layer, load()
    by_name = states if isinstance(states, tuple) else (states,)
    if layer.return_sequences:
        first = outputs
    else:  # The last output of a direction is its last h.
        last = [by_name[0][index] for index in range(-layer.directions, 0)]
        first = torch.cat(last, dim=-1)
    if not layer.return_state:
        return [first]
    directions = range(layer.layers * layer.directions)
    return [first, *(state[index] for index in directions for state in by_name)]
