"""The data flow of a cell: what reads what, as a graph, from its equations alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.functions import EXTREMES, MANY
from lstminspect.equations.shapes import FEATURES, OUTPUT
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Negative,
    Number,
    Parameter,
    Value,
    children,
    is_sum,
    text_of,
    walk,
)

__all__ = ["DataFlow", "Operation", "data_flow"]

TIMES, MINUS, DIVIDED = "⊙", "−", "÷"


class Operation(NamedTuple):
    """One node of the graph.

    `kind` is input, state, network, function, operation or result. `text` says what it is or does,
    `line` is the name of the equation that ends in it, `weights` the parameters that it applies,
    `size` the name of the length of what leaves it, where that is known.
    """

    kind: str
    text: str
    line: str = ""
    weights: tuple[str, ...] = ()
    size: str = ""


class DataFlow(NamedTuple):
    """The parts of a cell, and the vectors between them: pairs of the places of two parts."""

    parts: tuple[Operation, ...]
    edges: tuple[tuple[int, int], ...]


def data_flow(cell: Cell) -> DataFlow:
    r"""The data flow of one step of `cell`.

    A sum with parameters in it is one part, a network, together with the function around it.

    >>> flow = data_flow(Cell("f = sigmoid(W_f @ x + U_f @ h)\nh = f * h"))
    >>> [(part.kind, part.text, part.line) for part in flow.parts]  # doctest: +NORMALIZE_WHITESPACE
    [('input', 'x_{t}', ''), ('state', 'h_{t−1}', ''), ('network', 'sigmoid', 'f'),
     ('operation', '⊙', 'h'), ('result', 'h_{t}', 'h')]
    >>> flow.edges
    ((0, 2), (1, 2), (2, 3), (1, 3), (3, 4))
    """
    reader = _GraphBuilder(cell)
    reader.read_sources()
    for line in cell.lines:
        reader.read_line(line)
    reader.read_results()
    return DataFlow(tuple(reader.parts), tuple(reader.edges))


@dataclass
class _GraphBuilder:
    cell: Cell
    parts: list[Operation] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    #: Where each expression was read, so that what is computed once is drawn once.
    places: dict[Expression, int] = field(default_factory=dict)

    def add(self, part: Operation, *origins: int) -> int:
        lengths = (self.parts[origin].size for origin in origins)
        if not part.size and part.kind != "network":
            # What goes element by element is as long as what it reads.
            part = part._replace(size=next(filter(None, lengths), ""))
        self.parts.append(part)
        place = len(self.parts) - 1
        self.edges += [(origin, place) for origin in origins]
        return place

    def read_sources(self) -> None:
        nodes = [node for line in self.cell.lines for node in walk(line.expression)]
        for name in dict.fromkeys(node.name for node in nodes if isinstance(node, Input)):
            part = Operation("input", f"{name}_{{t}}", size=_input_size(self.cell, name))
            self.places[Input(name)] = self.add(part)
        for name, size in self.cell.states.items():
            part = Operation("state", f"{name}_{{t{MINUS}1}}", size=size)
            self.places[Value(name, previous=True)] = self.add(part)

    def read_line(self, line: Line) -> None:
        place = self.read(line.expression)
        part = self.parts[place]
        if part.kind not in ("input", "state") and not part.line:
            size = next(iter(self.cell.lengths[line.name]), "")
            self.parts[place] = part._replace(line=line.name, size=size)
        self.places[Value(line.name, previous=False)] = place

    def read_results(self) -> None:
        for name in dict.fromkeys([OUTPUT, *self.cell.states]):
            part = Operation("result", f"{name}_{{t}}", name, size=self.cell.lengths[name][0])
            self.add(part, self.places[Value(name, previous=False)])

    def read(self, node: Expression) -> int:
        """The place of the part that gives the value of `node`."""
        if node not in self.places:
            self.places[node] = self._added(node)
        return self.places[node]

    def _added(self, node: Expression) -> int:
        if _is_network(node):
            return self._network(node, "")
        match node:
            case Call(function, argument) if _is_network(argument) and not _vectors(node):
                return self._network(argument, _called(node))
            case Call(function) if function in EXTREMES:
                return self._extreme(node)
            case Call(function, argument):
                vectors = _vectors(node)
                first = (
                    f" {text_of(argument)}" if vectors and not isinstance(argument, Call) else ""
                )
                origins = [self.read(each) for each in (argument, *vectors)]
                text = f"{function}{first}" if vectors else _called(node)
                return self.add(Operation("function", text), *origins)
            case Negative(operand):
                return self.add(Operation("operation", MINUS), self.read(operand))
            case Binary("+" | "-"):
                return self._sum(node)
            case Binary():
                return self._product(list(_factors(node)))
            case _:
                return self.add(Operation("function", text_of(node)))  # A number by itself.

    def _extreme(self, node: Expression) -> int:
        """The larger or smaller of several: vectors are read, numbers stand in the part."""
        assert isinstance(node, Call)
        parts = children(node)
        numbers = [text_of(part) for part in parts if isinstance(part, Number)]
        vectors = [part for part in parts if not isinstance(part, Number)]
        text = " ".join([node.function, *numbers])
        return self.add(Operation("function", text), *map(self.read, vectors))

    def _network(self, node: Expression, function: str) -> int:
        weights: list[str] = []
        origins: dict[int, None] = {}
        for term, sign in _signed(node):
            names, others = _weighed(term)
            if isinstance(term, Number):
                names, others = [text_of(term)], []
            if not names:
                others = [term if sign > 0 else Negative(term)]
            weights += [f"{MINUS}{name}" if sign < 0 else name for name in names[:1]] + names[1:]
            # One arrow for a vector, however many of the matrices read it.
            origins |= dict.fromkeys(map(self.read, others))
        shapes = (self.cell.lengths.get(name.lstrip(MINUS), ()) for name in weights)
        size = next((shape[0] for shape in shapes if shape), "")
        return self.add(Operation("network", function, "", tuple(weights), size), *origins)

    def _sum(self, node: Expression) -> int:
        signed = list(_signed(node))
        numbers = [(term, sign) for term, sign in signed if isinstance(term, Number)]
        values = [(term, sign) for term, sign in signed if not isinstance(term, Number)]
        shift = " ".join(f"{'+' if sign > 0 else MINUS} {term.value}" for term, sign in numbers)
        if numbers and len(values) == 1:
            (value, sign), first = values[0], shift.removeprefix("+ ")
            return self.add(
                Operation("operation", shift if sign > 0 else f"{first} {MINUS}"), self.read(value)
            )
        origins = [self.read(each if sign > 0 else Negative(each)) for each, sign in values]
        return self.add(Operation("operation", f"+ {shift}".strip().replace("+ +", "+")), *origins)

    def _product(self, factors: list[tuple[Expression, bool]]) -> int:
        """The product of factors, each with whether it divides."""
        numbers = [each for each in factors if isinstance(each[0], Number)]
        values = [each for each in factors if not isinstance(each[0], Number)]
        scale = " ".join(
            f"{DIVIDED} {text_of(each)}" if divides else f"{text_of(each)} {TIMES}"
            for each, divides in numbers
        ).replace(TIMES, "×")
        if len(values) == 1:
            value, divides = values[0]
            text = f"{scale.removesuffix(' ×') or 1} {DIVIDED}" if divides else scale
            return self.add(Operation("operation", text), self.read(value))
        origins = [self._product([each]) if each[1] else self.read(each[0]) for each in values]
        return self.add(Operation("operation", f"{scale} {TIMES}".strip()), *origins)


def _input_size(cell: Cell, name: str) -> str:
    declared = cell.declared.get(name)
    return declared.size if declared and declared.size else FEATURES


def _called(call: Call) -> str:
    """The name of a function, with the numbers it was given."""
    return " ".join([call.function, *(text_of(each) for each in call.others)])


def _vectors(call: Call) -> list[Expression]:
    """The arguments after the first, if those are vectors and not numbers."""
    return list(call.others) if call.function in MANY else []


def _signed(node: Expression, sign: int = 1) -> Iterator[tuple[Expression, int]]:
    """The terms of a sum, each with its sign."""
    match node:
        case Binary("+" | "-" as operator, left, right):
            yield from _signed(left, sign)
            yield from _signed(right, sign if operator == "+" else -sign)
        case Negative(operand) if is_sum(operand) or _weighed(operand)[0]:
            yield from _signed(operand, -sign)
        case _:
            yield node, sign


def _is_network(node: Expression) -> bool:
    """Tell whether a parameter is applied in `node` itself, not below a function or a product."""
    return any(_weighed(term)[0] for term, _ in _signed(node))


def _weighed(term: Expression) -> tuple[list[str], list[Expression]]:
    """The parameters that a term applies, by name, and what it applies them to."""
    match term:
        case Parameter(name):
            return [name], []
        case Binary("@", left, right):
            return [text_of(left)], [right]
        case Binary("*" | "/"):
            factors = list(_factors(term))
            names = [
                each.name
                for each, divides in factors
                if isinstance(each, Parameter) and not divides
            ]
            others = [
                (each, divides)
                for each, divides in factors
                if divides or not isinstance(each, Parameter)
            ]
            return (names, [_multiplied(others)]) if names and others else (names, [])
        case _:
            return [], []


def _factors(node: Expression, divides: bool = False) -> Iterator[tuple[Expression, bool]]:
    """The factors of a product, each with whether it divides."""
    match node:
        case Binary("*" | "/" as operator, left, right):
            yield from _factors(left, divides)
            yield from _factors(right, divides if operator == "*" else not divides)
        case _:
            yield node, divides


def _multiplied(factors: list[tuple[Expression, bool]]) -> Expression:
    """The product of factors as one expression."""
    (first, divides), *rest = factors
    product: Expression = Binary("/", Number(1), first) if divides else first
    for factor, below in rest:
        product = Binary("/" if below else "*", product, factor)
    return product
