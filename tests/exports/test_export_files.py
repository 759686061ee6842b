"""Code with the weights of real files of frameworks, against the framework's own layer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export_python import LANGUAGES, folder, imported
from test_export_stacks import MASKED

import lstminspect as li
from lstminspect.cli.main import main

__all__ = ["folder"]

HAS = {name: find_spec(name) is not None for name in ("torch", "keras", "onnx", "onnxruntime")}
X = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")


def of_pytorch(path: Path) -> Any:
    """A state_dict of a GRU of two layers in both directions: its file, and its output for X."""
    torch = import_module("torch")
    torch.manual_seed(1)
    gru = torch.nn.GRU(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    torch.save({f"encoder.{name}": each for name, each in gru.state_dict().items()}, path)
    return gru(torch.tensor(X))[0].detach().numpy()


def of_safetensors(path: Path) -> Any:
    torch = import_module("torch")
    torch.manual_seed(2)
    lstm = torch.nn.LSTM(3, 4, batch_first=True)
    held = {f"encoder.{name}": each.detach().numpy() for name, each in lstm.state_dict().items()}
    path.write_bytes(import_module("small_files").safetensors(held, {}))
    return lstm(torch.tensor(X))[0].detach().numpy()


def of_keras(path: Path) -> Any:
    keras = import_module("keras")
    keras.utils.set_random_seed(3)
    layers = [keras.layers.GRU(4, return_sequences=True, name="encoder"), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((None, 3)), *layers])
    model.layers[0].set_weights([each + 0.1 for each in model.layers[0].get_weights()])
    model.save(path)
    return np.asarray(model.layers[0](X))


def of_onnx(path: Path) -> Any:
    layer = li.Layer("lstm", 4, 3, bidirectional=True, return_sequences=True)
    weights = li.random_weights(layer, dtype="float32")
    model = import_module("onnx.parser").parse_model(li.export(layer, "onnx", weights).text)
    import_module("onnx").save(model, path)
    session = import_module("onnxruntime").InferenceSession(path)
    return session.run(None, {"x": X})[0]


FILES: dict[str, Callable[[Path], Any]] = {}
FILES |= {"model.pt": of_pytorch, "model.safetensors": of_safetensors} if HAS["torch"] else {}
FILES |= {"model.keras": of_keras} if HAS["keras"] else {}
FILES |= {"model.onnx": of_onnx} if HAS["onnx"] and HAS["onnxruntime"] else {}

OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda module: run_of(module, "forward")(module.trained(), X)[0],
    "pytorch": lambda module: module.trained()(import_module("torch").tensor(X))[0].detach(),
    "keras": lambda module: module.trained()(X),
    "jax": lambda module: run_of(module, "run")(module.trained(), X)[0],
}


def run_of(module: Any, single: str) -> Any:
    return getattr(module, "run_layers", None) or getattr(module, single)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FILES)
def test_the_code_of_a_file_gives_what_its_framework_gives(
    name: str, language: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = FILES[name](folder / name)
    called = f"{language}_{name.replace('.', '_')}"
    path = folder / f"{called}.py"
    line = f"export --file {folder / name} --to {language} --called {called} -o {path}"
    assert main(line.split()) == 0, capsys.readouterr().err
    module = import_module(called)
    np.testing.assert_allclose(OUTPUTS[language](module), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", [each for each in FILES if each == "model.pt" and HAS["onnxruntime"]]
)
def test_the_onnx_of_a_file_gives_what_its_framework_gives(name: str, tmp_path: Path) -> None:
    expected = FILES[name](tmp_path / name)
    path = tmp_path / "encoder.onnx"
    assert main(f"export --file {tmp_path / name} --to onnx -o {path}".split()) == 0
    session = import_module("onnxruntime").InferenceSession(path)
    np.testing.assert_allclose(session.run(None, {"x": X})[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("has", [True] if HAS["torch"] else [])
def test_converted_weights_are_those_of_the_code(has: bool, language: Any, folder: Path) -> None:
    torch = import_module("torch")
    torch.manual_seed(4)
    lstm = torch.nn.LSTM(3, 4, batch_first=True)
    held = {name: each.detach().numpy() for name, each in lstm.state_dict().items()}
    weights = li.convert(held, "pytorch", "keras").weights
    code = li.export(li.Layer("lstm", 4, 3), language, weights, "keras", name=f"{language}_moved")
    expected = lstm(torch.tensor(X))[0].detach().numpy()
    output = OUTPUTS[language](imported(folder, code))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)
    assert has


@pytest.mark.parametrize("name", ["two.npz"])
def test_a_file_of_several_layers_wants_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = li.random_weights(li.Layer("lstm", 4, 3), "pytorch")
    both = {f"{layer}.{key}": each for layer in ("one", "two") for key, each in weights.items()}
    np.savez(tmp_path / name, **both)
    assert main(f"export --file {tmp_path / name} --to jax".split()) == 2
    error = capsys.readouterr().err
    assert "the file has several recurrent layers: 'one', 'two'. Choose with --layer" in error
    assert main(f"export --file {tmp_path / name} --layer two --to jax".split()) == 0
    assert "def trained():" in capsys.readouterr().out


# Keras saves and loads a model with the layer.


@pytest.mark.parametrize("cell", ["lstm", "slstm", "layernorm_lstm"] if HAS["keras"] else [])
def test_a_layer_of_keras_is_trained_in_a_model_saved_and_loaded(cell: Any, folder: Path) -> None:
    keras = import_module("keras")
    more = MASKED.get(cell, {})
    code = li.export(li.Layer(cell, 4, 3, **more), "keras", name=f"saved_{cell}")
    layers = [imported(folder, code).layer(return_sequences=False), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((6, 3)), *layers])
    model.compile("sgd", "mse")
    before = [np.array(each) for each in model.get_weights()]
    model.train_on_batch(X, np.ones((2, 1), "float32"))
    moved = [(one != two).any() for one, two in zip(before, model.get_weights(), strict=True)]
    assert all(moved)
    model.save(folder / "model.keras")
    again = keras.models.load_model(folder / "model.keras")
    np.testing.assert_allclose(np.asarray(again(X)), np.asarray(model(X)), rtol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "star"] if "jax" in LANGUAGES else [])
def test_a_module_of_jax_is_jitted_and_learns(cell: Any, folder: Path) -> None:
    jax = import_module("jax")
    layer = li.Layer(cell, 3, 3)
    weights = li.random_weights(layer, dtype="float32")
    module = imported(folder, li.export(layer, "jax", weights, name=f"learns_{cell}"))

    @jax.jit
    def loss(own: Any) -> Any:
        return (module.run(own, X)[0] ** 2).sum()

    start = module.trained()
    gradients = jax.grad(loss)(start)
    after = {name: each - 1e-3 * gradients[name] for name, each in start.items()}
    assert loss(after) < loss(start)
