"""Cells at the edge of the language: no parameters, inputs of any name, sizes that nothing has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from lstminspect import Cell, InputError, Layer, OptionError, Runner, cells, run_node
from lstminspect.runtime.codegen import compiled, numpy_source
from lstminspect.runtime.onnx_node import _attribute as attribute_value
from lstminspect.runtime.run import run
from lstminspect.runtime.trace import trace
from lstminspect.weights.initial import random_weights

BATCH, STEPS = 2, 5


def agreed(text: str, widths: dict[str, int] | None = None, **options: Any) -> numpy.ndarray:
    """The sequence that `text` gives for random inputs, by the compiled and by the traced step."""
    options = {"units": 4, "features": 3, "return_sequences": True, **options}
    layer = Layer(Cell(text), **options)
    weights = random_weights(layer, seed=1, dtype=numpy.float64)
    chance = numpy.random.default_rng(0)
    widths = {"x": layer.features, **(widths or {})}
    x = {name: chance.normal(size=(BATCH, STEPS, width)) for name, width in widths.items()}
    found = run(layer, weights, x, dtype=numpy.float64)
    expected = trace(layer, weights, x, dtype=numpy.float64)["h"]
    numpy.testing.assert_allclose(found, expected, rtol=1e-10)
    return found


def test_a_cell_needs_no_parameters() -> None:
    assert agreed("h = h / 2 + 1")[0, :, 0].tolist() == [1, 1.5, 1.75, 1.875, 1.9375]
    assert agreed("y: input(units)\nh = h + y", {"y": 4}).shape == (BATCH, STEPS, 4)
    assert agreed("x: units\nh = max(h, x)", features=4).shape == (BATCH, STEPS, 4)
    assert (agreed("h = 0.5") == 0.5).all()


def test_a_cell_without_states_takes_no_states() -> None:
    layer, x = Layer(Cell("h = tanh(x)\nx: units"), 4, 4), numpy.ones((1, 2, 4))
    for none in ([], {}, None):
        assert run(layer, {}, x, none).shape == (1, 4)
    with pytest.raises(InputError, match=r"cell has no state, and initial_state is \[1\]\. Leave"):
        run(layer, {}, x, [1])


def test_without_parameters_a_layer_computes_in_float32() -> None:
    x = numpy.ones((1, 2, 3))
    layer = Layer(Cell("h = h / 2 + 1"), 4, 3)
    assert run(layer, {}, x).dtype == numpy.float32
    assert Runner(layer, [], dtype="float64")(x).dtype == numpy.float64
    assert trace(layer, {}, x).values["h"].dtype == numpy.float32


def test_a_type_that_is_no_type_is_refused_by_every_reading() -> None:
    layer = Layer(Cell("h = h / 2 + 1"), 4, 3)
    for call in (run, trace):
        with pytest.raises(OptionError, match="dtype must be float32 or float64, got int32"):
            call(layer, {}, numpy.ones((1, 2, 3)), dtype="int32")
        with pytest.raises(OptionError, match="dtype must be float32 or float64, got 'flout'"):
            call(layer, {}, numpy.ones((1, 2, 3)), dtype="flout")


def test_a_size_that_no_array_has_is_given_to_prepare() -> None:
    code = compiled(Cell("h = 0.5"))
    assert code.sizes == ("units",)
    assert "def prepare(blocks, dtype=np.float32, *, sizes):" in code.source
    assert 'for example {"units": 4}' in code.source
    assert compiled(cells.get("lstm")).sizes == ()
    assert "def prepare(blocks, dtype=np.float32):" in numpy_source(cells.get("lstm"))


@pytest.mark.filterwarnings("ignore::lstminspect.errors.UnusedLineWarning")
def test_a_size_comes_from_whatever_has_it() -> None:
    agreed("y: input(n)\nh = tanh(W_h @ x + V_h @ y)", {"y": 2}, n=2)
    agreed("y: input(n)\nz = tanh(y)\nh = W_h @ x + h", {"y": 2}, n=2)
    agreed("U_h: blocks(heads)\nh = tanh(W_h @ x + U_h @ h)", heads=2)
    agreed("x: units\nU_h: blocks(heads)\nh = tanh(U_h @ x)", features=4, heads=2)
    agreed("x: units\nU_h: triangular(parts)\nh = tanh(U_h @ x + b_h)", features=4, parts=4)
    agreed("v: wide = 0.5\nh = tanh(W_h @ x)", wide=3)
    agreed("h: wide = 0.5 * tanh(W_h @ x)", wide=3)


@pytest.mark.parametrize("name", ["self", "mask", "lengths", "dtype", "layer", "weights", "inputs"])
def test_an_input_may_have_any_name(name: str) -> None:
    agreed(f"{name}: input(units)\nh = tanh(W_h @ x + {name})", {name: 4})
    layer = Layer(Cell(f"{name}: input(units)\nh = tanh(W_h @ x + {name})"), 4, 3)
    weights = random_weights(layer)
    with pytest.raises(InputError, match=rf'{name}\. Give x={{"x": x, "{name}": array of \(batch'):
        run(layer, weights, numpy.ones((2, 5, 3)))


def test_an_input_called_self_can_be_given_by_name() -> None:
    layer = Layer(Cell("self: input(units)\nh = W_h @ x + self"), 4, 3)
    x, other = numpy.zeros((2, 5, 3)), numpy.ones((2, 5, 4))
    assert (run(layer, random_weights(layer), x, self=other) == 1).all()
    assert (Runner(layer, random_weights(layer))(x, self=other) == 1).all()


def test_inputs_by_name_need_x_and_take_no_others() -> None:
    layer = Layer("lstm", 4, 3)
    weights, x = random_weights(layer), numpy.ones((2, 5, 3))
    numpy.testing.assert_array_equal(run(layer, weights, {"x": x}), run(layer, weights, x))
    with pytest.raises(InputError, match=r"inputs by name need x, got y\."):
        run(layer, weights, {"y": x})
    with pytest.raises(InputError, match=r"inputs by name need x, got none\."):
        run(layer, weights, {})
    with pytest.raises(OptionError, match="there is no option and no input 'y'"):
        run(layer, weights, {"x": x, "y": x})


def test_a_clip_of_zero_is_refused_and_not_passed_over() -> None:
    inputs = [numpy.ones((3, 1, 2)), numpy.ones((1, 4, 2)), numpy.ones((1, 4, 4))]
    for clip in (0, 0.0):
        with pytest.raises(OptionError, match="clip must be above 0 and at most 1,000,000, got 0"):
            run_node("RNN", inputs, {"clip": clip})
    clipped, _ = run_node("RNN", inputs, {"clip": 0.5})
    numpy.testing.assert_allclose(clipped, numpy.tanh(0.5))


def test_the_attributes_of_a_node_are_read_by_their_type() -> None:
    values = [("f", 1, 0.5), ("i", 2, 3), ("s", 3, b"x"), ("floats", 6, [0.5]), ("ints", 7, [1])]
    for field, number, value in [*values, ("strings", 8, [b"x"])]:
        each = SimpleNamespace(name="clip", type=number, **{field: value})
        assert attribute_value(each) == value
    with pytest.raises(OptionError, match="the attribute 'clip' is neither a number nor a text"):
        attribute_value(SimpleNamespace(name="clip", type=4))


def test_a_title_can_hold_anything() -> None:
    for title in ('"""', "\\", "\0", "\ud800", "a\nb", "‹h|›"):
        cell = Cell("h = tanh(W_h @ x)", title=title)
        assert compiled(cell).prepare({"W_h": numpy.ones((1, 1))})


@pytest.mark.parametrize("text", ["h = norm(W_h @ x, b_h)", "h = norm(b_h, h)", "h = norm(b_h)"])
def test_a_vector_of_parameters_is_the_same_for_every_sequence(text: str) -> None:
    agreed(text)
    agreed(f"{text} * 0.5 + softmax(b_h) + log_softmax(U_h @ b_h) + sparsemax(h + d_h)")


def test_a_norm_by_hand() -> None:
    layer = Layer(Cell("x: units\nh = norm(x, b_h)"), 2, 2)
    found = run(layer, {"b_h": numpy.array([1.0, 5.0])}, numpy.array([[[2.0, 4.0]]]))
    numpy.testing.assert_allclose(found, numpy.array([[-1, 1]]) / numpy.sqrt(2.5 + 1e-5))
