"""Half-lives with the first weights of the real frameworks beside those of our own starts.

Every framework draws its own weights; those that are not installed are left out.

pip install 'lstminspect[keras,torch,flax,others]'
python benchmarks/half_lives.py --seeds 5
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
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


def in_equinox(cell: str, seed: int) -> dict[str, Any]:
    """The weights that equinox.nn draws."""
    import equinox
    import jax

    made = getattr(equinox.nn, {"lstm": "LSTMCell", "gru": "GRUCell"}[cell])(
        FEATURES, UNITS, key=jax.random.key(seed)
    )
    names = ("weight_ih", "weight_hh", "bias", "bias_n")
    return {name: np.asarray(getattr(made, name), "f8") for name in names if hasattr(made, name)}


def in_haiku(cell: str, seed: int) -> dict[str, Any]:
    """The weights that haiku draws."""
    import haiku
    import jax

    def one_step(x: Any) -> Any:
        core = {"lstm": haiku.LSTM, "gru_reset_before": haiku.GRU}[cell](UNITS)
        return core(x, core.initial_state(1))

    drawn = haiku.transform(one_step).init(jax.random.key(seed), np.zeros((1, FEATURES), "f4"))
    return {
        "/".join([*module.split("/")[1:], name]): np.asarray(each, "f8")
        for module, held in drawn.items()
        for name, each in held.items()
    }


def in_tf1(cell: str, seed: int) -> dict[str, Any]:
    """The weights that a cell of TensorFlow 1 draws, which TensorFlow 2 still has."""
    import tensorflow as tf
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl

    tf.random.set_seed(seed)
    names = {"gru_reset_before": "GRUCell", "rnn": "BasicRNNCell"}
    options = {"use_peepholes": True} if cell == "peephole" else {}
    with warnings.catch_warnings():  # It is deprecated, and says so.
        warnings.simplefilter("ignore")
        made = getattr(rnn_cell_impl, names.get(cell, "LSTMCell"))(UNITS, **options)
        made.build(tf.TensorShape((1, FEATURES)))
    return {
        each.name.partition("/")[2].removesuffix(":0"): each.numpy().astype("f8")
        for each in made.variables
    }


#: For each framework what draws its weights, the package that it needs, and cells that it has.
DRAWN: dict[str, tuple[Callable[..., Any], str, tuple[str, ...]]] = {
    "pytorch": (in_pytorch, "torch", ("lstm", "gru", "rnn")),
    "keras": (in_keras, "keras", ("lstm", "gru", "rnn")),
    "flax": (in_flax, "flax", ("lstm", "gru", "rnn")),
    "equinox": (in_equinox, "equinox", ("lstm", "gru")),
    "haiku": (in_haiku, "haiku", ("lstm", "gru_reset_before")),
    "tf1": (in_tf1, "tensorflow", ("lstm", "gru_reset_before", "rnn", "peephole")),
}


def chrono(seed: int) -> list[Any]:
    """The weights of keras.layers.LSTM with chrono biases for 100 steps."""
    kernel, recurrent, bias = in_keras("lstm", seed)
    forget = np.log(np.random.default_rng(seed).uniform(1, 99, UNITS))
    bias[:UNITS], bias[UNITS : 2 * UNITS] = -forget, forget
    return [kernel, recurrent, bias]


def without_forget_bias(seed: int) -> list[Any]:
    """The weights of keras.layers.LSTM with a forget bias of 0."""
    return in_keras("lstm", seed, unit_forget_bias=False)


def lines() -> Iterator[tuple[str, str, str, str, Callable[[int], Any]]]:
    """Each measurement: its name, its cell, the start of ours, the convention, the real weights."""
    for name, (drawn, package, its_cells) in DRAWN.items():
        for cell in its_cells if find_spec(package) else ():
            yield f"{name} {cell}", cell, name, name, lambda seed, d=drawn, c=cell: d(c, seed)
    if find_spec("keras"):
        yield "keras lstm, chrono", "lstm", "chrono", "keras", chrono
        yield "keras lstm, bias 0", "lstm", "", "keras", without_forget_bias
        yield "keras rnn, sigmoid", "rnn sigmoid", "keras", "keras", lambda s: in_keras("rnn", s)


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    print(f"half-lives in steps, {UNITS} units on {FEATURES} features, {len(seeds)} seeds")
    print(f"{'':24} {'real: mean':>10} {'least':>7} {'most':>7}  {'ours: mean':>10}")
    for name, cell, start, convention, weights in lines():
        layer = layer_of(cell)
        real = [life(layer, weights(seed), convention) for seed in seeds]
        ours = [life(layer, own(layer, convention, start, seed), convention) for seed in seeds]
        print(
            f"{name:24} {np.mean(real):10.2f} {min(real):7.2f} {max(real):7.2f}  "
            f"{np.mean(ours):10.2f}",
            flush=True,
        )


def layer_of(cell: str) -> li.Layer:
    """The layer of a line of the table: "rnn", or "rnn sigmoid"."""
    name, _, activation = cell.partition(" ")
    return li.Layer(name, UNITS, FEATURES, activation=activation or None)


def own(layer: li.Layer, convention: Any, start: Any, seed: int) -> Any:
    """The weights of our start; without one those of Keras with forget biases of 0."""
    return li.initial_weights(layer, convention, seed, bool(start), "f8", start or "keras")


def life(layer: li.Layer, weights: Any, convention: Any) -> float:
    """The half-life with these weights, over one draw of input."""
    return li.memory(layer, weights=weights, convention=convention, seeds=1).rows[0].half_life


if __name__ == "__main__":
    main()
