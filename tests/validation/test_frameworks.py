"""The reference against PyTorch, ONNX Runtime and Flax: samples of what `validate` sweeps."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy
import pytest

from lstminspect import Layer, OptionError, UnknownConvention, cells, conventions
from lstminspect.cli.main import main
from lstminspect.conventions.convention import Convention, PackedTensor
from lstminspect.runtime.onnx_node import run_node
from lstminspect.validation.cases import FRAMEWORKS, CallOptions, case_of, random_cases
from lstminspect.validation.validate import command, validate, validate_course

MODULES = {
    "keras": "keras",
    "pytorch": "torch",
    "onnx": "onnxruntime",
    "flax": "flax",
    "nnx": "flax",
    "torchrecurrent": "torchrecurrent",
}
SAMPLES = {"pytorch": 100, "onnx": 100, "flax": 6, "nnx": 6, "torchrecurrent": 70}


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")
@pytest.mark.parametrize("framework", SAMPLES)
def test_random_layers_agree(framework: str) -> None:
    pytest.importorskip(MODULES[framework])
    for layer, calling, seed in random_cases(SAMPLES[framework], 7, framework):
        assert validate(layer, framework, seed, calling).differences == ()


@pytest.mark.parametrize("framework", ["pytorch", "onnx"])
def test_random_cases_cover_every_option(framework: str) -> None:
    pytest.importorskip(MODULES[framework])
    cases = list(random_cases(300, 0, framework))
    layers = [layer for layer, _, _ in cases]
    assert {layer.cell.name for layer in layers} == set(conventions.get(framework).cells)
    assert {layer.bidirectional for layer in layers} == {True, False}
    assert {layer.layers for layer in layers} == {1, 2, 3}
    options = {"pytorch": ["unbatched", "time_major"], "onnx": ["keep_order"]}[framework]
    for option in ["lengths", "initial_state", *options]:
        assert {getattr(calling, option) for _, calling, _ in cases} == {True, False}
    if framework == "onnx":
        assert {layer.go_backwards for layer in layers} == {True, False}
        assert {layer.clip for layer in layers} == {None, 0.5, 2.0}
        assert {layer.output_activation for layer in layers} > {"scaled_tanh(0.8, 1.3)"}
    else:
        assert {calling.dtype for _, calling, _ in cases} == {"float32", "float64"}


@pytest.fixture
def broken() -> Iterator[Any]:
    """A function that puts another Convention in place of a framework's, for one test."""
    from importlib import import_module

    kept: list[tuple[dict[str, Convention], str, Convention]] = []

    def put(framework: str, layout: Convention) -> None:
        file = "flax" if framework in ("flax", "nnx") else framework
        table = import_module(f"lstminspect.conventions.{file}").TABLES
        kept.append((table, framework, table[framework]))
        table[framework] = layout

    yield put
    for table, framework, whole in kept:
        table[framework] = whole


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("framework", [name for name in FRAMEWORKS if name != "torchrecurrent"])
def test_two_gates_exchanged_in_a_table_are_seen(framework: str, cell: str, broken: Any) -> None:
    pytest.importorskip(MODULES[framework])
    whole = conventions.get(framework)
    names = {"f": "o", "o": "f"} if cell == "lstm" else {"z": "r", "r": "z"}

    def exchanged(stack: PackedTensor) -> PackedTensor:
        blocks = tuple(each[:-1] + names.get(each[-1], each[-1]) for each in stack.blocks)
        return replace(stack, blocks=blocks)

    broken(
        framework,
        replace(whole, cells={**whole.cells, cell: tuple(map(exchanged, whole.cells[cell]))}),
    )
    found = validate(Layer(cell, units=4, features=3), framework)
    assert [check.what for check in found.differences] == ["values 1"]


@pytest.mark.parametrize("framework", [name for name in FRAMEWORKS if name != "torchrecurrent"])
def test_the_course_runs_in_every_framework(framework: str) -> None:
    pytest.importorskip(MODULES[framework])
    found = list(validate_course(framework))
    assert len(found) >= 4
    assert not [each.differences for each in found if not each.agrees]


