"""The equations for a library of tensors: each line a line of Python on (batch, entries)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.expand import definition, numbers_of
from lstminspect.equations.functions import EXTREMES, FUNCTIONS
from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Negative,
    Number,
    Parameter,
    Value,
    is_sum,
    number_of,
    rebuilt,
    text_of,
    walk,
)
from lstminspect.exports.python_text import (
    assigned,
    masks_of,
)
from lstminspect.exports.source import Source
from lstminspect.runtime.dependence import CONSTANT, graph_of
from lstminspect.runtime.interpreter import step
from lstminspect.runtime.names import marked

__all__ = ["SAME_NAMES", "Library", "TensorWriter"]

#: Functions that a library calls as the equations do, where all of it stands in one place.
SAME_NAMES = ("sigmoid", "tanh", "relu", "exp", "log", "sqrt", "abs", "expm1", "log1p", "erf")


class Library(NamedTuple):
    """A library of tensors: the text of its functions, and functions that have to be written out.

    `calls` are texts with {v}, {a} and {b}; `helpers` whole functions by the name of the language.
    `parameter` is the text of a parameter {name}, `masked` that of one that is zero outside of its
    {structure} of {parts}, `transposed` that of a matrix {v}, `typed` the heads of functions of
    `v` and of a number, `single` the product of a vector {v} without a batch and a matrix {m}.
    """

    calls: Mapping[str, str]
    helpers: Mapping[str, str]
    parameter: str
    masked: str
    transposed: str
    typed: tuple[str, str, str]
    single: str = "{v} @ {m}"


class TensorWriter:
    """The lines of one step, and the functions that they call, in the words of a library.

    Names are marks until `runtime.names.named` has seen the whole text.
    """

    def __init__(self, source: Source, library: Library) -> None:
        self.source, self.cell, self.library = source, source.cell, library
        self.used: dict[str, None] = {}
        #: The lines that are plain numbers, with their values.
        self.plain: dict[str, float] = {}
        for line in self.cell.lines:
            if self._is_plain(line.expression):
                self.plain[line.name] = self._evaluated(line.expression)
        graph = graph_of(self.cell)
        #: The lines that depend on no input and no state: they have no batch.
        self.constant = {name for name, node in graph.lines.items() if node.level == CONSTANT}

    def lines(self) -> Iterator[str]:
        """Each line of the equations, below its equation as a comment."""
        for line in self.cell.lines:
            yield f"# {line.name} = {text_of(line.expression)}"
            if line.name in self.plain:
                yield f"{marked(line.name)} = {self.plain[line.name]!r}"
            else:
                yield assigned(marked(line.name), self._text(self._folded(line.expression)))

    def returned(self, zeros: Callable[[str], str]) -> list[str]:
        """The output and the states of a step; what depends on no input has a batch from `zeros`.

        `zeros` gives the text of zeros, (batch, length), for the name of a length.
        """
        texts = []
        for name in (OUTPUT, *self.cell.states):
            constant = name in self.constant
            more = f" + {zeros(self.cell.lengths[name][0])}" if constant else ""
            texts.append(f"{marked(name)}{more}")
        return texts

    def functions(self) -> str:
        """The functions that the lines call and the library has not, in order."""
        texts = masks_of(self.source)
        for name in self.used:
            if name in self.library.helpers:
                texts.append(self.library.helpers[name])
                continue
            vector, number, result = self.library.typed
            numbers = "".join(f", {letter}{number}" for letter, _ in self._numbers(name))
            body = self._text(definition(name))
            body = body.replace(marked("v"), "v")
            for letter in "ab":
                body = body.replace(self.library.parameter.format(name=letter), letter)
            head = f"def {name}(v{vector}{numbers}){result}:"
            comment = f'    """{name}(v) = {FUNCTIONS[name].definition}"""'
            texts.append(f"{head}\n{comment}\n    return {body}")
        return "".join(f"{text}\n\n\n" for text in texts)

    def _numbers(self, name: str) -> list[tuple[str, float | None]]:
        return list(zip("ab", FUNCTIONS[name].numbers, strict=False))

    def _folded(self, node: Expression) -> Expression:
        """`node` with functions of plain numbers replaced by what they give."""

        def folded(part: Expression) -> Expression:
            if isinstance(part, Value) and not part.previous and part.name in self.plain:
                return part
            if isinstance(part, Call) and self._is_plain(part):
                return Number(self._evaluated(part))
            return part

        return rebuilt(node, folded)

    def _is_plain(self, node: Expression) -> bool:
        return all(
            each.name in self.plain and not each.previous
            if isinstance(each, Value)
            else not isinstance(each, Input | Parameter)
            for each in walk(node)
        )

    def _evaluated(self, node: Expression) -> float:
        """The value of an expression of plain numbers."""
        filled = rebuilt(
            node, lambda each: Number(self.plain[each.name]) if isinstance(each, Value) else each
        )
        return float(step(Cell(f"{OUTPUT} = {text_of(filled)}"), {}, {}, {})[OUTPUT])

    def _text(self, node: Expression) -> str:
        match node:
            case Number(value):
                return repr(float(value)) if not isinstance(value, int) else repr(value)
            case Input(name):
                return marked(name)
            case Value(name, previous):
                return marked(name, "before") if previous else marked(name)
            case Parameter(name):
                return self._parameter(name)
            case Negative(operand):
                inner = self._text(operand)
                return f"-({inner})" if isinstance(operand, Binary | Negative) else f"-{inner}"
            case Binary("@", Call("transpose", matrix), vector):
                return self._product(vector, self._text(matrix))
            case Binary("@", matrix, vector):
                text, turned = self._text(matrix), self.library.transposed
                if turned.endswith("({v})"):
                    text = text.removeprefix("(").removesuffix(")") if text[0] == "(" else text
                return self._product(vector, turned.format(v=text))
            case Binary(sign, left, right):
                weak = sign in ("+", "-")
                one, other = self._text(left), self._text(right)
                one = f"({one})" if is_sum(left) and not weak else one
                strong = is_sum(right) if weak else isinstance(right, Binary)
                return f"{one} {sign} " + (f"({other})" if strong else other)
            case Call():
                return self._call(node)

    def _parameter(self, name: str) -> str:
        block = self.cell.block_named.get(name)
        if block is None or not block.structure:
            return self.library.parameter.format(name=name)
        return self.library.masked.format(
            name=name, structure=block.structure, parts=self.source.layer.sizes[block.parts]
        )

    def _product(self, vector: Expression, matrix: str) -> str:
        single = all(
            not each.previous and each.name in self.constant
            if isinstance(each, Value)
            else not isinstance(each, Input)
            for each in walk(vector)
        )
        text = self.library.single if single else "{v} @ {m}"
        return text.format(v=self._tight(vector), m=matrix)

    def _tight(self, node: Expression) -> str:
        text = self._text(node)
        return f"({text})" if isinstance(node, Binary | Negative) else text

    def _call(self, node: Call) -> str:
        name, first = node.function, self._text(node.argument)
        if name in EXTREMES:
            return self._extreme(node)
        if name == "norm":
            self._use(name)
            every = ", ".join(map(self._text, (node.argument, *node.others)))
            return f"norm({first}, [{every}])"
        if name in self.library.calls:
            filled = dict(zip("ab", map(self._text, node.others), strict=False))
            return self.library.calls[name].format(v=first, **filled)
        self._use(name)
        # A scripted function of PyTorch takes 2.0 for a float, and not 2.
        numbers = map(number_of, numbers_of(node))
        texts = [repr(float(each)) for each in numbers if each is not None]
        return f"{name}({', '.join([first, *texts])})"

    def _use(self, name: str) -> None:
        """Note a function that has to be written out, behind those that its definition calls."""
        if FUNCTIONS[name].definition:
            self._text(definition(name))
        self.used[name] = None

    def _extreme(self, node: Call) -> str:
        """`max` or `min` of two, again and again; a number bounds a tensor."""
        numbers = [each for each in (node.argument, *node.others) if self._is_plain(each)]
        tensors = [each for each in (node.argument, *node.others) if each not in numbers]
        text = self._text(tensors[0])
        for each in tensors[1:]:
            text = self.library.calls[node.function].format(v=text, a=self._text(each))
        for each in numbers:
            bound = self.library.calls[f"{node.function} number"]
            text = bound.format(v=text, a=self._text(each))
        return text
