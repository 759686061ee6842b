"""Learning in NumPy: the echo problem and the adding problem, with nothing but gradients.

`li.gradients` takes the loss back through time; the optimiser is Adam, in twenty lines. Where Keras
is installed, its own layer learns beside it from the same weights, and the two curves are compared.
With --plot FILE, which needs matplotlib, they are drawn.

pip install lstminspect
python examples/learn_in_numpy.py [--plot curves.png]
"""

import argparse
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

import lstminspect as li

Arrays = dict[str, Any]
Batches = Iterator[tuple[Any, Any]]
BATCH = 32


class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980), with the order of operations that Keras has."""

    def __init__(self, rate: float) -> None:
        self.rate, self.steps = rate, 0
        self.first: Arrays = {}
        self.second: Arrays = {}

    def update(self, weights: Arrays, gradients: Arrays) -> None:
        """Change `weights` in place."""
        self.steps += 1
        corrected = np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for name, gradient in gradients.items():
            mean = self.first.setdefault(name, np.zeros_like(gradient))
            square = self.second.setdefault(name, np.zeros_like(gradient))
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            weights[name] -= self.rate * corrected * mean / (np.sqrt(square) + 1e-7)


def echo(seed: int) -> Batches:
    """Five random digits, one-hot; the answer is the digit of step 2."""
    sampler = np.random.default_rng(seed)
    while True:
        digits = sampler.integers(10, size=(BATCH, 5))
        yield np.eye(10, dtype="float32")[digits], np.eye(10, dtype="float32")[digits[:, 2]]


def adding(seed: int, steps: int = 20) -> Batches:
    """Numbers from 0 to 1, two of them marked; the answer is the sum of these two.

    Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 4, in its later form.
    """
    sampler = np.random.default_rng(seed)
    while True:
        x = np.zeros((BATCH, steps, 2), "float32")
        x[:, :, 0] = sampler.random((BATCH, steps))
        for row in x:
            row[sampler.choice(steps, size=2, replace=False), 1] = 1
        yield x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)


def cross_entropy(scores: Any, wanted: Any) -> tuple[float, Any]:
    """The loss of a softmax over `scores`, and its gradient by them."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    loss = -np.log((shares * wanted).sum(axis=1)).mean()
    return float(loss), (shares - wanted) / len(scores)


def squared_error(scores: Any, wanted: Any) -> tuple[float, Any]:
    """The mean of the squared differences, and its gradient by `scores`."""
    difference = scores - wanted
    return float((difference**2).mean()), 2 * difference / difference.size


def started(layer: li.Layer, outputs: int) -> tuple[Arrays, Arrays]:
    """Weights as Keras starts them, of the layer and of a Dense layer after it."""
    limit = np.sqrt(6 / (layer.units + outputs))
    kernel = np.random.default_rng(1).uniform(-limit, limit, (layer.units, outputs))
    dense = {"kernel": kernel.astype("float32"), "bias": np.zeros(outputs, "float32")}
    return li.initial_weights(layer, seed=1), dense


def learn(layer: li.Layer, batches: Batches, loss_of: Callable[..., Any], steps: int) -> Any:
    """The loss of every step, in NumPy."""
    x, wanted = next(batches)
    weights, dense = started(layer, wanted.shape[1])
    optimisers = Adam(0.01), Adam(0.01)
    losses = []
    for _ in range(steps):
        runner = li.Runner(layer, weights)
        h = runner(x)
        loss, by_scores = loss_of(h @ dense["kernel"] + dense["bias"], wanted)
        by_h = by_scores @ dense["kernel"].T
        by_dense = {"kernel": h.T @ by_scores, "bias": by_scores.sum(axis=0)}
        optimisers[0].update(weights, runner.gradients(x, by_h).weights)
        optimisers[1].update(dense, by_dense)
        losses.append(loss)
        x, wanted = next(batches)
    return np.array(losses)


def learn_in_keras(layer: li.Layer, batches: Batches, loss: str, steps: int) -> Any:
    """The same with Keras' own layer, gradients and optimiser, from the same weights."""
    import keras

    x, wanted = next(batches)
    weights, dense = started(layer, wanted.shape[1])
    end = keras.layers.Dense(
        wanted.shape[1], activation="softmax" if loss == "categorical_crossentropy" else None
    )
    makers = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
    recurrent = makers[layer.cell.name](layer.units)
    model = keras.Sequential([keras.Input(x.shape[1:]), recurrent, end])
    model.set_weights([*weights.values(), *dense.values()])
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    losses = []
    for _ in range(steps):
        losses.append(float(model.train_on_batch(x, wanted)))
        model.reset_metrics()
        x, wanted = next(batches)
    return np.array(losses)


def show(title: str, curves: dict[str, Any], rows: int = 8) -> None:
    """Print the mean loss of each part of the training, and a bar for the first curve."""
    print(title)
    print("  steps      " + "".join(f"{name:>9}" for name in curves))
    steps = len(curves["NumPy"])
    cuts = np.linspace(0, steps, rows + 1).astype(int)
    highest = curves["NumPy"][: cuts[1]].mean()
    for start, end in pairwise(cuts):
        means = [curve[start:end].mean() for curve in curves.values()]
        bar = "#" * round(30 * min(1, means[0] / highest))
        print(f"  {start + 1:4}-{end:<5}  " + "".join(f"{mean:9.4f}" for mean in means), "", bar)
    print()


def plot(problems: dict[str, dict[str, Any]], path: str) -> None:
    """Draw the losses of each problem into the file `path`, the second curve in dashes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    places = figure.subplots(1, len(problems))
    for axes, (title, curves) in zip(places, problems.items(), strict=True):
        for name, losses in curves.items():
            look = {"linewidth": 3} if name == "NumPy" else {"linestyle": "--"}
            axes.semilogy(range(1, len(losses) + 1), losses, label=name, **look)
        about, _, rest = title.partition(",")
        axes.set(title=about, xlabel="step", ylabel=rest.partition(" (")[0].strip())
        axes.legend()
    figure.savefig(path)
    print(f"The curves are in {path}.")


def main(steps: int = 400, path: str | None = None) -> None:
    """Learn both problems, print their curves, and draw them if there is a `path`."""
    drawn = {}
    problems: dict[str, tuple[Any, ...]] = {
        "The echo problem, cross-entropy (ln 10 = 2.3026 without knowing anything)": (
            li.Layer("lstm", units=25, features=10),
            echo,
            cross_entropy,
            "categorical_crossentropy",
        ),
        "The adding problem, squared error (1/6 = 0.1667 for always saying 1)": (
            li.Layer("lstm", units=25, features=2),
            adding,
            squared_error,
            "mean_squared_error",
        ),
    }
    for title, (layer, batches, loss_of, name) in problems.items():
        curves = {"NumPy": learn(layer, batches(0), loss_of, steps)}
        if find_spec("keras"):
            curves["Keras"] = learn_in_keras(layer, batches(0), name, steps)
        show(title, curves)
        drawn[title] = curves
        first, last = curves["NumPy"][:40].mean(), curves["NumPy"][-40:].mean()
        assert last < 0.1 * first, "it has not learned"
        if "Keras" in curves:
            apart = abs(curves["NumPy"] - curves["Keras"])[:100].max()
            print(f"NumPy and Keras differ by at most {apart:.1e} in the first 100 steps\n")
            assert apart < 1e-3
    if path is not None:
        plot(drawn, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Learn the echo and the adding problem in NumPy.")
    parser.add_argument("--plot", metavar="FILE", help="draw the curves into this file")
    main(path=parser.parse_args().plot)
