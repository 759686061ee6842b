"""Functions of the language on NumPy arrays, entries along the last axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf as erf_of_one
from typing import Any, TypeAlias

import numpy as np

__all__ = ["EPSILON", "FUNCTIONS", "Array", "normalised"]

Array: TypeAlias = Any

# Added to the variance under a root, as torch.nn.LayerNorm does, so that equal entries give zeros.
EPSILON = 1e-5


def sigmoid(v: Array) -> Array:
    """1 / (1 + exp(-v)), written so that no v overflows."""
    return np.tanh(v * 0.5) * 0.5 + 0.5


def relu(v: Array) -> Array:
    """The positive part; NaN stays NaN."""
    return np.maximum(v, 0)


def step(v: Array) -> Array:
    """1 where v > 0, else 0; NaN stays NaN."""
    return np.where(np.isnan(v), v, v > 0).astype(np.result_type(v))


def erf(v: Array) -> Array:
    """The error function, one number at a time."""
    v = np.asarray(v)
    return np.vectorize(erf_of_one, otypes=[v.dtype])(v)


def softmax(v: Array) -> Array:
    """Exponentials that add up to 1."""
    powers = np.exp(v - v.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_softmax(v: Array) -> Array:
    """The logarithm of softmax."""
    shifted = v - v.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sparsemax(v: Array) -> Array:
    """Few entries above zero, as Keras 3.15.1 computes it (keras/src/backend/tensorflow/nn.py).

    The paper's threshold (arXiv:1602.02068) has the last of the cumulative sums where Keras adds
    all of them: the entries add up to 1 only where a single one is above zero.
    """
    ordered = -np.sort(-v, axis=-1)
    number = np.arange(1, v.shape[-1] + 1, dtype=v.dtype)
    sums = np.cumsum(ordered, axis=-1)
    kept = ordered - (sums - 1) / number > 0
    total = np.where(kept, sums, 0).sum(axis=-1, keepdims=True) - 1
    return np.maximum(v - total / kept.sum(axis=-1, keepdims=True, dtype=v.dtype), 0)


def normalised(v: Array, *others: Array) -> Array:
    """`v` less the mean and over the deviation of all arguments together.

    A vector of parameters is the same for every sequence of a batch.
    """
    vectors = (v, *others)
    batch = np.broadcast_shapes(*(each.shape[:-1] for each in vectors))
    alike = [np.broadcast_to(each, (*batch, each.shape[-1])) for each in vectors]
    every = np.concatenate(alike, axis=-1)
    mean, variance = every.mean(axis=-1, keepdims=True), every.var(axis=-1, keepdims=True)
    return (v - mean) / np.sqrt(variance + EPSILON)


#: The functions without a definition in the language, but for `transpose`.
FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": relu,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "erf": erf,
    "step": step,
    "clip": np.clip,
    "max": np.maximum,
    "min": np.minimum,
    "power": np.power,
    "norm": normalised,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sparsemax": sparsemax,
}
