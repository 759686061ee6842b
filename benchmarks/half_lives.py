"""Half-lives with the first weights of the real frameworks beside those of our own starts.

pip install 'lstminspect[keras,pytorch]'
python benchmarks/half_lives.py --seeds 5
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import lstminspect as li

UNITS, FEATURES = 32, 3


def in_pytorch(cell: str, seed: int) -> dict[str, Any]:
    """The weights that torch.nn draws."""
    import torch

    torch.manual_seed(seed)
    made = getattr(torch.nn, cell.upper())(FEATURES, UNITS)
    return {name: each.detach().double().numpy() for name, each in made.state_dict().items()}


def in_keras(cell: str, seed: int, **options: Any) -> list[Any]:
    """The weights that keras.layers draws."""
    import keras

    keras.utils.set_random_seed(seed)
    name = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}[cell]
    made = getattr(keras.layers, name)(UNITS, **options)
    made.build((None, None, FEATURES))
    return [each.astype("float64") for each in made.get_weights()]


def in_flax(cell: str, seed: int) -> dict[str, Any]:
    """The weights that flax.linen draws."""
    import jax
    from flax import linen

    name = {"rnn": "SimpleCell", "lstm": "OptimizedLSTMCell", "gru": "GRUCell"}[cell]
    made = getattr(linen, name)(UNITS)
    carry = made.initialize_carry(jax.random.key(0), (1, FEATURES))
    drawn = made.init(jax.random.key(seed), carry, np.zeros((1, FEATURES), "float32"))["params"]
    return {"cell": jax.tree.map(lambda each: np.asarray(each, "float64"), drawn)}


def chrono(seed: int) -> list[Any]:
    """The weights of keras.layers.LSTM with chrono biases for 100 steps."""
    kernel, recurrent, bias = in_keras("lstm", seed)
    forget = np.log(np.random.default_rng(seed).uniform(1, 99, UNITS))
    bias[:UNITS], bias[UNITS : 2 * UNITS] = -forget, forget
    return [kernel, recurrent, bias]


def lines() -> Iterator[tuple[str, str, str, str, Callable[[int], Any]]]:
    """Each measurement: its name, its cell, the start of ours, the convention, the real weights."""
    for cell in ("lstm", "gru", "rnn"):
        yield f"PyTorch {cell}", cell, "pytorch", "pytorch", lambda s, c=cell: in_pytorch(c, s)
        yield f"Keras {cell}", cell, "keras", "keras", lambda s, c=cell: in_keras(c, s)
        yield f"Flax {cell}", cell, "flax", "flax", lambda s, c=cell: in_flax(c, s)
    yield "Keras lstm, chrono", "lstm", "chrono", "keras", chrono
    yield (
        "Keras lstm, bias 0",
        "lstm",
        "",
        "keras",
        lambda s: in_keras("lstm", s, unit_forget_bias=False),
    )
    yield "Keras rnn, sigmoid", "rnn sigmoid", "keras", "keras", lambda s: in_keras("rnn", s)


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    print(f"half-lives in steps, {UNITS} units on {FEATURES} features, {len(seeds)} seeds")
    print(f"{'':20} {'real: mean':>10} {'least':>7} {'most':>7}  {'ours: mean':>10}")
    for name, cell, start, convention, weights in lines():
        kind, _, activation = cell.partition(" ")
        layer = li.Layer(kind, UNITS, FEATURES, activation=activation or None)
        real = [life(layer, weights(seed), convention) for seed in seeds]
        ours = [
            life(
                layer,
                li.initial_weights(
                    layer, convention, seed, bool(start), "float64", start or "keras"
                ),
                convention,
            )
            for seed in seeds
        ]
        print(
            f"{name:20} {np.mean(real):10.2f} {min(real):7.2f} {max(real):7.2f}  "
            f"{np.mean(ours):10.2f}"
        )


def life(layer: li.Layer, weights: Any, convention: Any) -> float:
    """The half-life with these weights, over one draw of input."""
    return li.memory(layer, weights=weights, convention=convention, seeds=1).rows[0].half_life


if __name__ == "__main__":
    main()
