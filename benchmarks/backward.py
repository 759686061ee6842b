"""The speed of back-propagation through time: ratios, each measured side by side in one run.

    python benchmarks/backward.py [--cells lstm,gru,rnn] [--rounds N]

For the sizes of `runtime.py`, with one thread, the time of one forward and backward pass over a
layer that returns its sequence, float32, with the gradients of weights and input, over

- Keras' compiled gradient (tf.function around a GradientTape), the results as arrays (aim: at most
  1.0 in geometric mean);
- PyTorch on the CPU, forward and backward;
- the matrix products alone that a backward pass needs beside the forward pass: forward, the
  gradient of the states at each step, those of the weights and of the input.

A round measures all of them one after the other; a ratio is the median over the rounds. Needs the
extras keras and torch.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from math import exp, log
from statistics import median
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # Libraries read their threads when they start.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from runtime import SIZES, once, timed  # noqa: E402

TITLES = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}


def main() -> None:
    import tensorflow
    import torch

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", default=",".join(TITLES), help="the cells, with commas")
    parser.add_argument("--rounds", type=int, default=7, help="rounds a ratio is the median of")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    names = ("keras", "pytorch", "products")
    print("batch, steps, features, units    ours in ms", *(f"{'/ ' + name:>11}" for name in names))
    for cell in options.cells.split(","):
        print(cell)
        rows = []
        for size in SIZES:
            milliseconds, ratios = row(cell, size, options.rounds)
            rows.append(ratios)
            shown = "".join(f"{ratios[name]:12.2f}" for name in names)
            print(f"{', '.join(map(str, size)):32} {milliseconds:10.2f}{shown}", flush=True)
        means = (exp(sum(log(each[name]) for each in rows) / len(rows)) for name in names)
        print(f"{'geometric mean':43}" + "".join(f"{mean:12.2f}" for mean in means))


def row(cell: str, size: tuple[int, ...], rounds: int) -> tuple[float, dict[str, float]]:
    """The time of one call, and its ratios."""
    import numpy

    batch, steps, features, units = size
    rng = numpy.random.default_rng(0)
    x = rng.normal(size=(batch, steps, features)).astype("float32")
    gradient = rng.normal(size=(batch, steps, units)).astype("float32")
    theirs, weights = of_keras(cell, x, gradient, units)
    ours = of_ours(cell, x, gradient, units, weights)
    calls = {
        "keras": theirs,
        "pytorch": of_pytorch(cell, x, gradient, units),
        "products": of_products(cell, x, units),
    }
    number = max(1, min(100, int(0.15 / once(ours))))
    ratios: dict[str, list[float]] = {name: [] for name in calls}
    times = []
    for _ in range(rounds):
        times.append(timed(ours, number))
        for name, call in calls.items():
            ratios[name].append(times[-1] / timed(call, number))
    return 1000 * median(times), {name: median(each) for name, each in ratios.items()}


def of_ours(cell: str, x: Any, gradient: Any, units: int, weights: Any) -> Callable[[], Any]:
    import lstminspect as li

    layer = li.Layer(cell, units=units, features=x.shape[2], return_sequences=True)
    runner = li.Runner(layer, weights)
    return lambda: runner.gradients(x, gradient)


def of_keras(cell: str, x: Any, gradient: Any, units: int) -> tuple[Callable[[], Any], Any]:
    import keras
    import tensorflow as tf

    layer = getattr(keras.layers, TITLES[cell])(units, return_sequences=True)
    layer.build(x.shape)

    @tf.function
    def call(tensor: Any, wanted: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            loss = tf.reduce_sum(layer(tensor) * wanted)
        return tape.gradient(loss, [tensor, *layer.trainable_variables])

    tensor, wanted = tf.constant(x), tf.constant(gradient)
    return lambda: [each.numpy() for each in call(tensor, wanted)], layer.get_weights()


def of_pytorch(cell: str, x: Any, gradient: Any, units: int) -> Callable[[], Any]:
    import torch

    maker = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[cell]
    module = maker(x.shape[2], units, batch_first=True)
    tensor = torch.tensor(x, requires_grad=True)
    wanted = torch.tensor(gradient)

    def call() -> None:
        module.zero_grad()
        tensor.grad = None
        module(tensor)[0].backward(wanted)

    return call


def of_products(cell: str, x: Any, units: int) -> Callable[[], Any]:
    import numpy

    batch, steps, features = x.shape
    rows = {"lstm": 4, "gru": 3, "rnn": 1}[cell] * units
    rng = numpy.random.default_rng(0)
    kernel, recurrent, state, step, whole, inputs, states = (
        rng.normal(size=shape).astype("float32")
        for shape in (
            (rows, features),
            (rows, units),
            (units, batch),
            (rows, batch),
            (rows, steps * batch),
            (features, steps * batch),
            (units, steps * batch),
        )
    )
    turned, turned_kernel = (numpy.ascontiguousarray(each.T) for each in (recurrent, kernel))

    def call() -> None:
        kernel @ inputs
        for _ in range(steps):
            recurrent @ state
        for _ in range(steps):
            turned @ step
        whole @ states.T
        whole @ inputs.T
        turned_kernel @ whole

    return call


if __name__ == "__main__":
    main()
