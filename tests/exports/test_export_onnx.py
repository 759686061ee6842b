"""Texts of ONNX: each layer parsed, checked by ONNX, and run by ONNX Runtime."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export_c import every_cell, layer_of

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.conventions.onnx import OPERATORS
from lstminspect.exports.source import Source

HAS_ONNX = find_spec("onnx") and find_spec("onnxruntime")
CELLS = {cell.name: cell for cell in every_cell()} if HAS_ONNX else {}


def session(model: Any) -> Any:
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    return runtime.InferenceSession(model.SerializeToString(), options)


def parsed(code: li.Export) -> Any:
    model = import_module("onnx.parser").parse_model(code.text)
    import_module("onnx").checker.check_model(model, full_check=True)
    return model


def compare(layer: li.Layer, dtype: Any, bound: float) -> li.Export:
    """Run a layer from random states in ONNX Runtime and here, and compare outputs and states."""
    random = np.random.default_rng(1)
    weights = li.random_weights(layer, "equations", dtype=dtype)
    inputs = {
        each: random.normal(size=(2, 10, layer.sizes[length])).astype(dtype)
        for each, length in Source(layer, "cell", None, dtype).inputs.items()
    }
    states = [
        random.normal(size=(2, shape[-1])).astype(dtype) for shape in layer.state_shapes.values()
    ]
    code = li.export(layer, "onnx", weights, "equations", dtype)
    model = parsed(code)
    starts = [each.name for each in model.graph.input][len(inputs) :]
    given = dict(zip(starts, states, strict=True))
    returned = session(model).run(None, {**inputs, **given})
    expected = li.run(layer, weights, inputs, states, convention="equations", dtype=dtype)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for one, other in zip(returned, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=bound, atol=bound)
    return code


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_in_onnx_is_that_of_the_equations(name: str) -> None:
    # ONNX Runtime has no Erf in double.
    dtype, bound = ("float32", 2e-5) if name == "functions" else ("float64", 1e-6)
    compare(layer_of(CELLS[name], return_state=True), dtype, bound)


NODES: dict[str, dict[str, Any]] = {
    "alone": {},
    "without biases": {"use_bias": False},
    "backwards": {"go_backwards": True},
    "both directions": {"bidirectional": True},
    "three layers": {"layers": 3},
    "a stack in both directions, added": {"layers": 2, "bidirectional": True, "merge_mode": "sum"},
    "multiplied": {"bidirectional": True, "merge_mode": "mul"},
    "averaged": {"bidirectional": True, "merge_mode": "ave"},
    "an activation": {"activation": "leaky_relu(0.1)"},
    "a bound": {"clip": 0.5},
}
HELD = [cell for cell in OPERATORS if HAS_ONNX]


@pytest.mark.parametrize("cell", HELD)
@pytest.mark.parametrize("options", NODES.values(), ids=list(NODES))
def test_a_cell_that_onnx_has_is_a_node(cell: Any, options: dict[str, Any]) -> None:
    layer = li.Layer(cell, 4, 3, return_sequences=True, return_state=True, **options)
    text = compare(layer, "float32", 1e-6).text
    assert text.count(f" {OPERATORS[cell]} <hidden_size = 4") == layer.layers
    assert " Scan " not in text


STACKS: dict[str, dict[str, Any]] = NODES | {
    "both directions, the first backwards": {"bidirectional": True, "go_backwards": True},
}


@pytest.mark.parametrize("options", STACKS.values() if HAS_ONNX else [])
def test_other_layers_are_scans(options: dict[str, Any]) -> None:
    layer = li.Layer("mgu", 4, 3, return_sequences=True, return_state=True, **options)
    text = compare(layer, "float64", 1e-12).text
    assert text.count(" = Scan <") == layer.layers * layer.directions


@pytest.mark.parametrize("cell", ["lstm"] if HAS_ONNX else [])
def test_what_no_kernel_runs_is_a_scan(cell: Any) -> None:
    other = li.Cell(li.cells.get(cell).text.replace("f * c", "f * c * 0.5"), name=cell)
    for layer, dtype in (
        (li.Layer(cell, 4, 3), "float64"),
        (li.Layer(cell, 4, 3, activation="gelu"), "float32"),
        (li.Layer(cell, 4, 3, bidirectional=True, go_backwards=True), "float32"),
        (li.Layer(other, 4, 3), "float32"),
    ):
        assert " Scan " in li.export(layer, "onnx", dtype=dtype).text


@pytest.mark.parametrize("cell", ["gru", "mgu"] if HAS_ONNX else [])
@pytest.mark.parametrize("values", [True, False])
def test_the_check_of_onnx_passes_and_fails_with_other_weights(
    cell: Any, values: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    layer = li.Layer(cell, units=4, features=3, layers=2, bidirectional=True)
    weights = li.random_weights(layer)
    code = li.export(layer, "onnx", weights if values else None)
    (tmp_path / f"{cell}.onnxtxt").write_text(code.text)
    exec(compile(code.check, "check", "exec"), {})
    broken = code.text.replace("before_reset = 1", "before_reset = 0").replace("Sigmoid", "Tanh")
    (tmp_path / f"{cell}.onnxtxt").write_text(broken)
    with pytest.raises(AssertionError, match="Mismatched"):
        exec(compile(code.check, "check", "exec"), {})


@pytest.mark.parametrize("name", ["lstm.onnx"] if HAS_ONNX else [])
def test_a_file_onnx_is_the_model_of_the_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert main(f"export lstm --units 4 --features 3 --to onnx -o {path}".split()) == 0
    text = li.export(li.Layer("lstm", 4, 3), "onnx").text
    assert import_module("onnx").load(path) == import_module("onnx.parser").parse_model(text)


def test_open_sizes_and_functions_that_onnx_has_not_are_refused() -> None:
    with pytest.raises(li.SizeError, match="ONNX fixes every size, and units is u"):
        li.export(li.Layer("lstm", "u", 3), "onnx")
    with pytest.raises(li.OptionError, match=r"^sparsemax, in an equation of rnn, has no operator"):
        li.export(li.Layer("rnn", 4, 3, activation="sparsemax"), "onnx")


def test_two_sequences_and_a_second_input_of_a_stack_are_refused() -> None:
    with pytest.raises(li.OptionError, match="merge_mode None gives two"):
        li.export(li.Layer("lstm", 4, 3, bidirectional=True, merge_mode=None), "onnx")
    cell = li.Cell("m: input(context)\nh = tanh(W_h @ x + V_h @ m + U_h @ h)")
    with pytest.raises(li.OptionError, match="has a second input, m"):
        li.export(li.Layer(cell, 4, 3, layers=2, context=5), "onnx")
