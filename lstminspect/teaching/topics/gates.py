"""`gates`: what every line of a cell does, read from its equations."""

from __future__ import annotations

from collections.abc import Iterator

from lstminspect import cells
from lstminspect.answer import Part, Prose, Sketch, Table
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Line,
    Number,
    Value,
    is_sum,
    terms,
    text_of,
    walk,
)
from lstminspect.layer import Layer
from lstminspect.sizes import product
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code
from lstminspect.teaching.topics.units import stored
from lstminspect.wording import NAMES

__all__ = ["gates"]

#: What the lines of the usual cells are for, in the words of their papers.
MEANINGS = {
    "lstm": {
        "i": "input gate: how much of g is written into c",
        "f": "forget gate: how much of the old c is kept",
        "g": "candidate: what could be written",
        "o": "output gate: how much of c is shown",
        "c": "memory: what is kept of the old c, and what is new",
        "h": "output: what is shown of c, and what the next step reads",
    },
    "gru": {
        "z": "update gate: how much of the old h is kept",
        "r": "reset gate: how much of the old h the candidate hears",
        "n": "candidate: what could come in place of the old h",
        "h": "output and memory: a mix of the old h and n",
    },
    "rnn": {"h": "output and memory: one network of x and the old h, no gate"},
}
MEANINGS["gru_reset_before"] = MEANINGS["gru"]
RANGES = {"sigmoid": "between 0 and 1", "tanh": "between -1 and 1"}


def gates(layer: Layer) -> TopicAnswer:
    """The work of each line of the layer's cell."""
    cell = layer.running_cell
    owners = [line for line in cell.lines if line.name in layer.cell.gates]
    gate_names = [line.name for line in owners if _is_gate(line)]
    number = _numbered(len(gate_names))
    weights = "1 line" if len(owners) == 1 else f"{len(owners)} lines"
    have = "has" if len(owners) == 1 else "have"
    name = NAMES.get(layer.cell.name, layer.cell.name)
    answer = f"{name} has {number}{': ' * bool(gate_names)}{', '.join(gate_names)}. "
    answer += (
        f"{weights} of its equations {have} weights: {', '.join(line.name for line in owners)}."
    )
    if not owners:
        answer = f"No line of {layer.cell.name} has weights of its own."
    known = _meanings(layer)
    rows = tuple(
        (line.name, known.get(line.name) or _derived(line, cell.lines)) for line in cell.lines
    )
    parts: list[Part] = [
        Table("line by line", ("line", "what it does"), rows),
        Sketch(cell.rewritten(), "The same as equations: @ is a matrix times a vector."),
        *_sizes(layer),
        *_explained(bool(gate_names)),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(answer, parts)


def _numbered(gates: int) -> str:
    return "no gate" if not gates else "1 gate" if gates == 1 else f"{gates} gates"


def _explained(gated: bool) -> Iterator[Part]:
    if gated:
        yield Prose(
            "A gate is a vector of numbers between 0 and 1, one for each unit, that something is "
            "multiplied by: 0 shuts it off, 1 lets it through. Gates are computed again at every "
            "time step; their weights stay the same."
        )


def _sizes(layer: Layer) -> Iterator[Part]:
    counts: dict[str, int] = {}
    for block in stored(layer):
        name = block.gate or block.name
        counts[name] = counts.get(name, 0) + int(product(block.stored(layer.sizes)))
    if counts:
        total = ("total", sum(counts.values()))
        yield Table(
            "parameters of each", ("line", "parameters"), tuple(counts.items()), total=total
        )


def _meanings(layer: Layer) -> dict[str, str]:
    name = layer.cell.name
    own = name in MEANINGS and cells.get(name).says_the_same(layer.cell)
    return MEANINGS[name] if own else {}


def _is_gate(line: Line) -> bool:
    return isinstance(line.expression, Call) and line.expression.function.endswith("sigmoid")


def _derived(line: Line, lines: tuple[Line, ...]) -> str:
    """The role of a line, from its function and from what it is multiplied with further down."""
    function = line.expression.function if isinstance(line.expression, Call) else ""
    values = f"numbers {RANGES[function]}" if function in RANGES else _mix(line)
    acts = [text for each in lines for text in _partners(line.name, each)]
    if _is_gate(line) and acts:
        return f"gate, {values}: multiplies {', '.join(dict.fromkeys(acts))}"
    if line.name == "h":
        return f"output: {values}"
    used = [each.name for each in lines if _reads(each, line.name)]
    return f"{values}, for {', '.join(used)}" if used else values


def _mix(line: Line) -> str:
    names = [node.name for node in walk(line.expression) if isinstance(node, Value)]
    return f"made of {', '.join(dict.fromkeys(names))}" if names else "made of x"


def _reads(line: Line, name: str) -> bool:
    return any(isinstance(node, Value) and node.name == name for node in walk(line.expression))


def _partners(name: str, line: Line) -> Iterator[str]:
    """The factors beside `name`, or 1 - `name`, in a product."""
    for node in walk(line.expression):
        if isinstance(node, Binary) and node.operator == "*":
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if _is_share(one, name):
                    yield _short(other)


def _is_share(node: Expression, name: str) -> bool:
    if isinstance(node, Value):
        return node.name == name and not node.previous
    first = terms(node)[0] if is_sum(node) else node
    return isinstance(first, Number) and _names(node) == {name}


def _names(node: Expression) -> set[str]:
    return {each.name for each in walk(node) if isinstance(each, Value)}


def _short(node: Expression) -> str:
    text = text_of(node)
    if isinstance(node, Value):
        return f"the old {text}" if node.previous else text
    return text if len(text) <= 24 else "a sum of products"
