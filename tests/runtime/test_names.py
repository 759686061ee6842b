"""Names of a cell and names of its generated module never meet, whatever a cell calls its lines."""

from __future__ import annotations

import re
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lstminspect import Cell, Layer, cells
from lstminspect.runtime import interpreter
from lstminspect.runtime.codegen import compiled, numpy_source
from lstminspect.runtime.names import marked, named, sized
from lstminspect.runtime.run import run
from lstminspect.runtime.trace import trace
from lstminspect.weights.initial import random_weights
from lstminspect.weights.pack import blocks_of

pytestmark = pytest.mark.filterwarnings("ignore::lstminspect.errors.UnusedLineWarning")

#: Names that generated modules, Python, or an earlier module had a meaning for.
WORDS = """\
norm_ step_0 dtype n len np range k0 all_units t0 outputs run most np_ self prepare blocks
prepared inputs states skip output batch timesteps start stop steps t s0 m0 z0 z0_h over_0
x_over_0 x_over_0_out x_in h_next h_kept c_kept column over_time by_step COLUMNS MANY max_
match case type print __debug__ __name__ __builtins__ __import__ units_ features_ softmax_
v low high shape every size sizes lengths copy T zip float int float32 units_size h_ z0b_h
sigmoid_ maximum empty zeros where out axis True_ none e
"""
HOSTILE = WORDS.split()
SIZES = [name for name in HOSTILE if name.islower()]


@st.composite
def cells_of_hostile_names(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """The text of a cell whose names are of HOSTILE, and its sizes. Every vector has `units`."""
    names = draw(st.lists(st.sampled_from(HOSTILE), min_size=6, max_size=8, unique=True))
    second, scalar, wide, *lines = names
    # The parser takes `x_over_0` for a parameter of a line `over_0`, and says so.
    assume(not {"over_0", "x_over_0"} <= set(lines))
    lines.insert(draw(st.integers(0, len(lines))), "h")
    parts, width = draw(st.lists(st.sampled_from(SIZES), min_size=2, max_size=2, unique=True))
    values = st.sampled_from(
        [*lines, "x", second, scalar, "0.5", "2", *(f"b_{line}" for line in lines)]
    )
    vectors = st.sampled_from([*lines, "x", second, *(f"b_{line}" for line in lines)])
    matrices = st.sampled_from([f"{letter}_{line}" for line in lines for letter in "UVW"])

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        vector = st.one_of(vectors, inner)
        return st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), values),
            st.builds("({} @ {})".format, matrices, vector),
            st.builds("(transpose({}) @ {})".format, matrices, vector),
            st.builds("{}({})".format, st.sampled_from(["tanh", "sigmoid", "softmax"]), vector),
            st.builds("norm({}, {})".format, vector, vectors),
            st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), vector, values),
            st.builds("clip({}, -1, 1) ** {}".format, vector, st.integers(1, 3)),
            st.builds("(-{})".format, vector),
        )

    trees = st.recursive(vectors, grown, max_leaves=6)
    declared = ["x: units", f"{second}: input(units)", f"{scalar}: scalar"]
    rows = [f"{line} = {draw(trees)}" for line in lines]
    sizes = {"units": 4}
    if draw(st.booleans()):
        rows.insert(0, f"{wide}: {width} = tanh(R_{wide} @ x)")
        rows[-1] += f" + Q_{lines[-1]} @ {wide}"
        sizes[width] = 3
    text = "\n".join(rows)
    if f"U_{lines[0]} @" in text:
        structure = draw(st.sampled_from(["blocks", "triangular"]))
        declared.append(f"U_{lines[0]}: {structure}({parts})")
        sizes.setdefault(parts, 2 if parts != width else 1)
        if parts == width and len(sizes) == 2 and f"R_{wide}" in text:
            declared.pop()
    used = [each for each in declared[1:] if _reads(text, each.partition(":")[0])]
    return "\n".join([declared[0] if _reads(text, "x") else "", *used, text]), sizes


def _reads(text: str, name: str) -> bool:
    right = " ".join(row.partition("=")[2] for row in text.split("\n"))
    return name in re.findall(r"\w+", right)


def by_steps(cell: Cell, blocks: Any, inputs: Any, states: Any, skip: Any) -> tuple[Any, Any]:
    """The outputs of each step and the states after the last, one operation at a time."""
    states, outputs = dict(states), []
    last = states.get("h", numpy.zeros((skip.shape[0], 4)))
    for t in range(skip.shape[1]):
        now = {name: value[:, t] for name, value in inputs.items()}
        lines = interpreter.step(cell, blocks, now, states)
        off = skip[:, t][:, None]
        states = {name: numpy.where(off, old, lines[name]) for name, old in states.items()}
        last = numpy.where(off, last, lines["h"])
        outputs.append(last)
    return numpy.stack(outputs, axis=1), states


