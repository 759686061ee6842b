"""Forms that are written elsewhere and not in this language, and what to write instead."""

from __future__ import annotations

import ast
import re

from lstminspect.equations.functions import FUNCTIONS

__all__ = ["TIMES", "of_character", "of_function", "of_row", "of_syntax", "time_of"]

#: What a time is called behind the name of a state.
TIMES = frozenset({"t", "t_1", "t1", "tm1", "prev", "last", "old", "next", "new"})

_CONCATENATION = " A matrix of both vectors is a matrix for each: W_f @ x + U_f @ h."
_TRANSPOSE = " A transposed matrix is transpose(U_h) @ v."
_MULTIPLY = " A product needs its sign: W_h @ x for a matrix, r * h element by element."

# Patterns around the sign that is refused; `{0}` is what the first group matched.
_WRITTEN = (
    (r"\[[^\[\]:]*,[^\[\]:]*\]", _CONCATENATION),
    (r"([A-Za-z]\w*?)_?(?:\{\s*t[^{}]*\}|\[\s*(?:t[^\[\]]*|-\s*1\s*)\])", "time"),
    (r"([A-Za-z]\w*_)\{(\w+)\}", " Write {0}{1}."),
    (r"\^\s*[{(]?\s*(?:\\?top\b|T\b|⊤)|ᵀ|⊤|'", _TRANSPOSE),
    (r"\^\s*[{(]?\s*(-?[\d.]+)", " A power is v ** {0}."),
    (r"\^", " A power is v ** 2, a product element by element r * h."),
    (r"\\sigma\b", " Write sigmoid(v)."),
    (r"\\tanh\b", " Write tanh(v)."),
    (r"\\", " Names are written without a backslash, and a product element by element is r * h."),
    (r"\|", " A size without its sign is abs(v)."),
)
_SIGNS = {
    **dict.fromkeys("×·∙⋅⊙∘⊗∗", "*"),
    **dict.fromkeys("−–—", "-"),
    "²": "** 2",
    "³": "** 3",
    "÷": "/",
    "σ": "sigmoid",
    "√": "sqrt",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    ";": "a new line",
    "←": "=",
}
_FUNCTIONS = {
    **dict.fromkeys(("concat", "concatenate", "cat", "stack", "hstack", "vstack"), _CONCATENATION),
    **dict.fromkeys(("matmul", "dot", "mm"), " A matrix product is W_h @ x."),
    **dict.fromkeys(("multiply", "mul", "hadamard"), " A product element by element is r * h."),
    **dict.fromkeys(("pow", "square"), " A power is v ** 2."),
    **dict.fromkeys(("sigma", "logistic"), " Write sigmoid(v)."),
    "T": _TRANSPOSE,
    "maximum": " Write max(v, w).",
    "minimum": " Write min(v, w).",
    "reciprocal": " A quotient is 1 / v.",
    "layer_norm": " Write norm(v).",
}


def of_character(code: str, place: int) -> str:
    """Advice for the sign at `place` of the row `code`, as a sentence.

    >>> of_character("c = h_{t-1}", 6)
    ' Write h: in its own line and above it that is the value of the step before.'
    """
    for pattern, advice in _WRITTEN:
        for part in re.finditer(pattern, code):
            if part.start() <= place < part.end():
                return time_of(part[1]) if advice == "time" else advice.format(*part.groups())
    sign = _SIGNS.get(code[place])
    return f" Did you mean {sign}?" if sign else ""


def of_row(code: str) -> str:
    """Advice for a row that Python's grammar does not read."""
    return _MULTIPLY if re.search(r"[\w)][ \t]+[A-Za-z0-9(]|\b\d+[A-Za-z(]", code) else ""


def of_function(name: str) -> str:
    """Advice for a function that the language does not have."""
    return _FUNCTIONS.get(name, "")


def of_syntax(node: ast.expr) -> str:
    """Advice for a form of Python's that the language does not have."""
    match node:
        case ast.Call(ast.Attribute(_, name)) if name in FUNCTIONS:
            return f". Write {name}(v)."
        case ast.Call(ast.Attribute(_, name)) if name in _FUNCTIONS:
            return f".{_FUNCTIONS[name]}"
        case ast.Attribute(_, "T"):
            return f".{_TRANSPOSE}"
        case _:
            return ""


def time_of(name: str) -> str:
    """Advice on how to write at which step `name` is meant."""
    if name == "x":
        return " Write x: it is always the input of this step."
    return f" Write {name}: in its own line and above it that is the value of the step before."
