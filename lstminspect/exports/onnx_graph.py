"""A model of ONNX while it is written: names, inputs, constants, nodes and outputs as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstminspect.exports.loops import free_name
from lstminspect.exports.numbers import exact

if TYPE_CHECKING:
    from lstminspect.exports.source import Source
    from lstminspect.weights.arrays import Array

__all__ = ["Graph", "decimal"]

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


class Graph:
    """The parts of a model, each as the text of ONNX has it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.real = "float" if source.single else "double"
        self.taken = source.names | {*WORDS.split(), source.name, "batch"}
        #: Names in the body of a Scan, which another body may have too.
        self.inner: set[str] = set()
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.nodes: list[str] = []
        self.constants: dict[str, str] = {}
        self._known: dict[tuple[str, object], str] = {}

    def free(self, name: str) -> str:
        """A name that nothing else in the text has."""
        taken = self.taken | self.inner
        name = free_name(name, taken)
        self.taken.add(name)
        return name

    def add(self, operation: str, name: str) -> str:
        """Write a node, which gives the value called `name` or like it."""
        name = self.free(name)
        self.nodes.append(f"{name} = {operation}")
        return name

    def once(self, operation: str, name: str) -> str:
        """The value of a node that is written once."""
        key = ("node", operation)
        if key not in self._known:
            self._known[key] = self.add(operation, name)
        return self._known[key]

    def number(self, value: float) -> str:
        """The name of a constant that is one number."""
        value = float(value)
        if ("number", value) not in self._known:
            name = self.free("c_" + re.sub(r"\W", "_", format(value, "g")))
            self._known["number", value] = name
            self.constants[name] = f"{self.real} {name} = {{{decimal(repr(value))}}}"
        return self._known["number", value]

    def whole(self, values: int | Sequence[int], name: str) -> str:
        """The name of a constant of whole numbers, one or a vector of them."""
        known = values if isinstance(values, int) else tuple(values)
        if ("whole", known) not in self._known:
            name = self.free(name)
            self._known["whole", known] = name
            every = (known,) if isinstance(known, int) else known
            shape = "" if isinstance(known, int) else f"[{len(every)}]"
            self.constants[name] = f"int64{shape} {name} = {{{', '.join(map(str, every))}}}"
        return self._known["whole", known]

    def tensor(self, name: str, array: Array) -> None:
        """Write a parameter with its values, or without them as an input."""
        sizes = f"[{', '.join(map(str, array.shape))}]" if array.shape else ""
        self.taken.add(name)
        if self.source.held is None:
            self.inputs.append(f"{self.real}{sizes} {name}")
            return
        single = self.source.single
        values = ", ".join(decimal(exact(value, single)) for value in array.ravel().tolist())
        self.constants[name] = f"{self.real}{sizes} {name} = {{{values}}}"

    def start(self, name: str, size: int) -> str:
        """An input for a state before the first step; it is zeros where nothing is given."""
        name = self.free(name)
        self.inputs.append(f"{self.real}[sequences, {size}] {name}")
        zeros = ", ".join(["0.0"] * size)
        self.constants[name] = f"{self.real}[1, {size}] {name} = {{{zeros}}}"
        return name

    def shape(self, length: str, size: int, *before: int) -> str:
        """The shape (..., batch, size), as a value; `length` is the name of the size."""
        first = next(iter(self.source.inputs))
        parts = [self.whole([each], f"size_{each}") for each in before]
        parts.append(self.once(f"Shape <start = 0, end = 1> ({first})", "sequences"))
        parts.append(self.whole([size], f"size_{length}"))
        return self.once(f"Concat <axis = 0> ({', '.join(parts)})", f"shape_{length}")

    def text(self, head: str) -> str:
        """The whole text, below `head` as comments."""
        return TEXT.format(
            head="\n".join(f"# {line}".rstrip() for line in head.splitlines()),
            name=self.source.name,
            inputs=_rows(self.inputs),
            outputs=_rows(self.outputs),
            constants=",\n".join(f"    {each}" for each in self.constants.values()),
            nodes="\n".join(f"    {each}" for each in self.nodes),
        )


def _rows(values: Sequence[str]) -> str:
    """Inputs or outputs, in a line or a line each."""
    line = ", ".join(values)
    return line if len(line) <= 80 else "\n    " + ",\n    ".join(values) + "\n"


def decimal(text: str) -> str:
    """A number as the format reads it, with a point or an exponent."""
    return text if "." in text or "e" in text else f"{text}.0"
