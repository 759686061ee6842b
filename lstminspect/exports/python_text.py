"""Parts of a text in Python: lines, heads of functions, values, and a check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstminspect.exports.source import Source

__all__ = ["assigned", "check_of", "class_name", "head_of", "literal_of", "sizes_of", "title_of"]

WIDTH = 88


def assigned(name: str, text: str) -> str:
    """A line that assigns, in parentheses over several lines if it is long."""
    line = f"{name} = {text}"
    if len(re.sub("[‹›|]", "", line)) <= WIDTH:
        return line
    return "\n".join(
        [
            f"{name} = (",
            *wrap(
                text,
                WIDTH - 4,
                initial_indent="    ",
                subsequent_indent="    ",
                break_long_words=False,
            ),
            ")",
        ]
    )


def head_of(name: str, arguments: Sequence[str], result: str = "") -> str:
    """The head of a function, an argument a line if it is long."""
    line = f"def {name}({', '.join(arguments)}){result}:"
    if len(re.sub("[‹›|]", "", line)) <= WIDTH:
        return line
    return "\n".join([f"def {name}(", *(f"    {each}," for each in arguments), f"){result}:"])


def sizes_of(source: Source) -> dict[str, str]:
    """The sizes that the text needs, each with its default as an argument has it."""
    lengths = {name for shape in source.cell.lengths.values() for name in shape}
    lengths |= {*source.inputs.values()}
    sizes = source.layer.sizes
    return {
        name: f"{name}={sizes[name]}" if isinstance(sizes[name], int) else name
        for name in source.cell.size_names
        if name in lengths
    }


def title_of(source: Source) -> str:
    """The title of the cell, as it can stand in quotes."""
    return source.head.partition(":")[0]


def class_name(name: str) -> str:
    """The name of a class: `LayernormLstm`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


CHECK = '''\
"""A check of {file} on recorded inputs: python {name}_check.py"""

import numpy as np
{imported}
{values}INPUTS = {inputs}
EXPECTED = np.array({expected}["output"], "{dtype}")

inputs = [np.array([value], "{dtype}") for value in INPUTS.values()]
{run}
np.testing.assert_allclose(output[0], EXPECTED, rtol={bound}, atol={bound})
'''


def check_of(
    source: Source, run: str, ending: str = ".py", held: Mapping[str, Any] | None = None
) -> str:
    """A text that runs recorded inputs with `run`, which sets `output`, and compares.

    It has random values, `VALUES`, where the code has none: `held`, or the blocks.
    """
    if not source.is_sized:
        return ""
    record, values = source.record, ""
    if source.held is None:
        values = f"VALUES = {literal_of(held or source.known, source.single)}\n"
    return CHECK.format(
        name=source.name,
        file=f"{source.name}{ending}",
        imported=f"\nimport {source.name}\n" if ending == ".py" else "",
        values=values,
        inputs=literal_of(record.inputs, source.single),
        expected=literal_of({"output": record.output}, source.single),
        dtype=source.dtype,
        run=run,
        bound="1e-5" if source.single else "1e-12",
    )


def literal_of(blocks: Mapping[str, Any], single: bool) -> str:
    """The values of blocks as a dictionary of lists."""
    digits = ".9g" if single else ".17g"
    rows = ["{"]
    for name, array in blocks.items():
        rows.append(f'    "{name}": {_nested(array.tolist(), digits, 4)},')
    return "\n".join([*rows, "}"])


def _nested(values: Any, digits: str, indent: int) -> str:
    if not isinstance(values, Sequence):
        return format(values, digits)
    if values and isinstance(values[0], list):
        pad = " " * (indent + 4)
        rows = [f"{pad}{_nested(row, digits, indent + 4)}," for row in values]
        return "\n".join(["[", *rows, " " * indent + "]"])
    lines, line = list[str](), ""
    for value in values:
        text = format(value, digits)
        if len(line) + len(text) > 88 - indent:
            lines, line = [*lines, line.rstrip()], ""
        line += f"{text}, "
    return "[" + ("\n" + " " * (indent + 4)).join([*lines, line.rstrip(", ")]) + "]"
