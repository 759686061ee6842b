"""Code in C beside PyTorch and the NumPy runtime: a batch of one, one thread, float32.

    python benchmarks/code_in_c.py [--rounds 15] [--json]

Compiles the C of LSTM and GRU by gcc, as -O2 and as -O3 -march=native, and runs 100 steps of one
sequence, and one step, which a device does as data comes. Each figure is the best of the rounds, in
which everything takes turns; a ratio above 1 means that the C as -O2 is faster. `plain` is that C
with one sum in a product in place of eight side by side, of which a compiler makes no vectors.

keras2c is not among them: its packages on PyPI (2.0) leave out the C that its output includes.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import geometric_mean
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch

import lstminspect as li

STEPS = 100
#: Units and features.
SIZES = ((32, 8), (64, 40), (128, 64), (256, 128))
FLAGS = {
    "C -O2": ["-O2"],
    "C -O3 native": ["-O3", "-march=native"],
    "C plain": ["-O2", "-DNET_LANES=1"],
}
MEASURED = "C -O2"

DRIVER = """\
#include "net.h"
void go(const float *x, int steps, float *h, int times);
void go(const float *x, int steps, float *h, int times)
{
    static net_state state;
    while (times--) {
        net_reset(&state);
        net_run(&net_trained, &state, x, steps, h);
    }
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often everything is timed")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        figures = [
            {"cell": cell, "units": units, "features": features, "steps": steps, **times}
            for cell in ("lstm", "gru")
            for units, features in SIZES
            for steps, times in measured(cell, units, features, options.rounds, Path(folder))
        ]
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


def measured(
    cell: Any, units: int, features: int, rounds: int, folder: Path
) -> list[tuple[int, dict[str, float]]]:
    """Microseconds of 100 steps and of one, for everything that computes them."""
    layer = li.Layer(cell, units, features, framework="pytorch", return_sequences=True)
    weights = li.random_weights(layer)
    x = np.random.default_rng(0).normal(size=(1, STEPS, features)).astype(np.float32)
    (folder / "net.h").write_text(li.export(layer, "c", weights, name="net").text)
    (folder / "driver.c").write_text(DRIVER)
    libraries = {name: built(folder, name, ["driver.c", *flags]) for name, flags in FLAGS.items()}
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](features, units, batch_first=True)
    module.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
    runner = li.Runner(layer, weights)
    expected = module(torch.from_numpy(x))[0].detach().numpy()
    found = []
    for steps in (STEPS, 1):
        part, tensor = x[:, :steps], torch.from_numpy(x[:, :steps])
        calls: dict[str, tuple[int, Callable[[], Any]]] = {
            name: in_c(library, part, expected[:, :steps]) for name, library in libraries.items()
        }
        calls["PyTorch"] = (1, lambda tensor=tensor: module(tensor))
        calls["li.Runner"] = (1, lambda part=part: runner(part))
        with torch.inference_mode():
            found.append((steps, best(calls, rounds)))
    return found


def built(folder: Path, name: str, words: list[str]) -> Any:
    """A library of C."""
    target = folder / f"{name.replace(' ', '')}{len(list(folder.iterdir()))}.so"
    line = ["gcc", "-std=c99", "-shared", "-fPIC", "-o", str(target), *words, "-lm"]
    subprocess.run(line, check=True, cwd=folder)
    return ctypes.CDLL(str(target))


def in_c(library: Any, x: Any, expected: Any) -> tuple[int, Callable[[], None]]:
    """The repetitions of the sequence in a call, and the call, which is held to PyTorch first."""
    times = 200 // x.shape[1]
    x, h = np.ascontiguousarray(x), np.zeros(expected.shape, np.float32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, h)]
    library.go(pointers[0], x.shape[1], pointers[1], 1)
    np.testing.assert_allclose(h, expected, atol=2e-5)
    kept = (x, h)  # The arrays live as long as the call.

    def call() -> None:
        library.go(pointers[0], kept[0].shape[1], pointers[1], times)

    return times, call


def best(calls: dict[str, tuple[int, Callable[[], Any]]], rounds: int) -> dict[str, float]:
    """The shortest time of each call, in microseconds of one sequence, in turns."""
    shortest = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, (times, call) in calls.items():
            call()
            start = perf_counter()
            for _ in range(3):
                call()
            shortest[name] = min(shortest[name], (perf_counter() - start) / 3 / times * 1e6)
    return shortest


def show(figures: list[dict[str, Any]]) -> None:
    """Print microseconds, and below the ratios to the C, as geometric means."""
    names = list(dict.fromkeys(key for each in figures for key in list(each)[4:]))
    print(f"| layer | steps | {' | '.join(names)} |\n| --- |{' ---: |' * (len(names) + 1)}")
    for each in figures:
        times = " | ".join(f"{each[name]:,.1f}" if name in each else "-" for name in names)
        layer = f"{each['cell']}({each['units']}) on {each['features']}"
        print(f"| {layer} | {each['steps']} | {times} |")
    for steps in (STEPS, 1):
        for name in names:
            ratios = [
                each[name] / each[MEASURED]
                for each in figures
                if each["steps"] == steps and name in each
            ]
            print(f"{name} through {MEASURED}, {steps} steps: {geometric_mean(ratios):.2f}")


if __name__ == "__main__":
    main()
