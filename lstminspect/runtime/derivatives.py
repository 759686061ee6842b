"""Derivatives of the functions of the language, as texts of NumPy.

A function of single entries has its derivative in DERIVATIVES, of its argument `v`, its value `y`
and its numbers `a` and `b`; `step` has none, since it hands no gradient on (`Node.differs`). A
function of the whole vector has a function of BACKWARD, which takes the gradient of its value. At
the corners of relu, clip, max and min the derivative is PyTorch's (2.13, derivatives.yaml): 0 for
relu, 1 for clip, one half each for max and min.
"""

from __future__ import annotations

__all__ = ["BACKWARD", "DERIVATIVES", "LARGER"]

DERIVATIVES = {
    "sigmoid": "{y} * (1 - {y})",
    "tanh": "1 - {y} * {y}",
    "relu": "({v} > 0).astype(dtype)",
    "exp": "{y}",
    "log": "1 / {v}",
    "sqrt": "0.5 / {y}",
    "abs": "np.sign({v})",
    "expm1": "{y} + 1",
    "log1p": "1 / (1 + {v})",
    "erf": "1.1283791670955126 * np.exp(-{v} * {v})",
    "clip": "(({v} >= {a}) & ({v} <= {b})).astype(dtype)",
    "power": "{a} * np.power({v}, {a} - 1.0)",
}

#: 1 where the one is ahead of the other, one half where they are equal: of `max`; `min` turns them.
LARGER = "({one} > {other}) + 0.5 * ({one} == {other}).astype(dtype)"

#: Of the gradient `d` of the value `y`, and of the arguments: the gradient of each argument.
BACKWARD = {
    "softmax": """\
def softmax_backward(d, y, v):
    return (y * (d - (d * y).sum(axis=-2, keepdims=True)),)""",
    "log_softmax": """\
def log_softmax_backward(d, y, v):
    return (d - np.exp(y) * d.sum(axis=-2, keepdims=True),)""",
    "sparsemax": """\
def sparsemax_backward(d, y, v):
    # The threshold is (the sum of the first kept cumulative sums - 1) / kept: the entry at place r
    # of the order stands in kept - r of them.
    order = np.argsort(-v, axis=-2)
    ordered = np.take_along_axis(v, order, axis=-2)
    place = np.arange(v.shape[-2])[:, None]
    sums = np.cumsum(ordered, axis=-2)
    kept = (ordered - (sums - 1) / (place + 1) > 0).sum(axis=-2, keepdims=True)
    share = np.empty_like(v)
    np.put_along_axis(share, order, np.maximum(kept - place, 0) / kept.astype(v.dtype), axis=-2)
    above = d * (y > 0)
    return (above - share * above.sum(axis=-2, keepdims=True),)""",
    "norm": """\
def norm_backward(d, y, *vectors):
    shape = np.broadcast_shapes(*(v[..., :1, :].shape for v in vectors))
    alike = [np.broadcast_to(v, (*shape[:-2], v.shape[-2], shape[-1])) for v in vectors]
    every = np.concatenate(alike, axis=-2)
    centred = every - every.mean(axis=-2, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-2, keepdims=True) + 1e-5)
    entries = every.shape[-2]
    shift = d.sum(axis=-2, keepdims=True) / entries
    scale = (d * y).sum(axis=-2, keepdims=True) / entries
    found = -(shift + centred / deviation * scale) / deviation
    ends = np.cumsum([v.shape[-2] for v in vectors])[:-1]
    first, *others = np.split(found, ends, axis=-2)
    return (first + d / deviation, *others)""",
}
