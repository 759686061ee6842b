"""Values of parameters in a text in Python, and the text that checks it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any

from lstminspect.exports.numbers import exact, in_lines

if TYPE_CHECKING:
    from lstminspect.exports.source import Source

__all__ = ["check_of", "literal_of", "values_of"]


def values_of(source: Source) -> str:
    """The values of the parameters; in a list where there are several layers or directions."""
    if source.is_single:
        return literal_of(source.known, source.single)
    held = ",\n".join(literal_of(each, source.single) for each in source.values)
    return "[\n" + indent(held, "    ") + ",\n]"


CHECK = '''\
"""A check of {file} on recorded inputs: python {name}_check.py"""

{imports}

{values}INPUTS = {inputs}
EXPECTED = {expected}

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
        texts = values_of(source) if held is None else literal_of(held, source.single)
        values = f"VALUES = {texts}\n"
    known, body = _imports_of(run, source.name if ending == ".py" else "")
    return CHECK.format(
        name=source.name,
        file=f"{source.name}{ending}",
        imports=known,
        values=values,
        inputs=literal_of(record.inputs, source.single),
        expected=_nested(record.output.tolist(), source.single, 0),
        dtype=source.dtype,
        run=body,
        bound="1e-5" if source.single else "1e-12",
    )


def _imports_of(run: str, own: str) -> tuple[str, str]:
    """The imports of a check in their groups, with that of the module `own`, and what follows."""
    lines = run.splitlines()
    imports = [line for line in lines if re.match("(import|from) ", line)]
    standard = [line for line in imports if line.split()[1] in sys.stdlib_module_names]
    others = sorted({*imports, "import numpy as np"} - {*standard})
    groups = [standard, others, [f"import {own}"] if own else []]
    text = "\n\n".join("\n".join(group) for group in groups if group)
    return text, "\n".join(line for line in lines if line not in imports).strip("\n")


def literal_of(blocks: Mapping[str, Any], single: bool) -> str:
    """The values of blocks as a dictionary of lists."""
    rows = ["{"]
    for name, array in blocks.items():
        rows.append(f'    "{name}": {_nested(array.tolist(), single, 4)},')
    return "\n".join([*rows, "}"])


def _nested(values: Any, single: bool, indent: int) -> str:
    if not isinstance(values, Sequence):
        return exact(values, single)
    if values and isinstance(values[0], list):
        pad = " " * (indent + 4)
        rows = [f"{pad}{_nested(row, single, indent + 4)}," for row in values]
        return "\n".join(["[", *rows, " " * indent + "]"])
    lines = in_lines((exact(value, single) for value in values), 88 - indent)
    return "[" + ("\n" + " " * (indent + 4)).join(lines) + "]"
