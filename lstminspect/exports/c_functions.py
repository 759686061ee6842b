"""The functions of the language in C: each a function over those of libm, or of a whole vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lstminspect.equations.expand import definition
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

#: Functions over a whole vector of n entries: their parameters and their bodies.
OVER = {
    "dot": (
        "const {real} *row, const {real} *v, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n        sum += row[j] * v[j];\n"
        "    return sum;",
        "the product of a row and a vector",
    ),
    "column_dot": (
        "const {real} *column, int stride, const {real} *v, int n",
        "{real} sum = 0;\n    for (int j = 0; j < n; j++)\n"
        "        sum += column[j * stride] * v[j];\n    return sum;",
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
                inner = ", ".join(map(text, (node.argument, *_numbers_of(node))))
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


def functions_of(names: list[str], prefix: str, single: bool) -> Iterator[str]:
    """The text of every function in `names`, each after those that it calls."""
    real, f = ("float", "f") if single else ("double", "")
    for name in dict.fromkeys(names):
        if name in OVER:
            takes, body, meaning = OVER[name]
            text = f"static inline {{real}} {prefix}_{name}({takes})\n{{{{\n    {body}\n}}}}"
            # The braces of C are doubled for `format`; those of OVER are names alone.
            yield f"/* {meaning} */\n" + text.format(real=real, f=f)
            continue
        if name in BODIES:
            body = BODIES[name].format(f=f, one=literal(1, single))
            numbers = len(FUNCTIONS[name].numbers) or (name in ("max", "min"))
            comment = FUNCTIONS[name].meaning
        else:
            numbers = len(FUNCTIONS[name].numbers)
            body = written(definition(name), text_of, prefix, single)
            comment = f"{name}(v) = {FUNCTIONS[name].definition}"
        arguments = ", ".join(f"{real} {letter}" for letter in "vab"[: 1 + numbers])
        yield (
            f"/* {comment} */\nstatic inline {real} {_helper(prefix, name)}({arguments})\n"
            f"{{\n    return {body};\n}}"
        )


def _numbers_of(call: Call) -> tuple[Expression, ...]:
    """The arguments of a call after the first, with the numbers that it leaves out."""
    defaults = FUNCTIONS[call.function].numbers[len(call.others) :]
    return (*call.others, *(Number(value) for value in defaults if value is not None))
