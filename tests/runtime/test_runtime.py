"""The runtime: the compiled step against the plain interpreter, and a layer in time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
from sizes import fitting

from lstminspect import Cell, Layer, OptionError, cells, convert
from lstminspect.activations import ACTIVATIONS
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.errors import InputError, NotFiniteWarning, WeightError
from lstminspect.runtime import interpreter
from lstminspect.runtime.codegen import compiled, numpy_source
from lstminspect.runtime.run import run
from lstminspect.runtime.runner import Runner
from lstminspect.weights.initial import random_weights
from lstminspect.weights.pack import blocks_of, tensors_of
from lstminspect.weights.structured import allowed

Array = Any


def drawn(cell: Cell, sizes: dict[str, Any], batch: int, steps: int, seed: int) -> tuple[Any, ...]:
    """Random blocks, inputs and states of `cell`, all values distinct."""
    chance = numpy.random.default_rng(seed)
    blocks = {}
    for block in cell.blocks:
        value = chance.normal(size=tuple(sizes[name] for name in block.shape)) / 2
        blocks[block.name] = value * allowed(block, sizes) if block.structure else value
    widths = {"x": sizes["features"]}
    widths |= {
        each.name: sizes[each.size] for each in cell.declared.values() if each.kind == "input"
    }
    inputs = {name: chance.normal(size=(batch, steps, width)) for name, width in widths.items()}
    states = {name: chance.normal(size=(batch, sizes[size])) for name, size in cell.states.items()}
    return blocks, inputs, states


def interpreted(
    cell: Cell, blocks: Any, inputs: Any, states: Any
) -> tuple[Array, dict[str, Array]]:
    outputs = []
    for t in range(inputs["x"].shape[1]):
        now = {name: value[:, t] for name, value in inputs.items()}
        lines = interpreter.step(cell, blocks, now, states)
        states = {name: lines[name] for name in states}
        outputs.append(
            numpy.broadcast_to(lines["h"], outputs[0].shape if outputs else lines["h"].shape)
        )
    return numpy.stack(outputs, axis=1), states


def assert_compiled(cell: Cell, batch: int = 3, steps: int = 7) -> None:
    sizes = fitting(cell, 12, 5)
    blocks, inputs, states = drawn(cell, sizes, batch, steps, seed=len(cell.text))
    expected, ends = interpreted(cell, blocks, inputs, states)
    code = compiled(cell)
    found = numpy.empty(expected.shape)
    columns = tuple(state.T.copy() for state in states.values())
    prepared = code.prepare(blocks, numpy.float64)
    last, after = code.run(prepared, tuple(inputs.values()), columns, None, found)
    numpy.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
    numpy.testing.assert_array_equal(last.T, found[:, -1])
    for name, end in zip(states, after, strict=True):
        numpy.testing.assert_allclose(end.T, ends[name], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("batch", [1, 3, 33])
@pytest.mark.parametrize("name", cells.names())
def test_the_compiled_step_is_the_interpreted_one(name: str, batch: int) -> None:
    with numpy.errstate(over="ignore", invalid="ignore"):
        assert_compiled(cells.get(name), batch)


@pytest.mark.parametrize("name", cells.names())
def test_without_bias_it_is_too(name: str) -> None:
    with numpy.errstate(over="ignore", invalid="ignore"):
        assert_compiled(cells.get(name).without_bias())


@pytest.mark.parametrize("activation", sorted({*ACTIVATIONS} - {"log", "sqrt", "log1p"}))
def test_with_every_activation_it_is_too(activation: str) -> None:
    numbers = FUNCTIONS[activation].numbers
    text = f"{activation}(0.3, 0.7)" if numbers == (None, None) else activation
    text = f"{activation}(3)" if numbers == (None,) else text
    layer = Layer("peephole", 5, 4, activation=text, recurrent_activation=text)
    with numpy.errstate(over="ignore", invalid="ignore"):
        assert_compiled(layer.running_cell, steps=3)


ODD = {
    "a product of products": "h = tanh(U_h @ (W_h @ x + V_h @ (R_h @ h)))",
    "two operands in one sum": "h = tanh(W_h @ x + U_h @ h + V_h @ tanh(h) - R_h @ relu(x))",
    "signs": "h = tanh(-(W_h @ x) - U_h @ h - b_h - (h - 2 * w_h))",
    "one sum twice": "a = tanh(W_a @ x + U_a @ h) * sigmoid(W_a @ x + U_a @ h)\nh = a",
    "a state that another line keeps": "a = c\nc = tanh(W_c @ x) + c / 2\nh = a - c",
    "a line that is a state": "b = h\nh = sigmoid(W_h @ x) * b",
    "no input": "h = tanh(U_h @ h + b_h)",
    "no parameter": "h = h / 2 + 1",
    "names that the module has": (
        "z0 = sigmoid(W_z0 @ x + U_z0 @ h)\nnp = tanh(W_np @ x)\nt = z0 * np\n"
        "k0 = t + 1\nbatch = k0 * t\nn = batch\nh = n - h"
    ),
    "more names that the module has": (
        "x_in = sigmoid(W_x_in @ x + U_x_in @ h)\nlen = tanh(W_len @ x) * x_in\nzip = len - c\n"
        "h_next = zip + 1\nc = tanh(U_c @ h_next) + c / 2\nz0_h = c - h\nall_units = z0_h * 2\n"
        "c_kept = all_units\nmost = sigmoid(W_most @ x + U_most @ c_kept)\nh = most - x_in"
    ),
    "a transposed matrix": "h = tanh(W_h @ x - transpose(U_h) @ (U_h @ h))",
    "a matrix of the bias": "h = tanh(W_h @ x + U_h @ b_h + U_h @ h)",
    "a norm over time": "a = norm(W_a @ x)\nh = a + norm(U_h @ h, a)",
    "a learned number": "a: scalar\nh = sigmoid(a) * tanh(W_h @ x + a + U_h @ h)",
    "a projection of the input": "v: wide = tanh(W_v @ x)\nh = tanh(W_h @ v + U_h @ h + b_h)",
    "a second input": "y: input(units)\nh = tanh(W_h @ x + V_h @ y + y + U_h @ h + b_h)",
    "sigmoid of everything": (
        "p = 1\nh = sigmoid(W_h @ x + U_h @ h + w_h * c - h * 2 + b_h)\nc = h * p"
    ),
    "the larger and the smaller": (
        "a = max(W_a @ x, 0, U_a @ h, b_a)\nh = min(a, 1) - max(h, -1) + min(b_h, d_h) * max(2, 3)"
    ),
    "powers": "a = (W_a @ x) ** 2\nh = clip(U_h @ h, -1, 1) ** 3 + a ** 2 - b_h ** 2 * 2 ** -1",
    "numbers alone": "p = 3 * -2 / 4\nh = tanh(p * h + (2 - 3) / 4 - abs(-2) * step(1) * erf(1))",
    "parameters beside a vector": "h = norm(W_h @ x, b_h) + norm(b_h, h) - norm(b_h)",
    "constants under a sigmoid": "a = exp(b_h)\nh = sigmoid(U_h @ h + a - 1)",
}


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("name", ODD)
def test_odd_equations_compile_to_what_they_say(name: str, batch: int) -> None:
    assert_compiled(Cell(ODD[name]), batch)


@pytest.mark.parametrize("name", ["lstm", "gru", "projected", "antisymmetric_rnn"])
def test_every_matrix_is_prepared_row_by_row(name: str) -> None:
    cell = cells.get(name)
    blocks, _, _ = drawn(cell, fitting(cell), 1, 1, 0)
    for order in ("C", "F"):
        held = {key: numpy.array(value, order=order) for key, value in blocks.items()}
        prepared = compiled(cell).prepare(held, numpy.float32)
        assert all(each.flags["C_CONTIGUOUS"] for each in prepared)


def test_many_steps_are_worked_out_in_several_parts() -> None:
    assert_compiled(cells.get("lstm"), batch=200, steps=9)
    assert_compiled(cells.get("min_lstm"), batch=600, steps=4)


@pytest.mark.parametrize("name", ["lstm", "gru", "peephole", "slstm", "sru"])
def test_a_module_stands_alone_and_gives_the_same(name: str, tmp_path: Path) -> None:
    cell = cells.get(name)
    sizes = fitting(cell)
    blocks, inputs, states = drawn(cell, sizes, 3, 4, 0)
    expected, _ = interpreted(cell, blocks, inputs, states)
    (tmp_path / "cell.py").write_text(numpy_source(cell))
    numpy.savez(tmp_path / "blocks.npz", **blocks)
    numpy.savez(tmp_path / "inputs.npz", **inputs)
    numpy.savez(tmp_path / "states.npz", **states)
    code = (
        "import sys, numpy as np, cell\n"
        "load = lambda name: dict(np.load(f'{name}.npz'))\n"
        "inputs = tuple(load('inputs').values())\n"
        "out = np.empty(np.load('expected.npy').shape)\n"
        "states = tuple(state.T.copy() for state in load('states').values())\n"
        "cell.run(cell.prepare(load('blocks'), np.float64), inputs, states, None, out)\n"
        "assert not [name for name in sys.modules if name.startswith('lstminspect')]\n"
        "np.testing.assert_allclose(out, np.load('expected.npy'), rtol=1e-10, atol=1e-12)\n"
    )
    numpy.save(tmp_path / "expected.npy", expected)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", cells.names())
def test_a_module_imports_numpy_alone_and_is_no_wider_than_it_must(name: str) -> None:
    tree = ast.parse(numpy_source(cells.get(name)))
    imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == ["import numpy as np"]


def test_nothing_of_a_text_reaches_the_module_but_its_tree() -> None:
    cell = Cell(
        "# import os\nh = tanh(W_h @ x + 1e-3 * h)", name='x"""\nimport os', title='"""; import os'
    )
    tree = ast.parse(numpy_source(cell))
    found = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import)}
    assert found == {"import numpy as np"}
    assert compiled(cell)


# A layer in time, against the same thing done by hand, step by step.


def by_hand(layer: Layer, blocks: Any, x: Array) -> Array:
    states = {n: numpy.zeros((len(x), layer.sizes[s])) for n, s in layer.cell.states.items()}
    return interpreted(layer.running_cell, blocks, {"x": x}, states)[0]


def test_directions_and_merges_by_hand() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(3, 6, 4))
    for mode in ("concat", "sum", "mul", "ave", None):
        layer = Layer("gru", 5, 4, bidirectional=True, merge_mode=mode, return_sequences=True)
        weights = random_weights(layer, "keras", 1, numpy.float64)
        forward, backward = blocks_of(layer, weights, "keras")
        one, two = by_hand(layer, forward, x), by_hand(layer, backward, x[:, ::-1])[:, ::-1]
        expected = {
            "concat": numpy.concatenate([one, two], axis=-1),
            "sum": one + two,
            "mul": one * two,
            "ave": (one + two) / 2,
        }
        found = run(layer, weights, x)
        if mode is None:
            numpy.testing.assert_allclose(found[0], one, atol=1e-12)
            numpy.testing.assert_allclose(found[1], two, atol=1e-12)
        else:
            numpy.testing.assert_allclose(found, expected[mode], atol=1e-12)


def test_lengths_end_a_sequence_where_it_ends() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(4, 6, 3))
    lengths = [2, 6, 0, 3]
    layer = Layer("lstm", 5, 3, bidirectional=True, return_sequences=True, return_state=True)
    weights = random_weights(layer, "keras", 1, numpy.float64)
    sequence, h, *_ = run(layer, weights, x, lengths=lengths)
    alone = Layer("lstm", 5, 3, bidirectional=True, return_sequences=True, return_state=True)
    for number, length in enumerate(lengths):
        assert not sequence[number, length:].any()
        if length:
            one, state, *_ = run(alone, weights, x[number : number + 1, :length])
            numpy.testing.assert_allclose(sequence[number, :length], one[0], atol=1e-12)
            numpy.testing.assert_allclose(h[number], state[0], atol=1e-12)


def test_a_masked_step_repeats_the_output_or_is_zero_and_keeps_the_state() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(1, 5, 3))
    mask = numpy.array([[False, True, False, True, False]])
    layer = Layer("lstm", 4, 3, return_sequences=True, return_state=True)
    weights = random_weights(layer, "keras", 1, numpy.float64)
    start = [chance.normal(size=(1, 4)), chance.normal(size=(1, 4))]
    kept, *_ = run(layer, weights, x[:, [1, 3]], start)
    repeated, h, _ = run(layer, weights, x, start, mask=mask)
    assert not repeated[0, 0].any()
    numpy.testing.assert_allclose(repeated[0, 1:], kept[0, [0, 0, 1, 1]], atol=1e-12)
    numpy.testing.assert_allclose(h, kept[:, 1], atol=1e-12)
    zeroed, *_ = run(layer, weights, x, start, mask=mask, masked_output="zeros")
    assert not zeroed[~mask].any()
    numpy.testing.assert_allclose(zeroed[mask], kept[0], atol=1e-12)


def test_time_major_unbatched_and_empty_inputs() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(2, 5, 3))
    layer = Layer("gru", 4, 3, return_sequences=True, return_state=True)
    weights = random_weights(layer, "keras", 1, numpy.float64)
    sequence, h = run(layer, weights, x)
    turned, last = run(layer, weights, x.swapaxes(0, 1), time_major=True)
    numpy.testing.assert_array_equal(turned, sequence.swapaxes(0, 1))
    numpy.testing.assert_array_equal(last, h)
    single, state = run(layer, weights, x[0], unbatched=True)
    numpy.testing.assert_allclose(single, sequence[0], atol=1e-12)
    assert state.shape == (4,)
    nobody, states = run(layer, weights, x[:0])
    assert (nobody.shape, states.shape) == ((0, 5, 4), (0, 4))
    empty, start = run(layer, weights, x[:, :0], [h])
    assert empty.shape == (2, 0, 4)
    numpy.testing.assert_array_equal(start, h)


def test_a_stateful_layer_goes_on_where_it_stopped() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(2, 6, 3))
    layer = Layer("lstm", 4, 3, batch=2, stateful=True, layers=2)
    weights = random_weights(layer, "keras", 1, numpy.float64)
    whole = run(Layer("lstm", 4, 3, layers=2), weights, x)
    runner = Runner(layer, weights)
    first = runner(x[:, :2])
    numpy.testing.assert_allclose(runner(x[:, 2:]), whole, atol=1e-12)
    runner.reset()
    numpy.testing.assert_array_equal(runner(x[:, :2]), first)


def test_initial_states_are_an_array_a_sequence_or_a_mapping() -> None:
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(2, 3, 3))
    h, c = chance.normal(size=(2, 2, 4))
    rnn, lstm = Layer("rnn", 4, 3), Layer("lstm", 4, 3)
    one, two = random_weights(rnn, seed=1), random_weights(lstm, seed=1)
    same = numpy.testing.assert_array_equal
    same(run(rnn, one, x, h), run(rnn, one, x, [h]))
    same(run(rnn, one, x, {"h": h}), run(rnn, one, x, [h]))
    same(run(lstm, two, x, {"c": c, "h": h}), run(lstm, two, x, [h, c]))
    same(run(lstm, two, x, numpy.stack([h, c])), run(lstm, two, x, [h, c]))
    assert numpy.abs(run(lstm, two, x, [h, c]) - run(lstm, two, x, [c, h])).max() > 0.01
    with pytest.raises(InputError, match="initial_state must hold 2 arrays: h, c; got 1"):
        run(lstm, two, x, {"c": c})


def test_float32_stays_float32() -> None:
    layer = Layer("lstm", 4, 3)
    x = numpy.ones((2, 5, 3))
    weights = random_weights(layer, "keras")
    assert run(layer, weights, x).dtype == numpy.float32
    assert run(layer, weights, x, dtype="float64").dtype == numpy.float64
    with pytest.raises(OptionError, match="dtype must be float32 or float64, got float16"):
        run(layer, weights, x, dtype="float16")


def test_nan_passes_through_and_is_told() -> None:
    layer = Layer("lstm", 4, 3)
    weights = random_weights(layer, "keras")
    weights["bias"][3] = numpy.nan
    with pytest.warns(NotFiniteWarning, match="bias holds 1 values that are NaN or infinite"):
        found = run(layer, weights, numpy.ones((1, 2, 3)))
    assert numpy.isnan(found).any()
    x = numpy.full((1, 2, 3), numpy.inf)
    with pytest.warns(NotFiniteWarning, match="x holds 6 values"), numpy.errstate(invalid="ignore"):
        run(layer, random_weights(layer, "keras"), x)


LSTM = Layer("lstm", 4, 3)
GOOD = random_weights(LSTM, "keras")
X = numpy.ones((2, 5, 3))

WRONG_WEIGHTS = {
    r"kernel must be of \(3, 16\), got \(16, 3\)\. It is transposed": ("kernel", (16, 3)),
    r"kernel .* got \(3, 12\)\. 3 gates of 4, as a GRU has them, where lstm has 4": (
        "kernel",
        (3, 12),
    ),
    r"kernel .* got \(5, 16\)\. That is a layer of 5 features": ("kernel", (5, 16)),
    r"kernel .* got \(3, 20\)\. That is a layer of 5 units": ("kernel", (3, 20)),
    r"bias must be of \(16,\), got \(32,\)\. Two biases per gate": ("bias", (32,)),
    r"bias must be of \(16,\), got \(2, 16\)\. Two rows": ("bias", (2, 16)),
}


@pytest.mark.parametrize("message", WRONG_WEIGHTS)
def test_a_weight_of_the_wrong_shape_is_told_with_its_likely_cause(message: str) -> None:
    name, shape = WRONG_WEIGHTS[message]
    with pytest.raises(WeightError, match=message):
        run(LSTM, GOOD | {name: numpy.ones(shape)}, X)


def test_other_weights_that_do_not_fit() -> None:
    with pytest.raises(WeightError, match=r"the weight 'bias' is missing: Keras has it of \(16,\)"):
        run(LSTM, {name: GOOD[name] for name in ("kernel", "recurrent_kernel")}, X)
    with pytest.raises(WeightError, match=r"no weight 'kernle'.*Did you mean 'kernel'"):
        run(LSTM, {**GOOD, "kernle": GOOD["kernel"]}, X)
    with pytest.raises(WeightError, match="2 weights were given, and the layer has 3: kernel"):
        run(LSTM, list(GOOD.values())[:2], X)
    gru = Layer("gru", 4, 3)
    with pytest.raises(WeightError, match=r"bias .* got \(12,\)"):
        run(gru, random_weights(gru, "keras") | {"bias": numpy.ones(12)}, X)
    with pytest.raises(WeightError, match="kernel must hold real numbers, got complex128"):
        run(LSTM, GOOD | {"kernel": GOOD["kernel"].astype(complex)}, X)
    with pytest.raises(OptionError, match="weights need numbers"):
        run(Layer("lstm", "u", 3), GOOD, X)


WRONG_CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    r"got shape \(5, 3\)\. For one sequence, x\[None\]": (X[0], {}),
    r"got shape \(2, 5\)\. For one feature a step": (X[:, :, 0], {}),
    r"got shape \(5,\)\. For one sequence of one feature, x\.reshape": (X[0, :, 0], {}),
    r"x must have 3 entries a step, got 4 in shape": (numpy.ones((2, 5, 4)), {}),
    r"last two axes are exchanged": (numpy.ones((2, 3, 5)), {}),
    r"mask must be \(batch, timesteps\) = \(2, 5\), got \(2, 4\)": (X, {"mask": [[True] * 4] * 2}),
    r"mask must hold True and False": (X, {"mask": numpy.ones((2, 5))}),
    r"lengths must be from 0 to 5 time steps, got 6": (X, {"lengths": [1, 6]}),
    r"lengths must be one for each of 2": (X, {"lengths": [1, 2, 3]}),
    r"lengths must be whole numbers": (X, {"lengths": [1.5, 2]}),
    r"state h must be of shape \(2, 4\)": (X, {"initial_state": [numpy.ones((3, 4))] * 2}),
    r"initial_state must hold 2 arrays: h, c; got 1": (X, {"initial_state": [numpy.ones((2, 4))]}),
    r"no state is called 'q'": (X, {"initial_state": {"q": 1}}),
    r"x must hold real numbers": (numpy.array([[["a"] * 3]]), {}),
    r"mask and lengths say the same": (X, {"lengths": [1, 1], "mask": [[True] * 5] * 2}),
    r"masked_output must be 'repeat' or 'zeros', got 'no'": (X, {"masked_output": "no"}),
    r"empty_state must be": (X, {"empty_state": "no"}),
    r"there is no option and no input 'masks'": (X, {"masks": 1}),
    r"unbatched input has no batch": (X, {"time_major": True, "unbatched": True}),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG_CALLS)
def test_an_input_that_does_not_fit_gets_one_sentence(message: str) -> None:
    x, options = WRONG_CALLS[message]
    with pytest.raises((InputError, OptionError), match=message) as caught:
        run(LSTM, GOOD, x, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("weights", [None, 5, "abc", {"kernel": [[1, 2], [3]]}, []])
def test_what_are_no_weights_gets_one_sentence(weights: Any) -> None:
    with pytest.raises(WeightError) as caught:
        run(LSTM, weights, X)
    assert "\n" not in str(caught.value)
    with pytest.raises(WeightError):
        convert(weights, "keras", "pytorch")


@pytest.mark.parametrize("thing", [5, "abc", [[1, 2], [3]], [numpy.ones((2, 4), complex)] * 2])
def test_what_is_no_state_or_input_gets_one_sentence(thing: Any) -> None:
    with pytest.raises(InputError) as caught:
        run(LSTM, GOOD, X, thing)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        run(LSTM, GOOD, thing)


def test_a_call_changes_nothing_it_was_given_or_gave_before() -> None:
    layer = Layer("lstm", 4, 3, bidirectional=True, return_sequences=True, return_state=True)
    weights = random_weights(layer, "keras")
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(2, 5, 3)).astype("float32")
    start = [chance.normal(size=(2, 4)).astype("float32") for _ in layer.state_shapes]
    kept = [array.copy() for array in (x, *start, *weights.values())]
    runner = Runner(layer, weights)
    first = runner(x, start, lengths=[2, 5])
    copies = [array.copy() for array in first]
    runner(2 * x, start)
    for before, after in zip(kept, (x, *start, *weights.values()), strict=True):
        numpy.testing.assert_array_equal(after, before)
    for before, after in zip(copies, first, strict=True):
        numpy.testing.assert_array_equal(after, before)


def test_a_second_input_is_asked_for_and_checked() -> None:
    layer = Layer("depth_gated", 4, 3)
    weights = random_weights(layer)
    with pytest.raises(InputError, match=r"depth_gated has a second input, l\. Give l=array"):
        run(layer, weights, X)
    with pytest.raises(InputError, match=r"l must be of \(batch, timesteps\) \(2, 5\)"):
        run(layer, weights, X, l=numpy.ones((2, 4, 4)))
    assert run(layer, weights, X, l=numpy.ones((2, 5, 4))).shape == (2, 4)


def test_clockwork_groups_move_on_their_own_clocks() -> None:
    layer = Layer("clockwork", 6, 3, groups=(2, 4), return_sequences=True)
    weights = random_weights(layer, dtype=numpy.float64)
    steps = numpy.arange(5)
    clock = numpy.repeat(numpy.stack([steps % 1 == 0, steps % 3 == 0], 1), (2, 4), axis=1)
    found = run(layer, weights, X, k=numpy.stack([clock, clock]).astype(float))
    assert (numpy.diff(found[0], axis=0)[:, 2:].any(axis=1) == (steps[1:] % 3 == 0)).all()
    assert numpy.diff(found[0], axis=0)[:, :2].all()
    (blocks,) = blocks_of(layer, weights)
    assert not blocks["U_h"][2:, :2].any()
    assert blocks["U_h"][:2].all()


CONVENTIONS = ["keras", "flax", "pytorch", "onnx", "equations", "cudnn", "tf1", "haiku", "openvino"]


@pytest.mark.parametrize("convention", [*CONVENTIONS, "nnx", "coreml", "equinox", "torchrecurrent"])
@pytest.mark.parametrize("name", cells.names())
def test_blocks_come_back_from_the_tensors_they_are_put_into(name: str, convention: str) -> None:
    cell = cells.get(name)
    layer = Layer(cell, bidirectional=True, merge_mode="sum", **fitting(cell))
    if layer.why_unsupported(convention):
        return
    blocks = blocks_of(layer, random_weights(layer, convention, 3, numpy.float64), convention)
    tensors = tensors_of(layer, blocks, convention)
    assert {n: a.shape for n, a in tensors.items()} == {
        weight.name: weight.shape for weight in layer.weights_in(convention)
    }
    for before, after in zip(blocks, blocks_of(layer, tensors, convention), strict=True):
        for block in before:
            numpy.testing.assert_allclose(after[block], before[block], atol=1e-12)
