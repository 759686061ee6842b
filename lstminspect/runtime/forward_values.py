"""Every value of a cell at many steps at once, once its states at all steps are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstminspect.equations.functions import EXTREMES
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Input,
    Negative,
    Number,
    Parameter,
    Value,
    is_product,
    number_of,
)
from lstminspect.runtime.dependence import CONSTANT, Graph, Node
from lstminspect.runtime.derivatives import DERIVATIVES, LARGER
from lstminspect.runtime.names import marked, sized
from lstminspect.runtime.numpy_calls import CALLS

__all__ = ["Products", "ValueWriter", "lengths_text", "matrix_of"]


@dataclass(eq=False)
class Products:
    """The products with one operand: rows of one matrix, in the order of the equations."""

    number: int
    operand: Node
    members: list[Node]

    def rows(self, node: Node) -> str:
        """The rows of one product as a slice: `units : 2 * units`."""
        place = self.members.index(node)
        before, after = lengths_text(self.members[:place]), lengths_text(self.members[: place + 1])
        return f"{before} : {after}".lstrip()


def lengths_text(nodes: Sequence[Node]) -> str:
    """The sum of the lengths of `nodes`, equal ones counted; empty for none."""
    every = [sized(node.length) for node in nodes]
    counts = {length: every.count(length) for length in every}
    return " + ".join(
        length if number == 1 else f"{number} * {length}" for length, number in counts.items()
    )


class ValueWriter:
    """The statements that give values a name: once in `constants`, for each lot in `chunk`.

    A value of many steps is (steps, entries, batch); one of parameters alone is a column.
    """

    def __init__(self, graph: Graph) -> None:
        self.constants: list[str] = []
        self.chunk: list[str] = []
        self.helpers: set[str] = set()
        self.texts: dict[Node, str] = {}
        self.made: dict[str, str] = {}
        self.levels: dict[str, int] = {}
        groups: dict[Node, list[Node]] = {}
        for node in graph.nodes:
            if is_product(node.expression):
                groups.setdefault(node.below[0], []).append(node)
        self.groups = [
            Products(number, operand, members)
            for number, (operand, members) in enumerate(groups.items())
        ]
        self.group_of = {member: group for group in self.groups for member in group.members}

    def value(self, node: Node) -> str:
        """The text of the value of `node`, whose statement is written where it is first needed."""
        if node not in self.texts:
            text = self.texts[node] = self._value(node)
            self.levels[text] = node.level
        return self.texts[node]

    def _value(self, node: Node) -> str:
        number = number_of(node.expression)
        if number is not None:
            return repr(node.expression.value if isinstance(node.expression, Number) else number)
        match node.expression:
            case Parameter(name):
                return self.named(f'column(blocks["{name}"], dtype)', CONSTANT)
            case Input(name):
                return marked(name)
            case Value(name):
                return marked(name, "before")
        if node in self.group_of:
            group = self.group_of[node]
            rows = group.rows(node)
            whole = self.product(group)
            if len(group.members) == 1:
                return whole
            cut = f"[{rows}]" if node.level == CONSTANT else f"[:, {rows}]"
            return self.named(f"{whole}{cut}", node.level)
        return self.named(self._text(node), node.level, node.line)

    def _text(self, node: Node) -> str:
        parts = [self.value(each) for each in node.below]
        match node.expression:
            case Negative():
                return f"-{parts[0]}"
            case Call(function):
                if function in CALLS:
                    name, more = CALLS[function]
                    return f"{name}({', '.join([*parts, *more])})"
                self.helpers.add(function)
                return f"{function}({', '.join(parts)})"
            case Binary(operator):
                return f"{parts[0]} {operator} {parts[1]}"
        raise AssertionError(node.expression)

    def named(self, text: str, level: int, line: str = "") -> str:
        """A name for what `text` gives, made once for each text."""
        if text not in self.made:
            self.made[text] = marked(line) if line else f"v{len(self.made)}"
            statements = self.constants if level == CONSTANT else self.chunk
            statements.append(f"{self.made[text]} = {text}")
            self.levels[self.made[text]] = level
        return self.made[text]

    def matrix(self, group: Products, transposed: bool = False) -> str:
        """A name for the matrix of a group, or for it transposed."""
        matrices = [
            f'blocks["{name}"]{".T" if turned else ""}'
            for name, turned in map(matrix_of, group.members)
        ]
        text = matrices[0] if len(matrices) == 1 else f"np.concatenate([{', '.join(matrices)}])"
        stack = self.named(f"np.ascontiguousarray({text})", CONSTANT)
        return self.named(f"np.ascontiguousarray({stack}.T)", CONSTANT) if transposed else stack

    def product(self, group: Products) -> str:
        """A name for the products of a group, one below the other."""
        operand = self.value(group.operand)
        if group.operand.level == CONSTANT:
            return self.named(f"{self.matrix(group)} @ {operand}", CONSTANT)
        return self.named(f"product({self.matrix(group)}, {operand})", group.operand.level)

    def derivative(self, node: Node, place: int) -> tuple[str, ...]:
        """The factors of the gradient of `node` that give that of the value at `place` below it.

        No factor is 1; a factor "" is 0.
        """
        match node.expression:
            case Binary("*"):
                return (self.value(node.below[1 - place]),)
            case Binary("/"):
                level = node.below[1].level
                inverse = self.named(f"1 / {self.value(node.below[1])}", level)
                return (inverse,) if place == 0 else (inverse, self.value(node), "-1")
            case Binary("-") if place == 1:
                return ("-1",)
            case Negative():
                return ("-1",)
            case Call(function) if function in EXTREMES:
                return (self._ahead(node, place, function == "max"),)
            case Call(function) if place == 0:
                v, *numbers = (self.value(each) for each in node.below)
                words = dict(zip("ab", numbers, strict=False))
                text = DERIVATIVES[function].format(v=v, y=self.value(node), **words)
                return (self.named(text, node.level),)
            case Call():
                return ("",)  # A number of the text.
        return ()

    def _ahead(self, node: Node, place: int, largest: bool) -> str:
        """1 where the value at `place` is the largest of all, or shared where several are."""
        mine = self.value(node.below[place])
        factors = []
        for number, other in enumerate(node.below):
            if number != place:
                one, two = (mine, self.value(other)) if largest else (self.value(other), mine)
                factors.append(f"({LARGER.format(one=one, other=two)})")
        return self.named(" * ".join(factors), node.level)


def matrix_of(product: Node) -> tuple[str, bool]:
    """The name of the matrix of a product, and whether it is transposed."""
    match product.expression:
        case Binary("@", Call("transpose", Parameter(name))):
            return name, True
        case Binary("@", Parameter(name)):
            return name, False
    raise AssertionError(product.expression)
