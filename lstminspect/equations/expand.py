"""Equations with the definitions of their functions put in, so that few functions remain."""

from __future__ import annotations

from functools import cache, reduce

from lstminspect.equations.functions import EXTREMES, FUNCTIONS
from lstminspect.equations.parser import parse
from lstminspect.equations.syntax import Call, Expression, Input, Number, Parameter, rebuilt

__all__ = ["definition", "opened"]


def opened(node: Expression) -> Expression:
    """`node` with every function that has a definition replaced by it, `max` and `min` of two.

    >>> from lstminspect.equations.syntax import text_of
    >>> text_of(opened(parse("h = silu(W_h @ x)").lines[0].expression))
    'W_h @ x * sigmoid(W_h @ x)'
    """
    return rebuilt(node, _open)


def _open(node: Expression) -> Expression:
    if not isinstance(node, Call):
        return node
    if node.function in EXTREMES:
        return reduce(lambda a, b: Call(node.function, a, (b,)), node.others, node.argument)
    if not FUNCTIONS[node.function].definition:
        return node
    numbers = [Number(number) for number in FUNCTIONS[node.function].numbers if number is not None]
    given = dict(zip("ab", [*node.others, *numbers[len(node.others) :]], strict=False))

    def filled(part: Expression) -> Expression:
        if isinstance(part, Input):
            return node.argument
        return given[part.name] if isinstance(part, Parameter) else part

    return rebuilt(definition(node.function), filled)


@cache
def definition(function: str) -> Expression:
    """The definition of a function in the language: of an input `v` and scalars `a` and `b`."""
    text, numbers, _ = FUNCTIONS[function]
    declared = "".join(f"{name}: scalar\n" for name, _ in zip("ab", numbers, strict=False))
    return parse(f"v: input(units)\n{declared}h = {text}").lines[0].expression
