"""Texts of ONNX: each cell parsed, checked by ONNX, and run by ONNX Runtime."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from test_export_c import every_cell, layer_of

import lstminspect as li
from lstminspect.exports.source import Source

HAS_ONNX = find_spec("onnx") and find_spec("onnxruntime")
CELLS = {cell.name: cell for cell in every_cell()} if HAS_ONNX else {}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_in_onnx_is_that_of_the_equations(name: str) -> None:
    onnx, runtime = import_module("onnx"), import_module("onnxruntime")
    layer = layer_of(CELLS[name])
    # ONNX Runtime has no Erf in double.
    dtype = "float32" if name == "functions" else "float64"
    weights = li.random_weights(layer, "equations", dtype=dtype)
    code = li.export(layer, "onnx", weights, "equations", dtype)
    model = import_module("onnx.parser").parse_model(code.text)
    onnx.checker.check_model(model, full_check=True)
    random = np.random.default_rng(1)
    inputs = {
        each: random.normal(size=(2, 10, layer.sizes[length])).astype(dtype)
        for each, length in Source(layer, name, None, dtype).inputs.items()
    }
    expected = li.run(layer, weights, inputs, convention="equations", dtype=dtype)
    output, *_ = runtime.InferenceSession(model.SerializeToString()).run(None, inputs)
    bound = 2e-5 if dtype == "float32" else 1e-6
    np.testing.assert_allclose(output, expected, rtol=bound, atol=bound)


@pytest.mark.parametrize("values", [True, False] if HAS_ONNX else [])
def test_the_check_of_onnx_passes(
    values: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    layer = li.Layer("gru", units=4, features=3)
    weights = li.random_weights(layer) if values else None
    code = li.export(layer, "onnx", weights)
    (tmp_path / "gru.onnxtxt").write_text(code.text)
    exec(compile(code.check, "check", "exec"), {})
    (tmp_path / "gru.onnxtxt").write_text(code.text.replace("Sigmoid", "Tanh"))
    with pytest.raises(AssertionError):
        exec(compile(code.check, "check", "exec"), {})


def test_open_sizes_and_functions_that_onnx_has_not_are_refused() -> None:
    with pytest.raises(li.SizeError, match="ONNX fixes every size, and units is u"):
        li.export(li.Layer("lstm", "u", 3), "onnx")
    with pytest.raises(li.OptionError, match=r"^sparsemax, in an equation of rnn, has no operator"):
        li.export(li.Layer("rnn", 4, 3, activation="sparsemax"), "onnx")
