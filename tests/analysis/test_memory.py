"""Memory through time: Jacobians beside differences, half-lives beside closed forms."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log

import numpy
import pytest
from answers import model_file, one_way

import lstminspect as li
from lstminspect.analysis.decay import half_life_of, norms_of
from lstminspect.analysis.jacobians import Course, Jacobians, courses, jacobians
from lstminspect.cli.main import main
from lstminspect.runtime.interpreter import step
from lstminspect.weights.pack import blocks_of


def small(name: str, timesteps: int = 3) -> li.Layer:
    cell = li.cells.get(name)
    features = None if "x" in cell.declared else 3
    return li.Layer(cell, 4, features, timesteps=timesteps, extra=dict.fromkeys(cell.own_sizes, 2))


def blocks_for(layer: li.Layer) -> list[dict[str, numpy.ndarray]]:
    drawn = li.random_weights(layer, "equations", dtype="float64")
    return blocks_of(layer, drawn, "equations")


def measured(layer: li.Layer, steps: int, seed: int = 0) -> tuple[Jacobians, list[Course]]:
    """The Jacobians of the first steps, and what they were taken at."""
    blocks = blocks_for(layer)
    taken = courses(layer, blocks, steps, seed)
    (found,) = jacobians(layer, blocks, taken)
    return found, taken


@pytest.mark.parametrize("name", li.cells.names())
def test_the_first_jacobian_is_that_of_differences(name: str) -> None:
    layer = small(name)
    (blocks,), cell = blocks_for(layer), layer.running_cell
    found = measured(layer, 1, seed=3)[0].every[0]
    sampler = numpy.random.default_rng((3, 1))
    wide = {"x": layer.features}
    wide |= {
        each.name: layer.sizes[each.size] for each in cell.declared.values() if each.kind == "input"
    }
    inputs = {key: sampler.normal(size=(1, width)) for key, width in wide.items()}
    sizes = [layer.sizes[size] for size in cell.states.values()]
    ends = numpy.cumsum(sizes)[:-1]

    def after(flat: numpy.ndarray) -> numpy.ndarray:
        parts = numpy.split(flat[None], ends, axis=1)
        now = step(cell, blocks, inputs, dict(zip(cell.states, parts, strict=True)))
        return numpy.concatenate([now[state][0] for state in cell.states])

    rows = numpy.eye(sum(sizes)) * 1e-6
    differences = [(after(row) - after(-row)) / 2e-6 for row in rows]
    numpy.testing.assert_allclose(found, numpy.array(differences).T, atol=1e-5)


def test_the_two_paths_add_up_to_all_of_it() -> None:
    layer = small("lstm")
    found, _ = measured(layer, 3)
    numpy.testing.assert_allclose(found.elementwise + found.matrices, found.every)


def test_what_travels_entry_by_entry_from_c_to_c_is_the_forget_gate() -> None:
    layer = small("lstm")
    found, (taken,) = measured(layer, 3)
    at = list(layer.running_cell.states).index("c") * 4
    for now in range(3):
        block = found.elementwise[now, at : at + 4, at : at + 4]
        numpy.testing.assert_allclose(block, numpy.diag(taken.lines["f"][now]))


def test_a_plain_cell_has_no_path_entry_by_entry() -> None:
    (row,) = li.memory(small("rnn", 20), seeds=1).rows
    assert row.elementwise == 0
    assert row.matrices == row.half_life


def test_the_norms_are_those_of_the_products() -> None:
    layer = small("gru")
    found, _ = measured(layer, 3)
    product = numpy.linalg.multi_dot(found.every[::-1])
    assert norms_of([found])[0][-1] == pytest.approx(log(numpy.linalg.norm(product, 2)))


def test_a_constant_gate_has_the_half_life_of_its_closed_form() -> None:
    cell = li.Cell("f = sigmoid(b_f)\nh = f * h + W_h @ x")
    layer = li.Layer(cell, units=2, features=1, timesteps=30)
    weights = {"b_f": numpy.full(2, 1.0), "W_h": numpy.ones((2, 1))}
    (row,) = li.memory(layer, weights=weights, convention="equations", seeds=1).rows
    expected = log(2) / log(1 + numpy.exp(-1))
    assert (row.half_life, row.gate) == pytest.approx((expected, expected))


def test_the_forget_path_of_an_lstm_is_near_its_closed_form() -> None:
    (row,) = li.memory(li.Layer("lstm", 32, 3), start="chrono").rows
    assert row.elementwise == pytest.approx(row.gate, rel=0.05)


@pytest.mark.parametrize(
    ("cell", "start", "low", "high"),
    [
        ("lstm", "pytorch", 1.4, 1.9),
        ("rnn", "keras", 2.7, 3.6),
        ("rnn", "pytorch", 1.1, 1.4),
        ("lstm", "chrono", 60, 85),
    ],
)
def test_half_lives_at_the_start_of_training(
    cell: str, start: str, low: float, high: float
) -> None:
    (row,) = li.memory(li.Layer(cell, 32, 3), start=start).rows
    assert low < row.half_life < high


def test_a_forget_bias_of_1_keeps_longer_than_one_of_0() -> None:
    layer = li.Layer("lstm", 32, 3)
    lives = []
    for ones in (True, False):
        weights = li.initial_weights(layer, "keras", 0, ones, "float64")
        lives.append(li.memory(layer, weights=weights, convention="keras", seeds=1).rows[0])
    assert lives[0].half_life > 2 * lives[1].half_life


def test_the_spectral_radius_of_pytorchs_start_is_one_over_the_root_of_3() -> None:
    (row,) = li.memory(li.Layer("rnn", 128, 3, timesteps=2), start="pytorch").rows
    assert row.radius == pytest.approx(3**-0.5, rel=0.08)


def test_a_sigmoid_cell_decays_within_pascanus_bound_and_a_tanh_cell_has_none() -> None:
    sigmoid = li.Layer("rnn", 32, 3, activation="sigmoid")
    tanh, bounded = li.memory(li.Layer("rnn", 32, 3), sigmoid).rows
    assert tanh.bound == inf
    assert bounded.bound == pytest.approx(0.5)
    assert bounded.half_life < bounded.bound


def test_a_half_life_ends_where_nothing_is_left() -> None:
    assert half_life_of(numpy.array([0.0, 0.0, 0.0, -inf])) == 3


@pytest.mark.parametrize(
    ("layers", "options", "words"),
    [
        ((), {}, "memory needs a layer"),
        ((li.Layer("lstm", 4, 3, layers=2, bidirectional=True),), {}, "a stack of two directions"),
        ((li.Layer("lstm", "u", 3),), {}, "Give whole numbers for all sizes"),
        ((li.Layer("lstm", 300, 3, layers=2),), {}, "the states have 1,200 numbers"),
        ((li.Layer("lstm", 4, 3, timesteps=1),), {}, "needs 2 to 2,000 timesteps, got 1"),
        ((li.Layer("lstm", 4, 3),), {"seeds": 0}, "seeds must be"),
        ((li.Layer("lstm", 4, 3),), {"seeds": 101}, "at most 100, got 101"),
        ((li.Layer("lstm", 4, 3),), {"start": "kears"}, "Did you mean 'keras'"),
        ((li.Layer("lstm", 4, 3),), {"convention": "keras"}, "whose the weights are"),
        ((li.Layer("lstm", 4, 3),), {"weights": [], "start": "keras"}, "need no start"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    layers: tuple[li.Layer, ...], options: dict[str, object], words: str
) -> None:
    with pytest.raises(li.OptionError, match=words):
        li.memory(*layers, **options)


def test_the_layer_of_a_file_is_measured_with_its_weights(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = one_way()
    assert main(["memory", file.place, "--format", "csv"]) == 0
    (layer,) = file.layers
    found = li.memory(layer.layer, weights=layer.weights(), convention=layer.convention)
    assert found.rows[0].start == "given"
    assert capsys.readouterr().out == li.render(found, "csv") + "\n"


def test_a_file_is_followed_over_as_many_steps_as_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["memory", model_file().place, "--timesteps", "7", "--seeds", "1"]) == 0
    assert "on 3 features, 7 steps" in capsys.readouterr().out


def test_a_layer_of_no_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "--units", "4", "--features", "3", "--layer", "lstm"]) == 2
    assert "--layer names a layer of a file" in capsys.readouterr().err


def test_each_of_two_directions_has_the_memory_of_a_layer_with_its_weights() -> None:
    both = li.Layer("lstm", 4, 3, bidirectional=True, timesteps=9)
    weights = li.random_weights(both, "keras", dtype="f8")
    rows = li.memory(both, weights=weights, convention="keras", seeds=2).rows
    assert [row.direction for row in rows] == ["forward", "backward"]
    for row in rows:
        own = [each for name, each in weights.items() if name.startswith(row.direction)]
        one = li.Layer("lstm", 4, 3, timesteps=9)
        (wanted,) = li.memory(one, weights=own, convention="keras", seeds=2).rows
        assert row.half_life == pytest.approx(wanted.half_life)
    assert rows[0].half_life != pytest.approx(rows[1].half_life)


@pytest.mark.parametrize("name", ["lstm", "gru", "projected"])
def test_the_jacobian_of_a_stack_is_that_of_differences_of_a_run(name: str) -> None:
    cell = li.cells.get(name)
    layer = li.Layer(
        cell, 4, 3, layers=2, return_state=True, extra=dict.fromkeys(cell.own_sizes, 2)
    )
    weights = li.random_weights(layer, "equations", dtype="f8")
    found, taken = measured(layer, 1, seed=5)
    sizes = [shape[1] for shape in layer.state_shapes.values()]
    ends = numpy.cumsum(sizes)[:-1]

    def after(flat: numpy.ndarray) -> numpy.ndarray:
        states = numpy.split(flat[None], ends, axis=1)
        x = taken[0].inputs["x"][None]
        _, *last = li.run(layer, weights, x, states, convention="equations")
        return numpy.concatenate([each[0] for each in last])

    rows = numpy.eye(sum(sizes)) * 1e-6
    differences = [(after(row) - after(-row)) / 2e-6 for row in rows]
    numpy.testing.assert_allclose(found.every[0], numpy.array(differences).T, atol=1e-8)


def test_the_second_layer_of_a_stack_reads_what_the_first_gives() -> None:
    layer = replace(small("gru", 4), layers=2, return_sequences=True)
    weights = li.random_weights(layer, "equations", dtype="f8")
    _, taken = measured(layer, 4)
    output = li.run(layer, weights, taken[0].inputs["x"][None], convention="equations")
    numpy.testing.assert_allclose(taken[1].lines["h"], output[0])


def test_nothing_travels_entry_by_entry_from_one_layer_of_a_stack_to_another() -> None:
    found, _ = measured(small("lstm"), 3)
    stack, _ = measured(replace(small("lstm"), layers=2), 3)
    assert not stack.elementwise[:, 8:, :8].any()
    assert stack.every[:, 8:, :8].all()
    assert not stack.every[:, :8, 8:].any()
    assert stack.elementwise.shape == (3, 2 * found.every.shape[1], 2 * found.every.shape[1])


def test_a_stack_keeps_longer_than_its_first_layer() -> None:
    one = li.Layer("lstm", 16, 3, timesteps=60)
    alone, stack = li.memory(one, replace(one, layers=2), seeds=3).rows
    assert stack.half_life > alone.half_life


def test_the_curves_of_a_memory_begin_at_all_of_it() -> None:
    layer = li.Layer("lstm", 4, 3, timesteps=9)
    figure = li.plot(li.memory(layer, start=["keras", "flax"], seeds=1))
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 9]
    assert [line.get_ydata()[0] for line in lines] == [100, 100]
    assert "lstm, flax" in li.render(li.memory(layer, start="flax", seeds=1), "svg")
