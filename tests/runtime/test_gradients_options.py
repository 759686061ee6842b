"""Gradients beside differences of two calls of `run`: every option, every convention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lstminspect as li
from lstminspect.activations import ACTIVATIONS
from lstminspect.conventions import EVERY, get
from lstminspect.errors import InputError, OptionError, SizeError

STEPS, BATCH = 5, 3
MASK = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 1]], bool)
LENGTHS = np.array([5, 0, 2])

#: Options of the layer, then of the call.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "last output": ({}, {}),
    "time_major": ({"return_sequences": True}, {"time_major": True}),
    "a layer with the time first": (
        {"return_sequences": True, "batch_first": False, "framework": "pytorch"},
        {"mask": MASK.T},
    ),
    "time_major, last output": ({}, {"time_major": True}),
    "unbatched": ({"return_sequences": True, "bidirectional": True}, {"unbatched": True}),
    "unbatched with a mask": ({}, {"unbatched": True, "mask": MASK[0]}),
    "go_backwards": ({"return_sequences": True, "go_backwards": True}, {}),
    "keep_order": ({"return_sequences": True, "go_backwards": True}, {"keep_order": True}),
    "keep_order with lengths": (
        {"return_sequences": True, "go_backwards": True},
        {"keep_order": True, "lengths": LENGTHS},
    ),
    "stateful": ({"stateful": True, "batch": BATCH, "return_sequences": True}, {}),
    "lengths, the initial state": ({}, {"lengths": LENGTHS}),
    "lengths, zeros": ({}, {"lengths": LENGTHS, "empty_state": "zeros"}),
    "mask, zeros": ({}, {"mask": MASK, "empty_state": "zeros"}),
    "masked_output zeros": ({"return_sequences": True}, {"mask": MASK, "masked_output": "zeros"}),
    "masked_output repeat": (
        {"return_sequences": True, "bidirectional": True},
        {"mask": MASK, "masked_output": "repeat"},
    ),
    "directions apart": (
        {"return_sequences": True, "bidirectional": True, "merge_mode": None},
        {"mask": MASK},
    ),
    "directions apart, last outputs": ({"bidirectional": True, "merge_mode": None}, {}),
    **{
        f"merged by {mode}": ({"bidirectional": True, "merge_mode": mode}, {"mask": MASK})
        for mode in ("concat", "sum", "mul", "ave")
    },
    "a stack, merged by mul": (
        {"layers": 2, "bidirectional": True, "merge_mode": "mul", "return_sequences": True},
        {},
    ),
    "a stack": ({"layers": 3}, {"lengths": LENGTHS}),
    "activations": ({"activation": "softsign", "recurrent_activation": "hard_sigmoid"}, {}),
    "relu": ({"activation": "relu", "return_sequences": True}, {}),
    "clip": ({"clip": 0.3, "return_sequences": True, "framework": "onnx"}, {}),
}


#: Every activation, with numbers where it needs them; the three that take no negative number aside.
NUMBERS = {"clip": "clip(-0.4, 0.5)", "power": "power(3)", "threshold": "threshold(0.1, 0.2)"}
WITH_NUMBERS = [
    NUMBERS.get(each, each) for each in ACTIVATIONS if each not in ("log", "sqrt", "log1p")
]


class Call:
    """A call of `run` with a loss over its outputs and last states, and everything in it moved."""

    def __init__(self, layer: li.Layer, convention: Any = None, **options: Any) -> None:
        self.layer, self.convention, self.options = layer, convention, options
        self.rng = np.random.default_rng(4)
        weights = li.random_weights(layer, seed=2, convention=convention, dtype=np.float64)
        self.batch = () if options.get("unbatched") else (BATCH,)
        self.at = {f"weight {name}": each for name, each in weights.items()}
        self.at |= {f"input {name}": self.draw(*self.axes, size) for name, size in self.inputs()}
        for name, shape in layer.state_shapes.items():
            self.at[f"state {name}"] = self.draw(*self.batch, shape[-1])
        returned = self.returned(self.at)
        self.loss = [self.draw(*each.shape) for each in returned]

    @property
    def axes(self) -> tuple[int, ...]:
        major = self.options.get("time_major") or self.layer.batch_first is False
        return (STEPS, *self.batch) if major else (*self.batch, STEPS)

    def inputs(self) -> Iterator[tuple[str, int]]:
        yield "x", self.layer.features
        for each in self.layer.cell.declared.values():
            if each.kind == "input":
                yield each.name, self.layer.sizes[str(each.size)]

    def draw(self, *shape: int) -> Any:
        return self.rng.normal(size=shape) * 0.6

    def parts(self, at: dict[str, Any], what: str) -> dict[str, Any]:
        first = f"{what} "
        return {name[len(first) :]: each for name, each in at.items() if name.startswith(first)}

    def returned(self, at: dict[str, Any]) -> tuple[Any, ...]:
        states = list(self.parts(at, "state").values()) or None
        found = li.run(
            self.layer,
            self.parts(at, "weight"),
            self.parts(at, "input"),
            states,
            convention=self.convention,
            **self.options,
        )
        return found if isinstance(found, tuple) else (found,)

    def slope(self, along: dict[str, Any]) -> float:
        step, total = 1e-6, 0.0
        for side in (step, -step):
            moved = {name: each + side * along[name] for name, each in self.at.items()}
            values = self.returned(moved)
            total += sum((a * b).sum() for a, b in zip(values, self.loss, strict=True)) / side
        return total / 2

    def gradients(self) -> dict[str, Any]:
        outputs = len(self.loss) - len(self.layer.state_shapes)
        given = self.loss[:outputs]
        found = li.gradients(
            self.layer,
            self.parts(self.at, "weight"),
            self.parts(self.at, "input"),
            given if outputs > 1 else given[0],
            self.loss[outputs:] or None,
            list(self.parts(self.at, "state").values()) or None,
            convention=self.convention,
            **self.options,
        )
        every = {"weight": found.weights, "input": found.inputs, "state": found.initial_state}
        return {f"{word} {name}": a for word, held in every.items() for name, a in held.items()}

    def assert_slopes_agree(self) -> None:
        found = self.gradients()
        assert {name: each.shape for name, each in found.items()} == {
            name: np.shape(each) for name, each in self.at.items()
        }
        for word in ("weight", "input", "state"):
            # What must be zero stays so.
            along = {
                name: self.rng.normal(size=np.shape(each)) * name.startswith(word) * (each != 0)
                for name, each in self.at.items()
            }
            mine = sum(float((along[name] * found[name]).sum()) for name in along)
            assert mine == pytest.approx(self.slope(along), rel=1e-6, abs=1e-7), word


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_the_slopes_of_run_with_every_option(case: str, cell: str) -> None:
    options, call = CASES[case]
    if cell == "gru" and "clip" in options:
        options = options | {"clip": 0.2}
    Call(
        li.Layer(cell, units=4, features=3, return_state=True, **options), **call
    ).assert_slopes_agree()


@pytest.mark.parametrize("activation", WITH_NUMBERS)
def test_gradients_are_slopes_with_every_activation(activation: str) -> None:
    options = {"activation": activation, "output_activation": "tanh"}
    Call(li.Layer("lstm", 4, 3, layers=2, return_state=True, **options)).assert_slopes_agree()


def test_gradients_by_further_inputs_are_slopes_too() -> None:
    cell = li.Cell("y: input(n)\nh = tanh(W_h @ x + V_h @ y + U_h @ h)")
    layer = li.Layer(cell, units=4, features=3, n=2, return_state=True, go_backwards=True)
    Call(layer, mask=MASK).assert_slopes_agree()


def test_gradients_of_a_stateful_runner_start_where_it_stands_and_leave_it_there() -> None:
    layer = li.Layer("lstm", units=4, features=3, stateful=True, batch=BATCH)
    weights = li.random_weights(layer, seed=2, dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(BATCH, STEPS, 3))
    runner = li.Runner(layer, weights)
    runner(x)
    kept = [{name: each.copy() for name, each in held.items()} for held in runner.kept or ()]
    found = runner.gradients(x).weights["kernel"]
    wanted = li.gradients(layer, weights, x, initial_state=kept[0]).weights["kernel"]
    assert np.array_equal(found, wanted)
    assert np.array_equal(runner.gradients(x).weights["kernel"], wanted)


@pytest.mark.parametrize("cell", ["lstm", "gru", "peephole", "sru"])
def test_gradients_in_float32_are_those_in_float64_rounded(cell: str) -> None:
    layer = li.Layer(cell, units=4, features=4, return_sequences=True)
    weights = li.random_weights(layer, seed=2, dtype=np.float64, convention="equations")
    x = np.random.default_rng(1).normal(size=(BATCH, STEPS, 4))
    exact = li.gradients(layer, weights, x, convention="equations").weights
    short = li.gradients(layer, weights, x, convention="equations", dtype="float32").weights
    for name, each in short.items():
        assert each.dtype == np.float32
        np.testing.assert_allclose(each, exact[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
def test_the_gradients_of_windows_are_the_sum_over_windows_that_start_where_the_last_ended(
    masked: bool,
) -> None:
    layer = li.Layer("lstm", 4, 3, layers=2, return_sequences=True, return_state=True)
    weights = li.random_weights(layer, seed=2, dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(BATCH, STEPS, 3))
    mask = MASK | (np.arange(STEPS) == 0) if masked else None
    whole = li.gradients(layer, weights, x, mask=mask, window=2).weights
    states, sums = None, dict.fromkeys(whole, 0.0)
    for start in range(0, STEPS, 2):
        here = slice(start, start + 2)
        call: dict[str, Any] = {"initial_state": states}
        if mask is not None:
            call["mask"] = mask[:, here]
        part = li.gradients(layer, weights, x[:, here], **call).weights
        sums = {name: sums[name] + part[name] for name in sums}
        _, *states = li.run(layer, weights, x[:, here], **call)
    for name, each in whole.items():
        np.testing.assert_allclose(each, sums[name], rtol=1e-9, atol=1e-12)


#: Every convention with cells that it stores.
STORED = [
    (convention, cell)
    for convention in EVERY
    for cell in dict.fromkeys(["lstm", "gru", "rnn", *li.cells.names()[::9]])
    if not get(convention).why_unsupported(li.cells.get(cell))
]


def small(cell: str, **options: Any) -> li.Layer:
    own = dict.fromkeys(li.cells.get(cell).own_sizes, 2)
    try:
        return li.Layer(cell, units=4, features=3, return_state=True, **own, **options)
    except SizeError:  # Its input is added to its state.
        return li.Layer(cell, units=4, features=4, return_state=True, **own, **options)


@pytest.mark.parametrize(("convention", "cell"), STORED)
def test_weights_gradients_are_slopes_in_every_convention(convention: str, cell: str) -> None:
    Call(small(cell), convention=convention).assert_slopes_agree()


# What does not fit

LAYER = li.Layer("lstm", units=3, features=2, return_sequences=True)
WEIGHTS = li.random_weights(LAYER, seed=1)
X = np.ones((2, 4, 2))
STATE = np.ones((2, 3))
TWO = li.Layer("lstm", units=3, features=2, bidirectional=True, merge_mode=None)

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another shape": (
        {"output_gradient": np.ones((4, 2, 3))},
        r"output_gradient must be a number or of the output's shape \(2, 4, 3\), got \(4, 2, 3\)",
    ),
    "text": ({"output_gradient": "a"}, "output_gradient must hold real numbers, got"),
    "complex": ({"output_gradient": 1j}, "output_gradient must hold real numbers, got complex128"),
    "ragged": ({"output_gradient": [[1], [1, 2]]}, "output_gradient is not an array of numbers"),
    "one state": (
        {"state_gradient": {"h": STATE}},
        "state_gradient must hold 2 arrays: h, c; got 1",
    ),
    "a state of another shape": (
        {"state_gradient": [STATE, STATE[:1]]},
        r"state_gradient c must be of shape \(2, 3\), got \(1, 3\)",
    ),
    "a number for states": ({"state_gradient": 1}, "state_gradient must hold an array for each"),
    "text for a state": ({"state_gradient": ["a", STATE]}, "state_gradient h must hold real"),
    "window 0": ({"window": 0}, "window must be a whole number from 1, got 0"),
    "half a window": ({"window": 1.5}, "window must be a whole number from 1, got 1.5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_gradient_that_does_not_fit_is_refused_by_its_name(case: str) -> None:
    options, message = REFUSED[case]
    with pytest.raises((InputError, OptionError), match=message):
        li.gradients(LAYER, WEIGHTS, X, **options)


def test_two_directions_apart_take_two_gradients() -> None:
    weights = li.random_weights(TWO, seed=1)
    with pytest.raises(InputError, match="an array for each of the two directions, got 3"):
        li.gradients(TWO, weights, X, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("shape", [(0, 4, 2), (2, 0, 2)])
def test_without_a_sequence_or_a_step_the_gradients_of_the_weights_are_zeros(shape: Any) -> None:
    found = li.gradients(LAYER, WEIGHTS, np.ones(shape, np.float32))
    assert found.inputs["x"].shape == shape
    assert not any(each.any() for each in found.weights.values())
