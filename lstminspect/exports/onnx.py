"""A cell as ONNX in its own text: a Scan over the steps, whose body has an operator a line.

`onnx.parser.parse_model` and `onnx.load` read the text (onnx/docs/Syntax.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lstminspect.equations.expand import opened
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
    children,
    text_of,
)
from lstminspect.errors import OptionError, SizeError
from lstminspect.exports.loops import free_name
from lstminspect.exports.python_text import check_of
from lstminspect.exports.source import Source, Texts

if TYPE_CHECKING:
    from lstminspect.weights.arrays import Array

__all__ = ["texts"]

#: The operators of opset 18 for the functions of the language that have one.
OPERATORS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "erf": "Erf",
    "clip": "Clip",
    "max": "Max",
    "min": "Min",
    "power": "Pow",
    "softmax": "Softmax <axis = -1>",
    "log_softmax": "LogSoftmax <axis = -1>",
}
SIGNS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}
#: Words of the format, which no value is called.
WORDS = (
    "float double int64 bool string graph tensor seq map optional sparse_tensor type_proto "
    "ir_version opset_import doc_string"
)

TEXT = """\
{head}
<ir_version: 8, opset_import: ["" : 18]>
{name} ({inputs}) => ({outputs})
<
{constants}
>
{{
{nodes}
}}
"""
RUN = """\
import sys
from pathlib import Path

import onnx.parser
import onnxruntime

