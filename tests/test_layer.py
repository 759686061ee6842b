"""Layer: shapes exactly as Keras gives them, laws over every cell, and options that clash."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sizes import fitting

from lstminspect import (
    Cell,
    Layer,
    OptionError,
    SizeError,
    UnknownCell,
    UnknownConvention,
    cells,
    conventions,
    report,
)
from lstminspect.formula import written
from lstminspect.layer import MERGE_MODES

CONFIGURATIONS = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(cells.names()),
        "units": st.integers(1, 75).map(lambda quarter: 4 * quarter),
        "features": st.integers(1, 300),
        "timesteps": st.none() | st.integers(1, 50),
        "batch": st.integers(1, 50),
        "use_bias": st.booleans(),
        "return_sequences": st.booleans(),
        "return_state": st.booleans(),
        "go_backwards": st.booleans(),
        "stateful": st.booleans(),
        "bidirectional": st.booleans(),
        "merge_mode": st.sampled_from(MERGE_MODES[:4]),
        "layers": st.integers(1, 4),
    }
)


def built(options: dict[str, Any]) -> Layer:
    if not options["bidirectional"]:
        options = options | {"merge_mode": "concat"}
    cell = cells.get(options["cell"])
    options = options | fitting(cell, options["units"], options["features"])
    if "x" in cell.declared and options["bidirectional"] and options["merge_mode"] == "concat":
        options["merge_mode"] = "sum"
    return Layer(**options)


def test_the_figures_of_the_lecture() -> None:
    echo = Layer("lstm", units=25, features=10, timesteps=5)
    assert echo.parameters == 3600
    assert echo.output_shapes == ((None, 25),)
    verification = Layer(
        "lstm", units=64, features=3, timesteps=30, return_sequences=True, return_state=True
    )
    assert verification.parameters == 17408
    assert verification.output_shapes == ((None, 30, 64), (None, 64), (None, 64))
    assert Layer("lstm", units=4, features=8, timesteps=10, batch=32).output_shapes == ((32, 4),)
    assert Layer("lstm", units=3, features=10, timesteps=2, batch=8).output_shapes == ((8, 3),)
    assert Cell("h = W_h @ x + b_h").count(units=10, features=25) == 260


def test_the_gru_with_reset_after_and_before() -> None:
    options = {"units": 32, "features": 16, "bidirectional": True}
    assert Layer("gru", **options).parameters == 9600
    assert Layer("gru", reset_after=False, **options).parameters == 9408
    assert Layer("gru_reset_before", reset_after=True, **options).parameters == 9600
    assert Layer("gru", reset_after=False, **options) == Layer(
        "gru_reset_before", reset_after=False, **options
    )


# Measured with Keras 3.15.1: Bidirectional(LSTM(4, return_sequences=True)) on (None, None, 3).
@pytest.mark.parametrize(
    ("merge_mode", "outputs"),
    [
        ("concat", ((None, None, 8),)),
        ("sum", ((None, None, 4),)),
        ("mul", ((None, None, 4),)),
        ("ave", ((None, None, 4),)),
        (None, ((None, None, 4), (None, None, 4))),
    ],
)
def test_bidirectional_outputs_merge_and_states_never_do(
    merge_mode: str | None, outputs: tuple[object, ...]
) -> None:
    layer = Layer("lstm", 4, 3, bidirectional=True, merge_mode=merge_mode, return_sequences=True)
    assert layer.output_shapes == outputs
    with_states = replace(layer, return_state=True)
    assert with_states.output_shapes == outputs + ((None, 4),) * 4
    assert list(with_states.state_shapes) == ["forward/h", "forward/c", "backward/h", "backward/c"]


def test_published_shapes() -> None:
    assert Layer("lstm", 4, 32, timesteps=75).output_shapes == ((None, 4),)
    assert Layer("lstm", 4, 32, 75, return_sequences=True).output_shapes == ((None, 75, 4),)
    assert Layer("lstm", 5, 20, 10, return_sequences=True).output_shapes == ((None, 10, 5),)
    layer = Layer("lstm", 256, 128, 50, 32, bidirectional=True, return_sequences=True)
    assert layer.output_shapes == ((32, 50, 512),)


def test_a_stack_returns_the_states_of_every_layer() -> None:
    layer = Layer("gru", 4, 3, timesteps=7, batch=2, layers=2, return_state=True)
    assert layer.output_shapes == ((2, 4), (2, 4), (2, 4))
    assert layer.state_shapes == {"layer_1/h": (2, 4), "layer_2/h": (2, 4)}


def test_a_layer_above_takes_the_merged_width() -> None:
    for merge_mode, width in [("concat", 8), ("sum", 4), ("mul", 4), ("ave", 4)]:
        layer = Layer("rnn", 4, 3, layers=2, bidirectional=True, merge_mode=merge_mode)
        shapes = {weight.name: weight.shape for weight in layer.weights}
        assert shapes["layer_2/backward/kernel"] == (width, 4)


@given(CONFIGURATIONS)
def test_the_weights_add_up_to_the_count_under_every_convention(options: dict[str, Any]) -> None:
    layer = built(options)
    for convention in conventions.CONVENTIONS:
        if layer.why_unsupported(convention):
            continue
        weights = layer.weights_in(convention)
        count = layer.parameters_in(convention)
        assert sum(weight.parameters for weight in weights) == count
        assert sum(int(numpy.prod(weight.shape)) for weight in weights) == count
        assert len({weight.name for weight in weights}) == len(weights)
        formula = written(layer.formula(convention)).replace("·", "*")
        assert sympy.sympify(formula).subs(layer.sizes) == count


@given(CONFIGURATIONS)
def test_time_batch_and_what_is_returned_never_change_the_count(options: dict[str, Any]) -> None:
    plain = {name: options[name] for name in ("cell", "units", "features", "use_bias", "layers")}
    plain |= {name: options[name] for name in ("bidirectional", "merge_mode")}
    bare = built(plain)
    assert built(options).parameters == bare.parameters
    for options["timesteps"] in (None, 1, 1000):
        assert built(options).parameters == bare.parameters


@given(CONFIGURATIONS)
def test_outputs_follow_the_options(options: dict[str, Any]) -> None:
    layer = built(options)
    first, *states = layer.output_shapes
    concatenated = layer.bidirectional and layer.merge_mode == "concat"
    assert first[0] == layer.batch
    assert first[-1] == layer.sizes[layer.cell.width] * (2 if concatenated else 1)
    assert len(first) == (3 if layer.return_sequences else 2)
    assert states == (list(layer.state_shapes.values()) if layer.return_state else [])
    per_direction = len(layer.cell.states) * layer.layers
    assert len(layer.state_shapes) == per_direction * layer.directions


@given(CONFIGURATIONS)
def test_two_directions_cost_twice_and_one_more_unit_costs_more(options: dict[str, Any]) -> None:
    more = options | {"bidirectional": False, "layers": 1}
    one = built(more)
    both = built(more | {"bidirectional": True, "merge_mode": "sum"})
    assert both.parameters == 2 * one.parameters
    assert built(more | {"units": one.units + 4}).parameters > one.parameters
    wider = built(more | {"features": one.features + 1})
    assert wider.parameters > one.parameters or wider.features == wider.units


@given(CONFIGURATIONS)
def test_letters_stand_for_any_numbers(options: dict[str, Any]) -> None:
    layer = built(options)
    lettered = built(options | {"units": "u", "features": "f"})
    numbers = {"u": layer.units, "f": layer.features}
    assert lettered.parameters.subs(numbers) == layer.parameters
    for ours, theirs in zip(lettered.output_shapes, layer.output_shapes, strict=True):
        assert [getattr(s, "subs", lambda _, s=s: s)(numbers) for s in ours] == list(theirs)


def test_a_stack_counts_the_first_layer_and_the_ones_above() -> None:
    layer = Layer("lstm", units=64, features=3, layers=3)
    first, above = 4 * (64 * (64 + 3) + 64), 4 * (64 * (64 + 64) + 64)
    assert layer.parameters == first + 2 * above
    assert Layer("lstm", units=64, features=3, layers=1000).parameters == first + 999 * above


CLASHES = [
    ({"stateful": True}, OptionError, r"stateful layer keeps one state .* Give a batch"),
    ({"merge_mode": "sum"}, OptionError, r"merges two directions, and there is one"),
    ({"merge_mode": None}, OptionError, r"merges two directions, and there is one"),
    ({"bidirectional": True, "merge_mode": "add"}, OptionError, r"got 'add'"),
    ({"bidirectional": True, "merge_mode": "Sum"}, OptionError, r"Did you mean 'sum'"),
    ({"bidirectional": True, "merge_mode": None, "layers": 2}, OptionError, r"two sequences"),
    ({"layers": 0}, SizeError, r"layers must be a positive whole number, got 0"),
    ({"layers": 2.0}, SizeError, r"got 2\.0\. Write 2"),
    ({"layers": True}, SizeError, r"got True"),
    ({"layers": "n"}, SizeError, r"layers must be a whole number"),
    ({"layers": numpy.array([1, 2])}, SizeError, r"layers must be a whole number"),
    ({"layers": 1001}, SizeError, r"at most 1,000, got 1,001"),
    ({"use_bias": 1}, OptionError, r"use_bias must be True or False, got 1"),
    ({"return_state": "yes"}, OptionError, r"return_state must be True or False"),
    ({"reset_after": True}, OptionError, r"option of gru and gru_reset_before, not of lstm"),
    ({"reset_after": 1}, OptionError, r"reset_after must be True or False"),
    ({"timesteps": 0}, SizeError, r"timesteps must be a positive whole number, got 0"),
    ({"batch": -1}, SizeError, r"batch must be .*Did you mean 1"),
    ({"hidden_size": 3}, OptionError, r"units=4 and hidden_size=3 are two values of"),
    ({"num_layer": 3}, OptionError, r"Did you mean 'num_layers'"),
    ({"return_sequence": True}, OptionError, r"Did you mean 'return_sequences'"),
    ({"colour": 3}, OptionError, r"a layer of lstm has no option 'colour'. The options are units"),
    ({"units": None}, SizeError, r"units is missing"),
]


@pytest.mark.parametrize(("options", "error", "match"), CLASHES)
def test_options_that_do_not_fit_are_refused(
    options: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        Layer("lstm", **({"units": 4, "features": 3} | options))


def test_reset_after_never_replaces_equations_of_ones_own() -> None:
    own = Cell("h = tanh(W_h @ x)", name="gru")
    assert Layer(own, 4, 3).parameters == 12
    for reset_after in (True, False):
        with pytest.raises(OptionError, match="reset_after is an option of gru"):
            Layer(own, 4, 3, reset_after=reset_after)


def test_an_array_of_sizes_is_the_layers_own() -> None:
    units = numpy.array([4, 5])
    layer = Layer("lstm", units, 3)
    before = layer.parameters.tolist()
    units[0] = 1000
    assert layer.parameters.tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        layer.units[0] = 7


def test_an_empty_name_is_no_default() -> None:
    for convention in ("", None, 3):
        with pytest.raises(UnknownConvention, match="no convention called"):
            Layer("lstm", 4, 3).parameters_in(convention)  # type: ignore[arg-type]
    with pytest.raises(UnknownConvention, match="no convention called ''"):
        report(Layer("lstm", 4, 3), "")
    for name in ("", None, [], 5):
        with pytest.raises(UnknownCell, match="no cell called"):
            cells.get(name)  # type: ignore[arg-type]


def test_a_cell_must_be_a_name_or_a_cell() -> None:
    with pytest.raises(OptionError, match="cell must be a name or a Cell, got 3"):
        Layer(3, units=4, features=3)  # type: ignore[arg-type]


def test_a_cell_of_ones_own_counts_by_its_equations() -> None:
    layer = Layer(Cell("h = tanh(W_h @ x + a_h * h + b_h)"), units=64, features=3)
    assert layer.convention == "equations"
    assert layer.parameters == 64 * 3 + 64 + 64
    assert [weight.name for weight in layer.weights] == ["W_h", "a_h", "b_h"]
    with pytest.raises(
        UnknownConvention, match=r"Keras does not store these equations. This layer .* by equations"
    ):
        layer.parameters_in("keras")


def test_a_name_alone_does_not_make_a_cell_keras_own() -> None:
    impostor = Cell("h = tanh(W_h @ x)", name="lstm")
    assert Layer(impostor, units=2, features=3).convention == "equations"


def test_a_layer_can_be_pickled_compared_and_shown() -> None:
    layer = Layer("gru", units=4, features=3, bidirectional=True)
    assert pickle.loads(pickle.dumps(layer)) == layer
    assert "<table>" in layer._repr_html_()
    with pytest.raises(AttributeError):
        layer.units = 5  # type: ignore[misc]


def test_the_gates_of_a_tensor_stand_in_the_order_of_storage() -> None:
    kernel, recurrent, bias = Layer("lstm", 4, 3).weights
    assert kernel.gates == recurrent.gates == bias.gates == ("i", "f", "g", "o")
    projection = Layer("projected", 4, 3, projection=2).weights_in("pytorch")[-1]
    assert projection.gates == ("P",)


def test_a_cell_that_adds_its_input_to_its_state_says_what_features_are() -> None:
    assert Layer("sru", 4).features == 4
    assert Layer("sru", 4, 4) == Layer("sru", 4)
    assert Layer("sru", 4, layers=2, bidirectional=True, merge_mode="sum").parameters
    assert Layer("sru", numpy.array([4, 5]), numpy.array([4, 5])).parameters.shape == (2,)


def test_concatenation_is_the_first_mode_and_none_the_last() -> None:
    assert MERGE_MODES == ("concat", "sum", "mul", "ave", None)


@pytest.mark.parametrize(("convention", "name"), [("onnx", "cifg"), ("haiku", "gru_reset_before")])
def test_a_gate_stored_as_its_negative_needs_the_sigmoid(convention: str, name: str) -> None:
    said = Layer(name, 4, 3, recurrent_activation="sigmoid")
    assert said.parameters_in(convention) == Layer(name, 4, 3).parameters_in(convention)
    other = Layer(name, 4, 3, recurrent_activation="hard_sigmoid")
    assert other.why_unsupported(convention)


@pytest.mark.parametrize("name", ["nn.LSTM", "torch.nn.GRU", "nnx.LSTMCell"])
def test_sizes_without_names_are_refused_where_a_class_has_them_in_the_other_order(
    name: str,
) -> None:
    with pytest.raises(OptionError, match=r"features first.*input_size=3, hidden_size=64"):
        Layer(name, 3, 64)
    layer = Layer(name, input_size=3, hidden_size=64)
    assert (layer.units, layer.features) == (64, 3)
    assert Layer("keras.layers.LSTM", 64, 3).units == 64
