"""Equations with the definitions of their functions put in, so that few functions remain."""

from __future__ import annotations

from functools import cache, reduce

from lstminspect.equations.functions import EXTREMES, FUNCTIONS
from lstminspect.equations.parser import parse
from lstminspect.equations.syntax import Call, Expression, Input, Number, Parameter, rebuilt

__all__ = ["definition", "numbers_of", "of_two", "opened"]


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
        return of_two(node)
    if not FUNCTIONS[node.function].definition:
        return node
    given = dict(zip("ab", numbers_of(node), strict=False))

    def filled(part: Expression) -> Expression:
        if isinstance(part, Input):
            return node.argument
        return given[part.name] if isinstance(part, Parameter) else part

    return rebuilt(definition(node.function), filled)


def of_two(call: Call) -> Expression:
    """`max` or `min` of several as those of two, again and again."""
    return reduce(lambda a, b: Call(call.function, a, (b,)), call.others, call.argument)


def numbers_of(call: Call) -> tuple[Expression, ...]:
    """The arguments of a call after the first, with the numbers that it leaves out."""
    defaults = FUNCTIONS[call.function].numbers[len(call.others) :]
    return (*call.others, *(Number(value) for value in defaults if value is not None))


@cache
def definition(function: str) -> Expression:
    """The definition of a function in the language: of an input `v` and scalars `a` and `b`."""
    text, numbers, _ = FUNCTIONS[function]
    declared = "".join(f"{name}: scalar\n" for name, _ in zip("ab", numbers, strict=False))
    return parse(f"v: input(units)\n{declared}h = {text}").lines[0].expression
