"""Generated modules: their text, line by line, so that a slower or wider one is seen at once."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest

from lstminspect import Cell, Layer, cells, numpy_source, random_weights, run, trace

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
