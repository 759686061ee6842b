"""Every cell as code of every language, imported, trained and compared with `li.run`.

    python benchmarks/exported_code.py [--cells lstm gru] [--languages pytorch keras]

For each cell, the largest difference of outputs and last states in float32 from `li.run` in
float64, relative to 1 or the value, and what was done besides: PyTorch's module is scripted,
exported and takes one step of training; Keras' layer is trained one step in a Sequential, saved,
and loaded; JAX' function is jitted and differentiated; ONNX runs in ONNX Runtime, from random
states.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import lstminspect as li
from lstminspect import cells
from lstminspect.exports.python_text import class_name

BOUND = 1e-5


def layer_of(name: str) -> li.Layer:
    cell = cells.get(name)
    own = {size: 3 if size == "projection" else 2 for size in cell.own_sizes}
    for features in (3, 4):
        try:
            return li.Layer(cell, 4, features, return_sequences=True, return_state=True, extra=own)
        except li.SizeError:
            continue
    raise SystemExit(f"no sizes for {name}")


def difference(values: Any, expected: Any) -> float:
    pairs = zip(values, expected, strict=True)
    return max(float((abs(one - two) / np.maximum(1, abs(two))).max()) for one, two in pairs)


def in_numpy(module: Any, inputs: list[Any], states: list[Any]) -> Any:
    output, last = module.forward(module.trained(), *inputs, states)
    return [output, *last], "run"


def in_pytorch(module: Any, inputs: list[Any], states: list[Any]) -> Any:
    import torch

    trained, done = module.trained(), "scripted, exported, trained"
    taken = [*map(torch.tensor, inputs), list(map(torch.tensor, states))]
    output, last = trained(*taken)
    for called in (torch.jit.script(trained), torch.export.export(trained, tuple(taken)).module()):
        torch.testing.assert_close(called(*taken)[0], output)
    before = output.square().sum()
    before.backward()
    with torch.no_grad():
        for each in trained.parameters():
            if each.grad is not None:
                each -= 1e-4 * each.grad
        after = trained(*taken)[0].square().sum()
    if not after < before:
        done = "scripted, exported; NOT SMALLER after a step"
    return [each.detach().numpy() for each in (output, *last)], done


def in_keras(module: Any, inputs: list[Any], states: list[Any]) -> Any:
    import keras

    x = np.concatenate(inputs, -1)
    output, *last = module.trained(return_state=True)(x, initial_state=states)
    model = keras.Sequential([keras.Input((None, x.shape[-1])), module.trained()])
    model.compile(keras.optimizers.SGD(1e-5), "mse")
    losses = [model.train_on_batch(x, np.zeros(output.shape, "float32")) for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        again = keras.models.load_model(path)
        np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), 1e-5)
    smaller = losses[1] <= losses[0] * (1 + 1e-6)  # Some cells hardly move from zero.
    done = "trained, saved, loaded" if smaller else "saved; NOT SMALLER after a step"
    return [np.asarray(each) for each in (output, *last)], done


def in_jax(module: Any, inputs: list[Any], states: list[Any]) -> Any:
    import jax

    weights = module.trained()

    def loss(own: Any) -> Any:
        return (module.run(own, *inputs, tuple(states))[0] ** 2).sum()

    gradients = jax.jit(jax.grad(loss))(weights)
    after = loss({name: each - 1e-4 * gradients[name] for name, each in weights.items()})
    done = "jitted, grad" if after < loss(weights) else "NOT SMALLER after a step"
    output, last = jax.jit(module.run)(weights, *inputs, tuple(states))
    return [np.asarray(each) for each in (output, *last)], done


def in_onnx(text: str, inputs: list[Any], states: list[Any]) -> Any:
    import onnxruntime

    model = import_module("onnx.parser").parse_model(text)
    import_module("onnx").checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [each.name for each in model.graph.input]
    operator = "Scan" if " Scan " in text else "node"
    return session.run(None, dict(zip(names, [*inputs, *states], strict=True))), operator


RUNS = {"numpy": in_numpy, "pytorch": in_pytorch, "keras": in_keras, "jax": in_jax}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", nargs="+", default=cells.names())
    parser.add_argument("--languages", nargs="+", default=[*RUNS, "onnx"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    worst, failed = dict.fromkeys(options.languages, 0.0), 0
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        for name in options.cells:
            layer, random = layer_of(name), np.random.default_rng(1)
            weights = li.random_weights(layer, "equations", dtype="float32")
            names = ["x", *(e.name for e in layer.cell.declared.values() if e.kind == "input")]
            lengths = {key: li.cells.get(name).declared.get(key) for key in dict.fromkeys(names)}
            # A second input is a part, from 0 to 1: outside of it the states of clockwork grow to
            # 100, and half a last digit of the data changes them by more than 1e-6.
            inputs = [
                random.normal(size=(2, 10, layer.features))
                if key == "x"
                else random.uniform(size=(2, 10, layer.sizes[how.size]))
                for key, how in lengths.items()
            ]
            inputs = [each.astype("float32") for each in inputs]
            shapes = [(2, shape[-1]) for shape in layer.state_shapes.values()]
            states = [random.uniform(0.5, 1.5, size=shape).astype("float32") for shape in shapes]
            wide = {key: each.astype("float64") for key, each in weights.items()}
            values = dict(zip(lengths, inputs, strict=True))
            expected = li.run(layer, wide, values, states, convention="equations", dtype="float64")
            for language in options.languages:
                called = f"{language}_{name}"
                code = li.export(layer, language, weights, "equations", name=called)
                try:
                    if language == "onnx":
                        got, done = in_onnx(code.text, inputs, states)
                    else:
                        Path(folder, f"{called}.py").write_text(code.text, "utf-8")
                        module = import_module(called)
                        assert language in ("numpy", "jax") or hasattr(module, class_name(called))
                        got, done = RUNS[language](module, inputs, states)
                    apart = difference(got, expected)
                except Exception as error:
                    apart, done = float("inf"), f"{type(error).__name__}: {error}"[:200]
                worst[language] = max(worst[language], apart)
                failed += apart > BOUND or "NOT" in done
                print(f"{name:24} {language:8} {apart:8.1e}  {done}", flush=True)
    print(*(f"{language}: at most {apart:.1e}" for language, apart in worst.items()), sep="\n")
    print(f"{failed} of {len(options.cells) * len(options.languages)} fail")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
