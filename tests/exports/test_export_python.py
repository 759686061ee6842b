"""Texts of NumPy, PyTorch, JAX and Keras: each cell imported, checked by its own check, and run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export_c import every_cell, layer_of

import lstminspect as li

CELLS = {cell.name: cell for cell in every_cell()}
NEEDS = {"numpy": "numpy", "pytorch": "torch", "jax": "jax", "keras": "keras"}
LANGUAGES = [name for name, package in NEEDS.items() if find_spec(package)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    # A check of JAX in float64 sets what holds for the whole process.
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)


def imported(folder: Path, code: li.Export) -> Any:
    (folder / f"{code.name}.py").write_text(code.text)
    sys.modules.pop(code.name, None)
    return import_module(code.name)


def checked(folder: Path, code: li.Export) -> None:
    """Run the check of `code` as a reader would."""
    imported(folder, code)
    exec(compile(code.check, f"{code.name}_check.py", "exec"), {})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_computes_what_the_equations_give(name: str, language: Any, folder: Path) -> None:
    layer = layer_of(CELLS[name])
    code = li.export(layer, language, dtype="float64", name=f"{language}_{name}")
    checked(folder, code)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_values_of_weights_are_in_the_text(language: Any, dtype: str, folder: Path) -> None:
    layer = layer_of(CELLS["lstm"])
    weights = li.random_weights(layer, dtype=dtype)
    code = li.export(layer, language, weights, dtype=dtype, name=f"{language}_values_{dtype}")
    checked(folder, code)
    with pytest.raises(AssertionError):
        checked(folder, broken(code, weights))


def broken(code: li.Export, weights: dict[str, Any]) -> li.Export:
    """The same check with the code of other weights."""
    others = {name: array + 0.1 for name, array in weights.items()}
    other = li.export(code.layer, code.language, others, dtype=code.dtype, name=code.name)
    return li.Export(code.layer, code.language, code.name, code.dtype, other.text, code.check, True)


def test_a_module_of_numpy_has_its_backward_pass(folder: Path) -> None:
    layer = layer_of(CELLS["clockwork"])
    weights = li.random_weights(layer, "equations", dtype="float64")
    code = li.export(layer, "numpy", weights, "equations", "float64", "backwards", backward=True)
    checked(folder, code)
    random, module = np.random.default_rng(0), imported(folder, code)
    x = {
        name: random.uniform(size=(2, 4, layer.sizes[length]))
        for name, length in li_inputs(layer).items()
    }
    states = [np.zeros((layer.sizes[size], 2)) for size in layer.cell.states.values()]
    slope = random.normal(size=(2, 4, layer.units))
    blocks = {name: np.array(each) for name, each in module.VALUES.items()}
    found, inputs, _ = module.backward(blocks, list(x.values()), states, slope)
    expected = li.gradients(layer, weights, x, slope, convention="equations", dtype="float64")
    np.testing.assert_allclose(inputs[0], expected.inputs["x"], rtol=1e-12)
    np.testing.assert_allclose(found["W_h"], expected.weights["W_h"], rtol=1e-12)


@pytest.mark.parametrize("name", CELLS if "pytorch" in LANGUAGES else [])
def test_a_module_of_pytorch_is_scripted_and_learns(name: str, folder: Path) -> None:
    torch = import_module("torch")
    layer = layer_of(CELLS[name])
    weights = li.random_weights(layer, "equations", dtype="float64")
    code = li.export(layer, "pytorch", weights, "equations", "float64", f"module_{name}")
    module = imported(folder, code).trained()
    random = torch.Generator().manual_seed(0)
    inputs = [
        torch.randn(2, 4, layer.sizes[length], generator=random, dtype=torch.float64)
        for length in li_inputs(layer).values()
    ]
    output = module(*inputs)[0]
    scripted = torch.jit.script(module)(*inputs)[0]
    torch.testing.assert_close(scripted, output)
    if layer.cell.blocks:
        output.square().sum().backward()
        used = [each.grad is not None for each in module.parameters()]
        assert any(used)
        with torch.no_grad():
            for each in module.parameters():
                if each.grad is not None:
                    each -= 1e-4 * each.grad
        assert module(*inputs)[0].square().sum() < output.square().sum()


def li_inputs(layer: li.Layer) -> dict[str, str]:
    from lstminspect.exports.source import Source

    return Source(layer, "cell", None, "float64").inputs


@pytest.mark.parametrize("names", [["lstm", "gru", "slstm"]] if "pytorch" in LANGUAGES else [])
def test_a_module_of_pytorch_is_exported(names: list[str], folder: Path) -> None:
    torch = import_module("torch")
    for name in names:
        layer = layer_of(CELLS[name])
        module = imported(folder, li.export(layer, "pytorch", name=f"exported_{name}"))
        title = "".join(part.capitalize() for part in f"exported_{name}".split("_"))
        instance, x = getattr(module, title)(), torch.zeros(1, 3, 3)
        program = torch.export.export(instance, (x,))
        torch.testing.assert_close(program.module()(x)[0], instance(x)[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_open_sizes_are_arguments(language: Any, folder: Path) -> None:
    code = li.export(li.Layer("lstm", "u", "f"), language, name=f"{language}_open")
    assert code.check == ""
    assert "features=" not in code.text
    assert imported(folder, code)


def test_a_number_that_is_no_list_is_written() -> None:
    code = li.export(li.Layer("fast_grnn", 2, 1), "jax", dtype="float64")
    assert '"zeta": 0.' in code.check.replace("-", "")


REFUSED = {
    "pytorch": ("train: scalar\nh = tanh(W_h @ x + train * h)", "^train is a name that a module"),
    "keras": (
        "weights: scalar\nh = tanh(W_h @ x + weights * h)",
        "^weights is a name that a l",
    ),
    "jax": ("lambda: scalar\nh = tanh(W_h @ x + lambda * h)", "lambda"),
}


@pytest.mark.parametrize("language", REFUSED)
def test_a_name_that_the_library_has_is_refused(language: Any) -> None:
    text, message = REFUSED[language]
    with pytest.raises(li.LstmInspectError, match=message):
        li.export(li.Layer(li.Cell(text), 4, 3), language)


@pytest.mark.parametrize("language", ["numpy", "pytorch", "keras", "jax"])
@pytest.mark.parametrize("name", ["lambda", "torch", "list", "tensor"])
def test_a_name_of_the_code_that_python_has_is_refused(language: Any, name: str) -> None:
    with pytest.raises(li.OptionError, match=f"^{name} is a name that Python has .* my_lstm"):
        li.export(li.Layer("lstm", 4, 3), language, name=name)


@pytest.mark.parametrize("to", ["numpy", "pytorch", "keras", "jax", "onnx"])
def test_what_no_language_can_hold_is_one_sentence(to: Any) -> None:
    weights = li.random_weights(li.Layer("lstm", 4, 3))
    with pytest.raises(li.WeightError, match=r"^kernel must be of \(3, 20\), got \(3, 16\)"):
        li.export(li.Layer("lstm", 5, 3), to, weights)
    with pytest.raises(li.SizeError, match=r"^weights have sizes, and units is u here"):
        li.export(li.Layer("lstm", "u", 3), to, weights)
    with pytest.raises(li.OptionError, match=r"^int8 is written in C alone"):
        li.export(li.Layer("lstm", 4, 3), to, weights, dtype="int8")
    with pytest.raises(li.OptionError, match=r"^name takes a letter, then letters"):
        li.export(li.Layer("lstm", 4, 3), to, name="my lstm")


def test_keras_has_no_layer_without_a_state() -> None:
    with pytest.raises(li.OptionError, match=r"has no state, and keras.layers.RNN wants one"):
        li.export(li.Layer(li.Cell("h = tanh(W_h @ x)"), 4, 3), "keras")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "keras"])
def test_a_cell_without_a_state_and_a_constant_one_are_written(language: Any, folder: Path) -> None:
    alone = "a: scalar\nh = tanh(a)"
    texts = ("h = tanh(W_h @ x)", "a: scalar\nc = tanh(a)\nh = W_h @ x + c", alone)
    for number, text in enumerate(texts):
        layer = li.Layer(li.Cell(text), 4, 3)
        checked(folder, li.export(layer, language, dtype="float64", name=f"odd_{language}{number}"))