@given(cells_of_hostile_names(), st.sampled_from([1, 2, 33]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_four_readings_of_hostile_names_agree(
    drawn: tuple[str, dict[str, int]], batch: int
) -> None:
    text, sizes = drawn
    cell = Cell(text)
    chance = numpy.random.default_rng(len(text))
    extra = tuple((name, sizes[name]) for name in cell.own_sizes)
    layer = Layer(cell, 4, 4, return_sequences=True, extra=extra)
    weights = random_weights(layer, seed=1, dtype=numpy.float64)
    (blocks,) = blocks_of(layer, weights)
    names = ["x", *(each.name for each in cell.declared.values() if each.kind == "input")]
    inputs = {name: chance.normal(size=(batch, 3, 4)) for name in names}
    states = {
        name: chance.normal(size=(batch, layer.sizes[size])) for name, size in cell.states.items()
    }
    skip = chance.random((batch, 3)) < 0.3
    with numpy.errstate(all="ignore"):
        expected, ends = by_steps(cell, blocks, inputs, states, skip)
        space: dict[str, Any] = {}
        exec(numpy_source(cell), space)
        for module in (compiled(cell)._asdict(), space):
            more = {"sizes": layer.sizes} if compiled(cell).sizes else {}
            prepared = module["prepare"](blocks, numpy.float64, **more)
            columns = tuple(state.T.copy() for state in states.values())
            outputs = numpy.empty((batch, 3, 4))
            turned = numpy.ascontiguousarray(skip.T)
            _, after = module["run"](prepared, tuple(inputs.values()), columns, turned, outputs)
            numpy.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-8)
            for name, end in zip(states, after, strict=True):
                numpy.testing.assert_allclose(end.T, ends[name], rtol=1e-6, atol=1e-8)
        lines = trace(layer, weights, inputs, states, dtype="float64")
        ran = run(layer, weights, inputs, states, dtype="float64")
        numpy.testing.assert_allclose(ran, lines["h"], rtol=1e-6, atol=1e-8)


FOUND = {
    "a size that is an argument of run": ("h: output = norm(h)", {"output": 4}),
    "a size that is a stack": ("h: step_0 = tanh(W_h @ x + U_h @ h)", {"step_0": 4}),
    "a size that is the type": ("h: dtype = tanh(W_h @ x + b_h)", {"dtype": 4}),
    "a size of the name of a line": ("n: n = tanh(W_n @ x)\nh = U_h @ n", {"n": 3}),
    "a line of the name of a buffer": ("most: k0 = most\nh = U_most @ h", {"k0": 4}),
    "a line of the name of a constant": ("k0 = tanh(b_k0)\nh = 2 - softmax(h + b_h) * k0", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_cells_that_gave_another_number_or_an_error_of_python(name: str) -> None:
    text, sizes = FOUND[name]
    layer = Layer(Cell(text), 4, 3, return_sequences=True, extra=tuple(sizes.items()))
    weights = random_weights(layer, seed=1, dtype=numpy.float64)
    x = numpy.random.default_rng(0).normal(size=(2, 4, 3))
    lines = trace(layer, weights, x)
    numpy.testing.assert_allclose(run(layer, weights, x), lines["h"], rtol=1e-9)


def test_a_mark_takes_its_own_name_where_that_is_free() -> None:
    assert named(marked("c")) == "c"
    assert named(f"{marked('c')} = c") == "c_ = c"
    assert named(f"{marked('c')} = c + c_") == "c__ = c + c_"
    assert named(f"{marked('c')} {marked('c', 'in')} {sized('c')}") == "c c_in c_"
    assert named(f"{marked('c', 'z0')} {marked('z0_c')} {marked('c')}") == "z0_c z0_c_ c"
    assert named(f'{marked("c")} = blocks["c"].c  # c') == 'c = blocks["c"].c  # c'
    assert named(f"{marked('in')} = {marked('__debug__')}") == "in = __debug___"


def test_a_mark_has_signs_that_no_equation_has() -> None:
    for sign in marked("", ""):
        with pytest.raises(ValueError, match="is not part of the language"):
            Cell(f"h = x{sign}")


@pytest.mark.parametrize("name", cells.names())
def test_no_mark_is_left_in_a_module(name: str) -> None:
    assert not re.search("[‹›|]", numpy_source(cells.get(name)))
