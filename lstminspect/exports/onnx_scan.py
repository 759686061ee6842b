"""A layer in one direction as a Scan of ONNX, whose body has an operator a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
from lstminspect.errors import OptionError
from lstminspect.exports.loops import free_name
from lstminspect.exports.onnx_graph import Graph

__all__ = ["scan"]

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


def scan(
    graph: Graph,
    inputs: Mapping[str, str],
    starts: Mapping[str, str],
    sizes: Mapping[str, int],
    prefix: str,
    backward: bool,
    turned: bool,
) -> list[str]:
    """Write a Scan over `inputs` from `starts`; the names of the last states, then of the output.

    It reads from the end if `backward`; its output is in the opposite order if `turned`. Its
    sizes are `sizes`, and the names of its parameters begin with `prefix`.
    """
    cell = graph.source.cell
    body = _Body(graph, prefix, sizes).text()
    first = []
    for name, start in starts.items():
        shape = graph.shape(cell.states[name], sizes[cell.states[name]])
        first.append(graph.add(f"Expand ({start}, {shape})", f"{prefix}{name}_first"))
    results = [graph.free(f"{prefix}{name}_last") for name in cell.states]
    results.append(graph.free(f"{prefix}output"))
    axes = ", ".join(["1"] * len(inputs))
    ways = f", scan_input_directions = [{axes}]" if backward else ""
    ways += ", scan_output_directions = [1]" if turned else ""
    graph.nodes.append(
        f"{', '.join(results)} = Scan <num_scan_inputs = {len(inputs)}, scan_input_axes = [{axes}],"
        f" scan_output_axes = [1]{ways}, body = {graph.free('one_step')} {body}> "
        f"({', '.join([*first, *inputs.values()])})"
    )
    return results


class _Body:
    """The equations of one step, an operator a line."""

    def __init__(self, graph: Graph, prefix: str, sizes: Mapping[str, int]) -> None:
        self.graph, self.cell, self.prefix = graph, graph.source.cell, prefix
        self.sizes = sizes
        self.taken = set(graph.taken)
        self.nodes: list[str] = []
        self.lines: dict[str, str] = {}
        self.before = {name: self._free(f"{name}_before") for name in self.cell.states}
        self.now = {name: self._free(f"{name}_t") for name in graph.source.inputs}

    def _free(self, name: str) -> str:
        name = free_name(name, self.taken)
        self.graph.inner.add(name)
        return name

    def text(self) -> str:
        """The body, with what it takes and gives."""
        return "\n".join(self._rows())

    def _rows(self) -> Iterator[str]:
        graph, sizes = self.graph, self.sizes
        states = self.cell.states.items()
        inputs = graph.source.inputs.items()
        takes = [f"{graph.real}[batch, {sizes[size]}] {self.before[name]}" for name, size in states]
        takes += [f"{graph.real}[batch, {sizes[size]}] {self.now[name]}" for name, size in inputs]
        for line in self.cell.lines:
            self.nodes.append(f"# {line.name} = {text_of(line.expression)}")
            self.lines[line.name] = self._value(opened(line.expression), line.name)
        gives = []
        names = [f"{name}_after" for name in self.cell.states] + ["output_t"]
        for name, (own, length) in zip(names, [*states, (OUTPUT, self.cell.width)], strict=True):
            given = self._free(name)
            self._node(f"Expand ({self.lines[own]}, {graph.shape(length, sizes[length])})", given)
            gives.append(f"{graph.real}[batch, {sizes[length]}] {given}")
        yield f"({', '.join(takes)}) => ({', '.join(gives)}) {{"
        yield from (f"        {node}" for node in self.nodes)
        yield "    }"

    def _node(self, text: str, name: str = "") -> str:
        name = name or self._free("v")
        self.nodes.append(f"{name} = {text}")
        return name

    def _value(self, node: Expression, name: str = "") -> str:
        """The name of what `node` gives, which is `name` if one is given."""
        match node:
            case Number(value):
                known = self.graph.number(value)
            case Input(own):
                known = self.now[own]
            case Parameter(own):
                known = f"{self.prefix}{own}"
            case Value(own, previous):
                known = self.before[own] if previous else self.lines[own]
            case _:
                return self._node(self._operation(node), name or self._free(_called(node)))
        return self._node(f"Identity ({known})", name) if name else known

    def _operation(self, node: Expression) -> str:
        match node:
            case Negative(operand):
                return f"Neg ({self._value(operand)})"
            case Binary("@", Call("transpose", matrix), vector):
                return f"MatMul ({self._value(vector)}, {self._value(matrix)})"
            case Binary("@", matrix, vector):
                return f"MatMul ({self._value(vector)}, {self._transposed(matrix)})"
            case Binary(sign, left, right):
                return f"{SIGNS[sign]} ({self._value(left)}, {self._value(right)})"
            case Call(function):
                return self._call(function, node)
            case _:
                raise AssertionError(node)

    def _transposed(self, matrix: Expression) -> str:
        """A matrix with rows and columns exchanged: a parameter before the first step."""
        turned = f"Transpose <perm = [1, 0]> ({self._value(matrix)})"
        if not isinstance(matrix, Parameter):
            return self._node(turned)
        name = self.graph.once(turned, f"{self.prefix}{matrix.name}_transposed")
        self.taken.add(name)
        return name

    def _call(self, function: str, node: Call) -> str:
        values = [self._value(each) for each in children(node)]
        first, number = values[0], self.graph.number
        if function == "relu" and not self.graph.source.single:
            # ONNX Runtime 1.32 cannot load a Clip of a Relu in float64 (relu_clip_fusion.cc).
            return f"Max ({first}, {number(0)})"
        if function in OPERATORS:
            return f"{OPERATORS[function]} ({', '.join(values)})"
        if function == "expm1":
            # (e^v - 1) is tanh(v / 2) * (e^v + 1), which is exact near 0.
            half = self._node(f"Tanh ({self._node(f'Mul ({first}, {number(0.5)})')})")
            more = self._node(f"Add ({self._node(f'Exp ({first})')}, {number(1)})")
            return f"Mul ({half}, {more})"
        if function == "log1p":
            return f"Log ({self._node(f'Add ({first}, {number(1)})')})"
        if function == "step":
            above = self._node(f"Greater ({first}, {number(0)})")
            return f"CastLike ({above}, {first})"
        if function == "norm":
            return self._norm(values, node)
        raise OptionError(
            f"{function}, in an equation of {self.cell.name}, has no operator in ONNX. Use another "
            "function, for example softmax."
        )

    def _norm(self, values: list[str], node: Call) -> str:
        """`v` less the mean and over the deviation of all `values`."""
        graph, sizes = self.graph, self.sizes
        lengths: list[int] = [sizes[self.cell.length_of(each)] for each in children(node)]
        count, axis = graph.number(sum(lengths)), graph.whole([-1], "last_axis")
        sums = [self._node(f"ReduceSum ({each}, {axis})") for each in values]
        mean = self._node(f"Div ({self._added(sums)}, {count})")
        shifted = [self._node(f"Sub ({each}, {mean})") for each in values]
        squares = [self._node(f"ReduceSumSquare ({each}, {axis})") for each in shifted]
        variance = self._node(f"Div ({self._added(squares)}, {count})")
        held = self._node(f"Add ({variance}, {graph.number(1e-5)})")
        return f"Div ({shifted[0]}, {self._node(f'Sqrt ({held})')})"

    def _added(self, values: list[str]) -> str:
        return values[0] if len(values) == 1 else self._node(f"Sum ({', '.join(values)})")


def _called(node: Expression) -> str:
    """The name of a value in between: `W_i_x` of `W_i @ x`, else `v`."""
    match node:
        case Binary("@", Parameter(matrix), Input(vector) | Value(vector, _)):
            return f"{matrix}_{vector}"
    return "v"
