"""Other activations than a cell's own: Keras' two, and what ONNX adds to them.

`activation` stands where a cell has tanh, `recurrent_activation` where it has sigmoid. ONNX has a
third, of the cell state on its way to the output, and a bound on what goes into the others.
"""

from __future__ import annotations

from dataclasses import replace

from lstminspect.cell import Cell
from lstminspect.equations.functions import FUNCTIONS, MANY
from lstminspect.equations.parser import parse
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Call,
    Expression,
    Line,
    Negative,
    Number,
    is_product,
    rebuilt,
    walk,
)
from lstminspect.errors import EquationError, OptionError, did_you_mean, quoted

__all__ = ["ACTIVATIONS", "parts_of", "with_activations"]

#: Functions of the language that can be an activation: all but those of matrices and of several.
ACTIVATIONS = tuple(name for name in FUNCTIONS if name not in {"transpose", *MANY})

# The function of the equations that each option of a layer stands for.
REPLACES = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "output_activation": "tanh",
}


def with_activations(
    cell: Cell,
    activation: str | None = None,
    recurrent_activation: str | None = None,
    output_activation: str | None = None,
    clip: float | None = None,
) -> Cell:
    """`cell` with its functions exchanged; None leaves them as they are.

    An activation is the name of a function, with its numbers if they are not Keras' own:
    `leaky_relu(0.1)`. `output_activation` is that of a state on its way to the output, and
    `activation` where it is not given. `clip` bounds what goes into every other activation.
    Raises OptionError for an unknown function, or one that would replace nothing.

    >>> from lstminspect import cells
    >>> print(with_activations(cells.get("mgu"), "relu", "hard_sigmoid", clip=3).text)
    f = hard_sigmoid(clip(W_f @ x + U_f @ h + b_f, -3, 3))
    n = relu(clip(W_n @ x + U_n @ (f * h) + b_n, -3, 3))
    h = (1 - f) * h + f * n
    """
    given = {
        "activation": activation,
        "recurrent_activation": recurrent_activation,
        "output_activation": output_activation,
    }
    new = {name: _call(name, text) for name, text in given.items() if text is not None}
    if clip is not None and (isinstance(clip, bool) or not isinstance(clip, int | float)):
        raise OptionError(f"clip must be a number, got {quoted(clip)}.")
    if clip is not None and not 0 < clip <= 1e6:
        raise OptionError(f"clip must be above 0 and at most 1,000,000, got {quoted(clip)}.")
    if not new and clip is None:
        return cell
    used: set[str] = set()
    lines = tuple(_exchanged(line, new, clip, used) for line in cell.lines)
    for name in new:
        if name not in used:
            what = "of a state at the output" if name == "output_activation" else "in it"
            message = f"{cell.name} has no {REPLACES[name]} {what}, so {name} replaces nothing."
            raise OptionError(f"{message} Leave it out.")
    return cell.respelled(cell.rewritten(frozenset(), lines))


def parts_of(text: str) -> tuple[str, tuple[float, ...]]:
    """The name of an activation, and the numbers it is given.

    >>> parts_of("leaky_relu(0.1)"), parts_of("relu")
    (('leaky_relu', (0.1,)), ('relu', ()))
    """
    call = _call("activation", text)
    numbers = []
    for other in call.others:
        inner = other.operand if isinstance(other, Negative) else other
        assert isinstance(inner, Number)
        numbers.append(-inner.value if isinstance(other, Negative) else inner.value)
    return call.function, tuple(numbers)


def _call(option: str, text: str) -> Call:
    """The call that an option's text stands for, of a Number that holds the argument's place."""
    if not isinstance(text, str):
        hint = ""
        if isinstance(text, list | tuple):
            hint = " For other functions in each direction or layer, make one Layer of each."
        raise OptionError(f"{option} must be the name of a function, got {quoted(text)}.{hint}")
    name, sign, rest = text.strip().partition("(")
    if name == "glu":
        raise OptionError(f"{option} 'glu' halves its vector, so no gate can have it.")
    if name not in ACTIVATIONS:
        near = did_you_mean(name, ACTIVATIONS)
        known = "" if near else f" There are {', '.join(ACTIVATIONS)}."
        raise OptionError(f"{option}: no function called {name!r}.{near}{known}")
    numbers = rest.rstrip().removesuffix(")") if sign else ""
    call = f"{name}(1, {numbers})" if numbers.strip() else f"{name}(1)"
    try:
        found = parse(f"h = {call}").lines[0].expression
    except EquationError as error:
        raise OptionError(f"{option} {text!r}: {error.message.rstrip('.')}.") from None
    assert isinstance(found, Call)
    return found


def _exchanged(line: Line, new: dict[str, Call], clip: float | None, used: set[str]) -> Line:
    def change(node: Expression) -> Expression:
        if not isinstance(node, Call) or node.function not in REPLACES.values():
            return node
        at_output = line.name == OUTPUT and not any(
            is_product(part) for part in walk(node.argument)
        )
        option = "activation" if node.function == "tanh" else "recurrent_activation"
        if at_output and node.function == "tanh" and "output_activation" in new:
            option = "output_activation"
        argument = node.argument
        if clip is not None and not at_output:
            argument = Call("clip", argument, (Negative(Number(clip)), Number(clip)))
        used.add(option)
        made = new.get(option, node)
        return Call(made.function, argument, made.others)

    return replace(line, expression=rebuilt(line.expression, change))
