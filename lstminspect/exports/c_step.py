"""One step of a cell in C99, and the functions that start it and repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lstminspect.equations.shapes import OUTPUT
from lstminspect.equations.syntax import Binary, Call, Expression, Input, Parameter, Value, walk
from lstminspect.exports.c_functions import NEEDS, literal, used_by, written
from lstminspect.exports.c_memory import Field
from lstminspect.exports.c_values import type_of
from lstminspect.exports.c_words import WORDS
from lstminspect.exports.loops import Assignment, Loop, free_name, loops_of
from lstminspect.exports.source import Source

__all__ = ["StepWriter"]


class StepWriter:
    """The functions `reset`, `step` and `run` of a layer in C.

    `functions` are the functions of the language, and those over whole vectors, that `step` calls,
    once it is written.
    """

    def __init__(self, source: Source, fields: Sequence[Field]) -> None:
        self.source, self.layer, self.cell = source, source.layer, source.cell
        self.fields = fields
        self.scales = {field.block: field.name for field in fields if field.is_scale}
        self.single, self.prefix = source.single, source.name
        self.real, self.f = type_of(self.single)
        self.inputs = list(source.inputs)
        self.names = source.names | WORDS | {source.name, "j"}
        self.loops = loops_of(self.cell, self.names)
        self.weights, self.state, self.k, self.t, self.steps = (
            free_name(each, self.names) for each in ("weights", "state", "k", "t", "steps")
        )
        #: The macros beside those of the sizes: of the file, and of the sums in a product.
        sizes = {*self.cell.size_names}
        self.guard, self.lanes = (self.size(free_name(each, sizes)) for each in ("h", "lanes"))
        self.functions: list[str] = []
        self.over: dict[Call, tuple[str, ...]] = {}

    def size(self, length: str) -> str:
        """The name of the macro of a size."""
        return f"{self.prefix}_{length}".upper()

    def _signature(self, name: str, more: Sequence[str]) -> str:
        """The head of a function, which takes the weights and the states if there are any."""
        arguments = []
        if self.cell.blocks:
            arguments.append(f"const {self.prefix}_weights *{self.weights}")
        if self.cell.states:
            arguments.append(f"{self.prefix}_state *{self.state}")
        text = f"static inline void {self.prefix}_{name}("
        whole = text + ", ".join([*arguments, *more]) + ")"
        return (
            whole
            if len(whole) < 100
            else text + "\n    " + ",\n    ".join([*arguments, *more]) + ")"
        )

    def _every(self, length: str) -> str:
        return f"for (int {self.k} = 0; {self.k} < {self.size(length)}; {self.k}++)"

    def step(self) -> Iterator[str]:
        """The function of one time step."""
        inputs = [
            f"const {self.real} {name}[{self.size(self.cell.length_of(Input(name)))}]"
            for name in self.inputs
        ]
        out = f"{self.real} {OUTPUT}[{self.size(self.cell.width)}]"
        yield "/* One time step. The output is written to h, which is not the array of a state. */"
        yield self._signature("step", [*inputs, out])
        yield "{"
        for name, length in self.loops.arrays.items():
            if name != OUTPUT:
                yield f"    {self.real} {name}[{self.size(length)}];"
        body = [line for loop in self.loops.loops for line in self._loop(loop)]
        read = {
            node.name
            for loop in self.loops.loops
            for each in loop.assignments
            for node in walk(each.expression)
            if isinstance(node, Input)
        }
        yield from (f"    (void){name};" for name in self.inputs if name not in read)
        if self.cell.blocks and not any(f"{self.weights}->" in line for line in body):
            yield f"    (void){self.weights};"
        yield from body
        for name, length in self.cell.states.items():
            if name not in self.loops.in_place:
                yield f"    {self._every(length)}"
                yield f"        {self.state}->{name}[{self.k}] = {name}[{self.k}];"
        yield "}"

    def _loop(self, loop: Loop) -> Iterator[str]:
        """One loop, and before it what it needs of whole vectors."""
        for call in loop.over:
            if call not in self.over:
                yield from self._prepared(call)
        indent = "    "
        if loop.length:
            yield f"{indent}{self._every(loop.length)} {{"
            indent *= 2
        place = self.loops.loops.index(loop)
        for each in loop.assignments:
            yield f"{indent}/* {each.equation} */"
            yield f"{indent}{self._target(each)} = {self._text(each, place)};"
        for each in loop.assignments:
            if each.name in self.loops.in_place:
                yield f"{indent}{self.state}->{each.name}[{self.k}] = {each.name};"
        if loop.length:
            yield "    }"

    def _target(self, each: Assignment) -> str:
        if each.name in self.loops.arrays:
            return f"{each.name}[{self.k}]"
        return f"const {self.real} {each.name}"

    def _text(self, each: Assignment, place: int) -> str:
        self.functions += [
            name for name in used_by(each.expression) if name not in NEEDS and name != "transpose"
        ]
        return written(
            each.expression, lambda node: self._leaf(node, place), self.prefix, self.single
        )

    def _leaf(self, node: Expression, place: int) -> str:
        """An entry of a vector, of a product, or of a function of a whole vector."""
        k = self.k
        match node:
            case Input(name):
                return f"{name}[{k}]"
            case Parameter(name):
                vector = f"{self.weights}->{name}"
                return f"{vector}[{k}]" if self.cell.lengths[name] else vector
            case Value(name, True):
                return f"{self.state}->{name}[{k}]"
            case Value(name, False):
                if name in self.loops.arrays:
                    return f"{name}[{k}]"
                here = any(each.name == name for each in self.loops.loops[place].assignments)
                return (
                    name if here or not self.loops.lengths[name] else f"{self._vector(node)}[{k}]"
                )
            case Binary("@", Call("transpose", Parameter(name)), vector):
                rows, columns = map(self.size, self.cell.lengths[name])
                column = [f"&{self.weights}->{name}[0][{k}]", *self._scales(name), columns]
                return self._product("column_dot", *column, self._vector(vector), rows)
            case Binary("@", Parameter(name), vector):
                columns = self.size(self.cell.lengths[name][1])
                row = [f"{self.weights}->{name}[{k}]", *(f"{s}[{k}]" for s in self._scales(name))]
                return self._product("dot", *row, self._vector(vector), columns)
            case Call(function, argument) if function in NEEDS:
                one, other = self.over[node]
                value = f"{self._vector(argument)}[{k}]"
                if function == "norm":
                    return f"(({value} - {one}) / {other})"
                if function == "softmax":
                    return f"(exp{self.f}({value} - {one}) / {other})"
                return f"({value} - {one} - {other})"
            case _:
                raise AssertionError(node)

    def _scales(self, matrix: str) -> list[str]:
        """The scales of a matrix of int8; none of another."""
        return [f"{self.weights}->{self.scales[matrix]}"] if matrix in self.scales else []

    def _product(self, function: str, *arguments: str) -> str:
        self.functions.append(function)
        return f"{self.prefix}_{function}({', '.join(arguments)})"

    def _vector(self, node: Expression) -> str:
        """A whole vector."""
        match node:
            case Parameter(name):
                return f"{self.weights}->{name}"
            case Value(name, previous) if previous or name in self.loops.in_place:
                return f"{self.state}->{name}"
            case Value(name) | Input(name):
                return name
            case _:
                raise AssertionError(node)

    def _length(self, node: Expression) -> str:
        if isinstance(node, Value) and node.name in self.loops.lengths:
            return self.size(self.loops.lengths[node.name])
        return self.size(self.cell.length_of(node))

    def _prepared(self, call: Call) -> Iterator[str]:
        """Two numbers of whole vectors, which the function of every entry reads."""
        self.functions += NEEDS[call.function]
        vectors = [
            (self._vector(each), self._length(each)) for each in (call.argument, *call.others)
        ]
        real, p = f"    const {self.real}", self.prefix
        if call.function == "norm":
            mean, deviation = self._named(call, "mean", "deviation")
            count = " + ".join(length for _, length in vectors)
            total = " + ".join(f"{p}_sum({vector}, {length})" for vector, length in vectors)
            squares = " + ".join(f"{p}_squares({v}, {mean}, {length})" for v, length in vectors)
            yield f"{real} {mean} = ({total}) / ({self.real})({count});"
            tiny = literal(1e-5, self.single)
            inner = f"({squares}) / ({self.real})({count}) + {tiny}"
            yield f"{real} {deviation} = sqrt{self.f}({inner});"
            return
        most, total = self._named(call, "most", "total")
        vector, length = vectors[0]
        yield f"{real} {most} = {p}_largest({vector}, {length});"
        powers = f"{p}_powers({vector}, {most}, {length})"
        log = f"log{self.f}({powers})" if call.function == "log_softmax" else powers
        yield f"{real} {total} = {log};"

    def _named(self, call: Call, *names: str) -> tuple[str, ...]:
        self.over[call] = tuple(free_name(name, self.names) for name in names)
        return self.over[call]

    def reset(self) -> Iterator[str]:
        """The function that makes every state zero."""
        if not self.cell.states:
            return
        lines = [f"static inline void {self.prefix}_reset({self.prefix}_state *{self.state})", "{"]
        for name, length in self.cell.states.items():
            lines.append(f"    {self._every(length)}")
            lines.append(f"        {self.state}->{name}[{self.k}] = 0;")
        yield "\n".join(["/* All states to zero, as before the first step. */", *lines, "}"])

    def run(self) -> Iterator[str]:
        """The function over many steps."""
        lengths = {name: self.size(self.cell.length_of(Input(name))) for name in self.inputs}
        out, t, steps = self.size(self.cell.width), self.t, self.steps
        takes = [f"const {self.real} *{name}" for name in self.inputs]
        yield f"/* Every step of a sequence: {', '.join(self.inputs)} and h step after step. */"
        yield self._signature("run", [*takes, f"int {steps}", f"{self.real} *{OUTPUT}"])
        known = ([self.weights] if self.cell.blocks else []) + (
            [self.state] if self.cell.states else []
        )
        passed = [*known, *(f"{name} + {t} * {length}" for name, length in lengths.items())]
        yield "{"
        yield f"    for (int {t} = 0; {t} < {steps}; {t}++)"
        yield f"        {self.prefix}_step({', '.join([*passed, f'{OUTPUT} + {t} * {out}'])});"
        yield "}"
