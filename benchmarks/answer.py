"""The speed of an answer: ratios, each measured side by side in one run.

    python benchmarks/answer.py [--json] [--rounds N]

- start: the whole process of `lstminspect --units 64 --features 3` against `python -c pass`
- model: the same for `lstminspect model` on the lines of the echo model
- keras: a process that builds the same layer in Keras and prints its summary against ours
- grid: counting for ten million (units, features) pairs in NumPy, in bytes of memory a pair, and
  against the rate at which Keras builds layers

A figure is the median of several rounds, in which the two sides take turns. One thread is used
where a library lets us say so. Needs Keras: pip install 'lstminspect[keras]'
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

OURS = [str(Path(sys.executable).with_name("lstminspect")), "--units", "64", "--features", "3"]
BARE = [sys.executable, "-c", "pass"]
KERAS = [
    sys.executable,
    "-c",
    "import keras; model = keras.Sequential([keras.Input((None, 3)), keras.layers.LSTM(64)]); "
    "model.summary()",
]
MODEL = [
    OURS[0],
    "model",
    "length = 5\nn_features = 10\nmodel = Sequential()\n"
    "model.add(LSTM(25, input_shape=(length, n_features)))\n"
    "model.add(Dense(n_features, activation='softmax'))\n"
    "model.compile(loss='categorical_crossentropy', optimizer='adam')\nmodel.summary()",
]
SIDES = (10_000, 1_000)  # units x features: ten million pairs

BARS = {
    "start_over_bare_python": ("at most", 8),
    "model_over_bare_python": ("at most", 10),
    "keras_over_ours": ("at least", 50),
    "grid_bytes_a_pair": ("at most", 100),
    "grid_rate_over_keras_layers": ("at least", 20_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=21, help="rounds of the short processes")
    options = parser.parse_args()
    figures = {**processes(options.rounds), **grid()}
    if options.json:
        bars = {name: {"is": figures[name], rule: bar} for name, (rule, bar) in BARS.items()}
        print(json.dumps({"figures": figures, "bars": bars}, indent=2))
        return
    for name, value in figures.items():
        rule, bar = BARS.get(name, ("", None))
        print(f"{name:32} {value:>14,.4g}" + (f"   {rule} {bar:,}" if bar else ""))


def processes(rounds: int) -> dict[str, float]:
    """Whole processes, taken in turn."""
    with tempfile.TemporaryDirectory() as cache:
        # An installed package has its byte code compiled; a checkout may be told not to write any.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "OPENBLAS_NUM_THREADS": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        seconds: dict[str, list[float]] = {"bare": [], "ours": [], "model": [], "keras": []}
        for command in (BARE, OURS, MODEL, KERAS):
            timed(command, environment)
        for number in range(rounds):
            seconds["bare"].append(timed(BARE, environment))
            seconds["ours"].append(timed(OURS, environment))
            seconds["model"].append(timed(MODEL, environment))
            if number < 5:
                seconds["keras"].append(timed(KERAS, environment))
    middle = {name: statistics.median(found) for name, found in seconds.items()}
    bare = seconds["bare"]
    pairs = zip(seconds["ours"], bare, strict=True)
    models = zip(seconds["model"], bare, strict=True)
    return {
        "bare_python_ms": middle["bare"] * 1000,
        "ours_ms": middle["ours"] * 1000,
        "keras_ms": middle["keras"] * 1000,
        "start_over_bare_python": statistics.median(ours / bare for ours, bare in pairs),
        "model_over_bare_python": statistics.median(ours / bare for ours, bare in models),
        "keras_over_ours": middle["keras"] / middle["ours"],
    }


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def grid() -> dict[str, float]:
    """Ten million pairs at once in NumPy, against Keras layers built one by one."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    rates, ours = [], []
    keras.layers.LSTM(64).build((None, None, 3))
    for _ in range(5):
        start = time.perf_counter()
        for units in range(40, 60):
            keras.layers.LSTM(units).build((None, None, 3))
        rates.append(20 / (time.perf_counter() - start))
        start = time.perf_counter()
        pairs = count_grid()
        ours.append(pairs / (time.perf_counter() - start))
    tracemalloc.start()
    pairs = count_grid()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "keras_layers_a_second": statistics.median(rates),
        "grid_pairs_a_second": statistics.median(ours),
        "grid_bytes_a_pair": peak / pairs,
        "grid_rate_over_keras_layers": statistics.median(ours) / statistics.median(rates),
    }


def count_grid() -> int:
    """Count an LSTM for every pair, both sizes written out in full, and check two corners."""
    import numpy

    from lstminspect import Layer

    sides = (numpy.arange(1, side + 1) for side in SIDES)
    units, features = (side.ravel() for side in numpy.meshgrid(*sides, indexing="ij"))
    counts = Layer("lstm", units=units, features=features).parameters
    assert counts[0] == 12
    assert counts[-1] == 4 * (SIDES[0] * (SIDES[0] + SIDES[1]) + SIDES[0])
    return int(counts.size)


if __name__ == "__main__":
    main()
