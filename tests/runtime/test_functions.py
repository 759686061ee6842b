"""Every function of the language is in every table that readings of the equations have."""

from __future__ import annotations

import ast
from collections.abc import Callable
from math import erf
from pathlib import Path

import numpy
import pytest

import lstminspect
from lstminspect import Cell, Layer, cost
from lstminspect.costs.training import kept
from lstminspect.costs.work import step_work
from lstminspect.equations.expand import opened
from lstminspect.equations.functions import EXTREMES, FUNCTIONS, MANY, OF_VECTORS
from lstminspect.equations.syntax import Call, walk
from lstminspect.figures.dataflow import data_flow
from lstminspect.runtime import functions
from lstminspect.runtime.numpy_calls import CALLS, HELPERS
from lstminspect.runtime.run import run
from lstminspect.runtime.trace import trace

#: Those that every reading must know: `transpose` is a part of the matrix product.
PRIMITIVE = {name for name, function in FUNCTIONS.items() if not function.definition} - {
    "transpose"
}


def test_every_table_has_every_primitive_function_and_no_other() -> None:
    assert set(functions.FUNCTIONS) == PRIMITIVE
    assert {*CALLS, *HELPERS} == PRIMITIVE
    assert not {*CALLS} & {*HELPERS}
    path = Path(lstminspect.__file__).parent / "runtime" / "equation_cell.py"
    tables = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Dict)]
    keys = [{key.value for key in table.keys if isinstance(key, ast.Constant)} for table in tables]
    assert PRIMITIVE in keys


def test_the_sets_of_functions_are_of_functions() -> None:
    assert EXTREMES < MANY < {*FUNCTIONS}
    assert {*FUNCTIONS} > OF_VECTORS
    assert not EXTREMES & OF_VECTORS


def arguments(function: str) -> str:
    if function in EXTREMES:
        return "h, 0.25, W_h @ x"
    return ", ".join(["h", *(str(n + 0.5) for n, _ in enumerate(FUNCTIONS[function].numbers))])


@pytest.mark.parametrize("function", sorted({*FUNCTIONS} - {"transpose"}))
def test_every_reading_takes_every_function(function: str) -> None:
    text = f"h = {function}({arguments(function)}) + 0 * (W_h @ x)"
    cell = Cell(text)
    assert Cell(cell.rewritten()).lines == cell.lines
    assert cell.lengths["h"] == ("units",)
    calls = {
        each.function for each in walk(opened(cell.lines[0].expression)) if isinstance(each, Call)
    }
    assert calls <= PRIMITIVE
    assert function.replace("_", r"\_") in cell._repr_latex_() or function in ("sigmoid", "power")
    assert any(function in part.text for part in data_flow(cell).parts)
    assert cost(Layer(cell, 4, 3)).step.flops > 0
    assert bool(kept(cell).own) == (function != "linear")
    layer = Layer(cell, 4, 3, return_sequences=True)
    x = numpy.random.default_rng(1).normal(size=(2, 4, 3))
    weights = {"W_h": x[0, :, :]}
    with numpy.errstate(all="ignore"):
        start = [numpy.abs(x[:, :, 0]) + 0.1]
        found, lines = run(layer, weights, x, start), trace(layer, weights, x, start)
    numpy.testing.assert_allclose(found, lines["h"], rtol=1e-9)


