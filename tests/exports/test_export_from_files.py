"""From a model file of a framework to C: the code gives what the framework gives."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boards import STRICT

from lstminspect.cli.main import main

STEPS, FEATURES, UNITS = 30, 5, 7


def of_keras(file: Path, x: Any) -> Any:
    """A model of Keras in `file`, and what its recurrent layer gives for `x`."""
    import keras

    keras.utils.set_random_seed(1)
    recurrent = keras.layers.LSTM(UNITS, bias_initializer="random_normal")
    head = [recurrent, keras.layers.Dense(3, activation="softmax")]
    keras.Sequential([keras.Input((STEPS, FEATURES)), *head]).save(file)
    whole = keras.layers.LSTM(UNITS, return_sequences=True)
    whole.build(x.shape)
    whole.set_weights(recurrent.get_weights())
    return np.asarray(whole(x))


def of_pytorch(file: Path, x: Any) -> Any:
    """A state_dict of PyTorch in `file`, and what its recurrent layer gives for `x`."""
    import torch

    torch.manual_seed(1)
    layers = {"gru": torch.nn.GRU(FEATURES, UNITS, batch_first=True)}
    model = torch.nn.ModuleDict({**layers, "head": torch.nn.Linear(UNITS, 3)})
    torch.save(model.state_dict(), file)
    return layers["gru"](torch.from_numpy(x))[0].detach().numpy()


FILES: dict[str, tuple[str, Callable[[Path, Any], Any]]] = {
    "keras": ("model.keras", of_keras),
    "torch": ("model.pt", of_pytorch),
}
FRAMEWORKS = [name for name in FILES if find_spec(name) and shutil.which("gcc")]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_file_of_a_framework_runs_in_c_as_it_runs_there(
    framework: str, dtype: str, tmp_path: Path
) -> None:
    file, made = FILES[framework]
    x = np.random.default_rng(2).normal(size=(1, STEPS, FEATURES)).astype(np.float32)
    expected = made(tmp_path / file, x)
    line = ["export", "--file", str(tmp_path / file), "--to", "c", "--called", "net"]
    line += ["--dtype", dtype]
    assert main([*line, "-o", str(tmp_path / "net.h")]) == 0
    assert main([*line, "--test", "-o", str(tmp_path / "check.c")]) == 0
    build = ["gcc", *STRICT, "-o", "check", "check.c", "-lm"]
    subprocess.run(build, check=True, cwd=tmp_path)
    assert subprocess.run([tmp_path / "check"], check=False).returncode == 0

    head = "void go(const float *x, int steps, float *h)"
    text = f'#include "net.h"\n{head};\n{head}\n{{\n    net_state state;\n    net_reset(&state);\n'
    text += "    net_run(&net_trained, &state, x, steps, h);\n}\n"
    (tmp_path / "go.c").write_text(text)
    build = ["gcc", *STRICT, "-shared", "-fPIC", "-o", "go.so", "go.c", "-lm"]
    subprocess.run(build, check=True, cwd=tmp_path)
    output = np.zeros(expected.shape, np.float32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, output)]
    ctypes.CDLL(str(tmp_path / "go.so")).go(pointers[0], STEPS, pointers[1])
    np.testing.assert_allclose(output, expected, atol=1e-5 if dtype == "float32" else 0.03)
    # Rounding to int8 is seen, and more than float32 makes.
    assert (np.abs(output - expected).max() > 1e-4) == (dtype == "int8")
