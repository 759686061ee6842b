"""A layer as ONNX in its own text: a node LSTM, GRU or RNN where the cell is one, else a Scan.

`onnx.parser.parse_model` and `onnx.load` read the text (onnx/docs/Syntax.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lstminspect.conventions.onnx import OPERATORS
from lstminspect.errors import SizeError
from lstminspect.exports.onnx_graph import Graph, decimal
from lstminspect.exports.onnx_scan import scan
from lstminspect.exports.python_check import check_of
from lstminspect.exports.source import Source, Texts
from lstminspect.optional import present
from lstminspect.terms.catalogue import why_not
from lstminspect.terms.onnx import attributes
from lstminspect.weights.pack import tensors_of

if TYPE_CHECKING:
    from lstminspect.layer import Layer
    from lstminspect.weights.arrays import Array

__all__ = ["binary", "texts"]

RUN = """\
import sys
from pathlib import Path

import onnx.parser
import onnxruntime

text = Path(sys.path[0], "{name}.onnxtxt").read_text("utf-8")
model = onnx.parser.parse_model(text)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3  # A first state is an input with a default: no warning of it.
session = onnxruntime.InferenceSession(model.SerializeToString(), options)
values = dict(zip(INPUTS, inputs))
{more}output = session.run(None, values)[0]"""
MORE = """\
values |= {{key: np.array(each, "{dtype}") for key, each in VALUES.items()}}
"""
#: An end of a Slice that is before the first entry.
BEFORE_ALL = -(2**63) + 1


def texts(source: Source) -> Texts:
    """The model of a layer in text, and a text in Python that runs it on recorded inputs."""
    for size, value in source.layer.sizes.items():
        if not isinstance(value, int | tuple):
            raise SizeError(f"ONNX fixes every size, and {size} is {value}. Give it a number.")
    more = MORE.format(dtype=source.dtype) if source.held is None else ""
    graph, run = Graph(source), RUN.format(name=source.name, more=more)
    for name, length in source.inputs.items():
        graph.inputs.append(f"{graph.real}[batch, timesteps, {source.layer.sizes[length]}] {name}")
    layer = _node_of(source)
    held = dict(_blocks(source)) if layer is None else tensors_of(layer, source.values, "onnx")
    parameters = {name.replace("/", "_"): array for name, array in held.items()}
    for name, array in parameters.items():
        graph.tensor(name, array)
    about = "Matrices are as in the equations, (rows, columns)."
    if layer is not None:
        stacks = (f"{each.name} is {' '.join(each.blocks)}" for each in layer.stored("onnx").packed)
        about = f"Parameters are stacked as a node of ONNX has them: {', '.join(stacks)}."
        about += " ~ is a gate that the node does not read." if "~" in about else ""
    x, lasts = "x", list[str]()
    for number in range(source.layer.layers):
        level = _scans(graph, number, x) if layer is None else _node(graph, layer, number, x)
        x, states = level
        lasts += states
    _outputs(graph, x, lasts)
    return Texts(
        graph.text(f"{source.head}\n{about}"), check_of(source, run, ".onnxtxt", parameters)
    )


def binary(text: str) -> bytes:
    """The model of `text` as the bytes of a file .onnx. Raises MissingFramework without onnx."""
    present("ONNX", "onnx", "onnx", purpose="a file .onnx")
    import onnx.parser

    model = onnx.parser.parse_model(text)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _node_of(source: Source) -> Layer | None:
    """The layer as nodes of ONNX; None where ONNX has no such node, or no kernel for it.

    ONNX Runtime runs its recurrent nodes in float32 alone.
    """
    layer = replace(source.layer, merge_mode="concat", stateful=False)
    return None if why_not(layer, "onnx") or not source.single else layer


def _blocks(source: Source) -> Iterator[tuple[str, Array]]:
    """The blocks of all layers and directions, by their names in the text."""
    for prefix, blocks in zip(_prefixes(source.layer), source.values, strict=True):
        yield from ((f"{prefix}{name}", array) for name, array in blocks.items())


def _prefixes(layer: Layer) -> list[str]:
    """The first part of the names of each layer and direction: nothing if there is one."""
    levels = [f"layer_{number}_" if layer.layers > 1 else "" for number in _from_1(layer.layers)]
    sides = ["forward_", "backward_"] if layer.bidirectional else [""]
    return [level + side for level in levels for side in sides]


def _from_1(number: int) -> range:
    return range(1, number + 1)


def _starts(graph: Graph, number: int) -> list[dict[str, str]]:
    """The inputs for the first states of layer `number`, by name, for each direction."""
    layer, states = graph.source.layer, graph.source.cell.states.items()
    here = slice(number * layer.directions, (number + 1) * layer.directions)
    return [
        {name: graph.start(f"{prefix}{name}_start", sizes[length]) for name, length in states}
        for prefix, sizes in zip(_prefixes(layer)[here], graph.source.sizes[here], strict=True)
    ]


def _scans(graph: Graph, number: int, x: str) -> tuple[str, list[str]]:
    """Layer `number` as a Scan for each direction: its output, and its last states."""
    layer, outputs, lasts = graph.source.layer, list[str](), list[str]()
    inputs = {name: name for name in graph.source.inputs} | {"x": x}
    for side, starts in enumerate(_starts(graph, number)):
        place = number * layer.directions + side
        backward = layer.go_backwards != bool(side)
        own = (graph.source.sizes[place], _prefixes(layer)[place])
        *states, output = scan(graph, inputs, starts, *own, backward, turned=bool(side))
        outputs.append(output)
        lasts += states
    both = ", ".join(outputs)
    merges = {"concat": "Concat <axis = -1>", "sum": "Add", "mul": "Mul", "ave": "Add"}
    if len(outputs) == 1:
        return both, lasts
    merged = graph.add(f"{merges[str(layer.merge_mode)]} ({both})", "output")
    if layer.merge_mode == "ave":  # ONNX Runtime has no Mean in double.
        merged = graph.add(f"Mul ({merged}, {graph.number(0.5)})", "output")
    return merged, lasts


def _node(graph: Graph, layer: Layer, number: int, x: str) -> tuple[str, list[str]]:
    """Layer `number` as a node of ONNX: its output, and its last states."""
    operator, states = OPERATORS[layer.cell.name], layer.cell.states
    prefix = f"layer_{number + 1}_" if layer.layers > 1 else ""
    sides, sizes = layer.directions, layer.sizes
    own = {name: f"{prefix}{name}" for name in ("W", "R", "B", "P")}
    names = [each.name for each in layer.stored("onnx").packed]
    takes = [graph.add(f"Transpose <perm = [1, 0, 2]> ({x})", f"{prefix}X"), own["W"], own["R"]]
    takes += [own["B"] if "B" in names else "", ""]  # The last is sequence_lens.
    starts = _starts(graph, number)
    for name, length in states.items():
        shape = graph.shape(length, sizes[length], 1)
        initial = f"{prefix}initial_{name}"
        parts = [graph.add(f"Expand ({each[name]}, {shape})", initial) for each in starts]
        both = f"Concat <axis = 0> ({', '.join(parts)})"
        takes.append(parts[0] if sides == 1 else graph.add(both, initial))
    takes += [own["P"]] if "P" in names else []
    gives = [graph.free(f"{prefix}Y")] + [graph.free(f"{prefix}Y_{name}") for name in states]
    options = ", ".join(f"{key} = {_written(value)}" for key, value in attributes(layer).items())
    graph.nodes.append(f"{', '.join(gives)} = {operator} <{options}> ({', '.join(takes)})")
    y = gives[0]
    if layer.go_backwards:
        # The node gives the order of time, and the layer that in which it reads.
        cut = [graph.whole([each], name) for each, name in _REVERSED]
        y = graph.add(f"Slice ({y}, {', '.join(cut)})", f"{prefix}Y_turned")
    apart = graph.add(f"Transpose <perm = [2, 0, 1, 3]> ({y})", f"{prefix}Y_by_sequence")
    merge = graph.source.layer.merge_mode
    if merge == "concat":
        width = sides * sizes[layer.cell.width]
        whole = graph.whole([0, 0, width], "all_directions")
        output = graph.add(f"Reshape ({apart}, {whole})", f"{prefix}output")
    else:
        sums = {"sum": "ReduceSum", "mul": "ReduceProd", "ave": "ReduceMean"}[str(merge)]
        axis = graph.whole([2], "direction_axis")
        output = graph.add(f"{sums} <keepdims = 0> ({apart}, {axis})", f"{prefix}output")
    lasts = []
    for side, each in enumerate(_prefixes(layer)[number * sides : (number + 1) * sides]):
        for name, ends in zip(states, gives[1:], strict=True):
            place = graph.whole(side, f"direction_{side}")
            lasts.append(graph.add(f"Gather <axis = 0> ({ends}, {place})", f"{each}{name}_last"))
    return output, lasts


#: A Slice that turns the first axis: starts, ends, axes, steps.
_REVERSED = ((-1, "last"), (BEFORE_ALL, "before_all"), (0, "time_axis"), (-1, "last"))


def _written(value: Any) -> str:
    """An attribute as the text has it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    return decimal(repr(value)) if isinstance(value, float) else str(value)


def _outputs(graph: Graph, output: str, lasts: list[str]) -> None:
    layer, cell, sizes = graph.source.layer, graph.source.cell, graph.source.sizes
    width = sizes[-1][cell.width] * (2 if layer.concatenated else 1)
    graph.outputs.append(f"{graph.real}[batch, timesteps, {width}] {output}")
    lengths = [own[length] for own in sizes for length in cell.states.values()]
    graph.outputs += [
        f"{graph.real}[batch, {length}] {name}" for name, length in zip(lasts, lengths, strict=True)
    ]
