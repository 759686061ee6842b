"""The functions of the language in C: each a function over those of libm, or of a whole vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lstminspect.equations.expand import definition, numbers_of
from lstminspect.equations.functions import FUNCTIONS, OF_VECTORS
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    is_product,
    is_sum,
    text_of,
    walk,
)
from lstminspect.exports.c_values import type_of

__all__ = [
    "BODIES",
    "NEEDS",
    "OVER",
    "functions_of",
    "literal",
    "used_by",
    "written",
]

#: What the functions without a definition in the language return; {f} ends a name of libm, and NaN
#: stays NaN, as in NumPy. `step` is named otherwise: a step of the layer is a function too.
BODIES = {
    "sigmoid": "{one} / ({one} + exp{f}(-v))",
    "tanh": "tanh{f}(v)",
    "relu": "v < 0 ? 0 : v",
    "exp": "exp{f}(v)",
    "log": "log{f}(v)",
    "sqrt": "sqrt{f}(v)",
    "abs": "fabs{f}(v)",
    "expm1": "expm1{f}(v)",
    "log1p": "log1p{f}(v)",
    "erf": "erf{f}(v)",
    "step": "v > 0 ? 1 : v <= 0 ? 0 : v",
    "clip": "v < a ? a : v > b ? b : v",
    "max": "v > a || v != v ? v : a",
    "min": "v < a || v != v ? v : a",
    "power": "pow{f}(v, a)",
}

#: Functions over a whole vector of n entries: their parameters, their bodies and their meanings.
#: {weight} is the type of a matrix, {scale} and {times} are empty where it is not of int8.
OVER = {
    "dot": (
        "const {weight} *row, {scale}const {real} *v, int n",
        """\
{real} lane[{lanes}] = {{0}};
    {real} sum = 0;
    int j = 0;
    for (; j + {lanes} <= n; j += {lanes})
        for (int l = 0; l < {lanes}; l++)
            lane[l] += {cast}row[j + l] * v[j + l];
    for (; j < n; j++)
        sum += {cast}row[j] * v[j];
    for (int l = 0; l < {lanes}; l++)
        sum += lane[l];
    return {times}sum;""",
        "the product of a row of a matrix and a vector, in {lanes} sums side by side",
    ),
    "column_dot": (
        "const {weight} *column, {scales}int stride, const {real} *v, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n"
        "        sum += {each}column[j * stride] * v[j];\n    return sum;",
        "the product of a column of a matrix and a vector",
    ),
    "sum": (
        "const {real} *v, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n        sum += v[j];\n    return sum;",
        "the sum of a vector",
    ),
    "squares": (
        "const {real} *v, {real} mean, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n"
        "        sum += (v[j] - mean) * (v[j] - mean);\n    return sum;",
        "the squared distances of a vector from its mean",
    ),
    "largest": (
        "const {real} *v, int n",
        "{real} most = v[0];\n    for (int j = 1; j < n; j++)\n"
        "        most = v[j] > most ? v[j] : most;\n    return most;",
        "the largest entry of a vector",
    ),
    "powers": (
        "const {real} *v, {real} most, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n        sum += exp{f}(v[j] - most);\n"
        "    return sum;",
        "the sum of exp(v - most)",
    ),
}

#: What stands in OVER for a matrix of int8, whose rows have scales.
OF_INT8 = {
    "scale": "float scale, ",
    "scales": "const float *scales, ",
    "cast": "(float)",
    "times": "scale * ",
    "each": "scales[j] * (float)",
}
#: What a function of a whole vector needs of OVER.
NEEDS = {
    "norm": ("sum", "squares"),
    "softmax": ("largest", "powers"),
    "log_softmax": ("largest", "powers"),
}
#: The names of helpers in C that differ from those of the language.
RENAMED = {"step": "above_zero"}


def literal(value: float, single: bool) -> str:
    """A number as C writes it.

    >>> literal(1, True), literal(0.1, False)
    ('1.0f', '0.1')
    """
    text = repr(float(value))
    return f"{text}f" if single else text


def written(node: Expression, leaf: Callable[[Expression], str], prefix: str, single: bool) -> str:
    """An expression of single numbers in C.

    `leaf` gives the text of names, products and functions of whole vectors.
    """

    def text(node: Expression) -> str:
        match node:
            case Number(value):
                return literal(value, single)
            case Negative(operand):
                bare = not isinstance(operand, Binary | Negative) or is_product(operand)
                return f"-{text(operand)}" if bare else f"-({text(operand)})"
            case Call(function) if function not in OF_VECTORS:
                inner = ", ".join(map(text, (node.argument, *numbers_of(node))))
                return f"{_helper(prefix, function)}({inner})"
            case Binary(sign, left, right) if sign != "@":
                weak = sign in ("+", "-")
                strong = isinstance(right, Binary) and not is_product(right)
                one, other = text(left), text(right)
                one = f"({one})" if is_sum(left) and not weak else one
                return f"{one} {sign} " + (
                    f"({other})" if (is_sum(right) if weak else strong) else other
                )
            case _:
                return leaf(node)

    return text(node)


def _helper(prefix: str, function: str) -> str:
    """The name in C of a function of the language."""
    return f"{prefix}_{RENAMED.get(function, function)}"


def used_by(node: Expression) -> Iterator[str]:
    """The functions that `node` calls, and those that their definitions call."""
    for each in walk(node):
        if isinstance(each, Call):
            if FUNCTIONS[each.function].definition:
                yield from used_by(definition(each.function))
            yield each.function


def functions_of(
    names: list[str], prefix: str, single: bool, lanes: str, int8: bool
) -> Iterator[str]:
    """The text of every function in `names`, each after those that it calls.

    `lanes` is the macro with the number of sums in a product; `int8` tells how matrices are stored.
    """
    real, f = type_of(single)
    words = {"real": real, "f": f, "lanes": lanes, "weight": "int8_t" if int8 else real}
    words |= dict(zip(OF_INT8, OF_INT8.values() if int8 else [""] * len(OF_INT8), strict=True))
    for name in dict.fromkeys(names):
        if name in OVER:
            takes, body, meaning = (each.format(**words) for each in OVER[name])
            yield (
                f"/* {meaning} */\nstatic inline {real} {prefix}_{name}({takes})\n"
                f"{{\n    {body}\n}}"
            )
            continue
        if name in BODIES:
            body = BODIES[name].format(f=f, one=literal(1, single))
            numbers = len(FUNCTIONS[name].numbers) or (name in ("max", "min"))
            comment = FUNCTIONS[name].meaning.replace("\N{MINUS SIGN}", "-")
        else:
            numbers = len(FUNCTIONS[name].numbers)
            body = written(definition(name), text_of, prefix, single)
            comment = f"{name}(v) = {FUNCTIONS[name].definition}"
        arguments = ", ".join(f"{real} {letter}" for letter in "vab"[: 1 + numbers])
        yield (
            f"/* {comment} */\nstatic inline {real} {_helper(prefix, name)}({arguments})\n"
            f"{{\n    return {body};\n}}"
        )