def test_every_recurrent_node_test_of_onnx_passes() -> None:
    pytest.importorskip("onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        cases = collect_testcases("")
    seen = 0
    for case in cases:
        node = case.model.graph.node[0]
        if node.op_type not in ("LSTM", "GRU", "RNN"):
            continue
        names = [each.name for each in case.model.graph.input]
        outputs = [each.name for each in case.model.graph.output]
        for given, expected in case.data_sets:
            by_name = dict(zip(names, given, strict=True))
            found = run_node(node, [by_name[name] if name else None for name in node.input])
            for name, value in zip(outputs, expected, strict=True):
                ours = found[list(node.output).index(name)]
                assert ours.shape == value.shape
                numpy.testing.assert_allclose(ours, value, rtol=1e-6, atol=1e-6, err_msg=case.name)
            seen += 1
    assert seen == 18


@pytest.mark.parametrize("operator", ["LSTM", "GRU", "RNN"])
def test_a_sequence_without_steps_is_that_of_onnx_runtime(operator: str) -> None:
    pytest.importorskip("onnxruntime")
    from lstminspect.validation.onnx import node

    chance = numpy.random.default_rng(0)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[operator]
    shapes = {"X": (5, 3, 2), "W": (1, gates * 4, 2), "R": (1, gates * 4, 4)}
    shapes |= {"initial_h": (1, 3, 4)} | ({"initial_c": (1, 3, 4)} if operator == "LSTM" else {})
    inputs = {name: chance.normal(size=s).astype("float32") for name, s in shapes.items()}
    inputs["sequence_lens"] = numpy.array([2, 0, 5], "int32")
    theirs = node(operator, inputs, {"hidden_size": 4})
    for mine, other in zip(run_node(operator, inputs), theirs, strict=True):
        numpy.testing.assert_allclose(mine, other, atol=1e-6)


X, W, R = numpy.ones((2, 1, 3)), numpy.ones((1, 16, 3)), numpy.ones((1, 16, 4))

NODES = {
    "no recurrent operator called 'LSTN'": ("LSTN", {}),
    "LSTM has no attribute 'linear_before_reset'": ("LSTM", {"linear_before_reset": 1}),
    "direction must be forward, reverse or bidirectional": ("LSTM", {"direction": "up"}),
    "no activation of ONNX is called 'Tan'.*'Tanh'": ("LSTM", {"activations": ["Tan"] * 3}),
    "LSTM takes 3 activations per direction, got 2": ("LSTM", {"activations": ["Tanh"] * 2}),
    "hidden_size is 5, and R has 4 columns": ("LSTM", {"hidden_size": 5}),
    "layout must be 0 or 1, got 2": ("LSTM", {"layout": 2}),
}


@pytest.mark.parametrize("message", NODES)
def test_a_node_that_is_not_known_is_refused_by_name(message: str) -> None:
    operator, attributes = NODES[message]
    with pytest.raises(OptionError, match=message):
        run_node(operator, {"X": X, "W": W, "R": R}, attributes)


def test_directions_with_different_activations_are_refused() -> None:
    inputs = {"X": X, "W": numpy.ones((2, 4, 3)), "R": numpy.ones((2, 4, 4))}
    options = {"direction": "bidirectional", "activations": ["Tanh", "Relu"]}
    with pytest.raises(OptionError, match="both directions of a layer here have the same"):
        run_node("RNN", inputs, options)


REFUSED: dict[str, tuple[str, Layer, CallOptions]] = {
    "PyTorch takes lengths": ("pytorch", Layer("lstm", 4, 3), CallOptions(mask=True)),
    "Keras takes a mask": ("keras", Layer("lstm", 4, 3), CallOptions(lengths=True)),
    "always takes a batch": ("onnx", Layer("lstm", 4, 3), CallOptions(unbatched=True)),
    "float32 alone": ("onnx", Layer("lstm", 4, 3), CallOptions(time_major=True, dtype="float64")),
    "PyTorch concatenates": (
        "pytorch",
        Layer("lstm", 4, 3, bidirectional=True, merge_mode="sum"),
        CallOptions(),
    ),
    "PyTorch runs lstm with tanh, not": (
        "pytorch",
        Layer("lstm", 4, 3, activation="relu"),
        CallOptions(),
    ),
    "Keras runs lstm without a clip": ("keras", Layer("lstm", 4, 3, clip=3.0), CallOptions()),
    "constants of gelu in float32": (
        "keras",
        Layer("lstm", 4, 3, activation="gelu"),
        CallOptions(dtype="float64"),
    ),
    "dtype must be float32 or float64": ("keras", Layer("lstm", 4, 3), CallOptions(dtype="int8")),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_a_framework_has_not_is_refused(message: str) -> None:
    framework, layer, calling = REFUSED[message]
    pytest.importorskip(MODULES[framework])
    with pytest.raises((OptionError, UnknownConvention), match=message):
        case_of(layer, framework, 0, calling)


def test_a_negative_place_needs_a_sigmoid() -> None:
    layer = Layer("cifg", 4, 3, recurrent_activation="hard_sigmoid")
    assert "sigmoid(-v) for 1 - sigmoid(v)" in layer.why_unsupported("onnx")
    assert not Layer("cifg", 4, 3).why_unsupported("onnx")


def test_the_command_of_a_case_says_everything() -> None:
    layer = Layer("projected", 8, 3, projection=2, activation="leaky_relu(0.1)", layers=2)
    calling = CallOptions(lengths=True, dtype="float64")
    assert command(layer, "pytorch", 7, calling) == (
        "lstminspect validate --framework pytorch --cell projected --units 8 --features 3 "
        "--layers 2 --activation 'leaky_relu(0.1)' --size projection=2 --lengths --dtype float64 "
        "--seed 7"
    )


def test_every_framework_stores_cells_of_the_catalogue() -> None:
    for framework in FRAMEWORKS:
        assert set(conventions.get(framework).cells) <= set(cells.names())


def test_validate_says_the_difference_and_what_is_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("torch")
    line = "validate --framework pytorch --cell gru --units 4 --features 3 --lengths --seed 3"
    assert main(line.split()) == 0
    out = capsys.readouterr().out
    assert "Outputs and states differ by at most" in out
    assert "1e-6 (2 + timesteps) in float32" in out
    assert main([*line.split(), "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert found["framework"].startswith("PyTorch 2")
    assert found["command"] == f"lstminspect {line}"
    (values,) = [check for check in found["checks"] if check["what"] == "values 1"]
    assert 0 <= values["difference"] < values["allowed"] == pytest.approx(5e-6)


def test_a_layer_says_its_activations(capsys: pytest.CaptureFixture[str]) -> None:
    line = "--units 4 --features 3 --activation leaky_relu(0.1)"
    assert main(line.split()) == 0
    assert "activation leaky_relu(0.1)" in capsys.readouterr().out.splitlines()[0]
    assert main([*line.split(), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["options"]["activation"] == "leaky_relu(0.1)"
    assert main([*line.split(), "--format", "latex"]) == 0
    assert r"\mathrm{leaky\_relu}" in capsys.readouterr().out
    for bad, message in {
        "--activation relo": "no function called 'relo'. Did you mean 'relu'?",
        "--activation glu": "'glu' halves its vector",
        "--activation relu(2)": "relu takes one argument",
        "--clip -1": "clip must be above 0",
        "--clip x": "--clip takes a number",
        "--cell rnn --recurrent-activation relu": "rnn has no sigmoid in it",
    }.items():
        assert main(f"--units 4 --features 3 {bad}".split()) == 2
        assert message in capsys.readouterr().err
