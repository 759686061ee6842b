"""Shapes of stored tensors, and of data that a model refuses: what is advised is taken."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstminspect import Layer, cells, conventions, explain
from lstminspect.explanations.tensors import Stored, stored_as

CELLS = sorted({*conventions.get("keras").cells, *conventions.get("pytorch").cells})
STORED = [
    (cell, convention)
    for cell in CELLS
    for convention in conventions.EVERY
    if convention != "equations"
    and not conventions.get(convention).why_unsupported(cells.get(cell))
]


def layer_of(cell: str, units: int, features: int) -> Layer:
    own = {name: max(1, units // 3) for name in cells.get(cell).own_sizes}
    return Layer(cell, units, features, **own)


@pytest.mark.parametrize(("cell", "convention"), STORED)
@given(units=st.integers(2, 300), features=st.integers(1, 300))
@settings(max_examples=8, deadline=None)
def test_every_stored_tensor_is_known_by_its_shape(
    cell: str, convention: str, units: int, features: int
) -> None:
    layer = layer_of(cell, units, features)
    for weight in layer.weights_in(convention):
        if (cell, convention, weight.name) == ("projected", "tf1", "kernel"):
            continue  # Its height is features + projection: one number does not say both.
        assert any(
            each.cell == cell
            and each.sizes.items() <= layer.sizes.items()
            and any(name == convention and short(weight.name) in map(short, tensors)
                    for name, tensors in each.where)
            for each in stored_as(weight.shape)
        ), weight  # fmt: skip


def short(name: str) -> str:
    return name.rpartition("cell/")[2].rpartition("layer_1/")[2]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=3).map(tuple))
@settings(max_examples=60, deadline=None)
def test_every_layer_that_is_named_stores_the_shape(shape: tuple[int, ...]) -> None:
    for each in stored_as(shape):
        sizes = {"units": 400, "features": 7} | each.sizes
        own = dict.fromkeys(cells.get(each.cell).own_sizes, 1)
        layer = Layer(each.cell, **own | sizes)
        for convention, _ in each.where:
            assert shape in [weight.shape for weight in layer.weights_in(convention)], each


def whats(text: str) -> list[str]:
    return [finding.what for finding in explain(text).findings]


SHAPES = {
    "(256, 64)": "a weight of LSTM(64)",
    "(3, 256)": "a weight of LSTM(64) on 3 features",
    "(2, 96)": "a bias of GRU(32)",
    "(30, 3)": "the input of one sequence, without the axis of the batch",
    "(17152,)": "all weights of LSTM(64) on 3 features, without bias in one vector",
    "(1, 256, 3)": "a weight of LSTM(64) on 3 features",
    "(67, 256)": "a weight of LSTM(64) on 3 features",
    "(4, 32, 64)": "a state of PyTorch: h_n of hidden_size 64",
}


@pytest.mark.parametrize("text", SHAPES)
def test_a_shape_of_a_weight_or_an_input_is_named(text: str) -> None:
    assert SHAPES[text] in whats(text)


@pytest.mark.parametrize("text", ["(None, 30, 64)", "(None, None, 64)", "(2, None, 64)", "(None,)"])
def test_a_shape_with_none_is_no_state_of_pytorch_and_no_weight(text: str) -> None:
    assert not [what for what in whats(text) if "PyTorch" in what or "weight" in what]


def test_two_shapes_of_one_tensor_name_the_two_layers() -> None:
    for text in ("(2, 96) (96,)", "[(96,), (2, 96)]"):
        (finding,) = explain(text).findings
        assert "GRU(32)" in finding.what
        assert "reset_after=True" in finding.why
    first = explain("(512, 128) (384, 128)").findings[0]
    assert first.what == "weight_hh_l0 of PyTorch: LSTM(128) against GRU(128)"
    for built, saved, given_by in (("(2, 96)", "(96,)", "False"), ("(96,)", "(2, 96)", "True")):
        for text in (
            f"Layer gru weight shape {built} is not compatible with provided weight shape {saved}.",
            f"variable.shape={built}, Received: value.shape={saved}. Target variable: x",
            f"Weight expects shape {built}. Received saved weight with shape {saved}",
        ):
            found = explain(text)
            assert found.answer.startswith(f"{saved} is given where {built} fits: reset_after is")
            assert found.findings[0].what == f"reset_after={given_by}"


@given(st.integers(1, 99), st.integers(1, 99), st.booleans())
@settings(max_examples=40, deadline=None)
def test_exchanged_axes_are_called_transposed(units: int, features: int, torch: bool) -> None:
    rows, columns = 4 * units, features
    if rows == columns:
        return
    if torch:
        text = (
            "size mismatch for a.weight_ih_l0: copying a param with shape "
            f"torch.Size([{columns}, {rows}]) from checkpoint, the shape in current model is "
            f"torch.Size([{rows}, {columns}])"
        )
    else:
        text = (
            f"Layer lstm weight shape ({columns}, {rows}) is not compatible with provided weight "
            f"shape ({rows}, {columns})."
        )
    found = explain(text)
    assert found.findings[0].what == "the weights are transposed: pass x.T"
    assert "PyTorch" in found.findings[0].why
    wanted = "'keras', 'pytorch'" if torch else "'pytorch', 'keras'"
    assert wanted in found.findings[1].what


sizes = st.sampled_from([1, 2, 3, 5, 8, 30, 40, 240])


@given(
    st.tuples(st.none() | sizes, st.none() | sizes, st.none() | sizes),
    st.lists(sizes, min_size=1, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_data_changed_as_advised_are_taken(wanted: tuple[int | None, ...], got: list[int]) -> None:
    shape = f"({', '.join(map(str, got))})"
    text = f"Expected shape {wanted}, but input has incompatible shape {shape}"
    for what in whats(text):
        if what.startswith("x"):
            changed = eval(what, {"x": np.zeros(got)}).shape
            assert len(changed) == 3, what
            assert all(size in (None, here) for size, here in zip(wanted, changed, strict=True))
    if wanted[1:] == tuple(got) and wanted[0] in (None, 1):
        assert whats(text)[0] == "x[None]"


def test_data_of_another_length_are_cut_into_windows() -> None:
    text = "Expected shape (None, 30, 8), but input has incompatible shape "
    assert whats(f"{text}(500, 8)")[0] == "cut the data into windows of 30 rows"
    assert whats(f"{text}(500, 45, 8)")[1] == "build the model on keras.Input((None, 8))"
    assert whats(f"{text}(2, 30, 9)") == [
        "axis 2: 8, not 9",
        "make the input (None, 30, 8)",
    ]


def test_return_sequences_comes_first_while_a_model_is_built() -> None:
    below = "return_sequences=True on the layer below"
    assert whats("expected ndim=3, found ndim=2. Full shape received: (None, 25)")[0] == below
    assert whats("expected ndim=3, found ndim=2. Full shape received: (32, 25)")[3] == below
    assert whats("expected ndim=3, found ndim=2")[3] == below


def test_an_axis_is_dropped_only_where_it_is_one() -> None:
    text = "expected ndim=3, found ndim=4. Full shape received: "
    assert whats(f"{text}(None, 1, 30, 8)")[0] == "x.squeeze(1)"
    assert whats(f"{text}(32, 30, 8, 1)")[0] == "x.squeeze(3)"
    assert whats(f"{text}[None, 100, 10, 32]")[0] == "keras.Input(x.shape[1:])"
    assert whats(f"{text}(9, 100, 10, 32)") == ["x.reshape(batch, timesteps, -1)"]
    assert "x[:, None]" in whats("expected ndim=5, found ndim=4")


def test_nothing_advises_what_keras_warns_of() -> None:
    for text in ("expected ndim=3, found ndim=2. Full shape received: (32, 25)",
                 "input.size(-1) must be equal to input_size. Expected 10, got 8"):  # fmt: skip
        assert not re.search("input_shape", " ".join(whats(text)))


def test_a_line_that_checks_a_tensor_prints_its_shape(capsys: pytest.CaptureFixture[str]) -> None:
    from lstminspect.cli.main import main

    def checked(each: Stored) -> str:
        assert main(each.check.split()[1:]) == 0
        return capsys.readouterr().out

    for shape in ((256, 64), (3, 256), (2, 96), (1, 256, 3), (67, 256), (96,)):
        lines = [each for each in stored_as(shape) if each.check]
        assert lines
        for each in lines:
            assert str(shape) in checked(each)


@pytest.mark.parametrize(
    ("shape", "first"),
    [
        ("(256, 64)", "a weight of LSTM(64)"),
        ("(3, 256)", "a weight of LSTM(64) on 3 features"),
        ("(2, 96)", "a bias of GRU(32)"),
        ("(30, 3)", "the input of one sequence, without the axis of the batch"),
        ("(None, 30, 64)", "the output of a layer of 64 units with return_sequences"),
        ("(None, 64)", "the output of a layer of 64 units without return_sequences"),
        ("(32, 64)", "the output of a layer of 64 units without return_sequences"),
    ],
)
def test_the_most_likely_meaning_of_a_shape_comes_first(shape: str, first: str) -> None:
    findings = explain(shape).findings
    assert findings[0].what == first
    assert len({finding.what for finding in findings}) == len(findings)


def test_an_output_without_time_says_what_a_recurrent_layer_behind_it_needs() -> None:
    assert "set return_sequences=True" in explain("(None, 64)").findings[0].why