text = Path(sys.path[0], "{name}.onnxtxt").read_text("utf-8")
model = onnx.parser.parse_model(text)
session = onnxruntime.InferenceSession(model.SerializeToString())
values = {{key: np.array(each, "{dtype}") for key, each in {values}.items()}}
output = session.run(None, {{**dict(zip(INPUTS, inputs)), **values}})[0]"""


def texts(source: Source) -> Texts:
    """The model of a layer in text, and a text in Python that runs it on recorded inputs."""
    for size, value in source.layer.sizes.items():
        if not isinstance(value, int | tuple):
            raise SizeError(f"ONNX fixes every size, and {size} is {value}. Give it a number.")
    run = RUN.format(
        name=source.name,
        dtype=source.dtype,
        values="VALUES" if source.blocks is None else "{}",
    )
    return Texts(_Writer(source).text(), check_of(source, run, ".onnxtxt"))


class _Writer:
    """The text of a model: constants and parameters outside, the equations in the body."""

    def __init__(self, source: Source) -> None:
        self.source, self.cell = source, source.cell
        self.real = "float" if source.single else "double"
        self.taken = {*self.cell.lengths, *source.inputs, *WORDS.split(), source.name, "batch"}
        self.taken |= {line.name for line in self.cell.lines}
        self.constants: dict[str, str] = {}
        self.numbers: dict[float, str] = {}
        self.nodes: list[str] = []
        self.before = {name: self.free(f"{name}_before") for name in self.cell.states}
        self.now = {name: self.free(f"{name}_t") for name in source.inputs}
        self.lines: dict[str, str] = {}
        self.shapes: dict[str, str] = {}
        self.axis = ""

    def free(self, name: str) -> str:
        """A name that nothing else in the text has."""
        return free_name(name, self.taken)

    def text(self) -> str:
        """The whole text."""
        source, cell = self.source, self.cell
        body = "\n".join(self._body())
        starts = {name: self.free(f"{name}_start") for name in cell.states}
        last = {name: self.free(f"{name}_last") for name in cell.states}
        output = self.free("output")
        outer = list(self._outer(starts))
        inputs = [
            f"{self.real}[batch, timesteps, {source.layer.sizes[length]}] {name}"
            for name, length in source.inputs.items()
        ]
        if source.blocks is None:
            inputs += [f"{self._type(block.shape)} {block.name}" for block in cell.blocks]
        else:
            for name, array in source.known.items():
                self.constants[name] = self._constant(name, array)
        outputs = [f"{self.real}[batch, timesteps, {source.layer.sizes[cell.width]}] {output}"]
        outputs += [
            f"{self.real}[batch, {source.layer.sizes[length]}] {last[name]}"
            for name, length in cell.states.items()
        ]
        axes = ", ".join(["1"] * len(source.inputs))
        scan = (
            f"    {', '.join([*last.values(), output])} = Scan <num_scan_inputs = "
            f"{len(source.inputs)}, scan_input_axes = [{axes}], scan_output_axes = [1], "
            f"body = {self.free('one_step')} {body}> "
            f"({', '.join([*starts.values(), *source.inputs])})"
        )
        head = f"{source.head}\nMatrices are as in the equations, (rows, columns)."
        return TEXT.format(
            head="\n".join(f"# {line}".rstrip() for line in head.splitlines()),
            name=source.name,
            inputs=_rows(inputs),
            outputs=_rows(outputs),
            constants=",\n".join(f"    {each}" for each in self.constants.values()),
            nodes="\n".join([*outer, scan]),
        )

    def _type(self, shape: Sequence[str]) -> str:
        sizes = ", ".join(str(self.source.layer.sizes[size]) for size in shape)
        return f"{self.real}[{sizes}]" if shape else self.real

    def _constant(self, name: str, array: Array) -> str:
        digits = ".9g" if self.source.single else ".17g"
        values = ", ".join(_decimal(format(value, digits)) for value in array.ravel().tolist())
        sizes = f"[{', '.join(map(str, array.shape))}]" if array.shape else ""
        return f"{self.real}{sizes} {name} = {{{values}}}"

    def _outer(self, starts: dict[str, str]) -> Iterator[str]:
        """The states before the first step: zeros of the batch of x."""
        first = next(iter(self.source.inputs))
        batch, zero = self.free("sequences"), self._number(0)
        yield f"    {batch} = Shape <start = 0, end = 1> ({first})"
        for length in dict.fromkeys([*self.cell.states.values(), *self.shapes]):
            size = self.free(f"size_{length}")
            self.constants[size] = f"int64[1] {size} = {{{self.source.layer.sizes[length]}}}"
            yield f"    {self._shape(length)} = Concat <axis = 0> ({batch}, {size})"
        for name, length in self.cell.states.items():
            yield f"    {starts[name]} = Expand ({zero}, {self._shape(length)})"

    def _shape(self, length: str) -> str:
        if length not in self.shapes:
            self.shapes[length] = self.free(f"shape_{length}")
        return self.shapes[length]

    # The body.

    def _body(self) -> Iterator[str]:
        sizes = self.source.layer.sizes
        states = self.cell.states.items()
        takes = [f"{self.real}[batch, {sizes[size]}] {self.before[name]}" for name, size in states]
        takes += [
            f"{self.real}[batch, {sizes[size]}] {self.now[name]}"
            for name, size in self.source.inputs.items()
        ]
        for line in self.cell.lines:
            self.nodes.append(f"# {line.name} = {text_of(line.expression)}")
            self.lines[line.name] = self._value(opened(line.expression), line.name)
        gives = []
        for name, length in [*states, (OUTPUT, self.cell.width)]:
            given = self.free(f"{name}_after")
            self._node(f"Expand ({self.lines[name]}, {self._shape(length)})", given)
            gives.append(f"{self.real}[batch, {sizes[length]}] {given}")
        yield f"({', '.join(takes)}) => ({', '.join(gives)}) {{"
        yield from (f"        {node}" for node in self.nodes)
        yield "    }"

    def _node(self, text: str, name: str = "") -> str:
        name = name or self.free("v")
        self.nodes.append(f"{name} = {text}")
        return name

    def _number(self, value: float) -> str:
        value = float(value)
        if value not in self.numbers:
            self.numbers[value] = name = self.free("c_" + re.sub(r"\W", "_", format(value, "g")))
            self.constants[name] = f"{self.real} {name} = {{{_decimal(repr(value))}}}"
        return self.numbers[value]

    def _value(self, node: Expression, name: str = "") -> str:
        """The name of what `node` gives, which is `name` if one is given."""
        match node:
            case Number(value):
                known = self._number(value)
            case Input(own):
                known = self.now[own]
            case Parameter(own):
                known = own
            case Value(own, previous):
                known = self.before[own] if previous else self.lines[own]
            case _:
                return self._node(self._operation(node), name)
        return self._node(f"Identity ({known})", name) if name else known

    def _operation(self, node: Expression) -> str:
        match node:
            case Negative(operand):
                return f"Neg ({self._value(operand)})"
            case Binary("@", Call("transpose", matrix), vector):
                return f"MatMul ({self._value(vector)}, {self._value(matrix)})"
            case Binary("@", matrix, vector):
                turned = self._node(f"Transpose <perm = [1, 0]> ({self._value(matrix)})")
                return f"MatMul ({self._value(vector)}, {turned})"
            case Binary(sign, left, right):
                return f"{SIGNS[sign]} ({self._value(left)}, {self._value(right)})"
            case Call(function):
                return self._call(function, node)
            case _:
                raise AssertionError(node)

    def _call(self, function: str, node: Call) -> str:
        values = [self._value(each) for each in children(node)]
        first = values[0]
        if function in OPERATORS:
            return f"{OPERATORS[function]} ({', '.join(values)})"
        if function == "expm1":
            # (e^v - 1) is tanh(v / 2) * (e^v + 1), which is exact near 0.
            half = self._node(f"Tanh ({self._node(f'Mul ({first}, {self._number(0.5)})')})")
            more = self._node(f"Add ({self._node(f'Exp ({first})')}, {self._number(1)})")
            return f"Mul ({half}, {more})"
        if function == "log1p":
            return f"Log ({self._node(f'Add ({first}, {self._number(1)})')})"
        if function == "step":
            above = self._node(f"Greater ({first}, {self._number(0)})")
            return f"CastLike ({above}, {first})"
        if function == "norm":
            return self._norm(values, node)
        raise OptionError(
            f"{function}, in an equation of {self.cell.name}, has no operator in ONNX. Use another "
            "function, for example softmax."
        )

    def _norm(self, values: list[str], node: Call) -> str:
        """`v` less the mean and over the deviation of all `values`."""
        sizes = self.source.layer.sizes
        lengths: list[int] = [sizes[self.cell.length_of(each)] for each in children(node)]
        count = self._number(sum(lengths))
        axis = self.axis = self.axis or self.free("last_axis")
        self.constants[axis] = f"int64[1] {axis} = {{-1}}"
        sums = [self._node(f"ReduceSum ({each}, {axis})") for each in values]
        mean = self._node(f"Div ({self._added(sums)}, {count})")
        shifted = [self._node(f"Sub ({each}, {mean})") for each in values]
        squares = [self._node(f"ReduceSumSquare ({each}, {axis})") for each in shifted]
        variance = self._node(f"Div ({self._added(squares)}, {count})")
        held = self._node(f"Add ({variance}, {self._number(1e-5)})")
        return f"Div ({shifted[0]}, {self._node(f'Sqrt ({held})')})"

    def _added(self, values: list[str]) -> str:
        return values[0] if len(values) == 1 else self._node(f"Sum ({', '.join(values)})")


def _rows(values: Sequence[str]) -> str:
    """Inputs or outputs, in a line or a line each."""
    line = ", ".join(values)
    return line if len(line) <= 80 else "\n    " + ",\n    ".join(values) + "\n"


def _decimal(text: str) -> str:
    """A number as the format reads it, with a point or an exponent."""
    return text if "." in text or "e" in text else f"{text}.0"
