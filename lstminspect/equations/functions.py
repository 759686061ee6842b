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
    """The definition of a function, or an empty text, and its numbers.

    A number without a value has to be given.
    """

    definition: str = ""
    numbers: tuple[float | None, ...] = ()


_HARD_SIGMOID = "clip(a * v + b, 0, 1)"

FUNCTIONS = {
    "sigmoid": Function(),
    "tanh": Function(),
    "relu": Function(),
    "exp": Function(),
    "log": Function(),
    "sqrt": Function(),
    "abs": Function(),
    "expm1": Function(),
    "log1p": Function(),
    "erf": Function(),
    # 1 where v > 0, else 0.
    "step": Function(),
    # v, but at least a and at most b.
    "clip": Function(numbers=(None, None)),
    "norm": Function(),
    # The larger, and the smaller, of two or more, element by element.
    "max": Function(),
    "min": Function(),
    # v to the power of a number; `v ** 2` is read as power(v, 2).
    "power": Function(numbers=(None,)),
    "transpose": Function(),
    "softmax": Function(),
    "log_softmax": Function(),
    "sparsemax": Function(),
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
