"""Gradients by back-propagation through time, held to derivatives of the plain step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import lstminspect as li
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.equations.syntax import Call, walk
from lstminspect.errors import SizeError
from lstminspect.runtime import interpreter
from lstminspect.weights.structured import allowed, compact, dense

Arrays = Mapping[str, Any]

#: One small cell for every function without a definition in the language.
TEXTS = {
    name: f"h = tanh({call} + U_h @ h)"
    for name, call in {
        **{name: f"{name}(W_h @ x + b_h)" for name in FUNCTIONS if not FUNCTIONS[name].definition},
        "log": "log(1.5 + h * h) * (W_h @ x)",
        "sqrt": "sqrt(1.5 + h * h) * (W_h @ x)",
        "log1p": "log1p(h * h) * (W_h @ x)",
        "clip": "clip(W_h @ x + h, -0.4, 0.5)",
        "norm": "norm(W_h @ x + h, h, b_h)",
        "max": "max(W_h @ x, V_h @ h, b_h)",
        "min": "min(W_h @ x, h, 0.1)",
        "power": "(W_h @ x + h) ** 3",
        "transpose": "transpose(V_h) @ h + W_h @ x",
    }.items()
}
#: Ways in which equations share and pass on values.
FORMS = {
    "a state of a state": "c = h\nh = tanh(W_h @ x + U_h @ c + V_h @ h)",
    "a state that is a number": "h = b_h",
    "a line without a state": "c = tanh(W_c @ x)\nh = c * h + U_h @ c",
    "an output that is no state": "s = tanh(W_s @ x + U_s @ s)\nh = V_h @ s",
    "differences": "h = -(U_h @ h) - W_h @ x - (b_h - h) / 3",
    "quotients": "h = tanh(W_h @ x - U_h @ (h / (2 + h * h)) / (1 + exp(b_h)))",
    "one value used often": "g = U_g @ h\nh = tanh(g * g + g + sigmoid(g) * (W_h @ x))",
    "a power of 0, of zeros too": "h = tanh(W_h @ x + U_h @ h) * relu(h - 9) ** 0",
    "a product of parameters": "h = tanh(W_h @ x + U_h @ softmax(b_h) + h)",
}


def analytic_norm(v: Any, *others: Any) -> Any:
    """The function norm without an absolute value in it, for complex steps."""
    alike = [np.broadcast_to(each, (*v.shape[:-1], each.shape[-1])) for each in (v, *others)]
    every = np.concatenate(alike, axis=-1)
    centred = every - every.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
    return centred[..., : v.shape[-1]] / deviation


FUNCTIONS_OF_COMPLEX = interpreter.NUMPY._replace(
    functions={**interpreter.NUMPY.functions, "norm": analytic_norm}
)
ANALYTIC = {"sigmoid", "tanh", "exp", "transpose", "power", "norm"}


def of_size(cell: li.Cell) -> li.Layer:
    own = dict.fromkeys(cell.own_sizes, 2)
    try:
        return li.Layer(cell, units=4, features=3, return_sequences=True, **own)
    except SizeError:  # Its input is added to its state.
        return li.Layer(cell, units=4, features=4, return_sequences=True, **own)


class Loss:
    """The loss Σ output · weight of a layer in one direction, by the plain step."""

    def __init__(self, layer: li.Layer, seed: int) -> None:
        self.layer, cell = layer, layer.cell
        self.rng = np.random.default_rng(seed)
        sizes = layer.sizes
        self.at: dict[str, Any] = {
            block.name: self.draw(*(sizes[size] for size in block.shape)) for block in cell.blocks
        }
        self.at["x"] = self.draw(2, 5, layer.features)
        self.at |= {
            each.name: self.draw(2, 5, sizes[str(each.size)])
            for each in cell.declared.values()
            if each.kind == "input"
        }
        self.at |= {f"first {name}": self.draw(2, sizes[at]) for name, at in cell.states.items()}
        self.weight = self.draw(2, 5, sizes[cell.width])
        self.mask = np.array([[True, False, True, True, False], [False, True, True, False, True]])

    def draw(self, *shape: int) -> Any:
        return self.rng.normal(size=shape) * 0.6

    def __call__(self, at: Arrays, masked: bool) -> Any:
        cell = self.layer.cell
        states = {name: at[f"first {name}"] for name in cell.states}
        output = states.get("h", np.zeros_like(self.weight[:, 0]))
        total = 0.0
        for step in range(5):
            inputs = {name: at[name][:, step] for name in at if name in self.inputs}
            now = interpreter.step(cell, at, inputs, states, FUNCTIONS_OF_COMPLEX)
            counts = self.mask[:, step, None] if masked else True
            states = {name: np.where(counts, now[name], states[name]) for name in states}
            output = np.where(counts, now["h"], output)
            # Before the first step that counts there is nothing to repeat.
            shown = self.mask[:, : step + 1].any(axis=1)[:, None] if masked else True
            total = total + (output * shown * self.weight[:, step]).sum()
        return total

    @property
    def inputs(self) -> set[str]:
        declared = self.layer.cell.declared.values()
        return {"x", *(each.name for each in declared if each.kind == "input")}

    def gradients(self, masked: bool) -> dict[str, Any]:
        inputs = {name: self.at[name] for name in self.inputs}
        found = li.gradients(
            self.layer,
            {
                block.name: compact(block, self.at[block.name], self.layer.sizes)
                for block in self.layer.cell.blocks
            },
            inputs,
            self.weight,
            initial_state=[self.at[f"first {name}"] for name in self.layer.cell.states] or None,
            mask=self.mask if masked else None,
            convention="equations",
        )
        states = {f"first {name}": array for name, array in found.initial_state.items()}
        weights = {
            block.name: dense(block, found.weights[block.name], self.layer.sizes)
            for block in self.layer.cell.blocks
        }
        return {**weights, **found.inputs, **states}

    def slope(self, along: Arrays, masked: bool) -> tuple[float, float]:
        """The derivative along a direction, and how exact it is.

        A complex step where every function is analytic, else a difference of two values.
        """
        calls = {
            node.function
            for line in self.layer.cell.lines
            for node in walk(line.expression)
            if isinstance(node, Call)
        }
        if calls <= ANALYTIC:
            moved = {name: value + 1e-30j * along[name] for name, value in self.at.items()}
            return float(self(moved, masked).imag / 1e-30), 1e-13
        step = 1e-5
        ends = [
            self({name: value + side * along[name] for name, value in self.at.items()}, masked)
            for side in (step, -step)
        ]
        return float((ends[0] - ends[1]) / (2 * step)), 1e-7


def assert_slopes_agree(cell: li.Cell, masked: bool) -> None:
    layer = of_size(cell)
    loss = Loss(layer, seed=3)
    for block in cell.blocks:
        if block.structure:  # Its zeros are not parameters.
            loss.at[block.name] = loss.at[block.name] * allowed(block, layer.sizes)
    found = loss.gradients(masked)
    for draw in range(3):
        rng = np.random.default_rng(draw)
        along = {name: rng.normal(size=np.shape(each)) for name, each in loss.at.items()}
        for block in cell.blocks:
            if block.structure:
                along[block.name] = along[block.name] * allowed(block, layer.sizes)
        slope, exact = loss.slope(along, masked)
        mine = sum(float((along[name] * found[name]).sum()) for name in along)
        assert mine == pytest.approx(slope, rel=exact, abs=exact)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("name", li.cells.names())
def test_the_gradients_of_a_cell_are_its_slopes(name: str, masked: bool) -> None:
    assert_slopes_agree(li.cells.get(name), masked)


@pytest.mark.parametrize("name", TEXTS)
def test_every_function_of_the_language_has_its_derivative(name: str) -> None:
    assert_slopes_agree(li.Cell(TEXTS[name]), masked=False)


@pytest.mark.parametrize("name", FORMS)
def test_a_value_is_passed_on_however_the_equations_use_it(name: str) -> None:
    assert_slopes_agree(li.Cell(FORMS[name]), masked=True)


def test_a_window_cuts_the_gradient_between_its_steps() -> None:
    layer = li.Layer("rnn", units=2, features=1, return_sequences=True)
    weights = li.random_weights(layer, seed=1)
    x = np.random.default_rng(2).normal(size=(1, 6, 1))
    weight = np.zeros((1, 6, 2))
    weight[0, 5] = 1
    cut = li.gradients(layer, weights, x, weight, window=2).inputs["x"][0, :, 0]
    whole = li.gradients(layer, weights, x, weight).inputs["x"][0, :, 0]
    assert np.array_equal(cut[:4], np.zeros(4))
    assert np.all(whole[:4] != 0)
    assert np.allclose(cut[4:], whole[4:])


def test_of_two_biases_that_are_added_each_has_the_gradient() -> None:
    layer = li.Layer("lstm", units=3, features=2)
    weights = li.random_weights(layer, seed=1, convention="pytorch")
    found = li.gradients(layer, weights, np.ones((1, 2, 2)), convention="pytorch").weights
    assert np.array_equal(found["bias_ih_l0"], found["bias_hh_l0"])
    assert np.all(found["bias_ih_l0"] != 0)
