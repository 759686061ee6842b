"""What is written elsewhere is refused with what to write here."""

from __future__ import annotations

import pytest

from lstminspect import Cell, EquationError
from lstminspect.equations.functions import FUNCTIONS

CONCATENATION = r"A matrix of both vectors is a matrix for each: W_f @ x \+ U_f @ h\.$"
TRANSPOSE = r"A transposed matrix is transpose\(U_h\) @ v\.$"
BEFORE = r"Write h: in its own line and above it that is the value of the step before\.$"
MULTIPLY = r"A product needs its sign: W_h @ x for a matrix, r \* h element by element\.$"

WRITTEN = {
    "h = W_h @ [h, x]": CONCATENATION,
    "h = W_h[h,x]": CONCATENATION,
    "h = W_h·[h_{t-1}, x_t] + h": r"'·' is not part .* Did you mean \*\?$",
    "h = W_h @ x + [h_{t-1}, x_t]": CONCATENATION,
    "h = concat(h, x)": CONCATENATION,
    "h = W_h @ concatenate(h, x)": CONCATENATION,
    "h = tanh(U_h @ h_{t-1})": BEFORE,
    "h = h_{ t } + 1": BEFORE,
    "h = h{t-1}": BEFORE,
    "h = h[t-1]": BEFORE,
    "h = h[ -1 ]": BEFORE,
    "h = h(t-1)": BEFORE,
    "h = h_t": BEFORE,
    "h = 2 * h_prev": BEFORE,
    "h = c_old + 1\nc = h": r"Write c: in its own line",
    "h = x_t * h": r"Write x: it is always the input of this step\.$",
    "h = x[t]": r"Write x: it is always the input of this step\.$",
    "h = x(2)": r"Write x: it is always the input of this step\.$",
    "h = h[0]": r"Did you mean \(\?$",
    "h = h[1:2, 3]": r"Did you mean \(\?$",
    "h = h]": r"Did you mean \)\?$",
    "h = {h": r"Did you mean \(\?$",
    "h = h}": r"Did you mean \)\?$",
    "h = W_{h} @ x": r"Write W_h\.$",
    "h = σ(h)": r"'σ' is not part .* Did you mean sigmoid\?$",
    "h = \\sigma(h)": r"Write sigmoid\(v\)\.$",
    "h = \\tanh(h)": r"Write tanh\(v\)\.$",
    "h = r \\odot h": r"Names are written without a backslash",
    "h = h ⊙ h": r"Did you mean \*\?$",
    "h = h ∘ h": r"Did you mean \*\?$",
    "h = h − 1": r"Did you mean -\?$",
    "h = h ÷ 2": r"Did you mean /\?$",
    "h = √h": r"Did you mean sqrt\?$",
    "h = h²": r"Did you mean \*\* 2\?$",
    "h = h³": r"Did you mean \*\* 3\?$",
    "h = h; c = h": r"Did you mean a new line\?$",
    "h ← h": r"Did you mean =\?$",
    "h = h^2": r"A power is v \*\* 2\.$",
    "h = h^{-0.5}": r"A power is v \*\* -0\.5\.$",
    "h = h ^ h": r"A power is v \*\* 2, a product element by element r \* h\.$",
    "h = U_h^T @ h": TRANSPOSE,
    "h = U_h^{\\top} @ h": TRANSPOSE,
    "h = U_hᵀ @ h": TRANSPOSE,
    "h = U_h' @ h": TRANSPOSE,
    "h = U_h.T @ h": TRANSPOSE,
    "h = T(U_h) @ h": TRANSPOSE,
    "h = |h|": r"A size without its sign is abs\(v\)\.$",
    "h = np.tanh(h)": r"a call of anything but a function's name .*language\. Write tanh\(v\)\.$",
    "h = torch.matmul(W_h, x)": r"A matrix product is W_h @ x\.$",
    "h = np.foo(h)": r"a call of anything but a function's name is not part of the language$",
    "h = h.shape": r"a dot is not part of the language$",
    "h = dot(W_h, x)": r"A matrix product is W_h @ x\.$",
    "h = W_h(x)": r"W_h is not a function of the language\. A matrix product is W_h @ x\.$",
    "h = multiply(h, h)": r"A product element by element is r \* h\.$",
    "h = pow(h, 2)": r"A power is v \*\* 2\.$",
    "h = logistic(h)": r"Write sigmoid\(v\)\.$",
    "h = maximum(h, 0)": r"Write max\(v, w\)\.$",
    "h = minimum(h, 0)": r"Write min\(v, w\)\.$",
    "h = reciprocal(h)": r"A quotient is 1 / v\.$",
    "h = layer_norm(h)": r"Write norm\(v\)\.$",
    "h = W_h x": MULTIPLY,
    "h = 2h": MULTIPLY,
    "h = tanh(W_h @ x) h": MULTIPLY,
    "h = h +": r"for example h = tanh\(x\)\.$",
    "h = ?": r"'\?' is not part of the language: names, numbers, \( \), = and \+ - \* / @\.$",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_habit_from_elsewhere_is_answered_with_what_to_write(text: str) -> None:
    with pytest.raises(EquationError) as caught:
        Cell(text)
    with pytest.raises(ValueError, match=WRITTEN[text]):
        raise ValueError(caught.value.message)


def test_the_place_of_a_habit_decides_and_not_its_row() -> None:
    with pytest.raises(EquationError, match=r"'\^' .* A power is v \*\* 2\."):
        Cell("h = h^2 + h[t-1]")
    with pytest.raises(EquationError, match=r"line 1, column 6: '\[' .* Write h:"):
        Cell("h = h[t-1] + h^2")


def test_an_unknown_function_far_from_all_gets_the_whole_list() -> None:
    with pytest.raises(EquationError) as caught:
        Cell("h = wavelet(h)")
    assert caught.value.message.endswith(f" The functions are {', '.join(FUNCTIONS)}.")
    with pytest.raises(EquationError, match=r"language\. Did you mean 'sigmoid'\?"):
        Cell("h = sigmoi(h)")
    with pytest.raises(EquationError, match=r"q is not a function of the language\. The functions"):
        Cell("h = q(h)")


def test_a_space_before_a_parenthesis_is_read_as_in_python() -> None:
    assert Cell("h = tanh (W_h @ x)").lines == Cell("h = tanh(W_h @ x)").lines


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("h = h ** 2", "h = power(h, 2)"),
        ("h = h ** 2.5", "h = power(h, 2.5)"),
        ("h = h ** -1", "h = power(h, -1)"),
        ("h = h ** (1 / 4)", "h = power(h, 0.25)"),
        ("h = h ** (1 - 3)", "h = power(h, -2)"),
        ("h = -h ** 2", "h = -power(h, 2)"),
        ("h = h ** 0", "h = power(h, 0)"),
    ],
)
def test_a_power_is_read_as_a_function_with_a_number(text: str, same: str) -> None:
    assert Cell(text).lines == Cell(same).lines
    assert Cell(text).rewritten() == same
