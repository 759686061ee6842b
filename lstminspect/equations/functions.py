"""The functions of the equation language: their names, their numbers, what they mean.

A function takes the vector it acts on and, after it, numbers: `leaky_relu(v, 0.2)`. A number that
is left out has the value given here, which is Keras' own wherever Keras has the function
(keras/src/activations, Keras 3.15.1). Most are defined in the language itself, of `v` and the
numbers `a` and `b`; what has no definition every reading must know.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["EXTREMES", "FUNCTIONS", "MANY", "OF_VECTORS", "Function"]


class Function(NamedTuple):
    """The definition of a function or its meaning in words, and its numbers.

    A number without a value has to be given.
    """

    definition: str = ""
    numbers: tuple[float | None, ...] = ()
    meaning: str = ""


_HARD_SIGMOID = "clip(a * v + b, 0, 1)"

FUNCTIONS = {
    "sigmoid": Function(meaning="1 / (1 + e^−v)"),
    "tanh": Function(meaning="hyperbolic tangent"),
    "relu": Function(meaning="v where v > 0, else 0"),
    "exp": Function(meaning="e^v"),
    "log": Function(meaning="natural logarithm"),
    "sqrt": Function(meaning="square root"),
    "abs": Function(meaning="absolute value"),
    "expm1": Function(meaning="e^v − 1, exact near 0"),
    "log1p": Function(meaning="log(1 + v), exact near 0"),
    "erf": Function(meaning="error function"),
    "step": Function(meaning="1 where v > 0, else 0"),
    "clip": Function(numbers=(None, None), meaning="v, but at least a and at most b"),
    "norm": Function(
        meaning="v shifted and scaled to mean 0 and variance 1; with more vectors, by the mean and "
        "variance of all of them"
    ),
    "max": Function(meaning="the larger of two or more, element by element"),
    "min": Function(meaning="the smaller of two or more, element by element"),
    "power": Function(
        numbers=(None,), meaning="v to the power of a number; `v ** 2` is `power(v, 2)`"
    ),
    "transpose": Function(meaning="the matrix transposed: `transpose(U_h) @ v`"),
    "softmax": Function(meaning="e^v / Σ e^v, over the whole vector"),
    "log_softmax": Function(meaning="log(softmax(v)), over the whole vector"),
    "sparsemax": Function(meaning="the nearest vector whose entries are at least 0 and sum to 1"),
    "linear": Function("v"),
    "exponential": Function("exp(v)"),
    "softplus": Function("relu(v) + log1p(exp(-abs(v)))"),
    "softsign": Function("v / (1 + abs(v))"),
    "hard_sigmoid": Function(_HARD_SIGMOID, (1 / 6, 0.5)),
    "hard_silu": Function("v * clip(v / 6 + 0.5, 0, 1)"),
    "hard_swish": Function("v * clip(v / 6 + 0.5, 0, 1)"),
    "hard_tanh": Function("clip(v, -1, 1)"),
    "hard_shrink": Function("v * step(abs(v) - a)", (0.5,)),
    "soft_shrink": Function("relu(v - a) - relu(-v - a)", (0.5,)),
    "tanh_shrink": Function("v - tanh(v)"),
    "leaky_relu": Function("relu(v) - a * relu(-v)", (0.2,)),
    "relu6": Function("clip(v, 0, 6)"),
    "elu": Function("relu(v) + a * expm1(-relu(-v))", (1.0,)),
    "celu": Function("relu(v) + a * expm1(-relu(-v) / a)", (1.0,)),
    "selu": Function(
        "1.0507009873554805 * (relu(v) + 1.6732632423543772 * expm1(-relu(-v)))",
    ),
    "gelu": Function("v * (1 + erf(v / 1.4142135623730951)) / 2"),
    "silu": Function("v * sigmoid(v)"),
    "swish": Function("v * sigmoid(v)"),
    "mish": Function("v * tanh(relu(v) + log1p(exp(-abs(v))))"),
    "log_sigmoid": Function("-relu(-v) - log1p(exp(-abs(v)))"),
    "sparse_plus": Function("(clip(v, -1, 1) + 1) * (clip(v, -1, 1) + 1) / 4 + relu(v - 1)"),
    "sparse_sigmoid": Function("clip((v + 1) / 2, 0, 1)"),
    "squareplus": Function("(v + sqrt(v * v + a)) / 2", (4.0,)),
    # Three more of ONNX (onnx/docs/Operators.md, LSTM).
    "affine": Function("a * v + b", (1.0, 0.0)),
    "scaled_tanh": Function("a * tanh(b * v)", (1.0, 1.0)),
    "thresholded_relu": Function("v * step(v - a)", (1.0,)),
    # v where v > a, else b.
    "threshold": Function("b + (v - b) * step(v - a)", (None, None)),
}

#: Functions that do not go element by element: they see the whole vector.
OF_VECTORS = frozenset({"norm", "transpose", "softmax", "log_softmax", "sparsemax"})
#: Functions that take further vectors after the first, as many as there are.
MANY = frozenset({"norm", "max", "min"})
#: Those of MANY that go element by element, and need two.
EXTREMES = frozenset({"max", "min"})
