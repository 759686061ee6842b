"""A cell in C99: the weights as constants, the states as one struct, `step` and `run`.

No memory is asked for and nothing but <math.h> is included. A value that only its own entry reads
is one number in a loop, so that RAM holds the states and little more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from textwrap import wrap
from typing import Any

from lstminspect.equations.shapes import OUTPUT
from lstminspect.exports.c_check import program
from lstminspect.exports.c_functions import functions_of
from lstminspect.exports.c_step import StepWriter
from lstminspect.exports.c_values import comment, constant
from lstminspect.exports.c_words import check
from lstminspect.exports.source import Source, Texts

__all__ = ["texts"]


def texts(source: Source) -> Texts:
    """The header of a layer in C, and the program that checks it."""
    check(source)
    writer = StepWriter(source)
    cell, arrays = source.cell, writer.loops.arrays.items()
    weights = _bytes_of(source, (block.shape for block in cell.blocks))
    states = _bytes_of(source, ([length] for length in cell.states.values()))
    stack = _bytes_of(source, ([length] for name, length in arrays if name != OUTPUT))
    memory = "Memory: what the sizes ask for."
    if weights is not None:
        memory = (
            f"Memory: {weights} bytes of weights (flash, if they are constants), {states} bytes "
            f"of states,\n{stack} bytes of vectors on the stack in a step, beside input and output."
        )
    checked = ""
    if weights is not None:
        checked = program(source, {"weights": weights, "state": states or 0})
    return Texts(_header(writer, memory), checked, weights, states, stack)


def _bytes_of(source: Source, shapes: Iterable[Sequence[str]]) -> int | None:
    """The bytes of arrays whose sizes have these names; None if a size is open."""
    if not source.is_sized:
        return None
    sizes: Mapping[str, Any] = source.layer.sizes
    each = 4 if source.single else 8
    numbers: int = sum(prod(sizes[name] for name in shape) for shape in shapes)
    return numbers * each


def _header(writer: StepWriter, memory: str) -> str:
    """The whole text."""
    source, guard = writer.source, f"{writer.prefix.upper()}_H"
    step = "\n".join(map(_wrapped, writer.step()))  # It says which functions it calls.
    parts = [
        comment(f"{source.head}\n{memory}"),
        f"#ifndef {guard}\n#define {guard}",
        "#include <math.h>",
        "\n".join(_macros(writer)),
        *_structs(writer),
        *([constant(source, "trained", source.blocks)] if source.blocks else []),
        *functions_of(writer.functions, writer.prefix, source.single),
        *writer.reset(),
        step,
        "\n".join(map(_wrapped, writer.run())),
        "#endif",
    ]
    return re.sub(r"[ \t]+$", "", "\n\n".join(parts), flags=re.M)


def _macros(writer: StepWriter) -> Iterator[str]:
    """The sizes: those that are open have to be there before."""
    cell, sizes = writer.cell, writer.source.layer.sizes
    lengths = {name for shape in cell.lengths.values() for name in shape}
    lengths |= {*writer.loops.arrays.values(), *writer.source.inputs.values()}
    for length in cell.size_names:
        value, macro = sizes[length], writer.size(length)
        if length in lengths and isinstance(value, int):
            yield f"#define {macro} {value}"
        elif length in lengths:
            yield f"#ifndef {macro}\n#error Define {macro} before this file.\n#endif"


def _structs(writer: StepWriter) -> Iterator[str]:
    """The types of the weights and of the states, as far as there are any."""
    cell = writer.cell
    kinds: dict[str, dict[str, tuple[str, ...]]] = {
        "weights": {block.name: block.shape for block in cell.blocks},
        "state": {name: (length,) for name, length in cell.states.items()},
    }
    for kind, shapes in kinds.items():
        fields = [
            f"    {writer.real} {name}{''.join(f'[{writer.size(size)}]' for size in shape)};"
            for name, shape in shapes.items()
        ]
        if fields:
            yield "\n".join(["typedef struct {", *fields, f"}} {writer.prefix}_{kind};"])


def _wrapped(line: str) -> str:
    """A line of C in lines of at most 100 columns, which are broken at spaces."""
    if len(line) <= 100 or "\n" in line:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join(
        wrap(line.strip(), 100, initial_indent=indent, subsequent_indent=f"{indent}    ")
    )
