"""Functions of the language as calls of NumPy, entries along the axis before the last."""

from __future__ import annotations

__all__ = ["CALLS", "HELPERS", "OPERATORS"]

OPERATORS = {"+": "np.add", "-": "np.subtract", "*": "np.multiply", "/": "np.divide"}

#: Functions that NumPy has, which can write where they are told to; what follows their arguments.
CALLS = {
    "tanh": ("np.tanh", ()),
    "relu": ("np.maximum", ("0",)),
    "exp": ("np.exp", ()),
    "log": ("np.log", ()),
    "sqrt": ("np.sqrt", ()),
    "abs": ("np.abs", ()),
    "expm1": ("np.expm1", ()),
    "log1p": ("np.log1p", ()),
    "max": ("np.maximum", ()),
    "min": ("np.minimum", ()),
    "power": ("np.power", ()),
}

#: Functions that a module brings itself where it needs them.
HELPERS = {
    "sigmoid": """\
def sigmoid(v):
    return np.tanh(v * 0.5) * 0.5 + 0.5""",
    "step": """\
def step(v):
    return np.where(np.isnan(v), v, v > 0).astype(np.result_type(v))""",
    "erf": """\
def erf(v):
    from math import erf

    return np.vectorize(erf, otypes=[np.result_type(v)])(v)""",
    "clip": """\
def clip(v, low, high):
    return np.clip(v, low, high)""",
    "norm": """\
def norm(*vectors):
    shape = np.broadcast_shapes(*(v[..., :1, :].shape for v in vectors))
    lengths = [v.shape[-2] for v in vectors]
    alike = [
        np.broadcast_to(v, (*shape[:-2], length, shape[-1]))
        for v, length in zip(vectors, lengths)
    ]
    every = np.concatenate(alike, axis=-2)
    mean, variance = every.mean(axis=-2, keepdims=True), every.var(axis=-2, keepdims=True)
    return (vectors[0] - mean) / np.sqrt(variance + 1e-5)""",
    "softmax": """\
def softmax(v):
    powers = np.exp(v - v.max(axis=-2, keepdims=True))
    return powers / powers.sum(axis=-2, keepdims=True)""",
    "log_softmax": """\
def log_softmax(v):
    shifted = v - v.max(axis=-2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))""",
    "sparsemax": """\
def sparsemax(v):
    ordered = -np.sort(-v, axis=-2)
    number = np.arange(1, v.shape[-2] + 1, dtype=v.dtype)[:, None]
    sums = np.cumsum(ordered, axis=-2)
    kept = ordered - (sums - 1) / number > 0
    total = np.where(kept, sums, 0).sum(axis=-2, keepdims=True) - 1
    return np.maximum(v - total / kept.sum(axis=-2, keepdims=True, dtype=v.dtype), 0)""",
}
