"""Generated modules: their text, line by line, so that a slower or wider one is seen at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from lstminspect import Cell, Layer, cells, gradients, numpy_source, random_weights, run, trace
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.structured import compact

GOLDEN = Path(__file__).parent.parent / "golden"

OWN = """\
y: input(n)
a: scalar
U_m: blocks(heads)
e = exp(b_e) * 2
m = tanh(W_m @ x + V_m @ y + U_m @ h + a * b_m)
p = sigmoid(W_p @ x + U_p @ h + w_p * c - 0.5 * m + b_p)
r = sigmoid(P_r @ m + d_r)
s: wide = relu(W_s @ x)
c = clip(p * c + r * norm(m, h, e), -3, 3)
q = tanh(V_q @ s + U_q @ c - p) ** 2
h = max(q, -c, 0) * softmax(transpose(U_q) @ (c - e)) + abs(W_h @ x + U_h @ h)"""


def the_cell(name: str) -> Cell:
    return Cell(OWN, title="Most of the language") if name == "own" else cells.get(name)


@pytest.mark.parametrize(
    "name", ["own", "lstm", "gru", "peephole", "projected", "slstm", "layernorm_lstm", "min_lstm"]
)
def test_a_module_is_as_it_was(name: str, write_golden: bool) -> None:
    path = GOLDEN / f"{name}.module.txt"
    source = numpy_source(the_cell(name))
    if write_golden:
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8")


def test_the_own_module_is_what_its_equations_say() -> None:
    layer = Layer(the_cell("own"), 4, 3, n=2, heads=2, wide=5, return_sequences=True)
    weights = random_weights(layer, seed=1, dtype=numpy.float64)
    chance = numpy.random.default_rng(0)
    x, y = chance.normal(size=(3, 6, 3)), chance.normal(size=(3, 6, 2))
    expected = trace(layer, weights, x, y=y)["h"]
    numpy.testing.assert_allclose(run(layer, weights, x, y=y), expected, rtol=1e-9)


def test_gates_of_one_operand_share_their_product_and_their_functions() -> None:
    source = numpy_source(cells.get("lstm"))
    step = source[source.index("for t in range(steps):") :]
    assert step.count("np.matmul") == 1
    assert step.count("np.tanh") == 2  # Of all four gates, and of the cell state.
    assert source.count("over_time(") == 2  # Where it is defined, and once.


def test_what_depends_on_no_state_is_worked_out_before_the_steps() -> None:
    source = numpy_source(cells.get("min_lstm"))
    step = source[source.index("for t in range(steps):") :]
    assert "np.matmul" not in step


@pytest.mark.parametrize("name", ["own", "lstm", "gru", "layernorm_lstm", "min_lstm", "slstm"])
def test_a_module_with_its_backward_pass_stands_alone_and_gives_the_gradients(
    name: str, tmp_path: Path
) -> None:
    cell = the_cell(name)
    own = dict.fromkeys(cell.own_sizes, 2)
    layer = Layer(cell, units=4, features=3, return_sequences=True, **own)
    weights = random_weights(layer, seed=1, dtype=numpy.float64, convention="equations")
    blocks = blocks_of(layer, weights, "equations", None)[0]
    chance = numpy.random.default_rng(0)
    declared = [each for each in cell.declared.values() if each.kind == "input"]
    inputs = {"x": chance.normal(size=(3, 6, 3))}
    inputs |= {each.name: chance.normal(size=(3, 6, 2)) for each in declared}
    weight = chance.normal(size=(3, 6, layer.sizes[cell.width]))
    source = numpy_source(cell, backward=True)
    (tmp_path / "alone.py").write_text(source, "utf-8")
    numpy.savez(tmp_path / "blocks.npz", **blocks)
    numpy.savez(tmp_path / "inputs.npz", **inputs)
    numpy.save(tmp_path / "weight.npy", weight)
    lengths = [layer.sizes[length] for length in cell.states.values()]
    asked = f", sizes={layer.sizes!r}" if "window=None, *, sizes" in source else ""
    code = (
        "import sys, numpy as np, alone\n"
        "load = lambda name: dict(np.load(f'{name}.npz'))\n"
        f"states = tuple(np.zeros((length, 3)) for length in {lengths})\n"
        "inputs, weight = tuple(load('inputs').values()), np.load('weight.npy')\n"
        f"found = alone.backward(load('blocks'), inputs, states, weight{asked})\n"
        "assert not any(state.any() for state in states)\n"
        "assert not [name for name in sys.modules if name.startswith('lstminspect')]\n"
        "np.savez('found.npz', **found[0], **dict(zip(load('inputs'), found[1])))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    wanted = gradients(layer, weights, inputs, weight, convention="equations")
    with numpy.load(tmp_path / "found.npz") as found:
        for block in cell.blocks:
            mine = compact(block, found[block.name], layer.sizes)
            numpy.testing.assert_allclose(mine, wanted.weights[block.name], rtol=1e-12, atol=1e-14)
        for each, value in wanted.inputs.items():
            numpy.testing.assert_allclose(found[each], value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["own", "lstm", "gru", "min_lstm"])
def test_a_module_with_its_backward_pass_runs_forwards_as_one_without(name: str) -> None:
    spaces: list[dict[str, Any]] = [{}, {}]
    for space, backward in zip(spaces, (False, True), strict=True):
        exec(numpy_source(the_cell(name), backward), space)
    cell = the_cell(name)
    own = dict.fromkeys(cell.own_sizes, 2)
    layer = Layer(cell, units=4, features=3, **own)
    weights = random_weights(layer, seed=1, convention="equations")
    blocks = blocks_of(layer, weights, "equations", None)[0]
    chance = numpy.random.default_rng(0)
    inputs = [chance.normal(size=(2, 5, size)) for size in (3, 2)][: 1 + (name == "own")]
    ends = []
    for space in spaces:
        states = [numpy.zeros((layer.sizes[each], 2)) for each in cell.states.values()]
        ends.append(space["run"](space["prepare"](blocks, float), inputs, states)[0])
    assert numpy.array_equal(*ends)


def test_the_text_of_a_backward_pass_is_the_same_in_every_run() -> None:
    """The order of sets changes with the seed of hashes."""
    code = "import lstminspect as li; print(li.numpy_source('slstm', True))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(printed) == 1
