"""Half-lives beside learning: what a start keeps for longer is learned sooner.

The first of 60 steps shows one of four symbols, noise follows, and the answer at the end is the
symbol. An LSTM learns it in NumPy, from the weights of three starts.

pip install lstminspect
python examples/remember_the_first.py
"""

from typing import Any

import numpy as np

import lstminspect as li
from lstminspect.names import StartName

SYMBOLS, TIMESTEPS, BATCH, UPDATES = 4, 60, 32, 300
STARTS: tuple[StartName, ...] = ("pytorch", "keras", "chrono")


def batch(sampler: Any) -> tuple[Any, Any]:
    """Sequences, and the symbol of each, one-hot."""
    symbols = np.eye(SYMBOLS, dtype="float32")[sampler.integers(SYMBOLS, size=BATCH)]
    x = sampler.normal(scale=0.1, size=(BATCH, TIMESTEPS, SYMBOLS)).astype("float32")
    x[:, 0] += symbols
    return x, symbols


def learn(layer: li.Layer, start: StartName) -> Any:
    """The loss at each update, by RMSprop."""
    weights = li.initial_weights(layer, start=start, longest=TIMESTEPS)
    weights["dense"] = np.zeros((layer.units, SYMBOLS), "float32")
    squares = {name: np.zeros_like(array) for name, array in weights.items()}
    sampler, losses = np.random.default_rng(0), []
    for _ in range(UPDATES):
        x, wanted = batch(sampler)
        dense = weights["dense"]
        runner = li.Runner(layer, {name: weights[name] for name in weights if name != "dense"})
        h = runner(x)
        powers = np.exp(h @ dense)
        shares = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log((shares * wanted).sum(axis=1)).mean())
        error = (shares - wanted) / BATCH
        gradients = runner.gradients(x, error @ dense.T).weights | {"dense": h.T @ error}
        for name, gradient in gradients.items():
            squares[name] += 0.05 * (gradient**2 - squares[name])
            weights[name] -= 0.01 * gradient / (np.sqrt(squares[name]) + 1e-5)
    return np.array(losses)


def main() -> None:
    """Print a line for each start."""
    layer = li.Layer("lstm", units=16, features=SYMBOLS, timesteps=TIMESTEPS)
    print(f"a symbol remembered over {TIMESTEPS} steps (loss ln 4 = 1.386 without knowing it)\n")
    print("start      half-life in steps    loss of updates 1-20    loss of the last 20")
    last = {}
    for start, row in zip(STARTS, li.memory(layer, start=STARTS, seeds=3).rows, strict=True):
        losses = learn(layer, start)
        last[start] = losses[-20:].mean()
        print(f"{start:8}{row.half_life:21.1f}{losses[:20].mean():24.3f}{last[start]:23.3f}")
    assert last["chrono"] < 0.5 < last["pytorch"]


if __name__ == "__main__":
    main()
