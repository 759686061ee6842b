"""A cell in C99: the weights as constants, the states as one struct, `step` and `run`.

No memory is asked for and nothing but <math.h> is included. A value that only its own entry reads
is one number in a loop, so that RAM holds the states and little more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lstminspect.equations.shapes import OUTPUT
from lstminspect.exports.c_check import program
from lstminspect.exports.c_functions import functions_of
from lstminspect.exports.c_memory import Field, fields_of, memory_of, of_int8, values_of
from lstminspect.exports.c_step import StepWriter
from lstminspect.exports.c_values import comment, constant, wrapped
from lstminspect.exports.c_words import check
from lstminspect.exports.source import Source, Texts

if TYPE_CHECKING:
    from lstminspect.weights.arrays import Array

__all__ = ["texts"]


def texts(source: Source) -> Texts:
    """The header of a layer in C, and the program that checks it."""
    check(source)
    int8 = source.dtype == "int8"
    source = replace(source, dtype="float32") if int8 else source
    exact, note = source, ""  # The weights that the code has, as the record must have them.
    if int8 and source.is_sized:
        exact = replace(source, held=[of_int8(source.cell, source.known)])
        note = _error(source, exact) if source.blocks is not None else ""
    fields = fields_of(source.cell, "int8" if int8 else source.dtype)
    values = values_of(fields, source.known) if source.is_sized else {}
    writer, needs = StepWriter(source, fields), None
    memory, checked = "Memory: what the sizes ask for.", ""
    if source.is_sized:
        needs = memory_of(source.layer, "int8" if int8 else source.dtype)
        memory = (
            f"Memory: {needs.flash} bytes of weights (flash, if they are constants), "
            f"{needs.states} bytes of states,\n{needs.step} bytes of vectors on the stack in a "
            "step, beside input and output. Not counted:\nthe code, libm, and what the compiler "
            "puts on the stack besides."
        )
        random = values if source.blocks is None else {}
        checked = program(exact, random, {"weights": needs.flash, "state": needs.states})
    head = "\n".join(filter(None, [source.head, _stored(fields), note, memory]))
    text = _header(writer, head, {} if source.blocks is None else values)
    if needs is None:
        return Texts(text, checked)
    return Texts(text, checked, needs.flash, needs.states, needs.step)


def _stored(fields: Sequence[Field]) -> str:
    """Tell how matrices of int8 are meant, where there are any."""
    for field in fields:
        if field.is_scale:
            row, scale = f"{field.block}[k]", f"{field.name}[k]"
            return (
                f"Matrices: int8, computed with in float32: row k is {row} * {scale}.\n"
                "A scale is the largest size of an entry of its row, divided by 127. Vectors are "
                "float32."
            )
    return ""


def _error(source: Source, exact: Source) -> str:
    """Tell how far the outputs are off those of the weights before they were rounded."""
    off = float(np.abs(exact.record.output - source.record.output).max())
    return (
        f"Outputs differ by at most {off:.2g} from those of the float weights, on the inputs of "
        "the check."
    )


def _header(writer: StepWriter, head: str, values: Mapping[str, Array]) -> str:
    """The whole text."""
    source, guard = writer.source, writer.guard
    step = "\n".join(map(_wrapped, writer.step()))  # It says which functions it calls.
    int8 = any(field.ctype == "int8_t" for field in writer.fields)
    includes = ["#include <math.h>", *(["#include <stdint.h>"] if int8 else [])]
    has_sums = "dot" in writer.functions
    parts = [
        comment(f"{head}\n\n{_use(writer)}"),
        f"#ifndef {guard}\n#define {guard}",
        "\n".join(includes),
        "\n".join(_macros(writer)),
        *([SUMS.format(lanes=writer.lanes)] if has_sums else []),
        *_structs(writer),
        *([constant(source.name, "trained", values, source.single)] if values else []),
        *functions_of(writer.functions, writer.prefix, source.single, writer.lanes, int8),
        *writer.reset(),
        step,
        "\n".join(map(_wrapped, writer.run())),
        f"#endif /* {guard} */",
    ]
    return re.sub(r"[ \t]+$", "", "\n\n".join(parts), flags=re.M)


#: Sums side by side are what a compiler makes vectors of, without -ffast-math.
SUMS = """\
/* The sums side by side in a product of a row and a vector: 8 for the vectors of a large processor,
 * 1 for a Cortex-M, which has none. */
#ifndef {lanes}
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define {lanes} 1
#else
#define {lanes} 8
#endif
#endif"""


def _use(writer: StepWriter) -> str:
    """The lines of a program that uses the code."""
    name, cell = writer.prefix, writer.cell
    weights = "trained" if writer.source.blocks is not None else "yours"
    known = [f"&{name}_{weights}"] if cell.blocks else []
    lines = [f"static {name}_state state;", f"{name}_reset(&state);"] if cell.states else []
    known += ["&state"] if cell.states else []
    lines.append(f"{name}_step({', '.join([*known, *writer.inputs, OUTPUT])});")
    return "\n".join(["Use:", "", *(f"    {line}" for line in lines)])


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
    cell, real = writer.cell, writer.real
    kinds: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {
        "weights": [(each.ctype, each.name, each.shape) for each in writer.fields],
        "state": [(real, name, (length,)) for name, length in cell.states.items()],
    }
    for kind, shapes in kinds.items():
        fields = [
            f"    {ctype} {name}{''.join(f'[{writer.size(size)}]' for size in shape)};"
            for ctype, name, shape in shapes
        ]
        if fields:
            yield "\n".join(["typedef struct {", *fields, f"}} {writer.prefix}_{kind};"])


def _wrapped(line: str) -> str:
    """A line of C in lines of at most 100 columns, which are broken at spaces."""
    if len(line) <= 100 or "\n" in line:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join(wrapped(line, f"{indent}    "))
