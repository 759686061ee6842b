"""The memory of training on a sequence: our count beside what PyTorch and Keras really keep.

    python benchmarks/memory.py [--json]

- pytorch: the numbers in the tensors that PyTorch saves for its backward pass, each storage once,
  with its plain kernels and with oneDNN's, which runs an LSTM as one operation
- process: how much a process grows from 100 time steps to 300 (256 units, 64 features, a batch of
  64) when it works out gradients, each in a process of its own, in numbers per step, sequence and
  unit; PyTorch plain, PyTorch with oneDNN, Keras

Needs PyTorch and Keras: pip install 'lstminspect[torch,keras]'
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import warnings
from typing import Any

import lstminspect as li

UNITS, FEATURES, BATCH = 256, 64, 64
SHORT, LONG = 100, 300
SIZES = ((3, 64, 30, 32), (64, 128, 50, 16), (256, 256, 20, 8))

TORCH = """
import resource, warnings, torch
warnings.simplefilter("ignore")
torch.set_num_threads(1)
layer = torch.nn.{kind}({features}, {units}, batch_first=True)
with torch.backends.mkldnn.flags(enabled={onednn}):
    layer(torch.zeros({batch}, {steps}, {features}))[0].sum().backward()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
KERAS = """
import os, resource
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf, keras
layer = keras.layers.{kind}({units}, return_sequences=True)
x = tf.zeros(({batch}, {steps}, {features}))
layer(x[:, :2])

@tf.function
def gradients(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x))
    return tape.gradient(loss, layer.trainable_weights)

gradients(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    figures = {**saved(), **grown()}
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:58} {value:>12,.3f}")


def saved() -> dict[str, float]:
    """The ratio of what PyTorch saves to what we count."""
    import torch

    figures = {}
    for cell, kind in (("lstm", "LSTM"), ("gru", "GRU"), ("rnn", "RNN")):
        for features, units, steps, batch in SIZES:
            layer = li.Layer(cell, units, features, timesteps=steps, batch=batch)
            ours = li.cost(layer, "pytorch").training.kept
            module = getattr(torch.nn, kind)(features, units)
            x = torch.randn(steps, batch, features)
            for onednn in (False, True):
                name = f"{kind}({features}, {units}), {'oneDNN' if onednn else 'plain'}"
                theirs = numbers_saved(module, x, onednn)
                figures[f"pytorch_over_ours {name}"] = theirs / ours
    return figures


def numbers_saved(module: Any, x: Any, onednn: bool) -> int:
    """Numbers in the tensors that PyTorch saves for its backward pass, each storage once."""
    import torch

    own = {each.untyped_storage().data_ptr() for each in module.parameters()}
    seen: dict[int, Any] = {}

    def pack(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with warnings.catch_warnings(), hooks:
        warnings.simplefilter("ignore")
        with torch.backends.mkldnn.flags(enabled=onednn):
            module(x)
    return sum(storage.nbytes() for storage in seen.values()) // 4


def grown() -> dict[str, float]:
    """The growth of a process with time steps, in numbers per step, sequence and unit."""
    figures = {}
    for cell, kind in (("lstm", "LSTM"), ("gru", "GRU")):
        layer = li.Layer(cell, UNITS, FEATURES)
        figures[f"ours, {kind}"] = li.cost(layer, "keras").training.per_step / UNITS
        for name, code, onednn in (
            ("PyTorch plain", TORCH, False),
            ("PyTorch oneDNN", TORCH, True),
            ("Keras", KERAS, True),
        ):
            peaks = [peak(code, kind, steps, onednn) for steps in (SHORT, LONG)]
            numbers = (peaks[1] - peaks[0]) / 4 / BATCH / (LONG - SHORT)
            figures[f"process grows, {name}, {kind}"] = numbers / UNITS
    return figures


def peak(code: str, kind: str, steps: int, onednn: bool) -> int:
    """The most memory that a process of its own held, in bytes."""
    sizes = {"units": UNITS, "features": FEATURES, "batch": BATCH, "steps": steps}
    text = code.format(kind=kind, onednn=onednn, **sizes)
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    return int(done.stdout)


if __name__ == "__main__":
    main()
