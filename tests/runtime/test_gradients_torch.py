"""Every cell's gradients beside autograd of PyTorch over the plain step, in PyTorch's functions."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import lstminspect as li
from lstminspect.errors import SizeError
from lstminspect.runtime.interpreter import NumericFunctions, step
from lstminspect.weights.structured import allowed, compact

WITH_TORCH = li.cells.names() if find_spec("torch") else []
BATCH, STEPS = 3, 5


def functions_of_torch() -> NumericFunctions:
    """The functions of the language on tensors, written with those of PyTorch alone."""
    import torch

    def tensor(v: Any) -> Any:
        return v if torch.is_tensor(v) else torch.tensor(float(v), dtype=torch.float64)

    def norm(v: Any, *others: Any) -> Any:
        if not others:
            return torch.nn.functional.layer_norm(v, v.shape[-1:], eps=1e-5)
        every = torch.cat([each.expand(*v.shape[:-1], -1) for each in (v, *others)], -1)
        return torch.nn.functional.layer_norm(every, every.shape[-1:], eps=1e-5)[..., : v.shape[-1]]

    own = {
        "step": lambda v: (v > 0).to(v.dtype),
        "clip": torch.clamp,
        "max": lambda a, b: torch.maximum(tensor(a), tensor(b)),
        "min": lambda a, b: torch.minimum(tensor(a), tensor(b)),
        "power": torch.pow,
        "norm": norm,
        "softmax": lambda v: torch.softmax(v, -1),
        "log_softmax": lambda v: torch.log_softmax(v, -1),
    }
    same = ["sigmoid", "tanh", "relu", "exp", "log", "sqrt", "abs", "expm1", "log1p", "erf"]
    functions = {name: getattr(torch, name) for name in same} | own
    return NumericFunctions(functions, torch.matmul, lambda matrix: matrix.T)


def of_size(cell: li.Cell) -> li.Layer:
    own = dict.fromkeys(cell.own_sizes, 2)
    try:
        return li.Layer(cell, units=4, features=3, return_sequences=True, **own)
    except SizeError:  # Its input is added to its state.
        return li.Layer(cell, units=4, features=4, return_sequences=True, **own)


@pytest.mark.parametrize("window", [None, 2], ids=["", "window"])
@pytest.mark.parametrize("name", WITH_TORCH)
def test_the_gradients_of_a_cell_are_those_of_autograd(name: str, window: int | None) -> None:
    import torch

    cell = li.cells.get(name)
    layer, rng = of_size(cell), np.random.default_rng(1)
    sizes = layer.sizes

    def tensor(*shape: int) -> Any:
        return torch.tensor(rng.normal(size=shape) * 0.5, requires_grad=True)

    blocks = {block.name: tensor(*(sizes[size] for size in block.shape)) for block in cell.blocks}
    for block in cell.blocks:
        if block.structure:  # Its zeros are not parameters.
            blocks[block.name].data *= torch.tensor(allowed(block, sizes))
    inputs = {"x": tensor(BATCH, STEPS, layer.features)} | {
        each.name: tensor(BATCH, STEPS, sizes[str(each.size)])
        for each in cell.declared.values()
        if each.kind == "input"
    }
    states = {state: tensor(BATCH, sizes[length]) for state, length in cell.states.items()}
    weight = torch.tensor(rng.normal(size=(BATCH, STEPS, sizes[cell.width])))
    after = {state: torch.tensor(rng.normal(size=each.shape)) for state, each in states.items()}
    now, loss, library = dict(states), torch.tensor(0.0), functions_of_torch()
    for at in range(STEPS):
        if window and at and at % window == 0:
            now = {state: each.detach() for state, each in now.items()}
        given = {each: value[:, at] for each, value in inputs.items()}
        now = step(cell, blocks, given, now, library)
        loss = loss + (now["h"] * weight[:, at]).sum()
        now = {state: now[state] for state in states}
    loss = loss + sum((now[state] * each).sum() for state, each in after.items())
    loss.backward()

    def array(value: Any) -> Any:
        return value.detach().numpy()

    found = li.gradients(
        layer,
        {block.name: compact(block, array(blocks[block.name]), sizes) for block in cell.blocks},
        {each: array(value) for each, value in inputs.items()},
        array(weight),
        [array(each) for each in after.values()] or None,
        [array(each) for each in states.values()] or None,
        convention="equations",
        window=window,
    )
    for block in cell.blocks:
        wanted = compact(block, slope(blocks[block.name]), sizes)
        assert_close(found.weights[block.name], wanted, block.name)
    for held, mine in ((inputs, found.inputs), (states, found.initial_state)):
        for each, value in held.items():
            assert_close(mine[each], slope(value), each)


def slope(tensor: Any) -> Any:
    return np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()


def assert_close(mine: Any, wanted: Any, name: str) -> None:
    assert mine.shape == wanted.shape, name
    assert np.abs(mine - wanted).max() <= 1e-10 * max(1.0, np.abs(wanted).max()), name
