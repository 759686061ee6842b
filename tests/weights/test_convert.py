"""Weights from one framework to another, traces, and equations as a real Keras cell."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy
import pytest
from sizes import fitting

import lstminspect as li
from lstminspect import Layer, OptionError, UnknownConvention, WeightError, cells, convert, run
from lstminspect.conventions.catalogue import EVERY, get
from lstminspect.weights.convert import infer

CONVENTIONS = [name for name in EVERY if name != "equations"]
LSTMS = [name for name in CONVENTIONS if "lstm" in get(name).cells]
SUMS = (
    "the two biases that PyTorch adds are stored as their sum, and the outputs are the same: "
    "b_i b_f b_g b_o"
)
X = numpy.random.default_rng(0).normal(size=(2, 6, 4))


@pytest.mark.parametrize(("source", "target"), list(permutations(LSTMS, 2)))
def test_a_converted_lstm_is_the_same_function(source: str, target: str) -> None:
    layer = Layer("lstm", 5, 4, bidirectional=True)
    weights = li.random_weights(layer, source, 1, numpy.float64)
    found = convert(weights, source, target)
    numpy.testing.assert_allclose(
        run(found.layer, found.weights, X, convention=target),
        run(layer, weights, X, convention=source),
        atol=1e-12,
    )


PAIRS = [
    (name, source, target)
    for name in ("gru", "gru_reset_before", "rnn", "peephole", "projected", "gru_chung")
    for source, target in permutations(CONVENTIONS, 2)
    if name in get(source).cells and name in get(target).cells
]


@pytest.mark.parametrize(("name", "source", "target"), PAIRS)
def test_a_converted_cell_is_the_same_function(name: str, source: str, target: str) -> None:
    own = {"projection": 3} if name == "projected" else {}
    layer = Layer(name, 5, 4, layers=2, **own)
    weights = li.random_weights(layer, source, 1, numpy.float64)
    held = get(target).held_at_zero.get(name)
    if held and not get(source).held_at_zero.get(name):
        with pytest.raises(WeightError, match=f"no place for {held[0]} of {name}, and it is not"):
            convert(weights, source, target, layer)
        return
    found = convert(weights, source, target, layer)
    numpy.testing.assert_allclose(
        run(found.layer, found.weights, X, convention=target),
        run(layer, weights, X, convention=source),
        atol=1e-12,
    )


def test_a_gru_without_its_recurrent_candidate_bias_fits_nnx() -> None:
    layer = Layer("gru", 5, 4)
    weights = li.random_weights(layer, "keras", 1, numpy.float64)
    weights["bias"][1, -5:] = 0
    found = convert(weights, "keras", "nnx")
    numpy.testing.assert_allclose(
        run(found.layer, found.weights, X, convention="nnx"), run(layer, weights, X), atol=1e-12
    )


def test_reset_before_and_after_never_convert() -> None:
    before = li.random_weights(Layer("gru_reset_before", 5, 4), "keras")
    with pytest.raises(WeightError, match="before the recurrent product: no weights change that"):
        convert(before, "keras", "pytorch")
    after = li.random_weights(Layer("gru", 5, 4), "keras")
    with pytest.raises(WeightError, match="after the recurrent product, inside the tanh"):
        convert(after, "keras", "tf1")


def test_what_a_conversion_loses_or_moves_is_said() -> None:
    lstm = Layer("lstm", 5, 4)
    lost = convert(li.random_weights(lstm, "pytorch"), "pytorch", "keras").notes
    assert lost == (SUMS,)
    moved = convert(li.random_weights(lstm, "keras"), "keras", "tf1")
    assert moved.notes == ("TensorFlow 1 adds 1 to b_f when it runs: it is taken off here",)
    before = Layer("gru_reset_before", 5, 4)
    sense = convert(li.random_weights(before, "haiku"), "haiku", "keras").notes
    assert sense == ("a gate has its other sense there: what makes it is stored negative",)
    chung = Layer("gru_chung", 5, 4)
    weights = li.random_weights(chung, "haiku", 0, numpy.float64)
    found = convert(weights, "haiku", "keras", chung)
    assert found.layer.cell.name == "gru_reset_before"
    assert "the z gate is stored with its other sense" in found.notes[0]
    ours = run(chung, weights, X, convention="haiku")
    numpy.testing.assert_allclose(run(found.layer, found.weights, X), ours, atol=1e-12)
    node = convert(li.random_weights(lstm, "onnx"), "onnx", "keras").notes
    assert node[0].startswith("input_forget is taken as 0")
    bare = Layer("lstm", 5, 4, use_bias=False)
    filled = convert(li.random_weights(bare, "keras"), "keras", "flax")
    assert filled.notes == ("Flax linen always has biases: they are zero",)


def test_shapes_that_do_not_tell_are_asked_about() -> None:
    bare = Layer("gru", 5, 4, use_bias=False)
    weights = li.random_weights(bare, "keras")
    with pytest.raises(OptionError, match="can be the weights of gru or gru_reset_before"):
        convert(weights, "keras", "pytorch")
    assert convert(weights, "keras", "pytorch", bare).weights["weight_hh_l0"].shape == (15, 5)
    with pytest.raises(WeightError, match="not the weights of one layer that Keras has"):
        convert({"kernel": numpy.ones((3, 3))}, "keras", "pytorch")
    with pytest.raises(UnknownConvention, match=r"no convention called 'pytorhc'.*'pytorch'"):
        convert(weights, "keras", "pytorhc")
    with pytest.raises(UnknownConvention, match="the equations store any cell"):
        infer(weights, "equations")


@pytest.mark.parametrize("convention", LSTMS)
def test_a_layer_is_known_by_its_weights(convention: str) -> None:
    for name in get(convention).cells:
        if name in ("cifg", "cifg_peephole", "gru_chung"):
            continue
        cell = cells.get(name)
        layer = Layer(cell, layers=2, bidirectional=True, **fitting(cell, 6, 4))
        found = infer(li.random_weights(layer, convention), convention)
        assert layer in found


def test_a_checkpoint_with_a_prefix_is_read() -> None:
    layer = Layer("lstm", 5, 4)
    weights = li.random_weights(layer, "pytorch")
    prefixed = {f"model.rnn.{name}": value for name, value in weights.items()}
    assert infer(prefixed, "pytorch") == [layer]


# Traces


def test_a_trace_holds_every_line_at_every_step() -> None:
    layer = Layer("lstm", 5, 4, return_sequences=True)
    weights = li.random_weights(layer, seed=1, dtype=numpy.float64)
    found = li.trace(layer, weights, X)
    assert list(found.values) == ["i", "f", "g", "o", "c", "h"]
    assert {value.shape for value in found.values.values()} == {(2, 6, 5)}
    numpy.testing.assert_allclose(found["h"], run(layer, weights, X), atol=1e-12)
    kept = found["f"][:, 1:] * found["c"][:, :-1] + found["i"][:, 1:] * found["g"][:, 1:]
    numpy.testing.assert_allclose(found["c"][:, 1:], kept, atol=1e-12)
    with pytest.raises(OptionError, match="no line is called 'q'"):
        found["q"]
    with pytest.raises(OptionError, match="there are 2 sequences, and none is 7"):
        found.table("f", sequence=7)


def test_a_trace_of_two_directions_is_in_the_order_of_time() -> None:
    layer = Layer("gru", 5, 4, bidirectional=True, layers=2, return_sequences=True)
    weights = li.random_weights(layer, seed=1, dtype=numpy.float64)
    found = li.trace(layer, weights, X, lengths=[4, 6])
    output = run(layer, weights, X, lengths=[4, 6])
    for number, length in enumerate([4, 6]):
        both = [found[f"layer_2/{side}/h"][number, :length] for side in ("forward", "backward")]
        expected = numpy.concatenate(both, axis=-1)
        numpy.testing.assert_allclose(output[number, :length], expected, atol=1e-12)


def test_a_trace_is_a_table_and_a_heat_map() -> None:
    layer = Layer("lstm", 3, 4)
    found = li.trace(layer, li.random_weights(layer), X)
    text = found.table("c")
    assert text.splitlines()[0].split() == ["c:", "unit", *(f"t={t}" for t in range(6))]
    assert len(text.splitlines()) == 2 + 3
    assert f"{found['c'][0, 0, 0]:.3f}" in text
    assert ("c", 2, 5, pytest.approx(float(found["c"][0, 5, 2]))) in found.rows()
    pytest.importorskip("matplotlib")
    figure = found.plot("f", "c")
    maps = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title("left") for axis in maps] == ["f", "c"]
    assert maps[0].images[0].get_array().shape == (3, 6)
    assert maps[0].images[0].get_clim() == (0, 1)


# Equations as a Keras cell


@pytest.fixture(scope="module")
def keras() -> Any:
    keras = pytest.importorskip("keras")
    from lstminspect.validation.keras import load

    load()
    return keras


@pytest.mark.parametrize("name", cells.names())
def test_any_cell_runs_in_the_real_rnn_of_keras(name: str, keras: Any) -> None:
    cell = cells.get(name)
    sizes = fitting(cell, 8, 3)
    layer = Layer(cell, return_sequences=True, **sizes)
    own = dict(layer.extra)
    chance = numpy.random.default_rng(1)
    widths = {e.name: layer.sizes[e.size] for e in cell.declared.values() if e.kind == "input"}
    x = chance.normal(size=(2, 4, layer.features)).astype("float32")
    more = {n: chance.normal(size=(2, 4, w)).astype("float32") for n, w in widths.items()}
    whole = numpy.concatenate([x, *more.values()], axis=-1)
    real = keras.layers.RNN(li.keras_cell(name, 8, sizes=own), return_sequences=True)
    real.build(whole.shape)
    weights = [chance.normal(size=w.shape).astype("float32") / 3 for w in real.trainable_weights]
    real.set_weights(weights)
    assert real.count_params() == layer.parameters_in("equations")
    theirs = numpy.asarray(real(whole))
    ours = run(layer, weights, x, convention="equations", **more)
    assert abs(ours - theirs).max() <= 1e-5 * max(1, abs(theirs).max())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_keras_cell_learns_saves_and_loads(keras: Any, tmp_path: Path) -> None:
    text = "f = sigmoid(W_f @ x + U_f @ h + b_f)\nh = f * h + (1 - f) * tanh(W_h @ x + b_h)"
    chance = numpy.random.default_rng(0)
    x = chance.normal(size=(16, 5, 3)).astype("float32")
    y = x.sum(axis=(1, 2))[:, None]
    layers = keras.layers
    rnn = layers.RNN(li.keras_cell(text, 6))
    model = keras.Sequential([keras.Input((5, 3)), rnn, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    before = [numpy.array(weight) for weight in rnn.trainable_weights]
    numpy.testing.assert_array_equal(before[2], numpy.ones(6))  # b_f: unit_forget_bias
    slopes = numerical_slopes(model, x, y, rnn.trainable_weights[0])
    model.train_on_batch(x, y)
    after = [numpy.array(weight) for weight in rnn.trainable_weights]
    assert all((one != two).any() for one, two in zip(before, after, strict=True))
    numpy.testing.assert_allclose((before[0] - after[0]) / 0.01, slopes, rtol=0.05, atol=2e-2)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    numpy.testing.assert_array_equal(again(x), model(x))


def numerical_slopes(model: Any, x: Any, y: Any, weight: Any) -> Any:
    """The gradient of the loss by each entry of `weight`, by central differences."""
    start = numpy.array(weight)
    slopes = numpy.empty_like(start)
    step = 1e-2
    for place in numpy.ndindex(*start.shape):
        losses = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            weight.assign(moved)
            losses.append(float(((numpy.asarray(model(x)) - y) ** 2).mean()))
        slopes[place] = (losses[0] - losses[1]) / (2 * step)
    weight.assign(start)
    return slopes


def test_a_keras_cell_refuses_another_width(keras: Any) -> None:
    real = keras.layers.RNN(li.keras_cell("sru", 8))
    with pytest.raises(OptionError, match="sru takes 8 features a step, got 3"):
        real.build((2, 4, 3))


def test_initial_weights_are_those_of_keras() -> None:
    layer = Layer("lstm", 6, 4)
    weights = li.initial_weights(layer)
    numpy.testing.assert_array_equal(weights["bias"], numpy.repeat([0, 1, 0, 0], 6))
    assert not li.initial_weights(layer, unit_forget_bias=False)["bias"].any()
    recurrent = weights["recurrent_kernel"]
    numpy.testing.assert_allclose(recurrent @ recurrent.T, numpy.eye(6), atol=1e-5)
    # All gates are one tensor, so that the limit is that of 4 inputs and 24 outputs.
    assert abs(weights["kernel"]).max() <= numpy.sqrt(6 / 28)


def test_a_call_that_the_target_has_no_option_for_is_noted() -> None:
    for options, why in (
        ({"go_backwards": True}, "PyTorch reads forward, or both ways"),
        ({"stateful": True, "batch": 2}, "PyTorch keeps no state from call to call"),
        ({"bidirectional": True, "merge_mode": "sum"}, "PyTorch concatenates its directions"),
    ):
        layer = Layer("lstm", 4, 3, **options)
        converted = convert(li.random_weights(layer, "keras"), "Keras", "torch", layer)
        assert f"{why}: the weights are right, the call is not the same" in converted.notes
    plain = Layer("lstm", 4, 3, framework="keras")
    converted = convert(li.random_weights(plain), "keras", "pytorch", plain)
    assert not any("the call" in note for note in converted.notes)


@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid"])
def test_an_activation_that_pytorch_cannot_run_is_refused(activation: str) -> None:
    layer = Layer("lstm", 16, 8, activation=activation)
    with pytest.raises(WeightError, match=f"PyTorch runs lstm with tanh, not .*'{activation}'"):
        convert(li.random_weights(layer, "keras"), "keras", "torch", layer)