BY_HAND: dict[str, Callable[[float], float]] = {
    "sigmoid(h)": lambda v: 1 / (1 + numpy.exp(-v)),
    "tanh(h)": numpy.tanh,
    "relu(h)": lambda v: max(v, 0.0),
    "step(h)": lambda v: 1.0 if v > 0 else 0.0,
    "erf(h)": erf,
    "clip(h, -0.5, 1)": lambda v: min(max(v, -0.5), 1),
    "max(h, 0.5, -h)": lambda v: max(v, 0.5, -v),
    "min(h, 0.5, -h)": lambda v: min(v, 0.5, -v),
    "h ** 2": lambda v: v * v,
    "h ** 3": lambda v: v * v * v,
    "abs(h) ** -0.5": lambda v: 1 / numpy.sqrt(abs(v)),
    "abs(h)": abs,
    "exp(h)": numpy.exp,
    "log(abs(h))": lambda v: numpy.log(abs(v)),
    "sqrt(abs(h))": lambda v: numpy.sqrt(abs(v)),
    "expm1(h)": numpy.expm1,
    "log1p(abs(h))": lambda v: numpy.log1p(abs(v)),
    "leaky_relu(h, 0.1)": lambda v: v if v > 0 else 0.1 * v,
    "threshold(h, 0.5, 7)": lambda v: v if v > 0.5 else 7.0,
    "affine(h, 2)": lambda v: 2 * v,
    "scaled_tanh(h, 2, 3)": lambda v: 2 * numpy.tanh(3 * v),
    "hard_shrink(h)": lambda v: v if abs(v) > 0.5 else 0.0,
    "soft_shrink(h)": lambda v: numpy.sign(v) * max(abs(v) - 0.5, 0),
    "thresholded_relu(h)": lambda v: v if v > 1 else 0.0,
    "relu6(4 * h)": lambda v: min(max(4 * v, 0), 6),
    "softsign(h)": lambda v: v / (1 + abs(v)),
    "hard_sigmoid(h)": lambda v: min(max(v / 6 + 0.5, 0), 1),
    "hard_silu(h)": lambda v: v * min(max(v / 6 + 0.5, 0), 1),
    "hard_tanh(h)": lambda v: min(max(v, -1), 1),
    "tanh_shrink(h)": lambda v: v - numpy.tanh(v),
    "elu(h, 2)": lambda v: v if v > 0 else 2 * numpy.expm1(v),
    "celu(h, 2)": lambda v: v if v > 0 else 2 * numpy.expm1(v / 2),
    "selu(h)": lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * numpy.expm1(v)),
    "gelu(h)": lambda v: v * (1 + erf(v / numpy.sqrt(2))) / 2,
    "silu(h)": lambda v: v / (1 + numpy.exp(-v)),
    "mish(h)": lambda v: v * numpy.tanh(numpy.log1p(numpy.exp(v))),
    "softplus(h)": lambda v: numpy.log1p(numpy.exp(v)),
    "log_sigmoid(h)": lambda v: -numpy.log1p(numpy.exp(-v)),
    "squareplus(h)": lambda v: (v + numpy.sqrt(v * v + 4)) / 2,
    "sparse_sigmoid(h)": lambda v: min(max((v + 1) / 2, 0), 1),
    "sparse_plus(h)": lambda v: 0 if v <= -1 else v if v >= 1 else (v + 1) ** 2 / 4,
    "exponential(h)": numpy.exp,
    "linear(h)": lambda v: v,
}


@pytest.mark.parametrize("text", BY_HAND)
def test_a_function_of_one_entry_by_hand(text: str) -> None:
    values = numpy.array([[-8.0, -1.2, -0.75, -0.3, 0.2, 0.6, 1.3, 7.5]])
    layer = Layer(Cell(f"x: units\nh = {text}"), 8, 8)
    found = run(layer, {}, values[:, None, :], [values], dtype="float64")
    expected = [BY_HAND[text](float(v)) for v in values[0]]
    numpy.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-12)


def test_every_function_that_goes_element_by_element_has_a_value_by_hand() -> None:
    tried = {text.partition("(")[0] for text in BY_HAND} | {"power"}
    twins = {"swish": "silu", "hard_swish": "hard_silu"}
    assert {*FUNCTIONS} - OF_VECTORS - tried == {*twins}
    for one, other in twins.items():
        assert FUNCTIONS[one] == FUNCTIONS[other]


def test_functions_of_vectors_by_hand() -> None:
    v = numpy.array([0.5, -1.0, 2.0, 0.5])
    powers = numpy.exp(v) / numpy.exp(v).sum()
    numpy.testing.assert_allclose(functions.softmax(v), powers, rtol=1e-12)
    numpy.testing.assert_allclose(functions.log_softmax(v), numpy.log(powers), rtol=1e-12)
    wanted = (v - v.mean()) / numpy.sqrt(v.var() + 1e-5)
    numpy.testing.assert_allclose(functions.normalised(v), wanted, rtol=1e-12)
    both = numpy.concatenate([v, [9.0]])
    wanted = (v - both.mean()) / numpy.sqrt(both.var() + 1e-5)
    numpy.testing.assert_allclose(functions.normalised(v, numpy.array([9.0])), wanted, rtol=1e-12)
    assert functions.sparsemax(numpy.array([0.0, 3.0, 1.0])).tolist() == [0, 1, 0]
    assert numpy.isnan(functions.step(numpy.array([numpy.nan]))).all()
    assert functions.step(numpy.float32(2)).dtype == numpy.float32


def test_the_work_and_the_memory_of_max_min_and_power() -> None:
    sizes = {"units": 4, "features": 3}
    assert step_work(Cell("h = max(h, 0)"), sizes).functions == 4
    assert step_work(Cell("h = min(h, b_h, 2)"), sizes).functions == 8
    assert step_work(Cell("h = h ** 2"), sizes).functions == 4
    assert list(kept(Cell("c = tanh(W_c @ x)\nh = max(c, h, 0)")).own) == ["h", "c"]
    assert list(kept(Cell("h = tanh(h) ** 2")).own) == ["tanh(h)"]


def test_numbers_of_an_extreme_stand_in_its_part_of_the_figure() -> None:
    flow = data_flow(Cell("h = max(0, h, W_h @ x, -1)"))
    (place,) = [n for n, part in enumerate(flow.parts) if part.text.startswith("max")]
    assert flow.parts[place].text == "max 0"
    assert len([1 for _, end in flow.edges if end == place]) == 3
